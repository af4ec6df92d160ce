"""Splits by the compounds' names, and which compounds are mixed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from mixture_builders import FATTY, cache

from nmrcam_qt.core.simulate.cache import join
from nmrcam_qt.ml.mix_compounds import Chooser, fold_of, held_out, only, without


def names_of(*caches):
    return {bytes(c) for one in caches for c in one.compounds}


def test_splits_depend_on_the_name_alone():
    one, other = cache(300), cache(300, first=200)
    names = held_out(names_of(one, other), 0.2)
    assert names == held_out(names_of(one), 0.2) | held_out(names_of(other), 0.2)
    assert 60 < len(names) < 140
    kept, left = without(one, names), only(one, names)
    assert len(kept) + len(left) == 300
    assert not set(kept.compounds) & set(left.compounds)
    folds = [fold_of(bytes(c), 5) for c in one.compounds]
    assert set(folds) == set(range(5)) and max(np.bincount(folds)) < 90


def test_splits_are_those_of_all_earlier_runs():
    """A run that goes on under a newer version must not learn what it is judged on."""
    names = [b"%014d" % i for i in range(20)]
    assert [fold_of(n, 5) for n in names] == [
        2,
        1,
        0,
        1,
        4,
        2,
        0,
        0,
        2,
        2,
        1,
        2,
        1,
        2,
        3,
        1,
        1,
        2,
        1,
        2,
    ]
    assert sorted(held_out(names, 0.2)) == [b"%014d" % i for i in (0, 2, 14, 16)]


def test_measured_share_is_kept_to():
    both = join([cache(60), cache(6, first=100, measured=True)])
    rng = np.random.default_rng(0)
    chooser = Chooser(both, class_share=0.5, measured_share=0.5)
    picked = np.concatenate([chooser.choose(rng, 1) for _ in range(400)])
    assert 0.4 < chooser.measured[picked].mean() < 0.6
    many = [chooser.choose(rng, 3) for _ in range(50)]
    assert all(len(c) == 3 == len(set(both.compounds[c])) for c in many)
    alone = Chooser(cache(6), class_share=0.5, measured_share=0.5)
    assert not alone.measured[alone.choose(rng, 1)].any()


def test_classes_and_large_compounds_are_drawn_more_often():
    made = cache(60)
    rare = replace(made, labels=np.where(np.arange(60) < 3, made.labels, 0).astype(np.uint16))
    rng = np.random.default_rng(0)

    def share(**settings):
        chooser = Chooser(rare, **settings)
        picked = np.concatenate([chooser.choose(rng, 1) for _ in range(400)])
        return float((rare.labels[picked] == FATTY).mean())

    assert share(class_share=0.0) < 0.06
    assert 0.3 < share(class_share=0.8) < 0.5
    large, small = cache(6, per=16), cache(6, first=50, per=1)
    chooser = Chooser(join([large, small]), class_share=0.0, size_power=0.5)
    picked = np.concatenate([chooser.choose(rng, 1) for _ in range(400)])
    assert 0.74 < (picked < 6).mean() < 0.86


def test_fewer_compounds_than_asked_for():
    two = cache(2)
    assert sorted(Chooser(two, class_share=0.0).choose(np.random.default_rng(0), 5)) == [0, 1]
