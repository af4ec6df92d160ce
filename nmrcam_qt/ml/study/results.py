"""Everything that the study measured, as the report and the conclusion read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from nmrcam_qt.core.datasets import CLASSES
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.figure_maps import MapRow
from nmrcam_qt.ml.study.placement import Placed
from nmrcam_qt.ml.study.plan import (
    CALIBRATED,
    EVERYTHING,
    HMBC,
    HSQC,
    LARGE_POOL,
    OURS,
    OWN_METHOD,
    SEED,
    Unit,
)
from nmrcam_qt.ml.study.text import Estimate, Ran, Spent, estimate

RIGHT, STRETCHED, AS_PRIOR = "right", "stretched", "prior"
Case = tuple[str, str, int]
"""Id and compound of the target, number of foreign compounds."""


@dataclass(frozen=True, slots=True)
class Map:
    """Which maps a figure is of.

    Parameters
    ----------
    role : {"seed", "ours"}
        Whose network.
    method : str
        Which method.
    place : {"right", "stretched", "prior"}
        Where its cells are put, or the class prior of the same cases.
    """

    role: str
    method: str
    place: str


THESIS, ITS_PLUS = Map(SEED, "gradcam", STRETCHED), Map(SEED, "gradcam++", STRETCHED)
BEST, BEST_STRETCHED = Map(SEED, "hirescam", RIGHT), Map(SEED, "hirescam", STRETCHED)
PRIOR = Map(SEED, "hirescam", AS_PRIOR)
OWN, OWN_PRIOR = Map(OURS, OWN_METHOD, RIGHT), Map(OURS, OWN_METHOD, AS_PRIOR)
_LAYERCAM = Map(SEED, "layercam", STRETCHED)
_MAPS = (THESIS, ITS_PLUS, _LAYERCAM, BEST_STRETCHED, BEST, PRIOR)

BEFORE: Mapping[Experiment, Mapping[Map, float]] = MappingProxyType(
    {
        HSQC: dict(zip(_MAPS, (0.48, 0.48, 0.56, 0.60, 0.65, 0.61), strict=True)),
        HMBC: dict(zip(_MAPS, (0.51, 0.49, 0.63, 0.66, 0.68, 0.72), strict=True)),
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
    placements : mapping of (role, experiment, pool) to rows
        Maps with cells in both places.
    published : mapping of network id to summary
        The published mixtures.
    spent : mapping of stage to Spent
        What each stage cost; of a stage that was resumed what it cost when it was made.
    seed : int
        Of the bootstrap.
    ran : Ran or None
        The run that put them together; None where it is not told.
    """

    figures: Mapping[int, tuple[MapRow, ...]]
    units: tuple[tuple[Unit, Mapping[str, Any]], ...]
    placements: Mapping[tuple[str, Experiment, str], tuple[Placed, ...]]
    published: Mapping[str, Mapping[str, Any]]
    spent: Mapping[str, Spent]
    seed: int
    ran: Ran | None = None

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
        for unit, report in self.reports(experiment, pool, EVERYTHING):
            if unit.role == role:
                found: Mapping[str, Any] = report["localisation"].get(f"+{n}", {}).get(method, {})
                return found
        return {}

    def calibrated(
        self, role: str, experiment: Experiment, method: str
    ) -> dict[str, Mapping[str, Any]]:
        """Figures of each class on the calibrated spectra; without classes not measured."""
        for unit, report in self.reports(experiment, LARGE_POOL, CALIBRATED):
            if unit.role == role:
                found = report["localisation_by_class"]
                each = {c: found.get(c, {}).get("+1", {}).get(method, {}) for c in CLASSES}
                return {c: figures for c, figures in each.items() if figures}
        return {}

    def cases(self, map_: Map, experiment: Experiment, pool: str) -> dict[Case, float]:
        """Ink AUC by case, over +1 and +2 together."""
        rows = self.placements.get((map_.role, experiment, pool), ())
        values = {
            (r.id, r.compound, r.foreign): getattr(r, map_.place)
            for r in rows
            if r.method == map_.method
        }
        return {case: value for case, value in values.items() if value is not None}

    def placed(self, map_: Map, experiment: Experiment, pool: str) -> Estimate:
        """Mean ink AUC over +1 and +2 together."""
        found = self.cases(map_, experiment, pool)
        return estimate(list(found.values()), [compound for _, compound, _ in found], self.seed)

    def difference(self, first: Map, second: Map, experiment: Experiment, pool: str) -> Estimate:
        """Mean of first minus second over the cases that both have."""
        a, b = (self.cases(map_, experiment, pool) for map_ in (first, second))
        both = [case for case in a if case in b]
        values = [a[case] - b[case] for case in both]
        return estimate(values, [compound for _, compound, _ in both], self.seed)
