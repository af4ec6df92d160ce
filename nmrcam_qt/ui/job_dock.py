"""The list of jobs: what runs and waits, how far it is, what failed and why."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QMargins,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeySequence,
    QPainter,
    QPalette,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.job_log import JobEntry, JobState
from nmrcam_qt.qtmodels.job_model import (
    ENTRY_ROLE,
    NUMBER_ROLE,
    JobColumn,
    JobModel,
    progress_text,
)
from nmrcam_qt.workers.runner import JobRunner

WIDTHS = {
    JobColumn.STATE: 80,
    JobColumn.PROGRESS: 104,
    JobColumn.RATE: 90,
    JobColumn.LEFT: 58,
    JobColumn.ELAPSED: 54,
}
TITLE_WIDTHS, DETAILS_WIDTH = (112, 260), 160
"""Pixels: the title has what the other columns leave, within bounds."""
BAR_MARGIN = 3


class JobPanel(QWidget):
    """A row per job; below it, to be unfolded, what failed alone.

    Parameters
    ----------
    runner : JobRunner
        Whose jobs it shows.
    parent : QWidget, optional
        Owner.
    """

    retry_asked = Signal(int)
    """Number of a job whose rest is to be done again."""

    def __init__(self, runner: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runner = runner
        self.model = JobModel(runner.log, self)
        self.tree = _make_tree(self.model, self)
        self.cancel_button = QPushButton("&Cancel")
        self.retry_button = QPushButton("&Retry")
        self.clear_button = QPushButton("C&lear finished")
        self.empty = QLabel("No jobs yet. What takes long is listed here, and can be cancelled.")
        self.empty.setObjectName("caveat")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.reason = QLabel()
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setWordWrap(True)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._arrange()
        self._connect()
        self._catch_up()
        self._show_buttons()

    def _arrange(self) -> None:
        pages = QWidget()
        self._pages = QStackedLayout(pages)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.tree)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 6, 6, 6)
        left = QVBoxLayout()
        left.addWidget(pages, 1)
        left.addWidget(self.reason)
        row.addLayout(left, 1)
        column = QVBoxLayout()
        for button in (self.cancel_button, self.retry_button, self.clear_button):
            column.addWidget(button)
        column.addStretch(1)
        row.addLayout(column)

    def _connect(self) -> None:
        self.cancel_button.clicked.connect(self._on_cancel)
        self.retry_button.clicked.connect(self._on_retry)
        self.clear_button.clicked.connect(self._on_clear)
        self.tree.selectionModel().currentChanged.connect(self._show_buttons)
        self.model.dataChanged.connect(self._show_buttons)
        self.model.rowsInserted.connect(self._on_inserted)
        self.model.rowsRemoved.connect(self._show_buttons)
        within = Qt.ShortcutContext.WidgetShortcut
        QShortcut(QKeySequence(Qt.Key.Key_Delete), self.tree, self._on_cancel, context=within)
        QShortcut(QKeySequence.StandardKey.Copy, self.tree, self._on_copy, context=within)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """In a narrow window the titles are cut, not the figures."""
        super().resizeEvent(event)
        left = self.tree.viewport().width() - sum(WIDTHS.values()) - DETAILS_WIDTH
        least, most = TITLE_WIDTHS
        self.tree.header().resizeSection(JobColumn.JOB, min(most, max(least, left)))

    @property
    def current(self) -> JobEntry | None:
        """The job of the selected row."""
        number = self.tree.currentIndex().data(NUMBER_ROLE)
        return self._runner.log.find(number) if isinstance(number, int) else None

    def select(self, number: int) -> None:
        """Select a job."""
        index = self.model.job_index(number)
        if index.isValid():
            self.tree.setCurrentIndex(index)

    @Slot()
    def _on_cancel(self) -> None:
        entry = self.current
        if entry is not None:
            self._runner.cancel(entry.number)

    @Slot()
    def _on_retry(self) -> None:
        entry = self.current
        if entry is not None and entry.can_retry:
            self.retry_asked.emit(entry.number)

    @Slot()
    def _on_clear(self) -> None:
        self._runner.log.clear_ended()

    @Slot()
    def _on_copy(self) -> None:
        """The selected rows as text: reasons are sent to others."""
        rows = sorted(self.tree.selectionModel().selectedRows(), key=_place)
        lines = [_row_text(self.model, index) for index in rows]
        if lines:
            QGuiApplication.clipboard().setText("\n".join(lines))

    @Slot(QModelIndex, int, int)
    def _on_inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        if parent.isValid():
            for row in range(first, last + 1):
                self.tree.setFirstColumnSpanned(row, parent, True)
            return
        # Whoever looks at an older job goes on looking at it.
        entry = self.current
        if entry is None or entry.state.is_over:
            self.tree.setCurrentIndex(self.model.index(last, 0))
        self._show_buttons()

    def _catch_up(self) -> None:
        """Jobs were begun before the panel was made (`nmrcam_qt.ui.closed_panels`)."""
        for row in range(self.model.rowCount()):
            job = self.model.index(row, 0)
            self._on_inserted(job, 0, self.model.rowCount(job) - 1)
            self._on_inserted(QModelIndex(), row, row)

    @Slot()
    def _show_buttons(self) -> None:
        """Enabled, or saying why not."""
        entry = self.current
        self._pages.setCurrentIndex(int(self.model.rowCount() > 0))
        self.reason.setText(entry.reason if entry is not None else "")
        self.reason.setVisible(bool(self.reason.text()))
        _enable(self.cancel_button, "Stop this job; results so far stay. (Del)", _no_cancel(entry))
        _enable(
            self.retry_button, "Do what failed or was not reached as a new job.", _no_retry(entry)
        )
        ended = any(e.state.is_over for e in self._runner.log.entries)
        _enable(
            self.clear_button,
            "Take all jobs that have ended off the list.",
            "" if ended else "No job has ended.",
        )


def _make_tree(model: JobModel, panel: QWidget) -> QTreeView:
    tree = QTreeView(panel)
    tree.setObjectName("jobs")
    tree.setModel(model)
    tree.setUniformRowHeights(True)
    tree.setIndentation(14)
    tree.setAllColumnsShowFocus(True)
    tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    tree.setTextElideMode(Qt.TextElideMode.ElideRight)
    tree.setItemDelegateForColumn(JobColumn.PROGRESS, ProgressDelegate(tree))
    header = tree.header()
    header.setStretchLastSection(True)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setMinimumSectionSize(30)
    header.resizeSection(JobColumn.DETAILS, 40)  # the least; it is stretched
    for column, width in WIDTHS.items():
        header.resizeSection(column, width)
    return tree


def _enable(button: QPushButton, tip: str, why_not: str) -> None:
    button.setEnabled(not why_not)
    button.setToolTip(why_not or tip)


def _no_cancel(entry: JobEntry | None) -> str:
    """Why a job cannot be cancelled; empty where it can."""
    if entry is None:
        return "Select a job that runs or waits."
    if entry.state.is_over:
        return "This job has ended."
    return "It was asked to stop." if entry.cancelling else ""


def _no_retry(entry: JobEntry | None) -> str:
    """Why a job cannot be tried again; empty where it can."""
    if entry is None:
        return "Select a job that failed or was cancelled."
    if not entry.state.is_over:
        return "This job has not ended yet."
    if entry.can_retry:
        return ""
    if entry.state is JobState.SUCCEEDED and not entry.n_failures:
        return "Nothing of this job failed."
    return "Nothing is left of this job to try again here."


def _place(index: QModelIndex) -> tuple[int, int]:
    parent = index.parent()
    return (parent.row(), index.row()) if parent.isValid() else (index.row(), -1)


def _row_text(model: QAbstractItemModel, index: QModelIndex) -> str:
    cells = [index.siblingAtColumn(c).data() for c in range(model.columnCount())]
    return "\t".join(str(cell) for cell in cells if cell)


class ProgressDelegate(QStyledItemDelegate):
    """A bar with the count in it: blue while it runs, green, red or grey at its end."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the bar of a job."""
        from PySide6.QtWidgets import QStyle  # hundreds of names: not for the first paint

        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        widget = plain.widget
        style = widget.style() if widget is not None else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, widget)
        entry = index.data(ENTRY_ROLE)
        if isinstance(entry, JobEntry) and entry.state is not JobState.WAITING:
            margins = QMargins(BAR_MARGIN, BAR_MARGIN, BAR_MARGIN, BAR_MARGIN)
            _draw_bar(painter, plain.rect.marginsRemoved(margins), entry, plain.palette)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """High enough for a bar with text in it."""
        size = super().sizeHint(option, index)
        return QSize(size.width(), option.fontMetrics.height() + 2 * BAR_MARGIN + 4)


