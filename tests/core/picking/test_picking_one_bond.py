"""The one-bond doublets of HMBC."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.picking import PickSettings, pick_peaks
from nmrcam_qt.core.simulate.instrument import Lines, Recording, record
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

F1 = Axis.from_edges("13C", 200.0, 0.0, 512)
F2 = Axis.from_edges("1H", 11.0, -1.0, 1024)
HALF = 145 / 2 / 500
SIGNALS = ((3.78, 158.0, 60), (3.40, 130.0, 40), (3.40, 115.0, 30), (6.83, 132.0, 40))
DOUBLET = ((3.78 - HALF, 55.3, 25), (3.78 + HALF, 55.3, 30))
HSQC = PickedPeaks((Peak(1, 3.785, 55.2), Peak(2, 3.40, 39.5)), next_id=3)


def hmbc(*rows, mhz: float | None = 500.0, experiment=Experiment.HMBC) -> Spectrum:
    table = np.array(rows, float)
    n = len(table)
    lines = Lines(table[:, 0], table[:, 1], table[:, 2], np.full(n, 10.0), np.full(n, 10.0))
    image = record(np.random.default_rng(1), lines, Recording(F1, F2, points=512))
    made = Provenance(path="made", kind=SourceKind.INSTRUMENT, format="made")
    return Spectrum("made", image, F1, F2, experiment, made, acquisition=Acquisition(h_mhz=mhz))


def marked(picked: PickedPeaks) -> list[tuple[float, float]]:
    return sorted(
        (round(p.h_ppm, 2), round(p.c_ppm, 1)) for p in picked.peaks if p.kind is PeakKind.ONE_BOND
    )


def same(found: list[tuple[float, float]], wanted) -> bool:
    pairs = sorted((h, c) for h, c, _ in wanted)
    return len(found) == len(pairs) and np.allclose(found, pairs, atol=(0.02, 0.2))


@pytest.mark.parametrize("hsqc", [HSQC, None])
def test_a_doublet_about_a_proton_is_recognised(hsqc: PickedPeaks | None) -> None:
    picked = pick_peaks(hmbc(*SIGNALS, *DOUBLET), hsqc=hsqc)
    assert len(picked) == 6
    assert same(marked(picked), DOUBLET)


def test_by_the_hsqc_too_where_the_proton_sees_nothing_else() -> None:
    spectrum = hmbc(*SIGNALS[1:], *DOUBLET)
    assert same(marked(pick_peaks(spectrum, hsqc=HSQC)), DOUBLET)
    assert marked(pick_peaks(spectrum)) == []  # nobody could tell


def test_two_protons_that_see_one_carbon_are_no_doublet() -> None:
    pair = ((7.00, 160.0, 30), (7.28, 160.0, 30))  # 140 Hz apart
    more = ((7.00, 120.0, 30), (7.28, 125.0, 30), (7.14, 135.0, 30))
    assert marked(pick_peaks(hmbc(*pair, *more))) == []
    assert marked(pick_peaks(hmbc(*pair, *more), hsqc=HSQC)) == []


@pytest.mark.parametrize("hertz", [95.0, 240.0])
def test_other_distances_are_no_doublet(hertz: float) -> None:
    half = hertz / 2 / 500
    pair = ((3.78 - half, 55.3, 25), (3.78 + half, 55.3, 30))
    assert marked(pick_peaks(hmbc(*SIGNALS, *pair), hsqc=HSQC)) == []


def test_nothing_is_marked_where_it_cannot_be_known_or_is_not_wanted() -> None:
    assert marked(pick_peaks(hmbc(*SIGNALS, *DOUBLET, mhz=None), hsqc=HSQC)) == []
    assert marked(pick_peaks(hmbc(*SIGNALS, *DOUBLET, experiment=Experiment.HSQC))) == []
    unwanted = PickSettings(one_bond=False)
    assert marked(pick_peaks(hmbc(*SIGNALS, *DOUBLET), unwanted, HSQC)) == []
