"""NMR-STAR files and fragments: the loops of spectral peak lists."""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import experiment_in_text
from nmrcam_qt.core.readers.peaklists.raw import MAX_PEAKS, RawPeaks, ShiftColumn, counted
from nmrcam_qt.core.readers.peaklists.text import parse_number

EXPECTED = "an NMR-STAR loop _Peak_char of a 2D peak list"
_WORD = re.compile(r"\S+")
_CLOSING = {"'": re.compile(r"'(?=\s|\Z)"), '"': re.compile(r'"(?=\s|\Z)')}
_SHIFT_LOOPS = ("_peak_char", "_spectral_transition_char")
_HEIGHT_LOOPS = ("_peak_general_char", "_spectral_transition_general_char")
_ISOTOPES = {"H": "1H", "C": "13C", "N": "15N", "P": "31P", "F": "19F"}

Record = dict[str, str]


@dataclass(slots=True)
class _Frame:
    """One save frame: its single tags, and its loops by category."""

    name: str = ""
    tags: Record = field(default_factory=dict)
    loops: dict[str, list[Record]] = field(default_factory=dict)


def is_nmrstar(text: str) -> bool:
    """Whether a text has loops of NMR-STAR."""
    return re.search(r"^[ \t]*loop_[ \t]*$", text, re.MULTILINE | re.IGNORECASE) is not None


def parse_nmrstar(text: str, path: Path) -> list[RawPeaks]:
    """Read every two-dimensional peak list of an NMR-STAR file (Unix line ends).

    One list per save frame and ``Spectral_peak_list_ID``; lists of one or three
    dimensions are passed over.

    Raises
    ------
    ReadError
        If there is none.
    """
    found = [raw for frame in _frames(text) for raw in _lists(frame, path)]
    if not found:
        raise ReadError(path, "NMR-STAR without a two-dimensional peak list", EXPECTED)
    return found


def _frames(text: str) -> list[_Frame]:
    """Save frames with their tags and loops; what stands outside is one, too."""
    outside = frame = _Frame()
    frames = [outside]
    tokens = _tokens(text)
    for word, quoted in tokens:
        low = word.lower()
        if quoted:
            continue
        if low.startswith("save_"):
            frame = _Frame(word[5:]) if len(word) > 5 else outside
            if frame is not outside:
                frames.append(frame)
        elif low == "loop_":
            _read_loop(tokens, frame)
        elif low.startswith("_"):
            value = next(tokens, ("", True))[0]
            frame.tags[low.partition(".")[2]] = value
    return frames


def _read_loop(tokens: Iterator[tuple[str, bool]], frame: _Frame) -> None:
    """Read column names, then values row by row until ``stop_``."""
    names: list[str] = []
    row: list[str] = []
    category = ""
    rows: list[Record] = []
    for word, quoted in tokens:
        if not quoted and word.lower() == "stop_":
            break
        if not quoted and not row and not rows and word.startswith("_"):
            category, _, name = word.lower().partition(".")
            names.append(name)
            continue
        row.append(word)
        if names and len(row) == len(names):
            rows.append(dict(zip(names, row, strict=True)))
            row = []
    frame.loops.setdefault(category, []).extend(rows)


def _tokens(text: str) -> Iterator[tuple[str, bool]]:
    """Words of a STAR text, and whether each was quoted; remarks are dropped.

    In linear time, whatever is left open: a text block that starts with ";" ends at the next
    line that starts with ";" and white space, and is none where there is no such line.
    """
    lines = text.split("\n")
    ends = [i for i, line in enumerate(lines) if line[:1] == ";" and not line[1:2].strip()]
    number = 0
    while number < len(lines):
        line = lines[number]
        end = bisect.bisect_right(ends, number) if line.startswith(";") else len(ends)
        if end < len(ends):
            yield "\n".join([line[1:], *lines[number + 1 : ends[end]], ""]), True
            number = ends[end]
            line = lines[number][1:]
        yield from _words(line)
        number += 1


