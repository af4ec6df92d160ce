"""JCAMP-DX files: 2D spectra at the right shifts, everything else by its name."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jcamp_builders import FORMS, HZ_EXTRA, encode, jcamp_2d, noisy_plane

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.jcamp import ldr
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, SourceKind

PLANE = noisy_plane()


def read(tmp_path, text, options=None, name="made.dx"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_spectrum(path, options)


def refused(tmp_path, text):
    with pytest.raises(ReadError) as caught:
        read(tmp_path, text)
    return str(caught.value)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_spectrum(tmp_path, form):
    spectrum = read(tmp_path, jcamp_2d(PLANE, form))
    assert np.array_equal(spectrum.intensity, PLANE.astype(np.float32))
    assert spectrum.provenance.kind is SourceKind.INSTRUMENT
    assert not any("abscissa" in note for note in spectrum.provenance.notes)
    assert spectrum.experiment is Experiment.HSQC
    assert spectrum.acquisition.solvent == "DMSO"
    assert spectrum.acquisition.edited is True
    assert spectrum.acquisition.title == "made for a test"
    assert spectrum.acquisition.h_mhz == 400.0


def test_shifts_are_those_of_sample_centres(tmp_path):
    spectrum = read(tmp_path, jcamp_2d(PLANE))
    # Point 1 is at 10 ppm, whatever the Hz count from; 3600 Hz over 39 steps at 400 MHz.
    assert spectrum.f2.first_ppm == pytest.approx(10.0, abs=1e-9)
    assert spectrum.f2.last_ppm == pytest.approx(10.0 - 3600 / 400, abs=1e-9)
    carbon = 400 * 0.25145020
    assert spectrum.f1.first_ppm == pytest.approx(20000 / carbon, abs=1e-6)
    assert spectrum.f1.last_ppm == pytest.approx(1000 / carbon, abs=1e-6)
    assert any("13C frequency computed" in note for note in spectrum.provenance.notes)
    exact = read(tmp_path, jcamp_2d(PLANE, f1=(150.0, 10.0), f2=(9.5, 0.5), units="PPM"))
    assert (exact.f1.first_ppm, exact.f1.last_ppm) == (150.0, 10.0)
    assert (exact.f2.first_ppm, exact.f2.last_ppm) == (9.5, 0.5)
    assert not exact.provenance.notes


def test_the_reference_may_be_any_point(tmp_path):
    extra = HZ_EXTRA.replace("DMSO, 1, 10.0", "DMSO, 11, 2.5")
    spectrum = read(tmp_path, jcamp_2d(PLANE, extra=extra))
    assert spectrum.f2.ppm(10.0) == pytest.approx(2.5, abs=1e-9)


def test_frequencies_of_both_dimensions_and_of_bruker(tmp_path):
    extra = HZ_EXTRA.replace("= 400.0", "= 100.6, 400.0")
    spectrum = read(tmp_path, jcamp_2d(PLANE, extra=extra))
    assert spectrum.acquisition.c_mhz == 100.6
    assert spectrum.f1.first_ppm == pytest.approx(20000 / 100.6, abs=1e-9)
    bruker = (
        "##.OBSERVE FREQUENCY= 400.0018\n##.OBSERVE NUCLEUS= ^1H\n##$PULPROG= <hmbcgplpndqf>\n"
        "##$SF= 400\n##$OFFSET= 9.25\n##$SW_p= 3692.3\n##$PH_mod= 1\n"
        "##$SF= 100.5\n##$OFFSET= 199.00498\n##$SW_p= 19826.09\n##$PH_mod= 2\n"
    )
    spectrum = read(tmp_path, jcamp_2d(PLANE, extra=bruker))
    assert spectrum.f2.first_ppm == pytest.approx(9.25, abs=1e-9)
    assert spectrum.f1.first_ppm == pytest.approx(20000 / 100.5, abs=1e-9)
    assert spectrum.provenance.notes == ()
    assert spectrum.acquisition.magnitude is True
    assert spectrum.experiment is Experiment.HMBC
    lying = bruker.replace("199.00498", "190").replace("3692.3", "3000")
    notes = " ".join(read(tmp_path, jcamp_2d(PLANE, extra=lying)).provenance.notes)
    assert "F1 begins at 199.005 ppm by FIRST (used), at 190.000 ppm by OFFSET" in notes
    assert "3000.0 Hz by SW_p" in notes


def test_an_axis_from_zero_without_a_reference_is_said(tmp_path):
    extra = "##.OBSERVE FREQUENCY= 400\n"
    notes = read(tmp_path, jcamp_2d(PLANE, extra=extra)).provenance.notes
    assert any("no shift reference in the file" in note for note in notes)


def test_ascending_axes_and_carbon_detection_are_turned(tmp_path):
    up = jcamp_2d(PLANE, f1=(10.0, 150.0), f2=(0.5, 9.5), units="PPM")
    spectrum = read(tmp_path, up)
    assert spectrum.f1.descending and spectrum.f2.descending
    assert spectrum.f1.first_ppm == 150.0
    assert np.array_equal(spectrum.intensity, PLANE[::-1, ::-1].astype(np.float32))
    turned = jcamp_2d(PLANE, f1=(9.5, 0.5), f2=(150.0, 10.0), units="PPM", nuclei="1H, 13C")
    spectrum = read(tmp_path, turned)
    assert np.array_equal(spectrum.intensity, PLANE.T.astype(np.float32))
    assert spectrum.f1.first_ppm == 150.0


def test_factor_imaginary_pages_comments_and_line_ends(tmp_path):
    plain = jcamp_2d(PLANE, factor=0.5)
    assert np.array_equal(read(tmp_path, plain).intensity, (PLANE * 0.5).astype(np.float32))
    body = encode(PLANE[0] + 1, "SQZ")
    table = "##DATA TABLE= (F2++(Y..Y)), PROFILE\n"
    both = jcamp_2d(PLANE).replace(
        "##PAGE", f"{table.replace('Y..Y', 'I..I')}{body}##PAGE"
    ).replace(f"{table.replace('Y..Y', 'I..I')}{body}", "", 1)  # fmt: skip
    spectrum = read(tmp_path, both)
    assert np.array_equal(spectrum.intensity, PLANE.astype(np.float32))
    assert "imaginary part left out" in spectrum.provenance.notes
    noted = jcamp_2d(PLANE, "SQZ").replace("PROFILE\n", "PROFILE $$ x\n$$ ##END=\n")
    for end in ("\n", "\r\n", "\r"):
        data = noted.replace("\n", end).encode()
        assert np.array_equal(read(tmp_path, data).intensity, PLANE.astype(np.float32))


def test_pages_in_any_order(tmp_path):
    head, *pages = jcamp_2d(PLANE).replace("##END NTUPLES", "##PAGE").split("##PAGE")
    tail = pages.pop()
    text = "##PAGE".join([head, *reversed(pages)]) + "##END NTUPLES" + tail
    assert np.array_equal(read(tmp_path, text).intensity, PLANE.astype(np.float32))


def test_a_wrong_abscissa_alone_is_a_note_and_a_wrong_check_an_error(tmp_path):
    text = jcamp_2d(PLANE)
    moved = text.replace("\n24", "\n29")
    assert moved != text
    spectrum = read(tmp_path, moved)
    assert np.array_equal(spectrum.intensity, PLANE.astype(np.float32))
    assert any("the abscissa of 24 lines" in note for note in spectrum.provenance.notes)
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("24"))
    whole = lines.copy()
    lines[at] = lines[at][:2] + "I999999" + lines[at][3:].lstrip("0123456789")
    assert "y-check fails in trace 1" in refused(tmp_path, "\n".join(lines))
    del whole[at]
    assert "y-check fails in trace 1" in refused(tmp_path, "\n".join(whole))


def test_a_line_that_is_missing_without_checks(tmp_path):
    lines = jcamp_2d(PLANE, "AFFN").splitlines()
    del lines[next(i for i, line in enumerate(lines) if line.startswith("23 "))]
    assert "trace 1 has 24 points; 40 were announced" in refused(tmp_path, "\n".join(lines))


@pytest.mark.parametrize(
    ("nuclei", "pulse", "said"),
    [
        ("1H, 1H", "cosygpqf", "a ¹H–¹H COSY (pulse program cosygpqf)"),
        ("15N, 1H", "hsqcetf3gpsi", "a ¹H–¹⁵N HSQC (pulse program hsqcetf3gpsi)"),
        ("1H, 1H", "noesygpph", "a ¹H–¹H NOESY"),
        (", 1H", "ledbpgp2s", "a ¹H DOSY (pulse program ledbpgp2s)"),
        ("13C, 13C", "inadphsp", "a ¹³C–¹³C INADEQUATE"),
        ("19F, 1H", "unheard", "a ¹H–¹⁹F 2D spectrum (pulse program unheard)"),
    ],
)
def test_other_experiments_are_named(tmp_path, nuclei, pulse, said):
    extra = HZ_EXTRA.replace("hsqcedetgpsisp2.3", pulse)
    message = refused(tmp_path, jcamp_2d(PLANE, nuclei=nuclei, extra=extra))
    assert said in message
    assert "\n" not in message


def small(kind, more=""):
    return f"##TITLE=x\n##JCAMP-DX=5.01\n##DATA TYPE={kind}\n{more}##END=\n"


RAW = """##.OBSERVE NUCLEUS=^1H\n##.PULSE SEQUENCE=hsqcedetgp\n##NTUPLES=nD NMR FID
##VAR_NAME=TIME1,TIME2,FID/REAL,FID/IMAG\n##SYMBOL=T1,T2,R,I\n##.NUCLEUS=13C,1H
##VAR_DIM=256,512,512,512\n##PAGE=T1=0\n##DATA TABLE=(T2++(R..R)), PROFILE\n0@@@\n"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (small("NMR SPECTRUM", "##.OBSERVE NUCLEUS=^1H\n##XYDATA=(X++(Y..Y))\n0 1\n"), "a 1D ¹H"),
        (small("NMR FID", "##.OBSERVE NUCLEUS=^13C\n"), "the raw data (FID) of a 1D ¹³C"),
        (small("nD NMR FID", RAW), "the raw data (FIDs) of a ¹H–¹³C HSQC (pulse program"),
        (small("INFRARED SPECTRUM"), "an infrared spectrum (JCAMP-DX)"),
        (small("MASS SPECTRUM"), "a mass spectrum"),
        (small("NMR PEAK TABLE"), "an NMR peak table in JCAMP-DX"),
        (small("SOMETHING NEW"), "JCAMP-DX data of the type SOMETHING NEW"),
        ("##TITLE=x\n##JCAMP-CS=3.7\n##MOLFORM=C10 H12\n##END=\n", "a structure without a spec"),
        ("##TITLE=x\n", "a JCAMP-DX block that does not say what it is"),
        (small("nD NMR SPECTRUM", "##NTUPLES=x\n##SYMBOL=F1,F2,Y\n"), "no table of data"),
    ],
)
def test_what_is_no_2d_spectrum_is_named(tmp_path, text, said):
    assert said in refused(tmp_path, text)


