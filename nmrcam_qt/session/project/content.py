"""All light rows of an open file as the content of a session."""

from __future__ import annotations

import contextlib
import gc
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

from nmrcam_qt.core.contour_levels import HIGHEST_COUNT, HIGHEST_RATIO, LOWEST_RATIO
from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.spectrum import Provenance
from nmrcam_qt.core.writers.request import HEAT_STYLES, SIGNAL_STYLES
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import (
    LAYOUTS,
    MOST_OVERLAYS,
    PEAK_MARKS,
    AnalysisKey,
    ViewSettings,
)
from nmrcam_qt.session.lazy import Label, LazyResults, LazySpectra, lazy_spectra
from nmrcam_qt.session.project.blobs import Blobs, StoredMaps
from nmrcam_qt.session.project.columns import (
    items_of_results,
    rows_in_order,
    sound_samples,
    sound_spectra,
)
from nmrcam_qt.session.project.heavy import (
    RESULT_COLUMNS,
    Said,
    prediction_of,
    result_id,
    said_of,
)
from nmrcam_qt.session.project.light import (
    SPECTRUM_COLUMNS,
    Form,
    form_of,
    row_name,
    row_provenance,
    sample_record,
    spectrum_record,
)
from nmrcam_qt.session.project.values import MAX_ID, id_out, plain_out, text_out
from nmrcam_qt.session.records import ProjectOptions, ProjectState, SampleRecord, SpectrumRecord
from nmrcam_qt.session.results import ResultRecord, basis_of
from nmrcam_qt.session.store import ProjectContent

_SAMPLES = "SELECT id, name, removed FROM samples"
_SPECTRA = f"SELECT {SPECTRUM_COLUMNS}, removed FROM spectra"  # noqa: S608 - constants
_RESULTS = f"SELECT {RESULT_COLUMNS}, id FROM results"  # noqa: S608
MAX_ROWS = 2_000_000
"""Rows of one table. A damaged tree can repeat its pages without end."""
MAX_LIGHT_BYTES = 1 << 26
"""Longest text, and largest row, of what is read when a project is opened."""


