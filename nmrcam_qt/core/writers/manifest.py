"""The manifest of an export, and the journal from which an interrupted one goes on.

``manifest.json`` says where every picture comes from. While an export runs, each finished
picture and spectrum is a line of the journal; both are read like files of strangers.
"""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path, PureWindowsPath
from typing import IO, Any

from nmrcam_qt import __version__
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import file_sha256
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.strict_json import MAX_CHARACTERS as MAX_LINE
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.core.writers.export_types import (
    ContributionRecord,
    ExportSettings,
    ItemRecord,
    PictureRecord,
    SourceRecord,
)
from nmrcam_qt.core.writers.files import PARTS, WriteError, write_aside

MANIFEST, JOURNAL = "manifest.json", ".nmrcam-export.jsonl"
FORMAT, VERSION = "nmrcam export", 1
MAX_CHARACTERS = 512 << 20
_Line = ItemRecord | PictureRecord | ContributionRecord | tuple[str, str]
_WRONG = (KeyError, TypeError, ValueError, AttributeError, RecursionError)


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an earlier export left in a folder.

    Parameters
    ----------
    owned : mapping
        Digest by file name of everything that is from an export.
    items : mapping
        Finished spectra by key.
    pictures : mapping
        Finished pictures by file name.
    contributions : mapping
        Finished tables of contributions by file name.
    """

    owned: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, ItemRecord] = field(default_factory=dict)
    pictures: Mapping[str, PictureRecord] = field(default_factory=dict)
    contributions: Mapping[str, ContributionRecord] = field(default_factory=dict)


def read_earlier(folder: Path, thumbnails: Mapping[str, bytes] | None = None) -> Earlier:
    """What manifest and journal say; nothing where they are missing or broken.

    Parameters
    ----------
    folder : Path
        Of the export.
    thumbnails : mapping, optional
        By digest of the picture, for pictures that only the manifest knows.
    """
    owned, items = _read_manifest(folder / MANIFEST, thumbnails or {})
    pictures = {p.file: p for item in items for p in item.pictures}
    tables = {t.file: t for item in items if (t := item.contributions) is not None}
    for record in _read_journal(folder / JOURNAL):
        if isinstance(record, PictureRecord):
            pictures[record.file] = record
            owned[record.file] = record.sha256
        elif isinstance(record, ContributionRecord):
            tables[record.file] = record
            owned[record.file] = record.sha256
        elif isinstance(record, tuple):
            owned[record[0]] = record[1]
        else:
            known = tuple(pictures.get(p.file, p) for p in record.pictures)
            items.append(replace(record, pictures=known))
    by_key = {item.key: item for item in items if item.key and not item.error and _whole(item)}
    return Earlier(owned, by_key, pictures, tables)


def _whole(item: ItemRecord) -> bool:
    """Whether every picture shows one of the item's sources."""
    return all(picture.source < len(item.sources) for picture in item.pictures)


def _read_manifest(
    path: Path, thumbnails: Mapping[str, bytes]
) -> tuple[dict[str, str], list[ItemRecord]]:
    try:
        data = parse_json(read_regular(path, MAX_CHARACTERS).decode("utf-8"), MAX_CHARACTERS)
        if data["format"] != FORMAT or data["version"] != VERSION:
            return {}, []
        items = [_item(entry, thumbnails) for entry in data["items"]]
        owned = {_name(n): str(d) for n, d in {**data["earlier"], **data["files"]}.items()}
    except (OSError, *_WRONG):
        return {}, []
    owned |= {p.file: p.sha256 for item in items for p in item.pictures}
    owned |= {t.file: t.sha256 for item in items if (t := item.contributions) is not None}
    # The manifest cannot hold its own digest: that it can be read says that it is ours.
    return owned | {MANIFEST: ""}, items


def _read_journal(path: Path) -> list[_Line]:
    """Its records up to the first line that is broken (the process was killed there)."""
    found: list[_Line] = []
    try:
        if not _is_plain(path):
            return []
        with path.open(encoding="utf-8") as stream:
            while line := stream.readline(MAX_LINE):
                data = parse_json(line)
                found.append(_line(data))
    except (OSError, *_WRONG):
        pass
    return found


