"""2D processing: positions, signs and phases of simulated time signals for every scheme."""

from __future__ import annotations

import numpy as np
import pytest
from bruker_builders import delayed, time_signals

from nmrcam_qt.core.processing import (
    Dimension,
    Phase,
    Scheme,
    Window,
    WindowKind,
    next_power_of_two,
    process_2d,
    spectral_axis,
)

WIDTHS = (20000.0, 5000.0)
SHAPE = (128, 256)
PEAKS = [
    (-7321.0, 1710.0, 1.0),
    (4020.0, -1333.0, 0.8),
    (1234.5, 456.7, 0.6),
    (8765.0, 2222.0, 0.5),
]


def summit(image, row, column):
    """Sub-point position of the highest magnitude near a place, by two parabolas."""
    r0, c0 = max(row - 4, 1), max(column - 4, 1)
    near = np.abs(image[r0 : row + 5, c0 : column + 5])
    r, c = np.unravel_index(near.argmax(), near.shape)
    r, c = r + r0, c + c0

    def moved(a, b, d):
        return 0.5 * (a - d) / (a - 2 * b + d)

    sign = np.sign(image[r, c])
    rows = sign * image[r - 1 : r + 2, c]
    columns = sign * image[r, c - 1 : c + 2]
    return r + moved(*rows), c + moved(*columns), image[r, c]


def place(v, width, size):
    """Where a frequency must lie: the carrier is sample n/2, exactly."""
    return size / 2 - v * size / width


@pytest.mark.parametrize("scheme", list(Scheme))
@pytest.mark.parametrize("reverse", [False, True])
def test_peaks_lie_where_they_must_in_both_halves(scheme, reverse):
    signs = [1.0, -1.0, 1.0, -1.0]
    peaks = [(v1, v2, a * s) for (v1, v2, a), s in zip(PEAKS, signs, strict=True)]
    told = [(-v1 if reverse else v1, v2, a) for v1, v2, a in peaks]
    fid = time_signals(told, scheme, SHAPE, WIDTHS)
    f1 = Dimension(size=512, phase=Phase(), reverse=reverse, sw_hz=WIDTHS[0])
    made = process_2d(fid, scheme, Dimension(size=512, phase=Phase()), f1)
    assert made.intensity.dtype == np.float32
    assert made.magnitude is (scheme is Scheme.QF)
    for v1, v2, amplitude in peaks:
        row, column = place(v1, WIDTHS[0], 512), place(v2, WIDTHS[1], 512)
        r, c, height = summit(made.intensity, round(row), round(column))
        assert abs(r - row) < 0.1 and abs(c - column) < 0.1, (v1, v2)
        assert np.sign(height) == (1 if made.magnitude else np.sign(amplitude))
    # Nothing where the images of wrong quadrature would be.
    strong = np.abs(made.intensity).max()
    for v1, v2, _ in PEAKS:
        row, column = round(place(-v1, WIDTHS[0], 512)), round(place(v2, WIDTHS[1], 512))
        image = np.abs(made.intensity[row - 6 : row + 7, column - 3 : column + 4]).max()
        # Magnitudes have long tails, which are no images.
        assert image < (0.1 if made.magnitude else 0.02) * strong


@pytest.mark.parametrize("scheme", [s for s in Scheme if s is not Scheme.QF])
@pytest.mark.parametrize("phases", [(0, 0), (40, 110), (-75, -160), (15, 88)])
def test_phases_are_found_whatever_they_are_and_with_both_signs(scheme, phases):
    if scheme is Scheme.TPPI:  # real in t1: with a phase there the mirror images reach over
        phases = (0, phases[1])
    peaks = [(v1, v2, a * (-1 if n == 1 else 1)) for n, (v1, v2, a) in enumerate(PEAKS)]
    fid = time_signals(peaks, scheme, SHAPE, WIDTHS, phases)
    rng = np.random.default_rng(3)
    fid += 0.01 * (rng.normal(size=SHAPE) + 1j * rng.normal(size=SHAPE))
    made = process_2d(fid, scheme, Dimension(size=512), Dimension(size=512))
    best = process_2d(
        fid,
        scheme,
        Dimension(size=512, phase=Phase(-phases[1])),
        Dimension(size=512, phase=Phase(-phases[0])),
    )
    assert made.found and not best.found
    for v1, v2, amplitude in peaks:
        row, column = place(v1, WIDTHS[0], 512), place(v2, WIDTHS[1], 512)
        r, c, height = summit(made.intensity, round(row), round(column))
        # Lines are 9 samples wide in F1; a few degrees move their summits by half a sample.
        assert abs(r - row) < 0.8 and abs(c - column) < 0.2
        assert np.sign(height) == np.sign(amplitude)
    assert np.corrcoef(made.intensity.ravel(), best.intensity.ravel())[0, 1] > 0.99


