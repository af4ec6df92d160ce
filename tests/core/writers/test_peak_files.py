"""What we write of picked peaks, we read; so does nmrglue where it can."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers import workbook
from nmrcam_qt.core.writers.files import WriteError
from nmrcam_qt.core.writers.peak_files import (
    PeakFormat,
    PeaksAbout,
    format_of,
    peak_bytes,
    write_peaks,
)

F1 = Axis.from_edges("13C", 160.0, 0.0, 1024)
F2 = Axis.from_edges("1H", 11.0, -1.0, 2048)
PICKED = PickedPeaks(
    (
        Peak(1, 7.2600371, 77.1604, 7.1e6, 0.021, 0.9, 3e8, 812.0, PeakKind.SOLVENT, label="CHCl3"),
        Peak(2, 3.4512468, 55.98765, -1.25e5, 0.03, 1.1, -5e6, 14.2, label='H-3 <a> & b"c'),
        Peak(5, -0.0312, 1.2345678, 6.4e4, kind=PeakKind.ONE_BOND, by_hand=True, label="äß µ"),
        Peak(7, 10.0, 0.0, 5e4),
    ),
    next_id=9,
)
ABOUT = PeaksAbout("sample 1", Experiment.HSQC, F1, F2, 500.13, 125.76)


@pytest.mark.parametrize("form", list(PeakFormat))
def test_what_is_written_is_read(form: PeakFormat, tmp_path: Path) -> None:
    path = tmp_path / f"peaks_hsqc{form.suffix}"
    write_peaks(path, PICKED, form, ABOUT)
    read = read_spectrum(path, ReadOptions())
    assert read.peaks is not None
    assert read.experiment is Experiment.HSQC
    peaks = PICKED.peaks
    far = np.abs(read.peaks.h_ppm - [p.h_ppm for p in peaks]).max()
    assert far <= 1e-3 * abs(F2.step)
    assert np.abs(read.peaks.c_ppm - [p.c_ppm for p in peaks]).max() <= 1e-3 * abs(F1.step)
    assert np.allclose(read.peaks.intensity, [p.height for p in peaks], rtol=1e-6)
    wanted = [p.label for p in peaks]
    if form is PeakFormat.NMRPIPE:
        wanted = [label.replace(" ", "_") for label in wanted]
    assert list(read.peaks.annotation) == wanted


@pytest.mark.parametrize("form", [PeakFormat.CSV, PeakFormat.MNOVA])
def test_no_label_is_a_formula(form: PeakFormat) -> None:
    evil = PickedPeaks((Peak(1, 1.0, 20.0, label='=HYPERLINK("x")'),), next_id=2)
    text = peak_bytes(evil, form).decode("utf-8-sig")
    assert "'=HYPERLINK" in text


def test_no_cell_of_a_workbook_is_a_formula(tmp_path: Path) -> None:
    import openpyxl

    evil = PickedPeaks((Peak(1, 1.0, 20.0, label="=1+1\x07"),), next_id=2)
    write_peaks(tmp_path / "a.xlsx", evil, PeakFormat.XLSX)
    cell = openpyxl.load_workbook(tmp_path / "a.xlsx").active["K2"]
    assert (cell.data_type, cell.value) == ("s", "=1+1")


@pytest.mark.parametrize("form", [f for f in PeakFormat if f is not PeakFormat.XLSX])
def test_a_label_stays_on_its_line(form: PeakFormat) -> None:
    evil = PickedPeaks((Peak(1, 1.0, 20.0, label="a\nb\tc\r\x00d\u2028e\ud800"),), next_id=2)
    plain = PickedPeaks((Peak(1, 1.0, 20.0, label="a b c d e"),), next_id=2)
    assert peak_bytes(evil, form) == peak_bytes(plain, form)


def test_nmrglue_reads_the_nmrpipe_table(tmp_path: Path) -> None:
    nmrglue = pytest.importorskip("nmrglue")
    path = tmp_path / "peaks.tab"
    write_peaks(path, PICKED, PeakFormat.NMRPIPE, ABOUT)
    _, _, table = nmrglue.pipe.read_table(str(path))
    assert np.abs(table["X_PPM"] - [p.h_ppm for p in PICKED.peaks]).max() < 1e-6
    assert np.abs(table["Y_PPM"] - [p.c_ppm for p in PICKED.peaks]).max() < 1e-6
    assert np.allclose(table["HEIGHT"], [p.height for p in PICKED.peaks])
    assert np.allclose(table["X_AXIS"] - 1, F2.index(table["X_PPM"]), atol=1e-3)
    assert np.allclose(table["Y_AXIS"] - 1, F1.index(table["Y_PPM"]), atol=1e-3)


@pytest.mark.parametrize("form", list(PeakFormat))
def test_equal_peaks_give_equal_bytes(form: PeakFormat) -> None:
    assert peak_bytes(PICKED, form, ABOUT) == peak_bytes(PICKED, form, ABOUT)
    assert peak_bytes(PickedPeaks(), form)


def test_what_is_told_of_a_spectrum_beside_its_peaks() -> None:
    how = Acquisition("CDCl3", 500.13, 125.76)
    assert PeaksAbout.measured("sample 1", Experiment.HSQC, F1, F2, how) == ABOUT
    bare = PeaksAbout.measured("a", None, F1, F2, None)
    assert (bare.h_mhz, bare.c_mhz, bare.title) == (None, None, "a")


def test_format_by_suffix() -> None:
    assert [format_of(Path("x" + form.suffix.upper())) for form in PeakFormat] == list(PeakFormat)
    assert format_of(Path("x.png")) is None


def test_what_was_there_stays_when_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(WriteError, match="cannot be written"):
        write_peaks(tmp_path / "none" / "x.csv", PICKED, PeakFormat.CSV)
    with pytest.raises(WriteError, match="cannot be written"):
        write_peaks(tmp_path / "taken", PICKED, PeakFormat.CSV)
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_more_lines_than_a_workbook_holds_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_LINES", 2)
    assert workbook.sheet_bytes("peaks", ("a",), [("x",)] * 2)
    with pytest.raises(NmrCamError, match=r"3 lines do not fit .* \.csv instead"):
        workbook.sheet_bytes("peaks", ("a",), [("x",)] * 3)
