"""What every peak-list parser returns: two shift columns, not yet named ¹H and ¹³C."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Experiment

Floats = NDArray[np.float64]
MAX_PEAKS = 200_000


@dataclass(frozen=True, slots=True)
class ShiftColumn:
    """A column of chemical shifts.

    Parameters
    ----------
    name : str
        As the file names it; "column 1" where it does not.
    nucleus : str
        "1H", "13C", another nucleus such as "15N", or "" where nothing is said.
    certain : bool
        True where the file names the nucleus, False where it only follows from a
        convention (F2 is ¹H).
    """

    name: str
    nucleus: str = ""
    certain: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class RawPeaks:
    """One list of peaks as it stands in a file.

    Parameters
    ----------
    format : str
        File format in words.
    columns : two ShiftColumn
        In the file's order.
    shifts : float64 ``(n, 2)``
        ppm, in the order of `columns`.
    intensity : float64 ``(n,)``
        1 where the file gives none.
    annotation : tuple of str, length n
        Empty where the file has none.
    title : str
        Name of this list inside the file, to choose between several.
    experiment : Experiment or None
        Where the data say it.
    notes : tuple of str
        What the reader did that the user should know.
    """

    format: str
    columns: tuple[ShiftColumn, ShiftColumn]
    shifts: Floats
    intensity: Floats
    annotation: tuple[str, ...]
    title: str = ""
    experiment: Experiment | None = None
    notes: tuple[str, ...] = ()


def skipped_note(numbers: list[int], what: str) -> str:
    """Say which lines were left out."""
    if len(numbers) == 1:
        return f"line {numbers[0]} {what} left out"
    return f"{len(numbers)} lines {what} left out (the first: line {numbers[0]})"


def counted(number: int) -> str:
    """ "1 peak", "2 peaks"."""
    return f"{number} peak" if number == 1 else f"{number} peaks"


def without_intensity(number: int) -> list[str]:
    """The note about peaks that got an intensity of 1, if there are any."""
    return [f"{counted(number)} without intensity, taken as 1"] if number else []
