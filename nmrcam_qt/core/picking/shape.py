"""Sub-point positions, widths and volumes of summits."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.picking.found import Flags, Floats, Found, Ints
from nmrcam_qt.core.picking.levels import Levels
from nmrcam_qt.core.picking.smoothing import Smoothed, crossings
from nmrcam_qt.core.spectrum import Image

_NARROWEST = 0.3
"""Of the width of the filter: a line that seems narrower is so by noise."""


def measured(
    image: Image, filtered: Smoothed, levels: Levels, rows: Ints, columns: Ints, doubtful: Flags
) -> Found:
    """Positions, heights, widths and volumes of summits of the filtered spectrum.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Before filtering; volumes are its sums.
    filtered, levels : Smoothed, Levels
        The filtered spectrum.
    rows, columns : int ``(n,)``
        Summits.
    doubtful : bool ``(n,)``
        Carried along.
    """
    size = np.abs(levels.image)
    down, gain_down = vertex(size, rows, columns, 0)
    across, gain_across = vertex(size, rows, columns, 1)
    wide = [np.nan_to_num(crossings(size, rows, columns, axis)) for axis in (0, 1)]
    kept = np.ones(len(rows))
    widths = []
    for seen, kernel in zip(wide, (filtered.kernel.down, filtered.kernel.across), strict=True):
        own = np.sqrt(np.maximum(seen**2 - kernel**2, (_NARROWEST * kernel) ** 2))
        kept *= np.where(seen > 0, own / np.hypot(own, kernel) if kernel else 1.0, 1.0)
        widths.append(np.where(seen > 0, own, 0.0))
    kept = np.clip(kept, 0.8 * filtered.kept, 1.0)
    signs = np.sign(levels.image[rows, columns])
    height = signs * size[rows, columns] * gain_down * gain_across / kept
    volume = boxed_volumes(image, rows, columns, widths[0], widths[1])
    return Found(rows + down, columns + across, height, widths[0], widths[1], volume, doubtful)


def vertex(size: Image, rows: Ints, columns: Ints, axis: int) -> tuple[Floats, Floats]:
    """Where the parabola through a summit and its two neighbours has its vertex.

    Of the logarithms, which is exact for a Gaussian, where all three are positive; no line
    reaches beyond the points beside it, so the vertex lies within half a point.

    Returns
    -------
    offset, gain : float64 ``(n,)``
        Points from the summit; height of the vertex over that of the summit. 0 and 1 at
        the border.
    """
    at, last = (rows, size.shape[0] - 1) if axis == 0 else (columns, size.shape[1] - 1)
    inner = (at > 0) & (at < last)
    before, after = np.maximum(at - 1, 0), np.minimum(at + 1, last)
    middle = size[rows, columns].astype(np.float64)
    if axis == 0:
        left, right = size[before, columns], size[after, columns]
    else:
        left, right = size[rows, before], size[rows, after]
    left, right = left.astype(np.float64), right.astype(np.float64)
    logs = (left > 0) & (right > 0) & (middle > 0)
    a, b, c = (np.where(logs, np.log(np.where(logs, v, 1.0)), v) for v in (left, middle, right))
    bend = a - 2 * b + c
    good = inner & (bend < 0)
    safe = np.where(good, bend, -1.0)
    offset = np.where(good, np.clip(0.5 * (a - c) / safe, -0.5, 0.5), 0.0)
    rise = np.where(good, -0.25 * (a - c) * offset, 0.0)
    gain = np.where(logs, np.exp(np.minimum(rise, 0.7)), 1 + rise / np.where(middle > 0, middle, 1))
    return offset, gain


def boxed_volumes(image: Image, rows: Ints, columns: Ints, down: Floats, across: Floats) -> Floats:
    """Sums over boxes that reach one line width from each summit, float64 ``(n,)``."""
    made = np.empty(len(rows))
    half_down = np.maximum(1, np.rint(down)).astype(int)
    half_across = np.maximum(1, np.rint(across)).astype(int)
    for i, (r, c, d, a) in enumerate(zip(rows, columns, half_down, half_across, strict=True)):
        box = image[max(r - d, 0) : r + d + 1, max(c - a, 0) : c + a + 1]
        made[i] = box.sum(dtype=np.float64)
    return made
