"""XML, NMR-STAR and NMReData: structure, several lists in a file, and safety."""

from __future__ import annotations

import time

import pytest

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC


def read(tmp_path, text, name, **options):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_spectrum(path, ReadOptions(**options))


def points(spectrum):
    return list(zip(spectrum.peaks.h_ppm.tolist(), spectrum.peaks.c_ppm.tolist(), strict=True))


BILLION_LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    + "]><PeakList>&l9;<Peak2D F1='95' F2='4'/></PeakList>"
)


@pytest.mark.parametrize(
    "text",
    [
        BILLION_LAUGHS,
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><PeakList><Peak2D F1="95" F2="4"/></PeakList>',
        '<!doctype a><PeakList><Peak2D F1="95" F2="4"/></PeakList>',
        '<?xml version="1.0"?>\n<! ENTITY a "b"><PeakList/>',
    ],
)
def test_declarations_are_refused_unread(tmp_path, text):
    with pytest.raises(ReadError, match="DOCTYPE"):
        read(tmp_path, text, "a.xml")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<PeakList><Peak2D F1='1'", "the XML is broken"),
        ("<a/>", "XML without peaks"),
        ("<PeakList><Peak1D F1='3'/></PeakList>", "only Peak1D peaks"),
        ("<PeakList><Peak2D F1='nan' F2='3'/></PeakList>", "no Peak2D has finite"),
        ("<PeakList><Peak2D intensity='3'/></PeakList>", "no Peak2D has finite"),
        ("<p>&undefined;</p>", "the XML is broken"),
    ],
)
def test_broken_xml(tmp_path, text, sentence):
    with pytest.raises(ReadError, match=sentence):
        read(tmp_path, text, "a.xml")


def test_xml_with_a_namespace_and_gaps(tmp_path):
    text = (
        '<PeakList xmlns="urn:x"><Peak2D F1="inf" F2="2"/><Peak2D F1="30,5" F2="2,5"/></PeakList>'
    )
    spectrum = read(tmp_path, text, "a.xml")
    assert points(spectrum) == [(2.5, 30.5)]
    assert "1 peak without finite F1 and F2 left out" in spectrum.provenance.notes
    assert "1 peak without intensity, taken as 1" in spectrum.provenance.notes


def test_deep_xml_is_no_trouble(tmp_path):
    text = "<a>" * 50_000 + '<Peak2D F1="95" F2="4"/>' + "</a>" * 50_000
    assert points(read(tmp_path, text, "a.xml")) == [(4, 95)]


def frame(name, experiment, shift="9.5", intensity="5.5"):
    """A whole save frame; its carbon shifts are so low that only Atom_type tells."""
    return f"""
save_{name}
  _Spectral_peak_list.Sf_category      spectral_peak_list
  _Spectral_peak_list.Sf_framecode     {name}
  _Spectral_peak_list.Experiment_name  '{experiment}'
  _Spectral_peak_list.Details
;
 text with loop_ and stop_ and ' in it
;
  loop_
    _Spectral_dim.ID
    _Spectral_dim.Atom_type
    _Spectral_dim.Spectral_peak_list_ID
    1 C 7   # a remark
    2 H 7
  stop_
  loop_
    _Peak_general_char.Peak_ID
    _Peak_general_char.Intensity_val
    _Peak_general_char.Measurement_method
    _Peak_general_char.Spectral_peak_list_ID
    1 9e9 volume 7
    1 {intensity} height 7
    2 -7 "peak height" 7
  stop_
  loop_
    _Peak_char.Peak_ID
    _Peak_char.Spectral_dim_ID
    _Peak_char.Chem_shift_val
    _Peak_char.Spectral_peak_list_ID
    1 1 {shift} 7
    1 2 4.1 7
    2 1 11.5 7
    2 2 0.9 7
    3 1 . 7
    3 2 0.9 7
  stop_
save_
"""


def test_a_whole_star_frame(tmp_path):
    spectrum = read(tmp_path, "data_x\n" + frame("peaks", "2D 1H-13C HMBC"), "a.str")
    assert points(spectrum) == [(4.1, 9.5), (0.9, 11.5)]
    assert spectrum.peaks.intensity.tolist() == [5.5, -7]
    assert spectrum.experiment is HMBC
    assert spectrum.provenance.assumed == ()
    assert "1 peak without two shifts left out" in spectrum.provenance.notes


def test_several_star_lists(tmp_path):
    both = "data_x\n" + frame("one", "2D HSQC") + frame("two", "2D HMBC", shift="8.5")
    with pytest.raises(AmbiguousError) as caught:
        read(tmp_path, both, "a.str")
    assert (caught.value.option, caught.value.choices) == ("experiment", ("hsqc", "hmbc"))
    assert points(read(tmp_path, both, "a.str", experiment=HMBC))[0] == (4.1, 8.5)
    assert points(read(tmp_path, both, "a_hmbc.str"))[0] == (4.1, 8.5)

    same = "data_x\n" + frame("one", "2D HSQC") + frame("two", "2D HSQC", shift="8.5")
    with pytest.raises(AmbiguousError) as caught:
        read(tmp_path, same, "a.str")
    assert (caught.value.option, caught.value.choices) == ("part", ("one", "two"))
    spectrum = read(tmp_path, same, "a.str", part="two")
    assert points(spectrum)[0] == (4.1, 8.5)
    assert "one of 2 lists in the file: 'two'" in spectrum.provenance.notes
    with pytest.raises(ReadError, match="no list 'three'"):
        read(tmp_path, same, "a.str", part="three")


