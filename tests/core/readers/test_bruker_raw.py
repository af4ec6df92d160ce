"""Raw Bruker data: rows, schemes, frequencies, phases; the edited HSQC of the samples."""

from __future__ import annotations

import numpy as np
import pytest
from bruker_builders import SF_C, SF_H, delayed, time_signals, write_raw

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.noise import noise_level
from nmrcam_qt.core.processing import Scheme
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.spectrum import Experiment

WIDTHS = (20000.0, 5000.0)
PEAKS = [(-7321.0, 1710.0, 4e5), (4020.0, -1333.0, 3e5), (1234.5, 456.7, 2e5)]
"""Too few to tell by chemistry where up is."""


def signals(scheme, shape=(64, 200), phases=(0.0, 0.0), peaks=PEAKS):
    return time_signals(peaks, scheme, shape, WIDTHS, phases)


def highest(spectrum, h_ppm, c_ppm):
    """Value and distance (in samples) of the strongest point near a place."""
    row, column = round(spectrum.f1.index(c_ppm)), round(spectrum.f2.index(h_ppm))
    near = spectrum.intensity[row - 5 : row + 6, column - 5 : column + 6]
    r, c = np.unravel_index(np.abs(near).argmax(), near.shape)
    return near[r, c], max(abs(r - 5), abs(c - 5))


def ppm_of(v1, v2, carriers=(70.0, 5.0)):
    """¹H and ¹³C shifts of frequencies above the carriers."""
    return carriers[1] + v2 / SF_H, carriers[0] + v1 / SF_C


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("dtype", ["<i4", ">i4", "<f8"])
def test_shifts_of_every_scheme_and_type(tmp_path, scheme, dtype):
    program = "hmbcgplpndqf" if scheme is Scheme.QF else "hsqcetgp"
    path = write_raw(tmp_path / "d" / "3", signals(scheme), scheme, program=program, dtype=dtype)
    spectrum = read_spectrum(path)
    assert spectrum.acquisition.magnitude is (scheme is Scheme.QF)
    for v1, v2, _ in PEAKS:
        value, off = highest(spectrum, *ppm_of(v1, v2))
        assert off <= 1 and value > 0.3 * spectrum.intensity.max()
    assert spectrum.experiment is (Experiment.HMBC if scheme is Scheme.QF else Experiment.HSQC)
    assert any(scheme.value in note for note in spectrum.provenance.notes)


def test_rows_are_padded_to_blocks_and_may_end_early(tmp_path):
    fid = signals(Scheme.STATES, (64, 130))
    fid[40:] = 0
    path = write_raw(tmp_path / "3", fid, Scheme.STATES)
    assert path.stat().st_size == 64 * 512 * 4
    spectrum = read_spectrum(path)
    assert any("40 of 64 rows" in note for note in spectrum.provenance.notes)
    assert highest(spectrum, *ppm_of(*PEAKS[0][:2]))[1] <= 1


def test_processing_parameters_are_used(tmp_path):
    procs = {"SI": 1024, "WDW": 3, "SSB": 2, "SF": SF_H + 0.0005, "PHC0": -70, "PHC1": 0}
    proc2s = {"SI": 256, "WDW": 1, "LB": 0.3, "SF": SF_C, "PHC0": 0, "PHC1": 0}
    fid = -signals(Scheme.STATES, phases=(0, 70))
    path = write_raw(tmp_path / "3", fid, Scheme.STATES, procs=procs, proc2s=proc2s)
    spectrum = read_spectrum(path)
    assert spectrum.intensity.shape == (256, 1024)
    notes = " ".join(spectrum.provenance.notes)
    assert "1024 points, sine window" in notes
    assert "256 points, squared sine window" in notes, "EM is no window for F1"
    assert "phases of procs" in notes and not spectrum.provenance.assumed
    v1, v2, _ = PEAKS[0]
    sf = SF_H + 0.0005
    carrier = (SF_H * (1 + 5e-6) - sf) / sf * 1e6
    value, off = highest(spectrum, carrier + v2 / sf, 70.0 + v1 / SF_C)
    assert off <= 1
    assert value < 0, "the sign is the chemist's"


def test_stale_widths_in_acqu2s_are_not_believed(tmp_path):
    path = write_raw(tmp_path / "3", signals(Scheme.STATES), Scheme.STATES, acqu2s={"SW_h": 2000})
    spectrum = read_spectrum(path)
    assert spectrum.f1.step * spectrum.f1.size * SF_C == pytest.approx(-20000, rel=1e-6)


