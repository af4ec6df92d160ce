"""What a picture shows over ink and map: peaks as rings, outlines, and what these mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.ringed import drawn_as_rings
from nmrcam_qt.core.spectrum import Spectrum

if TYPE_CHECKING:
    from nmrcam_qt.core.usual_places import UsualPlaces

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """Marks of one picture.

    Parameters
    ----------
    rings : float64 ``(n, 3)`` or None
        ¹H and ¹³C shift of every peak, ppm, and -1 for a negative one, else 1. None where the
        spectrum is drawn as ink or contours.
    outlines : tuple of float64 ``(n, 2)``
        Vertices in ppm (¹H, ¹³C), NaN between two lines: one for each of
        `nmrcam_qt.core.usual_places.SHARES`, or none.
    legend : str
        What the outlines are, or why there are none; one line.

    Raises
    ------
    ValueError
        If an array has another shape or a ring lies nowhere.
    """

    rings: Floats | None = None
    outlines: tuple[Floats, ...] = field(default=())
    legend: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "legend", one_line(self.legend))
        if self.rings is not None and not (_columns(self.rings, 3) and _finite(self.rings)):
            raise ValueError(f"rings {self.rings.shape} are not (n, 3) finite numbers")
        if not all(_columns(line, 2) for line in self.outlines):
            raise ValueError("outlines are not (n, 2)")

    @property
    def any(self) -> bool:
        """Whether there is anything to draw or to say."""
        return self.rings is not None or bool(self.outlines) or bool(self.legend)

    @property
    def arrays(self) -> tuple[Floats, ...]:
        """What travels as arrays, in the order in which `read_marks` expects them."""
        return (*(() if self.rings is None else (self.rings,)), *self.outlines)

    def to_json(self) -> dict[str, Any]:
        """The rest."""
        return {
            "rings": self.rings is not None,
            "outlines": len(self.outlines),
            "legend": self.legend,
        }


NO_MARKS = Marks()


def read_marks(header: Any, arrays: tuple[Floats, ...]) -> Marks:
    """The marks of a frame.

    Raises
    ------
    ValueError, TypeError, KeyError
        If header and arrays do not fit.
    """
    ringed, count = bool(header["rings"]), int(header["outlines"])
    if len(arrays) != ringed + count:
        raise ValueError(f"{len(arrays)} arrays of marks, expected {ringed + count}")
    return Marks(arrays[0] if ringed else None, arrays[int(ringed) :], str(header["legend"]))


def marks_of(spectrum: Spectrum, usual: UsualPlaces | None = None) -> Marks:
    """The marks of a spectrum's picture.

    Parameters
    ----------
    spectrum : Spectrum
        A list of peaks is drawn as rings.
    usual : UsualPlaces or None
        Of the class that is shown, where they are wanted.
    """
    rings = None
    peaks = spectrum.peaks
    if peaks is not None and drawn_as_rings(spectrum.provenance.kind, len(peaks)):
        signs = np.where(peaks.intensity < 0, -1.0, 1.0)
        rings = np.column_stack([peaks.h_ppm, peaks.c_ppm, signs]).astype(np.float64)
    if usual is None:
        return NO_MARKS if rings is None else Marks(rings)
    lines = tuple(np.column_stack([line.h_ppm, line.c_ppm]) for line in usual.lines)
    return Marks(rings, lines, usual.words)


def _columns(values: Floats, count: int) -> bool:
    return values.ndim == 2 and values.shape[1] == count


def _finite(values: Floats) -> bool:
    return bool(np.isfinite(values).all())
