"""One change, result or state as statements of one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import THUMBNAIL_SIZE, PackedSpectrum
from nmrcam_qt.session.project.blobs import (
    Blobs,
    StoredMaps,
    StoredPayload,
    StoredPicks,
    StoredPicture,
)
from nmrcam_qt.session.project.heavy import (
    PAYLOAD_COLUMNS,
    RESULT_COLUMNS,
    digest_of,
    frame_in,
    maps_in,
    payload_values,
    picture_in,
    result_values,
    said_text,
)
from nmrcam_qt.session.project.light import (
    SPECTRUM_COLUMNS,
    form_text,
    light_of,
    spectrum_values,
)
from nmrcam_qt.session.project.signals import picked_in
from nmrcam_qt.session.project.values import MAX_ID, json_in, plain_in, text_in
from nmrcam_qt.session.records import (
    Finding,
    ProjectOptions,
    ProjectState,
    SampleRecord,
    SpectrumRecord,
)
from nmrcam_qt.session.results import ResultRecord

Task = Change | ResultRecord | Finding | ProjectState


def _marks(columns: str) -> str:
    return ", ".join("?" * len(columns.split(",")))


_SPECTRUM = (
    f"INSERT OR REPLACE INTO spectra ({SPECTRUM_COLUMNS}, removed) "  # noqa: S608 - constants
    f"VALUES ({_marks(SPECTRUM_COLUMNS)}, 0)"
)
_PAYLOAD = (
    f"INSERT INTO payloads (id, {PAYLOAD_COLUMNS}) "  # noqa: S608
    f"VALUES (?, {_marks(PAYLOAD_COLUMNS)})"
)
_RESULT = (
    f"INSERT INTO results (digest, {RESULT_COLUMNS}) "  # noqa: S608
    f"VALUES (?, {_marks(RESULT_COLUMNS)})"
)


@dataclass
class Writing:
    """Statements of one transaction, and what can be let go of when it is done.

    Parameters
    ----------
    connection : sqlite3.Connection
        In a transaction.
    blobs : Blobs
        Where what is written will be read from.
    """

    connection: sqlite3.Connection
    blobs: Blobs
    _settle: list[Callable[[], None]] = field(default_factory=list)

    def apply(self, task: Task) -> None:
        """Write a task.

        Raises
        ------
        sqlite3.Error, NmrCamError
            If it cannot be written; the transaction must be rolled back.
        """
        if isinstance(task, Change):
            self._change(task)
        elif isinstance(task, ResultRecord):
            self._result(task)
        elif isinstance(task, Finding):
            self._finding(task)
        else:
            self._state(task)

    def settle(self) -> None:
        """After the commit: what was written need not stay in memory."""
        for step in self._settle:
            step()
        self._settle.clear()

    def _change(self, change: Change) -> None:
        for sample in change.samples:
            self._sample(sample)
        for spectrum in change.spectra:
            self._spectrum(spectrum)
        if change.view is not None and change.view.after is not None:
            self._view(change.view.after)
        if change.options is not None and change.options.after is not None:
            write_options(self.connection, change.options.after)

    def _sample(self, replaced: Replaced[SampleRecord]) -> None:
        if replaced.after is not None:
            self._use_id(replaced.after.id)
            self.connection.execute(
                "INSERT OR REPLACE INTO samples (id, name, removed) VALUES (?, ?, 0)",
                (replaced.after.id, text_in(replaced.after.name)),
            )
        elif replaced.before is not None:
            self._untidy()
            self.connection.execute(
                "UPDATE samples SET removed = 1 WHERE id = ?", (replaced.before.id,)
            )

    def _spectrum(self, replaced: Replaced[SpectrumRecord]) -> None:
        record = replaced.after
        if record is not None:
            self._use_id(record.id)
            before = replaced.before
            if before is not None and _leaves_something(before, record):
                self._untidy()
            payload = self._payload(record)
            if not self._embedded(record, payload):
                record = replace(record, embedded=False)
            form = self._text(form_text(record))
            picked = self._picked(record)
            self.connection.execute(_SPECTRUM, spectrum_values(record, payload, form, picked))
            self._settle_spectrum(record, payload)
        elif replaced.before is not None:
            self._untidy()
            self.connection.execute(
                "UPDATE spectra SET removed = 1 WHERE id = ?", (replaced.before.id,)
            )

    def _untidy(self) -> None:
        """Something in the file is of no use once the undo stack is gone."""
        self.connection.execute("UPDATE project SET untidy = 1")

    def _use_id(self, record_id: int) -> None:
        _check_id(record_id)
        self.connection.execute(
            "UPDATE project SET next_id = max(next_id, ?)", (int(record_id) + 1,)
        )

    def _payload(self, record: SpectrumRecord) -> int:
        """Id of the heavy part; with its picture, which is written where it is not there."""
        packed = record.packed
        source = packed.payload.source
        ours: int | None = None
        if isinstance(source, StoredPayload) and source.blobs is self.blobs:
            ours = source.light.payload
        if ours is not None and self._has("pictures", ours):
            row_id = ours
        else:
            row_id = self._new_row(packed, ours)
        return row_id

    def _embedded(self, record: SpectrumRecord, row_id: int) -> bool:
        """Put the copy in the file where one is wanted; whether it is there.

        A spectrum that lies in a file which is gone must not hold up all that comes after it:
        it is then kept as one that is read from its source.
        """
        if not record.embedded or self._has("payloads", row_id):
            return record.embedded
        try:
            values = payload_values(record.packed.payload.get())
        except NmrCamError:
            return False
        self.connection.execute(_PAYLOAD, (row_id, *values))
        return True

    def _new_row(self, packed: PackedSpectrum, row_id: int | None) -> int:
        """Row of `pictures`; its id is that of the payload too."""
        try:
            thumbnail = packed.picture.get()
        except NmrCamError:  # it lay in a file that is gone: no reason to lose the rest
            thumbnail = bytes(THUMBNAIL_SIZE[0] * THUMBNAIL_SIZE[1])
        cursor = self.connection.execute(
            "INSERT INTO pictures (id, thumbnail) VALUES (?, ?)",
            (row_id, picture_in(thumbnail)),
        )
        return _check_id(cursor.lastrowid or 0)

    def _picked(self, record: SpectrumRecord) -> int | None:
        """Id of the picked peaks; they are written where they are not in the file."""
        handle, blobs = record.picked, self.blobs
        if handle is None:
            return None
        source = handle.source
        ours = isinstance(source, StoredPicks) and source.blobs is blobs
        if isinstance(source, StoredPicks) and ours and self._has("picks", source.picks):
            return source.picks
        try:
            values = picked_in(handle.get())
        except NmrCamError:  # they lay in a file that is gone: no reason to lose the rest
            return None
        cursor = self.connection.execute("INSERT INTO picks (peaks) VALUES (?)", (values,))
        row_id = _check_id(cursor.lastrowid or 0)
        load = StoredPicks(blobs, row_id, record.n_picked, record.packed.name)
        self._settle.append(lambda: handle.settle(load))
        return row_id

    def _text(self, text: str) -> int:
        """Id of a text that many rows share."""
        sql = "SELECT id FROM texts WHERE text = ?"
        found = self.connection.execute(sql, (text,)).fetchone()
        if found is not None:
            return int(found[0])
        cursor = self.connection.execute("INSERT INTO texts (text) VALUES (?)", (text,))
        return int(cursor.lastrowid or 0)

    def _has(self, table: str, row_id: int) -> bool:
        sql = f"SELECT 1 FROM {table} WHERE id = ?"  # noqa: S608 - constants
        return self.connection.execute(sql, (row_id,)).fetchone() is not None

    def _settle_spectrum(self, record: SpectrumRecord, row_id: int) -> None:
        packed, blobs = record.packed, self.blobs
        light = light_of(record, row_id)
        payload, picture = StoredPayload(blobs, light), StoredPicture(blobs, light)
        self._settle += [
            lambda: packed.payload.settle(payload),
            lambda: packed.picture.settle(picture),
        ]

    def _result(self, record: ResultRecord) -> None:
        digest = digest_of(record.id)
        for (row_id,) in self.connection.execute(
            "SELECT id FROM results WHERE digest = ?", (digest,)
        ).fetchall():
            self.connection.execute("DELETE FROM results WHERE id = ?", (row_id,))
            self.connection.execute("DELETE FROM maps WHERE id = ?", (row_id,))
        size, frame = maps_in(record.handle.get())
        said = self._text(said_text(record.prediction))
        cursor = self.connection.execute(_RESULT, (digest, *result_values(record, said)))
        row_id = _check_id(cursor.lastrowid or 0)
        self.connection.execute(
            "INSERT INTO maps (id, size, frame) VALUES (?, ?, ?)", (row_id, size, frame)
        )
        load = StoredMaps(self.blobs, row_id, record.prediction)
        self._settle.append(lambda: record.handle.settle(load))

    def _finding(self, finding: Finding) -> None:
        size, frame = frame_in(finding.frame)
        self.connection.execute("DELETE FROM findings WHERE place = ?", (finding.place,))
        self.connection.execute(
            "INSERT INTO findings (place, basis, items, size, frame) VALUES (?, ?, ?, ?, ?)",
            (finding.place, finding.basis, json_in(list(finding.items)), size, frame),
        )

    def _state(self, state: ProjectState) -> None:
        self.connection.execute("UPDATE project SET current = ?", (state.current,))
        self._view(state.view)

    def _view(self, view: ViewSettings) -> None:
        self.connection.execute("UPDATE project SET view = ?", (json_in(plain_in(view)),))


def _check_id(row_id: int) -> int:
    """A number that can be read again; a file of a stranger may have used them all up.

    Raises
    ------
    ValueError
        If it cannot; better not saved, and said so, than left out the next time.
    """
    if not 0 < row_id < MAX_ID:
        raise ValueError("the file has no numbers left; save the project under another name")
    return int(row_id)


def write_options(connection: sqlite3.Connection, options: ProjectOptions) -> None:
    """Keep the options of the project."""
    connection.execute("UPDATE project SET options = ?", (json_in(plain_in(options)),))


def _leaves_something(before: SpectrumRecord, after: SpectrumRecord) -> bool:
    """Whether something of a record may no longer be needed.

    Its payload where it was relinked or is not copied any more, its former picked peaks.
    """
    return (
        before.packed.payload is not after.packed.payload
        or before.embedded != after.embedded
        or (before.picked is not None and before.picked is not after.picked)
    )
