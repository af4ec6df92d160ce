"""Heat and ink as pixels, placed by ppm: what an image of the spectrum is made of. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_on_ink import FAINT
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.writers.request import PictureRequest

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float64]
POSITIVE_INK, NEGATIVE_INK = (0, 0, 0), (200, 30, 0)
ENLARGED = 1.5
"""From this many pixels per point on ink is interpolated; below, no peak may get lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Pixels of a plot area.

    Parameters
    ----------
    top, left : int
        First row and column within the page, from its top left.
    c_ppm : float64 ``(rows,)``
        ¹³C at the centre of every row.
    h_ppm : float64 ``(columns,)``
        ¹H at the centre of every column.
    """

    top: int
    left: int
    c_ppm: Floats
    h_ppm: Floats

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top outer edge of the pixels, ppm."""
        h, c = self.h_ppm, self.c_ppm
        across, down = (h[1] - h[0]) / 2, (c[1] - c[0]) / 2
        return float(h[0] - across), float(h[-1] + across), float(c[-1] + down), float(c[0] - down)

    @property
    def place(self) -> tuple[slice, slice]:
        """Where the plot area lies in the page."""
        bottom, right = self.top + self.c_ppm.size, self.left + self.h_ppm.size
        return slice(self.top, bottom), slice(self.left, right)


def paint_heat(area: Pixels, grid: Grid, request: PictureRequest, colours: Pixels) -> None:
    """Paint the map at its own cells; what lies outside them stays as it is.

    Parameters
    ----------
    area : uint8 ``(rows, columns, 3)``
        The plot area; changed in place.
    grid : Grid
        Its ppm.
    request : PictureRequest
        With a map that is not empty.
    colours : uint8 ``(levels, 3)``
        Colours as they are seen on paper, from no heat to the maximum.
    """
    heat = _heat(request, grid)
    if heat is None:
        return
    rows, row_index = heat.rows
    columns, column_index = heat.columns
    share = heat.share
    if request.smooth:
        levels = _to_levels(_bilinear(share, row_index, column_index), len(colours))
        area[rows, columns] = colours[levels]
        return
    nearest_row, nearest_column = (
        _nearest(row_index, share.shape[0]),
        _nearest(column_index, share.shape[1]),
    )
    cells = colours[_to_levels(share, len(colours))]
    area[rows, columns] = cells[nearest_row][:, nearest_column]


def paint_lines(
    area: Pixels, grid: Grid, request: PictureRequest, lines: Sequence[tuple[float, str]]
) -> None:
    """Paint lines of equal heat one pixel wide: for thumbnails, which have no room for more.

    Parameters
    ----------
    area : uint8 ``(rows, columns, 3)``
        The plot area; changed in place.
    grid : Grid
        Its ppm.
    request : PictureRequest
        With the map.
    lines : sequence of (share, ``#rrggbb``)
        Levels as shares of the maximum, rising.
    """
    heat = _heat(request, grid)
    if heat is None or not lines or min(heat.share.shape) < 2:
        return
    rows, row_index = heat.rows
    columns, column_index = heat.columns
    share = _bilinear(heat.share, row_index, column_index)
    inside = area[rows, columns]
    for level, colour in lines:
        above = share >= level
        edge = np.zeros_like(above)
        edge[:-1] |= above[:-1] & ~above[1:]
        edge[1:] |= above[1:] & ~above[:-1]
        edge[:, :-1] |= above[:, :-1] & ~above[:, 1:]
        edge[:, 1:] |= above[:, 1:] & ~above[:, :-1]
        inside[edge] = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]


@dataclass(frozen=True, slots=True, eq=False)
class _Heat:
    """Heat as a share of the colour scale; the pixels on its cells with their cell indices."""

    share: Image
    rows: tuple[slice, Floats]
    columns: tuple[slice, Floats]


def _heat(request: PictureRequest, grid: Grid) -> _Heat | None:
    """The map of a request on the pixels of its page; None where there is none or it is empty."""
    if request.evidence is None or request.map_f1 is None or request.map_f2 is None:
        return None
    heat = np.maximum(request.evidence, np.float32(0))
    top = request.top
    if top <= 0:
        return None
    return _Heat(
        (heat / np.float32(top)).astype(np.float32),
        _inside(request.map_f1, grid.c_ppm),
        _inside(request.map_f2, grid.h_ppm),
    )


def _inside(axis: Axis, ppm: Floats) -> tuple[slice, Floats]:
    """Pixels that lie on the cells of a map, and their fractional cell index.

    A map of one cell has no width of its own: it lies on the whole spectrum.
    """
    if axis.size == 1:
        return slice(0, ppm.size), np.zeros(ppm.size)
    index = axis.index(ppm)
    on = np.flatnonzero((index >= -0.5) & (index < axis.size - 0.5))
    if on.size == 0:
        return slice(0, 0), index[:0]
    return slice(int(on[0]), int(on[-1]) + 1), index[on]


def _to_levels(share: Image, count: int) -> NDArray[np.intp]:
    """Rows of a colour table; 1.0 is the last."""
    return np.minimum((share * np.float32(count)).astype(np.intp), count - 1)


