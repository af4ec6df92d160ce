"""All fourteen formats, as their programs write them, and the ways files vary."""

from __future__ import annotations

import pytest

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, SourceKind

CH, CH2 = (4.70, 95.90), (1.25, 29.70)

TOPSPIN_XML = """<?xml version="1.0" encoding="UTF-8"?>
<PeakList modified="2026-01-01T12:00:00"><PeakList2D>
<PeakList2DHeader creator="u" date="d" expNo="13" name="sample" owner="u" procNo="1" source="C:/">
<PeakPickDetails></PeakPickDetails></PeakList2DHeader>
<Peak2D F1="95.900" F2="4.700" annotation="CH &amp; more" intensity="7.0" type="1"/>
<Peak2D F1="29.700" F2="1.250" intensity="-1.2" type="1"/>
</PeakList2D></PeakList>
"""
TOPSPIN_TXT = """# PEAKLIST_VERSION 1.1\r
# PEAKLIST_DIMENSION 2\r
# DU=C:/data, USER=user@PC, NAME=sample, EXPNO=13, PROCNO=1\r
# Manually picked peaks\r
\r
     #     F2#     F1#           F2[ppm]           F1[ppm]       Intensity       Annotation\r
\r
     0  1210.0  1060.1            4.7000           95.9000       700000.00       CH POSITION 1\r
     1  1300.5   900.0            1.2500           29.7000      -120000.00\r
\r
#--------------------------------------------------------------------------\r
"""
MNOVA = (
    "\tf2 (ppm)\tf1 (ppm)\tIntensity\tWidth f2\tWidth f1\tVolume\tType\tFlags\t"
    "Impurity/Compound\tAnnotation\n"
    "1\t4.70\t95.90\t7000.1\t12.1\t80.2\t9000.5\tCompound\tNone\t\tCH POSITION 1\n"
    "2\t1.25\t29.70\t-1200\t12.1\t80.2\t-9000.5\tCompound\tNone\t\t\n"
)
SPARKY = """      Assignment         w1         w2   Data Height

            ?-?     95.900      4.700        700000
          C2-H2     29.700      1.250       -120000
"""
NMRPIPE = """REMARK   made by hand
DATA  X_AXIS 1H    1  1024  10.0ppm  0.0ppm
DATA  Y_AXIS 13C   1   512 200.0ppm  0.0ppm
VARS   INDEX X_AXIS Y_AXIS X_PPM Y_PPM HEIGHT VOL ASS
FORMAT %5d %9.3f %9.3f %8.3f %8.3f %+e %+e %s

NULLVALUE -666
    1   512.000   300.000    4.700   95.900 +7.000e+05 +9.000e+05 CH POSITION 1
    2   700.000   400.000    1.250   29.700 -1.200e+05 -2.000e+05 None
"""
NMRSTAR = """loop_
  _Peak_char.Peak_ID
  _Peak_char.Spectral_dim_ID
  _Peak_char.Chem_shift_val
  1 1 4.700
  1 2 95.900
  2 1 1.250
  2 2 29.700
stop_
"""
NMREDATA = """>  <NMREDATA_2D_13C_1J_1H>
Larmor=125.76\\
CorType=HSQC\\
a/C1, I=1.2\\
4.70/95.90, I=0.8\\
1.25/29.70, I=-0.4\\

"""
CCPN2 = (
    "Number\t#\tPosition F1\tPosition F2\tAssign F1\tAssign F2\tHeight\tVolume\t"
    "Line Width F1 (Hz)\tLine Width F2 (Hz)\tMerit\tDetails\tFit Method\tVol. Method\n"
    "1\t1\t4.700\t95.900\t\t\t7e5\t9e5\t12\t80\t1.0\t\tparabolic\tbox sum\n"
    "2\t2\t1.250\t29.700\tH2\tC2\t-1e5\t-2e5\t12\t80\t1.0\tby hand\tparabolic\tbox sum\n"
)
CCPN3 = (
    "#,Assign F1,Assign F2,Pos F1,Pos F2,LW F1 (Hz),LW F2 (Hz),Height,S/N,Volume,ClusterId,"
    "Merit,Annotation,Comment\n"
    "1,,,4.700,95.900,12,80,700000,50,900000,,1.0,,\n"
    "2,H2,C2,1.250,29.700,12,80,-100000,50,-900000,,1.0,CH2,\n"
)
HMDB = """            F2ppm           F1ppm       Intensity
     1        4.7000          95.9000     700000.00
     2        1.2500          29.7000    -120000.00
"""
APPIN = '"stain_id";"F2_ppm";"F1_ppm";"Volume"\n"s1";4,70;95,90;900,5\n"s2";1,25;29,70;-1.200,25\n'

