"""Everything that the study measured, as the report and the conclusion read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.figure_maps import MapRow
from nmrcam_qt.ml.study.placement import Placed
from nmrcam_qt.ml.study.plan import HMBC, HSQC, Unit
from nmrcam_qt.ml.study.text import NOTHING, Estimate, estimate, estimate_of

RIGHT, STRETCHED, PRIOR = "right", "stretched", "prior"

BEFORE: Mapping[Experiment, Mapping[tuple[str, str], float]] = MappingProxyType(
    {
        HMBC: {
            ("gradcam", STRETCHED): 0.51,
            ("gradcam++", STRETCHED): 0.49,
            ("layercam", STRETCHED): 0.63,
            ("hirescam", STRETCHED): 0.66,
            ("hirescam", RIGHT): 0.68,
            (PRIOR, RIGHT): 0.72,
        },
        HSQC: {
            ("gradcam", STRETCHED): 0.48,
            ("gradcam++", STRETCHED): 0.48,
            ("layercam", STRETCHED): 0.56,
            ("hirescam", STRETCHED): 0.60,
            ("hirescam", RIGHT): 0.65,
            (PRIOR, RIGHT): 0.61,
        },
    }
)
"""Measured when the program was designed, as issue 6 quotes it; mixtures of 1 and 2 together."""


@dataclass(frozen=True, slots=True, eq=False)
class StudyResults:
    """All finished units.

    Parameters
    ----------
    figures : mapping of figure number to rows
        What stands under the thesis's figures.
    units : tuple of (Unit, report)
        Reports of `nmrcam_qt.ml.evaluation.evaluate`.
    placements : mapping of (experiment, pool) to rows
        The networks of the study with cells in both places.
    published : mapping of network id to summary
        The published mixtures.
    seconds : mapping of stage to float
        What each stage cost; of a stage that was resumed what it cost when it was made.
    seed : int
        Of the bootstrap.
    """

    figures: Mapping[int, tuple[MapRow, ...]]
    units: tuple[tuple[Unit, Mapping[str, Any]], ...]
    placements: Mapping[tuple[Experiment, str], tuple[Placed, ...]]
    published: Mapping[str, Mapping[str, Any]]
    seconds: Mapping[str, float]
    seed: int

    def reports(
        self, experiment: Experiment, pool: str, kind: str
    ) -> list[tuple[Unit, Mapping[str, Any]]]:
        """Evaluations of one experiment, pool and kind."""
        return [
            (unit, report)
            for unit, report in self.units
            if (unit.experiment, unit.pool, unit.kind) == (experiment, pool, kind)
        ]

    def located(
        self, role: str, experiment: Experiment, pool: str, n: int, method: str
    ) -> Mapping[str, Any]:
        """Figures of one method; empty where it was not measured or is not available."""
        for unit, report in self.reports(experiment, pool, "gradient"):
            if unit.role == role:
                found: Mapping[str, Any] = report["localisation"].get(f"+{n}", {}).get(method, {})
                return found
        return {}

    def placed(self, experiment: Experiment, pool: str, method: str, place: str) -> Estimate:
        """Ink AUC over +1 and +2 together; `method` "prior" is the class prior."""
        rows = self.placements.get((experiment, pool), ())
        wanted = "hirescam" if method == PRIOR else method
        name = PRIOR if method == PRIOR else place
        mine = [r for r in rows if r.method == wanted]
        return estimate([getattr(r, name) for r in mine], [r.compound for r in mine], self.seed)

    def difference(
        self, experiment: Experiment, pool: str, first: tuple[str, str], second: tuple[str, str]
    ) -> Estimate:
        """Mean of first minus second over the same cases; each is (method, place)."""
        rows = self.placements.get((experiment, pool), ())
        values = [_values(rows, *which) for which in (first, second)]
        if len(values[0]) != len(values[1]):
            return NOTHING
        both = [None if a is None or b is None else a - b for a, b in zip(*values, strict=True)]
        compounds = [r.compound for r in rows if r.method == "hirescam"]
        return estimate(both, compounds, self.seed) if both else NOTHING

    def measured(
        self, role: str, experiment: Experiment, pool: str, n: int, method: str
    ) -> Estimate:
        """Ink AUC of one method."""
        return estimate_of(self.located(role, experiment, pool, n, method), "ink_auc")


def _values(rows: Sequence[Placed], method: str, place: str) -> list[float | None]:
    """One value for each case, in the order of the cases."""
    wanted, name = ("hirescam", PRIOR) if method == PRIOR else (method, place)
    return [getattr(r, name) for r in rows if r.method == wanted]