def test_compound_files(tmp_path):
    one = jcamp_2d(PLANE)
    link = "##TITLE=both\n##DATA TYPE=LINK\n##BLOCKS=2\n"
    other = small("INFRARED SPECTRUM")
    only = read(tmp_path, f"{link}{other}{one}##END=\n")
    assert np.array_equal(only.intensity, PLANE.astype(np.float32))
    two = link + one + jcamp_2d(-PLANE).replace("made for a test", "the other") + "##END=\n"
    with pytest.raises(AmbiguousError) as caught:
        read(tmp_path, two)
    assert caught.value.choices == ("1: made for a test", "2: the other")
    chosen = read(tmp_path, two, ReadOptions(part="2: the other"))
    assert np.array_equal(chosen.intensity, -PLANE.astype(np.float32))
    assert "an infrared spectrum" in refused(tmp_path, f"{link}{other}##END=\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("VAR_DIM= 24, 40, 40", "VAR_DIM= 24, 41, 41", "trace 1 has 40 points; 41 were announced"),
        ("VAR_DIM= 24, 40", "VAR_DIM= 25, 40", "24 pages; 25 were announced"),
        ("VAR_DIM= 24, 40, 40", "VAR_DIM= 24, 99999999999, 40", "99999999999"),
        ("VAR_DIM= 24, 40, 40", "VAR_DIM= 24, 60000000, 40", "more than nmrcam reads"),
        ("VAR_DIM= 24, 40, 40", "VAR_DIM= x, y", "values"),
        ("UNITS= HZ, HZ", "UNITS= SECONDS, SECONDS", "in SECONDS"),
        ("FREQUENCY= 400.0", "FREQUENCY= none", "no frequency"),
        ("FREQUENCY= 400.0", "FREQUENCY= 1e-12", "axis from"),
        ("FIRST= 20000.0, 3600.0", "FIRST= nan, 3600.0", "without ##FIRST"),
        ("FIRST= 20000.0, 3600.0", "FIRST= 1000.0, 3600.0", "from 1000 to 1000"),
        ("SYMBOL= F1, F2, Y", "SYMBOL= A, B, C", "pages at"),
        ("(F2++(Y..Y))", "(XY..XY)", "a table of the form"),
        ("##PAGE= F1=", "##PAGE= N=", "pages at"),
    ],
)
def test_lying_headers_are_refused(tmp_path, old, new, said):
    text = jcamp_2d(PLANE)
    assert old in text
    assert said in refused(tmp_path, text.replace(old, new))


def test_floods_are_refused_before_they_are_decoded(tmp_path, monkeypatch):
    text = jcamp_2d(PLANE)
    padded = text.replace("PROFILE\n", "PROFILE\n" + "\n" * 6000, 1)
    assert "a page of" in refused(tmp_path, padded)
    monkeypatch.setattr(ldr, "MAX_RECORDS", 50)
    assert "more than 50 records" in refused(tmp_path, text)
    monkeypatch.setattr(ldr, "MAX_BLOCKS", 3)
    assert "more than 3 blocks" in refused(tmp_path, "##TITLE=x\n" * 20)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_files(tmp_path, data):
    text = bytearray(jcamp_2d(noisy_plane(9, 12)).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 6))] = data.draw(
            st.binary(max_size=3)
            | st.sampled_from([b"##", b"=", b",", b"$$", b"-1e309", b"99999999", b"nan", b"\r"])
        )
    cut = data.draw(st.none() | st.integers(0, len(text)))
    try:
        spectrum = read(tmp_path, bytes(text[:cut]))
    except ReadError as error:
        assert str(error).startswith("made.dx: ")
        assert "\n" not in str(error)
        return
    assert np.isfinite(spectrum.intensity).all()
