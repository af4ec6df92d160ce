"""Thumbnails of an export that runs, on disk: only the report at its end wants them back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from nmrcam_qt.core.writers.export_types import ItemRecord
from nmrcam_qt.core.writers.files import WriteError

_COUNT = 4
"""Bytes that say how long a thumbnail is."""


class ThumbnailStore:
    """Takes the thumbnails of records out of memory, in the order of the records.

    They lie in a file without a name in the folder of the export, which goes with the process.
    What all records say alike is kept once.

    Parameters
    ----------
    folder : Path
        Where there is room for them.

    Raises
    ------
    WriteError
        If there is none; also by what is called later.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._said: dict[str, str] = {}
        with self._told():
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - until `close`

    def put(self, record: ItemRecord) -> ItemRecord:
        """The record without its thumbnails."""
        with self._told():
            for picture in record.pictures:
                blob = picture.thumbnail
                self._file.write(len(blob).to_bytes(_COUNT, "little") + blob)
        return replace(
            record,
            warnings=tuple(self._said.setdefault(text, text) for text in record.warnings),
            pictures=tuple(replace(picture, thumbnail=b"") for picture in record.pictures),
        )

    def whole(self, records: Iterable[ItemRecord]) -> Iterator[ItemRecord]:
        """All records, in the order in which they were put here, with their thumbnails."""
        with self._told():
            self._file.seek(0)
        for record in records:
            pictures = [replace(each, thumbnail=self._next()) for each in record.pictures]
            yield replace(record, pictures=tuple(pictures))

    def close(self) -> None:
        """Forget them."""
        self._file.close()

    def _next(self) -> bytes:
        with self._told():
            return self._file.read(int.from_bytes(self._file.read(_COUNT), "little"))

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            name = self._folder / "thumbnails"
            raise WriteError(name, error.strerror or str(error), error.errno or 0) from None
