"""A spectrum as a few thousand grey values for the sidebar."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.noise import noise_level
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import Image, SourceKind, Spectrum, freeze

THUMBNAIL_SIZE = (48, 72)
"""Rows (F1) and columns (F2) of a thumbnail."""
_NOISE = 6.0
"""A cell holds the largest of many points: of a thousand, noise reaches four deviations."""
_STRONG = 12
"""So many cells may be as black as it gets: one solvent signal must not hide all others."""
_RANGE = 40.0
"""The strongest over the weakest signal that is shown: below lie ridges and side lobes."""
_OVER_RIDGE = 4.0
_FAINTEST = 0.3
_STEPS = 8


def thumbnail_of(spectrum: Spectrum) -> NDArray[np.uint8]:
    """Ink of a spectrum, uint8 `THUMBNAIL_SIZE`, 0 (paper) to 255.

    Pictures and peak lists as they are; measured data like contours: nothing below the noise,
    then geometric steps of grey.
    """
    rows, columns = THUMBNAIL_SIZE
    if min(spectrum.f1.size, spectrum.f2.size) < 2:
        return np.zeros(THUMBNAIL_SIZE, dtype=np.uint8)
    f1 = Axis.from_edges("13C", *spectrum.f1.edges, rows)
    f2 = Axis.from_edges("1H", *spectrum.f2.edges, columns)
    size = np.abs(signed_maximum(spectrum, f1, f2))
    if spectrum.provenance.kind is SourceKind.INSTRUMENT:
        size = contour_ink(size, noise_level(spectrum.intensity))
    made: NDArray[np.uint8] = np.rint(np.clip(size, 0, 1) * 255).astype(np.uint8)
    freeze(made)
    return made


def contour_ink(size: Image, noise: float) -> Image:
    """Geometric steps of ink above the noise.

    Parameters
    ----------
    size : float32
        Largest magnitudes of the cells.
    noise : float
        Standard deviation of the noise; 0 where nobody knows.

    Returns
    -------
    float32 of the same shape
        0 for what is noise, `_FAINTEST` to 1 for signals.
    """
    cells = np.sort(size[size > _NOISE * noise])
    if not cells.size:
        return np.zeros_like(size)
    top = float(cells[-min(_STRONG, (cells.size + 1) // 2)])
    base = max(_NOISE * noise, top / _RANGE)
    # A ridge of t1 noise or the streak of a solvent fills its column, truncation its row.
    ridges = np.maximum(np.median(size, axis=0)[None, :], np.median(size, axis=1)[:, None])
    reach = math.log(max(top / base, 1.5))
    with np.errstate(divide="ignore"):
        part = np.log(size / np.float32(base)) / np.float32(reach)
    steps = np.ceil(np.clip(part, 0, 1) * _STEPS) / _STEPS
    ink = np.where(
        size > np.maximum(_OVER_RIDGE * ridges, base), _FAINTEST + (1 - _FAINTEST) * steps, 0
    )
    return ink.astype(np.float32)


def signed_maximum(spectrum: Spectrum, f1: Axis, f2: Axis) -> Image:
    """Area maximum of the magnitude on other axes; the sign of the stronger side."""
    values = spectrum.intensity
    zero = np.float32(0)
    positive = area_maximum(np.maximum(values, zero), spectrum.f1, spectrum.f2, f1, f2)
    if float(values.min(initial=0)) >= 0:
        return positive
    negative = area_maximum(np.maximum(-values, zero), spectrum.f1, spectrum.f2, f1, f2)
    return np.where(negative > positive, -negative, positive)
