"""Peaks on the way to `PickedPeaks`: arrays, one element each."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Peaks in units of points, strongest first.

    Parameters
    ----------
    row, column : float64 ``(n,)``
        Sub-point position.
    height : float64 ``(n,)``
        Signed.
    down, across : float64 ``(n,)``
        Full widths at half height, points; 0 where unknown.
    volume : float64 ``(n,)``
        Signed.
    doubtful : bool ``(n,)``
        On a ridge or streak, or a wiggle.
    """

    row: Floats
    column: Floats
    height: Floats
    down: Floats
    across: Floats
    volume: Floats
    doubtful: Flags

    def __len__(self) -> int:
        return len(self.row)

    def take(self, index: Ints | Flags) -> Found:
        """Some of them, in the order of `index`."""
        return Found(*(getattr(self, f.name)[index] for f in fields(self)))

    def joined(self, other: Found) -> Found:
        """These, then the others."""
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return Found(*(np.concatenate(pair) for pair in pairs))

    @classmethod
    def none(cls) -> Found:
        """No peaks."""
        empty = np.zeros(0)
        return cls(empty, empty, empty, empty, empty, empty, np.zeros(0, bool))
