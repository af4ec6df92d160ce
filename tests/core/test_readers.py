"""One way in: what a path is, and which files of a folder are meant."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import (
    SUPPORTED_SUFFIXES,
    find_spectra,
    pictures,
    read_spectrum,
    vendors,
)
from nmrcam_qt.core.readers import peaklists as lists
from nmrcam_qt.core.readers.jcamp import reader
from nmrcam_qt.core.readers.options import ReadOptions, experiment_from_name, experiment_in_text
from nmrcam_qt.core.spectrum import Experiment, SourceKind

LIST = "1H,13C\n4.7,95.9\n"


def test_the_suffixes_are_those_of_the_readers():
    instrument = set(reader.SUFFIXES) | set(vendors.SUFFIXES)
    assert set(SUPPORTED_SUFFIXES) == set(pictures.SUFFIXES) | set(lists.SUFFIXES) | instrument
    assert set(SUPPORTED_SUFFIXES) == {s.lower() for s in SUPPORTED_SUFFIXES}


def test_pictures_and_lists(tmp_path):
    (tmp_path / "a.csv").write_text(LIST, encoding="utf-8")
    Image.new("L", (30, 20), 255).save(tmp_path / "b.png")
    assert read_spectrum(tmp_path / "a.csv").provenance.kind is SourceKind.PEAK_LIST
    assert read_spectrum(tmp_path / "b.png").provenance.kind is SourceKind.PICTURE
    assert read_spectrum(str(tmp_path / "a.csv")).name == "a"


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".xlsx", "", ".jpg"])
def test_a_picture_is_one_whatever_its_suffix(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    pixels = np.full((20, 30), 255, np.uint8)
    pixels[3, 4] = 0
    Image.fromarray(pixels).save(path, "BMP")
    spectrum = read_spectrum(path)
    assert spectrum.provenance.format == "BMP picture"
    assert np.argwhere(spectrum.intensity).tolist() == [[3, 4]]


def test_text_that_starts_like_a_bitmap_is_text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("BMRB entry 50\n" + LIST, encoding="utf-8")
    assert read_spectrum(path).provenance.kind is SourceKind.PEAK_LIST


def test_options_reach_the_readers(tmp_path):
    options = ReadOptions(experiment=Experiment.HMBC, f2_window=(8.0, 0.0), columns="ch")
    Image.new("L", (30, 20), 255).save(tmp_path / "b.png")
    (tmp_path / "a.csv").write_text("4.7 3.9\n", encoding="utf-8")
    picture = read_spectrum(tmp_path / "b.png", options)
    assert picture.experiment is Experiment.HMBC
    assert picture.f2.edges == pytest.approx((8, 0), abs=1e-9)
    assert read_spectrum(tmp_path / "a.csv", options).peaks.h_ppm.tolist() == [3.9]


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"", "a.csv", "the file is empty"),
        (b"", "a.png", "the file is empty"),
        (bytes(range(256)) * 3, "a.csv", "binary data"),
        (bytes(range(256)) * 3, "a.png", "not a picture"),
        (b"GIF89a" + b"\0" * 50, "a.png", "a GIF picture"),
        (b"%PDF-1.7\n", "a.pdf", "a PDF document"),
        (b"\x1f\x8b\x08" + b"\0" * 20, "a.csv.gz", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 50, "a.xls", "save a workbook as .xlsx"),
        (b"##TITLE=x\r\n##JCAMP-DX=5.0\r\n", "a.dx", "a JCAMP-DX block that does not say"),
        (b"\xef\xbb\xbf  ##TITLE=x\n", "a.txt", "a JCAMP-DX block that does not say"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 50, "a.h5", "an HDF5 file"),
        (b"SQLite format 3\0" + b"\0" * 50, "a.csv", "a database"),
        (b"\0\1\2\3" * 50, "2rr", "Bruker instrument data"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, name, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReadError) as caught:
        read_spectrum(path)
    # All Bruker data have the same few names: they are called by their folder.
    called = tmp_path.name if name == "2rr" else name
    assert str(caught.value).startswith(f"{called}: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_folders_missing_files_and_odd_paths(tmp_path):
    with pytest.raises(ReadError, match="a folder"):
        read_spectrum(tmp_path)
    with pytest.raises(ReadError, match="no such file"):
        read_spectrum(tmp_path / "none.csv")
    with pytest.raises(ReadError, match="cannot be read"):
        read_spectrum(tmp_path / "a\0b.csv")
    (tmp_path / "acqus").write_text("##TITLE=x", encoding="utf-8")
    with pytest.raises(ReadError, match="a folder of Bruker instrument data"):
        read_spectrum(tmp_path)
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    with pytest.raises(ReadError, match="cannot be read"):
        read_spectrum(tmp_path / "loop.csv")


def test_instrument_samples_are_refused_with_their_name(samples_dir):
    with pytest.raises(ReadError, match="a ¹H–¹H COSY"):
        read_spectrum(samples_dir / "instrument" / "bruker_cosy")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    caught = []

    def attempt():
        try:
            read_spectrum(tmp_path / "pipe.csv")
        except ReadError as error:
            caught.append(str(error))

    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(10)
    assert caught == [
        "pipe.csv: no regular file; expected instrument data, a picture "
        "(PNG, JPEG, TIFF, BMP) or a peak list"
    ]


def test_files_that_are_too_large(tmp_path):
    path = tmp_path / "large.csv"
    with path.open("wb") as handle:
        handle.write(LIST.encode())
        handle.truncate(50_000_001)
    with pytest.raises(ReadError, match="at most 50 MB"):
        read_spectrum(path)
    path.write_text("1H,13C\n" + "4.7,95.9\n" * 200_001, encoding="utf-8")
    with pytest.raises(ReadError, match="200001 peaks; expected at most 200000"):
        read_spectrum(path)


def test_folders_are_expanded(tmp_path):
    for name in (
        "b.csv",
        "a.PNG",
        "notes.md",
        "sub/c.xlsx",
        "sub/deep/d.str",
        ".hidden.csv",
        ".git/e.csv",
        "sub/index.json",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "sub" / "up").symlink_to(tmp_path)
    inside = [tmp_path / n for n in ("a.PNG", "b.csv", "sub/c.xlsx", "sub/deep/d.str")]
    assert find_spectra([tmp_path]) == inside
    explicit = [tmp_path / "notes.md", tmp_path / "missing", tmp_path / ".hidden.csv"]
    assert find_spectra(explicit) == explicit
    assert find_spectra([tmp_path / "b.csv", tmp_path]) == [inside[1], inside[0], *inside[2:]]
    assert find_spectra([]) == []


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def refuse(folder):
        if str(folder).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(ReadError, match=r"locked: cannot be listed \(Permission denied\)"):
        find_spectra([tmp_path])


@pytest.mark.parametrize(
    ("name", "experiment"),
    [
        ("bmse000050_1H_13C_HSQC.jpg", Experiment.HSQC),
        ("60_hmbc.png", Experiment.HMBC),
        ("ghmqc.png", Experiment.HSQC),
        ("lr-hsqmbc.png", Experiment.HMBC),
        ("hsqc_tocsy.png", None),
        ("HSQC-TOCSY.png", None),
        ("hsqc_hmbc.png", None),
        ("x.png", None),
    ],
)
def test_the_experiment_in_a_name(tmp_path, name, experiment):
    assert experiment_from_name(tmp_path / name)[0] is experiment
    assert experiment_in_text(f"a list of {name}") is experiment


def test_the_experiment_in_a_folder_is_an_assumption(tmp_path):
    path = tmp_path / "my HMBC" / "x" / "a.csv"
    assert experiment_from_name(path) == (
        Experiment.HMBC,
        "experiment HMBC taken from the folder name 'my HMBC'",
    )
    path.parent.mkdir(parents=True)
    path.write_text(LIST, encoding="utf-8")
    spectrum = read_spectrum(path)
    assert spectrum.experiment is Experiment.HMBC
    assert "taken from the folder name" in spectrum.provenance.assumed[0]
    answered = read_spectrum(path, ReadOptions(experiment=Experiment.HSQC))
    assert answered.provenance.assumed == ()


def test_importing_the_readers_is_cheap():
    code = (
        "import sys, nmrcam_qt.core.readers as r; "
        "print([m for m in ('PIL', 'openpyxl', 'matplotlib', 'tensorflow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
