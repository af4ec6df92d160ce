"""What lies in a tar archive: an own reader, since archives from strangers are hostile.

Only regular files are listed; links, devices and sparse files are not. Long names of GNU
tar and pax headers are understood. Every number is checked before it is used, nothing is
read into memory but headers of at most a megabyte.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO

BLOCK = 512
MAX_HEADER = 1 << 20
"""Bytes of a long name or a pax header."""
_LONG_NAME, _PAX, _PAX_GLOBAL = b"L", b"x", b"g"
_REGULAR = (b"0", b"\0", b"7")
_CHUNK = 1 << 20


class TarError(ValueError):
    """The archive is broken; the message is a clause for the user."""


@dataclass(frozen=True, slots=True)
class Member:
    """A regular file.

    Parameters
    ----------
    name : str
        As the archive writes it.
    offset : int
        Of its first byte in the (unpacked) archive.
    size : int
        Bytes.
    """

    name: str
    offset: int
    size: int


def is_tar(head: bytes) -> bool:
    """Whether the first block of a file is a tar header, by its checksum."""
    return len(head) >= BLOCK and any(head[:BLOCK]) and _checksum_fits(head[:BLOCK])


def members(stream: IO[bytes], keep: Callable[[Member], bool]) -> Iterator[tuple[Member, bytes]]:
    """Regular files of a stream in order, read once from its begin to its end.

    Parameters
    ----------
    stream : binary file
        At the first header; need not be seekable.
    keep : callable
        Whether the content of a file is wanted; empty bytes are given otherwise.

    Raises
    ------
    TarError
        If the archive is broken or ends early.
    """
    offset, long_name, pax = 0, "", b""
    while header := _block(stream):
        offset += BLOCK
        if not any(header):
            return
        if not _checksum_fits(header):
            raise TarError("a broken header")
        kind, size = header[156:157], _number(header[124:136])
        if kind in (_LONG_NAME, _PAX, _PAX_GLOBAL):
            content = _header_content(stream, size)
            offset += _padded(size)
            long_name = _text(content) if kind == _LONG_NAME else long_name
            pax = content if kind == _PAX else pax
            continue
        name = long_name or _name(header)
        records = _pax_records(pax)
        name, size = records.get("path", name), _pax_size(records, size)
        long_name, pax = "", b""
        member = Member(name, offset, size)
        plain = kind in _REGULAR and not any("sparse" in key for key in records)
        if plain:
            content = _content(stream, size) if keep(member) else b""
            _skip(stream, _padded(size) - (size if content else 0))
            yield member, content
        else:
            size = size if kind not in (b"1", b"2", b"3", b"4", b"5", b"6") else 0
            _skip(stream, _padded(size))
        offset += _padded(size)


def _block(stream: IO[bytes]) -> bytes:
    header = stream.read(BLOCK)
    if header and len(header) < BLOCK:
        raise TarError("it ends within a header")
    return header


def _padded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _content(stream: IO[bytes], size: int) -> bytes:
    content = stream.read(size)
    if len(content) < size:
        raise TarError("it is cut short")
    return content


def _header_content(stream: IO[bytes], size: int) -> bytes:
    if size > MAX_HEADER:
        raise TarError(f"a header of {size} bytes")
    content = _content(stream, size)
    _skip(stream, _padded(size) - size)
    return content


def _skip(stream: IO[bytes], count: int) -> None:
    while count > 0:
        got = len(stream.read(min(count, _CHUNK)))
        if not got:
            raise TarError("it is cut short")
        count -= got


def _checksum_fits(header: bytes) -> bool:
    """The sum of all bytes, with blanks in place of the checksum."""
    said = re.match(rb"[ \0]*([0-7]{1,7})[ \0]", header[148:156] + b" ")
    total = sum(header[:148]) + sum(header[156:]) + 8 * 32
    return said is not None and int(said[1], 8) == total


def _number(field: bytes) -> int:
    """An octal number, or a binary one where the first bit is set (GNU)."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
    else:
        digits = field.strip(b" \0")
        if not re.fullmatch(rb"[0-7]*", digits):
            raise TarError("a size that is no number")
        value = int(digits or b"0", 8)
    if value >= 1 << 50:
        raise TarError(f"a file of {value} bytes")
    return value


def _name(header: bytes) -> str:
    name = _text(header[:100])
    prefix = _text(header[345:500]) if header[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    return field.split(b"\0", 1)[0].decode("utf-8", errors="replace")


def _pax_records(content: bytes) -> dict[str, str]:
    """``"length key=value\\n"`` records."""
    found: dict[str, str] = {}
    position = 0
    while match := re.compile(rb"(\d{1,7}) ([^=\n]{1,200})=").match(content, position):
        end = position + int(match[1])
        if not match.end() < end <= len(content):
            raise TarError("a broken pax header")
        value = content[match.end() : end - 1]
        found[match[2].decode("utf-8", "replace")] = value.decode("utf-8", "replace")
        position = end
    return found


def _pax_size(records: dict[str, str], size: int) -> int:
    said = records.get("size", "")
    return int(said) if re.fullmatch(r"\d{1,15}", said) else size
