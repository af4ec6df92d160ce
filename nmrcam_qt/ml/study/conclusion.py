"""What follows from the figures, in words; a sentence stands only where they bear it out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.plan import (
    BEST_METHOD,
    EXPERIMENTS,
    LARGE_POOL,
    OURS,
    OWN_METHOD,
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
from nmrcam_qt.ml.study.text import Estimate, estimate_of

CHANCE = 0.5
CLEAN = 0.01
"""Blank mass up to which heat counts as lying on signals only."""
GOOD = 0.9
"""Ink AUC from which a map would be called an assignment."""
ABOVE, EQUAL, BELOW, UNKNOWN = "above", "equal", "below", "unknown"


def conclusion(results: StudyResults, pool: str) -> str:
    """One paragraph for a chemist.

    Parameters
    ----------
    results : StudyResults
        Every claim is checked against these before it is written.
    pool : {"study", "bmrb2d"}
        Where the foreign compounds come from.
    """
    told = _Told(results, pool)
    parts = [*told.chance(), *told.method(), *told.stretching(), *told.prior()]
    parts += [*told.ours(), *told.calibrated(), *told.blank(), *told.limits()]
    return f"Foreign compounds: {POOLS[pool]}. {' '.join(parts)}"


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
        return _listed([f"{_percent(self._value(map_, e))} in {e.label}" for e in experiments])

    def _sorted(self, first: Map, second: Map) -> dict[str, list[Experiment]]:
        """Experiments by whether first is above, equal to or below second, case by case."""
        found: dict[str, list[Experiment]] = {ABOVE: [], EQUAL: [], BELOW: [], UNKNOWN: []}
        for experiment in EXPERIMENTS:
            difference = self.results.difference(first, second, experiment, self.pool)
            found[against(difference, 0.0)].append(experiment)
        return found

    def _points(self, first: Map, second: Map, experiments: Sequence[Experiment]) -> str:
        found = [(e, self.results.difference(first, second, e, self.pool)) for e in experiments]
        return _listed([f"{abs(d.mean or 0) * 100:.0f} points in {e.label}" for e, d in found])

    def _unseen(self) -> str:
        """Whether the networks of the study had not seen the compounds."""
        found = [report["folds"] for unit, report in self.results.units if unit.role == SEED]
        return " trained without these compounds" if found and all(found) else ""

    def chance(self) -> Iterator[str]:
        """Is Grad-CAM better than a coin?"""
        there = self._having(THESIS)
        if not there:
            return
        yield (
            "The thesis judged Grad-CAM maps by eye and found them often beside the signals of the "
            "class. Measured: take a spot of the compound that carries the class and a spot of a "
            "foreign compound; how often is the right one hotter? A coin gets 50 %. Grad-CAM on "
            f"the study's networks{self._unseen()}, drawn as in the thesis, gets "
            f"{self._values(THESIS, there)} (95 % interval in brackets)."
        )
        kinds = {e: against(self._value(THESIS, e), CHANCE) for e in there}
        coin = [e.label for e in there if kinds[e] in (EQUAL, BELOW)]
        if coin:
            yield f"In {_listed(coin)} that is no better than the coin: the thesis is right."
        better = [e.label for e in there if kinds[e] == ABOVE]
        if better:
            yield f"In {_listed(better)} it is better than the coin."

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
                f"In {_names(kinds[ABOVE])} HiResCAM on the study's networks is better than that, "
                f"by {self._points(BEST, PRIOR, kinds[ABOVE])}."
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

    def calibrated(self) -> Iterator[str]:
        """HSQC on true axes; the foreign compounds there are those of bmrb2d."""
        own = self.results.calibrated(OURS, Experiment.HSQC, OWN_METHOD)
        seed = self.results.calibrated(SEED, Experiment.HSQC, BEST_METHOD)
        both = [c for c in own if c in seed]
        if self.pool == LARGE_POOL and both:
            said = [
                f"{_percent(own[c])} for {c.replace('_', ' ')} (the study's {_percent(seed[c])})"
                for c in both
            ]
            yield f"On calibrated HSQC spectra of bmrb2d, with true axes, ours get {_listed(said)}."

    def blank(self) -> Iterator[str]:
        """Heat on empty paper."""
        pairs = []
        for experiment in EXPERIMENTS:
            both = [
                estimate_of(
                    self.results.located(role, experiment, self.pool, 1, method), "blank_mass"
                ).mean
                for role, method in ((SEED, "gradcam"), (OURS, OWN_METHOD))
            ]
            pairs.append(both)
        if all(s is not None and o is not None and o <= CLEAN < s for s, o in pairs):
            shares = _listed(
                [f"{s:.0%} ({e.label})" for e, (s, _) in zip(EXPERIMENTS, pairs, strict=True)]
            )
            yield (
                "What they do add: their map is the score itself, part by part, and lies on "
                f"signals only, while {shares} of Grad-CAM's heat on the study's networks falls on "
                "empty paper."
            )

    def limits(self) -> Iterator[str]:
        """What they do not do."""
        known = [(e, self._value(OWN, e).mean or 0.0) for e in self._having(OWN)]
        wrong = [f"{1 - auc:.0%} in {e.label}" for e, auc in known]
        if wrong and all(auc < GOOD for _, auc in known):
            yield (
                "What they do not do is assign a spectrum: of all such pairs of spots they rank "
                f"{_listed(wrong)} the wrong way round. A bright signal is a hint to be checked, "
                "not a proof."
            )


def _percent(found: Estimate) -> str:
    if found.mean is None or found.low is None or found.high is None:
        return "–"
    return f"{found.mean:.0%} [{found.low * 100:.0f}–{found.high * 100:.0f}]"


def _names(experiments: Sequence[Experiment]) -> str:
    return _listed([e.label for e in experiments])


def _listed(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"
