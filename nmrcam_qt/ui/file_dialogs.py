"""Which files come in and where pictures go."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QSettings
from PySide6.QtWidgets import QFileDialog, QWidget

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.readers import SUPPORTED_SUFFIXES

OPEN_FILTER = f"Spectra ({' '.join('*' + s for s in SUPPORTED_SUFFIXES)});;All files (*)"
SAVE_FILTER = "PNG picture (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"
LAST_OPEN, LAST_SAVE = "folders/open", "folders/save"
_MOST_SHOWN = 120


ROWS_MIME = "application/x-nmrcam-rows"
"""Rows of a sidebar that are dragged; they carry the addresses of their files, too."""
NO_REMOTE = (
    "Only files of this computer can be opened: save {name} to a folder first, then drop it here."
)


def dropped_paths(mime: QMimeData) -> list[Path]:
    """Local files and folders of a drop, each once; none for rows of a sidebar."""
    if mime.hasFormat(ROWS_MIME):
        return []
    names = (url.toLocalFile() for url in mime.urls() if url.isLocalFile())
    return [Path(name) for name in dict.fromkeys(names) if name]


def drop_refusal(mime: QMimeData) -> str:
    """Why addresses of a drop are not opened, a sentence; empty where nothing is left out."""
    if mime.hasFormat(ROWS_MIME):
        return ""
    remote = [url for url in mime.urls() if not url.isLocalFile()]
    if not remote:
        return ""
    name = one_line(remote[0].toDisplayString())[:_MOST_SHOWN] or "the page"
    more = f" and {len(remote) - 1} more" if len(remote) > 1 else ""
    return NO_REMOTE.format(name=name + more)


def ask_files(parent: QWidget, settings: QSettings) -> list[Path]:
    """Files to open; empty where the user thought better of it."""
    start = str(settings.value(LAST_OPEN, ""))
    names, _ = QFileDialog.getOpenFileNames(parent, "Open spectra", start, OPEN_FILTER)
    if names:
        settings.setValue(LAST_OPEN, str(Path(names[0]).parent))
    return [Path(name) for name in names]


def ask_folder(parent: QWidget, settings: QSettings) -> list[Path]:
    """A folder to open, as a list of none or one."""
    start = str(settings.value(LAST_OPEN, ""))
    name = QFileDialog.getExistingDirectory(parent, "Open a folder of spectra", start)
    if not name:
        return []
    settings.setValue(LAST_OPEN, name)
    return [Path(name)]


def ask_relink(parent: QWidget, settings: QSettings, count: int) -> Path | None:
    """Folder in which, or below which, moved files lie; None where the user thought better."""
    files = "the moved file" if count == 1 else f"the {count} moved files"
    start = str(settings.value(LAST_OPEN, ""))
    title = f"Folder in which to look for {files}"
    name = QFileDialog.getExistingDirectory(parent, title, start)
    return Path(name) if name else None


def ask_save(parent: QWidget, settings: QSettings, proposal: str, without: str = "") -> Path | None:
    """File for a picture, with a suffix; None where the user thought better of it.

    Parameters
    ----------
    parent, settings
        Owner; where folders are kept.
    proposal : str
        Name of the file.
    without : str
        What of the window will not be in it, for the title.
    """
    title = f"Save picture {without}".rstrip()
    return ask_file(parent, settings, title, proposal, SAVE_FILTER)


def ask_file(
    parent: QWidget, settings: QSettings, title: str, proposal: str, filters: str
) -> Path | None:
    """File to write, with a suffix; None where the user thought better of it.

    Parameters
    ----------
    parent, settings
        Owner; where folders are kept.
    title : str
        Of the dialog.
    proposal : str
        Name of the file.
    filters : str
        As Qt wants them; the suffix of the chosen one is added where there is none.
    """
    folder = Path(str(settings.value(LAST_SAVE, settings.value(LAST_OPEN, ""))))
    name, chosen = QFileDialog.getSaveFileName(parent, title, str(folder / proposal), filters)
    if not name:
        return None
    path = Path(name)
    if not path.suffix:
        path = path.with_suffix("." + chosen.rpartition("*.")[2].rstrip(")"))
    settings.setValue(LAST_SAVE, str(path.parent))
    return path
