"""What a block of a JCAMP-DX file is, where it is no 2D NMR spectrum."""

from __future__ import annotations

from nmrcam_qt.core.readers.jcamp.asdf import AsdfError
from nmrcam_qt.core.readers.jcamp.axes import nuclei
from nmrcam_qt.core.readers.jcamp.ldr import Block
from nmrcam_qt.core.readers.jcamp.ntuples import variables
from nmrcam_qt.core.readers.pulse_programs import in_words, plain_nucleus, pulse_program, written

_OTHER_DATA = (
    ("INFRARED", "an infrared spectrum"),
    ("RAMAN", "a Raman spectrum"),
    ("MASS", "a mass spectrum"),
    ("UV", "a UV/VIS spectrum"),
    ("FLUORESCENCE", "a fluorescence spectrum"),
    ("CHROMATOGRAM", "a chromatogram"),
    ("EMR", "an EPR spectrum"),
    ("EPR", "an EPR spectrum"),
    ("XRAY", "an X-ray diffractogram"),
    ("LINK", "blocks without data"),
)
_STRUCTURE = {"MOLFORM", "$MOLFILE", "ATOMLIST", "BONDLIST"}
_ONE_DIMENSIONAL = {"X", "Y", "R", "I", "N", ""}
"""Symbols of the variables of a 1D spectrum or FID."""


def is_link(block: Block) -> bool:
    """Whether it only holds other blocks."""
    return block.text("DATATYPE").upper() == "LINK"


def what_else(block: Block) -> str:
    """What a block is, as a noun phrase; empty for a 2D NMR spectrum (of any nuclei)."""
    kind = block.text("DATATYPE").upper()
    flat = kind.replace(" ", "").replace("-", "")
    if "NMR" not in flat:
        return _no_nmr(block, kind, flat)
    if "PEAK" in flat or "ASSIGNMENT" in flat:
        return "an NMR peak table in JCAMP-DX (export it as CSV to open it)"
    if "FID" in flat:
        return _raw(block)
    if _two_dimensional(block):
        return ""
    nucleus = plain_nucleus(block.text(".OBSERVENUCLEUS"))
    return f"a 1D {written(nucleus)} spectrum".replace("  ", " ")


def _no_nmr(block: Block, kind: str, flat: str) -> str:
    labels = {record.label for record in block.records}
    if not kind and labels & _STRUCTURE:
        return "a structure without a spectrum"
    if not kind:
        return "a JCAMP-DX block that does not say what it is (##DATA TYPE)"
    for word, phrase in _OTHER_DATA:
        if word in flat:
            return f"{phrase} (JCAMP-DX)"
    return f"JCAMP-DX data of the type {kind[:60]}"


def _two_dimensional(block: Block) -> bool:
    if block.text("NUMDIM") == "1" or not block.all("NTUPLES"):
        return False
    symbols = {part.strip().upper() for part in block.text("SYMBOL").split(",")}
    return bool(symbols - _ONE_DIMENSIONAL)


def _raw(block: Block) -> str:
    """Time signals: of what, if that can be told."""
    program = pulse_program(block.text(".PULSESEQUENCE", "$PULPROG"))
    try:
        times = [v for v in variables(block) if v.symbol.startswith("T")]
    except AsdfError:
        times = []
    if len(times) < 2:
        nucleus = plain_nucleus(block.text(".OBSERVENUCLEUS"))
        return f"the raw data (FID) of a 1D {written(nucleus)} measurement".replace("  ", " ")
    f1, f2 = nuclei(block, times[0], times[1])
    return f"the raw data (FIDs) of {in_words(f2, f1, program)} in JCAMP-DX form"
