"""Figures of mixture networks, on spectra whose truth is known by construction."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.signals import ONE_BOND, Signals
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet_evaluation import Bench, measure_cases, priors, summary, targets

SPEC = InputSpec("hsqc", Experiment.HSQC, (20, 40, 1), (0.0, 200.0), (10.0, 0.0))
FATTY = 1 << CLASS_IDS.index("fatty_acid")


def cache(n=24, per=4):
    """Every third compound is fatty, its signals below 5 ppm; half of them are members."""
    rng = np.random.default_rng(0)
    fatty = np.arange(n) % 3 == 0
    h = np.where(np.repeat(fatty, per), rng.uniform(1, 4, n * per), rng.uniform(6, 9, n * per))
    inner = np.tile(np.arange(per) < per // 2, n) & np.repeat(fatty, per)
    # Members lie at low ¹³C shifts, the rest of the compound at high ones.
    c = np.where(inner, rng.uniform(10, 60, n * per), rng.uniform(100, 190, n * per))
    atoms = np.tile(np.arange(per), n).astype(np.uint16)
    plain = (np.full(n * per, v, np.uint8) for v in (ONE_BOND, 1, 1, 0, 5, 5))
    signals = Signals(h, c, atoms, atoms, *plain, np.where(inner, FATTY, 0).astype(np.uint16))
    names = np.array([f"{i:014d}" for i in range(n)], "S14")
    labels = np.where(fatty, FATTY, 0).astype(np.uint16)
    return SignalCache(
        Experiment.HSQC, signals, np.arange(n + 1) * per, names, labels, ("C",) * n, {}
    )


def knowing(sign=1.0):
    """A network that lights the fatty side, members most, and counts its ink."""

    def network(ink):
        _, rows, columns = ink.shape
        heat = np.zeros((len(ink), rows, columns, 12))
        heat[:, :, columns // 2 :, 0] = 1
        heat[:, : rows * 4 // 10, columns // 2 :, 0] = 2
        heat[..., 0] = heat[..., 0] * sign + 3
        logits = np.zeros((len(ink), 12))
        logits[:, 0] = sign * (ink[:, :, ink.shape[2] // 2 :].sum(axis=(1, 2)) - 1)
        return logits, heat

    return network


@pytest.mark.parametrize("n", [1, 2])
def test_a_network_that_knows_is_right_and_its_opposite_wrong(n):
    source = cache()
    bench = Bench(source, SPEC, priors(source, SPEC))
    every = np.arange(len(source))
    good = summary(measure_cases(knowing(), bench, every, n), resamples=20)
    bad = summary(measure_cases(knowing(-1.0), bench, every, n))
    fatty = good["classes"]["fatty_acid"]
    assert fatty["n"] == 8
    assert (fatty["auroc"], fatty["recall_at_fpr"], fatty["ink_auc"]) == (1.0, 1.0, 1.0)
    assert fatty["atom_auc"] > 0.99  # cells that hold both sides of the border may tie
    assert 0.5 < fatty["prior"] <= 1.0
    assert bad["classes"]["fatty_acid"]["auroc"] == bad["classes"]["fatty_acid"]["ink_auc"] == 0.0
    assert good["classes"]["indole"]["auroc"] is None
    assert good["study"]["ink_auc"] == 1.0 and good["study_ci"]["ink_auc"] == [1.0, 1.0]


def test_foreign_compounds_are_others_and_of_no_study_class():
    source = cache()
    bench = Bench(source, SPEC, priors(source, SPEC))
    none = np.flatnonzero(source.labels == 0)
    cases = measure_cases(knowing(), bench, none, 3)
    assert not cases.labels.any() and cases.compounds[0] == source.compounds[none[0]].decode()
    pure = measure_cases(knowing(), bench, np.arange(3), 0)
    assert np.isnan(pure.ink_auc).all() and pure.labels[0, 0] and not pure.labels[1:].any()


def test_the_prior_is_mean_ink_and_targets_hold_every_class():
    source = cache()
    prior = priors(source, SPEC)
    assert prior.shape == (12, 20, 40) and not prior[1:].any()
    assert prior[0][:, 20:].any() and not prior[0][:, :19].any()
    chosen = targets(source, 3, 5)
    assert (source.labels[chosen] == FATTY).sum() >= 3 and len(set(chosen.tolist())) == len(chosen)
    assert len(targets(source, 10**6, 10**6)) == len(source)
