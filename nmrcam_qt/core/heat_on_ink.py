"""Maps that lie on the signals themselves: there the ink would hide the heat.

Maps of late layers have cells much larger than a signal, and ink over heat shows where in a cell
the signal is. Maps on the samples of the input (occlusion, RISE, gradients, signals that a network
makes of the ink) have their heat on the ink and nowhere else: under black nobody sees its colour,
so that the ink is drawn faintly where heat is painted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image

FAINT = 0.3
"""Opacity of ink over such heat: the signal's shape shows, and the heat's colour through it."""
CELL_PPM = (1.5, 0.08)
"""¹³C and ¹H: larger cells are not those of signals."""
MOSTLY = 0.9
"""Share of the heat that lies on ink."""
FAINTEST = 0.02
"""Less ink than this nobody sees."""


def lies_on_ink(explanation: Explanation, ink: Image, f1: Axis, f2: Axis) -> bool:
    """Whether a map has small cells and its heat on signals.

    Parameters
    ----------
    explanation : Explanation
        The map.
    ink : float32 ``(f1.size, f2.size)``
        The spectrum as it is drawn, -1..1; its sign does not count.
    f1, f2 : Axis
        Of the ink.
    """
    own_f1, own_f2 = explanation.f1, explanation.f2
    if explanation.empty or min(own_f1.size, own_f2.size, f1.size, f2.size) < 2:
        return False
    if any(
        abs(a.ppm(1) - a.ppm(0)) > cell for a, cell in zip((own_f1, own_f2), CELL_PPM, strict=True)
    ):
        return False
    inked = area_maximum(np.abs(ink), f1, f2, own_f1, own_f2) > FAINTEST
    heat = explanation.heat
    return float(heat[inked].sum(dtype=np.float64)) >= MOSTLY * float(heat.sum(dtype=np.float64))


def seen_through(
    ink: Image, f1: Axis, f2: Axis, explanation: Explanation | None, level: float
) -> Image:
    """Ink with its own strength, or faint where heat lies on it.

    Parameters
    ----------
    ink : float32 ``(f1.size, f2.size)``
        As it is drawn without a map; it is not changed.
    f1, f2 : Axis
        Of the ink.
    explanation : Explanation or None
        The map that is painted below it; None for none.
    level : float
        Less heat is not painted, in units of the map.
    """
    if explanation is None or not lies_on_ink(explanation, ink, f1, f2):
        return ink
    hot = heated(explanation, f1, f2, level)
    return ink * np.where(hot, np.float32(FAINT), np.float32(1))


def heated(explanation: Explanation, f1: Axis, f2: Axis, level: float) -> NDArray[np.bool_]:
    """Samples that lie in cells with more heat than a level, bool ``(f1.size, f2.size)``.

    Parameters
    ----------
    explanation : Explanation
        The map.
    f1, f2 : Axis
        Of the samples.
    level : float
        In units of the map.
    """
    rows, row_on = _cells(explanation.f1, f1)
    columns, column_on = _cells(explanation.f2, f2)
    hot = explanation.heat[rows][:, columns] > level
    made: NDArray[np.bool_] = hot & row_on[:, np.newaxis] & column_on
    return made


def _cells(axis: Axis, samples: Axis) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The cell of every sample, and whether there is one."""
    place = np.floor(axis.index(samples.centres) + 0.5).astype(np.intp)
    return np.clip(place, 0, axis.size - 1), (place >= 0) & (place < axis.size)
