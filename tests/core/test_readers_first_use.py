"""Files that are no 2D spectra are refused by name; axes can be given afterwards."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PIL import Image

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import find_spectra, read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions, assumed_axes, with_given_axes
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind


@pytest.mark.parametrize("header", ["ppm,intensity", "shift,height", "intensity,ppm", "ppm,area"])
def test_a_1d_list_is_refused(tmp_path, header):
    """Heights of 33 to 100 would pass for 13C shifts."""
    path = tmp_path / "list.csv"
    rows = ["7.2,100", "3.1,50", "1.2,33"]
    if header.startswith("intensity"):
        rows = [",".join(reversed(row.split(","))) for row in rows]
    path.write_text("\n".join([header, *rows]) + "\n")
    with pytest.raises(ReadError, match="1D spectrum"):
        read_spectrum(path)


def test_two_shifts_and_an_intensity_are_2d(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("a,b,intensity\n7.2,120,100\n3.1,50,50\n")
    peaks = read_spectrum(path).peaks
    assert list(peaks.c_ppm) == [120, 50]
    assert list(peaks.intensity) == [100, 50]


def test_the_remark_that_a_list_is_a_mixture_is_kept(tmp_path):
    path = tmp_path / "list_hsqc.csv"
    path.write_text("# Mixture:  of a and b \n# mixture:\n1H,13C\n7.2,120\n")
    notes = read_spectrum(path).provenance.notes
    assert [note for note in notes if "ixture" in note] == ["mixture: of a and b"]


def test_a_bruker_folder_is_named_and_its_logs_are_not_tried(tmp_path):
    run = tmp_path / "sample" / "3"
    (run / "pdata" / "1").mkdir(parents=True)
    (run / "acqus").write_text("##TITLE= x\n")
    (run / "pdata" / "1" / "procs").write_text("##TITLE= x\n")
    (run / "pdata" / "1" / "auditp.txt").write_text("##TITLE= x\n")
    assert find_spectra([tmp_path]) == [run]
    with pytest.raises(ReadError, match="Bruker instrument data"):
        read_spectrum(run)
    peaks = run / "pdata" / "1" / "peaklist.xml"
    peaks.write_text("<x/>")
    assert find_spectra([tmp_path]) == [peaks]


def test_given_axes_replace_only_what_was_assumed_of_them():
    assumed = (*assumed_axes(ReadOptions()), "experiment HSQC taken from the folder name 'x'")
    read = Provenance(
        "x.png", SourceKind.PICTURE, "PNG picture", "0", assumed, ("inverted",), axes_assumed=True
    )
    given = with_given_axes(read, (12.0, -1.5), (0.0, 180.0))
    assert given == replace(
        read,
        assumed=assumed[1:],
        notes=("inverted", "axes given by the user: 12 to -1.5 / 0 to 180 ppm"),
        axes_assumed=False,
    )
    again = with_given_axes(given, (11.0, 0.0), (0.0, 180.0))
    assert again.notes == ("inverted", "axes given by the user: 11 to 0 / 0 to 180 ppm")


def test_an_experiment_against_the_file_is_taken_and_said(tmp_path):
    options = ReadOptions(experiment=Experiment.HSQC)
    picture = tmp_path / "a_HMBC.png"
    Image.new("L", (30, 20), 255).save(picture)
    table = tmp_path / "b_HMBC.csv"
    table.write_text("1H,13C\n7.2,120.5\n3.4,55.2\n", encoding="utf-8")
    for path in (picture, table):
        said = "experiment HSQC as given, though the file's name says HMBC"
        found = read_spectrum(path, options)
        assert found.experiment is Experiment.HSQC and said in found.provenance.assumed
        same = read_spectrum(path, ReadOptions(experiment=Experiment.HMBC))
        assert not any("as given" in text for text in same.provenance.assumed)
