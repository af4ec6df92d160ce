"""Where peaks are written and as what: one file, or one for each of several spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.writers.files import safe_name
from nmrcam_qt.core.writers.peak_files import PeakFormat, format_of
from nmrcam_qt.ui.file_dialogs import LAST_OPEN, LAST_SAVE
from nmrcam_qt.ui.reference_dialog import dialog_buttons, plain_label

FORMAT_KEY, SIGNALS_KEY = "peaks/format", "peaks/signals_only"
NO_FOLDER = "Choose a folder."
EXAMPLE = "For example {name}"
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PeakExport:
    """What the user wants.

    Parameters
    ----------
    folder : Path
        Where the files go.
    form : PeakFormat
        What kind of files.
    signals_only : bool
        Whether one-bond doublets, solvents and doubtful peaks are left out.
    """

    folder: Path
    form: PeakFormat
    signals_only: bool


class PeakExportDialog(QDialog):
    """Format and folder for the peaks of several spectra; not modal.

    Parameters
    ----------
    names : sequence of str
        Of the spectra, at least one.
    settings : QSettings
        Where the last choice is kept.
    parent : QWidget, optional
        Owner.
    """

    chosen = Signal(object)
    """`PeakExport`"""

    def __init__(
        self, names: Sequence[str], settings: QSettings, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export peaks")
        self._settings, self._name = settings, names[0]
        heading = plain_label(f"The peaks of {len(names)} spectra, a file for each", "questionFile")
        self.form = QComboBox()
        for form in PeakFormat:
            self.form.addItem(f"{form.label} (*{form.suffix})", form)
        kept = str(settings.value(FORMAT_KEY, PeakFormat.CSV.value))
        self.form.setCurrentIndex(max(0, [f.value for f in PeakFormat].index(_known(kept))))
        start = str(settings.value(LAST_SAVE, settings.value(LAST_OPEN, "")))
        self.folder = QLineEdit(start)
        self.folder.setMinimumWidth(280)
        browse = QPushButton("Browse …")
        browse.setAutoDefault(False)
        browse.clicked.connect(self._on_browse)
        self.signals_only = QCheckBox("Signals of the sample only")
        self.signals_only.setToolTip("Without one-bond doublets, solvents and doubtful peaks")
        self.signals_only.setChecked(settings.value(SIGNALS_KEY, False, bool) is True)
        self.example = plain_label("", "caveat")
        self.buttons = dialog_buttons(self, "Export")
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        form_layout = QFormLayout()
        form_layout.addRow("Format", self.form)
        form_layout.addRow("Folder", row)
        form_layout.addRow("", self.signals_only)
        form_layout.addRow("", self.example)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addLayout(form_layout)
        layout.addWidget(self.buttons)
        self.form.currentIndexChanged.connect(self._check)
        self.folder.textChanged.connect(self._check)
        self.accepted.connect(self._send)
        self._check()

    @Slot()
    def _on_browse(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder for the peaks", self.folder.text())
        if name:
            self.folder.setText(name)

    @Slot()
    def _check(self) -> None:
        form = PeakFormat(self.form.currentData())
        name = safe_name(f"{self._name}_peaks") + form.suffix
        self.example.setText(EXAMPLE.format(name=one_line(name)))
        reason = "" if self.folder.text().strip() else NO_FOLDER
        ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setEnabled(not reason)
        ok.setToolTip(reason)

    @Slot()
    def _send(self) -> None:
        folder, form = Path(self.folder.text().strip()), PeakFormat(self.form.currentData())
        only = self.signals_only.isChecked()
        self._settings.setValue(FORMAT_KEY, form.value)
        self._settings.setValue(SIGNALS_KEY, only)
        self._settings.setValue(LAST_SAVE, str(folder))
        self.chosen.emit(PeakExport(folder, form, only))


class PeaksExistQuestion(QMessageBox):
    """Overwrite, skip, or cancel; not modal for the program.

    Parameters
    ----------
    folder : str
        Name of the folder.
    names : sequence of str
        Names of the files that are there, at least one.
    parent : QWidget, optional
        Owner.
    """

    answered = Signal(bool)
    """whether to overwrite; not sent where the user cancels"""

    def __init__(self, folder: str, names: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Files in the folder")
        self.setTextFormat(Qt.TextFormat.PlainText)
        shown = ", ".join(names[:_SHOWN])
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        count = "a file" if len(names) == 1 else f"{len(names)} files"
        self.setText(one_line(f"{folder} holds {count} of these names: {shown}{more}."))
        them = "it" if len(names) == 1 else "them"
        overwrite = self.addButton(f"Overwrite {them}", QMessageBox.ButtonRole.DestructiveRole)
        skip = self.addButton(f"Leave {them}", QMessageBox.ButtonRole.AcceptRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        overwrite.clicked.connect(lambda: self.answered.emit(True))
        skip.clicked.connect(lambda: self.answered.emit(False))


def ask_peak_file(
    parent: QWidget, settings: QSettings, name: str
) -> tuple[Path, PeakFormat] | None:
    """File for the peaks of one spectrum, and its format; None where the user thought better.

    The dialog of the system asks about a file that is there.
    """
    filters = {f"{form.label} (*{form.suffix})": form for form in PeakFormat}
    kept = PeakFormat(_known(str(settings.value(FORMAT_KEY, PeakFormat.CSV.value))))
    folder = Path(str(settings.value(LAST_SAVE, settings.value(LAST_OPEN, ""))))
    proposal = folder / (safe_name(f"{name}_peaks") + kept.suffix)
    start = next(text for text, form in filters.items() if form is kept)
    chosen_name, chosen = QFileDialog.getSaveFileName(
        parent, "Export peaks", str(proposal), ";;".join(filters), start
    )
    if not chosen_name:
        return None
    path = Path(chosen_name)
    form = filters.get(chosen, kept)
    if format_of(path) is None:
        path = path.with_name(path.name + form.suffix)
    elif path.suffix.lower() != form.suffix:
        form = format_of(path) or form
    settings.setValue(FORMAT_KEY, form.value)
    settings.setValue(LAST_SAVE, str(path.parent))
    return path, form


def _known(value: str) -> str:
    """The value of a format; that of a table where a settings file says something else."""
    return value if value in {form.value for form in PeakFormat} else PeakFormat.CSV.value