def test_the_delay_of_older_spectrometers_is_in_the_table(tmp_path):
    fid = delayed(signals(Scheme.STATES, (64, 512)), 72.125)
    old = {"GRPDLY": -1, "DECIM": 64, "DSPFVS": 11, "DIGMOD": 1}
    acqus = {**old, "DECIM": 128, "DSPFVS": 12}
    spectrum = read_spectrum(
        write_raw(tmp_path / "3", fid, Scheme.STATES, acqus={**acqus, "DECIM": 32})
    )
    for v1, v2, _ in PEAKS:
        value, off = highest(spectrum, *ppm_of(v1, v2))
        assert off <= 1 and value > 0
    assert spectrum.intensity.min() > -0.08 * spectrum.intensity.max()
    unknown = write_raw(tmp_path / "4", fid, Scheme.STATES, acqus={**acqus, "DSPFVS": 99})
    assert any("group delay" in said for said in read_spectrum(unknown).provenance.assumed)


def test_fnmode_comes_from_mc2_or_the_pulse_program(tmp_path):
    fid = signals(Scheme.ECHO_ANTIECHO)
    for n, extra in enumerate(({"proc2s": {"MC2": 5}}, {})):
        spectrum = read_spectrum(
            write_raw(tmp_path / str(n), fid, Scheme.ECHO_ANTIECHO, acqu2s={"FnMODE": 0}, **extra)
        )
        assert any("echo-antiecho" in said for said in spectrum.provenance.assumed)
        assert highest(spectrum, *ppm_of(*PEAKS[0][:2]))[1] <= 1


def test_edited_spectra_get_the_sign_of_their_methyls(tmp_path):
    places = [(0.9, 14.0, 1), (1.3, 30.0, -1), (7.3, 128.0, 1), (3.9, 64.0, -1), (3.8, 55.0, 1)]
    for flip in (1, -1):
        peaks = [((c - 70) * SF_C, (h - 5) * SF_H, 3e5 * s * flip) for h, c, s in places]
        fid = time_signals(peaks, Scheme.STATES, (128, 256), WIDTHS, (5, 40))
        spectrum = read_spectrum(
            write_raw(tmp_path / str(2 + flip), fid, Scheme.STATES, program="hsqcedetgp")
        )
        assert spectrum.acquisition.edited is True
        for h, c, sign in places:
            assert np.sign(highest(spectrum, h, c)[0]) == sign
        assert any("CH and CH3 positive" in said for said in spectrum.provenance.assumed)


@pytest.mark.parametrize("scheme", [s for s in Scheme if s is not Scheme.ECHO_ANTIECHO])
def test_f1_upside_down_is_seen_by_chemistry_and_said(tmp_path, scheme):
    places = [(0.9, 14.0), (1.3, 30.0), (7.3, 128.0), (3.9, 64.0), (3.8, 55.0), (6.9, 115.0)]
    for sense in (1, -1):
        peaks = [(sense * (c - 70) * SF_C, (h - 5) * SF_H, 3e5) for h, c in places]
        fid = time_signals(peaks, scheme, (128, 256), WIDTHS)
        spectrum = read_spectrum(write_raw(tmp_path / str(2 + sense), fid, scheme))
        for h, c in places:
            value, off = highest(spectrum, h, c)
            assert off <= 1 and abs(value) > 0.2 * np.abs(spectrum.intensity).max()
        said = [a for a in spectrum.provenance.assumed if "turned about" in a]
        assert len(said) == (sense == -1)


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ({"acqus": {"FnTYPE": 2}}, "non-uniformly sampled"),
        ({"acqus": {"AQ_mod": 2}}, "sequential sampling"),
        ({"acqus": {"DTYPA": 1}}, "DTYPA = 1"),
        ({"acqus": {"TD": 10**12}}, "TD of 64 rows and 1000000000000 points"),
        ({"acqu2s": {"TD": 128}}, "cut short"),
        ({"acqu2s": {"TD": 8}}, "too long"),
        ({"acqu2s": {"FnMODE": 2}}, "FnMODE = 2"),
        ({"acqu2s": {"FnMODE": 0}, "program": "hsqcphpr"}, "no FnMODE"),
        ({"acqu2s": {"SFO1": 0}}, "no SFO1"),
        ({"acqus": {"NUC1": "<19F>"}}, "a ¹⁹F–¹³C HSQC"),
        ({"acqus": {"PARMODE": 2}}, "a 3D spectrum"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, kwargs, sentence):
    path = write_raw(tmp_path / "ds" / "7", signals(Scheme.STATES), Scheme.STATES, **kwargs)
    with pytest.raises(ReadError) as caught:
        read_spectrum(path)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_but_zeros_is_said(tmp_path):
    path = write_raw(tmp_path / "7", np.zeros((64, 200), complex), Scheme.STATES)
    with pytest.raises(ReadError, match="zero everywhere"):
        read_spectrum(path)


