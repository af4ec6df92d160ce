"""Peaks of pictures: the middles of contour rings, filled blobs, and lobes grown together."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.picking.found import Found
from nmrcam_qt.core.picking.settings import PickSettings, Signs
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image

INKED = 0.16
"""Part of the darkest ink from which a pixel belongs to a line."""
_LINE = 3.2
"""Pixels that a drawn line is wide with its soft edges."""
_MIN_DEPTH = 1.5
"""Pixels to the rim of a lobe of its own: a bulge of one pixel is how lines are drawn."""
_LOBE_APART, _LOBE_REST = 0.7, 2.5
"""A lobe is a peak of its own so many of its own depths and pixels off all others."""
_LARGEST = 0.25
"""Part of the picture's width and height that no peak has: frames and streaks have."""
_MOST_PARTS = 3_000
_EIGHT = np.ones((3, 3), int)
_FOUR = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]])

Labels = NDArray[np.int32]
Slices = tuple[slice, slice]


@dataclass(frozen=True, slots=True)
class _Parts:
    """Connected ink (8 neighbours) and connected paper (4 neighbours) with their boxes.

    `paper` has a margin of one pixel around the picture, so that all outside is one part.
    """

    ink: Labels
    ink_boxes: list[Slices]
    paper: Labels
    paper_boxes: list[Slices]

    @property
    def outside(self) -> int:
        """Label of the paper around everything."""
        return int(self.paper[0, 0])


def pick_rings(ink: Image, settings: PickSettings, progress: Progress = SILENT) -> Found:
    """Peaks of a picture of contours.

    A peak is a hole in the ink with nothing in it (the middle of the innermost ring), ink
    without a hole (a blob, also one within a ring), or a lobe of ink grown together that
    has neither. Heights are the ink's, volumes its sum. Contours of the two signs are looked
    at apart: they touch everywhere, and what is drawn over the other is one thing in grey.

    Parameters
    ----------
    ink : float32 ``(n_f1, n_f2)``
        -1..1; negative where the reader found a second colour.
    settings : PickSettings
        Of which `min_relative` and `min_height` count, as parts of the darkest ink of a
        colour and as ink, `max_peaks`, and `signs` where the picture has two.
    progress : Progress
        Told what is done.

    Returns
    -------
    Found
        Largest first.
    """
    zero = np.float32(0)
    if float(ink.min(initial=0.0)) >= 0:
        found = _of_one_colour(ink, settings, progress)
    else:
        found = Found.none()
        for sign in (1, -1):
            if settings.signs in (Signs.BOTH, Signs.POSITIVE if sign > 0 else Signs.NEGATIVE):
                one = _of_one_colour(np.maximum(sign * ink, zero), settings, progress)
                one = replace(one, height=sign * one.height, volume=sign * one.volume)
                found = found.joined(one)
    largest = np.argsort(-found.down * found.across, kind="stable")
    return found.take(largest[: settings.max_peaks])


def _of_one_colour(ink: Image, settings: PickSettings, progress: Progress) -> Found:
    """Peaks of contours of one sign, from their ink 0..1."""
    progress.step(0, 3, "contours")
    top = float(ink.max(initial=0.0))
    if top <= 0 or ink.min() == top:
        return Found.none()
    part = max(INKED, settings.min_relative)
    parts = _parts(ink > max(part * top, settings.min_height or 0.0))
    progress.step(1, 3, "rings")
    leaves = _leaves(ink, parts)
    progress.step(2, 3, "lobes")
    spots = _with_lobes(parts, leaves, ink.shape, progress)
    progress.step(3, 3)
    if not spots:
        return Found.none()
    return _found(ink, spots, settings.max_peaks)


def _parts(inked: NDArray[np.bool_]) -> _Parts:
    from scipy.ndimage import find_objects, label

    inked = _without_specks(inked, _EIGHT)
    inked = ~_without_specks(~inked, _FOUR)
    ink, _ = label(inked, _EIGHT)
    paper, _ = label(np.pad(~inked, 1, constant_values=True), _FOUR)
    return _Parts(ink, find_objects(ink), paper, find_objects(paper))


def _without_specks(pixels: NDArray[np.bool_], neighbours: NDArray[np.int_]) -> NDArray[np.bool_]:
    """The largest connected parts; a scan's grain has more than any spectrum has peaks."""
    from scipy.ndimage import label

    labels, n = label(pixels, neighbours)
    if n <= _MOST_PARTS:
        return pixels
    area = np.bincount(labels.reshape(-1), minlength=n + 1)
    area[0] = 0
    keep = np.zeros(n + 1, bool)
    keep[np.argsort(-area, kind="stable")[:_MOST_PARTS]] = True
    return np.asarray(keep[labels])


