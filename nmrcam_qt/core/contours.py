"""Contours of a spectrum: levels from the noise, lines in ppm, tile by tile. No Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from contourpy import LineType, contour_generator
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contour_levels import Levels
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image

TILE_PX = 128
"""Samples along the side of a tile: small enough to cull, large enough to draw at once."""

Floats = NDArray[np.float64]
Number = TypeVar("Number", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """All lines of one level and sign in one tile.

    Parameters
    ----------
    level : int
        Index into `Levels.values`, 0 the lowest.
    negative : bool
        Whether they lie at minus that level.
    points : float64 ``(n, 2)``
        ¹H and ¹³C shift of every vertex, ppm, one line after the other; read-only.
    offsets : uint32 ``(lines + 1,)``
        Where each line begins in `points`, and the end; read-only.
    """

    level: int
    negative: bool
    points: Floats
    offsets: NDArray[np.uint32]


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """The lines of one square of samples.

    Parameters
    ----------
    h_ppm, c_ppm : (low, high)
        Centres of its outermost samples, ppm, ascending. Neighbouring tiles share them.
    lines : tuple of Lines
        From the lowest level to the highest; levels that are not reached are left out.
    """

    h_ppm: tuple[float, float]
    c_ppm: tuple[float, float]
    lines: tuple[Lines, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Contours:
    """The contours of a spectrum on its own grid or on a coarser one.

    Parameters
    ----------
    levels : Levels
        Heights.
    pooled : int
        Samples of the spectrum per sample that was traced, along each axis; 1 for all.
    h_step, c_step : float
        Extent of a traced sample, ppm, positive.
    tiles : tuple of Tile
        Those that any line crosses.
    """

    levels: Levels
    pooled: int
    h_step: float
    c_step: float
    tiles: tuple[Tile, ...]

    @property
    def n_vertices(self) -> int:
        """Number of vertices of all lines."""
        return sum(len(lines.points) for tile in self.tiles for lines in tile.lines)


def trace_contours(
    image: Image,
    f1: Axis,
    f2: Axis,
    levels: Levels,
    pooled: int = 1,
    tile_px: int = TILE_PX,
    progress: Progress = SILENT,
) -> Contours:
    """Trace the contours of a spectrum.

    Between the centres of four neighbouring samples the surface is linear along the edges
    (marching squares); a vertex lies where an edge crosses the level.

    Parameters
    ----------
    image : float32 ``(f1.size, f2.size)``
        Intensity.
    f1, f2 : Axis
        Its ¹³C and ¹H axis; vertices lie at sample *centres*.
    levels : Levels
        Heights, for both signs.
    pooled : int
        For the overview: trace the maximum (for negative lines the minimum) of every square
        of so many samples, so that no peak gets lost.
    tile_px : int
        Samples along the side of a tile.
    progress : Progress
        Counts tiles; cancels between two of them.

    Raises
    ------
    ValueError
        If the shape is not that of the axes or a value is not finite.
    """
    if image.shape != (f1.size, f2.size):
        raise ValueError(f"image {image.shape} does not match axes ({f1.size}, {f2.size})")
    if not np.isfinite(image).all():
        raise ValueError("the image holds values that are not finite")
    grids = _Grids.of(image, f1, f2, pooled)
    tiles = []
    places = list(_places(grids.high, tile_px))
    for done, (rows, columns) in enumerate(places):
        progress.step(done, len(places))
        lines = _trace_tile(grids, rows, columns, levels)
        if lines:
            tiles.append(_tile(grids, rows, columns, lines))
    progress.step(len(places), len(places))
    h_step, c_step = (abs(step) for step in (grids.h[1], grids.c[1]))
    return Contours(levels, pooled, h_step, c_step, tuple(tiles))


@dataclass(frozen=True, slots=True, eq=False)
class _Grids:
    """What is traced: for positive and for negative lines; ppm of index 0 and per index."""

    high: Image
    low: Image
    h: tuple[float, float]
    c: tuple[float, float]

    @classmethod
    def of(cls, image: Image, f1: Axis, f2: Axis, pooled: int) -> _Grids:
        # The middle of the first square of `pooled` samples.
        middle = (pooled - 1) / 2
        h = (f2.ppm(middle), f2.step * pooled)
        c = (f1.ppm(middle), f1.step * pooled)
        if pooled == 1:
            return cls(image, image, h, c)
        return cls(pool(image, pooled, np.maximum), pool(image, pooled, np.minimum), h, c)


def _places(image: Image, side: int) -> Iterator[tuple[slice, slice]]:
    """Tiles; each shares its border samples with its neighbours, so that lines meet."""
    rows, columns = image.shape
    for top in range(0, max(rows - 1, 0), side):
        for left in range(0, max(columns - 1, 0), side):
            bottom, right = min(top + side, rows - 1), min(left + side, columns - 1)
            yield slice(top, bottom + 1), slice(left, right + 1)


def _trace_tile(grids: _Grids, rows: slice, columns: slice, levels: Levels) -> tuple[Lines, ...]:
    high, low = grids.high[rows, columns], grids.low[rows, columns]
    found = _trace(high, levels.values, float(high.max()), False)
    found += _trace(low, levels.values, float(-low.min()), True)
    # From the lowest level up, so that higher ones are drawn over lower ones.
    found.sort(key=lambda one: one[0])
    return tuple(
        _lines(grids, rows.start, columns.start, level, negative, points, offsets)
        for level, negative, points, offsets in found
    )


_Found = tuple[int, bool, Floats, NDArray[np.uint32]]


def _trace(values: Image, levels: Sequence[float], top: float, negative: bool) -> list[_Found]:
    """Lines of all levels that a tile reaches, in sample indices."""
    reached = [level for level in levels if level < top]
    if not reached:
        return []
    generator = contour_generator(
        z=values.astype(np.float64), name="serial", line_type=LineType.ChunkCombinedOffset
    )
    found: list[_Found] = []
    for index, level in enumerate(reached):
        made: Any = generator.lines(-level if negative else level)
        points, offsets = made[0][0], made[1][0]  # there is one chunk: the tile
        if points is not None:
            found.append((index, negative, points, offsets))
    return found


def _lines(
    grids: _Grids,
    top: int,
    left: int,
    level: int,
    negative: bool,
    points: Floats,
    offsets: NDArray[np.uint32],
) -> Lines:
    (h0, h_step), (c0, c_step) = grids.h, grids.c
    placed = np.empty_like(points)
    placed[:, 0] = h0 + (points[:, 0] + left) * h_step
    placed[:, 1] = c0 + (points[:, 1] + top) * c_step
    for array in (placed, offsets):
        array.setflags(write=False)
    return Lines(level, negative, placed, offsets)


def _tile(grids: _Grids, rows: slice, columns: slice, lines: tuple[Lines, ...]) -> Tile:
    (h0, h_step), (c0, c_step) = grids.h, grids.c
    h = sorted((h0 + columns.start * h_step, h0 + (columns.stop - 1) * h_step))
    c = sorted((c0 + rows.start * c_step, c0 + (rows.stop - 1) * c_step))
    return Tile((h[0], h[1]), (c[0], c[1]), lines)


def pool(image: NDArray[Number], by: int, choose: np.ufunc) -> NDArray[Number]:
    """Maximum or minimum of squares of samples.

    Parameters
    ----------
    image : ``(n_f1, n_f2)``
        Of any type of number.
    by : int
        Side of the squares; the last ones of a size that is no multiple hold fewer samples.
    choose : ufunc
        ``np.maximum`` or ``np.minimum``.

    Returns
    -------
    ``(ceil(n_f1 / by), ceil(n_f2 / by))``, of the same type
    """
    rows = image[::by].copy()
    for offset in range(1, by):
        part = image[offset::by]
        choose(rows[: len(part)], part, out=rows[: len(part)])
    pooled: NDArray[Number] = np.ascontiguousarray(rows[:, ::by])
    for offset in range(1, by):
        part = rows[:, offset::by]
        choose(pooled[:, : part.shape[1]], part, out=pooled[:, : part.shape[1]])
    return pooled