class ContentReader:
    """Reads the content; what is broken is left out and named in `notices`.

    Parameters
    ----------
    connection : sqlite3.Connection
        The file, its tables checked.
    blobs : Blobs
        Where spectra and maps are read from when they are needed.
    """

    def __init__(self, connection: sqlite3.Connection, blobs: Blobs) -> None:
        self._connection = connection
        self._blobs = blobs
        self.superseded: list[int] = []
        """Ids of results that are left out because there is a newer one in their place."""
        self._texts: dict[object, object] = {}
        self._forms: dict[object, Form] = {}
        self._saids: dict[object, Said] = {}
        self._left_out: dict[str, list[str]] = {}
        self._repaired: list[str] = []
        self._largest = 0

    def read(self) -> tuple[ProjectContent, tuple[str, ...]]:
        """The content, and one sentence for each kind of damage.

        Raises
        ------
        ProjectError
            If the file cannot be read at all.
        sqlite3.Error
            If it is damaged.
        """
        whole = self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_LIGHT_BYTES)
        # One view of the file, also while another window writes to it.
        self._connection.execute("BEGIN")
        try:
            with _no_collection():
                content = self._read()
        finally:
            self._connection.execute("ROLLBACK")
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, whole)
        said = [
            f"{len(why)} of the {what} cannot be read and are left out: {one_line(why[0])}"
            for what, why in self._left_out.items()
        ]
        return content, (*said, *self._repaired)

    def _read(self) -> ProjectContent:
        for row_id, text in self._rows("SELECT id, text FROM texts"):
            self._texts[row_id] = text
        samples = self._samples()
        spectra = self._spectra({sample.id for sample in samples})
        results = self._results(spectra)
        options, state, next_id = self._project(set(lazy_spectra(spectra).ids))
        return ProjectContent(spectra, samples, results, options, state, next_id)

    def _rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        for count, row in enumerate(self._connection.execute(sql)):
            if count >= MAX_ROWS:
                raise ProjectError(f"{self._blobs.title}: the file is damaged: endless rows")
            yield row

    def _lost(self, what: str, why: ValueError) -> None:
        self._left_out.setdefault(what, []).append(str(why))

    def _samples(self) -> tuple[SampleRecord, ...]:
        rows = rows_in_order(self._connection, _SAMPLES, 0)
        if rows is None or not sound_samples(rows):
            return self._careful_samples()
        self._largest = rows[-1][0] if rows else 0
        return tuple(SampleRecord(row[0], row[1]) for row in rows if not row[2])

    def _careful_samples(self) -> tuple[SampleRecord, ...]:
        found: dict[int, SampleRecord] = {}
        for row in self._rows(_SAMPLES):
            try:
                sample = sample_record(row)
            except ValueError as error:
                self._lost("samples", error)
                continue
            self._largest = max(self._largest, sample.id)
            if not row[2]:
                found[sample.id] = sample
        return tuple(found.values())

    def _spectra(self, samples: set[int]) -> Sequence[SpectrumRecord]:
        """Made when they are looked at; where something is odd, one by one at once."""
        rows = rows_in_order(self._connection, _SPECTRA, 0)
        if rows is None or not sound_spectra(rows, self._form):
            return self._careful_spectra(samples)
        here = sorted((row for row in rows if not row[17]), key=itemgetter(1))
        of_samples = [row[2] for row in here]
        if not samples.issuperset(sample for sample in of_samples if sample is not None):
            return self._careful_spectra(samples)
        self._largest = max(self._largest, rows[-1][0] if rows else 0)
        handles, picks, forms = self._blobs.handles, self._blobs.picks, self._forms

        def make(place: int) -> SpectrumRecord:
            row, here[place] = here[place], ()  # once: the row is not needed again
            return spectrum_record(row, forms[row[13]], handles, picks)

        def provenance(place: int) -> Provenance:
            return row_provenance(here[place], forms[here[place][13]])

        def label(place: int) -> Label:
            return row_name(here[place]), forms[here[place][13]].experiment

        ids, positions = [row[0] for row in here], [row[1] for row in here]
        return LazySpectra(ids, positions, of_samples, make, provenance, label)

    def _careful_spectra(self, samples: set[int]) -> tuple[SpectrumRecord, ...]:
        found: dict[int, SpectrumRecord] = {}
        handles, picks = self._blobs.handles, self._blobs.picks
        for row in self._rows(_SPECTRA):
            try:
                self._largest = max(self._largest, id_out(row[0]))
                if row[17]:
                    continue
                record = spectrum_record(row, self._form(row[13]), handles, picks)
            except ValueError as error:
                self._lost("spectra", error)
                continue
            if record.sample is not None and record.sample not in samples:
                self._note("some spectra named a sample that is not there; they stand alone")
                record = replace(record, sample=None)
            found[record.id] = record
        ordered = sorted(found.values(), key=lambda record: (record.position, record.id))
        if len({record.position for record in ordered}) < len(ordered):
            self._note("some spectra had the same place; they were numbered anew")
            ordered = [replace(record, position=n) for n, record in enumerate(ordered, 1)]
        return tuple(ordered)

    def _form(self, text_id: object) -> Form:
        if text_id not in self._forms:
            self._forms[text_id] = form_of(text_out(self._texts.get(text_id)))
        return self._forms[text_id]

    def _said(self, text_id: object) -> Said:
        if text_id not in self._saids:
            self._saids[text_id] = said_of(text_out(self._texts.get(text_id)))
        return self._saids[text_id]

    def _note(self, text: str) -> None:
        if text not in self._repaired:
            self._repaired.append(text)

    def _results(self, spectra: Sequence[SpectrumRecord]) -> Sequence[ResultRecord]:
        """Made when they are looked at; where something is odd, one by one at once."""
        here = set(lazy_spectra(spectra).ids)
        rows = rows_in_order(self._connection, _RESULTS, 9)
        items = None if rows is None else items_of_results(rows, self._said)
        if rows is None or items is None:
            return self._without_superseded(spectra, self._careful_results(here))
        if any(not here.issuperset(ids) for ids in items):
            rows = [row for row, ids in zip(rows, items, strict=True) if here.issuperset(ids)]
            items = [ids for ids in items if here.issuperset(ids)]
        if len({row[:3] for row in rows}) < len(rows):  # network, items, layer
            return self._without_superseded(spectra, [self._result(row) for row in rows])
        found = rows

        def make(place: int) -> ResultRecord:
            row, found[place] = found[place], ()
            return self._result(row)

        return LazyResults(items, [text_out(row[7]) for row in found], make)

    def _result(self, row: Sequence[Any]) -> ResultRecord:
        made_of, prediction = result_id(row), prediction_of(self._said(row[5]), row[6])
        handle = Handle(load=StoredMaps(self._blobs, id_out(row[9]), prediction))
        return ResultRecord(made_of, prediction, handle, text_out(row[7]), text_out(row[8]))

    def _careful_results(self, spectra: set[int]) -> tuple[ResultRecord, ...]:
        found: dict[int, ResultRecord] = {}
        for row in self._rows(_RESULTS):
            try:
                if spectra.issuperset(result_id(row).key.items):
                    found[id_out(row[9])] = self._result(row)
            except ValueError as error:
                self._lost("results", error)
        return tuple(found[row_id] for row_id in sorted(found))

    def _without_superseded(
        self, spectra: Sequence[SpectrumRecord], results: Sequence[ResultRecord]
    ) -> tuple[ResultRecord, ...]:
        """Of results of the same spectra and network the newest that fits their axes.

        Where none fits, all are kept: the user may set the axes back.
        """
        if len({result.id.key for result in results}) == len(results):
            return tuple(results)
        packed = {spectrum.id: spectrum.packed for spectrum in spectra}
        latest: dict[AnalysisKey, ResultRecord] = {}
        for result in results:
            key = result.id.key
            if result.id.basis == tuple(basis_of(packed[item]) for item in key.items):
                latest[key] = result
        kept = tuple(r for r in results if latest.get(r.id.key, r) is r)
        old = {id(r) for r in results} - {id(r) for r in kept}
        sources = (r.handle.source for r in results if id(r) in old)
        self.superseded = [s.result for s in sources if isinstance(s, StoredMaps)]
        return kept

    def _project(self, spectra: set[int]) -> tuple[ProjectOptions, ProjectState, int]:
        row = self._connection.execute(
            "SELECT next_id, options, current, view FROM project WHERE id = 1"
        ).fetchone()
        if row is None:
            raise ProjectError(
                f"{self._blobs.title}: the file is damaged: it says nothing of itself"
            )
        next_id, options, current, view = row
        if type(next_id) is not int or not self._largest < next_id < MAX_ID // 2:
            next_id = self._largest + 1
            self._note("the next number of a spectrum was wrong; it was counted anew")
        state = ProjectState(current if current in spectra else None, _view(view, spectra))
        return plain_out(_json_text(options), ProjectOptions()), state, next_id


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """A hundred thousand new objects, none of them garbage: looking for it costs a third."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _json_text(value: object) -> str:
    """Text of a column, an empty object where it is none."""
    return value if isinstance(value, str) else "{}"


def _view(value: object, spectra: set[int]) -> ViewSettings:
    """View settings; values that no control can show are the default."""
    view, default = plain_out(_json_text(value), ViewSettings()), ViewSettings()
    here = tuple(i for i in dict.fromkeys(view.overlays) if type(i) is int and i in spectra)
    sound = {
        "opacity": 0 <= view.opacity <= 1,
        "threshold": 0 <= view.threshold <= 1,
        "heat_style": view.heat_style in HEAT_STYLES,
        "layout": view.layout in LAYOUTS,
        "signal_style": view.signal_style in SIGNAL_STYLES,
        "contour_ratio": LOWEST_RATIO <= view.contour_ratio <= HIGHEST_RATIO,
        "peak_marks": view.peak_marks in PEAK_MARKS,
        "contour_levels": 1 <= view.contour_levels <= HIGHEST_COUNT,
    }
    mended = {k: getattr(default, k) for k, good in sound.items() if not good}
    return replace(view, overlays=here[:MOST_OVERLAYS], **mended)
