"""Whose the ink is: the samples of a network's input parted among peaks, or among themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.drawing import FWHM_C_PPM, FWHM_H_PPM
from nmrcam_qt.core.preprocessing import INK_THRESHOLD
from nmrcam_qt.core.spectrum import Image, freeze
from nmrcam_qt.core.watershed import climb

BLANK, REST = -1, -2
"""Labels of samples without ink, and of ink that belongs to no peak."""
REACH = 1.5
"""Line widths from a peak to ink that surrounds no peak. A drawn peak ends at 1.27."""
FAR_REACH = 3.0
"""The same within ink too large to be a peak (crowded signals, but also frames and streaks), and
from ink to the faint ink around it."""
_LARGEST = 0.25
"""Part of the window's width or height that no single peak has."""
_ALL_JUMPS = 20
"""Doublings that reach the maximum from anywhere in a picture of a million samples."""
_EIGHT = np.ones((3, 3), bool)

Labels = NDArray[np.int32]
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """A partition of the samples of a network's input.

    Parameters
    ----------
    labels : int32 ``(n_f1, n_f2)``
        Whose each sample is: 0 to ``count - 1``, `REST` for ink of nobody, `BLANK` without ink.
    count : int
        Number of regions; some may have no sample.

    Raises
    ------
    ValueError
        If a label is none of these.
    """

    labels: Labels
    count: int

    def __post_init__(self) -> None:
        labels = np.array(self.labels, dtype=np.int32)
        if labels.ndim != 2 or (labels.size and not REST <= labels.min() <= labels.max()):
            raise ValueError("labels of regions are a grid of numbers from -2")
        if labels.size and labels.max() >= self.count:
            raise ValueError(f"label {labels.max()} of {self.count} regions")
        freeze(labels)
        object.__setattr__(self, "labels", labels)

    def cells(self) -> NDArray[np.int64]:
        """Samples of every region, int64 ``(count,)``."""
        return np.bincount(self.labels[self.labels >= 0], minlength=self.count).astype(np.int64)

    def sums(self, values: NDArray[np.floating]) -> Floats:
        """Sum of values ``(n_f1, n_f2)`` over every region, float64 ``(count,)``."""
        mine = self.labels >= 0
        weights = values[mine].astype(np.float64)
        return np.asarray(np.bincount(self.labels[mine], weights, minlength=self.count), np.float64)


def ink_regions(grid: Image) -> Regions:
    """Regions of the ink itself, without a list of peaks: one for each of its maxima.

    A watershed of the ink smoothed over 3 × 3 samples twice (`core.watershed`): lines closer
    than that grow together, so that the middle of a small ring is a maximum. Regions without
    ink above `preprocessing.INK_THRESHOLD` are `REST`: grain of the paper.

    Parameters
    ----------
    grid : float32 ``(n_f1, n_f2)``
        Ink 0..1, as `preprocessing.ink_on_grid` makes it.

    Returns
    -------
    Regions
        In the order of their maxima, row by row.
    """
    found = climb(grid, _ALL_JUMPS)
    flat = grid.reshape(-1)
    top = np.full(grid.size, REST, np.int64)
    top[found.near] = found.top
    inked = np.flatnonzero(flat > 0)
    darkest = np.zeros(grid.size)
    np.maximum.at(darkest, top[inked], flat[inked])
    real = np.flatnonzero(darkest > INK_THRESHOLD)
    number = np.full(grid.size, REST, np.int32)
    number[real] = np.arange(len(real), dtype=np.int32)
    labels = np.full(grid.size, BLANK, np.int32)
    labels[inked] = number[top[inked]]
    return Regions(labels.reshape(grid.shape), len(real))


