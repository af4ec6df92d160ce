"""NMReData: the 2D tags of an SD file (Pupier et al. 2018, doi 10.1002/mrc.4737)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import experiment_in_text
from nmrcam_qt.core.readers.peaklists.raw import MAX_PEAKS, RawPeaks, ShiftColumn, counted
from nmrcam_qt.core.readers.peaklists.text import parse_number
from nmrcam_qt.core.spectrum import Experiment

EXPECTED = "an NMReData tag NMREDATA_2D_13C_1J_1H or NMREDATA_2D_13C_NJ_1H with peaks"
MAX_LISTS = 1000
_TAG = re.compile(r"^>\s.*<([^<>]{1,200})>")
_TWO_D = re.compile(r"NMREDATA_2D_([^\W_]+)_(\w+)_([^\W_]+)(?:#\w+)?", re.IGNORECASE)
_KEY = re.compile(r"\s*\w+\s*=")
_FIRST_OF_SEVERAL = re.compile(r"^\(?\s*([^|&()]+)")
_HETERO = {"1J": Experiment.HSQC, "NJ": Experiment.HMBC}


def is_nmredata(text: str) -> bool:
    """Whether a text has tags of NMReData."""
    return "<NMREDATA_" in text.upper()


def parse_nmredata(lines: Sequence[str], path: Path) -> list[RawPeaks]:
    """Read every ¹H-¹³C correlation tag.

    Labels such as ``a/C1`` are looked up in the tag NMREDATA_ASSIGNMENT; peaks
    whose labels have no shift are left out and counted.

    Raises
    ------
    ReadError
        If no such tag holds a peak with two shifts.
    """
    found: list[RawPeaks] = []
    unresolved = 0
    for number, tags in enumerate(_records(lines), 1):
        labels = _assignment(tags)
        for name, body in tags:
            match = _TWO_D.fullmatch(name)
            if match is None or {match.group(1).upper(), match.group(3).upper()} != {"13C", "1H"}:
                continue
            raw, missing = _one_tag(name, match.group(2).upper(), body, labels, path)
            unresolved += missing
            if raw is not None and len(found) == MAX_LISTS:
                raise ReadError(path, f"more than {MAX_LISTS} peak lists", "one list, or a few")
            if raw is not None:
                title = name if number == 1 else f"{name} (record {number})"
                found.append(replace(raw, title=title))
    if not found:
        why = f" ({unresolved} have labels without a shift)" if unresolved else ""
        raise ReadError(path, f"an SD file without 1H-13C peaks{why}", EXPECTED)
    return found


def _records(lines: Sequence[str]) -> list[list[tuple[str, list[str]]]]:
    """Tags of every record of the SD file, in order, each with its lines."""
    records: list[list[tuple[str, list[str]]]] = [[]]
    body: list[str] | None = None
    for line in lines:
        tag = _TAG.match(line)
        if line.startswith("$$$$"):
            records.append([])
            body = None
        elif tag:
            body = []
            records[-1].append((tag.group(1).strip(), body))
        elif body is not None:
            text = line.strip().removesuffix("\\").strip()
            if text:
                body.append(text)
    return records


def _assignment(tags: Sequence[tuple[str, list[str]]]) -> dict[str, float]:
    """Shift of every label: lines ``label, shift, atoms…``."""
    labels = {}
    for name, body in tags:
        if name.upper() != "NMREDATA_ASSIGNMENT":
            continue
        for line in body:
            fields = [f.strip() for f in line.split(",")]
            shift = parse_number(fields[1]) if len(fields) > 1 else None
            if shift is not None:
                labels[fields[0]] = shift
    return labels


def _one_tag(
    name: str, mechanism: str, body: Sequence[str], labels: dict[str, float], path: Path
) -> tuple[RawPeaks | None, int]:
    """Peaks of one tag and how many had no shifts."""
    shifts, intensity, annotation, missing = [], [], [], 0
    said = ""
    for line in body:
        text = line.partition(";")[0]
        if _KEY.match(text):
            key, _, value = text.partition("=")
            said = value if key.strip().lower() == "cortype" else said
            continue
        head, _, rest = text.partition(",")
        sides = head.split("/")
        if len(sides) != 2:
            continue
        pair = [_shift(side, labels) for side in sides]
        if pair[0] is None or pair[1] is None:
            missing += 1
            continue
        shifts.append((pair[0], pair[1]))
        intensity.append(_height(rest))
        annotation.append(head.strip() if any(_is_label(s) for s in sides) else "")
    if len(shifts) > MAX_PEAKS:
        raise ReadError(path, f"{len(shifts)} peaks", f"at most {MAX_PEAKS}")
    if not shifts:
        return None, missing
    notes = (f"{counted(missing)} whose labels have no shift left out",) if missing else ()
    raw = RawPeaks(
        format="NMReData",
        columns=(ShiftColumn("first label", "1H"), ShiftColumn("second label", "13C")),
        shifts=np.array(shifts, dtype=np.float64),
        intensity=np.array(intensity, dtype=np.float64),
        annotation=tuple(annotation),
        title=name,
        experiment=experiment_in_text(said) or _HETERO.get(mechanism),
        notes=notes,
    )
    return raw, missing


def _shift(side: str, labels: dict[str, float]) -> float | None:
    """A number, or the shift of a label; of interchangeable labels the first."""
    value = parse_number(side)
    if value is not None:
        return value
    name = side.strip()
    if name in labels:
        return labels[name]
    first = _FIRST_OF_SEVERAL.match(name)
    return labels.get(first.group(1).strip()) if first else None


def _is_label(side: str) -> bool:
    return parse_number(side) is None


def _height(rest: str) -> float:
    """The attribute I=…, 1 where there is none."""
    for field in rest.split(","):
        key, _, value = field.partition("=")
        if key.strip().upper() == "I":
            number = parse_number(value)
            return 1.0 if number is None else number
    return 1.0
