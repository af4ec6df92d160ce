"""What is in pictures and is no signal of a compound: ridges, water, solvents, specks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis, Floats
from nmrcam_qt.core.simulate.perturb import Seen
from nmrcam_qt.core.simulate.settings import SOLVENTS, WATER, DrawSettings, Range

Marks = NDArray[np.float64]
"""Columns ¹H ppm, ¹³C ppm, half width ¹H, half width ¹³C; one row per spot."""

_SATELLITES_PPM = 0.119
"""¹³C satellites of the reference, 118 Hz at 500 MHz."""


def draw_artefacts(
    rng: np.random.Generator,
    seen: Seen,
    f1: Axis,
    f2: Axis,
    settings: DrawSettings,
    streaks: float = 1.0,
) -> Marks:
    """Draw the artefacts of one spectrum.

    Parameters
    ----------
    rng : Generator
        All chance comes from it.
    seen : Seen
        The signals; strong ones make t1 ridges.
    f1, f2 : Axis
        ¹³C and ¹H window.
    settings : DrawSettings
        How often each is there.
    streaks : float
        Factor on how often ridges and water are there.

    Returns
    -------
    float64 ``(n, 4)``
        ¹H and ¹³C ppm, half widths in ppm.
    """
    window, h_window = _rising(f1), _rising(f2)
    happens = rng.random(5) < (
        streaks * settings.ridges,
        streaks * settings.water,
        settings.reference,
        settings.solvent,
        settings.specks,
    )
    marks = []
    if happens[0] and len(seen.level):
        marks.append(_ridges(rng, seen, window))
    if happens[1]:
        h = WATER[rng.integers(len(WATER))] + 0.05 * rng.standard_normal()
        marks.append(_streak(rng, h, rng.uniform(*window), rng.uniform(20, 300), window))
    if happens[2]:
        marks.append(_reference(rng))
    if happens[3]:
        marks.append(_solvents(rng, window, h_window))
    if happens[4]:
        marks.append(_specks(rng, window, h_window))
    return np.concatenate(marks) if marks else np.zeros((0, 4))


def _rising(axis: Axis) -> Range:
    """Outer edges, the lower first."""
    first, last = axis.edges
    return min(first, last), max(first, last)


def _ridges(rng: np.random.Generator, seen: Seen, window: Range) -> Marks:
    """t1 noise at the ¹H shift of up to three of the strongest signals."""
    strong = np.argsort(seen.level)[-6:]
    picked = rng.permutation(strong)[: rng.integers(1, 4)]
    return np.concatenate(
        [
            _streak(rng, seen.h_ppm[i], seen.c_ppm[i], rng.exponential(40) + 5, window)
            for i in picked
        ]
    )


def _streak(rng: np.random.Generator, h: float, c: float, length: float, window: Range) -> Marks:
    """Dashes along ¹³C about one place."""
    n = min(int(rng.integers(3, 25)), int(length / 2) + 1)
    at = np.clip(c + length * (rng.random(n) - 0.5), window[0], window[1])
    return _rows(rng, np.full(n, h), at, (0.01, 0.04), (0.5, 2.5))


def _reference(rng: np.random.Generator) -> Marks:
    """TMS or DSS at 0/0 ppm, sometimes with its satellites."""
    h = np.array([0.0, -_SATELLITES_PPM, _SATELLITES_PPM])[: 3 if rng.random() < 0.5 else 1]
    return _rows(rng, h, np.zeros(len(h)), (0.02, 0.08), (0.8, 2.0))


def _solvents(rng: np.random.Generator, window: Range, h_window: Range) -> Marks:
    """A solvent where it belongs, or, as often, a signal anywhere: no place is a hint."""
    if rng.random() < 0.5:
        h, c = SOLVENTS[rng.integers(len(SOLVENTS))]
        h, c = h + 0.04 * rng.standard_normal(), c + 0.4 * rng.standard_normal()
    else:
        h, c = rng.uniform(*h_window), rng.uniform(*window)
    return _rows(rng, np.array([h]), np.array([c]), (0.02, 0.1), (0.8, 2.5))


def _specks(rng: np.random.Generator, window: Range, h_window: Range) -> Marks:
    """Noise above the lowest contour."""
    n = int(rng.integers(1, 9))
    return _rows(rng, rng.uniform(*h_window, n), rng.uniform(*window, n), (0.005, 0.02), (0.2, 0.8))


def _rows(
    rng: np.random.Generator,
    h: Floats,
    c: Floats,
    half_h: Range,
    half_c: Range,
) -> Marks:
    n = len(h)
    return np.stack([h, c, rng.uniform(*half_h, n), rng.uniform(*half_c, n)], axis=1)