def _words(line: str) -> Iterator[tuple[str, bool]]:
    """Words of one line outside a text block."""
    unclosed: set[str] = set()
    position = 0
    while word := _WORD.search(line, position):
        quote = line[word.start()]
        if quote == "#":
            return
        closing = None
        if quote in _CLOSING and quote not in unclosed:
            closing = _CLOSING[quote].search(line, word.start() + 1)
            if closing is None:
                unclosed.add(quote)  # nor does any later one: never look again
        if closing is None:
            yield word.group(), False
            position = word.end()
        else:
            yield line[word.start() + 1 : closing.start()], True
            position = closing.end()


def _lists(frame: _Frame, path: Path) -> list[RawPeaks]:
    rows = [r for name in _SHIFT_LOOPS for r in frame.loops.get(name, [])]
    heights = [r for name in _HEIGHT_LOOPS for r in frame.loops.get(name, [])]
    groups: dict[str, list[Record]] = {}
    for row in rows:
        groups.setdefault(row.get("spectral_peak_list_id", ""), []).append(row)
    found = []
    for list_id, members in groups.items():
        own = [h for h in heights if h.get("spectral_peak_list_id", "") == list_id]
        raw = _one_list(frame, list_id, members, own, path)
        if raw is not None:
            found.append(raw)
    return found


def _one_list(
    frame: _Frame, list_id: str, rows: list[Record], heights: list[Record], path: Path
) -> RawPeaks | None:
    """The list of one id, None where it has not two dimensions."""
    peaks: dict[str, dict[str, float | None]] = {}
    for row in rows:
        peak = row.get("peak_id") or row.get("spectral_transition_id", "")
        shift = parse_number(row.get("chem_shift_val", ""))
        peaks.setdefault(peak, {})[row.get("spectral_dim_id", "")] = shift
    dimensions = sorted({d for peak in peaks.values() for d in peak})
    if len(dimensions) != 2:
        return None
    if len(peaks) > MAX_PEAKS:
        raise ReadError(path, f"{len(peaks)} peaks", f"at most {MAX_PEAKS}")
    by_peak = _heights(heights)
    shifts, intensity, skipped = [], [], 0
    for peak, values in peaks.items():
        pair = [values.get(d) for d in dimensions]
        if pair[0] is None or pair[1] is None:
            skipped += 1
            continue
        shifts.append((pair[0], pair[1]))
        intensity.append(by_peak.get(peak, 1.0))
    if not shifts:
        return None
    title = _title(frame, list_id)
    said = " ".join([title, frame.tags.get("experiment_name", ""), frame.name])
    return RawPeaks(
        format="NMR-STAR",
        columns=(_column(frame, list_id, dimensions[0]), _column(frame, list_id, dimensions[1])),
        shifts=np.array(shifts, dtype=np.float64),
        intensity=np.array(intensity, dtype=np.float64),
        annotation=("",) * len(shifts),
        title=title,
        experiment=experiment_in_text(said),
        notes=(f"{counted(skipped)} without two shifts left out",) if skipped else (),
    )


def _heights(rows: list[Record]) -> dict[str, float]:
    """Intensity by peak; a height wins over a volume."""
    found: dict[str, float] = {}
    heights: set[str] = set()
    for row in rows:
        peak = row.get("peak_id") or row.get("spectral_transition_id", "")
        value = parse_number(row.get("intensity_val", ""))
        is_height = "height" in row.get("measurement_method", "").lower()
        if value is None or (peak in heights and not is_height):
            continue
        if is_height or peak not in found:
            found[peak] = value
        if is_height:
            heights.add(peak)
    return found


def _title(frame: _Frame, list_id: str) -> str:
    name = frame.tags.get("sf_framecode") or frame.name
    return name or (f"peak list {list_id}" if list_id else "")


def _column(frame: _Frame, list_id: str, dimension: str) -> ShiftColumn:
    """What the dimension's own loop says of its nucleus."""
    for row in frame.loops.get("_spectral_dim", []):
        same = row.get("spectral_peak_list_id", list_id) == list_id
        if row.get("id") == dimension and same:
            nucleus = _ISOTOPES.get(row.get("atom_type", "").upper(), "")
            return ShiftColumn(f"dimension {dimension}", nucleus, certain=bool(nucleus))
    return ShiftColumn(f"dimension {dimension}")
