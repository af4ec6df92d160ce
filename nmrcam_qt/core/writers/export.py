"""The export engine of window and command line: pictures, tables, manifest, report.

Analysed spectra come in one by one; their pictures are drawn by a `DrawingPool` and
written in order. Meanwhile what their peaks contribute is asked and written, where that is
wanted. What an earlier export into the same folder has finished is kept, what
belongs to nobody is not touched without leave.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from nmrcam_qt.core.errors import Cancelled, EngineLost, NmrCamError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.writers.additions import Additions
from nmrcam_qt.core.writers.drawing_pool import DrawingError, DrawingPool, Drawn
from nmrcam_qt.core.writers.export_contributions import Asking, TableSource, table_name
from nmrcam_qt.core.writers.export_folder import Existing, ExportFolder
from nmrcam_qt.core.writers.export_items import (
    Drawing,
    OpenItem,
    maps_of,
    picture_of,
    record_of,
)
from nmrcam_qt.core.writers.export_types import (
    Analysed,
    ContributionRecord,
    ExportSettings,
    Finished,
    ItemRecord,
    PictureRecord,
    SourceRecord,
    request_digest,
)
from nmrcam_qt.core.writers.files import OutputNames, WriteError, write_aside
from nmrcam_qt.core.writers.manifest import JOURNAL, Journal
from nmrcam_qt.core.writers.thumbnail_store import ThumbnailStore

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """What an export did.

    Parameters
    ----------
    folder : Path
        Where to.
    items : tuple of ItemRecord
        Every spectrum or pair; thumbnails are in the report alone.
    written, kept, skipped : int
        Pictures that were drawn, that an earlier export had finished, and that were left
        out because another file was in the way; tables of contributions count as such, too.
    files : tuple of str
        Names of tables, report and manifest.
    tables : int
        Tables of contributions, written and kept.
    """

    folder: Path
    items: tuple[ItemRecord, ...]
    written: int
    kept: int
    skipped: int
    files: tuple[str, ...]
    tables: int = 0

    @property
    def failed(self) -> tuple[ItemRecord, ...]:
        """Those with an error."""
        return tuple(item for item in self.items if item.error)

    @property
    def without(self) -> int:
        """Spectra and pairs that have none of the classes, and so no picture."""
        blank = (item for item in self.items if item.scores and not item.pictures)
        return 0 if self.skipped else sum(not item.error for item in blank)

    @property
    def sentence(self) -> str:
        """What was done, in one line."""
        count = sum(max(1, len(item.sources)) for item in self.items)
        spectra = "1 spectrum" if count == 1 else f"{count} spectra"
        pairs = sum(len(item.sources) > 1 for item in self.items)
        if pairs:
            spectra += " (1 pair)" if pairs == 1 else f" ({pairs} pairs)"
        parts = [spectra, f"{self.written} pictures written"]
        tables = "1 table" if self.tables == 1 else f"{self.tables} tables"
        parts += [f"{tables} of contributions"] if self.tables else []
        for number, text in (
            (self.kept, "from an earlier export kept"),
            (self.skipped, "left out because a file was in the way"),
            (self.without, "without a picture: none of the classes"),
            (len(self.failed), "failed"),
        ):
            if number:
                parts.append(f"{number} {text}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Pending:
    """A picture that is being drawn; without one the end of a spectrum."""

    item: OpenItem
    path: Path | None = None
    picture: PictureRecord | None = None
    drawn: Future[Drawn] | None = None


class Exporter:
    """One export into one folder.

    Parameters
    ----------
    folder : Path
        Where to; made where it is missing.
    settings : ExportSettings
        What and how.
    pool : DrawingPool
        Who draws.
    existing : Existing
        What becomes of files that are in the way.
    titles : mapping, optional
        Titles of classes by id, for the report.

    Raises
    ------
    WriteError
        If the folder cannot be made.
    """

    def __init__(
        self,
        folder: Path,
        settings: ExportSettings,
        pool: DrawingPool,
        existing: Existing = Existing.ERROR,
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = ExportFolder(folder, settings, existing)
        self._settings = settings
        self._pool = pool
        self._titles = dict(titles or {})
        self._additions = Additions(settings.page)
        self._progress: Progress = SILENT
        self._total = 0
        self._names = OutputNames()
        self._pending: deque[_Pending] = deque()
        self._items: list[ItemRecord] = []
        self._thumbnails: ThumbnailStore
        self._written = self._kept = self._skipped = self._tables = 0

    def finished(self, key: str) -> ItemRecord | None:
        """What an earlier export left of a spectrum, where all of it is still there."""
        return self._folder.finished(key)

    def run(
        self, sources: Iterable[Analysed | Finished], total: int, progress: Progress = SILENT
    ) -> ExportSummary:
        """Draw and write everything.

        Parameters
        ----------
        sources : iterable
            One per spectrum or pair; taken one by one.
        total : int
            How many there are.
        progress : Progress
            Told of every spectrum; cancels by raising.

        Raises
        ------
        ExportError, WriteError
            If it cannot go on.
        Cancelled
            If the user cancelled; a further run goes on from there.
        """
        self._folder.check_fixed_files()
        self._progress, self._total = progress, total
        journal = Journal(self._folder.path)
        done = False
        try:
            with closing(ThumbnailStore(self._folder.path)) as self._thumbnails:
                for number, source in enumerate(sources, start=1):
                    self._take(source, number, journal)
                    self._step()
                self._drain(0, journal)
                progress.step(total, total, "tables and report")
                shown = self._thumbnails.whole(self._items)
                files = self._folder.finish(self._items, shown, self._titles, journal)
            done = True
        finally:
            journal.close(done)
        items = tuple(self._items)
        counts = self._written, self._kept, self._skipped
        return ExportSummary(self._folder.path, items, *counts, tuple(files), self._tables)

    def _step(self) -> None:
        self._progress.step(len(self._items), self._total, self._folder.path.name)

    # One spectrum

    def _take(self, source: Analysed | Finished, number: int, journal: Journal) -> None:
        if isinstance(source, Finished):
            if self._keep(source.record, number, journal):
                return
            source = source.redo()
        item = OpenItem(record_of(source))
        drawing = Drawing(source, maps_of(source, self._settings, item), self._additions)
        for explanation in drawing.maps:
            self._one(drawing, explanation, number, item, journal)
        table = TableSource.of(source, self._settings)
        if table is not None:
            self._contribute(table, item, journal)
        self._pending.append(_Pending(item))

    def _keep(self, record: ItemRecord, number: int, journal: Journal) -> bool:
        """Go on with what an earlier export has finished, under the same names."""
        trial = self._names.copy()
        for picture in record.pictures:
            source = record.sources[picture.source]
            name = self._name(source, record, picture, number, trial)
            if name != picture.file or not self._folder.is_there(picture):
                return False
        table = record.contributions
        if table is not None:
            name = table_name(record, f".{self._settings.contributions}", trial)
            if name != table.file or not self._folder.has_table(record):
                return False
            self._tables += 1
        self._names = trial
        self._kept += len(record.pictures)
        item = OpenItem(record, list(record.pictures), contributions=table)
        self._pending.append(_Pending(item))
        self._drain(2 * self._pool.size, journal)
        return True

    def _one(
        self,
        drawing: Drawing,
        explanation: Explanation,
        number: int,
        item: OpenItem,
        journal: Journal,
    ) -> None:
        """Queue one picture, or keep it where it is finished already."""
        source = drawing.source
        index = source.source_of(explanation.input_name)
        picture = picture_of(source, explanation, index)
        name = self._name(item.record.sources[index], item.record, picture, number, self._names)
        path = self._folder.path / name
        request = drawing.request(explanation, index, path, self._settings.page)
        picture = replace(picture, file=name, request=request_digest(request))
        known = self._folder.same_picture(name, picture.request)
        if known is not None:
            self._kept += 1
            item.pictures.append(replace(picture, sha256=known.sha256, thumbnail=known.thumbnail))
            return
        if self._folder.in_the_way(name, item.record.sources):
            self._skipped += 1
            item.left_out(name)
            return
        drawn = self._pool.submit(request)
        self._pending.append(_Pending(item, path, picture, drawn))
        self._drain(2 * self._pool.size, journal)

    def _contribute(self, table: TableSource, item: OpenItem, journal: Journal) -> None:
        """Write what the peaks contribute; what fails becomes a problem of the spectrum."""
        name = table_name(item.record, table.suffix, self._names)
        request = table.digest
        known = self._folder.same_contributions(name, request)
        if known is None and self._folder.in_the_way(name, item.record.sources):
            self._skipped += 1
            item.left_out(name)
            return
        item.remarks += table.remarks
        if known is not None:
            item.contributions = known
            item.remarks += known.remarks
            self._tables += 1
            return
        try:
            found = table.found(Asking(self._step))
        except (Cancelled, EngineLost):
            raise
        except (NmrCamError, MemoryError) as error:
            reason = str(error) or "not enough memory"
            item.problems.append(f"{item.record.name}: no contributions of its peaks: {reason}")
            return
        blob, said = table.blob(found), table.remarks_on(found)
        record = ContributionRecord(name, hashlib.sha256(blob).hexdigest(), request, said)
        if self._put(item, name, blob, lambda: journal.contributions(record)):
            item.contributions = record
            item.remarks += said
            self._tables += 1

    def _name(
        self,
        source: SourceRecord,
        record: ItemRecord,
        picture: PictureRecord,
        number: int,
        names: OutputNames,
    ) -> str:
        values: dict[str, str | int] = {
            "name": source.name,
            "experiment": source.experiment.lower(),
            "class": picture.class_id,
            "method": picture.method,
            "layer": picture.layer,
            "network": record.network,
            "sample": record.sample or source.name,
            "number": number,
        }
        stem = names.file(self._settings.template.stem(values))
        return f"{stem}.{self._settings.page.format}"

    # In order

    def _drain(self, most: int, journal: Journal) -> None:
        """Write what is drawn until at most so many pictures are waited for."""
        while self._pending and (
            len(self._pending) > most or self._pending[0].drawn is None or _ready(self._pending[0])
        ):
            entry = self._pending.popleft()
            if entry.drawn is None:
                self._close(entry.item, journal)
            else:
                self._write(entry, entry.drawn, journal)

    def _write(self, entry: _Pending, future: Future[Drawn], journal: Journal) -> None:
        """Write one picture; what fails becomes a problem of its spectrum."""
        if entry.path is None or entry.picture is None:
            return
        try:
            drawn = self._result(future)
            digest = hashlib.sha256(drawn.picture).hexdigest()
            record = replace(entry.picture, sha256=digest, thumbnail=drawn.thumbnail)
        except DrawingError as error:
            said = str(error)
            named = said if entry.path.name in said else f"{entry.path.name}: {said}"
            entry.item.problems.append(named)
            return
        if self._put(entry.item, record.file, drawn.picture, lambda: journal.picture(record)):
            entry.item.pictures.append(record)
            self._written += 1

    def _put(self, item: OpenItem, name: str, blob: bytes, say: Callable[[], None]) -> bool:
        """Say in the journal what comes, then put it in its place; whether it is there."""
        try:
            say()
            with write_aside(self._folder.path / name) as stream:
                stream.write(blob)
        except WriteError as error:
            if error.hopeless or error.path.name == JOURNAL:
                raise
            item.problems.append(str(error))
            return False
        return True

    def _result(self, future: Future[Drawn]) -> Drawn:
        """Wait, but not deaf to who cancels."""
        while True:
            try:
                return future.result(POLL_S)
            except TimeoutError:
                self._step()

    def _close(self, item: OpenItem, journal: Journal) -> None:
        """All pictures of a spectrum are there, or failed."""
        record = item.closed()
        self._items.append(self._thumbnails.put(record))
        journal.item(record)


def _ready(entry: _Pending) -> bool:
    return entry.drawn is None or entry.drawn.done()
