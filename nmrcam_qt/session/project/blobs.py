"""What is read from the file when it is needed: payloads, thumbnails, maps.

Any thread may ask. A thread that reads takes a connection from a pool and gives it back, so
that the window never waits for a worker that reads a large spectrum.
"""

from __future__ import annotations

import contextlib
import math
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.results import Analysis, Prediction
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import THUMBNAIL_SIZE, Payload
from nmrcam_qt.session.project.connecting import (
    DATABASE_ERRORS,
    MAX_VALUE_BYTES,
    connect,
    reason_of,
)
from nmrcam_qt.session.project.heavy import (
    MAX_FINDING_BYTES,
    MAX_MAP_BYTES,
    PAYLOAD_COLUMNS,
    analysis_of,
    finding_of,
    payload_of,
    peak_list_bytes,
    picture_of,
)
from nmrcam_qt.session.project.light import Light
from nmrcam_qt.session.project.signals import picked_bytes, picked_of
from nmrcam_qt.session.project.sources import read_source

_PAYLOAD = f"SELECT {PAYLOAD_COLUMNS} FROM payloads WHERE id = ?"  # noqa: S608 - a constant
# A frame that is longer than its own row says is left out by SQLite, unread.
_FRAME = "CASE WHEN length(frame) <= 1.001 * size + 1000000 THEN frame END"
_FINDING = f"SELECT size, {_FRAME} FROM findings WHERE place = ? AND basis = ?"  # noqa: S608
_MAPS = f"SELECT size, {_FRAME} FROM maps WHERE id = ?"  # noqa: S608 - constants
_BYTES_OF_A_POINT = 4
_SPARE = 1_000_000
"""What compression may add, and what SQLite says of its tables."""
_IDLE = 4
"""Connections that are kept for the next reader."""


