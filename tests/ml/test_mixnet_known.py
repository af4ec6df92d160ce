"""What a mixture network knows: learned from drawn examples, kept in its folder, said."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.outside import SENTENCE, figures, outside
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.simulate.signals import ONE_BOND, Signals
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.inference import analyse
from nmrcam_qt.ml.mixnet_known import drawn_inks, learn_known, write_known
from nmrcam_qt.ml.mixnet_shipping import ship_mixnet
from nmrcam_qt.ml.registry import load

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "mixnets"))

SPEC = InputSpec("hsqc", Experiment.HSQC, (100, 100, 1), (0.0, 200.0), (10.0, 0.0))


def cache(n: int = 60, per: int = 9) -> SignalCache:
    """Compounds of nine signals along the diagonal of an HSQC."""
    rng = np.random.default_rng(2)
    h = rng.uniform(1, 8, n * per)
    c = np.clip(18 * h + rng.normal(0, 5, n * per), 3, 197)
    atoms = np.tile(np.arange(per), n).astype(np.uint16)
    plain = (np.full(n * per, v, np.uint8) for v in (ONE_BOND, 1, 1, 0, 5, 5))
    signals = Signals(h, c, atoms, atoms, *plain, np.zeros(n * per, np.uint16))
    names = np.array([f"{i:014d}" for i in range(n)], "S14")
    labels = np.zeros(n, np.uint16)
    return SignalCache(
        Experiment.HSQC, signals, np.arange(n + 1) * per, names, labels, ("C",) * n, {}
    )


@pytest.fixture(scope="module")
def known():
    return learn_known(cache(), SPEC, DrawSettings(), ("cdcl3",), n=300)


def test_examples_depend_on_the_seed_alone():
    first = [ink.copy() for ink in drawn_inks(cache(), SPEC, DrawSettings(), 8)]
    again = list(drawn_inks(cache(), SPEC, DrawSettings(), 8))
    other = list(drawn_inks(cache(), SPEC, DrawSettings(), 8, seed=1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_what_was_drawn_is_known_and_its_mirror_is_not(known):
    assert known.examples == 300 and known.solvents == ("cdcl3",)

    def flagged(inks) -> float:
        return float(
            np.mean([bool(outside(figures(i, SPEC.f1, SPEC.f2, known), known)) for i in inks])
        )

    usual = list(drawn_inks(cache(), SPEC, DrawSettings(), 100, seed=5))
    assert flagged(usual) <= 0.1
    assert flagged([ink[:, ::-1] for ink in usual]) >= 0.8


def test_the_folder_keeps_it_and_the_prediction_says_it(known, tmp_path):
    keras.utils.set_random_seed(3)
    ink = keras.Input(SPEC.shape, name="hsqc")
    evidence = keras.layers.Conv2D(len(CLASS_IDS), 3, padding="same", name="evidence")(ink)
    mean = keras.layers.GlobalAveragePooling2D()(evidence)
    model = keras.Model(ink, keras.layers.Dense(len(CLASS_IDS), name="logits")(mean))
    folder = tmp_path / "hsqc-mix"
    ship_mixnet(model, SPEC, folder, [0.5] * len(CLASS_IDS), {}, {})
    peaks = PeakList(np.array([5.0]), np.array([90.0]), np.ones(1))
    axes = Axis.from_edges("13C", 0, 200, 50), Axis.from_edges("1H", 10, 0, 50)
    one = Spectrum(
        "one",
        np.zeros((50, 50), np.float32),
        *axes,
        Experiment.HSQC,
        Provenance("p", SourceKind.PEAK_LIST, "list"),
        peaks=peaks,
    )

    def said() -> list[str]:
        prediction = analyse(load(str(folder)), [[one]])[0].prediction
        return [text for text in prediction.warnings if text.startswith(SENTENCE)]

    assert said() == []
    card = write_known(folder, "hsqc", known)
    assert card.known == {"hsqc": known} == load(str(folder)).card.known
    assert any("only 1 signal;" in text for text in said())
    with pytest.raises(CardError, match="no input 'hmbc'"):
        write_known(folder, "hmbc", known)


def test_spoiled_spectra_of_the_benchmark(known):
    bench = pytest.importorskip("outside")
    rng = np.random.default_rng(0)
    ink = next(iter(drawn_inks(cache(), SPEC, DrawSettings(), 1)))
    count = figures(ink, SPEC.f1, SPEC.f2).signals
    assert count > 3
    left = bench.few(ink, rng)
    assert 1 <= figures(left, SPEC.f1, SPEC.f2).signals <= 3 and (left <= ink).all()
    assert 1 <= figures(bench.scattered(ink, rng), SPEC.f1, SPEC.f2).signals <= count
    turned = bench.transposed(ink, SPEC)
    assert turned == pytest.approx(ink.T)
    hmbc = replace(SPEC, shape=(112, 100, 1), f1_window_ppm=(0.0, 224.0))
    tall = np.zeros((112, 100), np.float32)
    tall[0, 99] = 1  # 1 ppm ¹³C, 0.05 ppm ¹H: the other corner when turned
    assert np.argwhere(bench.transposed(tall, hmbc))[:, 1].max() == 0
    part = bench.quarter(ink, rng)
    assert 0 < (part > 0).sum() < (ink > 0).sum()
    assert (bench.thick(ink) >= ink).all()
    judged = bench.Judged("set", [ink, np.zeros_like(ink)], None, 0.25, True)
    bench.flag(judged, SPEC, known)
    row = bench.row_of(judged, None)
    assert (row["n"], row["flagged"], row["why"]["blank"]) == (2, 1.0, 0.5)
    assert row["why"]["of its window"] == 0.5
