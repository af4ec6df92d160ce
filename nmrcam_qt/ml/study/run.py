"""`nmrcam study`: all units of work, one after the other, then the report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.writers.files import make_folder, write_aside, write_json
from nmrcam_qt.ml.evaluation import evaluate
from nmrcam_qt.ml.evaluation_settings import Settings
from nmrcam_qt.ml.study.apart import do_apart
from nmrcam_qt.ml.study.figure_maps import Explainer, MapRow
from nmrcam_qt.ml.study.figures import make_figure, rows_by_figure
from nmrcam_qt.ml.study.html_report import html_bytes
from nmrcam_qt.ml.study.pdf_report import pdf_bytes
from nmrcam_qt.ml.study.placement import Placed, measure_placement
from nmrcam_qt.ml.study.plan import (
    EVERYTHING,
    EXPERIMENTS,
    FIGURES,
    ROLES,
    StudySettings,
    Unit,
    units,
)
from nmrcam_qt.ml.study.published import score_published
from nmrcam_qt.ml.study.report import document
from nmrcam_qt.ml.study.results import StudyResults
from nmrcam_qt.ml.study.text import Ran, Spent
from nmrcam_qt.ml.study.work import Work, key_of, spent_on
from nmrcam_qt.ml.study.world import World

HTML_NAME, PDF_NAME, RESULTS_NAME = "report.html", "report.pdf", "results.json"


@dataclass(frozen=True, slots=True)
class Finished:
    """What a run did.

    Parameters
    ----------
    results : StudyResults
        All figures.
    units, reused : int
        How many units of work there are, and how many were found finished.
    """

    results: StudyResults
    units: int
    reused: int


class _Stage:
    """Progress of one unit within the whole."""

    def __init__(self, progress: Progress, number: int, total: int, name: str) -> None:
        self._progress, self._text = progress, f"[{number}/{total}] {name}"

    def step(self, done: int, total: int, text: str = "") -> None:
        """Pass on what the unit says."""
        self._progress.step(done, total, f"{self._text}: {text}" if text else self._text)


@dataclass(frozen=True, slots=True)
class _Evaluation:
    """A unit as `nmrcam_qt.ml.evaluation.evaluate` measures it."""

    unit: Unit

    @property
    def key(self) -> str:
        """Digest of what it depends on."""
        return key_of(self.unit.settings)

    def compute(self, stage: Progress) -> dict[str, Any]:
        """Its report."""
        return evaluate(self.unit.settings, stage)


@dataclass(frozen=True, slots=True)
class _Placement:
    """A unit's maps with their cells in both places."""

    unit: Unit

    @property
    def key(self) -> str:
        """Digest of what it depends on."""
        return key_of(self.unit.settings, "placement")

    def compute(self, stage: Progress) -> dict[str, Any]:
        """Its rows."""
        return {"rows": [asdict(row) for row in measure_placement(self.unit, stage)]}


def placement_name(unit: Unit) -> str:
    """For files and progress, as `Unit.name`."""
    return f"{unit.role}-{unit.experiment.value}-{unit.pool}-placement"


