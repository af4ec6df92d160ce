"""Occlusion and RISE by signals, against hand-made signals and every choice of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import keras
import numpy as np
import pytest
from explain_toys import chain, kuhn, network, randomise, spec
from scipy.ndimage import label

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.ml.explain import rise
from nmrcam_qt.ml.explain.engine import explain

layers = keras.layers
SHAPE = (30, 40, 1)
PLACES = [(4, 5), (4, 20), (15, 9), (22, 33), (25, 12)]


def spots(places=PLACES, shape=SHAPE):
    """Signals of 3 x 3 samples, dark in the middle, far from each other; ink."""
    ink = np.zeros(shape, np.float32)
    for number, (row, column) in enumerate(places):
        ink[row - 1 : row + 2, column - 1 : column + 2] = 0.4 + 0.02 * number
        ink[row, column] = 1.0
    return ink


def curved(specs, seed=1):
    """tanh everywhere: signals do not simply add up."""
    ends = []
    starts = [keras.Input(own.shape, name=own.name) for own in specs]
    for start in starts:
        maps = layers.Conv2D(3, 3, activation="tanh", name=f"{start.name}_c")(start)
        ends.append(layers.Flatten()(maps))
    joined = layers.Concatenate()(ends) if len(ends) > 1 else ends[0]
    hidden = layers.Dense(6, activation="tanh")(joined)
    model = keras.Model(starts if len(starts) > 1 else starts[0], layers.Dense(2)(hidden))
    return network(randomise(model, seed), specs)


def seen(net, inks, specs):
    """Logits of inks."""
    fed = [(np.abs(own.background - ink))[None] for ink, own in zip(inks, specs, strict=True)]
    return net.logits(fed)[0]


@pytest.mark.parametrize("background", [0, 1])
def test_occlusion_is_the_drop_without_each_signal(background):
    own = replace(spec(SHAPE), background=background)
    net, ink = curved([own]), spots()
    parts, count = label(ink[..., 0] > 0)
    assert count == 5
    made, _ = explain(net, [np.abs(background - ink)], ["occlusion"], "all")
    whole = seen(net, [ink], [own])
    for k, found in enumerate(made):
        assert (found.evidence[ink[..., 0] == 0] == 0).all()
        for number in range(1, count + 1):
            mine = parts == number
            drop = whole - seen(net, [np.where(mine[..., None], np.float32(0), ink)], [own])
            assert found.evidence[mine].sum() == pytest.approx(drop[k], abs=1e-5)
            shares = found.evidence[mine] / found.evidence[mine].sum()
            np.testing.assert_allclose(
                shares, ink[mine][:, 0] / ink[mine].sum(), rtol=1e-3, atol=1e-5
            )


def test_the_other_spectrum_of_a_pair_stays_as_it_is():
    specs = [spec(SHAPE), spec(SHAPE, "hmbc")]
    net = curved(specs, 2)
    inks = [spots(), spots(PLACES[2:])]
    made, _ = explain(net, inks, ["occlusion"], ["b"])
    assert [m.input_name for m in made] == ["hsqc", "hmbc"]
    whole = seen(net, inks, specs)[1]
    for number, found in enumerate(made):
        parts, count = label(inks[number][..., 0] > 0)
        for n in range(1, count + 1):
            less = list(inks)
            less[number] = np.where((parts == n)[..., None], np.float32(0), inks[number])
            drop = whole - seen(net, less, specs)[1]
            assert found.evidence[parts == n].sum() == pytest.approx(drop, abs=1e-5)


def banzhaf(net, ink, own):
    """Mean over all choices of the others of the logit with a signal less that without."""
    parts, count = label(ink[..., 0] > 0)
    value = {}
    for choice in product((False, True), repeat=count):
        shown = np.isin(parts, [n + 1 for n in range(count) if choice[n]])[..., None]
        value[choice] = seen(net, [np.where(shown, ink, np.float32(0))], [own])
    gains = []
    for n in range(count):
        on = [v for choice, v in value.items() if choice[n]]
        off = [v for choice, v in value.items() if not choice[n]]
        gains.append(np.mean(on, axis=0) - np.mean(off, axis=0))
    return parts, np.array(gains)


def test_rise_with_few_signals_is_exact():
    own = spec(SHAPE)
    net, ink = curved([own], 3), spots()
    parts, wanted = banzhaf(net, ink, own)
    made, _ = explain(net, [ink], ["rise"], "all")
    for k, found in enumerate(made):
        sums = [found.evidence[parts == n + 1].sum() for n in range(len(wanted))]
        np.testing.assert_allclose(sums, wanted[:, k], atol=1e-5)
        assert (found.evidence[parts == 0] == 0).all()


def test_rise_with_many_signals_is_the_papers_mean():
    """Σ y M / (N p) for every signal, less the mean of y, times 2: eq. 6 as a plain loop."""
    own = spec(SHAPE)
    places = [(r, c) for r in (3, 9, 15, 21) for c in (4, 12, 20, 28)]
    net, ink = curved([own], 4), spots(places)
    parts, count = label(ink[..., 0] > 0)
    assert count == 16
    # Our signals come in the order of their rows and columns, as those of `label` here.
    chosen = rise.masks(count)
    total, plain = np.zeros(count), 0.0
    for mask in chosen:
        shown = np.isin(parts, np.flatnonzero(mask) + 1)[..., None]
        y = seen(net, [np.where(shown, ink, np.float32(0))], [own])[0]
        total += y * mask
        plain += y
    paper = total / (len(chosen) * 0.5)
    wanted = 2 * (paper - plain / len(chosen))
    (found,), _ = explain(net, [ink], ["rise"], ["a"])
    sums = np.array([found.evidence[parts == n + 1].sum() for n in range(count)])
    np.testing.assert_allclose(sums, wanted, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1, 4, 9, 10, 37])
def test_masks_are_balanced_and_the_same_every_time(count):
    made = rise.masks(count)
    assert made.shape[1] == count
    assert (2 * made.sum(axis=0) == len(made)).all()
    np.testing.assert_array_equal(made, rise.masks(count))
    if count <= 9:
        assert len({tuple(row) for row in made}) == 2**count
    else:
        assert len(made) == 512
        assert len({tuple(row) for row in made}) > 350


def test_signals_of_a_pair_are_switched_together_unless_a_layer_is_asked_for():
    specs = [spec(SHAPE), spec(SHAPE, "hmbc")]
    net = curved(specs, 5)
    inks = [spots(PLACES[:2]), spots(PLACES[2:])]
    regions = [label(ink[..., 0] > 0)[0] for ink in inks]

    def value(choice):
        shown = [
            np.where(np.isin(r, own)[..., None], ink, np.float32(0))
            for ink, r, own in zip(inks, regions, choice, strict=True)
        ]
        return seen(net, shown, specs)[0]

    def gain(others):
        return np.mean([value(([1, *a], b)) - value((a, b)) for a, b in others])

    def subsets(numbers):
        return [
            [n for n, on in zip(numbers, choice, strict=True) if on]
            for choice in product((False, True), repeat=len(numbers))
        ]

    both, _ = explain(net, inks, ["rise"], ["a"])
    wanted = gain([(a, b) for a in subsets([2]) for b in subsets([1, 2, 3])])
    assert both[0].evidence[regions[0] == 1].sum() == pytest.approx(wanted, abs=1e-5)
    (one,), _ = explain(net, inks, ["rise"], ["a"], "hsqc_c")
    assert one.input_name == "hsqc"
    wanted = gain([(a, [1, 2, 3]) for a in subsets([2])])
    assert one.evidence[regions[0] == 1].sum() == pytest.approx(wanted, abs=1e-5)


def test_paper_without_ink_has_empty_maps():
    shape = (61, 77, 1)
    net = network(kuhn([spec(shape)]), [spec(shape)])
    methods = ["occlusion", "rise", "integrated_gradients", "gradient_ink"]
    made, unavailable = explain(net, [np.zeros(shape, np.float32)], methods, "all")
    assert len(made) == 12 and not unavailable
    assert all(m.empty and not m.evidence.any() for m in made)


def test_what_the_network_does_not_see_has_no_drop():
    """Rounding of the batch must not light up a signal."""
    model = chain(
        SHAPE,
        layers.Cropping2D(((0, 10), (0, 0))),
        layers.Conv2D(3, 3, activation="relu", name="c"),
        layers.Flatten(),
        layers.Dense(2),
    )
    net = network(randomise(model, 6), [spec(SHAPE)])
    made, _ = explain(net, [spots()], ["occlusion"], "all")
    assert all(not m.evidence[21:].any() and m.evidence[:21].any() for m in made)


def test_the_seed_is_stated():
    assert str(rise.SEED) in METHODS["rise"].caveat and str(rise.MASKS) in METHODS["rise"].caveat
