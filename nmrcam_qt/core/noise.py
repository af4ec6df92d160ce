"""How strong the noise of a spectrum is, everywhere and along its lines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image

SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
BASE_FACTOR = 3.0
"""The first contour lies at so many MAD-noise units (DESIGN §5)."""
_MOST = 1_000_000
_BLANK = 0.5
"""Where more than this part of all points is exactly 0, nobody knows of any noise."""
_BLOCKS = 8
_ENOUGH = 512
"""Points of a line that are looked at."""
_SHORTEST = 16
"""Points of a block; a median of less says little."""
_MOST_LINES = 99.0
"""Percent of the columns, and of the rows, that `floor_level` is to cover."""


def noise_level(intensity: Image) -> float:
    """Standard deviation of the noise from the median absolute deviation.

    ``1.4826 · median(|x - median(x)|)`` over at most a million evenly spaced points; points
    that are exactly 0 (zero-filled margins) are left out. Where they are more than half of
    all (drawn peaks, blank paper, noise cut off by whoever wrote the file), there is no noise.

    Parameters
    ----------
    intensity : float32 ``(n_f1, n_f2)``
        Signed or magnitude.

    Returns
    -------
    float
        Units of intensity; 0 for a spectrum without noise (peak lists, pictures).

    References
    ----------
    Hampel, J. Am. Stat. Assoc. 69 (1974) 383: the MAD as an estimate of scale.
    """
    values = intensity.reshape(-1)
    step = max(1, values.size // _MOST)
    # A step that divides the rows would look at the same columns of each.
    step += step > 1 and intensity.shape[-1] % step == 0
    values = values[::step]
    kept = values[values != 0]
    if kept.size < 100 or kept.size < (1 - _BLANK) * values.size:
        return 0.0
    middle = np.median(kept)
    return float(SIGMA_PER_MAD * np.median(np.abs(kept - middle)))


def line_levels(intensity: Image, axis: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Offset and noise of every column (`axis` 0, along F1) or row (`axis` 1, along F2).

    Of each line the median, and about it the median of the MAD of eight blocks: t1 noise and
    the streak of a solvent fill a whole line, peaks only some of its blocks.

    Parameters
    ----------
    intensity : float32 ``(n_f1, n_f2)``
        Of a spectrum.
    axis : {0, 1}
        Along which the lines run.

    Returns
    -------
    offset, noise : float32 ``(n_f2,)`` or ``(n_f1,)``
        Units of intensity; 0 for lines of fewer than 32 points, which say too little.
    """
    lines = intensity if axis == 1 else intensity.T
    lines = np.ascontiguousarray(lines[:, :: max(1, lines.shape[1] // _ENOUGH)])
    n_lines, length = lines.shape
    blocks = min(_BLOCKS, length // _SHORTEST)
    if blocks < 2:
        return np.zeros(n_lines, np.float32), np.zeros(n_lines, np.float32)
    offset = np.median(lines, axis=1)
    size = length // blocks
    parts = np.abs(lines[:, : size * blocks] - offset[:, np.newaxis])
    mad = np.median(parts.reshape(n_lines, blocks, size), axis=2)
    return offset, np.float32(SIGMA_PER_MAD) * np.median(mad, axis=1)


def floor_level(intensity: Image) -> float:
    """Height below which lies the noise of nearly all columns and rows, ridges included.

    `BASE_FACTOR` times the noise of each line about its median, and that median, which in
    magnitude mode is not 0; of these the 99th percentile over columns and over rows. In
    spectra with a high signal-to-noise ratio t1 noise is many times the noise elsewhere.

    Parameters
    ----------
    intensity : float32 ``(n_f1, n_f2)``
        Of a spectrum.

    Returns
    -------
    float
        Units of intensity; 0 for an image too small to tell.
    """
    if min(intensity.shape) < 2 * _SHORTEST:
        return 0.0
    highest = 0.0
    for axis in (0, 1):
        offset, noise = line_levels(intensity, axis)
        lines = np.abs(offset) + np.float32(BASE_FACTOR) * noise
        highest = max(highest, float(np.percentile(lines, _MOST_LINES)))
    return highest
