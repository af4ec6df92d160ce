"""Contributions of peaks as tables: CSV and workbook, sorted by what each peak contributes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmrcam_qt.core.contribution_pairs import PairLine
from nmrcam_qt.core.contributions import Contributions, PeakIntervals
from nmrcam_qt.core.writers.files import write_aside
from nmrcam_qt.core.writers.table import csv_text
from nmrcam_qt.core.writers.workbook import sheet_bytes

HEAD = (
    *("file", "network", "input", "peak", "1H (ppm)", "13C (ppm)", "class"),
    *("drop (logit)", "drop low", "drop high", "share", "rank", "rank low", "rank high", "seen"),
)
SUFFIXES = (".csv", ".xlsx")
_FORMATS = (
    *("General", "General", "General", "0", "0.0000", "0.000", "General"),
    *("0.0000", "0.0000", "0.0000", "0.0000", "0", "0", "0", "General"),
)
_WIDTHS = {"file": 44}
Cell = str | float | None


@dataclass(frozen=True, slots=True)
class PeakLine:
    """What one peak contributes to one class.

    Parameters
    ----------
    input_name : str
        Which input of the network.
    peak : int
        Its id or number in the list.
    h_ppm, c_ppm : float
        Where it is.
    class_id : str
        Which class.
    drop, share : float
        In units of the logit; signed, of the sum over all peaks.
    rank : int
        1 is the highest drop.
    seen : bool
        Whether the network sees the peak.
    heat : tuple of (method, float)
        Share of each map's heat, 0..1.
    drop_interval, rank_interval : (low, high) or None
        95 % over the repeats; None before they were computed.
    """

    input_name: str
    peak: int
    h_ppm: float
    c_ppm: float
    class_id: str
    drop: float
    share: float
    rank: int
    seen: bool
    heat: tuple[tuple[str, float], ...] = ()
    drop_interval: tuple[float, float] | None = None
    rank_interval: tuple[int, int] | None = None


def peak_lines(
    found: Contributions, classes: Sequence[str] | None = None, top: int | None = None
) -> list[PeakLine]:
    """Lines by class, the highest drop first; peaks that are not seen come last.

    Parameters
    ----------
    found : Contributions
        Of one spectrum or pair.
    classes : sequence of str or None
        None for all, in the network's order.
    top : int or None
        At most so many lines for each class.

    Raises
    ------
    ValueError
        If the network has no such class.
    """
    made: list[PeakLine] = []
    ranks, shares = found.ranks(), found.shares()
    intervals: Sequence[PeakIntervals | None] = found.intervals or (None,) * len(found.inputs)
    for class_id in found.classes if classes is None else classes:
        column = found.classes.index(class_id)
        lines = [
            PeakLine(
                input_name=own.input_name,
                peak=int(own.places.ids[i]),
                h_ppm=float(own.places.h_ppm[i]),
                c_ppm=float(own.places.c_ppm[i]),
                class_id=class_id,
                drop=float(own.drop[i, column]),
                share=float(share[i, column]),
                rank=int(rank[i, column]),
                seen=bool(own.cells[i] > 0),
                heat=tuple((m, float(values[i, column])) for m, values in own.heat.items()),
                drop_interval=_interval(around, "drop", i, column),
                rank_interval=_ranks(around, i, column),
            )
            for own, rank, share, around in zip(found.inputs, ranks, shares, intervals, strict=True)
            for i in range(len(own.places))
        ]
        made += sorted(lines, key=lambda line: (not line.seen, -line.drop))[:top]
    return made


def _interval(
    around: PeakIntervals | None, name: str, i: int, column: int
) -> tuple[float, float] | None:
    if around is None:
        return None
    low, high = getattr(around, f"{name}_low"), getattr(around, f"{name}_high")
    return float(low[i, column]), float(high[i, column])


def _ranks(around: PeakIntervals | None, i: int, column: int) -> tuple[int, int] | None:
    ends = _interval(around, "rank", i, column)
    return None if ends is None else (int(ends[0]), int(ends[1]))


@dataclass(frozen=True, slots=True)
class ContributionTable:
    """The lines of one spectrum or pair.

    Parameters
    ----------
    files : tuple of str
        One, or the two of a pair.
    network : str
        Network id.
    lines : tuple of PeakLine
        From `peak_lines`.
    """

    files: tuple[str, ...]
    network: str
    lines: tuple[PeakLine, ...]


def contribution_cells(
    tables: Sequence[ContributionTable],
) -> tuple[list[str], list[list[Cell]]]:
    """Headings and cells: one line per peak and class, one column per method of any map.

    What was not computed is None; of a peak that is not seen rank and intervals are None, too.
    """
    methods = list(
        dict.fromkeys(m for table in tables for line in table.lines for m, _ in line.heat)
    )
    head = [*HEAD, *(f"heat {method}" for method in methods)]
    made: list[list[Cell]] = []
    for table in tables:
        about: list[Cell] = [" + ".join(table.files), table.network]
        made += [[*about, *_cells(line, methods)] for line in table.lines]
    return head, made


def _cells(line: PeakLine, methods: Sequence[str]) -> list[Cell]:
    drops: Sequence[float | None] = line.drop_interval or (None, None)
    ranks: Sequence[int | None] = (None, None, None)
    if line.seen:
        ranks = (line.rank, *(line.rank_interval or (None, None)))
    shift = np.round([line.h_ppm, line.c_ppm], 6).tolist()
    heat = dict(line.heat)
    return [
        *(line.input_name, line.peak, *shift, line.class_id),
        *(line.drop, *(drops if line.seen else (None, None)), line.share, *ranks),
        "yes" if line.seen else "no",
        *map(heat.get, methods),
    ]


def contribution_bytes(tables: Sequence[ContributionTable], suffix: str) -> bytes:
    """The file as bytes; the same lines give the same bytes.

    Parameters
    ----------
    tables : sequence of ContributionTable
    suffix : {".csv", ".xlsx"}

    Raises
    ------
    ValueError
        If it is another suffix.
    """
    head, lines = contribution_cells(tables)
    formats = (*_FORMATS, *("0.0000" for _ in head[len(HEAD) :]))
    return _bytes(suffix, "contributions", head, lines, formats)


def _bytes(
    suffix: str,
    title: str,
    head: Sequence[str],
    lines: Sequence[Sequence[Cell]],
    formats: Sequence[str],
) -> bytes:
    if suffix not in SUFFIXES:
        raise ValueError(f"{suffix!r} is none of {' and '.join(SUFFIXES)}")
    if suffix == ".csv":
        # The byte order mark is for spreadsheets, which need it for what is no ASCII.
        return csv_text(head, lines).encode("utf-8-sig", "replace")
    return sheet_bytes(title, head, lines, _WIDTHS, formats)


def write_contributions(path: Path, tables: Sequence[ContributionTable]) -> None:
    """Write the file aside and rename it; its suffix says what it is.

    Raises
    ------
    ValueError
        If the suffix is none of `SUFFIXES`.
    WriteError
        If it cannot be written; what was there before is untouched.
    """
    _write(path, contribution_bytes(tables, path.suffix.lower()))


def _write(path: Path, blob: bytes) -> None:
    with write_aside(path) as stream:
        stream.write(blob)


# Pairs

PAIR_HEAD = (
    *("file", "network", "class"),
    *(f"{name} {n}" for n in (1, 2) for name in ("input", "peak", "1H (ppm)", "13C (ppm)")),
    *("drop together (logit)", "drop alone 1", "drop alone 2", "interaction", "meaning"),
)
_PLACE_FORMATS = ("General", "0", "0.0000", "0.000")
_PAIR_FORMATS = (*("General",) * 3, *_PLACE_FORMATS * 2, *("0.0000",) * 4, "General")


@dataclass(frozen=True, slots=True)
class PairTable:
    """What the pairs of one spectrum's peaks contribute.

    Parameters
    ----------
    files : tuple of str
        One, or the two of a pair of spectra.
    network : str
        Network id.
    lines : tuple of (class id, PairLine)
        By class, those that interact most first.
    """

    files: tuple[str, ...]
    network: str
    lines: tuple[tuple[str, PairLine], ...]


def pair_bytes(tables: Sequence[PairTable], suffix: str) -> bytes:
    """The file as bytes; the same lines give the same bytes.

    Parameters
    ----------
    tables : sequence of PairTable
    suffix : {".csv", ".xlsx"}

    Raises
    ------
    ValueError
        If it is another suffix.
    """
    return _bytes(suffix, "pairs", *pair_cells(tables), _PAIR_FORMATS)


def pair_cells(tables: Sequence[PairTable]) -> tuple[list[str], list[list[Cell]]]:
    """Headings and cells: one line per pair and class."""
    lines = [
        [" + ".join(table.files), table.network, class_id, *_pair_cells(line)]
        for table in tables
        for class_id, line in table.lines
    ]
    return list(PAIR_HEAD), lines


def write_pairs(path: Path, tables: Sequence[PairTable]) -> None:
    """Write the file of pairs; as `write_contributions`."""
    _write(path, pair_bytes(tables, path.suffix.lower()))


def _pair_cells(line: PairLine) -> list[Cell]:
    places: list[Cell] = []
    for peak in (line.first, line.second):
        places += [peak.input_name, peak.id, round(peak.h_ppm, 6), round(peak.c_ppm, 6)]
    drops = (line.together, line.alone_first, line.alone_second, line.interaction)
    return [*places, *drops, line.meaning.value]
