"""Menus and tool bar, as tables of names of actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar, QToolButton

CLASSES, DOCKS, RECENT = "<classes>", "<docks>", "<recent>"
PANES, THEME, DISPLAY = "<panes>", "<theme>", "<display>"
"""Stand for the actions of the classes and of the docks, and for menus in menus."""

MENUS = {
    "&File": f"new open_project {RECENT} save_as save_copy embed close_project - "
    "open folder samples - save export print - quit",
    "&Edit": "undo redo - copy_picture copy_table - remove group ungroup - "
    "flag_check flag_confirmed flag_rejected flag_none - rename tags note - "
    "axes relink show_folder",
    "&Signals": "pick_peaks edit_peaks delete_peaks clear_peaks copy_peaks export_peaks show_peaks "
    "- contributions peak_ranks peak_classes lasso explain_selection pair_peaks "
    "how_sure "
    "export_contributions "
    "- reference reference_two reference_reset - solvents mask_tool exclude_masks show_masks",
    "&Analysis": "analyse analyse_all - compute_map check_map compare - import_network",
    "&View": "reset zoom_back zoom_forward box_zoom keep_zoom crosshair hide_map - "
    f"{DISPLAY} {PANES} {THEME} - find next previous - "
    "next_class previous_class next_method previous_method "
    f"original - {CLASSES} - collapse_all expand_all - {DOCKS}",
    "&Help": "shortcuts about",
}
TOOLS = "open folder remove - undo redo - analyse pick_peaks - save export - reset"
WITHOUT_TEXT = ("undo", "redo")
"""Their texts are long and change."""


def make_menus(
    window: QMainWindow,
    actions: Mapping[str, QAction],
    groups: Mapping[str, Sequence[QAction]],
    submenus: Mapping[str, QMenu],
) -> None:
    """Fill the menu bar and make the tool bar.

    Parameters
    ----------
    window : QMainWindow
        Where they stand.
    actions : mapping
        By name, as in `MENUS`; ``-`` is a separator.
    groups : mapping
        Several actions for one name.
    submenus : mapping
        Menus for one name.
    """
    for title, names in MENUS.items():
        menu = window.menuBar().addMenu(title)
        menu.setToolTipsVisible(True)
        for name in names.split():
            if name == "-":
                menu.addSeparator()
            elif name in submenus:
                menu.addMenu(submenus[name])
            else:
                menu.addActions(list(groups.get(name, ())) or [actions[name]])
    tools = QToolBar("Tools", window)
    tools.setObjectName("tools")
    tools.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    tools.setMovable(False)
    for name in TOOLS.split():
        if name == "-":
            tools.addSeparator()
        else:
            tools.addAction(actions[name])
            button = tools.widgetForAction(actions[name])
            if name in WITHOUT_TEXT and isinstance(button, QToolButton):
                button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    window.addToolBar(tools)
