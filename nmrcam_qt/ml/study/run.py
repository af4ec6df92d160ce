"""`nmrcam study`: all units of work, one after the other, then the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.writers.files import make_folder, write_aside, write_json
from nmrcam_qt.ml.evaluation import evaluate
from nmrcam_qt.ml.registry import load
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
from nmrcam_qt.ml.study.text import Spent
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
        self._total = len(FIGURES) + len(self._placed) + len(self._units) + len(self._pairs)
        self._done = 0
        self._spent: dict[str, Spent] = {}

    def run(self) -> Finished:
        """Do what is not done, write the report.

        Raises
        ------
        NmrCamError
            If data or networks cannot be used or a file cannot be written.
        """
        figures = {plan.number: self._figure(plan.number) for plan in FIGURES}
        placements = {(u.role, u.experiment, u.pool): self._placement(u) for u in self._placed}
        published = {f"{r}-{e.value}": self._score(r, e) for r, e in self._pairs}
        reports = tuple((unit, self._evaluation(unit)) for unit in self._units)
        results = StudyResults(
            figures, reports, placements, published, self._spent, self._asked.seed
        )
        self._write(results)
        return Finished(results, self._total, self._work.reused)

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
        name = f"{unit.role}-{unit.experiment.value}-{unit.pool}-placement"
        stage = self._stage(name)

        def compute() -> dict[str, Any]:
            return {"rows": [asdict(row) for row in measure_placement(unit, stage)]}

        found = self._work.get(name, key_of(unit.settings, "placement"), compute)
        self._clock("cells in both places", spent_on(found))
        return tuple(Placed(**row) for row in found["rows"])

    def _score(self, role: str, experiment: Any) -> Mapping[str, Any]:
        name = f"{role}-{experiment.value}-published"
        self._stage(name)
        digest = load(self._asked.network(role, experiment)).sha256
        found = self._work.get(name, digest, lambda: score_published(self._asked, role, experiment))
        self._clock("published mixtures", spent_on(found))
        return found

    def _evaluation(self, unit: Unit) -> Mapping[str, Any]:
        stage = self._stage(unit.name)
        found = self._work.get(
            unit.name, key_of(unit.settings), lambda: evaluate(unit.settings, stage)
        )
        self._clock(unit.name, spent_on(found))
        return found

    def _write(self, results: StudyResults) -> None:
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
        }
        write_json(out / RESULTS_NAME, data, allow_nan=False)
