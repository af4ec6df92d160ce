"""What a user can choose about picking."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from nmrcam_qt.core.picked import MAX_PEAKS


class Signs(enum.StrEnum):
    """Which peaks are wanted."""

    BOTH = "both"
    POSITIVE = "positive"
    NEGATIVE = "negative"


@dataclass(frozen=True, slots=True)
class PickSettings:
    """How peaks are picked.

    Parameters
    ----------
    min_snr : float
        Lowest height over the noise (its standard deviation). On t1 ridges and streaks a
        peak needs five times the noise of its column or row besides (less where less is
        asked for here). Without noise it means nothing.
    min_relative : float
        Lowest height over that of the strongest peak, 0..1. In spectra far above their
        noise what is weaker is made by the strong lines.
    min_height : float or None
        Lowest height in units of intensity, whatever the noise; None for no such limit.
    signs : Signs
        Which signs are wanted.
    ridges : bool
        Keep peaks on t1 ridges and solvent streaks as `PeakKind.DOUBTFUL` instead of
        leaving them out.
    one_bond : bool
        Recognise the one-bond doublets of HMBC.
    max_peaks : int
        The strongest so many are kept.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    min_snr: float = 4.0
    min_relative: float = 0.004
    min_height: float | None = None
    signs: Signs = Signs.BOTH
    ridges: bool = False
    one_bond: bool = True
    max_peaks: int = 2_000

    def __post_init__(self) -> None:
        if not (math.isfinite(self.min_snr) and self.min_snr >= 0):
            raise ValueError(f"a peak cannot need {self.min_snr} times the noise")
        if not 0 <= self.min_relative <= 1:
            raise ValueError(f"{self.min_relative} is no part of the strongest peak")
        height = self.min_height
        if height is not None and not (math.isfinite(height) and height >= 0):
            raise ValueError(f"{height} is no lowest height")
        if not 1 <= self.max_peaks <= MAX_PEAKS:
            raise ValueError(f"{self.max_peaks} peaks; from 1 to {MAX_PEAKS} can be kept")
