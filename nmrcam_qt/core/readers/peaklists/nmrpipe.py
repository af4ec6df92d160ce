"""NMRPipe tables: the VARS line names the columns, DATA lines the nuclei."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nmrcam_qt.core.readers.options import experiment_in_text
from nmrcam_qt.core.readers.peaklists.raw import RawPeaks, ShiftColumn
from nmrcam_qt.core.readers.peaklists.table import parse_table

_KEYWORD = re.compile(r"\s*(VARS|FORMAT|REMARK|DATA|NULLSTRING|NULLVALUE|#)(?=\s|$)")
_AXIS = re.compile(r"\s*DATA\s+([XY])_AXIS\s+(\S+)")
_NUCLEI = {"1H": "1H", "H1": "1H", "H": "1H", "13C": "13C", "C13": "13C", "C": "13C"}
_OTHERS = {"15N": "15N", "N15": "15N", "N": "15N"}


def is_nmrpipe(text: str) -> bool:
    """Whether a text starts as an NMRPipe table does."""
    return re.search(r"^[ \t]*VARS\s", text[:20_000], re.MULTILINE) is not None


def parse_nmrpipe(lines: Sequence[str], path: Path) -> RawPeaks:
    """Read an NMRPipe table; line numbers in messages are those of the file.

    Raises
    ------
    ReadError
        If VARS names no X_PPM and Y_PPM or there are no peaks.
    """
    table, remarks, nuclei = [], [], {}
    for line in lines:
        keyword = _KEYWORD.match(line)
        if keyword is None:
            table.append(line)
            continue
        table.append(line[keyword.end() :] if keyword.group(1) == "VARS" else "")
        if keyword.group(1) != "VARS":
            remarks.append(line)
        axis = _AXIS.match(line)
        if axis:
            nuclei[axis.group(1)] = axis.group(2).upper()
    raw = parse_table(table, path)
    one, two = (_named(c, nuclei) for c in raw.columns)
    experiment = raw.experiment or experiment_in_text("\n".join(remarks))
    return replace(raw, format="NMRPipe table", columns=(one, two), experiment=experiment)


def _named(column: ShiftColumn, nuclei: dict[str, str]) -> ShiftColumn:
    """The column with the nucleus that a DATA line gives its axis, if it does."""
    label = nuclei.get(column.name[:1].upper(), "")
    nucleus = _NUCLEI.get(label) or _OTHERS.get(label)
    return ShiftColumn(column.name, nucleus, certain=True) if nucleus else column
