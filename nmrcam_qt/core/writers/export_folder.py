"""The folder of an export: what an earlier one left, what is in the way, tables and report."""

from __future__ import annotations

import enum
import hashlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.writers.export_types import (
    ContributionRecord,
    ExportSettings,
    ItemRecord,
    PictureRecord,
    SourceRecord,
)
from nmrcam_qt.core.writers.files import is_same_file, make_folder, write_aside
from nmrcam_qt.core.writers.manifest import (
    MANIFEST,
    Journal,
    file_digest,
    read_earlier,
    write_manifest,
)
from nmrcam_qt.core.writers.report import read_thumbnails, report_bytes
from nmrcam_qt.core.writers.table import ScoreRow, csv_bytes
from nmrcam_qt.core.writers.workbook import workbook_bytes

CONTRIBUTIONS = "_contributions"
"""Behind the spectrum's name in the name of a table of contributions."""
CSV, XLSX, REPORT = "scores.csv", "scores.xlsx", "report.html"


class ExportError(NmrCamError):
    """The export cannot go on; what is finished stays, and another run goes on from there."""


class Existing(enum.StrEnum):
    """What becomes of files that are in the way and from no export."""

    OVERWRITE = "overwrite"
    SKIP = "skip"
    ERROR = "error"


class ExportFolder:
    """Where an export goes to.

    Parameters
    ----------
    path : Path
        Made where it is missing.
    settings : ExportSettings
        What is exported.
    existing : Existing
        What becomes of files that are in the way.

    Raises
    ------
    WriteError
        If it cannot be made.
    """

    def __init__(self, path: Path, settings: ExportSettings, existing: Existing) -> None:
        make_folder(path)
        self.path = path
        self._settings = settings
        self._existing = existing
        self._earlier = read_earlier(path, read_thumbnails(path / REPORT))

    def finished(self, key: str) -> ItemRecord | None:
        """What an earlier export left of a spectrum, where all of it is still there."""
        record = self._earlier.items.get(key) if key else None
        if record is None or not all(self.is_there(p) for p in record.pictures):
            return None
        return record if self.has_table(record) else None

    def same_picture(self, name: str, request: str) -> PictureRecord | None:
        """A finished picture of this name that shows the same in the same way."""
        known = self._earlier.pictures.get(name)
        if known is None or known.request != request or not self.is_there(known):
            return None
        return known

    def same_contributions(self, name: str, request: str) -> ContributionRecord | None:
        """A finished table of contributions of this name that was made from the same."""
        known = self._earlier.contributions.get(name)
        if known is None or known.request != request:
            return None
        return known if self._is_whole(known.file, known.sha256) else None

    def has_table(self, record: ItemRecord) -> bool:
        """Whether the table of contributions that belongs to a record, if any, is there."""
        table = record.contributions
        return table is None or self._is_whole(table.file, table.sha256)

    def is_there(self, picture: PictureRecord) -> bool:
        """Whether a finished picture still is what was written."""
        if self._settings.report and not picture.thumbnail:
            return False
        return self._is_whole(picture.file, picture.sha256)

    def _is_whole(self, name: str, sha256: str) -> bool:
        return file_digest(self.path / name) == sha256 != ""

    def in_the_way(self, name: str, sources: Sequence[SourceRecord] = ()) -> bool:
        """Whether a file that is not ours forbids to write one of this name.

        Parameters
        ----------
        name : str
            Of a file in the folder.
        sources : sequence of SourceRecord
            Files that are never overwritten: the user's spectra themselves.

        Raises
        ------
        ExportError
            If that is what the user wants to hear.
        """
        path = self.path / name
        if not os.path.lexists(path) or self._ours(name):
            return False
        if self._existing is Existing.OVERWRITE:
            return any(_is_same(path, source.path) for source in sources)
        if self._existing is Existing.SKIP:
            return True
        raise ExportError(
            f"{name}: is in {self.path} already and not from an export that can be gone on "
            "with; choose to overwrite or to skip such files, or another folder"
        )

    def _ours(self, name: str) -> bool:
        return is_ours(self.path / name, self._earlier.owned)

    def check_fixed_files(self) -> None:
        """Tables, report and manifest: before any work; raises as `in_the_way`."""
        for name in fixed_names(self._settings):
            self.in_the_way(name)

    def finish(
        self,
        items: Sequence[ItemRecord],
        shown: Iterable[ItemRecord],
        titles: Mapping[str, str],
        journal: Journal,
    ) -> list[str]:
        """Write tables, report and, last, the manifest; the names of what was written.

        `shown` are the same items with their thumbnails, taken one by one.
        """
        rows = [_score_row(item) for item in items]
        made: dict[str, Callable[[], bytes]] = {
            CSV: lambda: csv_bytes(rows),
            XLSX: lambda: workbook_bytes(rows),
            REPORT: lambda: report_bytes(items, self._settings, titles, shown),
        }
        written: dict[str, str] = {}
        for name in fixed_names(self._settings):
            if name == MANIFEST or self.in_the_way(name):
                continue
            blob = made[name]()
            written[name] = hashlib.sha256(blob).hexdigest()
            journal.file(name, written[name])
            with write_aside(self.path / name) as stream:
                stream.write(blob)
        if not self.in_the_way(MANIFEST):
            write_manifest(
                self.path, self._settings, items, written, self._left_over(items, written)
            )
            written[MANIFEST] = ""
        return list(written)

    def _left_over(self, items: Sequence[ItemRecord], written: Mapping[str, str]) -> dict[str, str]:
        """Files of earlier exports that are still there and no part of this one."""
        mine = {p.file for item in items for p in item.pictures} | set(written) | {MANIFEST}
        mine |= {item.contributions.file for item in items if item.contributions is not None}
        others = {n: d for n, d in self._earlier.owned.items() if n not in mine}
        return {n: d for n, d in others.items() if file_digest(self.path / n) == d}


