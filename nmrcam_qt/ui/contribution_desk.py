"""Contributions of peaks in the window: table, marks, strip; asks for what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nmrcam_qt.core.contribution_pairs import MOST_PEAKS, pair_lines
from nmrcam_qt.core.contributions import MapStability
from nmrcam_qt.core.picked import Peak
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.session.contributing import Basis, Contributed, class_shown, lasting
from nmrcam_qt.session.contribution_cache import Kept
from nmrcam_qt.session.contribution_words import (
    STAYS,
    headline,
    pair_rows,
    pairs_text,
    selection_rows,
    selection_text,
    stability_text,
)
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.recent import Recent
from nmrcam_qt.session.shown import Shown, with_contributions
from nmrcam_qt.ui.commands.base import NOTHING_OPEN
from nmrcam_qt.ui.contribution_asking import ContributionAsker, Kind
from nmrcam_qt.ui.pane_grid import PaneGrid
from nmrcam_qt.ui.peak_desk import NO_PEAKS, PeakDesk
from nmrcam_qt.ui.plot_values import Marked
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.ui.workbench import Workbench

if TYPE_CHECKING:
    from nmrcam_qt.core.writers.contribution_table import ContributionTable, PairTable
    from nmrcam_qt.ui.contribution_layer import ContributionLayer
    from nmrcam_qt.ui.contribution_pairs import PairStrip
    from nmrcam_qt.ui.contribution_panel import ContributionStrip
    from nmrcam_qt.ui.peak_panel import PeakPanel
    from nmrcam_qt.ui.spectrum_view import SpectrumView

NOT_YET = "Contributions have not been computed yet: show them in the table (Shift+C)."
NONE_SELECTED = "No peak is selected: click marks or rows, or draw a line around peaks (G)."
COMPUTING = "Contributions: being computed …"
REPEATING = "How sure: repeats are being computed …"
PAIRING = "Pairs of peaks: being computed …"
SELECTING = "Scores with and without the selected peaks: being computed …"
OLD = "Those below are of the peaks or the spectrum as they were before."
DELAY_MS = 250
"""After an edit: peaks are often edited in rows."""
_MOST_TOLD = 64


class ContributionDesk(QObject):
    """Shows contributions wherever the user wants them; one for each open project.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process.
    grid : PaneGrid
        Where spectra are shown.
    peaks : PeakDesk
        Their peaks, and which are selected.
    parent : QObject, optional
        Owner.
    """

    changed = Signal()
    """other contributions are there or under way"""

    def __init__(
        self, workbench: Workbench, grid: PaneGrid, peaks: PeakDesk, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bench, self._session = workbench, workbench.session
        self._grid, self._peaks = grid, peaks
        self._panel: PeakPanel | None = None
        self.asker = ContributionAsker(workbench, peaks.peaks_of, self)
        self._layers: dict[SpectrumView, ContributionLayer] = {}
        self._steady: dict[SpectrumView, tuple[MapStability, Explanation | None]] = {}
        self._told: Recent[tuple[object, ...], Contributed] = Recent(_MOST_TOLD)
        self._shown = Shown()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DELAY_MS)
        self._timer.timeout.connect(self._ask)
        self.asker.changed.connect(self.changed)
        peaks.selection_changed.connect(self._on_selection)
        peaks.set_more(self._more_about)
        workbench.explained = self.explained
        theme().changed.connect(self.dress)

    def show_in(self, panel: PeakPanel) -> None:
        """Show them in this table, too."""
        self._panel = panel
        panel.strip.pairs.chosen.connect(self._peaks.select)
        panel.strip.pairs.closed.connect(self.asker.forget_pairs)
        self.refresh()

    # What can be done

    @property
    def wanted(self) -> bool:
        """Whether anything that is shown needs contributions."""
        view = self._session.view
        return view.contributions or view.peak_marks != "plain"

    def reason(self) -> str:
        """Why there can be no contributions; empty where there can."""
        shown = self._shown
        if shown.item is None:
            return NOTHING_OPEN
        if shown.plan is None:
            return shown.refusal
        return "" if self.asker.basis(shown.plan) is not None else NO_PEAKS

    def repeat_reason(self) -> str:
        """Why repeats cannot be made."""
        reason, plan = self.reason(), self._shown.plan
        basis = self.asker.basis(plan) if plan is not None else None
        if not reason and basis is not None and self.asker.busy(Kind.REPEATS, basis):
            return REPEATING
        return reason

    def selection_reason(self) -> str:
        """Why the selection cannot be explained."""
        return self.reason() or ("" if self._peaks.selected else NONE_SELECTED)

    def table(self) -> ContributionTable | None:
        """All that is known now of the spectrum that is shown, for a file; None where nothing is.

        What rests on other peaks or an older spectrum is not written.
        """
        from nmrcam_qt.core.writers.contribution_table import ContributionTable, peak_lines

        plan, kept = self._shown.plan, self._current(self._shown)
        if plan is None or kept is None:
            return None
        lines = tuple(peak_lines(kept.contributions))
        return ContributionTable(self._files(plan), kept.contributions.network, lines)

    def pair_table(self) -> PairTable | None:
        """The pairs that are shown, for a file or the clipboard; None where none are."""
        from nmrcam_qt.core.writers.contribution_table import PairTable

        asked, plan = self.asker.pairs, self._shown.plan
        found = asked.pairs if asked is not None else None
        if asked is None or found is None or plan is None or asked.basis != self.asker.basis(plan):
            return None
        class_id = class_shown(self._shown.view.class_id, found, self._shown.prediction)
        lines = tuple((class_id, line) for line in pair_lines(found, class_id))
        return PairTable(self._files(plan), found.network, lines)

    def _files(self, plan: Plan) -> tuple[str, ...]:
        return tuple(item.path for item in map(self._session.find, plan.items) if item is not None)

    def export_reason(self) -> str:
        """Why contributions cannot be written to a file."""
        known = self._current(self._shown) is not None
        return self.reason() or ("" if known else NOT_YET)

    def explain_selection(self) -> None:
        """Scores with only the selected peaks, and without them."""
        shown = self._shown
        if shown.plan is not None and shown.item is not None and not self.selection_reason():
            self.asker.explain(shown.plan, shown.item.id, self._peaks.selected)

    def pair_reason(self) -> str:
        """Why peaks cannot be paired."""
        count = len(self._peaks.selected)
        too_many = f"{count} peaks are selected: pairs are made of at most {MOST_PEAKS}."
        return self.reason() or (too_many if count > MOST_PEAKS else "")

    def pair(self) -> None:
        """What two or more selected peaks do together and alone; the strongest without these."""
        shown, selected = self._shown, self._peaks.selected
        if shown.plan is None or shown.item is None or self.pair_reason():
            return
        found, prediction = self._of_pane(shown), shown.prediction
        class_id = found.class_id if found is not None else shown.view.class_id
        if class_id is None and prediction is not None:
            class_id = prediction.top
        several = selected if len(selected) > 1 else ()
        self.asker.pair(shown.plan, shown.item.id, several, class_id)

    def repeat(self) -> None:
        """How sure are ranks and map? A job."""
        if self._shown.plan is not None and not self.reason():
            self._session.set_view(contributions=True)
            self.asker.repeat(self._shown.plan)

    # Showing

    def prepare(self, panes: Sequence[Shown], shown: Shown) -> None:
        """What is shown next; before the peaks are refreshed, which ask whether to mark them."""
        self._shown = shown
        marks = self._session.view.peak_marks
        covered = set()
        for view, pane in zip(self._grid.views, panes, strict=True):
            layer = self._layer(view)
            found = self._of_pane(pane) if marks != "plain" else None
            among = None if marks == "ranks" else pane.present
            layer.set_compact(len(panes) > 1)
            layer.show(None if found is None else Marked(found, among))
            if found is not None:
                covered.add(view)
            self._show_steady(view, pane)
        self._peaks.leave_marks(covered)

    def refresh(self) -> None:
        """Table and strip; after the peaks are refreshed."""
        plan = self._shown.plan
        basis = self.asker.basis(plan) if plan is not None else None
        if self._panel is not None:
            self._fill(self._panel, basis)
        if self.wanted and basis is not None:
            self._timer.start()

    def _fill(self, panel: PeakPanel, basis: Basis | None) -> None:
        found = self._of_pane(self._shown) if self._session.view.contributions else None
        panel.table.show_contributions(self._session.view.contributions)
        if found is not None:
            panel.table.bars.set_colour(found.colour)
        panel.model.show_contributed(found)
        self._show_words(panel.strip, found, basis)
        self._show_selection(panel.strip, basis)
        self._show_pairs(panel.strip.pairs, basis)

    @Slot()
    def dress(self) -> None:
        """Take the colours of the theme."""
        for layer in self._layers.values():
            layer.dress()
        if self._panel is not None:
            self._panel.table.viewport().update()

    def stop(self) -> None:
        """Nothing is shown any more."""
        self._timer.stop()

    @Slot()
    def _ask(self) -> None:
        """What is on the screen and missing or out of date."""
        if not self.wanted:
            return
        plans = {pane.plan.key: pane.plan for pane in self._grid.panes if pane.plan is not None}
        for plan in plans.values():
            self.asker.want(plan)

    def _layer(self, view: SpectrumView) -> ContributionLayer:
        if view not in self._layers:
            # pyqtgraph: not for the first paint
            from nmrcam_qt.ui.contribution_layer import ContributionLayer

            self._layers[view] = ContributionLayer(view.plot)
        return self._layers[view]

    def _kept(self, pane: Shown) -> Kept | None:
        """The newest result for what a pane shows, perhaps of an older basis."""
        basis = self.asker.basis(pane.plan) if pane.plan is not None else None
        return self.asker.kept(basis) if basis is not None else None

    def _current(self, pane: Shown) -> Kept | None:
        """The result for just what a pane shows now."""
        kept = self._kept(pane)
        if kept is None or pane.plan is None or kept.basis != self.asker.basis(pane.plan):
            return None
        return kept

    def _of_pane(self, pane: Shown) -> Contributed | None:
        """What the peaks of a pane contribute to its class; the same object while it stays."""
        kept = self._kept(pane)
        if kept is None or pane.item is None or pane.plan is None:
            return None
        if pane.item.id not in pane.plan.items:
            return None
        found = kept.contributions
        class_id = class_shown(pane.view.class_id, found, pane.prediction)
        number = pane.plan.items.index(pane.item.id)
        masks = pane.item.packed.masks
        key = (id(found), number, class_id, pane.view.method, masks)
        told = self._told.find(key)
        if told is None:
            told = Contributed(found, pane.plan.card, number, class_id, pane.view.method, masks)
            self._told.keep(key, told)
        return told

    def _show_words(
        self, strip: ContributionStrip, found: Contributed | None, basis: Basis | None
    ) -> None:
        if not self.wanted or basis is None:
            reason = self.reason() if self.wanted else ""
            strip.show_words(reason, "", "")
            return
        kept = self.asker.kept(basis)
        current = kept is not None and kept.basis == basis
        states = []
        if self.asker.busy(Kind.REPEATS, basis):
            states.append(REPEATING)
        failures = [self.asker.failure(kind, basis) for kind in (Kind.DROPS, Kind.REPEATS)]
        if not current and not any(failures):
            states.append(COMPUTING)
        states += [f"No contributions: {text}" for text in failures[:1] if text]
        states += [f"No repeats: {text}" for text in failures[1:] if text]
        if kept is not None and not current:
            states.append(OLD)
        said = ""
        if found is not None:
            chosen = self._session.view.class_id == found.class_id
            repeats = found.contributions.repeats
            said = headline(found, chosen, repeats, self._shown.prediction)
        moves = self._stability(self._shown)
        sure = stability_text(moves, bool(self._shown.empty)) if moves is not None else ""
        strip.show_words(" ".join(states), said, sure)

    def _show_selection(self, strip: ContributionStrip, basis: Basis | None) -> None:
        selection, plan = self.asker.selection, self._shown.plan
        if selection is None or plan is None or selection.basis != basis:
            failed = self.asker.failure(Kind.SELECTION, basis) if basis is not None else ""
            strip.show_selection(f"The selection was not explained: {failed}" if failed else "", ())
            return
        if selection.scores is None:
            strip.show_selection(SELECTING, ())
            return
        first = set(self._shown.present)
        first |= {self._session.view.class_id} if self._session.view.class_id else set()
        rows = selection_rows(selection.scores, plan.card, first)
        strip.show_selection(selection_text(selection.scores), rows)

    def _show_pairs(self, strip: PairStrip, basis: Basis | None) -> None:
        asked, plan, item = self.asker.pairs, self._shown.plan, self._shown.item
        if asked is None or plan is None or item is None or asked.basis != basis:
            failed = self.asker.failure(Kind.PAIRS, basis) if basis is not None else ""
            strip.show_pairs(f"No pairs: {failed}" if failed else "", ())
            return
        found = asked.pairs
        if found is None:
            strip.show_pairs(PAIRING, ())
            return
        class_id = class_shown(self._shown.view.class_id, found, self._shown.prediction)
        chosen_for = asked.class_id or class_shown(None, found, None)
        text = pairs_text(found, plan.card, class_id, bool(asked.selected), chosen_for)
        strip.show_pairs(text, pair_rows(found, class_id, plan.items.index(item.id)))

    # How sure

    def _stability(self, pane: Shown) -> MapStability | None:
        """How far the map of a pane moves, where repeats of what it shows now were made."""
        shown, kept = pane.explanation, self._current(pane)
        if shown is None or kept is None:
            return None
        return kept.stability.get((shown.input_name, shown.class_id, shown.method, shown.layer))

    def _show_steady(self, view: SpectrumView, pane: Shown) -> None:
        moves, shown = self._stability(pane), pane.explanation
        if shown is None or moves is None or moves.empty or moves.agreement >= STAYS:
            self._steady.pop(view, None)
            view.maps.show_steady(None)
            return
        if view not in self._steady or self._steady[view][0] is not moves:
            self._steady[view] = moves, lasting(shown, moves)
        view.maps.show_steady(self._steady[view][1])

    def explained(self, pane: Shown) -> Shown:
        """A pane that says how peaks can speak for the class where its map is empty."""
        kept = self._current(pane) if pane.empty else None
        return pane if kept is None else with_contributions(pane, kept.contributions)

    def dressed(self, pane: Shown) -> Shown:
        """A pane whose message says that its map moves; of one that stays the strip says it."""
        pane = self.explained(pane)
        moves = self._stability(pane)
        if moves is None or (not moves.empty and moves.agreement >= STAYS):
            return pane
        said = stability_text(moves, bool(pane.empty))
        return replace(pane, message=f"{pane.message} {said}".strip())

    # What peaks say of themselves

    def _more_about(self, view: SpectrumView, peak: Peak) -> str:
        """More lines for the tip of a mark."""
        marked = self._layer(view).marked
        if marked is None or peak.id not in marked.contributed.rows:
            return ""
        return marked.contributed.tip(peak.id)

    @Slot()
    def _on_selection(self) -> None:
        """An explanation is of the peaks that were selected; of others it is not kept."""
        selection, item, plan = self.asker.selection, self._shown.item, self._shown.plan
        if selection is None or item is None or plan is None or item.id not in plan.items:
            return
        chosen = selection.selected[plan.items.index(item.id)]
        if set(chosen) != self._peaks.selected:
            self.asker.forget_selection()
            self.changed.emit()