def peak_regions(grid: Image, f1: Axis, f2: Axis, places: PeakPlaces) -> Regions:
    """Every inked sample of a network's input to the peak that it belongs to.

    Connected ink above `preprocessing.INK_THRESHOLD`, with the holes in it, belongs to the
    peaks that lie in it: a contour ring to the peak in its middle, however large it is. Where
    several do (overlapping peaks, an outer ring around both) they share it, every sample to
    the nearest in units of the line width (`drawing.FWHM_H_PPM` and `FWHM_C_PPM`, or one
    sample where samples are wider). Ink in which no peak lies belongs to the peaks of the ring
    around it, or to the nearest within `REACH`. Fainter ink (soft edges of lines, tails) goes
    with the ink next to it within `FAR_REACH`. Everything else is `REST`.

    A peak outside of the window, or where the input is blank (masked), has no samples, and of
    two peaks at the very same place one has them all.

    Parameters
    ----------
    grid : float32 ``(n_f1, n_f2)``
        Ink 0..1, as `preprocessing.ink_on_grid` makes it.
    f1, f2 : Axis
        ¹³C and ¹H axis of the grid, ascending or descending.
    places : PeakPlaces
        The peaks.

    Returns
    -------
    Regions
        Region i is that of peak i.

    Raises
    ------
    ValueError
        If grid and axes do not fit.
    """
    if grid.shape != (f1.size, f2.size):
        raise ValueError(f"ink {grid.shape} does not match axes ({f1.size}, {f2.size})")
    peaks = _Peaks.seen(f1, f2, places)
    labels = np.where(grid > 0, REST, BLANK).astype(np.int32)
    if len(peaks.number):
        _share_parts(labels, grid > INK_THRESHOLD, peaks)
        _share_faint(labels, grid, peaks)
    return Regions(labels, len(places))


@dataclass(frozen=True, slots=True, eq=False)
class _Peaks:
    """Peaks in the window, and line widths as the unit of distances.

    Parameters
    ----------
    number : intp ``(n,)``
        In the list of all peaks.
    row, column : intp ``(n,)``
        The sample whose extent holds the peak.
    place : float64 ``(n, 2)``
        ¹³C and ¹H shift over the line width.
    grid_c, grid_h : float64
        The same for the rows and columns of samples.
    """

    number: Ints
    row: Ints
    column: Ints
    place: Floats
    grid_c: Floats
    grid_h: Floats

    @classmethod
    def seen(cls, f1: Axis, f2: Axis, places: PeakPlaces) -> _Peaks:
        """Those whose shifts lie in the window."""
        c_unit, h_unit = max(FWHM_C_PPM, abs(f1.step)), max(FWHM_H_PPM, abs(f2.step))
        cells = [
            (i, row, column)
            for i, (c, h) in enumerate(
                zip(places.c_ppm.tolist(), places.h_ppm.tolist(), strict=True)
            )
            if (row := f1.cell(c)) is not None and (column := f2.cell(h)) is not None
        ]
        number, rows, columns = np.array(cells, np.intp).reshape(-1, 3).T
        place = np.stack([places.c_ppm[number] / c_unit, places.h_ppm[number] / h_unit], axis=1)
        return cls(number, rows, columns, place, f1.centres / c_unit, f2.centres / h_unit)

    def nearest(self, which: Ints, rows: Ints, columns: Ints, reach: float) -> Ints:
        """The nearest of some peaks to each sample, -1 where none is within reach."""
        from scipy.spatial import cKDTree

        at = np.stack([self.grid_c[rows], self.grid_h[columns]], axis=1)
        _, found = cKDTree(self.place[which]).query(at, distance_upper_bound=reach * (1 + 1e-9))
        return np.asarray(np.append(which, -1)[found])