def _line(data: Mapping[str, Any]) -> _Line:
    """A line of the journal."""
    if "file" in data:
        return _name(data["file"]), str(data["sha256"])
    if "contributions" in data:
        return _contributions(data["contributions"])
    if "picture" in data:
        thumbnail = base64.b64decode(str(data.get("thumbnail", "")), validate=True)
        return replace(_picture(data["picture"]), thumbnail=thumbnail)
    return _item(data["item"], {})


class Journal:
    """Remembers what is finished until the manifest is written.

    Parameters
    ----------
    folder : Path
        Of the export.

    Raises
    ------
    WriteError
        If it cannot be written, or something else has its name.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / JOURNAL
        self._stream: IO[str] | None = None
        if os.path.lexists(self._path) and not _is_plain(self._path):
            # A link would lead us to write into any file of the user.
            raise WriteError(self._path, "a link, a folder or a device has this name")
        # A line that was cut by a kill must not swallow the next one.
        self._cut_broken_end()
        self._clear_parts()
        with self._said():
            self._stream = self._path.open("a", encoding="utf-8")

    def picture(self, record: PictureRecord) -> None:
        """A picture is about to be put in its place.

        Said beforehand, so that no file of ours is ever taken for a stranger's; whether
        it is complete is seen from its digest.
        """
        thumbnail = base64.b64encode(record.thumbnail).decode("ascii")
        self._line({"picture": _picture_json(record), "thumbnail": thumbnail})

    def contributions(self, record: ContributionRecord) -> None:
        """A table of contributions is about to be put in its place."""
        self._line({"contributions": asdict(record)})

    def file(self, name: str, digest: str) -> None:
        """A table or report is about to be put in its place."""
        self._line({"file": name, "sha256": digest})

    def item(self, record: ItemRecord) -> None:
        """A spectrum is finished."""
        self._line({"item": _item_json(record)})

    def close(self, done: bool) -> None:
        """Let go of the file; once the manifest is written it is not needed any more."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.close()
        if done:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _line(self, data: Mapping[str, Any]) -> None:
        if self._stream is None:
            return
        with self._said():
            self._stream.write(json.dumps(data) + "\n")
            self._stream.flush()

    @contextlib.contextmanager
    def _said(self) -> Any:
        try:
            yield
        except OSError as error:
            raise WriteError(self._path, error.strerror or str(error), error.errno or 0) from None

    def _clear_parts(self) -> None:
        """Half files of a run that was killed; one that ended otherwise leaves no journal."""
        if self._path.exists():
            for part in self._path.parent.glob(PARTS):
                with contextlib.suppress(OSError):
                    part.unlink()

    def _cut_broken_end(self) -> None:
        with contextlib.suppress(OSError), self._path.open("rb+") as stream:
            end = stream.seek(0, os.SEEK_END)
            tail = 1 << 16
            stream.seek(max(0, end - tail))
            last = stream.read()
            if last and not last.endswith(b"\n"):
                kept = last.rfind(b"\n") + 1
                stream.truncate(max(0, end - tail) + kept)


