"""All keys of the window, generated from its menus."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QMenu,
    QMenuBar,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

MOUSE = (
    ("Zoom at the cursor", "Wheel"),
    ("Zoom one axis", "Wheel over the axis"),
    ("Move", "Drag"),
    ("Zoom to a box", "Alt+drag"),
    ("Contour base", "Shift+wheel"),
    ("Height of projections and traces", "Ctrl+wheel"),
    ("Overlay", "Drop rows of the list"),
    ("Whole spectrum", "Double-click"),
    ("Select peaks", "Click, Ctrl+click, Ctrl+drag"),
    ("Menu of a peak or a place", "Right click"),
    ("Add a peak (Edit peaks)", "Click; Shift+click exactly there"),
    ("Move a peak (Edit peaks)", "Drag its mark"),
    ("Delete peaks (Edit peaks, table)", "Del"),
    ("Stop editing, drawing, referencing", "Esc"),
    ("Go to a peak (table)", "Double-click or Return; F2 edits"),
)
"""What has no action."""
Section = tuple[str, tuple[tuple[str, str], ...]]


def shortcut_rows(bar: QMenuBar) -> list[Section]:
    """Title of every menu, with text and keys of its actions that have any."""
    found: list[Section] = []
    for entry in bar.actions():
        menu = entry.menu()
        if isinstance(menu, QMenu):
            found.append((_plain(menu.title()), tuple(_rows(menu))))
    return [*(section for section in found if section[1]), ("In the spectrum", MOUSE)]


def _rows(menu: QMenu) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            rows += _rows(inner)
        elif action.isSeparator() or not action.isVisible() or not action.shortcuts():
            continue
        else:
            native = QKeySequence.SequenceFormat.NativeText
            keys = " or ".join(key.toString(native) for key in action.shortcuts())
            rows.append((_plain(action.text()), keys))
    return rows


def _plain(text: str) -> str:
    """Without the marks of menu keys."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").removesuffix(" …")


class ShortcutDialog(QDialog):
    """A list of keys.

    Parameters
    ----------
    sections : sequence of (title, rows)
        From `shortcut_rows`.
    parent : QWidget, optional
        Owner.
    """

    def __init__(self, sections: Sequence[Section], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(460, 620)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(["", "Keys"])
        self.tree.setRootIsDecorated(False)
        self.tree.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.tree.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for title, rows in sections:
            head = QTreeWidgetItem(self.tree, [title])
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            for text, keys in rows:
                QTreeWidgetItem(head, [text, keys])
        self.tree.expandAll()
        self.tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.tree.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.tree.header().setStretchLastSection(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.tree)
        layout.addWidget(buttons)
