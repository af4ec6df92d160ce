"""Makes single maps on demand, and knows which are under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.method_choice import gives_all_classes, method_title
from nmrcam_qt.session.plan import Plan
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.analyse_job import Work
from nmrcam_qt.workers.runner import Lane

if TYPE_CHECKING:
    from nmrcam_qt.workers.maps_job import Wanted


@dataclass(frozen=True, slots=True)
class _Under:
    """What a job makes."""

    key: AnalysisKey
    wanted: tuple[Wanted, ...]

    def holds(self, key: AnalysisKey, method: str, class_id: str | None) -> bool:
        """Whether a map is among it."""
        return key == self.key and any(
            each.method == method and (each.classes is None or class_id in each.classes)
            for each in self.wanted
        )


class MapDesk(QObject):
    """Asks for maps that are not part of an analysis, in the background.

    Parameters
    ----------
    workbench : Workbench
        Session, jobs, inference process.
    parent : QObject, optional
        Owner.
    """

    changed = Signal()
    """other maps are under way"""

    def __init__(self, workbench: Workbench, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bench = workbench
        self._jobs: dict[int, _Under] = {}
        runner = workbench.runner
        runner.succeeded.connect(self._on_ended)
        runner.failed.connect(self._on_ended)
        runner.cancelled.connect(self._on_ended)

    def compute(self, panes: Iterable[Shown]) -> None:
        """Make the chosen maps of panes that lack them; one job for each spectrum."""
        missing: dict[AnalysisKey, tuple[Plan, list[tuple[str, str]]]] = {}
        for pane in panes:
            class_id = pane.view.class_id
            if pane.plan is None or class_id is None or not pane.computable or self.busy(pane):
                continue
            _, maps = missing.setdefault(pane.plan.key, (pane.plan, []))
            maps.append((pane.view.method, class_id))
        for plan, maps in missing.values():
            self._start(plan, wanted_of(plan, maps))

    def busy(self, pane: Shown) -> bool:
        """Whether the chosen map of a pane is being made."""
        plan, view = pane.plan, pane.view
        return plan is not None and any(
            job.holds(plan.key, view.method, view.class_id) for job in self._jobs.values()
        )

    def dressed(self, pane: Shown) -> Shown:
        """A pane that says so where its map is being made."""
        if not pane.computable or not self.busy(pane):
            return pane
        return replace(
            pane, busy=True, message=f"{method_title(pane.view.method)}: being computed …"
        )

    def _start(self, plan: Plan, wanted: Sequence[Wanted]) -> None:
        from nmrcam_qt.workers.maps_job import MapsJob  # not for the first paint

        session = self._bench.session
        work = Work.of(session, plan)
        if work is None or not wanted:
            return
        job = MapsJob(self._bench.client, work, session.bases(plan.key), wanted)
        number = self._bench.runner.submit(job, Lane.INFERENCE)
        self._jobs[number] = _Under(plan.key, tuple(wanted))
        self.changed.emit()

    @Slot(int)
    def _on_ended(self, number: int, *_said: object) -> None:
        if self._jobs.pop(number, None) is not None:
            self.changed.emit()


def wanted_of(plan: Plan, maps: Iterable[tuple[str, str]]) -> list[Wanted]:
    """Requests for maps of one spectrum.

    Methods that paint peaks or masks get all classes from the same forward passes: they are
    asked for all at once. The others cost as much for every class, so that only those that are
    wanted are asked for, one by one.

    Parameters
    ----------
    plan : Plan
        Network and layer.
    maps : iterable of (method, class id)
        In this order.
    """
    from nmrcam_qt.workers.maps_job import Wanted

    made: dict[tuple[str, str], Wanted] = {}
    for method, class_id in maps:
        if gives_all_classes(method):
            made.setdefault((method, ""), Wanted(method, None, method_title(method)))
            continue
        title = f"{method_title(method)}, {plan.card.class_spec(class_id).title}"
        made.setdefault((method, class_id), Wanted(method, (class_id,), title))
    return list(made.values())
