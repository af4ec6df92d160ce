"""Signals of an example by its own ink: painted over, and given values."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.painting import Painting, Spot
from nmrcam_qt.core.preprocessing import fed_ink
from nmrcam_qt.core.regions import ink_regions
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.subject import Subject


def signals_of(subject: Subject) -> Painting:
    """The ink of every input parted into signals, no list of peaks needed (`ink_regions`)."""
    pairs = zip(subject.inputs, subject.specs, strict=True)
    regions = [ink_regions(np.ascontiguousarray(fed_ink(x, spec))) for x, spec in pairs]
    return Painting(subject.specs, subject.inputs, regions)


def all_spots(painting: Painting, wanted: Sequence[int]) -> list[Spot]:
    """All signals of the wanted inputs, input by input in the order of their numbers."""
    return [(number, k) for number in wanted for k in range(painting.regions[number].count)]


def spread(painting: Painting, number: int, values: NDArray[np.float64]) -> Array:
    """Every signal's value laid on its samples in proportion to their ink.

    Parameters
    ----------
    painting : Painting
        The signals.
    number : int
        Of the input.
    values : float64 ``(count, n_classes)``
        One for each signal of that input and class.

    Returns
    -------
    float64 ``(n_classes, H, W)``
        Oriented as the network's input is; sums to the values' sum over the signals, and is
        exactly 0 outside of them.
    """
    spec, regions = painting.specs[number], painting.regions[number]
    ink = fed_ink(painting.examples[number], spec).astype(np.float64)
    mine = regions.labels >= 0
    labels = regions.labels[mine]
    laid = np.zeros((values.shape[1], *ink.shape))
    laid[:, mine] = (values[labels] * (ink[mine] / regions.sums(ink)[labels])[:, np.newaxis]).T
    return laid if spec.rows == "f1" else laid.transpose(0, 2, 1)
