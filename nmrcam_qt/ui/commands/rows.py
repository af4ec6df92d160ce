"""What is done with the rows of the sidebar: names, tags, notes, samples, files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QMenu

from nmrcam_qt.session.items import SessionItem, SourceState
from nmrcam_qt.ui import file_dialogs
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, NOTHING_SELECTED, CommandBase, Slots
from nmrcam_qt.ui.page import Page

if TYPE_CHECKING:
    from nmrcam_qt.ui.details_panel import DetailsPanel

NO_ROW = "No row is selected."
NO_SAMPLES = "The project has no samples."
NO_LOST = "No file of the selected spectra is missing or has changed."
NO_FOLDER = "The folder of this spectrum is not there any more."
ROW_MENU = (
    "analyse overlay axes - rename tags note - "
    "flag_check flag_confirmed flag_rejected flag_none - group ungroup - "
    "relink show_folder - remove - collapse_all expand_all"
)
"""Names of actions in the menu of a row; - is a separator."""


class RowCommands(CommandBase):
    """Rename, tag, note; close and open samples; show files."""

    row_menu: QMenu | None = None

    def row_slots(self) -> Slots:
        """What these actions do."""
        return {
            "rename": self.rename,
            "tags": self.edit_tags,
            "note": self.edit_note,
            "collapse_all": self.collapse_all,
            "expand_all": self.expand_all,
            "show_folder": self.show_folder,
            "relink": self.relink,
        }

    def update_row_actions(self) -> None:
        """Enable what can be done."""
        sidebar = self._window.sidebar
        nothing = "" if len(self._session) else NOTHING_OPEN
        selected = "" if self._selected_or_current() else NOTHING_SELECTED
        row = "" if sidebar.list.current_key() else NO_ROW
        self._enable("rename", nothing or row)
        self._enable("tags note", nothing or selected)
        self._enable("collapse_all expand_all", nothing or self._no_samples())
        self._enable("show_folder", nothing or self._no_folder())
        self._enable("relink", nothing or selected or ("" if self._lost() else NO_LOST))

    def _no_samples(self) -> str:
        return "" if self._session.samples else NO_SAMPLES

    def _no_folder(self) -> str:
        """Whether the folder exists is asked when it is shown: a disk may be slow."""
        item = self._session.current
        if item is None:
            return NOTHING_SELECTED
        return "" if item.path else "This spectrum came from no file."

    def _lost(self) -> list[SessionItem]:
        """The selected spectra whose files may lie elsewhere now."""
        items = self._found(self._selected_or_current())
        return [i for i in items if i.path and i.source is not SourceState.PRESENT]

    def follow_rows(self, page: Page) -> None:
        """The sidebar of a project asks for its menu and says what it refused."""
        page.sidebar.menu_asked.connect(self.show_row_menu)
        page.sidebar.refused.connect(self._say)

    def follow_details(self, details: DetailsPanel) -> None:
        """The details of a project's spectra are there."""
        details.refused.connect(self._say)
        details.folder_asked.connect(self.show_folder)
        details.relink_asked.connect(self._window.actions_["relink"].trigger)

    @Slot(QPoint)
    def show_row_menu(self, place: QPoint) -> None:
        """The menu of the selected rows."""
        menu = QMenu(self._window)
        menu.setToolTipsVisible(True)
        for name in ROW_MENU.split():
            if name == "-":
                menu.addSeparator()
            elif name in self._window.actions_:
                menu.addAction(self._window.actions_[name])
        menu.aboutToHide.connect(menu.deleteLater)
        self.row_menu = menu
        menu.popup(place)

    @Slot()
    def rename(self) -> None:
        """Edit the name of the present row in its place."""
        self._window.side_dock.show()
        self._window.sidebar.rename()

    @Slot()
    def edit_tags(self) -> None:
        """Open the line for tags."""
        self._window.side_dock.show()
        self._window.sidebar.edit_tags()

    @Slot()
    def edit_note(self) -> None:
        """Go to the note."""
        self._window.docks.details.show()
        self._window.docks.details.raise_()
        self._window.page.details.refresh()
        self._window.page.details.note.setFocus()

    @Slot()
    def collapse_all(self) -> None:
        """Close all samples."""
        self._window.sidebar.collapse_all(True)

    @Slot()
    def expand_all(self) -> None:
        """Open all samples."""
        self._window.sidebar.collapse_all(False)

    @Slot()
    def show_folder(self) -> None:
        """Show the folder of the present spectrum in the file manager."""
        item = self._session.current
        if item is None or not item.path:
            return
        path = Path(item.path).absolute()
        if not path.exists() and item.source is not SourceState.MISSING:
            self._session.set_source_state(item.id, SourceState.MISSING)
        folder = path.parent
        if not folder.is_dir():
            self._say(NO_FOLDER)
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._say(f"No program is known that shows folders; it is {folder}.")

    @Slot()
    def relink(self) -> None:
        """Ask for a folder; look there for the selected files and all that are missing."""
        lost = self._lost()
        missing = [i for i in self._session.items if i.source is SourceState.MISSING]
        if not lost:
            return
        ids = list(dict.fromkeys(item.id for item in [*lost, *missing]))
        folder = file_dialogs.ask_relink(self._window, self._window.settings, len(ids))
        if folder is not None:
            self._bench.relink(folder, ids)

    @Slot(str)
    def _say(self, text: str) -> None:
        self._window.statusBar().showMessage(text, 8000)