def write_manifest(
    folder: Path,
    settings: ExportSettings,
    items: Iterable[ItemRecord],
    files: Mapping[str, str],
    earlier: Mapping[str, str],
) -> None:
    """Write ``manifest.json``.

    Parameters
    ----------
    folder : Path
        Of the export.
    settings : ExportSettings
        What was asked for.
    items : iterable of ItemRecord
        What became of it.
    files : mapping
        Digests of the table and the report by name.
    earlier : mapping
        Digests of files that are from an earlier export and no part of this one.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    data = {
        "format": FORMAT,
        "version": VERSION,
        "nmrcam": __version__,
        "settings": settings.to_json(),
        "files": dict(files),
        "items": [_item_json(item) for item in items],
        "earlier": dict(earlier),
    }
    # ASCII: also the name of a file that is no UTF-8 (a lone surrogate in Python) is kept.
    with write_aside(folder / MANIFEST) as stream:
        stream.write(json.dumps(data, indent=1, allow_nan=False).encode("ascii") + b"\n")


def file_digest(path: Path) -> str:
    """sha256 of a file; empty where it cannot be read, and for what an export never makes."""
    if not _is_plain(path):
        return ""
    try:
        return file_sha256(path)
    except ReadError:
        return ""


def _is_plain(path: Path) -> bool:
    """Whether this is a file itself: no link to one, no pipe, no device."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _name(value: object) -> str:
    """Name of a file in the folder; a manifest of a stranger must not lead out of it."""
    name = str(value)
    if name in ("", ".", "..") or "\0" in name or PureWindowsPath(name).name != name:
        raise ValueError(f"{name[:40]!r} is no name of a file")
    return name


def _finite(value: object) -> float:
    number = float(str(value))
    if not math.isfinite(number):
        raise ValueError("a score is no number")
    return number


def _source_number(value: object) -> int:
    number = int(str(value))
    if number < 0:
        raise ValueError("a picture is of no source")
    return number


def _item_json(item: ItemRecord) -> dict[str, Any]:
    data = {k: v for k, v in asdict(replace(item, pictures=())).items() if k != "pictures"}
    data["scores"] = dict(zip(item.classes, item.scores, strict=True))
    del data["classes"]
    data["pictures"] = [_picture_json(p) for p in item.pictures]
    return data


def _picture_json(picture: PictureRecord) -> dict[str, Any]:
    data = asdict(picture)
    del data["thumbnail"]
    return {("class" if k == "class_id" else k): v for k, v in data.items()}


def _item(data: Mapping[str, Any], thumbnails: Mapping[str, bytes]) -> ItemRecord:
    scores = {str(c): _finite(s) for c, s in data["scores"].items()}
    pictures = [_picture(entry) for entry in data["pictures"]]
    table = data.get("contributions")  # none in the manifests of older versions
    return ItemRecord(
        key=str(data["key"]),
        name=str(data["name"]),
        sample=str(data["sample"]),
        sources=tuple(_source(entry) for entry in data["sources"]),
        network=str(data["network"]),
        network_sha256=str(data["network_sha256"]),
        classes=tuple(scores),
        scores=tuple(scores.values()),
        present=tuple(map(str, data["present"])),
        warnings=tuple(map(str, data["warnings"])),
        error=str(data["error"]),
        pictures=tuple(replace(p, thumbnail=thumbnails.get(p.sha256, b"")) for p in pictures),
        contributions=None if table is None else _contributions(table),
    )


def _contributions(data: Mapping[str, Any]) -> ContributionRecord:
    said = data.get("remarks", [])  # none in the manifests of older versions
    if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
        raise ValueError("remarks are no list of sentences")
    digests = str(data["sha256"]), str(data["request"])
    return ContributionRecord(_name(data["file"]), *digests, tuple(said))


def _source(data: Mapping[str, Any]) -> SourceRecord:
    (f2_first, f2_last), (f1_first, f1_last) = data["f2"], data["f1"]
    return SourceRecord(
        str(data["path"]),
        str(data["sha256"]),
        str(data["experiment"]),
        (_finite(f2_first), _finite(f2_last)),
        (_finite(f1_first), _finite(f1_last)),
        tuple(map(str, data["assumed"])),
        str(data["name"]),
    )


def _picture(data: Mapping[str, Any]) -> PictureRecord:
    return PictureRecord(
        file=_name(data["file"]),
        sha256=str(data["sha256"]),
        request=str(data["request"]),
        source=_source_number(data["source"]),
        class_id=str(data["class"]),
        method=str(data["method"]),
        layer=str(data["layer"]),
        input=str(data["input"]),
        score=_finite(data["score"]),
        present=bool(data["present"]),
        empty=bool(data["empty"]),
        threshold=None if data.get("threshold") is None else _finite(data["threshold"]),
    )
