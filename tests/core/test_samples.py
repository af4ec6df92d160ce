"""The samples are what their index says, read without a question, and cover the issue."""

from __future__ import annotations

import csv
import gzip
import json

import pytest

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.paths import resources_dir
from nmrcam_qt.core.preprocessing import ink_on_grid
from nmrcam_qt.core.readers import find_spectra, read_spectrum
from nmrcam_qt.core.spectrum import Experiment

FOLDER = resources_dir() / "samples"
INDEX = json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))["samples"]
CLASSES = {"fatty_acid", "indole", "steroid"}


@pytest.mark.parametrize("sample", INDEX, ids=lambda s: s["file"])
def test_a_sample_is_what_the_index_says(sample):
    spectrum = read_spectrum(FOLDER / sample["file"])
    assert spectrum.experiment is Experiment(sample["experiment"])
    assert len(spectrum.peaks) == sample["n_peaks"] >= 10
    assert spectrum.provenance.assumed == ()
    known = ("Gaussians", "widened", "mixture: the union")
    assert all(any(word in note for word in known) for note in spectrum.provenance.notes)
    said = any(note.startswith("mixture: ") for note in spectrum.provenance.notes)
    assert said == (sample["kind"] == "mixture")
    spec = InputSpec("x", spectrum.experiment, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
    assert (ink_on_grid(spectrum, spec) == 1).sum() >= 10


@pytest.mark.parametrize("sample", INDEX, ids=lambda s: s["file"])
def test_a_sample_names_its_sources(sample):
    text = (FOLDER / sample["file"]).read_text(encoding="utf-8")
    assert sample["compounds"]
    for compound in sample["compounds"]:
        assert f"# compound: {compound['name']}" in text
        assert f"# source: {compound['source']}" in text
    assert ("union of the peak lists" in text) == (sample["kind"] == "mixture")
    assert (len(sample["compounds"]) > 1) == (sample["kind"] == "mixture")
    for name in CLASSES:
        carried = any(compound["labels"][name] for compound in sample["compounds"])
        assert sample["labels"][name] == carried


def test_the_folder_holds_the_samples_and_nothing_else():
    assert [path.name for path in find_spectra([FOLDER])] == sorted(s["file"] for s in INDEX)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for sample in INDEX:
        stem = sample["file"].removesuffix("_hmbc.csv")
        assert sample["file"] in readme or stem in readme


def test_they_cover_what_the_issue_asks_for():
    assert 8 <= len(INDEX) <= 12
    assert {(s["kind"], s["experiment"]) for s in INDEX} == {
        (kind, experiment) for kind in ("pure", "mixture") for experiment in ("hsqc", "hmbc")
    }
    pure = [s for s in INDEX if s["kind"] == "pure"]
    for name in CLASSES:
        assert {s["experiment"] for s in pure if s["labels"][name]} == {"hsqc", "hmbc"}
    assert {s["experiment"] for s in pure if not any(s["labels"].values())} == {"hsqc", "hmbc"}
    both = {c["name"] for s in pure for c in s["compounds"] if s["experiment"] == "hsqc"}
    assert both & {c["name"] for s in pure for c in s["compounds"] if s["experiment"] == "hmbc"}


def test_mixtures_are_the_union_of_their_parts():
    pure = {(s["compounds"][0]["name"], s["experiment"]): s for s in INDEX if s["kind"] == "pure"}
    checked = 0
    for sample in (s for s in INDEX if s["kind"] == "mixture"):
        mixed = read_spectrum(FOLDER / sample["file"]).peaks
        points = set(zip(mixed.h_ppm, mixed.c_ppm, strict=True))
        for compound in sample["compounds"]:
            part = pure.get((compound["name"], sample["experiment"]))
            if part is None:
                continue
            peaks = read_spectrum(FOLDER / part["file"]).peaks
            assert set(zip(peaks.h_ppm, peaks.c_ppm, strict=True)) <= points
            checked += 1
    assert checked >= 4


def test_the_peaks_are_those_of_the_sources(data_dir):
    """Every peak of every sample stands in the data set it is said to come from."""
    known = set()
    with gzip.open(data_dir / "bmrb2d" / "peaks.csv.gz", "rt", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["h_ppm"]:
                entry = row["file"].split("_")[1]
                known.add((f"BMRB {entry}", float(row["h_ppm"]), float(row["c_ppm"])))
    with gzip.open(data_dir / "deepsat_hsqc" / "peaks.csv.gz", "rt", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            source = f"DeepSAT test set, {row['file'].removesuffix('.csv')}"
            known.add((source, float(row["h_ppm"]), float(row["c_ppm"])))
    for sample in INDEX:
        peaks = read_spectrum(FOLDER / sample["file"]).peaks
        sources = [c["source"] for c in sample["compounds"]]
        for h, c in zip(peaks.h_ppm, peaks.c_ppm, strict=True):
            assert any((source, h, c) in known for source in sources), (sample["file"], h, c)
