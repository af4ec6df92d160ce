"""Lines that have grown together: what the filtered and the sharpened spectrum show."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.picking.found import Flags, Ints
from nmrcam_qt.core.picking.levels import Levels
from nmrcam_qt.core.picking.smoothing import LineWidths, Sharpened

Summits = tuple[Ints, Ints]
_SAME, _APART, _NEAR = 0.35, 0.55, 3.0
"""Line widths within which two summits are one, beyond which they are two, and within
which one can be the shoulder of another."""
_BEND = 0.25
"""Of its height a line must be bent down along both axes: its summit is by all of it, the
foot of another line, which makes a summit of its own beyond the rim, is bent up."""


def bent(levels: Levels, sharp: Sharpened, summits: Summits) -> Flags:
    """Which summits are bent down along both axes as a line is, bool ``(n,)``."""
    height = levels.image[summits].astype(np.float64)
    good = np.ones(len(height), bool)
    for bend in sharp.bend:
        if bend is not None:
            good &= -bend[summits] * np.sign(height) >= _BEND * np.abs(height)
    return good


def joined(plain: Summits, sharp: Summits, widths: LineWidths) -> tuple[Ints, Ints, Flags]:
    """Summits of the filtered and of the sharpened spectrum as one set.

    What is seen in both is where the filtered one has it, which knows it best. A summit of
    the sharpened one alone is a line on the shoulder of another; where the filtered one
    shows one summit between two of the sharpened one, the two count.

    Returns
    -------
    rows, columns : int ``(n,)``
        Positions.
    sharp : bool ``(n,)``
        Whether seen in the sharpened spectrum alone.
    """
    from scipy.spatial import cKDTree

    rows, columns = plain
    if not len(sharp[0]) or not len(rows):
        return rows, columns, np.zeros(len(rows), bool)
    unit = np.array([max(widths.down, 1.0), max(widths.across, 1.0)])
    tree = cKDTree(np.stack(plain, 1) / unit)
    distance, nearest = tree.query(np.stack(sharp, 1) / unit)
    same = distance < _SAME
    met = np.zeros(len(rows), bool)
    met[nearest[same]] = True
    around = np.bincount(nearest[~same & (distance < 1)], minlength=len(rows))
    keep = met | (around < 2)
    # Closer to a summit that counts it is the same peak; far from all it is noise.
    own = ~same & ((distance >= _APART) | ~keep[nearest]) & (distance < _NEAR)
    return (
        np.concatenate([rows[keep], sharp[0][own]]),
        np.concatenate([columns[keep], sharp[1][own]]),
        np.concatenate([np.zeros(int(keep.sum()), bool), np.ones(int(own.sum()), bool)]),
    )
