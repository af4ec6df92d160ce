"""Excel workbooks: cells as they come, several sheets, and archives that lie."""

from __future__ import annotations

import io
import time
import zipfile

import openpyxl
import pytest

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment

ROWS = [
    ["1H", "13C", "Intensity", "Annotation"],
    [4.7, 95.9, 7000, "CH"],
    [1.25, 29.7, -12.5, None],
]


def saved(path, sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def repacked(path, change):
    """The workbook with the text of its first sheet changed."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, change(data) if name.endswith("sheet1.xml") else data)
    return path


def points(spectrum):
    return list(zip(spectrum.peaks.h_ppm.tolist(), spectrum.peaks.c_ppm.tolist(), strict=True))


def test_a_sheet(tmp_path):
    spectrum = read_spectrum(saved(tmp_path / "a.xlsx", {"Sheet1": ROWS}))
    assert points(spectrum) == [(4.7, 95.9), (1.25, 29.7)]
    assert spectrum.peaks.intensity.tolist() == [7000, -12.5]
    assert spectrum.peaks.annotation == ("CH", "")
    assert spectrum.provenance.format == "Excel peak list"
    assert spectrum.experiment is None


@pytest.mark.parametrize(
    "rows",
    [
        [["4,70", "95,90"], ["1,25", "29,7"]],
        [[1, 4.7, 95.9], [2, 1.25, 29.7]],
        [[95.9, 4.7], [29.7, 1.25]],
        [
            [None],
            [None, "Peaks of Monday"],
            [],
            [None, "F2 (ppm)", "F1 (ppm)"],
            [None, 4.7, 95.9],
            [None, 1.25, 29.7],
        ],
    ],
)
def test_ways_to_fill_a_sheet(tmp_path, rows):
    spectrum = read_spectrum(saved(tmp_path / "a.xlsx", {"Sheet1": rows}))
    assert points(spectrum) == [(4.7, 95.9), (1.25, 29.7)]
    assert spectrum.peaks.annotation == ("", "")


def test_the_suffix_does_not_matter(tmp_path):
    path = saved(tmp_path / "a.xlsx", {"Sheet1": ROWS}).rename(tmp_path / "a.csv")
    assert read_spectrum(path).provenance.format == "Excel peak list"


def test_sheets_without_peaks_are_passed_over(tmp_path):
    sheets = {"notes": [["hello"], ["world", 3]], "My HSQC": ROWS, "other": [[1, 2], [900, 950]]}
    spectrum = read_spectrum(saved(tmp_path / "a.xlsx", sheets))
    assert points(spectrum)[0] == (4.7, 95.9)
    assert spectrum.experiment is Experiment.HSQC


def test_several_sheets_are_asked_for(tmp_path):
    other = [ROWS[0], [2.0, 40.0, 1, ""]]
    path = saved(tmp_path / "a.xlsx", {"HSQC": ROWS, "HMBC": other})
    with pytest.raises(AmbiguousError) as caught:
        read_spectrum(path)
    assert caught.value.option == "experiment"
    hmbc = read_spectrum(path, ReadOptions(experiment=Experiment.HMBC))
    assert points(hmbc) == [(2, 40)]
    path = saved(tmp_path / "b.xlsx", {"one": ROWS, "two": other})
    with pytest.raises(AmbiguousError) as caught:
        read_spectrum(path)
    assert (caught.value.option, caught.value.choices) == ("part", ("one", "two"))
    assert points(read_spectrum(path, ReadOptions(part="two"))) == [(2, 40)]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        with archive.open("xl/sharedStrings.xml", "w") as member:
            for _ in range(110):
                member.write(b"0" * 1_000_000)
    assert path.stat().st_size < 1_000_000
    start = time.process_time()
    with pytest.raises(ReadError, match="too large"):
        read_spectrum(path)
    assert time.process_time() - start < 1


def test_too_many_members(tmp_path):
    path = tmp_path / "many.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<a/>")
        for number in range(2_000):
            archive.writestr(f"{number}.xml", "")
    with pytest.raises(ReadError, match="too large"):
        read_spectrum(path)


def test_entities_are_refused(tmp_path):
    path = saved(tmp_path / "a.xlsx", {"Sheet1": ROWS})
    evil = b'<!DOCTYPE a [<!ENTITY b "c">]><worksheet'
    repacked(path, lambda data: data.replace(b"<worksheet", evil, 1))
    with pytest.raises(ReadError, match="DOCTYPE"):
        read_spectrum(path)


def test_rows_far_down_are_refused_not_lost(tmp_path):
    path = saved(tmp_path / "a.xlsx", {"Sheet1": ROWS})
    repacked(path, lambda data: data.replace(b'<row r="3"', b'<row r="9999999999"'))
    with pytest.raises(ReadError, match="more than 201000 rows"):
        read_spectrum(path)


@pytest.mark.parametrize("content", [b"PK\x03\x04" + b"0" * 100, b"PK\x03\x04"])
def test_broken_archives(tmp_path, content):
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="the workbook is broken"):
        read_spectrum(path)


def test_other_archives(tmp_path):
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "4.7 95.9")
    with pytest.raises(ReadError, match="no workbook"):
        read_spectrum(path)


def test_no_sheet_with_peaks(tmp_path):
    with pytest.raises(ReadError, match="no sheet holds a peak list"):
        read_spectrum(saved(tmp_path / "a.xlsx", {"a": [["x"]], "b": [["y"]]}))


def test_entities_hide_in_no_member(tmp_path):
    """A sheet may be called anything; its name is in the workbook's relations."""
    plain, path = tmp_path / "plain.xlsx", tmp_path / "hidden.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["1H", "13C"])
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            text = old.read(name).replace(b"sheet1.xml", b"sheet1.bin")
            if name.endswith("sheet1.xml"):
                text = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + text[text.index(b"<worksheet") :]
            new.writestr(name.replace("sheet1.xml", "sheet1.bin"), text)
    with pytest.raises(ReadError, match="entity declaration is refused"):
        read_spectrum(path)


@pytest.mark.parametrize("packed", [True, False])
def test_millions_of_empty_strings(tmp_path, packed):
    """A file of 140 kB kept openpyxl busy for 90 s and took 1.8 GB."""
    plain, path = tmp_path / "plain.xlsx", tmp_path / "strings.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["1H", "13C"])
    book.save(plain)
    how = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(path, "w", how) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/sharedStrings.xml", b"<sst>" + b"<si/>" * 9_000_000 + b"</sst>")
    with pytest.raises(ReadError, match="blown up" if packed else "too large"):
        read_spectrum(path)
