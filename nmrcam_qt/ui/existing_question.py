"""What becomes of files that are in an export's way: asked once."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.writers.export_folder import Existing

FOUND = "{folder} holds {count} that no export of nmrcam has made: {names}."
QUESTION = "What if a file of this export has the same name?"
_SHOWN = 3


class ExistingQuestion(QMessageBox):
    """Overwrite, skip, or cancel; not modal for the program.

    Parameters
    ----------
    folder : str
        Name of the folder.
    foreign : sequence of str
        Names of the files, at least one.
    parent : QWidget, optional
        Owner.
    """

    answered = Signal(object)
    """`Existing`; not sent where the user cancels"""

    def __init__(self, folder: str, foreign: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Files in the folder")
        self.setTextFormat(Qt.TextFormat.PlainText)
        names = ", ".join(foreign[:_SHOWN])
        if len(foreign) > _SHOWN:
            names += f" and {len(foreign) - _SHOWN} more"
        count = "a file" if len(foreign) == 1 else f"{len(foreign)} files"
        self.setText(one_line(FOUND.format(folder=folder, count=count, names=names)))
        self.setInformativeText(QUESTION)
        overwrite = self.addButton("Overwrite it", QMessageBox.ButtonRole.DestructiveRole)
        skip = self.addButton("Leave it, skip ours", QMessageBox.ButtonRole.AcceptRole)
        self.addButton(QMessageBox.StandardButton.Cancel)
        overwrite.clicked.connect(lambda: self.answered.emit(Existing.OVERWRITE))
        skip.clicked.connect(lambda: self.answered.emit(Existing.SKIP))
