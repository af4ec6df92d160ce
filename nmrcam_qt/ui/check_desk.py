"""Checks maps in the background, keeps what came out, and puts badges on panes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.core.map_check import MapCheck
from nmrcam_qt.session.checking import CheckBook, CheckKey, badge_of, check_key
from nmrcam_qt.session.findings import Findings
from nmrcam_qt.session.method_choice import is_slow
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.badge import MapBadge
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.analyse_job import Work
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import Job
from nmrcam_qt.workers.runner import Lane

if TYPE_CHECKING:
    from nmrcam_qt.ui.spectrum_view import SpectrumView


def job_for(client: InferenceClient, work: Work, maps: Sequence[tuple[str, str]]) -> Job:
    """The job that checks maps of one spectrum: (class id, method) of each.

    Its result is a tuple of `MapCheck`.
    """
    from nmrcam_qt.workers.check_job import CheckJob  # not for the first paint

    return CheckJob(client, work, maps)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a job checks."""

    keys: frozenset[CheckKey]


class CheckDesk(QObject):
    """Whether maps can be believed, on demand; checks are kept in the project.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process.
    parent : QObject, optional
        Owner.
    """

    changed = Signal()
    """other checks are known or under way"""
    told = Signal(object, object)
    """`Shown` and `Badge`: the user wants to read what a badge means"""

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bench = workbench
        self.book = CheckBook(Findings(workbench.session))
        self._asked: dict[int, _Asked] = {}
        self._badges: dict[SpectrumView, MapBadge] = {}
        self._panes: dict[MapBadge, Shown] = {}
        runner = workbench.runner
        runner.succeeded.connect(self._on_succeeded)
        runner.failed.connect(self._on_ended)
        runner.cancelled.connect(self._on_ended)

    # What is known

    @property
    def under_way(self) -> frozenset[CheckKey]:
        """Maps that are being checked."""
        return frozenset().union(*(asked.keys for asked in self._asked.values()))

    def unchecked(self, panes: Iterable[Shown]) -> tuple[Shown, ...]:
        """Panes with a map that is not empty, not checked and not being checked."""
        session, under_way = self._bench.session, self.under_way
        found = []
        for pane in panes:
            key = check_key(session, pane)
            if key is None or pane.explanation is None or pane.explanation.empty:
                continue
            if key not in under_way and self.book.find(key) is None:
                found.append(pane)
        return tuple(found)

    # Checking

    def check(self, panes: Iterable[Shown]) -> None:
        """Check the maps of panes that were not checked yet, in as few jobs as possible.

        Random networks and random orders are shared by all cheap maps of one spectrum; every
        slow method has a job of its own, so that it can be cancelled alone.
        """
        groups: dict[tuple[object, ...], list[Shown]] = {}
        for pane in self.unchecked(panes):
            if pane.plan is not None:
                slow = pane.view.method if is_slow(pane.view.method) else ""
                groups.setdefault((pane.plan.key, slow), []).append(pane)
        for group in groups.values():
            plan = group[0].plan
            if plan is not None:
                self._start(plan, group)

    def _start(self, plan: Plan, panes: Sequence[Shown]) -> None:
        session = self._bench.session
        work = Work.of(session, plan)
        found = (check_key(session, pane) for pane in panes)
        keys = {(k.class_id, k.method): k for k in found if k is not None}
        if work is None or not keys:
            return
        job = job_for(self._bench.client, work, tuple(keys))
        number = self._bench.runner.submit(job, Lane.INFERENCE)
        self._asked[number] = _Asked(frozenset(keys.values()))
        self.changed.emit()

    @Slot(int, object)
    def _on_succeeded(self, number: int, result: object) -> None:
        asked = self._asked.pop(number, None)
        if asked is None:
            return
        made = result if isinstance(result, tuple) else ()
        checks = {(c.class_id, c.method, c.input_name): c for c in made if isinstance(c, MapCheck)}
        for key in asked.keys:
            check = checks.get((key.class_id, key.method, key.input_name))
            # The network may have been replaced since the map was made.
            if check is not None and check.network_sha256 == key.network_sha256:
                self.book.keep(key, check)
        self.changed.emit()

    @Slot(int)
    def _on_ended(self, number: int, *_said: object) -> None:
        if self._asked.pop(number, None) is not None:
            self.changed.emit()

    # Badges

    def show(self, panes: Sequence[Shown], views: Sequence[SpectrumView]) -> None:
        """Put badges on the views of panes, after everything else is shown."""
        under_way = self.under_way
        for pane, view in zip(panes, views, strict=True):
            key = check_key(self._bench.session, pane)
            if key is None and view not in self._badges:
                continue
            badge = self._badge_on(view)
            self._panes[badge] = pane
            busy = key in under_way
            badge.show_badge(badge_of(pane, self.book.find(key), busy), len(panes) > 1)

    def badge_on(self, view: SpectrumView) -> MapBadge | None:
        """The badge of a view; None where it never showed a map."""
        return self._badges.get(view)

    def let_go(self, views: Iterable[SpectrumView]) -> None:
        """Forget views that are about to be deleted."""
        for view in views:
            badge = self._badges.pop(view, None)
            if badge is not None:
                self._panes.pop(badge, None)

    def _badge_on(self, view: SpectrumView) -> MapBadge:
        if view not in self._badges:
            badge = self._badges[view] = MapBadge()
            view.strip.add_badge(badge)
            badge.check_asked.connect(self._on_check_asked)
            badge.told.connect(self._on_told)
        return self._badges[view]

    @Slot()
    def _on_check_asked(self) -> None:
        badge = self.sender()
        if isinstance(badge, MapBadge) and badge in self._panes:
            self.check((self._panes[badge],))

    @Slot(object)
    def _on_told(self, said: object) -> None:
        badge = self.sender()
        if isinstance(badge, MapBadge) and badge in self._panes:
            self.told.emit(self._panes[badge], said)
