"""Which methods and classes are compared: two lists to tick, what each method costs beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont
from PySide6.QtWidgets import (
    QComboBox,
    QGroupBox,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.comparing import first_classes, first_methods
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.method_choice import groups_of_methods, method_tip
from nmrcam_qt.session.shown import Shown, method_reason
from nmrcam_qt.ui.look_panel import let_shrink
from nmrcam_qt.ui.theme import colours

CHOICE_WIDTH = 190
MAX_PARTNERS = 200
NOBODY_KNOWS = "not known"
PURE_TIP = (
    "A spectrum of the compound alone, where one is open: then the ink AUC says whether the heat "
    "lies on its signals"
)


class TickList(QListWidget):
    """Lines to tick under headings; tells only of the user's own ticks."""

    ticked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: dict[str, QListWidgetItem] = {}
        self._shape: tuple[tuple[str, str], ...] = ()
        self.itemChanged.connect(self._on_changed)

    def show_lines(self, groups: Mapping[str, Sequence[tuple[str, str]]]) -> None:
        """Show other lines, (id, text) under each heading; known ones keep their ticks."""
        shape = tuple((head, key) for head, lines in groups.items() for key, _ in lines)
        if shape == self._shape:
            return
        ticked = set(self.chosen())
        self.blockSignals(True)
        self.clear()
        self._shape, self._lines = shape, {}
        for head, lines in groups.items():
            if head and lines:
                heading = QListWidgetItem(head, self)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                heading.setData(Qt.ItemDataRole.FontRole, self._bold())
            for key, text in lines:
                item = QListWidgetItem(text, self)
                item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
                item.setCheckState(_state(key in ticked))
                self._lines[key] = item
        self.blockSignals(False)

    def chosen(self) -> tuple[str, ...]:
        """Ids of the ticked lines, in their order."""
        on = Qt.CheckState.Checked
        return tuple(key for key, item in self._lines.items() if item.checkState() is on)

    def choose(self, wanted: Iterable[str]) -> None:
        """Tick these and no others; nobody is told."""
        ids = set(wanted)
        self.blockSignals(True)
        for key, item in self._lines.items():
            item.setCheckState(_state(key in ids))
        self.blockSignals(False)
        self.viewport().update()

    def describe(self, key: str, tip: str, refused: bool = False) -> None:
        """Tip of a line; one that cannot be had is grey and cannot be ticked."""
        item = self._lines[key]
        self.blockSignals(True)
        item.setToolTip(plain_tip(tip))
        enabled = Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled
        item.setFlags(Qt.ItemFlag.NoItemFlags if refused else enabled)
        item.setForeground(QColor(colours().axis if refused else colours().text))
        if refused:
            item.setCheckState(Qt.CheckState.Unchecked)
        self.blockSignals(False)

    def _bold(self) -> QFont:
        font = self.font()
        font.setBold(True)
        return font

    @Slot(QListWidgetItem)
    def _on_changed(self, _item: QListWidgetItem) -> None:
        self.ticked.emit()


class CompareChoice(QWidget):
    """Methods and classes to compare."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.methods, self.classes = TickList(), TickList()
        self._begun_with: object = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for title, listing, stretch in (("Methods", self.methods, 3), ("Classes", self.classes, 2)):
            box = QGroupBox(title)
            inside = QVBoxLayout(box)
            inside.setContentsMargins(4, 4, 4, 4)
            inside.addWidget(listing)
            layout.addWidget(box, stretch)
            listing.setObjectName(f"compare{title}")
            listing.ticked.connect(self.changed)
        self.pure = QComboBox()
        self.pure.setToolTip(PURE_TIP)
        let_shrink(self.pure)
        box = QGroupBox("Pure compound")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(4, 4, 4, 4)
        inside.addWidget(self.pure)
        layout.addWidget(box)
        self.pure.activated.connect(self.changed)
        self.setFixedWidth(CHOICE_WIDTH)

    def show_pure(self, spectra: Sequence[SessionItem], known: SessionItem | None) -> None:
        """Offer spectra that may be a pure compound; `known` is chosen for another spectrum."""
        entries: list[tuple[str, int | None]] = [(NOBODY_KNOWS, None)]
        entries += [(other.name, other.id) for other in spectra[:MAX_PARTNERS]]
        there = [(self.pure.itemText(n), self.pure.itemData(n)) for n in range(self.pure.count())]
        if entries == there:
            return
        self.pure.clear()
        for text, item_id in entries:
            self.pure.addItem(text, item_id)
        ids = [item_id for _, item_id in entries]
        wanted = known.id if known is not None else None
        self.pure.setCurrentIndex(ids.index(wanted) if wanted in ids else 0)

    def show_choice(self, shown: Shown) -> None:
        """Offer what there is; another network or spectrum begins with a choice of its own."""
        card = shown.plan.card if shown.plan is not None else None
        classes = [] if card is None else [(spec.id, spec.title) for spec in card.classes]
        self.classes.show_lines({"": classes})
        groups = {
            title: [(method, METHODS[method].title) for method in methods]
            for title, methods in groups_of_methods().items()
        }
        self.methods.show_lines(groups)
        for method in METHODS:
            reason = method_reason(shown, method)
            tip = f"Not available: {reason}" if reason else method_tip(method, card)
            self.methods.describe(method, tip, refused=bool(reason))
        begun = (shown.item.id if shown.item is not None else None, card.id if card else "")
        if shown.analysis is not None and begun != self._begun_with:
            self._begun_with = begun
            self.classes.choose(first_classes(shown))
            self.methods.choose(first_methods(shown))

    def chosen(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Methods and classes."""
        return self.methods.chosen(), self.classes.chosen()


def _state(on: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if on else Qt.CheckState.Unchecked
