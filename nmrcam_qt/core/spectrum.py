"""The spectrum every reader makes and everything else uses."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis

if TYPE_CHECKING:  # masks are drawn on images
    from nmrcam_qt.core.masks import Mask

Image = NDArray[np.float32]


class Experiment(enum.StrEnum):
    """The two 2D ¹H-¹³C experiments that nmrcam knows."""

    HSQC = "hsqc"
    HMBC = "hmbc"

    @property
    def label(self) -> str:
        """As it is written for a chemist."""
        return self.value.upper()


class SourceKind(enum.StrEnum):
    """What the spectrum was read from."""

    PICTURE = "picture"
    PEAK_LIST = "peak list"
    INSTRUMENT = "instrument data"
    MIXTURE = "mixture"


def freeze(array: NDArray[np.generic]) -> None:
    """Make an array read-only in place."""
    array.setflags(write=False)


def _own_and_frozen(array: NDArray[np.generic]) -> bool:
    """Whether nobody can write into a float32 array any more: it need not be copied."""
    if type(array) is not np.ndarray or array.dtype != np.float32:
        return False
    return array.flags.owndata and not array.flags.writeable


@dataclass(frozen=True, slots=True, eq=False)
class PeakList:
    """Peaks of a spectrum.

    Parameters
    ----------
    h_ppm, c_ppm : float64 ``(n,)``
        ¹H (F2) and ¹³C (F1) chemical shifts, ppm.
    intensity : float64 ``(n,)``
        Signed height or volume in the source's units; 1 where it gives none.
    annotation : tuple of str, length n
        The source's text for each peak; empty where it has none.

    Raises
    ------
    ValueError
        If the lengths differ or a shift is not finite.
    """

    h_ppm: NDArray[np.float64]
    c_ppm: NDArray[np.float64]
    intensity: NDArray[np.float64]
    annotation: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.h_ppm)
        for name in ("h_ppm", "c_ppm", "intensity"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != (n,):
                raise ValueError(f"{name} has shape {values.shape}, expected ({n},)")
            if not np.isfinite(values).all():
                raise ValueError(f"{name} holds a value that is not finite")
            freeze(values)
            object.__setattr__(self, name, values)
        if not self.annotation:
            object.__setattr__(self, "annotation", ("",) * n)
        if len(self.annotation) != n:
            raise ValueError("one annotation per peak expected")

    def __len__(self) -> int:
        return len(self.h_ppm)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a spectrum came from and what had to be assumed.

    Parameters
    ----------
    path : str
        The file as the user named it.
    kind : SourceKind
        What it was.
    format : str
        The file format in words, for example ``"PNG picture"``.
    sha256 : str
        Hex digest of the file's bytes.
    assumed : tuple of str
        One clause for each assumption, for example
        ``"axes assumed 10-0 / 0-200 ppm"``.
    notes : tuple of str
        What the reader did that the user should know (inverted picture, ...).
    """

    path: str
    kind: SourceKind
    format: str
    sha256: str = ""
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    axes_assumed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Spectrum:
    """A 2D ¹H-¹³C spectrum. Frozen; its arrays are read-only.

    Parameters
    ----------
    name : str
        What the sidebar shows.
    intensity : float32 ``(n_f1, n_f2)``
        Signed where the source is. For pictures *ink* = 1 - luminance, 0..1, negative
        where their contours have a second, rarer colour; for peak lists Gaussians of height ±1.
    f1, f2 : Axis
        ¹³C (rows) and ¹H (columns) axes of `intensity`.
    experiment : Experiment or None
        None where neither the data nor the file name says.
    provenance : Provenance
        Source and assumptions.
    peaks : PeakList or None
        Where the source is a peak list.
    acquisition : Acquisition or None
        How it was measured; None where the source says nothing.
    masks : tuple of Mask
        Regions of solvent and reference; networks are shown background in those that are
        excluded.

    Raises
    ------
    ValueError
        If the shape does not match the axes or the axes are swapped.
    """

    name: str
    intensity: Image
    f1: Axis
    f2: Axis
    experiment: Experiment | None
    provenance: Provenance
    peaks: PeakList | None = field(default=None)
    acquisition: Acquisition | None = None
    masks: tuple[Mask, ...] = ()

    def __post_init__(self) -> None:
        image = self.intensity
        if not _own_and_frozen(image):
            image = np.array(image, dtype=np.float32)
        if image.shape != (self.f1.size, self.f2.size):
            raise ValueError(
                f"intensity {image.shape} does not match axes ({self.f1.size}, {self.f2.size})"
            )
        if (self.f1.nucleus, self.f2.nucleus) != ("13C", "1H"):
            raise ValueError("F1 must be 13C and F2 1H")
        freeze(image)
        object.__setattr__(self, "intensity", image)

    def with_experiment(self, experiment: Experiment) -> Spectrum:
        """The same spectrum with its experiment set by the user."""
        return replace(self, experiment=experiment)
