"""Records, changes and results of projects for the tests of the project file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from window_builders import CLASSES, make_map, picture

from nmrcam_qt.core.results import Analysis, Prediction
from nmrcam_qt.core.spectrum import (
    Experiment,
    PeakList,
    SourceKind,
    Spectrum,
)
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.project import create_project
from nmrcam_qt.session.records import ResultId, SampleRecord, SpectrumRecord
from nmrcam_qt.session.results import ResultRecord, basis_of
from nmrcam_qt.session.store import ProjectContent

SHA = "5" * 64


def make_spectrum(seed=0, peaks=False, rows=41, columns=60, name=None) -> Spectrum:
    """A picture or a peak list with points of its own."""
    rng = np.random.default_rng(seed)
    image = np.zeros((rows, columns), dtype=np.float32)
    image[rng.integers(0, rows, 30), rng.integers(0, columns, 30)] = rng.integers(
        1, 256, 30
    ).astype(np.float32) / np.float32(255)
    name = name or f"made {seed}"
    base = replace(
        picture(name, rows, columns, Experiment.HMBC if seed % 2 else Experiment.HSQC),
        intensity=image,
    )
    source = replace(base.provenance, sha256=f"{seed:064x}")
    if not peaks:
        return replace(base, provenance=source)
    found = PeakList(
        rng.uniform(0, 10, 5), rng.uniform(0, 200, 5), rng.standard_normal(5), tuple("abcde")
    )
    kind = replace(source, kind=SourceKind.PEAK_LIST, format="CSV peak list", axes_assumed=False)
    return replace(base, intensity=image * np.float32(0.37), provenance=kind, peaks=found)


def make_record(record_id, rows=41, **other) -> SpectrumRecord:
    """A record in memory; every third is a peak list."""
    packed = pack(make_spectrum(record_id, peaks=record_id % 3 == 0, rows=rows))
    return SpectrumRecord(record_id, record_id, packed, **other)


def add(*records, text="Add") -> Change:
    """The change that adds spectra or samples."""
    return Change(
        text,
        tuple(Replaced(None, r) for r in records if isinstance(r, SpectrumRecord)),
        tuple(Replaced(None, r) for r in records if isinstance(r, SampleRecord)),
    )


def changed(record, **fields) -> tuple[Change, SpectrumRecord]:
    """The change of a record's fields, and the record after it."""
    after = replace(record, **fields)
    return Change("Change", (Replaced(record, after),)), after


def removed(*records) -> Change:
    """The change that removes spectra or samples."""
    return add(*records).inverse()


def make_result(records, seed=0, network="net-hsqc", sha=SHA) -> ResultRecord:
    """A result with two maps."""
    rng = np.random.default_rng(seed)
    logits = rng.standard_normal(len(CLASSES))
    scores = np.exp(logits) / np.exp(logits).sum()
    prediction = Prediction(
        network, sha, CLASSES, logits, scores, (CLASSES[0],), ("few spectra",), "Right 4 of 5."
    )
    maps = tuple(
        make_map(c, evidence=rng.standard_normal((21, 33)).astype(np.float32)) for c in CLASSES[:2]
    )
    key = AnalysisKey(network, tuple(r.id for r in records), None)
    basis = tuple(basis_of(r.packed) for r in records)
    analysis = Analysis(prediction, maps, (("cam", "the head is no average"),))
    return ResultRecord(
        ResultId(key, sha, basis), prediction, Handle(analysis), "2026-11-22T12:00:00+00:00", "0.3"
    )


def write_project(path, n=3, results=True) -> list[SpectrumRecord]:
    """A closed project of `n` spectra of one sample, each with a result."""
    opened = create_project(path)
    sample = SampleRecord(1, "sample")
    records = [make_record(i, sample=1) for i in range(2, n + 2)]
    opened.store.write(add(sample, *records))
    if results:
        for record in records:
            opened.store.write_result(make_result([record], record.id))
    assert opened.store.close()
    return records


# Comparing


def light_facts(record: SpectrumRecord) -> tuple:
    """Everything of a record but points and thumbnail."""
    packed = record.packed
    peaks = packed.payload.get().peaks
    light = tuple(
        getattr(record, name)
        for name in SpectrumRecord.__slots__
        if name not in ("packed", "picked")
    )
    return (
        *light,
        packed.name,
        packed.f1,
        packed.f2,
        packed.experiment,
        packed.provenance,
        packed.n_peaks,
        packed.display_axes,
        packed.acquisition,
        packed.reference,
        packed.masks,
        packed.filed,
        None if record.picked is None else record.picked.get(),
        None
        if peaks is None
        else (
            peaks.h_ppm.tobytes(),
            peaks.c_ppm.tobytes(),
            peaks.intensity.tobytes(),
            peaks.annotation,
        ),
    )


def spectrum_facts(record: SpectrumRecord) -> tuple:
    """Everything of a record, with its points, peaks and thumbnail."""
    payload = record.packed.payload.get()
    return (*light_facts(record), record.packed.picture.get(), payload.full, payload.display)


def result_facts(record: ResultRecord) -> tuple:
    """Everything of a result, with its maps."""
    analysis = record.handle.get()
    return (
        record.id,
        _prediction(record.prediction),
        _prediction(analysis.prediction),
        tuple(
            (e.evidence.tobytes(), e.f1, e.f2, e.input_name, e.class_id, e.method, e.layer)
            for e in analysis.explanations
        ),
        analysis.unavailable,
        record.made,
        record.version,
    )


def _prediction(p: Prediction) -> tuple:
    return (
        p.network,
        p.network_sha256,
        p.classes,
        p.logits.tobytes(),
        p.scores.tobytes(),
        p.present,
        p.warnings,
        p.worth,
    )


def facts(content: ProjectContent) -> dict:
    """Everything that a project holds, to compare."""
    return {
        "spectra": [spectrum_facts(r) for r in content.spectra],
        "samples": sorted(content.samples, key=lambda s: s.id),
        "results": {r.id: result_facts(r) for r in content.results},
        "options": content.options,
        "state": content.state,
        "next_id": content.next_id,
    }
