"""What the columns of a table are called and what that means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.readers.peaklists.raw import ShiftColumn

_NUCLEI = {
    "1h": "1H",
    "h1": "1H",
    "h": "1H",
    "dh": "1H",
    "proton": "1H",
    "hydrogen": "1H",
    "13c": "13C",
    "c13": "13C",
    "c": "13C",
    "dc": "13C",
    "carbon": "13C",
    "15n": "15N",
    "n15": "15N",
    "19f": "19F",
    "f19": "19F",
    "31p": "31P",
    "p31": "31P",
}
THIRD = "third"
_CONVENTION = {
    "f2": "1H",
    "f1": "13C",
    "w2": "1H",
    "w1": "13C",
    "x": "1H",
    "y": "13C",
    "f3": THIRD,
    "w3": THIRD,
    "z": THIRD,
}
"""F2 and X are the direct dimension, ¹H in every experiment we read."""
_HARMLESS = {
    "ppm",
    "shift",
    "shifts",
    "chemical",
    "chem",
    "position",
    "pos",
    "centre",
    "center",
    "delta",
    "cs",
    "dim",
    "dimension",
    "d",
    "val",
    "value",
    "in",
}
_JOINED = re.compile(r"(1h|13c|h|c|f1|f2|f3|w1|w2|w3|x|y|z)(?:ppm|shift|cs)")
_INTENSITY = ("intensity", "height", "amplitude", "int", "i", "intensities", "heights")
_VOLUME = ("volume", "vol", "integral", "area", "volumes")
_TEXT = re.compile(
    r"annotation|assign|^ass$|label|comment|details|remark|note|atom|group|name|compound"
)


@dataclass(frozen=True, slots=True)
class Header:
    """Where in a table the shifts, intensities and annotations stand.

    Parameters
    ----------
    names : tuple of str
        Every column, as written.
    first, second : int
        Indices of the two shift columns, in the file's order.
    columns : two ShiftColumn
        What they are.
    intensity : int or None
        Height, else volume.
    annotations : tuple of int
        Columns of text about a peak.
    three : bool
        Whether a third dimension is named.
    """

    names: tuple[str, ...]
    first: int
    second: int
    columns: tuple[ShiftColumn, ShiftColumn]
    intensity: int | None
    annotations: tuple[int, ...]
    three: bool = False


def read_header(names: Sequence[str]) -> Header | None:
    """Understand a row of column names; None where it names no two shift columns.

    A column is one of shifts only if *every* word of its name belongs to one, so
    that "Width f2", "F2#" (points), "Assign F1" and "F1 (Hz)" are none. Columns
    that name a nucleus win over those that name a dimension.
    """
    found = [(i, column) for i, n in enumerate(names) if (column := _shift_column(n)) is not None]
    three = any(column.nucleus == THIRD for _, column in found)
    found = [item for item in found if item[1].nucleus != THIRD]
    certain = [pair for pair in found if pair[1].certain]
    named = certain if len({c.nucleus for _, c in certain}) >= 2 else found
    pair = _two_different(named)
    if pair is None:
        return None
    (first, one), (second, two) = sorted(pair, key=lambda item: item[0])
    return Header(
        names=tuple(n.strip() for n in names),
        first=first,
        second=second,
        columns=(one, two),
        intensity=_find(names, _INTENSITY, _VOLUME),
        annotations=tuple(i for i, n in enumerate(names) if _TEXT.search(" ".join(_words(n)))),
        three=three,
    )


def names_intensity(name: str) -> bool:
    """Whether a column is called a height or a volume."""
    return _find([name], _INTENSITY, _VOLUME) is not None


def _two_different(
    found: list[tuple[int, ShiftColumn]],
) -> list[tuple[int, ShiftColumn]] | None:
    """The first column and the first one of another nucleus; else two of one nucleus.

    "1H, 1H" is a header, too: that of a list to refuse.
    """
    for item in found[1:]:
        if item[1].nucleus != found[0][1].nucleus:
            return [found[0], item]
    return found[:2] if len(found) >= 2 and found[0][1].certain and found[1][1].certain else None


def _shift_column(name: str) -> ShiftColumn | None:
    words = _words(name)
    if not words or "#" in name:
        return None
    nuclei = [_NUCLEI[w] for w in words if w in _NUCLEI]
    dimensions = [_CONVENTION[w] for w in words if w in _CONVENTION]
    known = sum(w in _NUCLEI or w in _CONVENTION or w in _HARMLESS for w in words)
    if known < len(words) or len(nuclei) > 1 or len(dimensions) > 1:
        return None
    if nuclei:
        return ShiftColumn(name.strip(), nuclei[0], certain=True)
    if not dimensions:
        return None
    nucleus = dimensions[0]
    if words[0] in ("position", "pos"):  # CCPN counts the direct dimension first
        nucleus = {"1H": "13C", "13C": "1H"}.get(nucleus, nucleus)
    return ShiftColumn(name.strip(), nucleus)


def _words(name: str) -> list[str]:
    """Lower-case words of a column name, ¹ as 1, δ as a word of its own."""
    plain = unicodedata.normalize("NFKC", name).lower().replace("δ", " delta ")
    plain = plain.replace("∂", " delta ")
    words = []
    for word in re.findall(r"[a-z0-9]+", plain):
        joined = _JOINED.fullmatch(word)
        words.append(joined.group(1) if joined else word)
    return words


def _find(names: Sequence[str], *groups: tuple[str, ...]) -> int | None:
    """First column one of whose words is in the first group that matches any."""
    for group in groups:
        for i, name in enumerate(names):
            words = _words(name)
            if any(w in group for w in words) and not {"err", "error", "std"} & set(words):
                return i
    return None
