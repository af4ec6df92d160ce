"""Which project file, and what to do with one that could not be saved."""

from __future__ import annotations

import enum
from pathlib import Path

from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from nmrcam_qt.core.writers.files import safe_name
from nmrcam_qt.qtmodels.plain_tip import plain_tip

SUFFIX = ".nmrcam"
FILTER = f"nmrcam projects (*{SUFFIX})"
LAST_PROJECT = "folders/project"


class Leave(enum.Enum):
    """What the user wants to do with changes that are in no file."""

    SAVE_AS = "save as"
    LEAVE = "leave"
    STAY = "stay"


def is_project(path: Path) -> bool:
    """Whether a file is a project by its name."""
    return path.suffix.lower() == SUFFIX


def ask_project(parent: QWidget, settings: QSettings) -> Path | None:
    """A project to open; None where the user thought better of it."""
    start = str(settings.value(LAST_PROJECT, ""))
    name, _ = QFileDialog.getOpenFileName(parent, "Open a project", start, FILTER)
    if not name:
        return None
    settings.setValue(LAST_PROJECT, str(Path(name).parent))
    return Path(name)


def ask_new_place(parent: QWidget, settings: QSettings, title: str, proposal: str) -> Path | None:
    """Where to save a project, with the suffix; None where the user thought better of it.

    The file dialog asks before an existing file is replaced; where the suffix was added to
    what the user typed, that question is asked here.
    """
    folder = Path(str(settings.value(LAST_PROJECT, "")))
    proposed = str(folder / (safe_name(proposal) + SUFFIX))
    name, _ = QFileDialog.getSaveFileName(parent, title, proposed, FILTER)
    if not name:
        return None
    path = Path(name)
    if not is_project(path):
        path = path.with_name(path.name + SUFFIX)
        if path.exists() and not _may_replace(parent, path):
            return None
    settings.setValue(LAST_PROJECT, str(path.parent))
    return path


def _may_replace(parent: QWidget, path: Path) -> bool:
    text = plain_tip(f"{path.name} exists already. Replace it?")  # a name is no HTML
    answer = QMessageBox.question(parent, "nmrcam", text)
    return answer == QMessageBox.StandardButton.Yes


def ask_leave(parent: QWidget, reason: str) -> Leave:
    """What to do with changes that cannot be saved where they belong."""
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("nmrcam")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText("The latest changes are not saved.")
    box.setInformativeText(reason)
    save = box.addButton("Save as …", QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton("Leave without them", QMessageBox.ButtonRole.DestructiveRole)
    stay = box.addButton("Stay", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(save)
    box.setEscapeButton(stay)
    box.exec()
    clicked = box.clickedButton()
    if clicked is save:
        return Leave.SAVE_AS
    return Leave.LEAVE if clicked is leave else Leave.STAY
