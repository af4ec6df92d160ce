"""The report of an export: one HTML file that opens from disk and asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from nmrcam_qt import __version__
from nmrcam_qt.core.empty_map import EMPTY_MAP, sentence
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.paths import resources_dir
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.core.writers.export_types import ExportSettings, ItemRecord, PictureRecord
from nmrcam_qt.core.writers.request import printable, score_text

MAX_CHARACTERS = 512 << 20
MAX_TEXT = 600
_DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)
_FIELD = re.compile(r"@([A-Z]+)@")


def report_bytes(
    items: Sequence[ItemRecord],
    settings: ExportSettings,
    titles: Mapping[str, str] | None = None,
    shown: Iterable[ItemRecord] | None = None,
) -> bytes:
    """The report, UTF-8.

    One row per picture, and one for every spectrum without a picture. All texts travel as
    JSON and become text nodes; a content security policy forbids everything but the two
    scripts and styles in the file.

    Parameters
    ----------
    items : sequence of ItemRecord
        What the export gave.
    settings : ExportSettings
        What was asked for.
    titles : mapping, optional
        Titles of classes by id.
    shown : iterable of ItemRecord, optional
        The same items with their thumbnails, where `items` are without.
    """
    folder = resources_dir() / "report"
    css, js, page = (
        (folder / f"report.{kind}").read_text("utf-8").strip() for kind in ("css", "js", "html")
    )
    whole = items if shown is None else shown
    rows = [row for item in whole for row in _rows(item, titles or {})]
    fields = {
        "CSP": _policy(css, js),
        "TITLE": f"nmrcam report: {_count(len(items), 'spectrum', 'spectra')}",
        "MADE": html.escape(_made(items, settings)),
        "CSS": css,
        "JS": js,
        "DATA": _json({"rows": rows}),
    }
    return (_FIELD.sub(lambda match: fields[match[1]], page) + "\n").encode()


def read_thumbnails(path: Path) -> dict[str, bytes]:
    """Thumbnails of an earlier report by digest of their picture; none where it is broken."""
    try:
        found = _DATA.search(read_regular(path, MAX_CHARACTERS).decode("utf-8"))
        rows = parse_json(found[1], MAX_CHARACTERS)["rows"] if found else []
        return {
            str(row["sha256"]): base64.b64decode(str(row["thumbnail"]), validate=True)
            for row in rows
            if row["thumbnail"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _rows(item: ItemRecord, titles: Mapping[str, str]) -> list[dict[str, Any]]:
    """Rows of one spectrum or pair."""
    if not item.pictures:
        return [_row(item, None, titles)]
    return [_row(item, picture, titles) for picture in item.pictures]


def _row(
    item: ItemRecord, picture: PictureRecord | None, titles: Mapping[str, str]
) -> dict[str, Any]:
    sources = [s.experiment for s in item.sources if s.experiment]
    shown = None
    if picture is not None and picture.source < len(item.sources):
        shown = item.sources[picture.source]
    notes = [item.error] if item.error else list(item.warnings)
    if picture is not None and picture.empty:
        notes.insert(0, sentence(EMPTY_MAP))
    if picture is None and not item.error:
        notes.insert(0, "No picture: none of the classes that were asked for.")
    row: dict[str, Any] = {
        "name": printable(item.name, 120),
        "path": printable(shown.path if shown else " + ".join(s.path for s in item.sources), 300),
        "sample": printable(item.sample, 120),
        "experiment": (shown.experiment if shown else " + ".join(sources)) or "",
        "network": item.network,
        "notes": printable(" ".join(notes), MAX_TEXT),
        "error": bool(item.error),
        "contributions": item.contributions.file if item.contributions else "",
    }
    if picture is None:
        blank = ("file", "sha256", "thumbnail", "class", "title", "method", "layer", "scoreText")
        said = "failed" if item.error else _said(item.present, titles)
        return row | dict.fromkeys(blank, "") | {"score": None, "present": False, "said": said}
    method = METHODS.get(picture.method)
    return row | {
        "file": picture.file,
        "sha256": picture.sha256,
        "thumbnail": base64.b64encode(picture.thumbnail).decode("ascii"),
        "class": picture.class_id,
        "title": printable(titles.get(picture.class_id, picture.class_id)),
        "score": round(picture.score, 6),
        "scoreText": score_text(picture.score),
        "present": picture.present,
        "said": _verdict(picture),
        "method": method.title if method else picture.method,
        "layer": printable(picture.layer),
    }


def _verdict(picture: PictureRecord) -> str:
    """Whether the class is said to be there, with the threshold that decided."""
    said = "present" if picture.present else "not present"
    if picture.threshold is None:
        return said
    decided = picture.present == (picture.score >= picture.threshold)
    return f"{said} (from {picture.threshold:.3g})" if decided else said


def _said(present: Sequence[str], titles: Mapping[str, str]) -> str:
    return ", ".join(titles.get(c, c) for c in present) or "none present"


def _made(items: Sequence[ItemRecord], settings: ExportSettings) -> str:
    pictures = sum(len(item.pictures) for item in items)
    failed = sum(bool(item.error) for item in items)
    page = settings.page
    parts = [
        _count(pictures, "picture", "pictures"),
        f"{page.format.upper()}, {page.width_mm:g} × {page.height_mm:g} mm, {page.dpi} dpi",
        f"{failed} failed" if failed else "",
        "networks: "
        + printable(", ".join(dict.fromkeys(i.network for i in items if i.network)), 1000),
        f"made by nmrcam {__version__}; sources and digests are in manifest.json",
    ]
    return "  ·  ".join(part for part in parts if part)


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _json(data: object) -> str:
    """JSON that cannot end its script element."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _policy(css: str, js: str) -> str:
    """Nothing may be loaded from anywhere; the one style and script by their digests."""
    return (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src '{_digest(css)}'; script-src '{_digest(js)}'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
