"""What follows from the figures, in words; a sentence stands only where they bear it out."""

from __future__ import annotations

from collections.abc import Iterator

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.plan import EXPERIMENTS, OURS, OWN_METHOD, POOLS, SEED, STUDY_POOL
from nmrcam_qt.ml.study.results import PRIOR, RIGHT, STRETCHED, StudyResults
from nmrcam_qt.ml.study.text import Estimate, estimate_of, share

CHANCE = 0.5
CLEAN = 0.01
"""Blank mass below which heat counts as lying on signals only."""
POOL_WORDS = {"study": "the data set's own", "bmrb2d": "bmrb2d's"}


def conclusion(results: StudyResults) -> str:
    """One paragraph for a chemist.

    Parameters
    ----------
    results : StudyResults
        Every claim is checked against these before it is written.
    """
    parts = [
        "The thesis looked at Grad-CAM and Grad-CAM++ maps of its networks and found by eye that "
        "they often do not lie on the signals of the class.",
        *_chance(results),
        *_method(results),
        *_stretching(results),
        *_prior(results),
        *_ours(results),
        *_not(results),
    ]
    return " ".join(parts)


def _cases() -> Iterator[tuple[Experiment, str]]:
    for experiment in EXPERIMENTS:
        for pool in POOLS:
            yield experiment, pool


def _named(experiment: Experiment, pool: str) -> str:
    return f"{experiment.label} with {POOL_WORDS[pool]} foreign compounds"


def _holds(found: Estimate, value: float) -> bool:
    """Whether a value lies in the interval."""
    return found.low is not None and found.high is not None and found.low <= value <= found.high


def _listed(items: list[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _chance(results: StudyResults) -> Iterator[str]:
    """Is Grad-CAM better than a coin? An AUC of .5 is one."""
    chance: list[str] = []
    better: list[str] = []
    worse: list[str] = []
    for case in _cases():
        found = results.placed(*case, "gradcam", STRETCHED)
        if found.mean is None or found.low is None or found.high is None:
            continue
        said = f"{_named(*case)} ({found})"
        kind = chance if _holds(found, CHANCE) else better if found.low > CHANCE else worse
        kind.append(said)
    if chance:
        yield (
            "Measured on compounds that the networks never saw, it is right about that: shown a "
            "signal of the class and a foreign one, Grad-CAM, drawn as in the thesis, picks the "
            f"right one no more often than a coin (0.5) in {_listed(chance)}."
        )
    if worse:
        yield f"It is worse than a coin in {_listed(worse)}."
    if better:
        yield f"It is better than a coin in {_listed(better)}."


def _method(results: StudyResults) -> Iterator[str]:
    """How much of the failure is Grad-CAM's own?"""
    gains = []
    for case in _cases():
        found = results.difference(*case, ("hirescam", RIGHT), ("gradcam", RIGHT))
        if found.low is not None and found.low > 0:
            gains.append(f"{share(found.mean)} in {_named(*case)}")
    if gains:
        yield (
            "Part of the failure is the method: Grad-CAM averages away where on the spectrum the "
            "network looked, and HiResCAM, which does not, ranks signals better on the very same "
            f"networks (by {_listed(gains)})."
        )


def _stretching(results: StudyResults) -> Iterator[str]:
    """And how much the map that is stretched over the picture?"""
    gains, none = [], []
    for case in _cases():
        found = results.difference(*case, ("hirescam", RIGHT), ("hirescam", STRETCHED))
        if found.low is None or found.mean is None:
            continue
        if found.low > 0:
            gains.append(f"{share(found.mean)} in {_named(*case)}")
        else:
            none.append(_named(*case))
    if gains:
        yield (
            "Another part is that maps are usually stretched over the whole picture, although "
            "their outermost cells lie well inside it; putting the cells where they belong gives "
            f"{_listed(gains)}."
        )
    if none:
        yield f"In {_listed(none)} the place of the cells makes no measurable difference."


def _prior(results: StudyResults) -> Iterator[str]:
    """Do the networks know more than where a class usually has ink?"""
    same: list[str] = []
    better: list[str] = []
    worse: list[str] = []
    for case in _cases():
        found = results.difference(*case, ("hirescam", RIGHT), (PRIOR, RIGHT))
        if found.low is None or found.high is None:
            continue
        both = results.placed(*case, "hirescam", RIGHT), results.placed(*case, PRIOR, RIGHT)
        said = f"{_named(*case)} ({share(both[0].mean)} against {share(both[1].mean)})"
        kind = same if _holds(found, 0.0) else better if found.low > 0 else worse
        kind.append(said)
    if same:
        yield (
            "The rest is the networks: even their best placed map is not measurably better than "
            f"simply knowing where such compounds usually have signals in {_listed(same)}."
        )
    if worse:
        yield f"It is measurably worse than that in {_listed(worse)}."
    if better:
        yield f"It is better than that in {_listed(better)}."


def _ours(results: StudyResults) -> Iterator[str]:
    """What the networks for mixtures add."""
    for experiment in EXPERIMENTS:
        for pool in POOLS:
            yield from _one_of_ours(results, experiment, pool)
    blank = [
        (
            results.located(SEED, e, STUDY_POOL, 1, "gradcam"),
            results.located(OURS, e, STUDY_POOL, 1, OWN_METHOD),
        )
        for e in EXPERIMENTS
    ]
    pairs = [
        (estimate_of(s, "blank_mass").mean, estimate_of(o, "blank_mass").mean) for s, o in blank
    ]
    known = [(s, o) for s, o in pairs if s is not None and o is not None]
    if known and all(o <= CLEAN < s for s, o in known):
        yield (
            "What they do add besides: their map is the score itself, part by part, and lies on "
            f"signals only, while {_listed([f'{s:.0%}' for s, _ in known])} of Grad-CAM's heat on "
            "the study's networks "
            f"({_listed([e.label for e in EXPERIMENTS])}) falls on empty paper."
        )


def _one_of_ours(results: StudyResults, experiment: Experiment, pool: str) -> Iterator[str]:
    own = results.located(OURS, experiment, pool, 1, OWN_METHOD)
    seed = results.measured(SEED, experiment, pool, 1, "hirescam")
    ink, gain = estimate_of(own, "ink_auc"), estimate_of(own, "gain")
    prior = estimate_of(own, "prior")
    if ink.mean is None or ink.low is None or ink.high is None or gain.low is None:
        return
    said = (
        f"Ours, {_named(experiment, pool)}, one foreign compound: {ink}, against "
        f"{share(prior.mean)} for the places alone and {seed} for the study's network with HiResCAM"
    )
    if gain.low > 0:
        said += ", so that it does know more than the usual places"
    elif _holds(gain, 0.0):
        said += ", so that more than the usual places is not proved"
    else:
        said += ", which is less than the usual places"
    if seed.high is not None and seed.low is not None:
        if ink.low > seed.high:
            said += ", and more than the study's network"
        elif ink.high < seed.low:
            said += ", and less than the study's network"
    yield f"{said}."


def _not(results: StudyResults) -> Iterator[str]:
    """What they do not do."""
    found = [(e, results.measured(OURS, e, STUDY_POOL, 1, OWN_METHOD).mean) for e in EXPERIMENTS]
    known = [(e, auc) for e, auc in found if auc is not None]
    if known and all(auc < 0.9 for _, auc in known):
        wrong = _listed([f"{1 - auc:.0%} in {e.label}" for e, auc in known])
        yield (
            "What they do not do: assign a spectrum. Of all pairs of a class's and a foreign "
            f"signal they still rank {wrong} the wrong way round, so a bright signal is a hint to "
            "be checked, not a proof."
        )
