"""Dataset folders: generated ones of the three layouts, and the real ones where they are."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.core.datasets import Entry, kuhn_entries, open_dataset, read_rows
from nmrcam_qt.core.datasets_pictures import Calibration
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.spectrum import Experiment, SourceKind

BMRB_HEADER = (
    "file,experiment,experiment_true,bmse,inchikey14,cal_conf,x0,x_per_ppm,y0,y_per_ppm,"
    "q_unusable,q_f1mirror,q_folded13C,q_crowded,kuhn_same_compound,indole,ketone\n"
)


def write_gzip(path: Path, text: str) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.write(text)


def kuhn_folder(folder: Path) -> Path:
    for name in ("hsqc.png", "hmbc.png"):
        Image.new("L", (60, 41), 255).save(folder / name)
    (folder / "compounds.csv").write_text(
        "id,published_class,hmbc_file,hsqc_file,smiles,inchikey14,fatty_acid,indole,steroid,note\n"
        "b1,indol,hmbc.png,hsqc.png,C,AAA,0,1,0,\n"
        "b2,none,hmbc.png,hsqc.png,C,BBB,1,0,1,is a steroid\n"
        "b3,steroids,hmbc.png,hsqc.png,,,,,,\n"
        "b4,none,hmbc.png,hsqc.png,C,DDD,0,0,0,\n",
        encoding="utf-8",
    )
    return folder


def bmrb_folder(folder: Path, rows: list[str]) -> Path:
    (folder / "images").mkdir()
    (folder / "manifest.csv").write_text(BMRB_HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    write_gzip(folder / "peaks.csv.gz", "file,h_ppm,c_ppm\n")
    return folder


def bmrb_row(name: str, true: str = "HSQC", conf: str = "A", flags: str = "0,0,0", **more) -> str:
    study, indole = more.get("study", ""), more.get("indole", "1")
    return f"{name},HSQC,{true},bmse7,KEY{name[:2]},{conf},100,10,20,2,{flags},0,{study},{indole},0"


def list_folder(folder: Path) -> Path:
    (folder / "manifest.csv").write_text(
        "file,smiles,inchikey,inchikey14,mw,n_peaks,indole,steroid\n"
        "T0.csv,C,AAA-B,AAA,100,2,1,0\nT1.csv,C,CCC-B,CCC,100,1,,0\n",
        encoding="utf-8",
    )
    write_gzip(
        folder / "peaks.csv.gz",
        "file,h_ppm,c_ppm,intensity\nT0.csv,7.1,120.0,5\nT0.csv,1.5,30.0,-2\nT1.csv,2,40,1\n",
    )
    return folder


def test_kuhn_layout_gives_pairs_with_both_kinds_of_label(tmp_path):
    data = open_dataset(kuhn_folder(tmp_path))
    assert (data.kind, data.label_ids) == ("kuhn2021", ("fatty_acid", "indole", "steroid"))
    first, second, third, fourth = data.entries
    assert (first.compound, first.published_class, first.labels["indole"]) == ("AAA", "indole", 1)
    assert third.labels == {} and third.compound == "b3" and third.published_class == "steroid"
    assert [e.of_no_class(data.label_ids) for e in data.entries] == [False, False, False, True]
    assert second.note == "is a steroid" and any("is a steroid" in n for n in data.notes)
    spectrum = data.load(fourth, Experiment.HMBC)
    assert spectrum.experiment is Experiment.HMBC and spectrum.provenance.axes_assumed
    assert data.having((Experiment.HSQC, Experiment.HMBC)) == list(data.entries)


def test_bmrb_layout_leaves_out_what_cannot_be_used_and_says_why(tmp_path):
    rows = [
        bmrb_row("a1.png"),
        bmrb_row("a2.png", true="HMBC", conf="C", study="fattyacids|mixture_component"),
        bmrb_row("a3.png", true="HSQC-TOCSY?"),
        bmrb_row("a4.png", flags="1,0,0"),
        bmrb_row("a5.png", true="HMBC", flags="0,1,0"),
        bmrb_row("a6.png", conf="X"),
        bmrb_row("a7.png", flags="0,0,1"),
        bmrb_row("a8.png", true="HMQC", flags="0,1,0", indole=""),
    ]
    data = open_dataset(bmrb_folder(tmp_path, rows))
    assert [e.id for e in data.entries] == ["a1.png", "a2.png", "a8.png"]
    assert [list(e.files) for e in data.entries] == [
        [Experiment.HSQC],
        [Experiment.HMBC],
        [Experiment.HSQC],
    ]
    assert sum(data.left_out.values()) == 5 and len(data.left_out) == 5
    assert data.label_ids == ("indole", "ketone")
    assert data.entries[2].labels == {"ketone": False}
    assert data.entries[1].published_class == "fatty_acid"
    assert data.entries[0].names == {"a1.png", "KEYa1", "bmse7"}
    assert data.having((Experiment.HMBC,)) == [data.entries[1]]
    with pytest.raises(ReadError, match=r"a1\.png: has no HMBC spectrum"):
        data.load(data.entries[0], Experiment.HMBC)


def test_a_pixel_has_the_shift_of_its_centre(tmp_path):
    rows = [bmrb_row("a1.png"), bmrb_row("a2.png", conf="C")]
    data = open_dataset(bmrb_folder(tmp_path, rows))
    picture = np.full((60, 110), 255, np.uint8)
    picture[40, 30] = 0  # h = (100 - 30)/10 = 7 ppm, c = (40 - 20)/2 = 10 ppm
    picture[20, 100] = 0  # the reference, 0/0
    picture[22, 99] = 0  # 1 ppm, 0.1 ppm from it
    picture[20, 97] = 0  # 0.3 ppm: no reference
    for name in ("a1.png", "a2.png"):
        Image.fromarray(picture).save(tmp_path / "images" / name)
    spectrum = data.load(data.entries[0], Experiment.HSQC)
    rows_, columns = np.nonzero(spectrum.intensity > 0.5)
    found = {
        (float(round(spectrum.f2.ppm(float(x)), 9)), float(round(spectrum.f1.ppm(float(y)), 9)))
        for y, x in zip(rows_, columns, strict=True)
    }
    assert found == {(7.0, 10.0), (0.3, 0.0)}
    assert not spectrum.provenance.axes_assumed
    assert any("0/0" in n for n in spectrum.provenance.notes)
    guessed = data.load(data.entries[1], Experiment.HSQC)
    assert guessed.provenance.axes_assumed and "guess" in guessed.provenance.assumed[0]


def test_list_layout_keeps_the_sign(tmp_path):
    data = open_dataset(list_folder(tmp_path))
    assert (data.kind, data.label_ids) == ("deepsat_hsqc", ("indole", "steroid"))
    assert data.entries[1].labels == {"steroid": False}
    spectrum = data.load(data.entries[0], Experiment.HSQC)
    assert spectrum.provenance.kind is SourceKind.PEAK_LIST
    assert spectrum.peaks.intensity.tolist() == [5.0, -2.0]
    row, column = spectrum.f1.cell(30.0), spectrum.f2.cell(1.5)
    assert spectrum.intensity[row, column] == -1
    ghost = Entry("none.csv", "X", {Experiment.HSQC: tmp_path})
    with pytest.raises(ReadError, match=r"no peaks of none\.csv"):
        data.load(ghost, Experiment.HSQC)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,h_ppm\nT0.csv,1\n", "'c_ppm' is missing"),
        ("file,h_ppm,c_ppm,intensity\nT0.csv,1,x,3\n", "broken peak"),
        ("file,h_ppm,c_ppm,intensity\nT0.csv,1,nan,3\n", "broken peak"),
        ("file,h_ppm,c_ppm,intensity\nT0.csv,1\n", "broken peak"),
    ],
)
def test_broken_peak_tables_are_refused(tmp_path, text, words):
    data = open_dataset(list_folder(tmp_path))
    write_gzip(tmp_path / "peaks.csv.gz", text)
    with pytest.raises(ReadError, match=words):
        data.load(data.entries[0], Experiment.HSQC)


def test_a_peak_table_that_is_no_gzip_is_refused(tmp_path):
    data = open_dataset(list_folder(tmp_path))
    (tmp_path / "peaks.csv.gz").write_text("file,h_ppm", encoding="utf-8")
    with pytest.raises(ReadError, match="gzipped CSV"):
        data.load(data.entries[0], Experiment.HSQC)


def test_a_folder_of_no_layout_gets_one_sentence(tmp_path):
    (tmp_path / "manifest.csv").write_text("file\n", encoding="utf-8")
    with pytest.raises(ReadError, match=r"no dataset folder; expected compounds\.csv"):
        open_dataset(tmp_path)
    with pytest.raises(ReadError, match="no such folder"):
        open_dataset(tmp_path / "nowhere")


def test_broken_tables_say_what_is_wrong(tmp_path):
    table = tmp_path / "compounds.csv"
    table.write_text("id,published_class\n", encoding="utf-8")
    with pytest.raises(ReadError, match="'hmbc_file' is missing"):
        open_dataset(tmp_path)
    table.write_text("id,published_class\nx\n", encoding="utf-8")
    with pytest.raises(ReadError, match="line 2"):
        read_rows(table)
    with pytest.raises(ReadError, match=r"manifest\.csv: cannot be read"):
        read_rows(tmp_path / "manifest.csv")
    kuhn_folder(tmp_path)
    table.write_text(table.read_text().replace(",none,", ",alkaloids,"), encoding="utf-8")
    with pytest.raises(ReadError, match="'alkaloids'"):
        kuhn_entries(tmp_path)


@pytest.mark.parametrize("value", ["", "abc", "inf", "0"])
def test_a_broken_calibration_is_refused(tmp_path, value):
    row = bmrb_row("a1.png").replace(",100,10,", f",100,{value},")
    with pytest.raises(ReadError, match=r"calibration of a1\.png is broken"):
        open_dataset(bmrb_folder(tmp_path, [row]))


def test_real_folders(data_dir):
    kuhn = open_dataset(data_dir / "kuhn2021")
    assert len(kuhn.entries) == 87
    trained = [e for e in kuhn.entries if e.published_class]
    assert (len(trained), len({e.compound for e in trained})) == (82, 72)
    none = [e.id for e in kuhn.entries if e.of_no_class(kuhn.label_ids)]
    assert none == ["bmse000491", "bmse000060", "bmse000061", "bmse000072"]
    bmrb = open_dataset(data_dir / "bmrb2d")
    assert len(bmrb.entries) + sum(bmrb.left_out.values()) == 1554
    assert len(bmrb.label_ids) == 37
    lists = open_dataset(data_dir / "deepsat_hsqc")
    assert len(lists.entries) == 3197 and lists.label_ids == bmrb.label_ids
    spectrum = lists.load(lists.entries[0], Experiment.HSQC)
    assert len(spectrum.peaks) == 39 and int((spectrum.peaks.intensity < 0).sum()) == 27


def test_recorded_peaks_lie_on_the_ink_to_a_tenth_of_a_pixel(data_dir):
    """Centres, not edges: with edges the median would be half a pixel."""
    folder = data_dir / "bmrb2d"
    rows = {r["file"]: r for r in read_rows(folder / "manifest.csv")}
    names = sorted(n for n, r in rows.items() if r["cal_conf"] in "AB" and r["q_unusable"] == "0")
    names = names[:: len(names) // 12]
    peaks = defaultdict(list)
    with gzip.open(folder / "peaks.csv.gz", "rt", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["file"] in set(names):
                peaks[row["file"], row["comp"]].append(row)
    off_x, off_y = [], []
    for (name, _), members in peaks.items():
        x0, y0, x1, y1 = (int(members[0][k]) for k in ("bx0", "by0", "bx1", "by1"))
        if len(members) > 1 or min(x0, y0) < 2 or x1 > 1130 or y1 > 788:
            continue
        grey = np.asarray(Image.open(folder / "images" / name).convert("L"), dtype=float)
        ys, xs = np.nonzero(grey[y0 : y1 + 1, x0 : x1 + 1] < 230)
        row = rows[name]
        keys = ("x0", "x_per_ppm", "y0", "y_per_ppm")
        f1, f2 = Calibration(*(float(row[k]) for k in keys)).axes(grey.shape)
        off_x.append(f2.index(float(members[0]["h_ppm"])) - (x0 + xs.mean()))
        off_y.append(f1.index(float(members[0]["c_ppm"])) - (y0 + ys.mean()))
    assert len(off_x) > 60
    assert abs(np.median(off_x)) < 0.1 and abs(np.median(off_y)) < 0.1