FORMATS = {
    "topspin.xml": (TOPSPIN_XML, "TopSpin XML", (7.0, -1.2), ("CH & more", "")),
    "topspin.txt": (TOPSPIN_TXT, "TopSpin text", (7e5, -1.2e5), ("CH POSITION 1", "")),
    "mnova.tsv": (MNOVA, "Mnova table", (7000.1, -1200), ("CH POSITION 1", "")),
    "sparky.list": (SPARKY, "Sparky list", (7e5, -1.2e5), ("", "C2-H2")),
    "nmrpipe.tab": (NMRPIPE, "NMRPipe table", (7e5, -1.2e5), ("CH POSITION 1", "")),
    "nmrstar.str": (NMRSTAR, "NMR-STAR", (1, 1), ("", "")),
    "nmredata.sdf": (NMREDATA, "NMReData", (0.8, -0.4), ("", "")),
    "ccpn2.tsv": (CCPN2, "CCPN 2 table", (7e5, -1e5), ("", "H2 C2 by hand")),
    "ccpn3.csv": (CCPN3, "CCPN 3 table", (7e5, -1e5), ("", "H2 C2 CH2")),
    "hmdb.txt": (HMDB, "HMDB peak list", (7e5, -1.2e5), ("", "")),
    "smart.csv": ("1H,13C\r\n4.70,95.9\r\n1.25,29.7\r\n", "SMART table", (1, 1), ("", "")),
    "deepsat.csv": (
        "13C,1H,Intensity\n95.9,4.70,7000\n29.7,1.25,-1200\n",
        "DeepSAT table",
        (7000, -1200),
        ("", ""),
    ),
    "nmrfilter.csv": ("95.9\t4.70\n29.7\t1.25\n", "peak list without header", (1, 1), ("", "")),
    "appin.csv": (APPIN, "AppIn centroids", (900.5, -1200.25), ("", "")),
}


def read(tmp_path, text, name="list.csv", options=None):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_spectrum(path, options)


def points(spectrum):
    return list(zip(spectrum.peaks.h_ppm.tolist(), spectrum.peaks.c_ppm.tolist(), strict=True))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format(tmp_path, name):
    text, title, intensity, annotation = FORMATS[name]
    spectrum = read(tmp_path, text, name)
    assert points(spectrum) == [CH, CH2]
    assert spectrum.peaks.intensity.tolist() == list(intensity)
    assert spectrum.peaks.annotation == annotation
    source = spectrum.provenance
    assert (source.format, source.kind) == (title, SourceKind.PEAK_LIST)
    assert not source.axes_assumed
    assert source.assumed == ()
    assert spectrum.f2.edges == pytest.approx((10, 0), abs=1e-9)
    assert spectrum.f1.edges == pytest.approx((0, 200), abs=1e-9)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("suffix", [".csv", ".txt", ".png", ".xlsx", ""])
def test_the_content_says_the_format_not_the_suffix(tmp_path, name, suffix):
    text, title, *_ = FORMATS[name]
    assert read(tmp_path, text, f"any{suffix}").provenance.format == title


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_format_in_every_encoding(tmp_path, name, encoding):
    text = FORMATS[name][0].replace('encoding="UTF-8"', "")
    assert points(read(tmp_path, text.encode(encoding), name)) == [CH, CH2]


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_every_format_with_every_line_end(tmp_path, name, end):
    text = "\n".join(FORMATS[name][0].splitlines()) + "\n"
    assert points(read(tmp_path, text.replace("\n", end), name)) == [CH, CH2]


@pytest.mark.parametrize("name", [n for n in FORMATS if not n.startswith(("nmredata", "nmrstar"))])
def test_the_real_samples_twins(samples_dir, name):
    """Each generated text above reads like the file of the same program in shared/samples."""
    files = {
        "topspin.xml": "topspin_peaklist.xml",
        "topspin.txt": "topspin_peaklist.txt",
        "mnova.tsv": "mnova_table.tsv",
        "sparky.list": "sparky.list",
        "nmrpipe.tab": "nmrpipe.tab",
        "ccpn2.tsv": "ccpn2.tsv",
        "ccpn3.csv": "ccpn3.csv",
        "hmdb.txt": "hmdb_peaks.txt",
        "smart.csv": "smart.csv",
        "deepsat.csv": "deepsat_edited.csv",
        "nmrfilter.csv": "nmrfilter_realspectrum.csv",
        "appin.csv": "appin_centroids.csv",
    }
    spectrum = read_spectrum(samples_dir / "peaklists" / files[name])
    assert spectrum.provenance.format == FORMATS[name][1]
    assert points(spectrum) in ([CH], [CH, CH2])


