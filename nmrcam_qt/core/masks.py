"""Regions of a spectrum that belong to solvent or reference, not to the sample."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image


@dataclass(frozen=True, slots=True)
class Mask:
    """A rectangle in ppm.

    Parameters
    ----------
    name : str
        What lies there, for example ``"HDO"`` or ``"DSS, Si(CH3)3"``.
    h_ppm, c_ppm : (low, high)
        Edges, ppm; ascending.
    excluded : bool
        Whether the networks are shown background there. A mask that is not excluded is
        only drawn.

    Raises
    ------
    ValueError
        If an edge is not finite or a side has no extent.
    """

    name: str
    h_ppm: tuple[float, float]
    c_ppm: tuple[float, float]
    excluded: bool = False

    def __post_init__(self) -> None:
        for low, high in (self.h_ppm, self.c_ppm):
            if not (math.isfinite(low) and math.isfinite(high) and low < high):
                raise ValueError(f"mask {self.name!r}: {low} to {high} ppm has no extent")

    def holds(self, h_ppm: NDArray[np.float64], c_ppm: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which points lie in it, edges included; arrays of one shape, ppm."""
        h_low, h_high = self.h_ppm
        c_low, c_high = self.c_ppm
        inside: NDArray[np.bool_] = (
            (h_ppm >= h_low) & (h_ppm <= h_high) & (c_ppm >= c_low) & (c_ppm <= c_high)
        )
        return inside


def blanked(image: Image, f1: Axis, f2: Axis, masks: Iterable[Mask]) -> Image:
    """An image with 0 in every cell that an excluded mask touches; a copy only where needed.

    Parameters
    ----------
    image : float32 ``(f1.size, f2.size)``
        Intensity or ink.
    f1, f2 : Axis
        Its ¹³C and ¹H axis.
    masks : iterable of Mask
        Those that are not `Mask.excluded` are passed over.
    """
    made = image
    for mask in masks:
        if not mask.excluded:
            continue
        rows, columns = f1.cells(mask.c_ppm), f2.cells(mask.h_ppm)
        if rows.stop > rows.start and columns.stop > columns.start:
            made = made.copy() if made is image else made
            made[rows, columns] = 0
    return made
