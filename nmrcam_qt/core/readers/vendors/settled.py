"""Raw data after processing: direction of F1, sign, and what must be said about them."""

from __future__ import annotations

from dataclasses import dataclass

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.processing import Processed, edited_sign
from nmrcam_qt.core.processing.sense import UPSIDE_DOWN, shift_correlation, turned
from nmrcam_qt.core.readers.instrument import Dim
from nmrcam_qt.core.spectrum import Image

ECHOES = "direction of the ¹³C axis: as for selected echoes, the file does not say"


TURNED = "F1 turned about its carrier: ¹³C shifts would fall as those of ¹H rise"


@dataclass(frozen=True, slots=True)
class Known:
    """What a measurement says of itself.

    Parameters
    ----------
    one_bond : bool
        Whether it is an HSQC, whose ¹³C shifts rise with those of ¹H.
    edited : bool or None
        Whether CH2 have the other sign.
    """

    one_bond: bool
    edited: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """A processed spectrum with its sign and its words.

    Parameters
    ----------
    intensity : float32 ``(n_f1, n_f2)``
        Both dimensions descend.
    notes, assumed : tuple of str
        For the provenance.
    """

    intensity: Image
    notes: tuple[str, ...]
    assumed: tuple[str, ...]


def settled(made: Processed, rows: Dim, columns: Dim, known: Known) -> Settled:
    """Decide the direction of F1 and the sign of a spectrum whose phases were found.

    Parameters
    ----------
    made : Processed
        From `process_2d`, with phases found automatically or in magnitude mode.
    rows, columns : Dim
        Its dimensions, F1 first.
    known : Known
        What the measurement says of itself.
    """
    image, notes = made.intensity, made.notes
    f1, f2 = (_axis(dim, size) for dim, size in zip((rows, columns), image.shape, strict=True))
    carbon_down = rows.nucleus == "13C"

    def seen(points: Image) -> tuple[Image, Axis, Axis]:
        return (points, f1, f2) if carbon_down else (points.T, f2, f1)

    if known.one_bond and shift_correlation(*seen(image)) < UPSIDE_DOWN:
        image, notes = turned(image), (*notes, TURNED)
    if made.magnitude:
        return Settled(image, notes, (ECHOES,))
    if not known.edited:
        return Settled(image, notes, ("sign of the spectrum: positive on the whole",))
    sign = edited_sign(*seen(image))
    if not sign:
        said = "sign of the spectrum: more positive than negative (CH and CH3)"
        return Settled(image, notes, (said,))
    said = "sign of the spectrum: CH and CH3 positive, told by where they usually lie"
    return Settled(sign * image, notes, (said,))


def _axis(dim: Dim, size: int) -> Axis:
    return Axis(dim.nucleus, dim.first_ppm, dim.last_ppm, size)
