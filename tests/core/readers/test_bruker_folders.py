"""Folders of Bruker experiments: what is opened, what is asked, what is said."""

from __future__ import annotations

import numpy as np
import pytest
from bruker_builders import time_signals, write_1d, write_processed, write_raw

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.processing import Scheme
from nmrcam_qt.core.readers import find_spectra, read_spectrum, survey_folders
from nmrcam_qt.core.readers.options import ReadOptions

IMAGE = np.random.default_rng(1).integers(-1000, 1000, (16, 32))


@pytest.fixture
def data_set(tmp_path):
    """1H, 13C, COSY, HSQC (two processings, with peaks), HMBC (raw), as a chemist has them."""
    root = tmp_path / "gossypol"
    write_1d(root / "1")
    write_1d(root / "2", "13C", "zgpg30")
    write_processed(root / "10", IMAGE, program="cosygpqf", f1="1H")
    write_processed(root / "3", IMAGE, program="hsqcedetgp", procno=1)
    write_processed(root / "3", -IMAGE, program="hsqcedetgp", procno=2)
    (root / "3" / "pdata" / "1" / "peaklist.xml").write_text("<x/>")
    (root / "3" / "pdata" / "1" / "thumb.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (root / "10" / "pdata" / "1" / "peaklist.xml").write_text("<x/>")
    fid = time_signals([(1000.0, 300.0, 1e5)], Scheme.QF, (32, 128), (20000.0, 5000.0))
    write_raw(root / "4", fid, Scheme.QF, program="hmbcgplpndqf")
    return root


def test_hsqc_and_hmbc_are_opened_and_the_rest_is_one_sentence(data_set):
    found = survey_folders([data_set])
    names = [str(path.relative_to(data_set)) for path in found.paths]
    assert names == ["3/pdata/1/2rr", "4/ser"]
    ((folder, sentence),) = found.remarks
    assert folder == data_set
    assert sentence == (
        "gossypol: not opened, since they are no ¹H–¹³C spectra: 1 – a 1D ¹H spectrum (pulse "
        "program zg30), 2 – a 1D ¹³C spectrum (pulse program zgpg30), 10 – a ¹H–¹H COSY "
        "(pulse program cosygpqf)"
    )
    assert find_spectra([data_set, data_set / "3"]) == list(found.paths), "each once"
    assert [read_spectrum(p).name for p in found.paths] == [
        "gossypol 3 – hsqcedetgp",
        "gossypol 4 – hmbcgplpndqf",
    ]


def test_a_data_set_itself_is_a_question(data_set):
    with pytest.raises(AmbiguousError) as caught:
        read_spectrum(data_set)
    assert caught.value.option == "part"
    assert caught.value.choices == (
        "3/pdata/1 · hsqcedetgp · ¹H–¹³C",
        "4/ser · hmbcgplpndqf · ¹H–¹³C",
    )
    for part, name in (
        (caught.value.choices[0], "gossypol 3 – hsqcedetgp"),
        ("3/pdata/2", "gossypol 3/2 – hsqcedetgp"),
        ("3", "gossypol 3 – hsqcedetgp"),
        ("4", "gossypol 4 – hmbcgplpndqf"),
    ):
        assert read_spectrum(data_set, ReadOptions(part=part)).name == name
    with pytest.raises(ReadError, match="no part '7'; expected one of"):
        read_spectrum(data_set, ReadOptions(part="7"))
    with pytest.raises(ReadError, match="a ¹H–¹H COSY"):
        read_spectrum(data_set, ReadOptions(part="10"))


def test_any_file_or_folder_of_an_experiment_names_it(data_set):
    for inside in (".", "pdata", "pdata/1", "pdata/1/2rr", "acqus", "pdata/1/procs"):
        spectrum = read_spectrum(data_set / "3" / inside)
        assert spectrum.provenance.path == str(data_set / "3" / "pdata" / "1" / "2rr")
    second = read_spectrum(data_set / "3" / "pdata" / "2")
    assert np.array_equal(second.intensity, -IMAGE.astype(np.float32))
    with pytest.raises(ReadError, match="a 1D ¹H spectrum \\(pulse program zg30\\)"):
        read_spectrum(data_set / "1" / "fid")
    with pytest.raises(ReadError, match="gossypol 1: a 1D ¹H"):
        read_spectrum(data_set / "1")


def test_the_only_one_is_taken_and_said(data_set):
    for file in (data_set / "4").rglob("*"):
        file.unlink()
    spectrum = read_spectrum(data_set)
    assert spectrum.name == "gossypol 3 – hsqcedetgp"
    assert "the only ¹H–¹³C 2D spectrum" in spectrum.provenance.notes[0]
    assert "10 – a ¹H–¹H COSY" in spectrum.provenance.notes[0]


def test_where_there_is_none_one_sentence_says_what_there_is(tmp_path):
    root = tmp_path / "other"
    write_1d(root / "1")
    write_processed(root / "2", IMAGE, program="noesygpph", f1="1H")
    found = survey_folders([root])
    assert found.paths == (root,) and not found.remarks
    with pytest.raises(ReadError, match=r"2 experiments: 1 – a 1D ¹H .* 2 – a ¹H–¹H NOESY"):
        read_spectrum(root)


def test_pictures_and_lists_outside_experiments_are_found_too(data_set):
    (data_set / "report_hsqc.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    found = find_spectra([data_set.parent])
    assert [p.name for p in found] == ["2rr", "ser", "report_hsqc.png"]


def test_a_folder_without_points_but_with_peaks(tmp_path):
    run = tmp_path / "5"
    write_processed(run, IMAGE)
    peaks = run / "pdata" / "1" / "peaklist.xml"
    peaks.write_text("<x/>")
    (run / "pdata" / "1" / "2rr").unlink()
    assert find_spectra([tmp_path]) == [peaks]
    with pytest.raises(ReadError, match="Bruker instrument data without points"):
        read_spectrum(run)


def test_folders_of_varian_are_not_brukers(tmp_path):
    (tmp_path / "x.fid").mkdir()
    for name in ("fid", "procpar", "text"):
        (tmp_path / "x.fid" / name).write_bytes(b"\0\0\0\1")
    from nmrcam_qt.core.readers.bruker import is_bruker

    assert not is_bruker(tmp_path / "x.fid") and not is_bruker(tmp_path)
    assert find_spectra([tmp_path]) == [tmp_path / "x.fid" / "fid"]


def test_a_pipe_named_2rr_does_not_hang(tmp_path):
    import os

    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes here")
    path = write_processed(tmp_path / "3", IMAGE)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ReadError):
        read_spectrum(path)
    with pytest.raises(ReadError):
        read_spectrum(tmp_path / "3")
