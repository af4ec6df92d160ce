"""Panes, zoom history, crosshair, theme: how the user looks at spectra."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from nmrcam_qt.session.items import LAYOUTS
from nmrcam_qt.session.panes import layout_reason
from nmrcam_qt.ui.actions import SPECS, enable, icon
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots
from nmrcam_qt.ui.held_key import HeldKey
from nmrcam_qt.ui.page import Page
from nmrcam_qt.ui.pane_layout import ARRANGEMENTS, common_scale_reason
from nmrcam_qt.ui.theme import CHOICES, theme

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow

LAYOUT_PREFIX = "layout_"
SWITCHES = ("crosshair", "common_scale", "keep_zoom")
"""Options of panes that are on or off, and the names of their actions."""
TOGGLES = ("box_zoom", "one_strip", *SWITCHES)
ARRANGEMENT_KEY = "panes/arrangement"


class PaneCommands(CommandBase):
    """Layouts, zoom history, tools, theme."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        actions = window.actions_
        for name in TOGGLES:
            actions[name].setCheckable(True)
        self._layouts = QActionGroup(self)
        self.pane_menu = QMenu("Panes", window)
        for layout in LAYOUTS:
            action = actions[LAYOUT_PREFIX + layout]
            action.setCheckable(True)
            self._layouts.addAction(action)
            self.pane_menu.addAction(action)
        self.pane_menu.addSeparator()
        self.pane_menu.addActions([actions["one_strip"], actions["common_scale"]])
        self.pane_menu.setToolTipsVisible(True)
        self._themes = QActionGroup(self)
        self.theme_menu = QMenu("Theme", window)
        self._fill_theme_menu()
        self.held = HeldKey(actions["hide_map"], Qt.Key.Key_H, self.hide_maps)
        theme().changed.connect(self.dress_actions)

    def _fill_theme_menu(self) -> None:
        for choice, title in CHOICES.items():
            action = QAction(title, self)
            action.setCheckable(True)
            action.setData(choice)
            action.setChecked(choice == theme().choice)
            action.triggered.connect(self.choose_theme)
            self._themes.addAction(action)
            self.theme_menu.addAction(action)

    def pane_slots(self) -> Slots:
        """What these actions do."""
        return {
            "zoom_back": self.zoom_back,
            "zoom_forward": self.zoom_forward,
            "box_zoom": self.toggle_box_zoom,
            **{name: self.set_options for name in ("one_strip", *SWITCHES)},
            **{LAYOUT_PREFIX + layout: self.choose_layout for layout in LAYOUTS},
        }

    def follow_panes(self, page: Page) -> None:
        """Another project is shown: the user's habits stay."""
        actions, settings = self._window.actions_, self._window.settings
        arrangement = str(settings.value(ARRANGEMENT_KEY, "grid"))
        page.panes.set_options(
            arrangement=arrangement if arrangement in ARRANGEMENTS else "grid",
            **{name: settings.value(_key(name), False, bool) is True for name in SWITCHES},
        )
        page.panes.set_box_tool(actions["box_zoom"].isChecked())
        page.panes.history_changed.connect(self.update_pane_actions)
        page.panes.options_changed.connect(self.keep_options)
        self.keep_options()

    def update_pane_actions(self) -> None:
        """Enable what can be done."""
        panes, view = self._window.page.panes, self._session.view
        nothing = "" if len(self._session) else NOTHING_OPEN
        history = panes.history
        self._enable("box_zoom crosshair keep_zoom hide_map one_strip", nothing)
        back = "" if history.can_go_back else "There is no earlier zoom."
        forward = "" if history.can_go_forward else "You have not gone back."
        self._enable("zoom_back", nothing or back)
        self._enable("zoom_forward", nothing or forward)
        reason = common_scale_reason(view.layout, max(len(panes.panes), 1))
        self._enable("common_scale", nothing or reason)
        for layout in LAYOUTS:
            action = self._window.actions_[LAYOUT_PREFIX + layout]
            enable(action, nothing or layout_reason(self._session, self._window.shown, layout))
            action.setChecked(layout == view.layout)

    # Zoom

    @Slot()
    def zoom_back(self) -> None:
        """To the earlier window."""
        self._window.page.panes.go(-1)

    @Slot()
    def zoom_forward(self) -> None:
        """To the window from which the user went back."""
        self._window.page.panes.go(1)

    @Slot()
    def toggle_box_zoom(self) -> None:
        """A drag draws the rectangle to zoom to."""
        on = self._window.actions_["box_zoom"].isChecked()
        self._window.page.panes.set_box_tool(on)

    def hide_maps(self, on: bool) -> None:
        """As long as the key is held."""
        self._window.page.panes.set_original(on)

    # Panes

    @Slot()
    def choose_layout(self) -> None:
        """One pane or several."""
        action = self.sender()
        if isinstance(action, QAction):
            self._session.set_view(layout=action.objectName().removeprefix(LAYOUT_PREFIX))

    @Slot()
    def set_options(self) -> None:
        """Crosshair, scale, arrangement."""
        actions = self._window.actions_
        self._window.page.panes.set_options(
            arrangement="strip" if actions["one_strip"].isChecked() else "grid",
            **{name: actions[name].isChecked() for name in SWITCHES},
        )

    @Slot()
    def keep_options(self) -> None:
        """Remember them, and show them in the menu."""
        options, actions = self._window.page.panes.options, self._window.actions_
        settings = self._window.settings
        settings.setValue(ARRANGEMENT_KEY, options.arrangement)
        for name in SWITCHES:
            settings.setValue(_key(name), getattr(options, name))
            actions[name].setChecked(getattr(options, name))
        actions["one_strip"].setChecked(options.arrangement == "strip")

    # Theme

    @Slot()
    def choose_theme(self) -> None:
        """Light, dark, or as the system."""
        action = self.sender()
        if isinstance(action, QAction):
            theme().choose(str(action.data()))

    @Slot()
    def dress_actions(self) -> None:
        """Icons in the colours of the theme."""
        for spec in SPECS:
            if spec.icon:
                self._window.actions_[spec.name].setIcon(icon(spec.icon))
        for action in self._themes.actions():
            action.setChecked(action.data() == theme().choice)


def _key(name: str) -> str:
    """Where an option is kept."""
    return f"panes/{name}"
