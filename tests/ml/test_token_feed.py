"""Batches stay what they were: runs that were stopped go on, seeds give the same networks."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from mixture_builders import cache

from nmrcam_qt.core.simulate.cache import join
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.watershed import climb
from nmrcam_qt.ml.ink_tokens import ink_signals, signals_of
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.token_feed import GROUP, TokenFeed, TokenFeedSettings
from nmrcam_qt.ml.token_net import TokenSettings, token_input

SETTINGS = TokenFeedSettings(batch_size=4, steps=2 * GROUP, most=96)


def full_feed(experiment):
    """Simulated and measured spectra on the grids of the shipped networks."""
    made = join([cache(20, per=30), cache(10, first=20, per=12, measured=True)])
    rng = np.random.default_rng(7)
    n = len(made.signals)
    kind = np.where(made.signals.kind == 0, 0, rng.integers(1, 4, n)).astype(np.uint8)
    signals = replace(
        made.signals,
        kind=kind if experiment is Experiment.HMBC else made.signals.kind,
        attached=rng.integers(1, 4, n).astype(np.uint8),
        split=rng.integers(0, 3, n).astype(np.uint8),
        h_basis=rng.integers(0, 6, n).astype(np.uint8),
    )
    made = replace(made, signals=signals, experiment=experiment)
    bits = rng.integers(0, 2, (len(made), 6)).astype(np.uint8)
    spec, cycles = token_input(experiment), TokenSettings().cycles
    return TokenFeed(made, bits, spec, cycles, SETTINGS, 3)


def told(batches):
    """Digest of what is whole numbers, and a number that every token weighs in."""
    digest, weighed = hashlib.sha256(), 0.0
    for inputs, _ in batches:
        for name in ("codes", "owners", "surroundings", "labels"):
            digest.update(np.ascontiguousarray(inputs[name]).tobytes())
        tokens = inputs["tokens"].astype(np.float64)
        weighed += float(tokens.reshape(-1) @ np.cos(np.arange(tokens.size)))
    return digest.hexdigest()[:16], weighed


# Taken before drawing was made faster. Tokens within rounding:
# numpy's exp differs by a bit from one processor to the next.
@pytest.mark.parametrize(
    ("experiment", "digest", "weighed"),
    [
        (Experiment.HSQC, "b34d8f0bebce6347", 84.6315137),
        (Experiment.HMBC, "a659083517969cd1", 2.66942549),
    ],
)
def test_the_same_seed_gives_the_batches_it_always_gave(experiment, digest, weighed):
    feed = full_feed(experiment)
    batches = [feed[i] for i in range(GROUP)]
    feed.on_epoch_end()
    batches += [feed[i] for i in range(GROUP, GROUP + 2)]
    found = told(batches)
    assert found[0] == digest
    assert found[1] == pytest.approx(weighed, abs=1e-4)


def pictures(n=5, height=40, width=48):
    """Spots at the edges too, a blank picture, and one of even ink."""
    rng = np.random.default_rng(1)
    inks = np.zeros((n, height, width), np.float32)
    for ink in inks[: n - 2]:
        for row, column in rng.integers(0, (height, width), (20, 2)):
            ink[row : row + 3, column : column + 2] = rng.uniform(0.01, 1)
    inks[-1] = 1.0
    return inks


def test_pictures_that_are_parted_at_once_are_parted_as_one_by_one():
    inks = pictures()
    waves = position_waves(40, 48, (1.0, 4.0)).reshape(1920, -1)
    for together, ink in zip(signals_of(inks, waves, 12), inks, strict=True):
        alone = ink_signals(ink, waves, 12)
        np.testing.assert_array_equal(together.tokens, alone.tokens)
        np.testing.assert_array_equal(together.cell, alone.cell)
        np.testing.assert_array_equal(together.signal, alone.signal)
    assert [len(s.cell) for s in signals_of(inks, waves, 12)][-2:] == [0, 1]


def test_no_sample_climbs_into_another_picture():
    inks = pictures()
    found = climb(inks)
    np.testing.assert_array_equal(found.near // 1920, found.top // 1920)
    each = [climb(ink) for ink in inks]
    np.testing.assert_array_equal(
        found.top, np.concatenate([c.top + 1920 * i for i, c in enumerate(each)])
    )
    np.testing.assert_array_equal(found.height, np.concatenate([c.height for c in each]))