@dataclass(frozen=True, slots=True)
class _Spot:
    """A peak in pixels; `owner` is the connected ink that it lies in or is."""

    row: float
    column: float
    down: float
    across: float
    owner: int


def _leaves(ink: Image, parts: _Parts) -> list[_Spot]:
    """Holes without ink in them, and ink without holes."""
    around = [_paper_around(parts, i) for i in range(1, len(parts.ink_boxes) + 1)]
    filled = set(around)
    owners: dict[int, int] = {}
    for j, box in enumerate(parts.paper_boxes, start=1):
        if j != parts.outside:
            owners[j] = _ink_around(parts, j, box)
    ringed = set(owners.values())
    holes = [_hole(parts, j, owner) for j, owner in owners.items() if j not in filled]
    spots = _single_holes(holes)
    spots += [_blob(ink, parts, i) for i in range(1, len(parts.ink_boxes) + 1) if i not in ringed]
    return spots


class _Crowd:
    """Places that are taken; room for a number of them."""

    def __init__(self, room: int) -> None:
        self._places = np.empty((room, 2))
        self._n = 0

    def add(self, spot: _Spot) -> None:
        """Take the place of a spot."""
        self._places[self._n] = spot.row, spot.column
        self._n += 1

    def distance(self, spot: _Spot) -> float:
        """From a spot to the next place that is taken, pixels; infinite where none is."""
        away = self._places[: self._n] - (spot.row, spot.column)
        return float(np.sqrt((away**2).sum(axis=1).min(initial=np.inf)))


def _single_holes(holes: list[_Spot]) -> list[_Spot]:
    """Of holes of one ink closer than a drawn line is wide the largest.

    Between the lines of steep contours paper shows through in specks.
    """
    made: list[_Spot] = []
    counts: dict[int, int] = {}
    for hole in holes:
        counts[hole.owner] = counts.get(hole.owner, 0) + 1
    taken = {owner: _Crowd(n) for owner, n in counts.items()}
    for hole in sorted(holes, key=lambda s: -s.down * s.across):
        if taken[hole.owner].distance(hole) > _LINE:
            taken[hole.owner].add(hole)
            made.append(hole)
    return made


def _paper_around(parts: _Parts, i: int) -> int:
    """The paper above the topmost pixel of ink `i`."""
    rows, columns = parts.ink_boxes[i - 1]
    first = int(np.argmax(parts.ink[rows.start, columns] == i)) + columns.start
    return int(parts.paper[rows.start, first + 1])


def _ink_around(parts: _Parts, j: int, box: Slices) -> int:
    """The ink above the topmost pixel of the hole `j`."""
    rows, columns = box
    first = int(np.argmax(parts.paper[rows.start, columns] == j)) + columns.start
    return int(parts.ink[rows.start - 2, first - 1])


def _hole(parts: _Parts, j: int, owner: int) -> _Spot:
    rows, columns = parts.paper_boxes[j - 1]
    at = np.argwhere(parts.paper[rows, columns] == j).mean(axis=0)
    size = (rows.stop - rows.start + 2, columns.stop - columns.start + 2)
    return _Spot(at[0] + rows.start - 1, at[1] + columns.start - 1, *size, owner)


def _blob(ink: Image, parts: _Parts, i: int) -> _Spot:
    rows, columns = parts.ink_boxes[i - 1]
    weight = np.where(parts.ink[rows, columns] == i, ink[rows, columns], 0.0)
    total = float(weight.sum())
    row = float(weight.sum(axis=1) @ np.arange(weight.shape[0])) / total
    column = float(weight.sum(axis=0) @ np.arange(weight.shape[1])) / total
    size = (float(rows.stop - rows.start), float(columns.stop - columns.start))
    return _Spot(row + rows.start, column + columns.start, *size, i)


