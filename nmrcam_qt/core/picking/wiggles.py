"""What strong lines leave about them: side lobes, ghosts in their column and row, feet."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.picking.found import Flags, Floats, Found
from nmrcam_qt.core.picking.levels import Levels
from nmrcam_qt.core.picking.smoothing import LineWidths

_REACH = 80.0
"""Line widths from the line: a hundredth of it is left after 26."""
_ENVELOPE = 0.45
"""Height of the lobes of a sinc d line widths away is 0.264/d of the line; the rest is
for noise and for how well widths of two or three points are known."""
_GHOST, _FOOT = 0.006, 0.015
"""Parts of the height of a line below which a peak in its column or row, and one at its
foot, is of its making (imperfect pulses, shim, phase), however far above the noise. Of
estragole's HSQC (S/N 27,000) nine of ten picks were such."""
_FOOT_DOWN, _FOOT_ACROSS = 6.0, 12.0
"""Line widths that the foot reaches."""
_DIP, _DIP_DOWN, _DIP_ACROSS = 0.3, 0.4, 3.5
"""Part of the line's height, and line widths: 35 degrees of phase make a dip of 0.3."""
_ALIKE = 2.5
_SAME_COLUMN = 0.6
_MISSHAPEN, _BESIDE = 0.06, 4.0
"""Part of the height of a line of its column, and F1 line widths from it, within which a peak
that is not as wide as lines are is the trough or the tail that its phase leaves there."""
_NARROW, _WIDE = 0.4, 2.5
"""Widths along F1 over that of lines, beyond which it is none."""


def wiggles(found: Found, levels: Levels, widths: LineWidths) -> Flags:
    """Which peaks are lobes of a stronger line of the same ¹H shift.

    A lobe lies beneath the envelope of a sinc, and at the mirrored place on the other side
    of the line there is another one of the same sign and about the same height. Both
    together no weak peak beside a strong one has, but by chance.

    Parameters
    ----------
    found : Found
        Strongest first.
    levels : Levels
        The filtered spectrum.
    widths : LineWidths
        Typical ones.
    """
    lobe = np.zeros(len(found), bool)
    at = np.rint(found.row).astype(np.intp), np.rint(found.column).astype(np.intp)
    size = np.abs(levels.image[at]).astype(np.float64)  # lobes are too narrow for heights
    for j in range(1, len(found)):
        away = found.row[:j] - found.row[j]
        near = _in_column(found.column[:j], found.column[j], widths)
        distance = np.abs(away) / np.maximum(found.down[:j], max(widths.down, 1.0))
        near &= (distance > 0.8) & (distance < _REACH)
        near &= size[j] < _ENVELOPE * size[:j] / np.maximum(distance, 0.8)
        near &= ~lobe[:j]
        for i in np.flatnonzero(near):
            if _mirrored(found, levels, int(i), j):
                lobe[j] = True
                break
    return lobe


def shadows(found: Found, widths: LineWidths) -> Flags:
    """Which peaks are next to nothing beside a line of their column, row or place.

    Parameters
    ----------
    found : Found
        Strongest first.
    widths : LineWidths
        Typical ones.
    """
    size = np.abs(found.height)
    shadow = np.zeros(len(found), bool)
    for i in range(len(found)):
        weaker = size < _FOOT * size[i]
        if not weaker.any():
            break
        down, across = _away(found, i, widths)
        shadow |= weaker & (down < _FOOT_DOWN) & (across < _FOOT_ACROSS)
        shadow |= (size < _GHOST * size[i]) & ((down < 1) | (across < 1))
    return shadow


def misshapen(found: Found, widths: LineWidths) -> Flags:
    """Which peaks are the tail of a stronger line of their column: of no line's width along F1.

    Linear phases and few increments leave tails on one side only, which no mirror tells;
    their summits are much wider or narrower than those of lines, which all have the width
    that the window function gives them.

    Parameters
    ----------
    found : Found
        Strongest first.
    widths : LineWidths
        Typical ones.
    """
    size = np.abs(found.height)
    typical = max(widths.down, 1.0)
    odd = (found.down > _WIDE * typical) | (found.down < _NARROW * typical)
    tail = np.zeros(len(found), bool)
    for i in np.flatnonzero(~odd):
        near = _away(found, int(i), widths)[0] < _BESIDE
        near &= _in_column(found.column, found.column[i], widths)
        tail |= odd & near & (size < _MISSHAPEN * size[i])
    return tail


def phase_errors(found: Found, widths: LineWidths) -> Flags:
    """Which peaks are the dip beside a line that a wrong phase along ¹H makes.

    Of the other sign, beside the line along ¹H at its very ¹³C shift, and a part of it.

    Parameters
    ----------
    found : Found
        Strongest first.
    widths : LineWidths
        Typical ones.
    """
    size = np.abs(found.height)
    dip = np.zeros(len(found), bool)
    for i in range(len(found)):
        down, across = _away(found, i, widths)
        near = (down < _DIP_DOWN) & (across < _DIP_ACROSS)
        dip |= near & (found.height * found.height[i] < 0) & (size < _DIP * size[i])
    return dip


def _away(found: Found, i: int, widths: LineWidths) -> tuple[Floats, Floats]:
    """Distances of all peaks from one, line widths down and across."""
    down = np.abs(found.row - found.row[i]) / max(widths.down, 1.0)
    across = np.abs(found.column - found.column[i]) / max(widths.across, 1.0)
    return down, across


def _in_column(columns: Floats, at: float, widths: LineWidths) -> Flags:
    """Which columns are the same: within a point, or most of half a line width, of each other."""
    return np.abs(columns - at) <= max(1.0, _SAME_COLUMN * widths.across)


def _mirrored(found: Found, levels: Levels, i: int, j: int) -> bool:
    """Whether the line `i` has on its other side what it has at `j`."""
    n = levels.image.shape[0]
    row, column = round(2 * found.row[i] - found.row[j]), round(found.column[j])
    here = levels.image[round(found.row[j]), column]
    # Fourier transforms are periodic: what leaves on one side comes in on the other.
    there = levels.image[np.arange(row - 1, row + 2) % n, column] * np.sign(here)
    return bool(abs(here) / _ALIKE <= there.max() <= abs(here) * _ALIKE)
