"""Regression test: token networks put no heat on blank background (issue 5: at most 1 %)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import list_spectrum
from token_builders import SETTINGS, ship_tiny

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.metrics.heat_mass import blank_mass, far_from_ink
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, ink, prepare_inputs
from nmrcam_qt.core.spectrum import Experiment, SourceKind
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_net import token_input

LIMIT = 0.01


@pytest.fixture(scope="module", params=list(Experiment), ids=lambda e: e.value)
def network(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("net")
    ship_tiny(folder, token_input(request.param), settings=replace(SETTINGS, count=512))
    return Network.load(folder)


def peaks(n=25, seed=0):
    rng = np.random.default_rng(seed)
    return list(zip(rng.uniform(0.3, 9.7, n), rng.uniform(5, 195, n), strict=True))


def listed(experiment):
    return list_spectrum(peaks(), experiment)


def ringed(experiment):
    """A picture of 900 × 640 px with contour rings, whose middles are blank."""
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 640), Axis.from_edges("1H", 10.0, 0.0, 900)
    c, h = f1.centres[:, np.newaxis], f2.centres[np.newaxis, :]
    paper = np.zeros((640, 900), np.float32)
    for at_h, at_c in peaks(seed=1):
        distance = np.hypot((h - at_h) / 0.08, (c - at_c) / 2.5)
        paper = np.maximum(paper, (np.abs(distance - 1) < 0.2).astype(np.float32))
    spectrum = list_spectrum([], experiment)
    source = replace(spectrum.provenance, kind=SourceKind.PICTURE)
    return replace(spectrum, intensity=paper, f1=f1, f2=f2, peaks=None, provenance=source)


@pytest.mark.parametrize("make", [listed, ringed])
def test_heat_lies_on_the_ink(network, make):
    card = network.card
    spectrum = make(card.inputs[0].experiment)
    blank = far_from_ink(ink(spectrum) > INK_THRESHOLD, spectrum.f1, spectrum.f2)
    assert 0.3 < blank.mean() < 0.99
    (done,) = analyse_prepared(network, [prepare_inputs(card, [spectrum])], ("cam",), "all")
    c_ppm, h_ppm = spectrum.f1.centres[:, np.newaxis], spectrum.f2.centres[np.newaxis, :]
    masses = [blank_mass(e.heat_at(c_ppm, h_ppm), blank) for e in done.explanations]
    assert len(masses) == 12 and np.isfinite(masses).all()
    assert max(masses) <= LIMIT
