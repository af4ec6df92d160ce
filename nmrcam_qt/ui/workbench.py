"""What the window can do: opens, analyses and saves through jobs, and keeps the session."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.session.exporting import parts_of
from nmrcam_qt.session.items import AnalysisKey, ItemState
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.plan import Plan, make_plan
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, resolve
from nmrcam_qt.workers.analyse_job import Analysed, AnalyseJob, NotAnalysed, StartJob, Work
from nmrcam_qt.workers.inference_client import InferenceClient, ServerStatus
from nmrcam_qt.workers.jobs import Job, Keepable
from nmrcam_qt.workers.open_job import NotOpened, Opened, OpenJob, OpenRequest, Question
from nmrcam_qt.workers.runner import JobRunner, Lane

if TYPE_CHECKING:  # drawing is not for the first paint
    from nmrcam_qt.core.writers.export import ExportSummary
    from nmrcam_qt.workers.export_job import ExportRequest
    from nmrcam_qt.workers.save_job import PictureContent

_Sources = tuple[PackedSpectrum | None, ...]
_Bases = tuple[str | None, ...]
"""Of an analysis: replaced where the user says that a spectrum is something else."""


class Workbench(QObject):
    """Session, jobs and inference process behind one window.

    Parameters
    ----------
    session : Session
        What is open.
    client : InferenceClient
        The way to the inference process.
    cards : sequence of Card
        The installed networks.
    parent : QObject, optional
        Owner.
    judged : bool
        Whether the session knows the installed networks already.
    """

    server_changed = Signal(object)
    """`ServerStatus`"""
    questions_arose = Signal(object)
    """tuple of `Question`"""
    experiments_missing = Signal(object)
    """ids of opened items whose experiment nobody knows"""
    picture_saved = Signal(str)
    exported = Signal(object)
    """`ExportSummary`"""

    def __init__(
        self,
        session: Session,
        client: InferenceClient,
        cards: Sequence[Card],
        parent: QObject | None = None,
        judged: bool = False,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.cards = tuple(cards)
        if not judged:
            session.set_networks(self.networks)
        self.runner = JobRunner(self)
        self.client = client
        client.on_status = self._on_server_status
        self._open_jobs: dict[int, list[int]] = {}
        self._analyse_jobs: dict[int, dict[AnalysisKey, _Bases]] = {}
        self._followed: dict[int, Callable[[Any], None]] = {}
        self._analyse_opened = False
        self._first_map_due = False
        self._closing = False
        self.shared_top: Callable[[], float] = lambda: 0.0
        self.explained: Callable[[Shown], Shown] = lambda shown: shown
        """where the colour scale ends that panes of the window share; 0 for none"""
        self.runner.part.connect(self._on_part)
        self.runner.succeeded.connect(self._on_succeeded)
        self.runner.failed.connect(self._on_failed)
        self.runner.cancelled.connect(self._on_cancelled)

    @property
    def networks(self) -> dict[str, str]:
        """sha256 of the weights by id, of the installed networks that say it."""
        return {card.id: card.sha256 for card in self.cards if card.sha256}

    @property
    def server_status(self) -> ServerStatus:
        """State of the inference process."""
        return self.client.status

    def shown(self) -> Shown:
        """What the window shows now."""
        return resolve(self.session, self.cards)

    # What the user asks for

    def start_server(self) -> None:
        """Start the inference process in the background."""
        self.runner.submit(StartJob(self.client), Lane.INFERENCE)

    def open(self, paths: Iterable[Path], analyse: bool = False) -> None:
        """Open files and folders.

        Parameters
        ----------
        paths : iterable of Path
            Files and folders.
        analyse : bool
            Also analyse what was opened, and show the map of the first top class.
        """
        requests = [OpenRequest(path) for path in paths]
        if requests:
            self._analyse_opened = self._analyse_opened or analyse
            self._first_map_due = self._first_map_due or analyse
            self._open_jobs[self.runner.submit(OpenJob(requests))] = []

    def open_answered(self, requests: Sequence[OpenRequest]) -> None:
        """Read files again with the user's answers."""
        if requests:
            self._open_jobs[self.runner.submit(OpenJob(requests, search=False))] = []

    def analyse(self, item_ids: Iterable[int]) -> None:
        """Analyse items under the present view settings; what cannot be becomes a problem."""
        plans: dict[AnalysisKey, Plan] = {}
        if not any(item.state is ItemState.ANALYSED for item in self.session.items):
            self._first_map_due = True
        for item_id in item_ids:
            item = self.session.find(item_id)
            if item is None:
                continue
            try:
                plan = make_plan(self.session, item, self.cards)
            except NetworkError as error:
                self.session.mark_failed((item_id,), str(error))
                self.session.add_problem(str(error), item.path)
                continue
            plans[plan.key] = plan
        self.analyse_plans(plans.values())

    def analyse_plans(self, plans: Iterable[Plan]) -> None:
        """Carry out plans, for example of another layer than that of the view settings."""
        plans = tuple(plans)
        work = [self._work(plan) for plan in plans]
        if work:
            for plan in plans:
                self.session.mark_waiting(plan.items)
            job = AnalyseJob(self.client, work, DEFAULT_METHODS)
            self._submit_analysis(job)

    def _submit_analysis(self, job: AnalyseJob) -> None:
        for key in job.keys:
            self.session.mark_waiting(key.items)
        asked = {key: self.session.bases(key) for key in job.keys}
        self._analyse_jobs[self.runner.submit(job, Lane.INFERENCE)] = asked

    @Slot(int)
    def retry(self, number: int) -> None:
        """Do what failed in a job, or was not reached, as a new job."""
        job, lane = self.runner.take_remaining(number) or (None, Lane.FILES)
        if isinstance(job, AnalyseJob):
            # With the spectra as they are now; some may be gone.
            sources = ((work, self._sources(work.key)) for work in job.work)
            left = [
                Work(work.key, work.card, tuple(packed for packed in found if packed is not None))
                for work, found in sources
                if None not in found
            ]
            if left:
                self._submit_analysis(job.with_work(left))
        elif isinstance(job, OpenJob):
            self._open_jobs[self.runner.submit(job, lane)] = []
        elif job is not None:
            again = self.runner.submit(job, lane)
            if lane is Lane.EXPORT:
                self._followed[again] = self._on_exported

    def analyse_current_again(self) -> None:
        """After a change of network or layer: analyse anew what had been analysed before."""
        shown = self.shown()
        if (
            shown.item is not None
            and shown.plan is not None
            and shown.analysis is None
            and shown.item.state is ItemState.ANALYSED
        ):
            self.analyse((shown.item.id,))

    def set_windows(
        self,
        item_ids: Sequence[int],
        f2_window: tuple[float, float],
        f1_window: tuple[float, float],
    ) -> None:
        """Give pictures their axes, and analyse anew what had been analysed on others."""
        items = [item for item in map(self.session.find, item_ids) if item is not None]
        done = [i.id for i in items if i.state in (ItemState.ANALYSED, ItemState.WAITING)]
        self.session.set_windows(item_ids, f2_window, f1_window)
        self.analyse(
            i.id for i in map(self.session.find, done) if i is not None and i.state is ItemState.NEW
        )

    def save_picture(self, path: Path) -> None:
        """Save what is shown."""
        content = self.picture_content()
        if content is not None:
            from nmrcam_qt.workers.save_job import SavePictureJob

            self.do(SavePictureJob(path, content), self._on_picture_saved, Lane.FILES)

    def _on_picture_saved(self, path: Path) -> None:
        self.picture_saved.emit(str(path))

    def picture_content(self) -> PictureContent | None:
        """What is shown, for a picture; None where no spectrum is open."""
        from nmrcam_qt.workers.save_job import content_of

        return content_of(self.explained(self.shown()), self.shared_top())

    def do(self, job: Job, then: Callable[[Any], None], lane: Lane = Lane.EXPORT) -> None:
        """Do a piece of work outside this thread, then hand its result over in this one."""
        self._followed[self.runner.submit(job, lane)] = then

    def export(self, request: ExportRequest) -> None:
        """Export spectra; what has no result yet is analysed."""
        settings = request.settings
        parts = parts_of(self.session, request.items, self.cards, settings.network, settings.layer)
        from nmrcam_qt.workers.export_job import ExportJob  # not for the first paint

        job = ExportJob(self.client, parts, request, self.cards)
        self.do(job, self._on_exported)

    def _on_exported(self, summary: ExportSummary) -> None:
        from nmrcam_qt.workers.export_job import failures

        for sentence, path in failures(summary):
            self.session.add_problem(sentence, path)
        self.exported.emit(summary)

    def check_sources(self, base: Path | None = None) -> None:
        """Look whether the files of all spectra are still there and what they were.

        Parameters
        ----------
        base : Path or None
            Folder of the project, for relative paths.
        """
        from nmrcam_qt.workers.source_check_job import SourceCheckJob, source_to_check

        found = (source_to_check(*each) for each in self.session.provenances())
        sources = [source for source in found if source is not None]
        if sources:
            self.runner.submit(SourceCheckJob(sources, base), Lane.SOURCES)

    def relink(self, folder: Path, item_ids: Iterable[int]) -> None:
        """Look for the files of spectra in a folder and all below it."""
        from nmrcam_qt.workers.relink_job import LostSource, RelinkJob

        items = [item for item in map(self.session.find, item_ids) if item is not None]
        lost = [LostSource(item.id, item.packed, item.record.options) for item in items]
        if lost:
            self.runner.submit(RelinkJob(folder, lost), Lane.SOURCES)

    def another(self, session: Session) -> Workbench:
        """A workbench for a session that knows `networks`, with the same inference process."""
        return Workbench(session, self.client, self.cards, judged=True)

    def retire(self) -> bool:
        """Cancel all jobs and end the threads; the inference process stays for another session."""
        self._closing = True
        return self.runner.shutdown()

    def shutdown(self) -> bool:
        """Cancel all jobs, end the inference process and the threads; safe while jobs run."""
        self._closing = True
        self.runner.cancel_all()
        self.client.close()
        return self.runner.shutdown()

    # What the jobs say

    def _work(self, plan: Plan) -> Work:
        items = [self.session.find(item_id) for item_id in plan.items]
        return Work(plan.key, plan.card, tuple(i.packed for i in items if i is not None))

    def _sources(self, key: AnalysisKey) -> _Sources:
        """The spectra of an analysis as they are now; None for those that are gone."""
        items = [self.session.find(item_id) for item_id in key.items]
        return tuple(item.packed if item is not None else None for item in items)

    def _on_server_status(self, status: ServerStatus) -> None:
        """Called in the job's thread; the signal carries it over."""
        self.server_changed.emit(status)

    @Slot(int, object)
    def _on_part(self, number: int, part: object) -> None:
        match part:
            case Opened(spectra, options):
                ids = self.session.add(spectra, options, merge_key=f"open {number}")
                known = self._open_jobs.get(number)
                if known is not None:
                    if not known:
                        self.session.select(ids[0])
                    known += ids
            case NotOpened(path, reason):
                self.session.add_problem(reason, path)
            case Analysed(key, analysis):
                # Meanwhile the user may have said that the spectrum is something else.
                if self._analyse_jobs.get(number, {}).get(key) == self.session.bases(key):
                    self.session.store(key, analysis)
                    self._show_first_map(key, analysis)
            case NotAnalysed(key, name, reason):
                self.session.mark_failed(key.items, reason)
                self.session.add_problem(f"{name}: {reason}")
            case Keepable():
                part.keep(self.session, f"job {number}")
            case _:
                raise TypeError(f"unknown part {part!r}")

    def _show_first_map(self, key: AnalysisKey, analysis: Analysis) -> None:
        """After the first analysis of a session: a first look without a click."""
        current = self.session.current
        if self._first_map_due and current is not None and current.id in key.items:
            self._first_map_due = False
            if self.session.view.class_id is None:
                self.session.set_view(class_id=analysis.prediction.top)

    @Slot(int, object)
    def _on_succeeded(self, number: int, result: object) -> None:
        if number in self._open_jobs:
            self._finish_opening(number, result)
        elif number in self._followed:
            self._followed.pop(number)(result)
        self._end_analysis(number)

    def _finish_opening(self, number: int, result: object) -> None:
        ids = self._open_jobs.pop(number)
        if self._closing:
            return
        items = [item for item in map(self.session.find, ids) if item is not None]
        unknown = tuple(item.id for item in items if item.experiment is None)
        questions = result if isinstance(result, tuple) else ()
        if self._analyse_opened:
            self._analyse_opened = bool(self._open_jobs)
            self.analyse([item.id for item in items if item.experiment is not None])
        if any(isinstance(question, Question) for question in questions):
            self.questions_arose.emit(questions)
        if unknown:
            self.experiments_missing.emit(unknown)

    @Slot(int, str)
    def _on_failed(self, number: int, message: str) -> None:
        self.session.add_problem(message)
        self.session.mark_failed(self._waiting_items(number), message)
        self._forget(number)

    @Slot(int)
    def _on_cancelled(self, number: int) -> None:
        self._end_analysis(number)
        self._forget(number)

    def _end_analysis(self, number: int) -> None:
        """Items that got no result are what they were before."""
        self.session.mark_not_waiting(self._waiting_items(number))
        self._analyse_jobs.pop(number, None)

    def _waiting_items(self, number: int) -> list[int]:
        """Items of a job that still wait, and for no other job."""
        ids = {i for key in self._analyse_jobs.get(number, ()) for i in key.items}
        for other, keys in self._analyse_jobs.items():
            if other != number:
                ids -= {i for key in keys for i in key.items}
        items = [item for item in map(self.session.find, sorted(ids)) if item is not None]
        return [item.id for item in items if item.state is ItemState.WAITING]

    def _forget(self, number: int) -> None:
        self._open_jobs.pop(number, None)
        self._analyse_jobs.pop(number, None)
        self._followed.pop(number, None)
