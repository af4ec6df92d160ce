"""Rows that are dragged: what they carry, and where they may be dropped."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from nmrcam_qt.session.items import SessionItem, SourceState
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.ui.file_dialogs import ROWS_MIME

MOST_URLS = 1000
_MOST_BYTES = 4_000_000


def new_identity() -> str:
    """Tells the rows of one sidebar from those of every other, in this program and in others."""
    return uuid.uuid4().hex


def rows_mime(identity: str, items: Sequence[SessionItem]) -> QMimeData:
    """Rows for ourselves, and their files for a file manager.

    Parameters
    ----------
    identity : str
        Of the sidebar; another one does not take its rows.
    items : sequence of SessionItem
        What is dragged.
    """
    mime = QMimeData()
    said = {"sidebar": identity, "ids": [item.id for item in items]}
    mime.setData(ROWS_MIME, json.dumps(said).encode("ascii"))
    paths = dict.fromkeys(
        item.path for item in items if item.path and item.source is not SourceState.MISSING
    )
    local = [path for path in paths if Path(path).is_absolute()][:MOST_URLS]
    if local:
        mime.setUrls([QUrl.fromLocalFile(path) for path in local])
    return mime


def dragged_ids(mime: QMimeData, identity: str) -> list[int]:
    """Ids of rows of this very sidebar; empty for everything else."""
    raw = bytes(mime.data(ROWS_MIME).data())
    if not raw or len(raw) > _MOST_BYTES:
        return []
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    if not isinstance(said, dict) or said.get("sidebar") != identity:
        return []
    ids = said.get("ids")
    if not isinstance(ids, list):
        return []
    return [i for i in ids if isinstance(i, int) and not isinstance(i, bool)]


@dataclass(frozen=True, slots=True)
class DropPlace:
    """What a drop would do.

    Parameters
    ----------
    row : int or None
        The row that takes the spectra; None where they come out of their samples.
    sample : int or None
        The sample that takes them; None with a row: a new one with the spectrum there.
    partner : int or None
        That spectrum.
    text : str
        What would happen, for the line below the list.
    """

    row: int | None
    sample: int | None = None
    partner: int | None = None
    text: str = ""


def drop_place(listing: Listing, row: int | None, ids: Sequence[int]) -> DropPlace | None:
    """What dropping spectra on a row would do; None where it would do nothing.

    Parameters
    ----------
    listing : Listing
        The rows.
    row : int or None
        The row under the cursor; None beside the rows and between two of them.
    ids : sequence of int
        Spectra that are dragged.
    """
    found = [item for item in map(listing.session.find, ids) if item is not None]
    if not found:
        return None
    if row is None:
        grouped = sum(item.sample is not None for item in found)
        return DropPlace(None, text=f"Take {_many(grouped)} out of the sample") if grouped else None
    header, target = listing.header(row), listing.item(row)
    sample = header.sample.id if header is not None else target.sample if target else None
    if sample is not None:
        if all(item.sample == sample for item in found):
            return None
        name = listing.session.samples[sample].name
        return DropPlace(row, sample, text=f"Group {_many(len(found))} with {name}")
    if target is None or all(item.id == target.id for item in found):
        return None
    return DropPlace(row, None, target.id, f"Group {_many(len(found))} with {target.name}")


def _many(count: int) -> str:
    return "1 spectrum" if count == 1 else f"{count} spectra"
