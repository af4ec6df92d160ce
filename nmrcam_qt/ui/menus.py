"""Menus and tool bar, as tables of names of actions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QMenu, QToolBar

CLASSES, DOCKS = "<classes>", "<docks>"
"""Stand for the actions of the classes and of the docks."""

MENUS = {
    "&File": "open folder samples - save - remove - quit",
    "&Analysis": "analyse analyse_all - axes - import_network",
    "&View": f"reset find - next previous - next_method previous_method - original {CLASSES} - "
    f"{DOCKS}",
    "&Help": "about",
}
TOOLS = "open folder remove analyse save reset"


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
    window.addToolBar(tools)
