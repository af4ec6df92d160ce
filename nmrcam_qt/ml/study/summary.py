"""The one paragraph that a chemist reads: what the figures of all pools say together."""

from __future__ import annotations

from collections.abc import Iterator

from nmrcam_qt.ml.study.conclusion import ABOVE, BELOW, EQUAL, against
from nmrcam_qt.ml.study.further import verdict
from nmrcam_qt.ml.study.plan import EXPERIMENTS, OURS, OWN_METHOD, POOLS, SEED
from nmrcam_qt.ml.study.results import BEST, OWN, OWN_PRIOR, PRIOR, THESIS, Map, StudyResults
from nmrcam_qt.ml.study.text import estimate_of

CASES = tuple((experiment, pool) for experiment in EXPERIMENTS for pool in POOLS)
CLOSE = 0.1
"""Ink AUC within which two figures are called close."""
CLEAN = 0.01
"""Blank mass up to which heat counts as lying on signals only."""
GOOD = 0.9
"""Ink AUC from which a map would be called an assignment."""


def summary(results: StudyResults) -> str:
    """One paragraph over HSQC and HMBC and all pools of foreign compounds.

    Parameters
    ----------
    results : StudyResults
        Every claim is checked against these before it is written.
    """
    told = _Over(results)
    parts = [
        "The thesis judged Grad-CAM and Grad-CAM++ maps by eye and found them often beside the "
        "signals of the class. Measured: take a spot of the compound that carries the class and a "
        "spot of a foreign compound in the same spectrum; how often is the right one hotter? A "
        "coin gets 50 %.",
        *told.thesis(),
        *told.method(),
        *told.prior(),
        *told.ours(),
        *[said for said in [verdict(results)] if said],
        *told.blank(),
        *told.limits(),
    ]
    return " ".join(parts)


class _Over:
    """Sentences over all cases; none where a case is missing."""

    def __init__(self, results: StudyResults) -> None:
        self._results = results

    def _means(self, map_: Map) -> list[float]:
        found = [self._results.placed(map_, *case).mean for case in CASES]
        return [mean for mean in found if mean is not None]

    def _differences(self, first: Map, second: Map) -> list[str]:
        """For each case whether first is above, equal to or below second."""
        found = [self._results.difference(first, second, *case) for case in CASES]
        return [against(difference, 0.0) for difference in found]

    def thesis(self) -> Iterator[str]:
        """Grad-CAM against a coin."""
        means = self._means(THESIS)
        if not means:
            return
        said = f"Grad-CAM on the study's networks gets {_range(means)}"
        if max(means) < 0.5 + CLOSE:
            said += ", close to the coin: about these maps the thesis is right"
        yield f"{said}."

    def method(self) -> Iterator[str]:
        """HiResCAM on the same networks."""
        means, kinds = self._means(BEST), self._differences(BEST, Map(SEED, "gradcam", "right"))
        if means and all(kind == ABOVE for kind in kinds):
            yield (
                "Part of that is the method and its drawing: HiResCAM, with every cell at its "
                f"place, gets {_range(means)} on the very same networks."
            )

    def prior(self) -> Iterator[str]:
        """What the networks know beyond the usual places."""
        best, prior = self._means(BEST), self._means(PRIOR)
        if not prior or len(best) != len(prior):
            return
        yield (
            "But knowing only where compounds of the class usually have signals, without any "
            f"network, gets {_range(prior)}."
        )
        if max(b - p for b, p in zip(best, prior, strict=True)) < CLOSE:
            yield "So these networks know little more of a spectrum than that."

    def ours(self) -> Iterator[str]:
        """The networks for mixtures."""
        means = self._means(OWN)
        if not means:
            return
        yield f"Our networks for mixtures get {_range(means)}."
        kinds = self._differences(OWN, BEST)
        if ABOVE not in kinds:
            yield "They do not rank signals better than the study's with HiResCAM do."
        elif kinds.count(ABOVE) == len(kinds):
            yield "They rank signals better than the study's with HiResCAM do."
        else:
            yield (
                f"They rank signals better than the study's with HiResCAM in {kinds.count(ABOVE)} "
                f"of {len(kinds)} cases."
            )
        prior = self._differences(OWN, OWN_PRIOR)
        if EQUAL in prior or BELOW in prior:
            yield (
                "That they know more than the usual places is shown in "
                f"{prior.count(ABOVE)} of {len(prior)} cases of the study's pictures (experiments "
                "and pools, below)."
            )

    def blank(self) -> Iterator[str]:
        """Heat on empty paper."""
        theirs, own = (
            [
                estimate_of(self._results.located(role, e, p, 1, method), "blank_mass").mean
                for e, p in CASES
            ]
            for role, method in ((SEED, "gradcam"), (OURS, OWN_METHOD))
        )
        seed = [share for share in theirs if share is not None and share > CLEAN]
        clean = [share for share in own if share is not None and share <= CLEAN]
        if len(seed) == len(clean) == len(CASES):
            yield (
                "What they add: their map is the score itself, part by part, and lies on signals "
                f"only, while {_range(seed)} of Grad-CAM's heat on the study's networks falls on "
                "empty paper."
            )

    def limits(self) -> Iterator[str]:
        """What they do not do."""
        means = self._means(OWN)
        if means and max(means) < GOOD:
            wrong = _range([1 - mean for mean in means])
            yield (
                f"What they do not do is assign a spectrum: of all such pairs of spots {wrong} are "
                "ranked the wrong way round. A bright signal is a hint to be checked, not a proof."
            )


def _range(shares: list[float]) -> str:
    """As ``53 to 59 %``."""
    ends = list(dict.fromkeys(f"{100 * share:.0f}" for share in (min(shares), max(shares))))
    return f"{' to '.join(ends)} %"