def _draw_bar(painter: QPainter, place: QRect, entry: JobEntry, palette: QPalette) -> None:
    """Filled as far as the job is, with the count in it."""
    painter.save()
    painter.setPen(palette.color(QPalette.ColorRole.Mid))
    painter.setBrush(palette.color(QPalette.ColorRole.Base))
    painter.drawRect(place.adjusted(0, 0, -1, -1))
    filled = QRect(place)
    filled.setWidth(round(place.width() * _share(entry)))
    painter.fillRect(filled, _colour(entry, palette))
    text = progress_text(entry)
    rest = QRect(place)
    rest.setLeft(filled.right() + 1)
    centre = Qt.AlignmentFlag.AlignCenter
    for part, role in (
        (filled, QPalette.ColorRole.HighlightedText),
        (rest, QPalette.ColorRole.Text),
    ):
        painter.setClipRect(part)
        painter.setPen(palette.color(role))
        painter.drawText(place, centre, text)
    painter.restore()


def _share(entry: JobEntry) -> float:
    if entry.state is JobState.SUCCEEDED:
        return 1.0
    return min(1.0, entry.done / entry.total) if entry.total else 0.0


def _colour(entry: JobEntry, palette: QPalette) -> QColor:
    """Dark enough for white text on it, in both themes; the state also stands in words."""
    if entry.state is JobState.FAILED:
        return QColor("#b42318")
    if entry.state.is_over and entry.n_failures:
        return QColor("#8a5a00")
    if entry.state is JobState.SUCCEEDED:
        return QColor("#05603a")
    if entry.state is JobState.CANCELLED:
        return QColor("#5d6b82")
    # Not the highlight itself: the bar is to be seen in a selected row, too.
    return palette.color(QPalette.ColorRole.Highlight).darker(140)