class Blobs:
    """The heavy tables of one project file, for reading.

    Parameters
    ----------
    path : Path
        The file.
    immutable : bool
        Nobody can write to it (read-only media).
    title : str, optional
        Name for messages, where the file is a copy of the one that the user knows.
    """

    def __init__(self, path: Path, *, immutable: bool = False, title: str = "") -> None:
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._closed = False
        self._round = 0
        self._path, self._immutable = path, immutable
        self.title = title or path.name

    def move(self, path: Path) -> None:
        """Everything lies, under the same ids, in another file from now on."""
        with self._lock:
            self._path, self._immutable, self.title = path, False, path.name
            self._round += 1
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def close(self) -> None:
        """Let go of the file; who asks afterwards gets a `ProjectError`."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def row(self, sql: str, row_id: int, most: int) -> Sequence[Any] | None:
        """One row by its id.

        Parameters
        ----------
        sql : str
            Asks for it.
        row_id : int
            The id.
        most : int
            Bytes that may be in it before they were compressed; SQLite reads no larger one.

        Raises
        ------
        ProjectError
            If the file cannot be read, or the row is larger.
        """
        return self._row(sql, (row_id,), most)

    def finding(self, place: str, basis: str) -> Frame | None:
        """The answer in a place that rests on exactly this; None where there is none.

        Raises
        ------
        ProjectError
            If the file cannot be read, or it is broken.
        """
        row = self._row(_FINDING, (place, basis), MAX_FINDING_BYTES)
        try:
            return None if row is None else finding_of(*row)
        except ValueError as error:
            raise ProjectError(
                f"{self.title}: contributions or checks in it are broken: {error}"
            ) from None

    def _row(self, sql: str, values: tuple[int | str, ...], most: int) -> Sequence[Any] | None:
        limit = min(most + most // 1000 + _SPARE, MAX_VALUE_BYTES)
        try:
            with self._connection() as connection:
                connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, limit)
                found: Sequence[Any] | None = connection.execute(sql, values).fetchone()
                return found
        except (*DATABASE_ERRORS, OSError) as error:
            raise ProjectError(f"{self.title}: {reason_of(error)}") from None

    @contextlib.contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            if self._closed:
                raise ProjectError(f"{self.title}: the project is closed")
            taken = self._round
            connection = self._idle.pop() if self._idle else None
            path, immutable = self._path, self._immutable
        if connection is None:
            connection = connect(path, mode="ro", immutable=immutable)
        keep = False
        try:
            yield connection
            keep = True
        finally:
            with self._lock:
                keep = keep and not self._closed and taken == self._round
                keep = keep and len(self._idle) < _IDLE
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    def handles(self, light: Light) -> tuple[Handle[Payload], Handle[bytes]]:
        """Ways to load the payload and the picture of a spectrum."""
        return Handle(load=StoredPayload(self, light)), Handle(load=StoredPicture(self, light))

    def picks(self, row_id: int, count: int, name: str) -> Handle[PickedPeaks]:
        """A way to load the picked peaks of a spectrum."""
        return Handle(load=StoredPicks(self, row_id, count, name))


class StoredPayload:
    """Loads the payload of one spectrum: from the file, or from its source."""

    __slots__ = ("blobs", "light")

    def __init__(self, blobs: Blobs, light: Light) -> None:
        self.blobs = blobs
        self.light = light

    def __call__(self) -> Payload:
        """Read it.

        Raises
        ------
        NmrCamError
            If it is not there or broken; one sentence.
        """
        light = self.light
        row = self.blobs.row(_PAYLOAD, light.payload, _payload_bytes(light))
        if row is None:
            if not light.embedded:
                return read_source(light)
            raise ProjectError(f"{self.blobs.title}: the copy of {light.name} is missing")
        try:
            return payload_of(row, light)
        except ValueError as error:
            raise ProjectError(
                f"{self.blobs.title}: the copy of {light.name} is broken: {error}"
            ) from None


def _payload_bytes(light: Light) -> int:
    """What a spectrum of these axes and peaks holds at most."""
    points = math.prod(light.shape) + math.prod(light.display_shape)
    peaks = 0 if light.n_peaks is None else peak_list_bytes(light.n_peaks)
    return _BYTES_OF_A_POINT * points + peaks


class StoredPicture:
    """Loads the thumbnail of one spectrum."""

    __slots__ = ("blobs", "light")

    def __init__(self, blobs: Blobs, light: Light) -> None:
        self.blobs = blobs
        self.light = light

    def __call__(self) -> bytes:
        """Read it.

        Raises
        ------
        ProjectError
            If it is not there or broken; one sentence.
        """
        light = self.light
        sql = "SELECT thumbnail FROM pictures WHERE id = ?"
        row = self.blobs.row(sql, light.payload, math.prod(THUMBNAIL_SIZE))
        try:
            if row is None:
                raise ValueError("it is missing")
            return picture_of(row[0])
        except ValueError as error:
            raise ProjectError(
                f"{self.blobs.title}: the thumbnail of {light.name} is broken: {error}"
            ) from None


class StoredMaps:
    """Loads the analysis of one result."""

    __slots__ = ("blobs", "prediction", "result")

    def __init__(self, blobs: Blobs, result: int, prediction: Prediction) -> None:
        self.blobs = blobs
        self.result = result
        self.prediction = prediction

    def __call__(self) -> Analysis:
        """Read it.

        Raises
        ------
        ProjectError
            If it is not there or broken; one sentence.
        """
        row = self.blobs.row(_MAPS, self.result, MAX_MAP_BYTES)
        try:
            if row is None:
                raise ValueError("they are missing")
            return analysis_of(row[0], row[1], self.prediction)
        except ValueError as error:
            raise ProjectError(
                f"{self.blobs.title}: the maps of a result are broken: {error}"
            ) from None


class StoredPicks:
    """Loads the picked peaks of one spectrum."""

    __slots__ = ("blobs", "count", "name", "picks")

    def __init__(self, blobs: Blobs, picks: int, count: int, name: str) -> None:
        self.blobs = blobs
        self.picks = picks
        self.count = count
        self.name = name

    def __call__(self) -> PickedPeaks:
        """Read them.

        Raises
        ------
        ProjectError
            If they are not there or broken; one sentence.
        """
        sql = "SELECT peaks FROM picks WHERE id = ?"
        row = self.blobs.row(sql, self.picks, picked_bytes(self.count))
        try:
            if row is None:
                raise ValueError("they are missing")
            return picked_of(row[0], self.count)
        except ValueError as error:
            raise ProjectError(
                f"{self.blobs.title}: the picked peaks of {self.name} are broken: {error}"
            ) from None
