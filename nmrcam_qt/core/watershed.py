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

    Only samples near ink climb: most of a spectrum is blank.

    Parameters
    ----------
    ink : float32 ``(H, W)`` or ``(m, H, W)``
        0..1; several pictures of one size are as many watersheds.
    jumps : int
        Doublings: samples further than ``2 ** jumps`` steps from their maximum do not reach it.
    """
    frame = _frame(*ink.shape[-2:])
    hills = _smoothed(ink, frame)
    near = np.flatnonzero(hills > 0)
    hills += frame.tilt
    hill = hills.reshape(-1)
    top = _tops(near, _way_up(hill, near, frame), len(hill), jumps)
    ends = np.searchsorted(near, np.arange(1, len(hills) + 1) * hills.shape[1])
    picture = np.repeat(np.arange(len(hills)), np.diff(ends, prepend=0))
    start, shift = picture * hills.shape[1], picture * frame.inner
    # No way leads from one picture into another: their frames are between them.
    return Climbed(
        frame.sample[near - start] + shift, frame.sample[top - start] + shift, hill[near]
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """A picture in a frame one sample wide, row-major; all arrays are read-only.

    Parameters
    ----------
    inner, width : int
        Samples of the picture; columns with the frame.
    sample : int64 ``(n,)``
        Their numbers in the picture.
    tilt : float32 ``(n,)``
        What is added to the smoothed ink: `TILT`, and in the frame what is lower than any ink.
    moves : int64 ``(9, 1)``
        From a sample to each of `STEPS`.
    """

    inner: int
    width: int
    sample: Ints
    tilt: Floats
    moves: Ints


@lru_cache(maxsize=8)
def _frame(height: int, width: int) -> _Frame:
    row, column = np.indices((height + 2, width + 2)).reshape(2, -1) - 1
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    # The sum in float64, as always: the networks' layer does the same.
    tilt = np.where(inside, TILT[0] * row + TILT[1] * column, -1.0).astype(np.float32)
    moves = np.array([[dy * (width + 2) + dx] for dy, dx in STEPS])
    frame = _Frame(height * width, width + 2, row * width + column, tilt, moves)
    for array in (frame.sample, frame.tilt, frame.moves):
        freeze(array)
    return frame


def _smoothed(ink: Image, frame: _Frame) -> Floats:
    """Means over 3 × 3 samples, `PASSES` times, in frames of zeros, ``(m, (H + 2) (W + 2))``.

    In the order of additions of the networks' own layer (`ml.token_layers.InkBasins`), so that
    both find the same maxima to the last bit. Picture by picture, row by row without a break:
    that stays in the processor's cache.
    """
    height, width = ink.shape[-2:]
    framed = np.zeros((ink.size // frame.inner, height + 2, width + 2), np.float32)
    framed[:, 1:-1, 1:-1] = ink
    w = frame.width
    columns = np.empty(framed[0].size - 2 * w, np.float32)
    for picture in framed:
        flat = picture.reshape(-1)
        mean = flat[w + 1 : -w - 1]
        for _ in range(PASSES):
            np.add(flat[: -2 * w], flat[w:-w], out=columns)
            columns += flat[2 * w :]
            np.add(columns[:-2], columns[1:-1], out=mean)
            mean += columns[2:]
            mean *= np.float32(1 / 9)
            picture[:, 0] = picture[:, -1] = 0  # sums over the ends of two rows
    return framed.reshape(len(framed), -1)


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
