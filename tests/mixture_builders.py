"""Caches of generated compounds, and a token network small enough to be trained in a test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.fingerprints import common_surroundings, fingerprints
from nmrcam_qt.core.simulate.signals import MEASURED, ONE_BOND, Signals
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.token_feed import TokenFeed, TokenFeedSettings
from nmrcam_qt.ml.token_net import TokenSettings
from nmrcam_qt.ml.token_training import TokenFitSettings

FATTY, INDOLE = 1 << CLASS_IDS.index("fatty_acid"), 1 << CLASS_IDS.index("indole")
SPEC = InputSpec("hsqc", Experiment.HSQC, (40, 48, 1), (0.0, 200.0), (10.0, 0.0))
SMALL = TokenSettings(width=8, blocks=1, heads=2, head=8, cycles=(1.0, 4.0), count=64)
FEED = TokenFeedSettings(batch_size=4, steps=3, sizes=(0.5, 0.5), most=64)
FIT = TokenFitSettings(epochs=2, warm_up=1)
N_BITS = 6


def cache(n=12, first=0, measured=False, per=4):
    """Compounds of one class each, or of none; half of a compound's signals are members."""
    rng = np.random.default_rng(first)
    total = n * per
    labels = np.array([(FATTY, INDOLE, 0)[i % 3] for i in range(n)], np.uint16)
    inner = np.tile(np.arange(per) < per // 2, n)
    signals = Signals(
        rng.uniform(0.5, 9.5, total),
        rng.uniform(10, 190, total),
        *(np.tile(np.arange(per), n).astype(np.uint16) for _ in range(2)),
        *(
            np.full(total, value, np.uint8)
            for value in (MEASURED if measured else ONE_BOND, 1, 1, 0, 5, 5)
        ),
        np.where(inner & (not measured), np.repeat(labels, per), 0).astype(np.uint16),
    )
    names = np.array([f"{first + i:014d}" for i in range(n)], "S14")
    return SignalCache(
        Experiment.HSQC, signals, np.arange(n + 1) * per, names, labels, ("C",) * n, {}
    )


def smiles_cache(n=12, first=0, measured=False):
    """`cache` with structures that RDKit reads."""
    made = cache(n, first, measured)
    texts = ("CCCCCCCC(=O)O", "c1ccc2c(c1)cc[nH]2", "CCO", "c1ccccc1C")
    return replace(made, smiles=tuple(texts[i % 4] for i in range(n)))


def feed(settings=FEED, seed=0, n=12):
    """Batches for `SMALL`."""
    made = smiles_cache(n)
    bits = fingerprints(made.smiles, common_surroundings(made.smiles, N_BITS))
    return TokenFeed(made, bits, SPEC, SMALL.cycles, settings, seed)
