"""Thumbnails lie on disk while an export runs, and come back in their order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nmrcam_qt.core.writers.export_types import ItemRecord, PictureRecord
from nmrcam_qt.core.writers.files import WriteError
from nmrcam_qt.core.writers.thumbnail_store import ThumbnailStore


def picture(blob: bytes) -> PictureRecord:
    return PictureRecord("a.png", "", "", 0, "c", "m", "l", "i", 0.5, True, False, None, blob)


def records() -> list[ItemRecord]:
    said = ("".join(["axes ", "assumed"]), "none")
    blobs = [(b"one", b""), (), (b"\0" * 70_000,), (b"\n\r", b"last")]
    return [ItemRecord("", "x", warnings=said, pictures=tuple(map(picture, b))) for b in blobs]


def test_all_come_back_in_their_order_as_often_as_wanted(tmp_path):
    wanted = records()
    store = ThumbnailStore(tmp_path)
    kept = [store.put(record) for record in wanted]
    assert not any(p.thumbnail for record in kept for p in record.pictures)
    for _ in range(2):
        assert list(store.whole(kept)) == wanted
    store.close()
    assert not list(tmp_path.iterdir())


def test_what_all_say_alike_is_kept_once(tmp_path):
    store = ThumbnailStore(tmp_path)
    one, other = (store.put(record) for record in (*records()[:1], replace(records()[1])))
    assert one.warnings == other.warnings
    assert all(a is b for a, b in zip(one.warnings, other.warnings, strict=True))
    store.close()


def test_without_a_folder_one_sentence(tmp_path):
    with pytest.raises(WriteError, match="thumbnails"):
        ThumbnailStore(tmp_path / "none")