def _nearest(index: Floats, size: int) -> NDArray[np.intp]:
    return np.clip(np.floor(index + 0.5), 0, size - 1).astype(np.intp)


def _bilinear(values: Image, row_index: Floats, column_index: Floats) -> Image:
    """Values between samples, clamped in the outer half; one dimension after the other."""
    rows = _lerp(values, row_index)
    return _lerp(np.ascontiguousarray(rows.T), column_index).T


def _lerp(values: Image, index: Floats) -> Image:
    """Rows of `values` at fractional indices."""
    place = np.clip(index, 0, values.shape[0] - 1)
    lower = np.floor(place).astype(np.intp)
    upper = np.minimum(lower + 1, values.shape[0] - 1)
    share = (place - lower).astype(np.float32)[:, None]
    low = values[lower]
    between: Image = low + (values[upper] - low) * share
    return between


def paint_ink(area: Pixels, grid: Grid, request: PictureRequest) -> None:
    """Paint the spectrum over what is there: black for positive, red for negative signals.

    Parameters
    ----------
    area : uint8 ``(rows, columns, 3)``
        The plot area; changed in place.
    grid : Grid
        Its ppm.
    request : PictureRequest
        With the ink.
    """
    values, zero = request.intensity, np.float32(0)
    faint = _faintness(request, grid)
    alpha = _strength(np.maximum(values, zero), request.f1, request.f2, grid, faint)
    if float(values.min(initial=0)) < 0:
        negative = _strength(np.maximum(-values, zero), request.f1, request.f2, grid, faint)
        red = negative > alpha
        _blend(area, np.where(red, negative, 0).astype(np.uint8), NEGATIVE_INK)
        alpha = np.where(red, 0, alpha).astype(np.uint8)
    _blend(area, alpha, POSITIVE_INK)


def _faintness(request: PictureRequest, grid: Grid) -> Image | np.float32:
    """What the ink of every pixel is multiplied with: less than 1 where heat is painted."""
    heat = _heat(request, grid) if request.faint_ink else None
    if heat is None:
        return np.float32(1)
    made = np.ones((grid.c_ppm.size, grid.h_ppm.size), np.float32)
    (rows, row_index), (columns, column_index) = heat.rows, heat.columns
    nearest = heat.share[_nearest(row_index, heat.share.shape[0])]
    share = nearest[:, _nearest(column_index, heat.share.shape[1])]
    made[rows, columns][share > max(request.threshold, 0)] = FAINT
    return made


def _strength(values: Image, f1: Axis, f2: Axis, grid: Grid, faint: Image | np.float32) -> Pixels:
    """Ink of every pixel, 0..255."""
    rows, columns = grid.c_ppm.size, grid.h_ppm.size
    enlarged = min(rows / f1.size, columns / f2.size) >= ENLARGED and min(f1.size, f2.size) > 1
    if enlarged:
        onto = _bilinear(values, f1.index(grid.c_ppm), f2.index(grid.h_ppm))
    else:
        onto = area_maximum(values, f1, f2, _axis(f1, grid.c_ppm), _axis(f2, grid.h_ppm))
    made: Pixels = np.rint(np.clip(onto, 0, 1) * faint * np.float32(255)).astype(np.uint8)
    return made


def _axis(like: Axis, ppm: Floats) -> Axis:
    return Axis(like.nucleus, float(ppm[0]), float(ppm[-1]), ppm.size)


def _blend(area: Pixels, alpha: Pixels, colour: tuple[int, int, int]) -> None:
    """One colour over the area where alpha says so."""
    rows, columns = np.nonzero(alpha)
    strength = alpha[rows, columns].astype(np.uint32)[:, None]
    below = area[rows, columns].astype(np.uint32)
    mixed = below * (255 - strength) + np.array(colour, dtype=np.uint32) * strength
    area[rows, columns] = ((mixed + 127) // 255).astype(np.uint8)


def overlay(page: Pixels, layer: Pixels) -> None:
    """Lay an RGBA layer with straight alpha over a page, in place.

    Parameters
    ----------
    page : uint8 ``(height, width, 3)``
        What is below.
    layer : uint8 ``(height, width, 4)``
        Mostly transparent; only what is not costs time.
    """
    places, colours = sparse(layer)
    overlay_sparse(page, places, colours)


def sparse(layer: Pixels) -> tuple[NDArray[np.intp], Pixels]:
    """Flat places and colours of the pixels of a layer that are not transparent."""
    flat = layer.reshape(-1, 4)
    places = np.flatnonzero(flat[:, 3])
    return places, flat[places]


def overlay_sparse(page: Pixels, places: NDArray[np.intp], colours: Pixels) -> None:
    """Lay the pixels of `sparse` over a page, in place."""
    flat = page.reshape(-1, 3)
    alpha = colours[:, 3:].astype(np.uint32)
    mixed = flat[places].astype(np.uint32) * (255 - alpha) + colours[:, :3] * alpha
    flat[places] = ((mixed + 127) // 255).astype(np.uint8)
