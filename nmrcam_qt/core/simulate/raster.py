"""Signals drawn on a grid, all at once, remembering which cell is whose."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis, Floats
from nmrcam_qt.core.spectrum import Image, freeze

Ints = NDArray[np.int64]

REACH = 3.0 / np.sqrt(2 * np.log(2))
"""Where a Gaussian ends, in halves of its full width at half maximum: at 3 sigma."""


@dataclass(frozen=True, slots=True, eq=False)
class Spots:
    """What is drawn, one element per spot; read-only.

    Parameters
    ----------
    h_ppm, c_ppm : float64 ``(n,)``
        Position, ppm.
    half_h, half_c : float64 ``(n,)``
        Half width, ppm: of the lowest contour, or at half maximum.
    ink : float64 ``(n,)``
        Darkness, 0..1.
    sign : int8 ``(n,)``
        -1 for a CH2 of an edited HSQC.
    owner : int64 ``(n,)``
        Which of the mixture's compounds, -1 for an artefact.
    members : uint16 ``(n,)``
        Bit i: it belongs to the substructure ``CLASS_IDS[i]``.
    source : int64 ``(n,)``
        Index of the signal in the cache, -1 for an artefact.
    """

    h_ppm: Floats
    c_ppm: Floats
    half_h: Floats
    half_c: Floats
    ink: Floats
    sign: NDArray[np.int8]
    owner: Ints
    members: NDArray[np.uint16]
    source: Ints

    def __post_init__(self) -> None:
        for field in fields(self):
            freeze(getattr(self, field.name))

    def __len__(self) -> int:
        return len(self.h_ppm)


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """Cells that spots touch, one element per spot and cell; read-only.

    Parameters
    ----------
    cell : int64 ``(n,)``
        Flat index, row-major on (f1, f2).
    value : float32 ``(n,)``
        Ink that the spot puts there, greater than 0.
    spot : int64 ``(n,)``
        Which spot.
    shape : (int, int)
        Of the grid.
    """

    cell: Ints
    value: NDArray[np.float32]
    spot: Ints
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        for array in (self.cell, self.value, self.spot):
            freeze(array)

    def ink(self, sign: NDArray[np.int8] | None = None) -> Image:
        """The picture: the darkest spot in each cell wins.

        Parameters
        ----------
        sign : int8, one per spot, optional
            Makes the ink of negative spots negative.

        Returns
        -------
        float32 ``(n_f1, n_f2)``
        """
        flat = np.zeros(self.shape[0] * self.shape[1], np.float32)
        if sign is None:
            np.maximum.at(flat, self.cell, self.value)
            return flat.reshape(self.shape)
        order = np.argsort(self.value, kind="stable")
        flat[self.cell[order]] = (self.value * sign[self.spot])[order]
        return flat.reshape(self.shape)


def as_gaussians(spots: Spots, f1: Axis, f2: Axis) -> Footprint:
    """Gaussians as `core.drawing.draw_peaks` draws peak lists.

    The cell that holds the position gets the full ink; spots outside are not drawn.
    """
    row, column = cells_of(f1, spots.c_ppm), cells_of(f2, spots.h_ppm)
    inside = (row >= 0) & (row < f1.size) & (column >= 0) & (column < f2.size)
    rows, down = _window(f1, spots.c_ppm, REACH * spots.half_c)
    columns, across = _window(f2, spots.h_ppm, REACH * spots.half_h)
    value = (
        _gauss(down, spots.half_c)[:, :, np.newaxis]
        * _gauss(across, spots.half_h)[:, np.newaxis, :]
    )
    value[~inside] = 0
    held = np.flatnonzero(inside)
    value[held, (row - rows[:, 0])[held], (column - columns[:, 0])[held]] = 1.0
    where = np.flatnonzero(value > 0)  # NaN beyond the reach is not
    return _footprint(where, value.reshape(-1)[where], rows, columns, spots, (f1, f2))


def as_contours(spots: Spots, f1: Axis, f2: Axis, hollow: float = 0.0) -> Footprint:
    """Contour ellipses as they arrive on the grid by area maximum.

    A cell is inked where any of it lies within the ellipse, and not where all of it
    lies within the hollow middle.

    Parameters
    ----------
    spots : Spots
        What is drawn.
    f1, f2 : Axis
        ¹³C and ¹H axes of the grid.
    hollow : float
        Size of the empty middle as a fraction of the ellipse.
    """
    half_f1, half_f2 = abs(f1.step) / 2, abs(f2.step) / 2
    rows, down = _window(f1, spots.c_ppm, spots.half_c + half_f1)
    columns, across = _window(f2, spots.h_ppm, spots.half_h + half_f2)
    near = _squared(np.maximum(np.abs(down) - half_f1, 0), spots.half_c)[:, :, np.newaxis]
    near = near + _squared(np.maximum(np.abs(across) - half_f2, 0), spots.half_h)[:, np.newaxis]
    inked = near <= 1  # NaN beyond the reach is not
    if hollow > 0:
        far = _squared(np.abs(down) + half_f1, spots.half_c)[:, :, np.newaxis]
        far = far + _squared(np.abs(across) + half_f2, spots.half_h)[:, np.newaxis]
        inked &= ~(far < hollow**2)
    return _footprint(np.flatnonzero(inked), 1.0, rows, columns, spots, (f1, f2))


def cells_of(axis: Axis, ppm: Floats) -> Ints:
    """`Axis.cell` of many shifts; not clipped to the axis."""
    return np.asarray(np.floor(axis.index(ppm) + 0.5 + 1e-9), np.int64)


def _window(axis: Axis, ppm: Floats, reach: Floats) -> tuple[Ints, Floats]:
    """Samples around each shift and their distance in ppm, NaN beyond the reach.

    Returns
    -------
    index : int64 ``(n, width)``
        Not clipped to the axis.
    distance : float64 ``(n, width)``
        ppm.
    """
    place = axis.index(ppm)
    extent = reach / abs(axis.step)
    first = np.floor(place - extent).astype(np.int64)
    last = np.ceil(place + extent).astype(np.int64)
    width = int((last - first).max(initial=0)) + 1
    index = first[:, np.newaxis] + np.arange(width)
    distance = axis.ppm(index.astype(np.float64)) - ppm[:, np.newaxis]
    beyond = (index > last[:, np.newaxis]) | (index < 0) | (index >= axis.size)
    return index, np.where(beyond, np.nan, distance)


def _gauss(distance: Floats, half: Floats) -> Floats:
    return np.asarray(np.exp(-np.log(2) * _squared(distance, half)))


def _squared(distance: Floats, half: Floats) -> Floats:
    return np.asarray((distance / half[:, np.newaxis]) ** 2)


def _footprint(
    where: Ints,
    value: Floats | float,
    rows: Ints,
    columns: Ints,
    spots: Spots,
    axes: tuple[Axis, Axis],
) -> Footprint:
    """Of what is inked, by number in an array of spots × rows × columns, and how much."""
    cell = (rows * axes[1].size)[:, :, np.newaxis] + columns[:, np.newaxis, :]
    spot = where // max(rows.shape[1] * columns.shape[1], 1)
    return Footprint(
        cell.reshape(-1)[where],
        (value * spots.ink[spot]).astype(np.float32),
        spot,
        (axes[0].size, axes[1].size),
    )
