"""Analyses, and what the network must know for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot

from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, NOTHING_SELECTED, CommandBase, Slots

if TYPE_CHECKING:
    from nmrcam_qt.ui.axes_dialog import AxesDialog
    from nmrcam_qt.ui.main_window import MainWindow

NO_PICTURE = "No picture is selected: peak lists have axes of their own."
IMPORT_TEXT = (
    "A foreign network is imported on the command line:\n\n"
    "    nmrcam networks import FILE.keras\n\n"
    "It reads the file's shapes, asks for what it cannot know (classes, ppm windows, "
    "background) and keeps the network in your data folder. Start nmrcam again to see it here."
)


class AnalysisCommands(CommandBase):
    """Analyse, axes of pictures, networks."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.axes_dialog: AxesDialog | None = None

    def analysis_slots(self) -> Slots:
        """What these actions do."""
        return {
            "axes": self.ask_axes,
            "analyse": self.analyse,
            "analyse_all": self.analyse_all,
            "import_network": self.explain_import,
        }

    def update_analysis_actions(self) -> None:
        """Enable what can be done."""
        selected = self._window.sidebar.selected_ids()
        nothing = "" if len(self._session) else NOTHING_OPEN
        refusal = self._window.shown.refusal if len(selected) <= 1 else ""
        self._enable("analyse", nothing or refusal or ("" if selected else NOTHING_SELECTED))
        self._enable("analyse_all", nothing)
        self._enable("axes", nothing or ("" if self._pictures() else NO_PICTURE))

    @Slot()
    def analyse(self) -> None:
        """Analyse the selected spectra, or the one that is shown."""
        self._bench.analyse(self._selected_or_current())

    @Slot()
    def analyse_all(self) -> None:
        """Analyse everything."""
        self._bench.analyse([item.id for item in self._session.items])

    @Slot()
    def ask_axes(self) -> None:
        """Ask which ppm lie at the edges of the selected pictures, the present one first."""
        pictures = self._pictures()
        if self.axes_dialog is not None:
            self.axes_dialog.raise_()
        if not pictures or self.axes_dialog is not None:
            return
        from nmrcam_qt.ui.axes_dialog import AxesDialog  # not for the first paint

        dialog = AxesDialog([item.packed for item in pictures], self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ids = [item.id for item in pictures]
        bench = self._bench
        dialog.accepted.connect(lambda: bench.set_windows(ids, dialog.f2_window, dialog.f1_window))
        dialog.destroyed.connect(self._forget_axes_dialog)
        self.axes_dialog = dialog
        dialog.show()  # not modal: the read-out under the cursor is needed meanwhile

    @Slot()
    def _forget_axes_dialog(self) -> None:
        self.axes_dialog = None

    def _pictures(self) -> list[SessionItem]:
        """The selected pictures, or the one that is shown; that one first where it is selected.

        What is shown need not be selected: a filter may have hidden its row.
        """
        current = self._session.current
        ids = self._selected_or_current()
        if current is not None and current.id in ids:
            ids = list(dict.fromkeys([current.id, *ids]))
        items = self._found(ids)
        return [item for item in items if item.packed.provenance.kind is SourceKind.PICTURE]

    @Slot()
    def explain_import(self) -> None:
        """Say how networks are imported."""
        self._tell("Import a network", IMPORT_TEXT)
