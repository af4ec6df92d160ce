"""Raw data after processing: whose sign is known, and what must be said about it."""

from __future__ import annotations

from dataclasses import dataclass

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.processing import Processed, edited_sign
from nmrcam_qt.core.readers.instrument import Dim
from nmrcam_qt.core.spectrum import Image

ECHOES = "direction of the ¹³C axis: as for selected echoes, the file does not say"


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


def settled(made: Processed, rows: Dim, columns: Dim, edited: bool | None) -> Settled:
    """Decide the sign of a whole spectrum whose phases were found.

    Parameters
    ----------
    made : Processed
        From `process_2d`, with phases found automatically or in magnitude mode.
    rows, columns : Dim
        Its dimensions.
    edited : bool or None
        Whether CH2 have the other sign.
    """
    if made.magnitude:
        return Settled(made.intensity, made.notes, (ECHOES,))
    if not edited or {rows.nucleus, columns.nucleus} != {"1H", "13C"}:
        return Settled(made.intensity, made.notes, ("sign of the spectrum: positive on the whole",))
    n_rows, n_columns = made.intensity.shape
    first, second = _axis(rows, n_rows), _axis(columns, n_columns)
    carbon_down = rows.nucleus == "13C"
    image = made.intensity if carbon_down else made.intensity.T
    sign = edited_sign(image, *((first, second) if carbon_down else (second, first)))
    if not sign:
        said = "sign of the spectrum: more positive than negative (CH and CH3)"
        return Settled(made.intensity, made.notes, (said,))
    said = "sign of the spectrum: CH and CH3 positive, told by where they usually lie"
    return Settled(sign * made.intensity, made.notes, (said,))


def _axis(dim: Dim, size: int) -> Axis:
    return Axis(dim.nucleus, dim.first_ppm, dim.last_ppm, size)