class Study:
    """One run; finished units are read from ``OUT/work``.

    Parameters
    ----------
    asked : StudySettings
        What is asked for.
    progress : Progress
        Counts units; cancelling raises `Cancelled` and loses no finished unit.

    Raises
    ------
    NmrCamError
        If the data cannot be read or the folder cannot be made.
    """

    def __init__(self, asked: StudySettings, progress: Progress = SILENT) -> None:
        make_folder(asked.out)
        self._asked, self._progress = asked, progress
        self._work = Work(asked.out / "work")
        self._world = World(asked.kuhn, asked.bmrb)
        self._explainer = Explainer(asked, self._world)
        self._units = units(asked)
        self._placed = tuple(u for u in self._units if u.kind == EVERYTHING)
        self._pairs = tuple((role, e) for e in EXPERIMENTS for role in ROLES)
        self._measurements = {placement_name(u): _Placement(u) for u in self._placed} | {
            u.name: _Evaluation(u) for u in self._units
        }
        self._total = len(FIGURES) + len(self._measurements) + len(self._pairs)
        self._done = 0
        self._spent: dict[str, Spent] = {}
        self._started = time.perf_counter()

    def run(self) -> Finished:
        """Do what is not done, write the report.

        Raises
        ------
        NmrCamError
            If data or networks cannot be used or a file cannot be written.
        """
        missing = self.missing()
        apart = missing if self._asked.jobs > 1 and len(missing) > 1 else []
        if apart:
            do_apart(self._asked, apart, self._progress)
        figures = {plan.number: self._figure(plan.number) for plan in FIGURES}
        placements = {(u.role, u.experiment, u.pool): self._placement(u) for u in self._placed}
        published = {f"{r}-{e.value}": self._score(r, e) for r, e in self._pairs}
        reports = tuple((unit, self._evaluation(unit)) for unit in self._units)
        # What was done apart is read from disk, too, but was not there before.
        reused = self._work.reused - len(apart)
        seconds = time.perf_counter() - self._started
        ran = Ran(seconds, self._asked.jobs, self._total, reused)
        results = StudyResults(
            figures, reports, placements, published, self._spent, self._asked.seed, ran
        )
        self._write(results, ran)
        return Finished(results, self._total, reused)

    def missing(self) -> list[str]:
        """Names of the measurements that are not done, the longest first."""
        return [
            name
            for name, each in reversed(self._measurements.items())
            if not self._work.has(name, each.key)
        ]

    def do(self, name: str) -> Mapping[str, Any]:
        """One measurement, from disk where it is done.

        Raises
        ------
        NmrCamError
            If data or network cannot be used or the file cannot be written.
        """
        stage, each = self._stage(name), self._measurements[name]
        return self._work.get(name, each.key, lambda: each.compute(stage))

    def _stage(self, name: str) -> _Stage:
        stage = _Stage(self._progress, self._done + 1, self._total, name)
        stage.step(self._done, self._total)
        self._done += 1
        return stage

    def _clock(self, stage: str, spent: Spent) -> None:
        self._spent[stage] = self._spent.get(stage, Spent()) + spent

    def _figure(self, number: int) -> tuple[MapRow, ...]:
        self._stage(f"figure {number}")
        rows, spent = make_figure(FIGURES[number - 1], self._asked, self._explainer, self._work)
        self._clock("the thesis's 23 figures", spent)
        return rows

    def _placement(self, unit: Unit) -> tuple[Placed, ...]:
        found = self.do(placement_name(unit))
        self._clock("cells in both places", spent_on(found))
        return tuple(Placed(**row) for row in found["rows"])

    def _score(self, role: str, experiment: Any) -> Mapping[str, Any]:
        name = f"{role}-{experiment.value}-published"
        self._stage(name)
        asked = Settings(network=self._asked.network(role, experiment), data=self._asked.kuhn)
        key = key_of(asked, "published")
        found = self._work.get(name, key, lambda: score_published(self._asked, role, experiment))
        self._clock("published mixtures", spent_on(found))
        return found

    def _evaluation(self, unit: Unit) -> Mapping[str, Any]:
        found = self.do(unit.name)
        self._clock(unit.name, spent_on(found))
        return found

    def _write(self, results: StudyResults, ran: Ran) -> None:
        out = self._asked.out
        guessed = {plan.number: self._world.guessed(plan) for plan in FIGURES}
        made = document(results, self._asked, guessed)
        with write_aside(out / HTML_NAME) as stream:
            stream.write(html_bytes(made))
        with write_aside(out / PDF_NAME) as stream:
            stream.write(pdf_bytes(made, out))
        data = {
            "figures": rows_by_figure(results.figures),
            "units": {unit.name: report for unit, report in results.units},
            "published": results.published,
            "spent": {stage: asdict(spent) for stage, spent in results.spent.items()},
            "run": asdict(ran),
        }
        write_json(out / RESULTS_NAME, data, allow_nan=False)