def test_a_first_order_phase_is_found():
    peaks = [(v1, v2, 1.0) for v1, v2, _ in PEAKS]
    fid = time_signals(peaks, Scheme.STATES, SHAPE, WIDTHS)
    fid = delayed(fid, 0.4)  # so many samples too late
    made = process_2d(fid, Scheme.STATES, Dimension(size=512), Dimension(size=512))
    assert made.phase_f2.first == pytest.approx(-0.4 * 360, abs=12)
    low = made.intensity.min() / made.intensity.max()
    assert low > -0.1


@pytest.mark.parametrize("delay", [67.98, 72.125, 10.5])
def test_the_group_delay_of_a_digital_filter_is_removed(delay):
    peaks = [(v1, v2, 1.0) for v1, v2, _ in PEAKS]
    fid = time_signals(peaks, Scheme.ECHO_ANTIECHO, (128, 512), WIDTHS)
    sizes = Dimension(size=1024, phase=Phase()), Dimension(size=256, phase=Phase())
    made = process_2d(delayed(fid, delay), Scheme.ECHO_ANTIECHO, *sizes, group_delay=delay)
    for v1, v2, _ in peaks:
        row, column = place(v1, WIDTHS[0], 256), place(v2, WIDTHS[1], 1024)
        r, c, height = summit(made.intensity, round(row), round(column))
        assert abs(r - row) < 0.1 and abs(c - column) < 0.1
        assert height > 0
    assert made.intensity.min() > -0.05 * made.intensity.max()


def test_suggested_phases_are_taken_with_their_sign_only_if_they_fit():
    peaks = [(v1, v2, -1.0) for v1, v2, _ in PEAKS]
    fid = time_signals(peaks, Scheme.STATES, SHAPE, WIDTHS, (0, 50))
    told = [Dimension(size=512, suggested=Phase(p)) for p in (-50, 0)]
    made = process_2d(fid, Scheme.STATES, *told)
    assert not made.found and made.phase_f2 == Phase(-50)
    assert made.intensity.max() < 0.1 * -made.intensity.min(), "negative, as the user had it"
    wrong = [Dimension(size=512, suggested=Phase(p)) for p in (-90, 0)]
    made = process_2d(fid, Scheme.STATES, *wrong)
    assert made.found
    assert -made.intensity.min() < 0.1 * made.intensity.max(), "more positive than negative"


@pytest.mark.parametrize(
    ("window", "begin", "end"),
    [
        (Window(WindowKind.NONE), 1, 1),
        (Window(WindowKind.SINE, 0), 0, 0),
        (Window(WindowKind.SINE, 2), 1, 0),
        (Window(WindowKind.SQUARED_SINE, 3), 0.75, 0),
        (Window(WindowKind.EXPONENTIAL, lb_hz=2), 1, np.exp(-np.pi * 2 * 0.5)),
        (Window(WindowKind.GAUSSIAN, lb_hz=-2, gb=0.25), 1, np.exp(np.pi * (1 - 2))),
    ],
)
def test_windows_begin_and_end_as_topspin_defines_them(window, begin, end):
    from nmrcam_qt.core.processing.windows import window_values

    values = window_values(window, np.linspace(0, 500, 501), 500, 1000.0)
    assert values[0] == pytest.approx(begin, abs=1e-6)
    assert values[-1] == pytest.approx(end, abs=1e-6)
    assert values.dtype == np.float32 and np.isfinite(values).all()


def test_axes_of_sample_centres():
    axis = spectral_axis("13C", 70.0, 160.0, 512)
    assert axis.first_ppm == 150.0
    assert axis.ppm(256) == pytest.approx(70.0, abs=1e-12)
    assert axis.step == pytest.approx(-160 / 512)
    assert [next_power_of_two(n) for n in (1, 2, 3, 512, 513)] == [1, 2, 4, 512, 1024]


def test_what_cannot_be_processed_is_said():
    good = time_signals(PEAKS, Scheme.STATES, (8, 8), WIDTHS)
    with pytest.raises(ValueError, match="at least 2 x 2"):
        process_2d(good[0], Scheme.QF)
    with pytest.raises(ValueError, match="zero everywhere"):
        process_2d(np.zeros((8, 8), np.complex64), Scheme.STATES)
    bad = good.copy()
    bad[2, 2] = np.nan
    with pytest.raises(ValueError, match="no numbers"):
        process_2d(bad, Scheme.STATES)
    with pytest.raises(ValueError, match="at most"):
        process_2d(good, Scheme.STATES, Dimension(size=1 << 14), Dimension(size=1 << 14))