def test_star_lists_of_other_dimensions_are_passed_over(tmp_path):
    one_d = (
        "loop_\n_Peak_char.Peak_ID\n_Peak_char.Spectral_dim_ID\n_Peak_char.Chem_shift_val\n"
        "_Peak_char.Spectral_peak_list_ID\n1 1 4.7 1\n2 1 5.7 1\n1 1 95.9 2\n1 2 4.7 2\nstop_\n"
    )
    assert points(read(tmp_path, one_d, "a.str")) == [(4.7, 95.9)]
    with pytest.raises(ReadError, match="without a two-dimensional"):
        read(tmp_path, one_d.replace("1 2 4.7 2\n", ""), "a.str")


def test_metabolomics_transitions(tmp_path):
    text = """loop_
 _Spectral_transition_char.Spectral_transition_ID
 _Spectral_transition_char.Chem_shift_val
 _Spectral_transition_char.Spectral_dim_ID
 1 95.9 1
 1 4.7 2
stop_
loop_
 _Spectral_transition_general_char.Spectral_transition_ID
 _Spectral_transition_general_char.Intensity_val
 1 -3.5
stop_
"""
    spectrum = read(tmp_path, text, "a.str")
    assert points(spectrum) == [(4.7, 95.9)]
    assert spectrum.peaks.intensity.tolist() == [-3.5]


SDF = """compound
  program

  0  0  0  0  0  0            999 V2000
M  END
>  <NMREDATA_VERSION>
1.1\\

>  <NMREDATA_ASSIGNMENT>
Ha, 4.70, H1\\
Ca, 95.90, 1\\
Hb, 1.25, H2\\
Cb, 29.70, 2\\

>  <NMREDATA_2D_13C_1J_1H>
Larmor=125.76\\
CorType=HSQC\\
Pulseprogram=hsqc; a remark\\
Ha/Ca, I=2.5\\
Hb/Cb\\
Hx/Cx\\

>  <NMREDATA_2D_13C_NJ_1H>
Larmor=125.76\\
CorType=HMBC\\
Ha/Cb, I=-1\\
(Hb|Hx)/Ca\\

>  <NMREDATA_2D_1H_NJ_1H>
CorType=COSY\\
Ha/Hb\\

$$$$
"""


def test_labels_are_looked_up_in_the_assignment(tmp_path):
    spectrum = read(tmp_path, SDF, "a.sdf", experiment=HSQC)
    assert points(spectrum) == [(4.70, 95.90), (1.25, 29.70)]
    assert spectrum.peaks.intensity.tolist() == [2.5, 1]
    assert spectrum.peaks.annotation == ("Ha/Ca", "Hb/Cb")
    assert "1 peak whose labels have no shift left out" in spectrum.provenance.notes
    hmbc = read(tmp_path, SDF, "a_hmbc.sdf")
    assert hmbc.experiment is HMBC
    assert points(hmbc) == [(4.70, 29.70), (1.25, 95.90)]
    with pytest.raises(AmbiguousError, match="which is meant"):
        read(tmp_path, SDF, "a.sdf")


def test_records_of_an_sd_file_have_their_own_assignments(tmp_path):
    tag = ">  <NMREDATA_2D_13C_1J_1H>\nCorType=HSQC\\\nHa/Ca\\\n\n"
    first = "x\n>  <NMREDATA_ASSIGNMENT>\nHa, 1.0, H1\\\nCa, 21.0, 1\\\n\n" + tag + "$$$$\n"
    second = first.replace("1.0, H1", "2.0, H1").replace("21.0", "41.0")
    both = first + second
    title = "NMREDATA_2D_13C_1J_1H (record 2)"
    with pytest.raises(AmbiguousError) as caught:
        read(tmp_path, both, "a.sdf")
    assert caught.value.choices[1] == title
    assert points(read(tmp_path, both, "a.sdf", part=title)) == [(2, 41)]
    assert points(read(tmp_path, first + "x\n" + tag + "$$$$\n", "a.sdf")) == [(1, 21)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (">  <NMREDATA_2D_13C_1J_1H>\nCorType=HSQC\\\na/b\\\n", "labels without a shift"),
        (">  <NMREDATA_2D_1H_NJ_1H>\n4.7/3.2\\\n", "without 1H-13C peaks"),
        (">  <NMREDATA_VERSION>\n1.1\\\n", "without 1H-13C peaks"),
    ],
)
def test_nmredata_without_peaks(tmp_path, text, sentence):
    with pytest.raises(ReadError, match=sentence):
        read(tmp_path, text, "a.sdf")


@pytest.mark.parametrize(
    "text",
    [
        "loop_\n" + "_Peak_char.Peak_ID\n" * 20_000,
        "loop_\n_Peak_char.Peak_ID\n" + "'" * 50_000,
        "loop_\n" + ";\n" * 50_000,
        "<a " + "b " * 50_000,
        ">  <NMREDATA_2D_13C_1J_1H>\n" + "/" * 90_000 + "\n" + "a=" * 40_000,
        "1H,13C\n" + '"' * 90_000,
        "1H 13C\n" + " " * 90_000 + "4\n" + "( " * 40_000,
        "VARS X_PPM Y_PPM\n" + "- " * 45_000,
    ],
)
def test_hostile_text_takes_no_time(tmp_path, text):
    start = time.process_time()
    with pytest.raises(ReadError):
        read(tmp_path, text, "a.txt")
    assert time.process_time() - start < 5