@pytest.fixture(scope="module")
def cyclosporin(samples_dir):
    return read_spectrum(samples_dir / "instrument" / "bruker_raw" / "exam2d_HC" / "3")


def test_the_edited_hsqc_of_the_samples_is_a_spectrum(cyclosporin):
    """Cyclosporin A in C6D6: no 2rr, FnMODE echo-antiecho, GRPDLY 67.98."""
    assert cyclosporin.name == "exam2d_HC 3 – hsqcedetgpsp.3"
    assert cyclosporin.acquisition.solvent == "C6D6"
    assert "Cyclosporin" in cyclosporin.acquisition.title
    # OFFSET of procs and proc2s, which TopSpin computed from the same frequencies.
    assert cyclosporin.f2.first_ppm == pytest.approx(10.71105, abs=1e-5)
    assert cyclosporin.f1.first_ppm == pytest.approx(152.8275, abs=1e-4)
    assert "linear prediction" in " ".join(cyclosporin.provenance.notes)


@pytest.mark.parametrize(
    ("h", "c", "sign", "what"),
    [
        (7.28, 127.9, 1, "C6HD5, where the lock put it (LOCKPPM 7.28)"),
        (5.75, 130.3, 1, "CH= of MeBmt"),
        (5.63, 125.8, 1, "CH= of MeBmt"),
        (4.31, 73.9, 1, "CHOH of MeBmt"),
        (4.13, 49.2, -1, "CH2 of sarcosine"),
        (2.34, 49.2, -1, "CH2 of sarcosine"),
        (5.97, 48.1, 1, "CH alpha"),
        (3.83, 33.3, 1, "N-CH3"),
        (0.99, 9.9, 1, "CH3 of Abu"),
    ],
)
def test_its_signals_lie_and_point_where_chemistry_says(cyclosporin, h, c, sign, what):
    value, off = highest(cyclosporin, h, c)
    assert off <= 2, what
    assert np.sign(value) == sign, what
    assert abs(value) > 20 * noise_level(cyclosporin.intensity), what


def test_its_signals_are_absorptive(cyclosporin):
    """Beside the lone CHOH along ¹H: no lobe of the other sign."""
    row, column = round(cyclosporin.f1.index(73.9)), round(cyclosporin.f2.index(4.31))
    trace = cyclosporin.intensity[row, column - 40 : column + 41]
    assert trace.min() > -0.05 * trace.max()


def test_its_points_are_those_of_an_independent_pipeline(samples_dir):
    """nmrglue reads, removes the filter, windows and transforms; the echo's magnitudes."""
    import nmrglue

    from nmrcam_qt.core.processing import Dimension
    from nmrcam_qt.core.processing.transform import transform_direct, transform_indirect
    from nmrcam_qt.core.readers.bruker import Described, FolderFiles, Place
    from nmrcam_qt.core.readers.bruker.raw import read_ser

    folder = samples_dir / "instrument" / "bruker_raw" / "exam2d_HC" / "3"
    dic, data = nmrglue.bruker.read(str(folder))
    proc = nmrglue.proc_base
    data = nmrglue.bruker.remove_digital_filter(dic, data, truncate=False)[0::2]
    data = proc.fft(proc.zf_size(proc.sp(data, off=0.5, end=1.0, pow=2), 1024))
    data = proc.tp(proc.fft(proc.zf_size(proc.sp(proc.tp(data), off=0.5, end=1.0, pow=2), 1024)))
    raw = read_ser(Described(FolderFiles(folder), Place("ser")))
    assert raw.group_delay == pytest.approx(67.98, abs=0.01)
    rows = transform_direct(raw.fid, Dimension(size=1024), raw.group_delay)
    ours = np.abs(transform_indirect(rows, raw.scheme, Dimension(size=1024)).p_type)
    # nmrglue's frequencies ascend from -SW/2 (and -0 is sample 512 in both): F2 is turned;
    # the echo has the other sense in F1, so that its order is already ours.
    theirs = np.abs(np.roll(data[:, ::-1], 1, axis=1))
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995
    assert np.unravel_index(ours.argmax(), ours.shape) == np.unravel_index(
        theirs.argmax(), theirs.shape
    )
