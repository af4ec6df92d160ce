"""What follows from the figures, in words; a sentence stands only where they bear it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.plan import (
    EVERYTHING,
    EXPERIMENTS,
    POOLS,
    SEED,
)
from nmrcam_qt.ml.study.results import (
    BEST,
    BEST_STRETCHED,
    OWN,
    OWN_PRIOR,
    PRIOR,
    THESIS,
    Map,
    StudyResults,
)
from nmrcam_qt.ml.study.text import Estimate

CHANCE = 0.5
ABOVE, EQUAL, BELOW, UNKNOWN = "above", "equal", "below", "unknown"


def conclusion(results: StudyResults, pool: str) -> str:
    """What was found with one pool of foreign compounds, one paragraph.

    Parameters
    ----------
    results : StudyResults
        Every claim is checked against these before it is written.
    pool : {"study", "bmrb2d"}
        Where the foreign compounds come from.
    """
    told = _Told(results, pool)
    parts = [*told.chance(), *told.method(), *told.stretching(), *told.prior()]
    parts += told.ours()
    return f"With {POOLS[pool]} as foreign compounds: {' '.join(parts)}"


def against(found: Estimate, value: float) -> str:
    """Whether an interval lies above a value, holds it, or lies below."""
    if found.low is None or found.high is None:
        return UNKNOWN
    return ABOVE if found.low > value else BELOW if found.high < value else EQUAL


@dataclass(frozen=True, slots=True)
class _Told:
    """Sentences about one pool."""

    results: StudyResults
    pool: str

    def _value(self, map_: Map, experiment: Experiment) -> Estimate:
        return self.results.placed(map_, experiment, self.pool)

    def _having(self, map_: Map) -> list[Experiment]:
        return [e for e in EXPERIMENTS if self._value(map_, e).mean is not None]

    def _values(self, map_: Map, experiments: Sequence[Experiment]) -> str:
        return listed([f"{percent(self._value(map_, e))} in {e.label}" for e in experiments])

    def _sorted(self, first: Map, second: Map) -> dict[str, list[Experiment]]:
        """Experiments by whether first is above, equal to or below second, case by case."""
        found: dict[str, list[Experiment]] = {ABOVE: [], EQUAL: [], BELOW: [], UNKNOWN: []}
        for experiment in EXPERIMENTS:
            difference = self.results.difference(first, second, experiment, self.pool)
            found[against(difference, 0.0)].append(experiment)
        return found

    def _points(self, first: Map, second: Map, experiments: Sequence[Experiment]) -> str:
        found = [(e, self.results.difference(first, second, e, self.pool)) for e in experiments]
        return listed([f"{abs(d.mean or 0) * 100:.0f} points in {e.label}" for e, d in found])

    def _unseen(self) -> str:
        """Whether the networks of the study had not seen the compounds."""
        found = [
            report["folds"]
            for unit, report in self.results.units
            if (unit.role, unit.kind) == (SEED, EVERYTHING)
        ]
        return " trained without these compounds" if found and all(found) else ""

    def chance(self) -> Iterator[str]:
        """Is Grad-CAM better than a coin?"""
        there = self._having(THESIS)
        if not there:
            return
        yield (
            f"Grad-CAM on the study's networks{self._unseen()}, drawn as in the thesis, gets "
            f"{self._values(THESIS, there)} (95 % interval in brackets)."
        )
        kinds = {e: against(self._value(THESIS, e), CHANCE) for e in there}
        coin = [e.label for e in there if kinds[e] in (EQUAL, BELOW)]
        if coin:
            yield f"In {listed(coin)} that is no better than the coin: the thesis is right."
        better = [e.label for e in there if kinds[e] == ABOVE]
        if better:
            yield f"In {listed(better)} it is better than the coin."

    def method(self) -> Iterator[str]:
        """How much of the failure is Grad-CAM's own?"""
        kinds = self._sorted(BEST, Map(SEED, "gradcam", "right"))
        if kinds[ABOVE]:
            yield (
                "Part of the failure is the method: Grad-CAM averages away where the network "
                "looked. HiResCAM, which keeps it, gets "
                f"{self._values(BEST, kinds[ABOVE])} on the very same networks."
            )
        if kinds[EQUAL]:
            yield f"In {_names(kinds[EQUAL])} the better method changes nothing measurable."

    def stretching(self) -> Iterator[str]:
        """And how much the map that is stretched over the picture?"""
        kinds = self._sorted(BEST, BEST_STRETCHED)
        if kinds[ABOVE]:
            yield (
                "Another part is the usual stretching of the map over the whole picture, although "
                "its outermost cells lie well inside; putting them where they belong gains "
                f"{self._points(BEST, BEST_STRETCHED, kinds[ABOVE])}."
            )
        if kinds[EQUAL]:
            names = _names(kinds[EQUAL])
            yield f"In {names} it makes no measurable difference where the cells are put."
        if kinds[BELOW]:
            yield (
                "The right place of the cells does not help everywhere: it costs "
                f"{self._points(BEST, BEST_STRETCHED, kinds[BELOW])}."
            )

    def prior(self) -> Iterator[str]:
        """Do the networks know more than where a class usually has ink?"""
        there = self._having(PRIOR)
        if not there:
            return
        yield (
            "But merely knowing where compounds of the class usually have signals, without any "
            f"network, gets {self._values(PRIOR, there)}."
        )
        kinds = self._sorted(BEST, PRIOR)
        same = kinds[EQUAL] + kinds[BELOW]
        if same:
            yield (
                f"So the study's networks show no more than that in {_names(same)}: a better map "
                "cannot show what a network has not learned."
            )
        if kinds[ABOVE]:
            yield (
                "HiResCAM on the study's networks is better than that by "
                f"{self._points(BEST, PRIOR, kinds[ABOVE])}."
            )

    def ours(self) -> Iterator[str]:
        """What the networks for mixtures add."""
        there = self._having(OWN)
        if not there:
            return
        yield (
            f"Our networks for mixtures get {self._values(OWN, there)} for the same compounds; the "
            f"usual places get {self._values(OWN_PRIOR, there)} on their mixtures."
        )
        seed, prior = self._sorted(OWN, BEST), self._sorted(OWN, OWN_PRIOR)
        for kind, word in ((ABOVE, "more"), (BELOW, "less")):
            if seed[kind]:
                points = self._points(OWN, BEST, seed[kind])
                yield f"That is {word} than the study's networks with HiResCAM ({points})."
        if seed[EQUAL]:
            yield f"In {_names(seed[EQUAL])} they do not differ measurably from HiResCAM."
        if prior[ABOVE]:
            yield f"They know more than the usual places in {_names(prior[ABOVE])}."
        if prior[EQUAL] or prior[BELOW]:
            names = _names(prior[EQUAL] + prior[BELOW])
            yield f"That they know more than the usual places is not shown in {names}."
        if Experiment.HSQC in there:
            yield "These HSQC figures carry the error of the pictures' ppm axes (below)."


def percent(found: Estimate) -> str:
    """A share with its interval, as ``53% [50–56]``."""
    if found.mean is None or found.low is None or found.high is None:
        return "–"
    return f"{found.mean:.0%} [{found.low * 100:.0f}–{found.high * 100:.0f}]"


def _names(experiments: Sequence[Experiment]) -> str:
    return listed([e.label for e in experiments])


def listed(items: Sequence[str]) -> str:
    """As ``a, b and c``."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
