"""Where the points of a JCAMP-DX spectrum lie in ppm.

Three things in a file speak of that. FIRST and LAST of a variable are its first and last
*sample centre*, but in Hz they often count from an arbitrary zero (TopSpin: the direct
dimension ends at 0 Hz, the indirect one is measured from TMS). `.SHIFT REFERENCE` gives the
shift of one point of the direct dimension. Bruker's parameters, where the file repeats them,
give the shift of the first sample of each dimension (OFFSET) and the frequency that is 0 ppm
(SF). The order of belief is: ppm as such, `.SHIFT REFERENCE`, OFFSET where Hz end at zero,
FIRST over the frequency. Where two of them differ by half a point, a note says so.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from nmrcam_qt.core.readers.instrument import Dim
from nmrcam_qt.core.readers.jcamp.asdf import AsdfError
from nmrcam_qt.core.readers.jcamp.ldr import Block
from nmrcam_qt.core.readers.jcamp.ntuples import Variable, number
from nmrcam_qt.core.readers.pulse_programs import C_PER_H, plain_nucleus

_HZ = {"HZ": 1.0, "HERTZ": 1.0, "KHZ": 1e3, "MHZ": 1e6}
_PER_H = {"1H": 1.0, "13C": C_PER_H}


@dataclass(frozen=True, slots=True)
class _Bruker:
    """Bruker's parameters of one dimension; NaN where the file does not repeat them."""

    zero_mhz: float
    offset_ppm: float
    width_hz: float


def nuclei(block: Block, rows: Variable, columns: Variable) -> tuple[str, str]:
    """Nuclei of the pages' and of the traces' dimension, ``""`` where unknown."""
    direct = plain_nucleus(columns.nucleus or block.text(".OBSERVENUCLEUS"))
    indirect = plain_nucleus(rows.nucleus or block.text(".INDIRECTNUCLEUS"))
    if not indirect:
        named = [plain_nucleus(text) for text in block.all("$NUC1")]
        indirect = named[1] if len(named) > 1 else ""
    return indirect, direct


def both_axes(block: Block, rows: Variable, columns: Variable) -> tuple[Dim, Dim, list[str]]:
    """Shifts of the first and last sample centre of both dimensions.

    Parameters
    ----------
    block : Block
        The spectrum's records.
    rows, columns : Variable
        The dimension of the pages and the direct one.

    Returns
    -------
    rows, columns : Dim
    notes : list of str
        What did not agree, or was computed.

    Raises
    ------
    AsdfError
        If there is no frequency to turn Hz into ppm, or the units are others.
    """
    indirect, direct = nuclei(block, rows, columns)
    observed = _frequencies(block)
    direct_mhz = observed[-1] if observed else math.nan
    indirect_mhz = observed[0] if len(observed) > 1 else number(block.text(".INDIRECTFREQUENCY"))
    notes: list[str] = []
    if math.isnan(indirect_mhz) and {direct, indirect} <= set(_PER_H):
        indirect_mhz = direct_mhz * _PER_H[indirect] / _PER_H[direct]
    bruker = [_bruker(block, 0), _bruker(block, 1)]
    if math.isnan(bruker[1].zero_mhz) and len(observed) < 2 and rows.units in _HZ:
        notes.append(
            f"{indirect} frequency computed as {indirect_mhz:.4f} MHz from that of {direct}"
        )
    reference = _shift_reference(block)
    made_columns = _dim(columns, direct, direct_mhz, bruker[0], reference, notes)
    made_rows = _dim(rows, indirect, indirect_mhz, bruker[1], None, notes)
    return made_rows, made_columns, notes


def _frequencies(block: Block) -> list[float]:
    """`.OBSERVE FREQUENCY`: one for the direct dimension, or one for each (direct last)."""
    found = [number(part) for part in block.text(".OBSERVEFREQUENCY").split(",")]
    return [mhz for mhz in found if mhz > 0]


def _bruker(block: Block, dimension: int) -> _Bruker:
    """Parameters of a dimension: TopSpin writes those of F2 first, then those of F1."""

    def value(label: str) -> float:
        found = block.all(label)
        return number(found[dimension]) if dimension < len(found) else math.nan

    return _Bruker(value("$SF"), value("$OFFSET"), value("$SWP"))


def _shift_reference(block: Block) -> tuple[float, float] | None:
    """``INTERNAL, CDCl3, 1, 9.4987``: shift of a point (counted from 1) of the direct
    dimension."""
    parts = [part.strip() for part in block.text(".SHIFTREFERENCE").strip("()").split(",")]
    if len(parts) != 4 or not re.match(r"(IN|EX)TERNAL", parts[0].upper()):
        return None
    point, ppm = number(parts[2]), number(parts[3])
    return (point, ppm) if point >= 1 and math.isfinite(ppm) else None


def _dim(
    variable: Variable,
    nucleus: str,
    mhz: float,
    bruker: _Bruker,
    reference: tuple[float, float] | None,
    notes: list[str],
) -> Dim:
    if variable.units == "PPM":
        return Dim(nucleus, variable.first, variable.last, mhz if mhz > 0 else None)
    scale = _HZ.get(variable.units)
    if scale is None:
        raise AsdfError(f"a dimension {variable.symbol} in {variable.units or 'unknown units'}")
    per_ppm = bruker.zero_mhz if bruker.zero_mhz > 0 else mhz
    if not per_ppm > 0:
        raise AsdfError(f"{variable.symbol} in Hz, but no frequency (##.OBSERVE FREQUENCY)")
    step = variable.step * scale / per_ppm
    first = _first_ppm(variable, scale / per_ppm, step, bruker, reference, notes)
    _compare_width(variable, scale, bruker, notes)
    last = first + step * (variable.size - 1)
    return Dim(nucleus, first, last, mhz if mhz > 0 else per_ppm)


def _first_ppm(
    variable: Variable,
    ppm_per_unit: float,
    step: float,
    bruker: _Bruker,
    reference: tuple[float, float] | None,
    notes: list[str],
) -> float:
    """Shift of the first sample by what is believed most."""
    from_offset = bruker.offset_ppm if step < 0 else math.nan
    relative = 0.0 in (variable.first, variable.last)
    candidates = []
    if reference is not None:
        candidates.append((".SHIFT REFERENCE", reference[1] - (reference[0] - 1) * step))
    if relative:
        candidates.append(("OFFSET", from_offset))
    candidates.append(("FIRST", variable.first * ppm_per_unit))
    if not relative:
        candidates.append(("OFFSET", from_offset))
    candidates = [(name, ppm) for name, ppm in candidates if math.isfinite(ppm)]
    name, ppm = candidates[0]
    for other, there in candidates[1:]:
        arbitrary = other == "FIRST" and relative
        if abs(there - ppm) > abs(step) / 2 and not arbitrary:
            notes.append(
                f"{variable.symbol} begins at {ppm:.3f} ppm by {name} (used), "
                f"at {there:.3f} ppm by {other}"
            )
    if relative and name == "FIRST":
        notes.append(f"{variable.symbol}: no shift reference in the file, 0 Hz taken as 0 ppm")
    return ppm


def _compare_width(variable: Variable, scale: float, bruker: _Bruker, notes: list[str]) -> None:
    """Bruker's width is that of all points, one step more than from first to last."""
    width = abs(variable.step) * scale * variable.size
    if bruker.width_hz > 0 and abs(width / bruker.width_hz - 1) > 1e-3:
        notes.append(
            f"{variable.symbol} is {width:.1f} Hz wide by FIRST and LAST (used), "
            f"{bruker.width_hz:.1f} Hz by SW_p"
        )
