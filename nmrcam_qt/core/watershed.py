"""Ink parted at its valleys: every sample belongs to the maximum that it climbs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image

PASSES = 2
"""Means over 3 × 3 samples, one after the other: close to a Gaussian of 1.2 samples."""
TILT = (1e-6, 4e-7)
"""What a row and a column add to the smoothed ink, so that even ink has one maximum."""
JUMPS = 6
"""Doublings on the way up: 64 samples."""
STEPS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
"""A sample and its neighbours, row by row."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Climbed:
    """Where the samples of a picture climb to.

    Parameters
    ----------
    hill : float32 ``(H, W)``
        The smoothed ink, tilted.
    near : int64 ``(n,)``
        Samples with ink around them, row-major.
    top : int64 ``(n,)``
        What each of them climbs to; a maximum is its own.
    """

    hill: Image
    near: Ints
    top: Ints

    @property
    def tops(self) -> Ints:
        """The maxima, row-major."""
        return np.asarray(self.near[self.top == self.near])


def climb(ink: Image, jumps: int = JUMPS) -> Climbed:
    """Follow the smoothed ink up to its maxima (a watershed by steepest ascent).

    Parameters
    ----------
    ink : float32 ``(H, W)``
        0..1.
    jumps : int
        Doublings: samples further than ``2 ** jumps`` steps from their maximum do not reach it.
    """
    height, width = ink.shape
    hill = smoothed(ink)
    near = np.flatnonzero(hill > 0)
    hill += np.asarray(
        TILT[0] * np.arange(height)[:, None] + TILT[1] * np.arange(width), np.float32
    )
    up = _way_up(hill, near)
    for _ in range(jumps):
        up[near] = up[up[near]]
    return Climbed(hill, near, up[near])


def smoothed(ink: Image) -> Image:
    """Means over 3 × 3 samples, `PASSES` times.

    In the order of additions of the networks' own layer (`ml.token_layers.InkBasins`), so that
    both find the same maxima to the last bit.
    """
    out = np.asarray(ink, np.float32)
    for _ in range(PASSES):
        padded = np.pad(out, 1)
        rows = padded[:-2] + padded[1:-1] + padded[2:]
        out = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) * np.float32(1 / 9)
    return out


def _way_up(hill: Image, near: Ints) -> Ints:
    """The highest of each sample and its neighbours, int64 ``(H W,)``; itself far from ink."""
    height, width = hill.shape
    padded = np.pad(hill, 1, constant_values=-1.0).reshape(-1)
    row, column = np.divmod(near, width)
    corner = row * (width + 2) + column
    moves = np.array([(1 + dy) * (width + 2) + 1 + dx for dy, dx in STEPS])
    best = np.argmax(padded[corner[:, None] + moves], axis=1)
    up = np.arange(height * width)
    up[near] += np.array([dy * width + dx for dy, dx in STEPS])[best]
    return up
