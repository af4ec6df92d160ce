"""What the sample and the calibrated spectra add to the conclusion, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.conclusion import ABOVE, against, listed, percent
from nmrcam_qt.ml.study.plan import (
    BEST_METHOD,
    CHECKS,
    EXPERIMENTS,
    LARGE_POOL,
    OURS,
    OWN_METHOD,
    SAMPLE,
    SEED,
)
from nmrcam_qt.ml.study.results import StudyResults
from nmrcam_qt.ml.study.text import estimate_of, share

RANDOM_ORDER = 0.5
"""Share of random orders that a map beats which tells nothing."""

LEVEL = 0.02
"""Ink AUC by which a method must be ahead to be called better on a sample of forty."""

Figures = Mapping[str, Any]


def further(results: StudyResults) -> str:
    """A paragraph; empty where nothing of it was measured.

    Parameters
    ----------
    results : StudyResults
        Every claim is checked against these before it is written.
    """
    parts = [*_faithful(results), *_slow(results), *_calibrated(results)]
    return " ".join(parts)


def verdict(results: StudyResults) -> str:
    """Whether ours know more than the usual places on true axes: one sentence, or nothing."""
    shown: list[str] = []
    not_shown: list[str] = []
    for experiment in EXPERIMENTS:
        for class_id, figures in _classes(results, experiment).items():
            kind = shown if against(estimate_of(figures, "gain"), 0.0) == ABOVE else not_shown
            kind.append(f"{_title(class_id)} in {experiment.label}")
    if not shown and not not_shown:
        return ""
    said = "On calibrated spectra of BMRB, with true ppm axes, that "
    if not shown:
        return f"{said}is not shown for any class."
    rest = f", and is not shown for {listed(not_shown)}" if not_shown else ""
    return f"{said}holds for {listed(shown)}{rest}."


def _faithful(results: StudyResults) -> Iterator[str]:
    """Does the best map of the study's networks show these networks?"""
    found = {e: _sample(results, SEED, e, CHECKS) for e in EXPERIMENTS}
    good = []
    for experiment, methods in found.items():
        best, thesis = methods.get(BEST_METHOD, {}), methods.get("gradcam", {})
        better = estimate_of(best, "deletion_better")
        ours, theirs = estimate_of(best, "randomised"), estimate_of(thesis, "randomised")
        apart = ours.high is not None and theirs.low is not None and ours.high < theirs.low
        if against(better, RANDOM_ORDER) == ABOVE and apart:
            good.append(
                f"{experiment.label} ({percent(better)} of random orders; correlation with the "
                f"maps of shuffled weights {share(ours.mean)}, of Grad-CAM {share(theirs.mean)})"
            )
    if good:
        yield (
            "HiResCAM does show what the study's networks use: taking signals away in the order of "
            "its heat lowers the score sooner than random orders do, and its map changes with the "
            f"weights, Grad-CAM's less so, in {listed(good)}."
        )


def _slow(results: StudyResults) -> Iterator[str]:
    """Do methods of many passes find more?"""
    for experiment in EXPERIMENTS:
        slow = _sample(results, SEED, experiment, SAMPLE)
        best = estimate_of(
            _sample(results, SEED, experiment, CHECKS).get(BEST_METHOD, {}), "ink_auc"
        )
        means = {m: f["ink_auc"] for m, f in slow.items() if f.get("ink_auc") is not None}
        if not means or best.mean is None:
            continue
        first = max(means, key=lambda m: means[m])
        if means[first] <= best.mean + LEVEL:
            yield (
                f"In {experiment.label} none of the {len(means)} slow methods ranks signals "
                f"clearly better on the sample (best {METHODS[first].title}, {means[first]:.0%}; "
                f"HiResCAM {best.mean:.0%})."
            )
        else:
            yield (
                f"In {experiment.label} {METHODS[first].title} ranks signals best on the sample "
                f"({means[first]:.0%}; HiResCAM {best.mean:.0%})."
            )


def _calibrated(results: StudyResults) -> Iterator[str]:
    """Ours on true ppm axes, class by class."""
    for experiment in EXPERIMENTS:
        said = [
            f"{percent(estimate_of(f, 'ink_auc'))} for {_title(c)} (usual places "
            f"{estimate_of(f, 'prior').mean or 0:.0%})"
            for c, f in _classes(results, experiment).items()
        ]
        if said:
            yield (
                f"On calibrated {experiment.label} spectra of bmrb2d, with true axes, ours get "
                f"{listed(said)}."
            )


def _classes(results: StudyResults, experiment: Experiment) -> Mapping[str, Figures]:
    return results.calibrated(OURS, experiment, OWN_METHOD)


def _sample(
    results: StudyResults, role: str, experiment: Experiment, kind: str
) -> Mapping[str, Figures]:
    """Figures of every method on the sample."""
    for unit, report in results.reports(experiment, LARGE_POOL, kind):
        if unit.role == role:
            found: Mapping[str, Figures] = report["localisation"].get("+1", {})
            return found
    return {}


def _title(class_id: str) -> str:
    return class_id.replace("_", " ")
