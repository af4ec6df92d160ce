"""Raw 2D data of Varian and JEOL: signals that were put in come out at their shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_builders import (
    COMPLEX,
    REAL_COMPLEX,
    SECOND,
    C,
    H,
    Jdf,
    jdf_parameters,
    procpar,
    time_signals,
    write_varian,
)

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.vendors.onset import onset_delay
from nmrcam_qt.core.spectrum import Experiment

PEAKS = [(7.2, 130.0, 1.0), (3.7, 55.0, 1.0), (1.2, 20.0, -1.0), (2.9, 41.0, -1.0)]
SHAPE = (64, 512)


def summits(spectrum, count=4):
    """The strongest local extrema as (h, c, sign), sub-point by parabola."""
    z = np.abs(spectrum.intensity)
    inner = z[1:-1, 1:-1]
    best = np.ones_like(inner, bool)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            if down or right:
                part = z[1 + down : z.shape[0] - 1 + down, 1 + right : z.shape[1] - 1 + right]
                best &= inner >= part
    rows, columns = np.nonzero(best)
    order = np.argsort(-inner[rows, columns])[:count]
    found = []
    for r, c in zip(rows[order] + 1, columns[order] + 1, strict=True):
        row = r + vertex(z[r - 1, c], z[r, c], z[r + 1, c])
        column = c + vertex(z[r, c - 1], z[r, c], z[r, c + 1])
        sign = np.sign(spectrum.intensity[r, c])
        found.append((spectrum.f2.ppm(column), spectrum.f1.ppm(row), float(sign)))
    return sorted(found)


def vertex(before, at, after):
    return float((before - after) / (2 * (before - 2 * at + after)))


def check_shifts(spectrum, signs=True):
    """Within a fifth of the distance of points (phases are found): half of one would be seen."""
    for (h, c, sign), (h_true, c_true, height) in zip(
        summits(spectrum), sorted(PEAKS), strict=True
    ):
        assert h == pytest.approx(h_true, abs=0.2 * abs(spectrum.f2.step))
        assert c == pytest.approx(c_true, abs=0.2 * abs(spectrum.f1.step))
        if signs:
            assert sign == np.sign(height)


def varian_traces(kind):
    """As VnmrJ writes them: frequencies turn negatively."""
    cosine, sine = time_signals([*PEAKS, (3.7, 55.0, 1.5)], C, H, SHAPE)
    made = np.empty((2 * SHAPE[0], SHAPE[1]), complex)
    if kind == "States":
        made[0::2], made[1::2] = cosine.conj(), -sine.conj()
    else:  # echo and antiecho, recombined by f1coef = 1 0 -1 0 0 1 0 1
        theirs, other = cosine.conj(), -sine.conj()
        made[0::2], made[1::2] = (theirs + 1j * other) / 2, -(theirs - 1j * other) / 2
    return made


@pytest.mark.parametrize("kind", ["States", "gradient"])
def test_varian_hsqc(tmp_path, kind):
    more = {} if kind == "States" else {"f1coef": "1 0 -1 0 0 1 0 1"}
    folder = write_varian(tmp_path / "x.fid", varian_traces(kind), procpar(**more))
    spectrum = read_spectrum(folder)
    check_shifts(spectrum)
    assert spectrum.experiment is Experiment.HSQC
    assert spectrum.acquisition.edited is True
    assert spectrum.acquisition.solvent == "cdcl3"
    assert spectrum.acquisition.magnitude is False
    assert spectrum.provenance.format == "Varian raw data, processed by nmrcam"
    assert spectrum.name == "x"
    assert spectrum.provenance.path == str(folder / "fid")
    for name in ("fid", "procpar"):
        assert np.array_equal(read_spectrum(folder / name).intensity, spectrum.intensity)


def test_an_hsqc_that_is_upside_down_is_turned(tmp_path):
    """Some sequences advance phases the other way, and no file says so."""
    more = [*PEAKS, (6.9, 114.0, 1.0), (5.1, 100.0, 1.0), (4.1, 62.0, -1.0), (3.7, 55.0, 1.5)]
    cosine, sine = time_signals(more, C, H, SHAPE)
    traces = np.empty((2 * SHAPE[0], SHAPE[1]), complex)
    traces[0::2], traces[1::2] = cosine.conj(), sine.conj()
    spectrum = read_spectrum(write_varian(tmp_path / "x.fid", traces, procpar()))
    assert any("turned about its carrier" in note for note in spectrum.provenance.notes)
    h, c, sign = max(summits(spectrum, 7))
    assert (h, c, sign) == (
        pytest.approx(7.2, abs=0.005), pytest.approx(130.0, abs=0.25), 1.0
    )  # fmt: skip


def test_varian_hmbc_in_magnitude_mode(tmp_path):
    cosine, sine = time_signals(PEAKS, C, H, SHAPE)
    text = procpar(seqfil="gHMBC", phase=1, array="", mult=None)
    traces = (cosine - 1j * sine).conj()
    spectrum = read_spectrum(write_varian(tmp_path / "x.fid", traces, text))
    check_shifts(spectrum, signs=False)
    assert spectrum.experiment is Experiment.HMBC
    assert spectrum.acquisition.magnitude is True
    assert (spectrum.intensity >= 0).all()
    assert any("selected echoes" in clause for clause in spectrum.provenance.assumed)


def test_varian_referencing_by_line_and_by_ratio(tmp_path):
    edge = C.carrier_ppm * C.mhz - C.width_hz / 2  # Hz at the right-hand edge
    by_line = {"reffrq1": None, "rfp1": 11604.0, "rfl1": 11604.0 - edge}
    folder = write_varian(tmp_path / "x.fid", varian_traces("States"), procpar(**by_line))
    check_shifts(read_spectrum(folder))
    folder = write_varian(tmp_path / "y.fid", varian_traces("States"), procpar(reffrq1=None))
    spectrum = read_spectrum(folder)
    assert any("by the frequency of ¹H" in note for note in spectrum.provenance.notes)
    zero = H.mhz / (1 + H.carrier_ppm * 1e-6) * 0.25145020
    middle = (spectrum.f1.edges[0] + spectrum.f1.edges[1]) / 2 + spectrum.f1.step / 2
    assert middle == pytest.approx((C.mhz - zero) / zero * 1e6, abs=abs(spectrum.f1.step))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"ni": 0}, "a 1D ¹H measurement of Varian"),
        ({"ni2": 32}, "a 3D measurement of Varian"),
        ({"dn": "N15", "seqfil": "gNhsqc"}, "a ¹H–¹⁵N HSQC"),
        ({"seqfil": "gCOSY"}, "a ¹H–¹H COSY \\(pulse program gCOSY\\)"),
        ({"array": "d2,phase"}, "an arrayed measurement"),
        ({"ni": 65}, "128 traces, though 130 are announced"),
        ({"sw1": 0}, "sw1 = 0 Hz"),
        ({"reffrq": None, "reffrq1": None}, "no referencing of sfrq"),
    ],
)
def test_other_varian_data_are_named(tmp_path, more, said):
    folder = write_varian(tmp_path / "x.fid", varian_traces("States"), procpar(**more))
    with pytest.raises(ReadError, match=said):
        read_spectrum(folder)


def test_broken_varian_data(tmp_path):
    folder = write_varian(tmp_path / "x.fid", varian_traces("States"), procpar())
    whole = (folder / "fid").read_bytes()
    for data, said in (
        (b"", "cut short or empty"),
        (whole[:20], "cut short or empty"),
        (whole[:-4], "though its header announces"),
        (b"\x7f\xff\xff\xff" + whole[4:], "announces"),
        (whole[:8] + b"\x7f\xff\xff\xff" + whole[12:], "announces"),
        (whole[:12] + b"\0\0\0\7" + whole[16:], "blocks of"),
    ):
        (folder / "fid").write_bytes(data)
        with pytest.raises(ReadError, match=said):
            read_spectrum(folder)
    (folder / "fid").unlink()
    with pytest.raises(ReadError, match=r"a ¹H–¹³C HSQC .* without raw data"):
        read_spectrum(folder)
    (folder / "procpar").write_bytes(b"seqfil 2\xff\n")
    with pytest.raises(ReadError, match="a broken Varian data set"):
        read_spectrum(folder)


def raw_jdf(sections, types, **more):
    return Jdf(
        sections=sections, types=types, units=(SECOND, SECOND), parameters=jdf_parameters(**more)
    )


@pytest.mark.parametrize("delay", [0, 19.6])
def test_jeol_hsqc(tmp_path, delay):
    cosine, sine = filtered(time_signals([*PEAKS, (3.7, 55.0, 1.5)], C, H, SHAPE), delay)
    sections = [cosine.real, -cosine.imag, -sine.real, sine.imag]
    path = tmp_path / "x.jdf"
    path.write_bytes(raw_jdf(sections, (COMPLEX, COMPLEX)).bytes())
    spectrum = read_spectrum(path)
    check_shifts(spectrum)
    assert spectrum.provenance.format == "JEOL raw data, processed by nmrcam"
    assert spectrum.acquisition.magnitude is False


def test_jeol_hmbc(tmp_path):
    cosine, sine = filtered(time_signals(PEAKS, C, H, SHAPE), 15.0)
    rows = cosine - 1j * sine
    path = tmp_path / "x.jdf"
    made = raw_jdf([rows.real, -rows.imag], (REAL_COMPLEX, REAL_COMPLEX), EXPERIMENT="hmbc_pfg")
    path.write_bytes(made.bytes())
    spectrum = read_spectrum(path)
    check_shifts(spectrum, signs=False)
    assert spectrum.experiment is Experiment.HMBC


def filtered(planes, delay):
    """Behind a linear-phase low-pass filter of the spectral width with a group delay."""
    if not delay:
        return planes
    made = []
    for plane in planes:
        n = plane.shape[1]
        fine, taps = 8, int(16 * delay) + 1
        t = np.arange(taps) - (taps - 1) / 2
        kernel = np.sinc(t / fine) * np.hanning(taps) / fine
        upsampled = np.repeat(plane, fine, axis=1)
        out = np.apply_along_axis(np.convolve, 1, upsampled, kernel)
        first = (taps - 1) / 2 - delay * fine
        at = np.clip(np.rint(first + np.arange(n) * fine + fine / 2).astype(int), 0, None)
        made.append(out[:, at])
    return made


def test_the_onset_of_a_filtered_signal():
    cosine, _ = time_signals(PEAKS, C, H, (32, 512))
    assert onset_delay(cosine) == 0
    for delay in (10.0, 19.6, 40.0):
        made = filtered([cosine], delay)[0]
        assert onset_delay(made) == pytest.approx(delay, abs=1.0)
    assert onset_delay(np.zeros((4, 64), complex)) == 0


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_varian_data(tmp_path, data):
    rng = np.random.default_rng(0)
    traces = rng.normal(size=(16, 16)) + 1j * rng.normal(size=(16, 16))
    folder = write_varian(tmp_path / "x.fid", traces, procpar(ni=8))
    for name, limit in (("fid", 60), ("procpar", 900)):
        text = bytearray((folder / name).read_bytes())
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(0, limit))
            value = data.draw(
                st.binary(max_size=4) | st.sampled_from([b"1e999", b"\n", b"-1", b'"'])
            )
            text[at : at + len(value)] = value
        (folder / name).write_bytes(bytes(text))
    try:
        spectrum = read_spectrum(folder)
    except ReadError as error:
        assert "\n" not in str(error)
        return
    assert np.isfinite(spectrum.intensity).all()
