"""Referencing: from the ppm of a file to those of the user, an affine map per axis."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import PeakList

REFERENCED_NOTE = "referenced by the user: "
"""How a note begins that says which ppm of the file became which of the user."""


@dataclass(frozen=True, slots=True)
class Affine:
    """``ppm = scale · ppm of the file + offset``.

    Parameters
    ----------
    scale : float
        Positive; 1 for a shift.
    offset : float
        ppm.

    Raises
    ------
    ValueError
        If a value is not finite or the scale not positive.
    """

    scale: float = 1.0
    offset: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.scale) and math.isfinite(self.offset) and self.scale > 0):
            raise ValueError(f"{self.scale} · ppm + {self.offset} is no referencing")

    @property
    def identity(self) -> bool:
        """Whether it changes nothing."""
        return self.scale == 1.0 and self.offset == 0.0

    def then(self, later: Affine) -> Affine:
        """First this, then `later`."""
        return Affine(later.scale * self.scale, later.scale * self.offset + later.offset)

    def shifts(self, ppm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Shifts of the file as shifts of the user, float64 of the same shape."""
        return ppm * self.scale + self.offset

    def axis(self, axis: Axis) -> Axis:
        """The axis of the file as the user's."""
        if self.identity:
            return axis
        first = axis.first_ppm * self.scale + self.offset
        last = axis.last_ppm * self.scale + self.offset
        return Axis(axis.nucleus, first, last, axis.size)

    @classmethod
    def through(cls, was: tuple[float, float], wanted: tuple[float, float]) -> Affine:
        """The map that takes two shifts to two others (two clicks on known peaks).

        Raises
        ------
        ValueError
            If the two are one, or the axis would be turned around.
        """
        if was[0] == was[1]:
            raise ValueError("both clicks have the same shift; two different peaks are needed")
        scale = (wanted[1] - wanted[0]) / (was[1] - was[0])
        if not scale > 0:
            raise ValueError("these two shifts would turn the axis around")
        return cls(scale, wanted[0] - scale * was[0])


@dataclass(frozen=True, slots=True)
class Reference:
    """Both maps of a spectrum.

    Parameters
    ----------
    h, c : Affine
        Of the ¹H (F2) and the ¹³C (F1) axis.
    """

    h: Affine = Affine()
    c: Affine = Affine()

    @property
    def identity(self) -> bool:
        """Whether it changes nothing."""
        return self.h.identity and self.c.identity


AS_FILED = Reference()
"""The ppm of the file."""


def referenced(peaks: PeakList, reference: Reference) -> PeakList:
    """Peaks at the user's shifts instead of the file's."""
    if reference.identity:
        return peaks
    return replace(
        peaks,
        h_ppm=reference.h.shifts(peaks.h_ppm),
        c_ppm=reference.c.shifts(peaks.c_ppm),
    )
