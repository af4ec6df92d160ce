"""What the actions do, and when they can."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMessageBox

from nmrcam_qt import __version__
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.samples import sample_paths
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.core.writers.files import safe_name
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.shown import method_reason
from nmrcam_qt.ui import file_dialogs
from nmrcam_qt.ui.actions import enable
from nmrcam_qt.ui.axes_dialog import AxesDialog

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow

NOTHING_OPEN = "No spectrum is open."
NO_PICTURE = "No picture is selected: peak lists have axes of their own."
NOTHING_SELECTED = "No spectrum is selected."
IMPORT_TEXT = (
    "A foreign network is imported on the command line:\n\n"
    "    nmrcam networks import FILE.keras\n\n"
    "It reads the file's shapes, asks for what it cannot know (classes, ppm windows, "
    "background) and keeps the network in your data folder. Start nmrcam again to see it here."
)
ABOUT_TEXT = (
    "<b>nmrcam {version}</b><p>Which peaks of a 2D NMR spectrum made a neural network say "
    "“indole”, in ppm.</p><p>Networks and data: Kuhn et al. 2021, "
    "doi 10.1002/mrc.5212.</p><p>{versions}</p>"
)


class Commands(QObject):
    """Connects the actions of a window.

    Parameters
    ----------
    window : MainWindow
        The window.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._bench = window.workbench
        self._session = window.session
        self.message: QMessageBox | None = None
        self.axes_dialog: AxesDialog | None = None
        slots = {
            "open": self.open_files,
            "folder": self.open_folder,
            "samples": self.open_samples,
            "save": self.save_picture,
            "remove": self.remove,
            "quit": self.quit,
            "axes": self.ask_axes,
            "analyse": self.analyse,
            "analyse_all": self.analyse_all,
            "next": self.next_spectrum,
            "previous": self.previous_spectrum,
            "next_method": self.next_method,
            "previous_method": self.previous_method,
            "original": self.show_original,
            "reset": window.view.reset,
            "find": self.find,
            "import_network": self.explain_import,
            "about": self.about,
        }
        for name, slot in slots.items():
            window.actions_[name].triggered.connect(slot)
        window.panel.spectrum.axes_asked.connect(self.ask_axes)
        window.view.samples_asked.connect(self.open_samples)
        for action in window.class_actions:
            action.triggered.connect(self.show_class)
        self._in_menu = [*window.actions_.values(), *window.class_actions]

    def update_actions(self) -> None:
        """Enable what can be done; the rest says why not."""
        actions, shown = self._window.actions_, self._window.shown
        selected = self._window.sidebar.selected_ids()
        nothing = "" if len(self._session) else NOTHING_OPEN
        refusal = shown.refusal if len(selected) <= 1 else ""
        enable(actions["analyse"], nothing or refusal or ("" if selected else NOTHING_SELECTED))
        enable(actions["analyse_all"], nothing)
        enable(actions["remove"], nothing or ("" if selected else NOTHING_SELECTED))
        enable(actions["save"], nothing)
        no_picture = "" if self._pictures() else NO_PICTURE
        enable(actions["axes"], nothing or no_picture)
        for name in ("next", "previous", "original", "reset", "next_method", "previous_method"):
            enable(actions[name], nothing)
        enable(actions["samples"], "" if sample_paths() else "The samples are not installed.")
        rows = self._window.panel.classes.rows
        for number, action in enumerate(self._window.class_actions):
            known = number < len(rows)
            action.setVisible(known)
            action.setText(rows[number].title if known else action.text())
            enable(action, "" if known else "The network has fewer classes.")

    # File

    @Slot()
    def open_files(self) -> None:
        """Ask for files."""
        self._bench.open(file_dialogs.ask_files(self._window, self._window.settings))

    @Slot()
    def open_folder(self) -> None:
        """Ask for a folder."""
        self._bench.open(file_dialogs.ask_folder(self._window, self._window.settings))

    @Slot()
    def open_samples(self) -> None:
        """Open the shipped samples and analyse them."""
        self._bench.open(sample_paths(), analyse=True)

    @Slot()
    def save_picture(self) -> None:
        """Ask where to, then save what is shown."""
        path = file_dialogs.ask_save(self._window, self._window.settings, self.proposed_name())
        if path is not None:
            self._bench.save_picture(path)

    def proposed_name(self) -> str:
        """``<stem>_<class>_<method>.png`` as on the command line."""
        shown = self._window.shown
        if shown.item is None:
            return "spectrum.png"
        parts = [Path(shown.item.path).stem or shown.item.name]
        if shown.explanation is not None:
            parts += [shown.explanation.class_id, shown.explanation.method]
        return safe_name("_".join(parts)) + ".png"

    @Slot()
    def remove(self) -> None:
        """Remove the selected spectra."""
        self._session.remove(self._window.sidebar.selected_ids())

    @Slot()
    def quit(self) -> None:
        """Close the window."""
        self._window.close()

    # Analysis

    @Slot()
    def analyse(self) -> None:
        """Analyse the selected spectra, or the one that is shown."""
        current = self._session.current
        selected = self._window.sidebar.selected_ids()
        self._bench.analyse(selected or ([current.id] if current is not None else []))

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
        dialog = AxesDialog([item.packed for item in pictures], self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        ids = [item.id for item in pictures]
        dialog.accepted.connect(
            lambda: self._bench.set_windows(ids, dialog.f2_window, dialog.f1_window)
        )
        dialog.destroyed.connect(self._forget_axes_dialog)
        self.axes_dialog = dialog
        dialog.show()  # not modal: the read-out under the cursor is needed meanwhile

    @Slot()
    def _forget_axes_dialog(self) -> None:
        self.axes_dialog = None

    def _pictures(self) -> list[SessionItem]:
        """The selected pictures, the one that is shown first."""
        current = self._session.current
        ids = [*([current.id] if current is not None else []), *self._window.sidebar.selected_ids()]
        items = [self._session.find(item_id) for item_id in dict.fromkeys(ids)]
        return [
            item
            for item in items
            if item is not None and item.packed.provenance.kind is SourceKind.PICTURE
        ]

    @Slot()
    def explain_import(self) -> None:
        """Say how networks are imported."""
        self._tell("Import a network", IMPORT_TEXT)

    # View

    @Slot()
    def next_spectrum(self) -> None:
        """Down the list."""
        self._window.sidebar.step(1)

    @Slot()
    def previous_spectrum(self) -> None:
        """Up the list."""
        self._window.sidebar.step(-1)

    @Slot()
    def next_method(self) -> None:
        """The next method that this network has."""
        self._step_method(1)

    @Slot()
    def previous_method(self) -> None:
        """The previous method that this network has."""
        self._step_method(-1)

    def _step_method(self, by: int) -> None:
        shown, now = self._window.shown, self._session.view.method
        methods = [m for m in METHODS if m == now or not method_reason(shown, m)]
        place = methods.index(now) if now in methods else 0
        self._session.set_view(method=methods[(place + by) % len(methods)])

    @Slot()
    def show_original(self) -> None:
        """No map."""
        self._session.set_view(class_id=None)

    @Slot()
    def show_class(self) -> None:
        """The map of the class with the action's number."""
        action = self.sender()
        rows = self._window.panel.classes.rows
        if isinstance(action, QAction) and action.data() < len(rows):
            self._session.set_view(class_id=rows[action.data()].id)

    @Slot()
    def clear_problems(self) -> None:
        """Forget the problems and hide their list."""
        self._session.clear_problems()
        self._window.problem_dock.hide()

    @Slot()
    def find(self) -> None:
        """To the search box."""
        self._window.side_dock.show()
        self._window.sidebar.search.setFocus()
        self._window.sidebar.search.selectAll()

    @Slot()
    def about(self) -> None:
        """Versions and sources."""
        versions = {"Python": sys.version.split()[0], "PySide6": pyside_version}
        versions |= {"NumPy": np.__version__, **self._bench.server_status.versions}
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        self._tell("About nmrcam", ABOUT_TEXT.format(version=__version__, versions=listed))

    def _tell(self, title: str, text: str) -> None:
        """Open a message without stopping anything."""
        self.message = QMessageBox(self._window)
        self.message.setWindowTitle(title)
        self.message.setText(text)
        self.message.open()
