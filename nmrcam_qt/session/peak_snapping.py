"""What a click near a signal means: the place itself, its summit, the middle of its rings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.session.peak_editing import Place

_MOST_STEPS = 200
_RING_PX = 120
"""Of a picture around a click: far more than a signal with all its rings."""


def exact(image: Image, f1: Axis, f2: Axis, h_ppm: float, c_ppm: float) -> Place:
    """A place as it is, with the intensity of its cell; 0 outside."""
    row, column = f1.cell(c_ppm), f2.cell(h_ppm)
    inside_ = row is not None and column is not None
    return Place(h_ppm, c_ppm, float(image[row, column]) if inside_ else 0.0)


def snapped(
    image: Image,
    f1: Axis,
    f2: Axis,
    h_ppm: float,
    c_ppm: float,
    h_reach: float,
    c_reach: float,
) -> Place:
    """The summit that a click means: a strong one near it, else the next one uphill.

    Parameters
    ----------
    image : float32 ``(f1.size, f2.size)``
        Signed intensity; summits of its magnitude are looked for.
    f1, f2 : Axis
        Its ¹³C and ¹H axis.
    h_ppm, c_ppm : float
        Where the user clicked, ppm.
    h_reach, c_reach : float
        How far from there to look, ppm; one point in every direction at least.

    Returns
    -------
    Place
        Between the points, by a parabola on each axis. Where there is nothing (outside, or
        no intensity within reach) the place as it is.
    """
    start = exact(image, f1, f2, h_ppm, c_ppm)
    row, column = f1.cell(c_ppm), f2.cell(h_ppm)
    if row is None or column is None:
        return start
    rows, columns = _window(row, f1, c_reach), _window(column, f2, h_reach)
    part = np.abs(image[rows, columns])
    if not part.max(initial=0.0) > 0:
        return start
    # The nearer of two equal ones; a summit at the rim counts half.
    down = (np.arange(rows.start, rows.stop) - row) / max(row - rows.start, rows.stop - 1 - row, 1)
    across = np.arange(columns.start, columns.stop) - column
    across = across / max(column - columns.start, columns.stop - 1 - column, 1)
    weight = 1 - np.minimum(down[:, None] ** 2 + across[None, :] ** 2, 1.0) / 2
    summits = _is_summit(image, rows, columns)
    worth = np.where(summits, part * weight, 0.0) if summits.any() else part
    best = np.unravel_index(int(worth.argmax()), worth.shape)
    at = _climbed(image, (rows.start + int(best[0]), columns.start + int(best[1])))
    row_shift, column_shift = _vertex(image[:, at[1]], at[0]), _vertex(image[at[0]], at[1])
    return Place(
        float(f2.ppm(at[1] + column_shift)), float(f1.ppm(at[0] + row_shift)), float(image[at])
    )


def ring_middle(
    image: Image,
    f1: Axis,
    f2: Axis,
    h_ppm: float,
    c_ppm: float,
    h_reach: float,
    c_reach: float,
) -> Place | None:
    """The middle of the contour rings that a click in a picture means; as `snapped`.

    Returns
    -------
    Place or None
        None where no ring or blob lies within reach, or under the click.
    """
    from nmrcam_qt.core.picking.rings import pick_rings  # scipy: not for the first paint
    from nmrcam_qt.core.picking.settings import PickSettings

    row, column = f1.cell(c_ppm), f2.cell(h_ppm)
    if row is None or column is None or f1.size < 2 or f2.size < 2:
        return None
    top, left = max(0, row - _RING_PX), max(0, column - _RING_PX)
    part = image[top : row + _RING_PX + 1, left : column + _RING_PX + 1]
    found = pick_rings(part, PickSettings())
    if not len(found):
        return None
    rows, columns = found.row + top, found.column + left
    # Within reach, or inside the signal where that is larger on the screen.
    down = np.maximum(c_reach / abs(f1.step), found.down / 2)
    across = np.maximum(h_reach / abs(f2.step), found.across / 2)
    distance = np.hypot(
        (rows - f1.index(c_ppm)) / np.maximum(down, 1),
        (columns - f2.index(h_ppm)) / np.maximum(across, 1),
    )
    best = int(distance.argmin())
    if distance[best] > 1.0:
        return None
    h_found, c_found = float(f2.ppm(columns[best])), float(f1.ppm(rows[best]))
    return Place(h_found, c_found, float(found.height[best]))


def _window(at: int, axis: Axis, reach_ppm: float) -> slice:
    """Points within reach, at least the neighbours."""
    count = max(1, int(reach_ppm / abs(axis.step))) if axis.step else 0
    return slice(max(0, at - count), min(axis.size, at + count + 1))


def _is_summit(image: Image, rows: slice, columns: slice) -> NDArray[np.bool_]:
    """Which points of a window are higher than all around them, in magnitude; bool."""
    wide = _padded(image, rows, columns)
    height, width = rows.stop - rows.start, columns.stop - columns.start
    middle = wide[1:-1, 1:-1]
    found: NDArray[np.bool_] = middle > 0
    for down in range(3):
        for across in range(3):
            if (down, across) != (1, 1):
                found &= middle >= wide[down : down + height, across : across + width]
    return found


def _padded(image: Image, rows: slice, columns: slice) -> Image:
    """The magnitude in a window and one point around it; 0 beyond the image."""
    made = np.zeros((rows.stop - rows.start + 2, columns.stop - columns.start + 2), np.float32)
    top, left = max(0, rows.start - 1), max(0, columns.start - 1)
    part = np.abs(image[top : rows.stop + 1, left : columns.stop + 1])
    down, across = top - rows.start + 1, left - columns.start + 1
    made[down : down + part.shape[0], across : across + part.shape[1]] = part
    return made


def _climbed(image: Image, at: tuple[int, int]) -> tuple[int, int]:
    """The next summit uphill, of the sign of the start."""
    sign = 1.0 if image[at] >= 0 else -1.0
    for _ in range(_MOST_STEPS):
        top, left = max(0, at[0] - 1), max(0, at[1] - 1)
        around = sign * image[top : at[0] + 2, left : at[1] + 2]
        best = np.unravel_index(int(around.argmax()), around.shape)
        higher = (top + int(best[0]), left + int(best[1]))
        if not sign * image[higher] > sign * image[at]:
            break
        at = higher
    return at


def _vertex(line: Image, at: int) -> float:
    """How far the summit of the parabola through a point and its neighbours is from it."""
    if not 0 < at < len(line) - 1:
        return 0.0
    before, middle, after = (float(value) for value in line[at - 1 : at + 2])
    bend = before - 2 * middle + after
    if bend == 0:
        return 0.0
    return float(np.clip((before - after) / (2 * bend), -0.5, 0.5))
