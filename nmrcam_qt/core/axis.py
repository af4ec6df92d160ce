"""A ppm axis: where the centre of every sample lies."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NUCLEI = ("1H", "13C")
_NOISE = 1e-9
"""Fraction of a step by which rounding may move an edge."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One ppm axis of a spectrum or of a map.

    Parameters
    ----------
    nucleus : {"1H", "13C"}
        What the axis measures.
    first_ppm, last_ppm : float
        Chemical shift, in ppm, of the *centre* of the first and last sample.
    size : int
        Number of samples, at least 1. With one sample both shifts are equal.

    Raises
    ------
    ValueError
        If a shift is not finite, the size is below 1, the nucleus is unknown,
        or a longer axis has no extent.
    """

    nucleus: str
    first_ppm: float
    last_ppm: float
    size: int

    def __post_init__(self) -> None:
        if self.nucleus not in NUCLEI:
            raise ValueError(f"nucleus {self.nucleus!r} is not one of {NUCLEI}")
        if self.size < 1:
            raise ValueError(f"an axis needs at least one sample, not {self.size}")
        if not (math.isfinite(self.first_ppm) and math.isfinite(self.last_ppm)):
            raise ValueError("axis ends must be finite numbers of ppm")
        if (self.size == 1) != (self.first_ppm == self.last_ppm):
            raise ValueError("first and last ppm are equal for one sample and only then")

    @classmethod
    def from_edges(cls, nucleus: str, first_edge: float, last_edge: float, size: int) -> Axis:
        """Make the axis of `size` cells that fill the window between two outer edges.

        Parameters
        ----------
        nucleus : str
            "1H" or "13C".
        first_edge, last_edge : float
            ppm at the outer edge of the first and last cell (a *window*).
        size : int
            Number of cells.
        """
        if first_edge == last_edge or not math.isfinite(first_edge - last_edge):
            raise ValueError(f"window {first_edge}:{last_edge} ppm has no extent")
        half = (last_edge - first_edge) / (2 * max(size, 1))
        if size == 1:
            middle = (first_edge + last_edge) / 2
            return cls(nucleus, middle, middle, 1)
        return cls(nucleus, first_edge + half, last_edge - half, size)

    @property
    def step(self) -> float:
        """Signed distance between neighbouring sample centres, ppm (0 for one sample)."""
        if self.size == 1:
            return 0.0
        return (self.last_ppm - self.first_ppm) / (self.size - 1)

    @property
    def edges(self) -> tuple[float, float]:
        """Outer edges of the first and last sample, ppm."""
        half = self.step / 2
        return self.first_ppm - half, self.last_ppm + half

    @property
    def centres(self) -> Floats:
        """Chemical shift of every sample centre, float64 ``(size,)``, ppm."""
        return np.linspace(self.first_ppm, self.last_ppm, self.size)

    @overload
    def ppm(self, index: float) -> float: ...
    @overload
    def ppm(self, index: Floats) -> Floats: ...
    def ppm(self, index: float | Floats) -> float | Floats:
        """Chemical shift at a (fractional) sample index, ppm."""
        return self.first_ppm + index * self.step

    @overload
    def index(self, ppm: float) -> float: ...
    @overload
    def index(self, ppm: Floats) -> Floats: ...
    def index(self, ppm: float | Floats) -> float | Floats:
        """Fractional sample index of a chemical shift; not clipped to the axis.

        Raises
        ------
        ValueError
            For an axis of one sample, which has no step.
        """
        if self.size == 1:
            raise ValueError("an axis of one sample has no step")
        return (ppm - self.first_ppm) / self.step

    def cell(self, ppm: float) -> int | None:
        """Index of the sample whose extent holds `ppm`, or None outside the edges.

        A shift exactly on the edge between two cells belongs to the later one,
        on the outer last edge to the last.
        """
        first, last = self.edges
        low, high = min(first, last), max(first, last)
        noise = _NOISE * abs(self.step)
        if not low - noise <= ppm <= high + noise:
            return None
        if self.size == 1:
            return 0
        return max(0, min(math.floor(self.index(ppm) + 0.5 + _NOISE), self.size - 1))

    def cells(self, window: tuple[float, float]) -> slice:
        """The samples whose extent shares more than an edge with a window.

        Parameters
        ----------
        window : (float, float)
            ppm, in either order.

        Returns
        -------
        slice
            Empty where there are none. A single sample has no width of its own: it is in the
            window where its shift is.
        """
        low, high = sorted(window)
        if self.size == 1:
            return slice(0, 1 if low <= self.first_ppm <= high else 0)
        first, _ = self.edges
        ends = sorted(((low - first) / self.step, (high - first) / self.step))
        start = min(max(math.floor(ends[0] + _NOISE), 0), self.size)
        stop = min(max(math.ceil(ends[1] - _NOISE), 0), self.size)
        return slice(start, max(start, stop))

    @property
    def descending(self) -> bool:
        """Whether ppm falls with the index, as it is drawn."""
        return self.step < 0