def test_the_real_fragments(samples_dir):
    star = read_spectrum(samples_dir / "peaklists" / "nmrstar_fragment.str")
    assert (points(star), star.experiment) == ([CH], None)
    sdf = read_spectrum(samples_dir / "peaklists" / "nmredata_fragment.sdf")
    assert (points(sdf), sdf.experiment) == ([CH], Experiment.HSQC)
    assert sdf.peaks.intensity.tolist() == [0.8]
    assert "1 peak whose labels have no shift left out" in sdf.provenance.notes


@pytest.mark.parametrize(
    "text",
    [
        "δH,δC\n4.70,95.90\n1.25,29.70\n",
        "¹H;¹³C\n4,70;95,90\n1,25;29,70\n",
        "Peak No.\t1h (PPM)\t13c (PPM)\n1\t4.70\t95.90\n2\t1.25\t29.70\n",
        "δ(1H) / ppm;δ(13C) / ppm\n4,7;95,9\n1,25;29,7\n",
        "h_ppm,c_ppm\n4.7,95.9\n1.25,29.7\n",
        "Proton shift,Carbon shift\n4.7,95.9\n1.25,29.7\n",
        "x,y\n4.7,95.9\n1.25,29.7\n",
        "F2 (ppm) F1 (ppm)\n4.7 95.9\n1.25 29.7\n",
        "13C\t1H\n95,9\t4,7\n29,7\t1,25\n",
        "4,70 95,90\n1,25 29,70\n",
        "4.70, 95.90\n1.25, 29.70\n",
        '"4,70","95,90"\n"1,25","29,70"\n',
        "95.9;4.7\n29.7;1.25\n",
        ",1H,13C\n0,4.7,95.9\n1,1.25,29.7\n",
        '"H" "C"\n"1" 4.7 95.9\n"2" 1.25 29.7\n',
        "# 1H 13C\n4.7 95.9\n1.25 29.7\n",
        "#1H,13C\n4.7,95.9\n1.25,29.7\n",
        "// a remark, with 2 commas\n\n1H,13C,\n4.7,95.9,\n\n# more\n1.25,29.7,\n",
        "My list\nof Monday\n1H,13C\nppm,ppm\n4.7,95.9\n1.25,29.7\n",
        "1H,13C\n4.7 ppm,95.9 ppm\n1.25ppm,29.7ppm\n",
        "1 4.70 95.90\n2 1.25 29.70\n",
        "one,two\n4.7,95.9\n1.25,29.7\n",
        "  4.7   95.9  \n\n\t1.25 \t 29.7\n",
        "1H,13C\n4.7,95.9\n1H,13C\n1.25,29.7\n",
        "?-? 95.9 4.7\nC2-H2 29.7 1.25\n",
    ],
)
def test_ways_to_write_the_same_two_peaks(tmp_path, text):
    spectrum = read(tmp_path, text)
    assert points(spectrum) == [CH, CH2]
    assert spectrum.peaks.intensity.tolist() == [1, 1]


@pytest.mark.parametrize(
    ("text", "intensity"),
    [
        ("1H,13C,Height\n4.7,95.9,7e3\n1.25,29.7,-12\n", [7000, -12]),
        ("1H,13C,Volume,Height\n4.7,95.9,1,7\n1.25,29.7,2,8\n", [7, 8]),
        ("1H;13C;Volume\n4,7;95,9;1.234,5\n1,25;29,7;2\n", [1234.5, 2]),
        ('1H,13C,Int.\n4.7,95.9,"7,000"\n1.25,29.7,"-1,200.5"\n', [7000, -1200.5]),
        ("1H,13C,Intensity\n4.7,95.9,nan\n1.25,29.7,\n", [1, 1]),
        ("1H,13C,Intensity\n4.7,95.9,0\n1.25,29.7,−3\n", [0, -3]),
        ("4.7 95.9 7.5\n1.25 29.7 -2\n", [7.5, -2]),
        ("1 4.7 95.9 7.5\n2 1.25 29.7 -2\n", [7.5, -2]),
    ],
)
def test_intensities(tmp_path, text, intensity):
    spectrum = read(tmp_path, text)
    assert points(spectrum) == [CH, CH2]
    assert spectrum.peaks.intensity.tolist() == intensity
    missing = any("without intensity" in note for note in spectrum.provenance.notes)
    assert missing == ("nan" in text)


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        ("inf,95\nnan,5\n4.7,95.9\n1e999,3\n", "3 lines with shifts that are no finite numbers"),
        ("4.7,95.9\nx,y\n", "line 3 without two chemical shifts left out"),
        ("4.7,95.9\nsee below,\n\n1.25,29.7\nTotal: 2\n", "2 lines without two chemical shifts"),
        ('4.7,95.9\n"7.3-7.2",128\n', "line 3 without two chemical shifts left out"),
    ],
)
def test_lines_without_shifts_are_left_out_and_said(tmp_path, rows, note):
    spectrum = read(tmp_path, "1H,13C\n" + rows)
    assert points(spectrum)[0] == CH
    assert any(note in text for text in spectrum.provenance.notes)