def _with_lobes(
    parts: _Parts, leaves: list[_Spot], shape: tuple[int, ...], progress: Progress
) -> list[_Spot]:
    """The leaves and the lobes of what has grown together; frames and streaks go."""
    most = (_LARGEST * shape[0], _LARGEST * shape[1])
    spots: dict[int, list[_Spot]] = {}
    tops = _outermost(parts, most)
    for spot in leaves:
        if spot.down <= most[0] and spot.across <= most[1]:
            spots.setdefault(tops[spot.owner - 1], []).append(spot)
    made: list[_Spot] = []
    for n, (i, own) in enumerate(spots.items()):
        if n % 100 == 0:
            progress.step(2, 3, "lobes")
        lobes = _lobes(parts, i) if i else []
        single = len(own) == 1 and own[0].owner == i and len(lobes) > 1
        # The middle of a blob of several lobes is none of them.
        made += lobes if single and _is_blob(parts, own[0], i) else [*own, *_apart(lobes, own)]
    return made


def _outermost(parts: _Parts, most: tuple[float, float]) -> list[int]:
    """For every connected ink the outermost around it that is no frame, 0 for frames."""
    around = [_paper_around(parts, i) for i in range(1, len(parts.ink_boxes) + 1)]
    owners = {
        j: _ink_around(parts, j, box)
        for j, box in enumerate(parts.paper_boxes, start=1)
        if j != parts.outside
    }
    frames = {
        i
        for i, (rows, columns) in enumerate(parts.ink_boxes, start=1)
        if rows.stop - rows.start > most[0] or columns.stop - columns.start > most[1]
    }
    tops = []
    for i in range(1, len(parts.ink_boxes) + 1):
        top = i
        while (above := owners.get(around[top - 1], 0)) and above not in frames:
            top = above
        tops.append(0 if top in frames else top)
    return tops


def _is_blob(parts: _Parts, spot: _Spot, i: int) -> bool:
    """Whether a spot is the ink itself and no hole in it."""
    rows, columns = parts.ink_boxes[i - 1]
    size = (float(rows.stop - rows.start), float(columns.stop - columns.start))
    return (spot.down, spot.across) == size


def _lobes(parts: _Parts, i: int) -> list[_Spot]:
    """Where the filled silhouette of connected ink is locally thickest, thickest first."""
    from scipy.ndimage import binary_fill_holes, distance_transform_edt, label, maximum_filter

    rows, columns = parts.ink_boxes[i - 1]
    shape = binary_fill_holes(parts.ink[rows, columns] == i)
    depth = distance_transform_edt(np.pad(shape, 1))[1:-1, 1:-1]
    tops = (maximum_filter(depth, 3) == depth) & (depth >= _MIN_DEPTH)
    groups, n = label(tops, _EIGHT)
    at = np.argwhere(tops)
    group = groups[tops] - 1
    count = np.maximum(np.bincount(group, minlength=n), 1)
    places = np.stack([np.bincount(group, at[:, k], n) / count for k in (0, 1)], axis=1)
    deep = np.zeros(n)
    np.maximum.at(deep, group, depth[tops])
    lobes = [
        _Spot(places[k, 0] + rows.start, places[k, 1] + columns.start, 2 * size, 2 * size, i)
        for k in np.argsort(-deep, kind="stable")
        for size in [float(deep[k])]
    ]
    return _apart(lobes, [])


def _apart(lobes: list[_Spot], others: list[_Spot]) -> list[_Spot]:
    """The lobes that lie off all others and off each other, in their order."""
    taken = _Crowd(len(lobes) + len(others))
    for other in others:
        taken.add(other)
    made = []
    for lobe in lobes:
        if taken.distance(lobe) >= _LOBE_APART * lobe.down / 2 + _LOBE_REST:
            taken.add(lobe)
            made.append(lobe)
    return made


def _found(ink: Image, spots: list[_Spot], most: int) -> Found:
    """The largest spots; heights are the darkest ink about them."""
    area = np.array([s.down * s.across for s in spots])
    order = np.argsort(-area, kind="stable")[:most]
    spots = [spots[k] for k in order]
    values = [_ink_about(ink, s) for s in spots]
    return Found(
        np.array([s.row for s in spots]),
        np.array([s.column for s in spots]),
        np.array([v[0] for v in values]),
        np.array([s.down for s in spots]),
        np.array([s.across for s in spots]),
        np.array([v[1] for v in values]),
        np.zeros(len(spots), bool),
    )


def _ink_about(ink: Image, spot: _Spot) -> tuple[float, float]:
    """Darkest and summed ink of the box of a spot."""
    half_down, half_across = max(spot.down / 2, 1.0), max(spot.across / 2, 1.0)
    rows = slice(max(round(spot.row - half_down), 0), round(spot.row + half_down) + 1)
    columns = slice(max(round(spot.column - half_across), 0), round(spot.column + half_across) + 1)
    box = ink[rows, columns]
    return float(box.max()), float(box.sum(dtype=np.float64))
