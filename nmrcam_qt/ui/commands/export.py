"""Batch export, copying, printing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QApplication, QDialog

from nmrcam_qt.core.writers.request import DEFAULT_DPI
from nmrcam_qt.session.pictured import left_out
from nmrcam_qt.session.records import Flag
from nmrcam_qt.ui.clipboard import picture_mime, table_mime
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots
from nmrcam_qt.ui.printing import PRINT_DPI, print_picture
from nmrcam_qt.workers.jobs import FunctionJob, JobContext

if TYPE_CHECKING:
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter

    from nmrcam_qt.ui.existing_question import ExistingQuestion
    from nmrcam_qt.ui.export_dialog import ExportDialog
    from nmrcam_qt.ui.export_example import Example
    from nmrcam_qt.ui.main_window import MainWindow
    from nmrcam_qt.workers.export_job import ExportRequest

Drawn = dict[str, bytes]
NO_PRINTER = "The printer does not answer; nothing was printed."


class ExportCommands(CommandBase):
    """Export many spectra; copy and print the one that is shown.

    What only they need is imported when they are used: the window opens without it.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.export_dialog: ExportDialog | None = None
        self.print_dialog: QPrintDialog | None = None
        self.existing_question: ExistingQuestion | None = None

    def export_slots(self) -> Slots:
        """What these actions do."""
        return {
            "export": self.export,
            "copy_picture": self.copy_picture,
            "copy_table": self.copy_table,
            "print": self.print_picture,
        }

    def update_export_actions(self) -> None:
        """Enable what can be done."""
        nothing = "" if len(self._session) else NOTHING_OPEN
        self._enable("export copy_picture copy_table print", nothing)

    # Export

    @Slot()
    def export(self) -> None:
        """Ask what to export, in a window beside this one."""
        if self.export_dialog is not None:
            self.export_dialog.raise_()
            return
        from nmrcam_qt.ui.export_dialog import ExportDialog

        session, window = self._session, self._window
        flagged = [item.id for item in session.items if item.flag is not Flag.NONE]
        dialog = ExportDialog(
            {
                "selected": self._selected_or_current(),
                "filtered": list(window.sidebar.listing.matching),
                "flagged": flagged,
                "all": [item.id for item in session.items],
            },
            self._bench.cards,
            session.view,
            self._example(),
            window.settings,
            window,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self._on_chosen)
        dialog.destroyed.connect(self._forget_export_dialog)
        self.export_dialog = dialog
        dialog.show()

    @Slot(object)
    def _on_chosen(self, request: ExportRequest) -> None:
        """Look at the folder outside this thread: it may lie on a slow drive."""

        def look(context: JobContext) -> list[str]:
            from nmrcam_qt.core.writers.export_folder import foreign_files

            context.step(0, 1, "looking at the folder")
            return foreign_files(request.folder, request.settings)

        title = f"Looking into {request.folder.name}"
        self._bench.do(FunctionJob(title, look), lambda found: self._on_looked(request, found))

    def _on_looked(self, request: ExportRequest, foreign: list[str]) -> None:
        """Ask once about files that are in the way, then begin."""
        if not foreign:
            self._bench.export(request)
            return
        from nmrcam_qt.ui.existing_question import ExistingQuestion

        question = ExistingQuestion(request.folder.name, foreign, self._window)
        question.answered.connect(
            lambda existing: self._bench.export(replace(request, existing=existing))
        )
        question.destroyed.connect(self._forget_question)
        self.existing_question = question
        question.open()

    @Slot()
    def _forget_question(self) -> None:
        self.existing_question = None

    @Slot()
    def _forget_export_dialog(self) -> None:
        self.export_dialog = None

    def _example(self) -> Example:
        """The spectrum that is shown, for the name in the dialog."""
        from nmrcam_qt.ui.export_example import Example

        shown = self._window.shown
        item, plan = shown.item, shown.plan
        if item is None:
            return Example("spectrum", "hsqc", "", "indole", "conv4", "network")
        sample = self._session.samples.get(item.sample) if item.sample is not None else None
        prediction = shown.analysis.prediction if shown.analysis is not None else None
        top = prediction.top if prediction is not None else ""
        return Example(
            name=item.name,
            experiment=item.experiment.value if item.experiment else "",
            sample=sample.name if sample is not None else "",
            class_id=self._session.view.class_id or top or "indole",
            layer=plan.card.default_layer if plan is not None else "conv4",
            network=plan.card.id if plan is not None else "network",
            top=top,
            present=prediction.present if prediction is not None else (),
        )

    # Copy

    @Slot()
    def copy_picture(self) -> None:
        """What is shown, as a bitmap and as a drawing."""
        without = left_out(self._window.shown)
        said = ", ".join(part for part in ("The picture is on the clipboard", without) if part)

        def to_clipboard(drawn: Drawn) -> None:
            QApplication.clipboard().setMimeData(picture_mime(drawn["png"], drawn["svg"]))
            self._window.statusBar().showMessage(f"{said}.", 5000)

        self._draw(("png", "svg"), DEFAULT_DPI, "Copying the picture", to_clipboard)

    @Slot()
    def copy_table(self) -> None:
        """The selected spectra with their scores."""
        items = self._found(self._selected_or_current())
        QApplication.clipboard().setMimeData(table_mime(items))
        text = "1 row is" if len(items) == 1 else f"{len(items)} rows are"
        self._window.statusBar().showMessage(f"{text} on the clipboard.", 5000)

    # Print

    @Slot()
    def print_picture(self) -> None:
        """Ask for a printer, then print what is shown."""
        if self.print_dialog is not None:
            self.print_dialog.raise_()
            return
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        item = self._session.current
        printer.setDocName(Path(item.path).name if item is not None else "nmrcam")
        dialog = QPrintDialog(printer, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(lambda: self._print_on(printer))
        dialog.destroyed.connect(self._forget_print_dialog)
        self.print_dialog = dialog
        QDialog.open(dialog)  # its own `open` wants a slot by name

    @Slot()
    def _forget_print_dialog(self) -> None:
        self.print_dialog = None

    def _print_on(self, printer: QPrinter) -> None:
        from PySide6.QtPrintSupport import QPrinter

        def paint(drawn: Drawn) -> None:
            page = printer.pageRect(QPrinter.Unit.DevicePixel).toRect()
            if not print_picture(printer, page, drawn["png"]):
                self._session.add_problem(NO_PRINTER)

        self._draw(("png",), PRINT_DPI, "Printing the picture", paint)

    def _draw(
        self, formats: tuple[str, ...], dpi: int, purpose: str, then: Callable[[Drawn], None]
    ) -> None:
        """Draw what is shown in another process, then go on in this thread."""
        from nmrcam_qt.workers.draw_job import DrawPictureJob

        content = self._bench.picture_content()
        if content is not None:
            self._bench.do(DrawPictureJob(content, formats, dpi, purpose), then)