def _share_parts(labels: Labels, solid: Bools, peaks: _Peaks) -> None:
    """Connected ink to the peaks within it, the outermost first."""
    from scipy.ndimage import find_objects, label

    parts, _ = label(solid, _EIGHT)
    boxes = find_objects(parts)
    around = np.zeros(solid.shape, np.int32)
    owners: dict[int, Ints] = {0: np.arange(len(peaks.number))}
    # A dithered picture has thousands of parts without a peak: they are shared out together.
    orphans: dict[tuple[int, float], list[tuple[Ints, Ints]]] = {}
    for i in sorted(range(1, len(boxes) + 1), key=lambda i: -_area(boxes[i - 1])):
        rows, columns = boxes[i - 1]
        own = parts[rows, columns] == i
        at_rows, at_columns = np.nonzero(own)
        samples = at_rows + rows.start, at_columns + columns.start
        outer = int(around[samples[0][0], samples[1][0]])
        near = _near((rows, columns), peaks)
        hull = _hull(own, (rows, columns), solid.shape) if len(near) else own
        inside = _inside(hull, (rows, columns), peaks, near)
        large = any(n > _LARGEST * of for n, of in zip(own.shape, solid.shape, strict=True))
        if not len(inside):
            reach = REACH if large or outer == 0 else np.inf
            orphans.setdefault((outer, reach), []).append(samples)
            continue
        _give(labels, peaks, inside, samples, FAR_REACH if large else np.inf)
        if not large:
            owners[i] = inside
            around[rows, columns][hull] = i
    for (outer, reach), some in orphans.items():
        every = np.concatenate([r for r, _ in some]), np.concatenate([c for _, c in some])
        _give(labels, peaks, owners[outer], every, reach)


def _give(
    labels: Labels, peaks: _Peaks, which: Ints, samples: tuple[Ints, Ints], reach: float
) -> None:
    """Samples to the nearest of some peaks, to nobody where none is within reach."""
    labels[samples] = np.append(peaks.number, REST)[peaks.nearest(which, *samples, reach)]


def _area(box: tuple[slice, slice]) -> int:
    return int((box[0].stop - box[0].start) * (box[1].stop - box[1].start))


def _hull(own: Bools, box: tuple[slice, slice], shape: tuple[int, ...]) -> Bools:
    """Ink with its holes; a ring that the window cuts is closed along the window's edge."""
    from scipy.ndimage import binary_fill_holes

    closed = own.copy()
    edges = (
        (closed[0], box[0].start == 0),
        (closed[-1], box[0].stop == shape[0]),
        (closed[:, 0], box[1].start == 0),
        (closed[:, -1], box[1].stop == shape[1]),
    )
    for line, at_edge in edges:
        if at_edge:
            inked = np.flatnonzero(line)
            line[inked[0] : inked[-1] + 1] = True
    return np.asarray(binary_fill_holes(closed))


def _near(box: tuple[slice, slice], peaks: _Peaks) -> Ints:
    """The peaks in a box or on a sample next to it: lists are not exact to the sample."""
    rows, columns = box
    found = (peaks.row >= rows.start - 1) & (peaks.row <= rows.stop)
    found &= (peaks.column >= columns.start - 1) & (peaks.column <= columns.stop)
    return np.flatnonzero(found)


def _inside(hull: Bools, box: tuple[slice, slice], peaks: _Peaks, near: Ints) -> Ints:
    """Those of the peaks near a hull's box that are in the hull or on a sample next to it."""
    from scipy.ndimage import binary_dilation

    if not len(near):
        return near
    row, column = peaks.row[near] - box[0].start + 1, peaks.column[near] - box[1].start + 1
    wide = binary_dilation(np.pad(hull, 1), _EIGHT)
    return np.asarray(near[wide[row, column]])


def _share_faint(labels: Labels, grid: Image, peaks: _Peaks) -> None:
    """Faint ink to the owner of the ink next to it, else to the nearest peak."""
    from scipy.ndimage import distance_transform_edt

    solid = grid > INK_THRESHOLD
    rows, columns = np.nonzero((grid > 0) & ~solid)
    if not len(rows):
        return
    found = peaks.nearest(np.arange(len(peaks.number)), rows, columns, REACH)
    mine = np.append(peaks.number, REST)[found]
    if solid.any():
        units = [
            abs(float(g[-1] - g[0])) / max(len(g) - 1, 1) or 1.0
            for g in (peaks.grid_c, peaks.grid_h)
        ]
        away, (near_row, near_column) = distance_transform_edt(
            ~solid, sampling=units, return_indices=True
        )
        close = away[rows, columns] <= FAR_REACH
        mine = np.where(close, labels[near_row, near_column][rows, columns], mine)
    labels[rows, columns] = mine
