"""A JCAMP-DX file: which block of it is meant, what it is, and its spectrum."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers.instrument import (
    EXPECTED_2D,
    Measured,
    build_measured,
    file_bytes,
    require_hc,
)
from nmrcam_qt.core.readers.jcamp.axes import both_axes, nuclei
from nmrcam_qt.core.readers.jcamp.kinds import is_link, what_else
from nmrcam_qt.core.readers.jcamp.ldr import Block, parse_blocks
from nmrcam_qt.core.readers.jcamp.ntuples import read_pages
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pulse_programs import pulse_program
from nmrcam_qt.core.spectrum import Spectrum

SUFFIXES = (".dx", ".jdx", ".jcamp")
MAX_BYTES = 256 << 20
_MARK = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:\s|\$\$[^\n\r]*[\n\r])*##[ \t]*TITLE[ \t]*=", re.IGNORECASE
)


def looks_like_jcamp(head: bytes) -> bool:
    """Whether a file that begins with these bytes is JCAMP-DX."""
    return _MARK.match(head) is not None


def read_jcamp(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read a 2D ¹H–¹³C spectrum from a JCAMP-DX file.

    Parameters
    ----------
    path : Path
        The file.
    options : ReadOptions, optional
        `ReadOptions.part` names the title where the file holds several 2D spectra.

    Raises
    ------
    AmbiguousError
        If there are several 2D spectra in the file.
    ReadError
        If the file holds anything else, which is named, or is broken.
    """
    path = Path(path)
    options = options or ReadOptions()
    data = file_bytes(path, MAX_BYTES)
    try:
        block = _chosen(path, parse_blocks(data), options)
        measured = _measured(path, block)
    except ValueError as error:
        raise ReadError(path, f"a JCAMP-DX file with {error}", "a whole one") from None
    return build_measured(path, measured, options, hashlib.sha256(data).hexdigest())


def _chosen(path: Path, blocks: list[Block], options: ReadOptions) -> Block:
    """The block with a 2D spectrum; without one, an error about what there is."""
    named = [(block, what_else(block)) for block in blocks]
    good = [block for block, other in named if not other]
    if not good:
        said = list(dict.fromkeys(other for block, other in named if not is_link(block)))
        raise ReadError(path, " and ".join(said[:3]) or "an empty JCAMP-DX file", EXPECTED_2D)
    if len(good) == 1:
        return good[0]
    titles = [f"{at}: {block.text('TITLE')[:60]}" for at, block in enumerate(good, start=1)]
    if options.part in titles:
        return good[titles.index(options.part)]
    raise AmbiguousError(path, f"{len(good)} 2D spectra in one file", titles, "part")


def _measured(path: Path, block: Block) -> Measured:
    program = block.text(".PULSESEQUENCE", "$PULPROG")
    pages = read_pages(block)
    indirect, direct = nuclei(block, pages.rows, pages.columns)
    require_hc(path, direct, indirect, program)
    rows, columns, notes = both_axes(block, pages.rows, pages.columns)
    return Measured(
        points=pages.points,
        rows=rows,
        columns=columns,
        format="JCAMP-DX",
        acquisition=Acquisition(
            solvent=block.text(".SOLVENTNAME", "$SOLVENT"),
            pulse_program=program,
            title=_title(block),
            edited=pulse_program(program).edited,
            magnitude=_magnitude(block),
        ),
        notes=(*pages.notes, *notes),
    )


def _title(block: Block) -> str:
    lines = block.text("TITLE").splitlines()
    return lines[0].strip()[:200] if lines else ""


def _magnitude(block: Block) -> bool | None:
    """By Bruker's PH_mod of F1 (2: magnitude, 3: power), else by the acquisition scheme."""
    modes = block.all("$PHMOD")
    if len(modes) > 1:
        return modes[1] in ("2", "3")
    scheme = block.text(".ACQUISITIONSCHEME").upper()
    if not scheme or scheme == "UNDEFINED":
        return None
    return "NOT PHASE" in scheme or scheme == "QF"