def test_thousands_of_lines(tmp_path):
    rows = "\n".join(f"{i % 1000 / 100:.2f},{i % 200},{i}" for i in range(5000))
    spectrum = read(tmp_path, "1H,13C,Intensity\n" + rows)
    assert len(spectrum.peaks) == 5000
    assert spectrum.peaks.intensity[4321] == 4321


def test_the_window_grows_with_the_peaks(tmp_path):
    spectrum = read(tmp_path, "1H,13C\n11.93,219.5\n-0.31,-3\n4.7,95.9\n")
    assert spectrum.f2.edges == pytest.approx((12.5, -0.5), abs=1e-9)
    assert spectrum.f1.edges == pytest.approx((-20, 240), abs=1e-9)
    assert any("window widened to 12.5 to -0.5" in n for n in spectrum.provenance.notes)
    for h, c in points(spectrum):
        assert spectrum.intensity[spectrum.f1.cell(c), spectrum.f2.cell(h)] == 1
    default = read(tmp_path, "1H,13C\n4.7,95.9\n")
    assert default.f2.step == pytest.approx(spectrum.f2.step)
    assert default.f1.step == pytest.approx(spectrum.f1.step)


def test_signs_are_drawn(tmp_path):
    spectrum = read(tmp_path, FORMATS["deepsat.csv"][0])
    assert spectrum.intensity.min() == -1
    assert spectrum.intensity.max() == 1
    assert any("Gaussians of" in note for note in spectrum.provenance.notes)


@pytest.mark.parametrize(
    ("text", "name", "experiment"),
    [
        ("# HSQC of x\n1H,13C\n4.7,95.9\n", "a.csv", Experiment.HSQC),
        ("My HMBC list\n1H,13C\n4.7,95.9\n", "a.csv", Experiment.HMBC),
        ("# HSQC of x\n1H,13C\n4.7,95.9\n", "a_hmbc.csv", Experiment.HSQC),
        ("1H,13C\n4.7,95.9\n", "a_HMBC.csv", Experiment.HMBC),
        ("1H,13C\n4.7,95.9\n", "a_hmqc.csv", Experiment.HSQC),
        ("1H,13C\n4.7,95.9\n", "a.csv", None),
        ("1H,13C\n4.7,95.9\n", "a_hsqc-tocsy.csv", None),
        ("# HSQC and HMBC\n1H,13C\n4.7,95.9\n", "a.csv", None),
        (TOPSPIN_XML.replace('name="sample"', 'name="ab-HMBC"'), "a.xml", Experiment.HMBC),
        (TOPSPIN_TXT.replace("NAME=sample", "NAME=s_hsqc"), "a.txt", Experiment.HSQC),
        (NMRPIPE.replace("made by hand", "an HMBC"), "a.tab", Experiment.HMBC),
        (NMREDATA.replace("CorType=HSQC", "CorType=HMQC"), "a.sdf", Experiment.HSQC),
        (NMREDATA.replace("CorType=HSQC\\\n", "").replace("_1J_", "_NJ_"), "a", Experiment.HMBC),
    ],
    ids=[str(i) for i in range(13)],  # the name of tmp_path holds the id
)
def test_the_experiment(tmp_path, text, name, experiment):
    assert read(tmp_path, text, name).experiment is experiment
    for answer in Experiment:
        answered = read(tmp_path, text, name, ReadOptions(experiment=answer))
        assert answered.experiment is answer


@pytest.mark.parametrize(
    "text",
    [
        "1H,13C\n",
        "one column\n4.7\n1.2\n",
        "Nothing but words.\n",
        "It was 4.7 or 95.9 in that text\n",
        "4.7,95.9,3,4\n1.2,29,5,6\n",
        "1H,13C\n4,70,95,90\n1,25,29,70\n",
        "1H,13C\n" + "p,q\n" * 5 + "4.7,95.9\n",
        "1H,15N\n8.1,120\n",
        "1H,1H\n4.7,3.1\n",
        "Assignment w1 w2 w3\n?-?-? 120.1 95.9 4.7\n",
        "<PeakList><PeakList1D><Peak1D F1='3.2' intensity='1'/></PeakList1D></PeakList>",
        "<html><body>4.7 95.9</body></html>",
        "1H,13C\n4.7,95.9" + "0" * 200_000,
        "\n \n\t\n",
    ],
)
def test_what_is_no_peak_list_is_refused_in_one_sentence(tmp_path, text):
    with pytest.raises(ReadError, match=r"^list\.csv: ") as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)
