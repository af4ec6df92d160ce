"""Methods and classes of one spectrum beside each other: linked maps above, figures below."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.map_comparison import MapComparison
from nmrcam_qt.core.peak_places import places_of
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.writers.files import WriteError, safe_name
from nmrcam_qt.core.writers.table import write_csv
from nmrcam_qt.session.compare_table import table_of
from nmrcam_qt.session.comparing import (
    MOST_SHOWN,
    Compared,
    compared_panes,
    heading_of_comparison,
    known_part,
    maps_of,
    missing_maps,
    missing_text,
    pure_spectra,
    rows_of,
    to_check,
    truth_note,
)
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.network_view import network_view
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.panes import COMPARED
from nmrcam_qt.session.shown import NOTHING_TO_COMPARE, Shown
from nmrcam_qt.session.usual_places import priors_by_class
from nmrcam_qt.ui.compare_choice import CompareChoice
from nmrcam_qt.ui.compare_tables import AgreementPanel, CompareTable
from nmrcam_qt.ui.file_dialogs import LAST_OPEN, LAST_SAVE
from nmrcam_qt.ui.page import Page
from nmrcam_qt.ui.pane_grid import PaneGrid
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.workers.compare_job import CompareJob
from nmrcam_qt.workers.runner import Lane

TITLE = "Compare methods and classes"
PANE_PX = 230
"""Least height of a row of panes."""
STRIP_PX = 34
"""Of the heading that the panes have in common."""
GROW_MS = 15
"""Between two turns, so that mouse and keys get theirs."""
AT_ONCE = 3
"""New panes per turn of the event loop: each takes about 50 ms."""
CHECK_TIP = (
    "Whether each map depends on the network, and whether its order of peaks is better than "
    "chance: the selected rows; else all cheap maps, and the slow ones (each is made three times "
    "more) with the next click"
)
TOO_MANY = "The first {shown} of {all} maps are drawn; the table has them all."


class CompareWindow(QDialog):
    """Follows the spectrum that the main window shows; not modal.

    Parameters
    ----------
    page : Page
        The open project.
    settings : QSettings
        Where the last folder is kept.
    parent : QWidget, optional
        Owner.
    """

    map_asked = Signal(object)
    """`Shown` that the main window is to show"""

    def __init__(self, page: Page, settings: QSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowFlag(Qt.WindowType.WindowMaximizeButtonHint)
        self._page, self._settings = page, settings
        self._panes: tuple[Shown, ...] = ()
        self._drawn = 0
        self._compared: tuple[Explanation, ...] = ()
        self._comparison: MapComparison | None = None
        self._asked: tuple[Explanation, ...] = ()
        self._truth: PackedSpectrum | None = None
        self._closed = False
        self.choice = CompareChoice()
        self.grid = PaneGrid()
        self.table, self.agreement = CompareTable(), AgreementPanel()
        self._make_widgets()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._growing = QTimer(self)
        self._growing.setSingleShot(True)
        self._growing.timeout.connect(self._draw)
        self._connect()
        self.resize(1240, 860)
        self.refresh()

    def _make_widgets(self) -> None:
        self.heading, self.note = QLabel(), QLabel()
        self.heading.setObjectName("verdict")
        self.caveat = QLabel()
        for label in (self.heading, self.note, self.caveat):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
        self.caveat.setObjectName("caveat")
        self.note.setObjectName("viewMessage")
        self.compute, self.check = QPushButton(), QPushButton("Check the maps")
        self.copy, self.save = QPushButton("Copy table"), QPushButton("Export CSV …")
        self.check.setToolTip(CHECK_TIP)
        top = QHBoxLayout()
        top.addWidget(self.heading, 1)
        for button in (self.compute, self.check, self.copy, self.save):
            button.setAutoDefault(False)
            top.addWidget(button)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self.grid)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.table, "Figures")
        self.tabs.addTab(self.agreement, "Agreement of the methods")
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.addWidget(self.area)
        self.split.addWidget(self.tabs)
        self.split.setSizes([560, 240])
        middle = QHBoxLayout()
        middle.addWidget(self.choice)
        middle.addWidget(self.split, 1)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(self.note)
        layout.addLayout(middle, 1)
        layout.addWidget(self.caveat)

    def _connect(self) -> None:
        page = self._page
        page.refreshed.connect(self._soon)
        page.checks.changed.connect(self._soon)
        theme().changed.connect(self._soon)
        self.choice.changed.connect(self._soon)
        self.split.splitterMoved.connect(self._soon)
        self.compute.clicked.connect(self._on_compute)
        self.check.clicked.connect(self._on_check)
        self.copy.clicked.connect(self.table.copy)
        self.save.clicked.connect(self.ask_file)
        self.table.map_asked.connect(self._on_row)
        self.grid.single_asked.connect(self.map_asked)
        self.grid.pane_chosen.connect(self._on_pane)
        self.grid.analyse_asked.connect(self._on_pane_computed)

    # Showing

    @property
    def panes(self) -> tuple[Shown, ...]:
        """All maps that are compared, whether drawn or not."""
        return self._panes

    @property
    def comparison(self) -> MapComparison | None:
        """Their figures; None until they are measured."""
        return self._comparison

    @Slot()
    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start(0)

    @Slot()
    def refresh(self) -> None:
        """Show what the session says now."""
        page, shown = self._page, self._page.shown
        self.choice.show_choice(shown)
        methods, classes = self.choice.chosen()
        found: tuple[Shown, ...] = ()
        if shown.analysis is not None:
            found = compared_panes(page.session, shown, methods, classes)
        self._panes = tuple(map(page.workbench.explained, map(page.maps.dressed, found)))
        item = shown.item
        spectra = pure_spectra(page.session, item) if item is not None else ()
        self.choice.show_pure(spectra, known_part(page.session, item) if item else None)
        self._say(shown)
        self.grid.set_options(columns=max(len(classes), 1))
        self.area.setVisible(bool(self._panes))
        self._draw()
        self._measure(shown)
        self._fill_tables()

    def _say(self, shown: Shown) -> None:
        """Heading, note, buttons."""
        name = shown.item.name if shown.item is not None else ""
        self.setWindowTitle(one_line(" – ".join(part for part in (TITLE, name) if part)))
        self.heading.setText(heading_of_comparison(shown, self._comparison))
        said = "" if shown.analysis is not None else (shown.refusal or NOTHING_TO_COMPARE)
        if len(self._panes) > MOST_SHOWN:
            said = TOO_MANY.format(shown=MOST_SHOWN, all=len(self._panes))
        self.note.setText(said)
        self.note.setVisible(bool(said))
        card = shown.plan.card if shown.plan is not None else None
        self.caveat.setText(truth_note(self._pure(), self._comparison, card))
        missing = missing_text(self._panes)
        self.compute.setText(missing or "Compute")
        self.compute.setVisible(bool(missing))
        self.check.setEnabled(bool(self._page.checks.unchecked(self._panes)))
        for button in (self.copy, self.save):
            button.setEnabled(bool(self._panes))

    def _place(self, drawn: int, wanted: int) -> None:
        """Rows that can be read, the rest scrolls; they keep their height as more are drawn."""
        columns = self.grid.options.columns
        rows, all_rows = math.ceil(drawn / columns), math.ceil(wanted / columns)
        height = max(PANE_PX, (self.area.viewport().height() - STRIP_PX) // all_rows)
        self.grid.setFixedHeight(rows * height + STRIP_PX)

    @Slot()
    def _draw(self) -> None:
        """The maps, a few new ones at a time: a window with forty must not stand still."""
        wanted = self._panes[:MOST_SHOWN]
        if not wanted:
            self._drawn = 0
            return
        self._drawn = min(len(wanted), max(self._drawn, 0) + AT_ONCE)
        if self._drawn < len(wanted):
            self._growing.start(GROW_MS)
        panes = wanted[: self._drawn]
        layout = self.grid.layout()
        if layout is not None:  # panes that are there already must not change their size twice
            layout.setEnabled(False)
        self._place(len(panes), len(wanted))
        self.grid.show_panes(panes, self._active(panes), self._page.session.view, COMPARED)
        if layout is not None:
            layout.setEnabled(True)
            layout.activate()
        self._page.checks.show(panes, self.grid.views)

    def _active(self, panes: tuple[Shown, ...]) -> int:
        """The map that the main window shows."""
        view = self._page.shown.view
        now = (view.method, view.class_id)
        places = [n for n, p in enumerate(panes) if (p.view.method, p.view.class_id) == now]
        return places[0] if places else 0

    # Measuring

    def _pure(self) -> SessionItem | None:
        """The spectrum that the user calls the pure compound."""
        return self._page.session.find(self.choice.pure.currentData())

    def _measure(self, shown: Shown) -> None:
        """Measure other maps than those that were, in the background."""
        maps, pure = maps_of(self._panes), self._pure()
        truth = pure.packed if pure is not None else None
        if maps in (self._asked, self._compared) and truth is self._truth:
            return
        seen = network_view(shown)
        self._asked, self._truth = maps, truth
        if not maps or seen is None or shown.item is None:
            self._compared, self._comparison = maps, None
            return
        places = places_of(self._page.peaks.peaks_of(shown.item))
        known = replace(seen, packed=truth) if truth is not None else None
        priors = priors_by_class(self.grid.priors.shelf, shown)
        job = CompareJob(shown.item.name, seen, maps, places, known, priors)
        window = self  # the job may end after the window was closed

        def arrived(found: object) -> None:
            wanted = not window._closed and maps is window._asked and truth is window._truth
            if wanted and isinstance(found, MapComparison):
                window._compared, window._comparison = maps, found
                window._soon()

        self._page.workbench.do(job, arrived, Lane.PEAKS)

    def _fill_tables(self) -> None:
        page = self._page
        current = self._comparison if self._compared else None
        known = current if self._compared == maps_of(self._panes) else None
        rows = rows_of(page.session, self._panes, known, page.checks.book, page.checks.under_way)
        self.table.model_.show_rows(rows)
        card = page.shown.plan.card if page.shown.plan is not None else None
        _, classes = self.choice.chosen()
        titles = {c: card.class_spec(c).title for c in classes} if card is not None else {}
        self.agreement.show_comparison(known, titles, page.session.view.class_id)

    # What the user asks for

    @Slot()
    def _on_compute(self) -> None:
        self._page.maps.compute(missing_maps(self._panes))

    @Slot(object)
    def _on_pane_computed(self, panes: tuple[Shown, ...]) -> None:
        self._page.maps.compute(panes)

    @Slot()
    def _on_check(self) -> None:
        chosen = [row.pane for row in self.table.rows(selected=True)]
        self._page.checks.check(chosen or to_check(self._page.checks.unchecked(self._panes)))

    @Slot(object)
    def _on_row(self, row: Compared) -> None:
        self.map_asked.emit(row.pane)

    @Slot(object)
    def _on_pane(self, pane: Shown) -> None:
        self.map_asked.emit(pane)

    @Slot()
    def ask_file(self) -> None:
        """Ask where the table goes, and write it."""
        item = self._page.shown.item
        folder = Path(str(self._settings.value(LAST_SAVE, self._settings.value(LAST_OPEN, ""))))
        name = safe_name(f"{item.name if item is not None else 'spectrum'} methods") + ".csv"
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export the figures", str(folder / name), "CSV (*.csv)"
        )
        if chosen:
            self._settings.setValue(LAST_SAVE, str(Path(chosen).parent))
            self.export(Path(chosen))

    def export(self, path: Path) -> None:
        """Write the table as it is sorted; what goes wrong becomes a problem."""
        try:
            write_csv(path, *table_of(self.table.rows()))
        except WriteError as error:
            self._page.session.add_problem(str(error), str(path))

    # Life

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rows may have other heights."""
        super().resizeEvent(event)
        self._soon()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Nothing is drawn or asked for any more."""
        self._end()
        super().closeEvent(event)

    def done(self, result: int) -> None:
        """Escape closes it, too, and Qt tells of that in no other way."""
        self._end()
        super().done(result)

    def _end(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._timer.stop()
        self._growing.stop()
        self.grid.stop_drawing()
        self._page.checks.let_go(self.grid.views)
