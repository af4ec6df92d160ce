"""Peaks that were picked in a spectrum, by program or by hand."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

MAX_PEAKS = 20_000
"""Of one spectrum; more are noise."""


class PeakKind(enum.StrEnum):
    """What a peak is, as far as picking can tell."""

    SIGNAL = "signal"
    ONE_BOND = "one-bond doublet"
    """One line of a ¹J(CH) doublet that leaked into an HMBC."""
    SOLVENT = "solvent or reference"
    DOUBTFUL = "doubtful"
    """On a t1 ridge or a solvent streak, kept because the user wanted it."""


@dataclass(frozen=True, slots=True)
class Peak:
    """One peak.

    Parameters
    ----------
    id : int
        Unique within the spectrum, never used again by it.
    h_ppm, c_ppm : float
        ¹H (F2) and ¹³C (F1) shift of the *file's* axes, ppm: referencing moves axes and
        peaks together (`core.reference`), so a stored peak need not change.
    height : float
        Signed, in the units of `Spectrum.intensity`.
    h_width_ppm, c_width_ppm : float
        Full widths at half height, ppm; 0 where unknown.
    volume : float
        Signed sum over the peak's box in units of intensity; 0 where unknown.
    snr : float
        ``|height|`` over the noise (standard deviation); 0 where unknown.
    kind : PeakKind
        What it is.
    by_hand : bool
        Whether the user added or moved it.
    label : str
        The user's text.

    Raises
    ------
    ValueError
        If a number is not finite.
    """

    id: int
    h_ppm: float
    c_ppm: float
    height: float = 1.0
    h_width_ppm: float = 0.0
    c_width_ppm: float = 0.0
    volume: float = 0.0
    snr: float = 0.0
    kind: PeakKind = PeakKind.SIGNAL
    by_hand: bool = False
    label: str = ""

    def __post_init__(self) -> None:
        numbers = (self.h_ppm, self.c_ppm, self.height, self.h_width_ppm, self.c_width_ppm)
        if not all(map(math.isfinite, (*numbers, self.volume, self.snr))):
            raise ValueError("a number of a peak is not finite")


@dataclass(frozen=True, slots=True)
class PickedPeaks:
    """All picked peaks of a spectrum.

    Parameters
    ----------
    peaks : tuple of Peak
        At most `MAX_PEAKS`, ids unique.
    noise : float
        Standard deviation of the noise they were judged by, units of intensity; 0 unknown.
    base : float
        Height below which nothing was picked; 0 unknown.
    next_id : int
        For the next peak.

    Raises
    ------
    ValueError
        If there are too many, or an id occurs twice or is not below `next_id`.
    """

    peaks: tuple[Peak, ...] = ()
    noise: float = 0.0
    base: float = 0.0
    next_id: int = field(default=1)

    def __post_init__(self) -> None:
        ids = [peak.id for peak in self.peaks]
        if len(ids) > MAX_PEAKS:
            raise ValueError(f"{len(ids)} peaks; at most {MAX_PEAKS}")
        if len(set(ids)) != len(ids) or max(ids, default=0) >= self.next_id:
            raise ValueError("ids of peaks must be unique and below the next one")

    def __len__(self) -> int:
        return len(self.peaks)
