"""Ink parted at its valleys: every sample belongs to the maximum that it climbs to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image, freeze

PASSES = 2
"""Means over 3 × 3 samples, one after the other: close to a Gaussian of 1.2 samples."""
TILT = (1e-6, 4e-7)
"""What a row and a column add to the smoothed ink, so that even ink has one maximum."""
JUMPS = 6
"""Doublings on the way up: 64 samples."""
STEPS = tuple((dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
"""A sample and its neighbours, row by row."""

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Climbed:
    """Where the samples of one picture or of several climb to.

    Parameters
    ----------
    near : int64 ``(n,)``
        Samples with ink around them, row-major, picture after picture.
    top : int64 ``(n,)``
        What each of them climbs to; a maximum is its own.
    height : float32 ``(n,)``
        The smoothed ink there, tilted.
    """

    near: Ints
    top: Ints
    height: Floats


def climb(ink: Image, jumps: int = JUMPS) -> Climbed:
    """Follow the smoothed ink up to its maxima (a watershed by steepest ascent).

    Only samples near ink are computed: most of a spectrum is blank.

    Parameters
    ----------
    ink : float32 ``(H, W)`` or ``(m, H, W)``
        0..1; several pictures of one size are as many watersheds.
    jumps : int
        Doublings: samples further than ``2 ** jumps`` steps from their maximum do not reach it.
    """
    frame = _frame(*ink.shape[-2:])
    near, height = _smoothed(ink, frame)
    hill = np.tile(frame.tilt, ink.size // frame.inner)
    height = hill[near] = height + hill[near]
    top = _tops(near, _way_up(hill, near, frame), len(hill), jumps)
    return Climbed(frame.samples(near), frame.samples(top), height)


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """A picture in a frame one sample wide, row-major; all arrays are read-only.

    Parameters
    ----------
    inner, width : int
        Samples of the picture; columns with the frame.
    inside : bool ``(n,)``
        Which samples are the picture's.
    sample : int64 ``(n,)``
        Their numbers in the picture.
    tilt : float32 ``(n,)``
        What is added to the smoothed ink: `TILT`, and in the frame what is lower than any ink.
    moves : int64 ``(9, 1)``
        From a sample to each of `STEPS`.
    """

    inner: int
    width: int
    inside: NDArray[np.bool_]
    sample: Ints
    tilt: Floats
    moves: Ints

    def samples(self, framed: Ints) -> Ints:
        """Row-major numbers, over all pictures, of samples counted with their frames."""
        number, place = np.divmod(framed, len(self.sample))
        return np.asarray(self.sample[place] + number * self.inner)


@lru_cache(maxsize=8)
def _frame(height: int, width: int) -> _Frame:
    row, column = np.indices((height + 2, width + 2)).reshape(2, -1) - 1
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    # The sum in float64, as always: the networks' layer does the same.
    tilt = np.where(inside, TILT[0] * row + TILT[1] * column, -1.0).astype(np.float32)
    moves = np.array([[dy * (width + 2) + dx] for dy, dx in STEPS])
    frame = _Frame(height * width, width + 2, inside, row * width + column, tilt, moves)
    for array in (frame.inside, frame.sample, frame.tilt, frame.moves):
        freeze(array)
    return frame


def _smoothed(ink: Image, frame: _Frame) -> tuple[Ints, Floats]:
    """Means over 3 × 3 samples, `PASSES` times: where they are above 0, with frames, and what.

    In the order of additions of the networks' own layer (`ml.token_layers.InkBasins`), so that
    both find the same maxima to the last bit.
    """
    height, width = ink.shape[-2:]
    framed = np.zeros((ink.size // frame.inner, height + 2, width + 2), np.float32)
    framed[:, 1:-1, 1:-1] = ink
    flat = framed.reshape(-1)
    near, mean = np.flatnonzero(flat != 0), flat[:0]
    for _ in range(PASSES):
        near = _spread(near, len(flat), frame)
        around = flat[near + frame.moves]
        columns = around[0:3] + around[3:6]
        columns += around[6:9]
        mean = columns[0] + columns[1]
        mean += columns[2]
        mean *= np.float32(1 / 9)
        flat[near] = mean
    above = mean > 0
    return near[above], mean[above]


def _spread(near: Ints, size: int, frame: _Frame) -> Ints:
    """Samples and their neighbours, ascending, without those in a frame."""
    marked = np.zeros(size, bool)
    marked[near + frame.moves] = True
    marked.reshape(-1, len(frame.inside))[:] &= frame.inside
    return np.flatnonzero(marked)


def _way_up(hill: Floats, near: Ints, frame: _Frame) -> Ints:
    """The highest of each sample and its neighbours, the first where several are."""
    around = hill[near + frame.moves]
    highest, move = around[0], np.full(len(near), frame.moves[0, 0])
    for values, step in zip(around[1:], frame.moves[1:, 0], strict=True):
        higher = values > highest
        np.copyto(move, step, where=higher)
        np.maximum(highest, values, out=highest)
    return np.asarray(near + move)


def _tops(near: Ints, above: Ints, size: int, jumps: int) -> Ints:
    """Where the way up from each sample ends, by doubling its steps."""
    up = np.empty(size, np.int64)
    up[above] = above  # may lie beyond the ink, where only the tilt is: no way leads on
    up[near] = above
    for _ in range(jumps):
        further = up[above]
        if np.array_equal(further, above):
            break
        up[near] = above = further
    return above