def fixed_names(settings: ExportSettings) -> tuple[str, ...]:
    """Names of the files that are not pictures."""
    tables = (CSV, XLSX) if settings.table else ()
    return (*tables, *((REPORT,) if settings.report else ()), MANIFEST)


def foreign_files(folder: Path, settings: ExportSettings) -> list[str]:
    """Files of a folder that an export might have to overwrite: to ask once, beforehand.

    Parameters
    ----------
    folder : Path
        Need not exist.
    settings : ExportSettings
        What will be written.

    Returns
    -------
    list of str
        Names of pictures and tables of contributions of the same format, tables and reports
        from no export, sorted.
    """
    suffix, fixed = f".{settings.page.format}", fixed_names(settings)
    try:
        names = sorted(p.name for p in folder.iterdir() if p.is_file() or p.is_symlink())
    except OSError:
        return []
    tables = f".{settings.contributions}" if settings.contributions else None

    def may_be_written(name: str) -> bool:
        low = name.lower()
        is_table = tables is not None and CONTRIBUTIONS in low and low.endswith(tables)
        return low.endswith(suffix) or name in fixed or is_table

    asked = [n for n in names if may_be_written(n)]
    owned = read_earlier(folder).owned if asked else {}
    return [name for name in asked if not is_ours(folder / name, owned)]


def is_ours(path: Path, owned: Mapping[str, str]) -> bool:
    """Whether a file is from an export and was not changed since."""
    digest = owned.get(path.name)
    if digest is None or path.is_symlink():
        return False
    return path.name == MANIFEST or digest == file_digest(path) != ""


def _is_same(path: Path, other: str) -> bool:
    """Whether a path leads to the file of this name; other names are not even looked at."""
    if Path(other).name.casefold() != path.name.casefold():
        return False
    return is_same_file(path, other)


def _score_row(item: ItemRecord) -> ScoreRow:
    return ScoreRow(
        files=tuple(s.path for s in item.sources),
        experiment=" + ".join(s.experiment for s in item.sources if s.experiment),
        network=item.network,
        classes=item.classes,
        scores=item.scores,
        present=item.present,
        warnings=item.warnings,
        error=item.error,
        name=item.name,
        sample=item.sample,
    )
