"""From bytes to text: encodings, size limits, and what is plainly no text."""

from __future__ import annotations

import codecs
import math
import re
from pathlib import Path

from nmrcam_qt.core.errors import ReadError

MAX_BYTES = 50_000_000
MAX_LINE = 100_000
MAX_LINES = 2_000_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eEdD][+-]?\d{1,4})?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?", re.ASCII)
_MINUS = str.maketrans({"−": "-", "–": "-", "\u00a0": " ", "\u202f": " "})
MAX_NUMBER_LENGTH = 64


def looks_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text in any encoding we read."""
    if any(head.startswith(bom) for bom, _ in _BOMS):
        return False
    if _wide_encoding(head):
        return False
    control = sum(byte < 9 or 13 < byte < 32 for byte in head)
    return b"\0" in head or control > len(head) / 100


def decode(data: bytes, path: Path) -> str:
    """Text of a file: UTF-8 or UTF-16 (with or without mark), else Windows-1252.

    Raises
    ------
    ReadError
        If it is binary, or broken in the encoding its mark announces.
    """
    if looks_binary(data[:4096]):
        raise ReadError(path, "binary data in no known format", EXPECTED)
    encodings = [name for bom, name in _BOMS if data.startswith(bom)][:1]
    if not encodings:
        encodings = [_wide_encoding(data[:4096]) or "utf-8", "cp1252", "latin-1"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if len(_CONTROL.findall(text)) > len(text) / 100:
            raise ReadError(path, "binary data in no known format", EXPECTED)
        return text
    raise ReadError(path, f"the text is broken (it is no {encodings[0].upper()})")


EXPECTED = "a picture (PNG, JPEG, TIFF, BMP) or a peak list"


def split_lines(text: str, path: Path) -> list[str]:
    """Lines of a text, ended the Unix, Windows or old Macintosh way.

    Raises
    ------
    ReadError
        If a line is too long for a table, or there are too many.
    """
    count = text.count("\n") + text.count("\r")
    if count > 2 * MAX_LINES:
        raise ReadError(path, f"{count} ends of lines", f"at most {MAX_LINES} lines")
    lines = _LINE_END.split(text)
    longest = max(map(len, lines), default=0)
    if longest > MAX_LINE:
        raise ReadError(path, f"a line of {longest} characters", f"at most {MAX_LINE}")
    return lines


def parse_number(text: str, decimal_comma: bool | None = None) -> float | None:
    """A finite number written the English or the continental way, else None.

    Parameters
    ----------
    text : str
        One field; a unit "ppm" behind it is dropped.
    decimal_comma : bool, optional
        What a single comma means: True a decimal point, False a mark of thousands
        where it stands like one. By default it is a decimal point.
    """
    field = text.strip().translate(_MINUS)
    if field[-3:].lower() == "ppm":
        field = field[:-3].rstrip()
    if not field or len(field) > MAX_NUMBER_LENGTH:
        return None
    if "," in field:
        field = _without_comma(field, decimal_comma)
    if _NUMBER.fullmatch(field) is None:
        return None
    value = float(field.replace("d", "e").replace("D", "e"))
    return value if math.isfinite(value) else None


def _without_comma(field: str, decimal_comma: bool | None) -> str:
    if decimal_comma is False and _THOUSANDS.fullmatch(field):
        return field.replace(",", "")
    if field.count(",") == 1:
        whole, fraction = field.split(",")
        return whole.replace(".", "") + "." + fraction
    return field.replace(",", "") if _THOUSANDS.fullmatch(field) else field


def _wide_encoding(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of plain text is zero."""
    even, odd = head[0::2], head[1::2]
    if len(head) < 8:
        return ""
    if odd.count(0) > 0.9 * len(odd) and even.count(0) == 0:
        return "utf-16-le"
    if even.count(0) > 0.9 * len(even) and odd.count(0) == 0:
        return "utf-16-be"
    return ""
