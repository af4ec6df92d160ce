"""Labelled data records of JCAMP-DX: blocks of them, comments taken out.

Source: McDonald & Wilks, Appl. Spectrosc. 42 (1988) 151, section 4: labels are compared
without blanks, ``-``, ``/``, ``_`` and case; ``$$`` begins a comment; a record goes on until
the next line that begins with ``##``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

_RECORD = re.compile(rb"^[ \t]*##([^=\n]{0,80})=", re.MULTILINE)
_COMMENT = re.compile(rb"\$\$[^\n]*")
_FILL = str.maketrans("", "", " -/_\t\r")
MAX_BLOCKS = 1000
MAX_RECORDS = 300_000
"""A spectrum of 65,536 pages has three of them for each page."""
MAX_TEXT = 4000
"""Characters of a record that are read as text; no parameter is longer."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record.

    Parameters
    ----------
    label : str
        As it is compared: ``DATATYPE``, ``.OBSERVEFREQUENCY``, ``$SFO1``.
    raw : bytes
        What stands after the ``=``, comments included.
    """

    label: str
    raw: bytes

    @property
    def text(self) -> str:
        """The value without comments and blank edges."""
        return _COMMENT.sub(b"", self.raw[:MAX_TEXT]).decode("utf-8", "replace").strip()

    @property
    def table(self) -> tuple[str, bytes]:
        """Of a table: what its first line says, and the lines below without comments."""
        head, _, body = self.raw.partition(b"\n")
        if b"$$" in body:
            body = _COMMENT.sub(b"", body)
        said = _COMMENT.sub(b"", head[:MAX_TEXT]).decode("utf-8", "replace").strip()
        return said, body


@dataclass(frozen=True, slots=True)
class Block:
    """Records from ``##TITLE=`` to ``##END=``, those of blocks within left out.

    Parameters
    ----------
    records : list of Record
        In order.
    """

    records: list[Record] = field(default_factory=list)

    def all(self, label: str) -> list[str]:
        """Values of every record with a label (given as it is compared)."""
        return [record.text for record in self.records if record.label == label]

    def text(self, *labels: str) -> str:
        """The first value that is not empty of these labels; Bruker's ``<...>`` taken off."""
        for label in labels:
            for value in self.all(label):
                bare = value.strip().removeprefix("<").removesuffix(">").strip()
                if bare:
                    return bare
        return ""


def parse_blocks(data: bytes) -> list[Block]:
    """The blocks of a file in the order in which they begin.

    Parameters
    ----------
    data : bytes
        The whole file; lines may end with LF, CR LF or CR.

    Raises
    ------
    ValueError
        If there is no record or there are absurdly many blocks.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    blocks: list[Block] = []
    open_blocks: list[Block] = []
    for record in _records(data):
        if record.label == "TITLE" or not open_blocks:
            block = Block()
            blocks.append(block)
            open_blocks.append(block)
            if len(blocks) > MAX_BLOCKS:
                raise ValueError(f"more than {MAX_BLOCKS} blocks")
        if record.label == "END":
            open_blocks.pop()
        else:
            open_blocks[-1].records.append(record)
    if not blocks:
        raise ValueError("no record that begins with ##")
    return blocks


def _records(data: bytes) -> Iterator[Record]:
    found = list(islice(_RECORD.finditer(data), MAX_RECORDS + 1))
    if len(found) > MAX_RECORDS:
        raise ValueError(f"more than {MAX_RECORDS} records")
    ends = [*(match.start() for match in found[1:]), len(data)]
    for match, end in zip(found, ends, strict=bool(found)):
        label = match.group(1).decode("utf-8", "replace").upper().translate(_FILL)
        yield Record(label, data[match.end() : end])
