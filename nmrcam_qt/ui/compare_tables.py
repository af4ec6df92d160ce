"""The tables under the compared maps: figures of each, and how far methods agree."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.map_comparison import MapComparison
from nmrcam_qt.qtmodels.compare_model import (
    AgreementModel,
    CompareModel,
    CompareProxy,
    CompareRole,
)
from nmrcam_qt.session.compare_table import AGREEMENT_NOTE, Column, shown_table
from nmrcam_qt.session.comparing import Compared, agreement_of
from nmrcam_qt.ui.clipboard import rows_mime, tsv_cell
from nmrcam_qt.ui.row_table import ROW_PX, make_rows
from nmrcam_qt.ui.theme import colours

CELL_PX = 60
STRONGEST = 0.45
"""Opacity of the shade of a cell that says 1."""
WIDTHS = {
    Column.METHOD: 128,
    Column.CLASS: 92,
    Column.STATE: 88,
    Column.ON_SIGNALS: 74,
    Column.BLANK: 54,
    Column.HALF: 66,
    Column.INK_AUC: 60,
    Column.PRIOR_AUC: 58,
    Column.GAIN: 52,
    Column.AGREES: 58,
    Column.OTHER_CLASSES: 94,
    Column.RANDOMISED: 80,
    Column.DELETION: 64,
    Column.CHANCE: 138,
    Column.VERDICT: 180,
}


class CompareTable(QTableView):
    """One row per map; a double-click shows it in the main window.

    Parameters
    ----------
    parent : QWidget, optional
        Owner.
    """

    map_asked = Signal(object)
    """`Compared`"""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compareTable")
        self.model_ = CompareModel(self)
        self.proxy = CompareProxy(self.model_, self)
        self.setModel(self.proxy)
        make_rows(self, WIDTHS.items())
        self.doubleClicked.connect(self._on_double_click)

    def rows(self, selected: bool = False) -> list[Compared]:
        """The maps in the order of the table, or only the selected ones."""
        chosen = {index.row() for index in self.selectionModel().selectedRows()}
        numbers = range(self.proxy.rowCount())
        wanted = [n for n in numbers if n in chosen] if selected else list(numbers)
        return [self.proxy.index(n, 0).data(CompareRole.ROW) for n in wanted]

    @Slot()
    def copy(self) -> None:
        """Copy the selected rows with headings; all of them where none is selected."""
        table = shown_table(self.rows(selected=True) or self.rows())
        QApplication.clipboard().setMimeData(rows_mime([[tsv_cell(c) for c in r] for r in table]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy; the rest is that of every table."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _on_double_click(self, index: QModelIndex) -> None:
        self.map_asked.emit(index.data(CompareRole.ROW))


class AgreementPanel(QWidget):
    """How far the methods agree for one class, as a small matrix."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison: MapComparison | None = None
        self.classes = QComboBox()
        self.note = QLabel(AGREEMENT_NOTE)
        self.note.setObjectName("caveat")
        self.note.setWordWrap(True)
        self.model_ = AgreementModel(self)
        self.matrix = QTableView()
        self.matrix.setObjectName("agreementMatrix")
        self.matrix.setModel(self.model_)
        self.matrix.setItemDelegate(_Shade(self.matrix))
        self.matrix.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.matrix.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        heads = self.matrix.horizontalHeader()
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setMinimumSectionSize(CELL_PX)
        self.matrix.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.matrix.verticalHeader().setDefaultSectionSize(ROW_PX)
        top = QHBoxLayout()
        top.addWidget(QLabel("Class"))
        top.addWidget(self.classes)
        top.addWidget(self.note, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addLayout(top)
        layout.addWidget(self.matrix, 1)
        self.classes.activated.connect(self._show)

    def show_comparison(
        self, comparison: MapComparison | None, classes: dict[str, str], first: str | None
    ) -> None:
        """Show another comparison; of the classes (titles by id) the one chosen before."""
        self._comparison = comparison
        known = [self.classes.itemData(n) for n in range(self.classes.count())]
        if known != list(classes):
            wanted = self.classes.currentData() if self.classes.currentData() in classes else first
            self.classes.clear()
            for class_id, title in classes.items():
                self.classes.addItem(title, class_id)
            self.classes.setCurrentIndex(max(0, self.classes.findData(wanted)))
        self._show()

    @Slot()
    def _show(self) -> None:
        class_id = self.classes.currentData()
        self.model_.show_table(agreement_of(self._comparison, class_id) if class_id else None)


class _Shade(QStyledItemDelegate):
    """The more two maps agree the stronger the shade; hatched where they say the opposite."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """The shade under the number."""
        share = index.data(CompareRole.SHARE)
        named = colours()
        if index.row() == index.column():
            painter.fillRect(option.rect, QColor(named.header))
        elif share is not None:
            shade = QColor(named.accent if share >= 0 else named.error)
            shade.setAlphaF(STRONGEST * min(abs(share), 1.0))
            painter.fillRect(option.rect, shade)
            if share < 0:
                painter.fillRect(option.rect, _hatched(shade))
        super().paint(painter, option, index)


def _hatched(colour: QColor) -> QBrush:
    return QBrush(colour, Qt.BrushStyle.BDiagPattern)
