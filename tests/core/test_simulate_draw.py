"""Mixtures drawn on the fly, and their truth."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import peak_list

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import FWHM_C_PPM, FWHM_H_PPM, draw_peaks
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.simulate.artefacts import draw_artefacts
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.simulate.perturb import measure
from nmrcam_qt.core.simulate.raster import Spots, as_contours, as_gaussians
from nmrcam_qt.core.simulate.settings import PLAIN
from nmrcam_qt.core.simulate.signals import ONE_BOND, THREE_BOND, TWO_BOND, Signals
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS

F1 = Axis.from_edges("13C", 0.0, 200.0, 100)
F2 = Axis.from_edges("1H", 10.0, 0.0, 100)
CLEAN = replace(PLAIN, contour_decades=(3.0, 3.0))


def cache_of(*compounds, experiment=Experiment.HSQC, labels=None, **columns):
    """A cache from lists of (1H, 13C); other columns are the same for all signals."""
    points = np.array([p for c in compounds for p in c], float).reshape(-1, 2)
    n = len(points)
    plain = {"kind": ONE_BOND, "protons": 1, "attached": 1, "split": 0}
    values = {**plain, "h_basis": 5, "c_basis": 5, "members": 0, **columns}
    atoms = np.concatenate([np.arange(len(c)) for c in compounds]).astype(np.uint16)
    signals = Signals(
        points[:, 0].copy(),
        points[:, 1].copy(),
        atoms if "h_atom" not in columns else np.array(columns["h_atom"], np.uint16),
        atoms,
        *(
            np.broadcast_to(np.array(values[k], np.uint8), n).copy()
            for k in ("kind", "protons", "attached", "split", "h_basis", "c_basis")
        ),
        np.broadcast_to(np.array(values["members"], np.uint16), n).copy(),
    )
    return SignalCache(
        experiment,
        signals,
        np.concatenate([[0], np.cumsum([len(c) for c in compounds])]),
        np.array([f"{i:014d}" for i in range(len(compounds))], "S14"),
        np.array(labels or [0] * len(compounds), np.uint16),
        ("C",) * len(compounds),
        {},
    )


def many(seed=0, n=30, experiment=Experiment.HMBC):
    rng = np.random.default_rng(seed)
    compounds = [
        list(zip(rng.uniform(0.5, 9, k), rng.uniform(5, 190, k), strict=True))
        for k in rng.integers(3, 40, n)
    ]
    total = sum(len(c) for c in compounds)
    return cache_of(
        *compounds,
        experiment=experiment,
        labels=rng.integers(0, 1 << 12, n).tolist(),
        members=rng.integers(0, 1 << 12, total),
        kind=rng.choice([1, 2, 3], total) if experiment is Experiment.HMBC else 1,
        attached=rng.choice([1, 2, 3], total),
        split=rng.integers(0, 3, total),
        h_basis=rng.integers(1, 6, total),
        c_basis=rng.integers(1, 6, total),
    )


def spots(points, half_h, half_c, ink=1.0):
    array = np.array(points, float).reshape(-1, 2)
    n = len(array)
    return Spots(
        array[:, 0].copy(),
        array[:, 1].copy(),
        np.full(n, float(half_h)),
        np.full(n, float(half_c)),
        np.full(n, float(ink)),
        np.ones(n, np.int8),
        np.zeros(n, np.int64),
        np.zeros(n, np.uint16),
        np.arange(n),
    )


@pytest.mark.parametrize("shape", [(100, 100), (205, 300), (50, 33)])
@pytest.mark.parametrize("seed", range(3))
def test_lists_are_drawn_as_everywhere_else(shape, seed):
    rng = np.random.default_rng(seed)
    points = list(zip(rng.uniform(-1, 11, 60), rng.uniform(-20, 220, 60), strict=True))
    f1 = Axis.from_edges("13C", 0.0, 200.0, shape[0])
    f2 = Axis.from_edges("1H", 10.0, 0.0, shape[1])
    found = as_gaussians(spots(points, FWHM_H_PPM / 2, FWHM_C_PPM / 2), f1, f2).ink()
    np.testing.assert_allclose(found, draw_peaks(peak_list(points), f1, f2), atol=1e-6)


@pytest.mark.parametrize("hollow", [0.0, 0.7])
def test_contours_are_what_area_maximum_makes_of_a_fine_picture(hollow):
    fine = Axis.from_edges("13C", 0, 200, 8000), Axis.from_edges("1H", 10, 0, 4000)
    coarse = Axis.from_edges("13C", 0, 200, 100), Axis.from_edges("1H", 10, 0, 100)
    h, c, half_h, half_c = 4.437, 71.3, 0.23, 7.7
    radius = np.sqrt(
        ((fine[0].centres - c) / half_c)[:, None] ** 2 + ((fine[1].centres - h) / half_h) ** 2
    )
    ring = ((radius <= 1) & (radius >= hollow)).astype(np.float32)
    expected = area_maximum(ring, *fine, *coarse)
    found = as_contours(spots([(h, c)], half_h, half_c), *coarse, hollow).ink()
    assert expected.sum() > 10
    assert (found != expected).sum() <= 1


def test_clean_signals_land_in_their_cells():
    points = [(1.25, 20.5), (7.31, 128.9), (9.999, 0.001)]
    example = Drawer(cache_of(points), F1, F2, CLEAN).draw(np.random.default_rng(0), 1)
    for h, c in points:
        assert example.ink[F1.cell(c), F2.cell(h)] == 1
    assert example.visible.tolist() == [True]
    np.testing.assert_allclose(example.ink, draw_peaks(peak_list(points), F1, F2), atol=1e-5)


@pytest.mark.parametrize("experiment", list(Experiment))
def test_the_same_seed_draws_the_same(experiment):
    drawer = Drawer(many(experiment=experiment), F1, F2)
    a, b, c = (drawer.draw(np.random.default_rng(s), 3) for s in (5, 5, 6))
    assert (a.ink == b.ink).all() and a.chosen.tolist() == b.chosen.tolist()
    assert (a.substructure_masks() == b.substructure_masks()).all()
    assert (a.ink != c.ink).any()


@pytest.mark.parametrize("experiment", list(Experiment))
@pytest.mark.parametrize("seed", range(20))
def test_truth_and_picture_agree(experiment, seed):
    drawer = Drawer(many(experiment=experiment), F1, F2)
    e = drawer.draw(np.random.default_rng(seed), 1 + seed % 6)
    assert e.ink.shape == (100, 100) and e.ink.dtype == np.float32
    assert e.ink.min() >= 0 and e.ink.max() <= 1
    assert len(set(e.chosen.tolist())) == len(e.chosen) == 1 + seed % 6
    shown = drawer.cache.label_matrix()[e.chosen[e.visible]]
    assert e.labels.tolist() == (shown.any(axis=0) if len(shown) else e.labels * 0).tolist()
    inked = e.ink > 0.1
    target, other = e.compound_masks(), e.other_masks()
    assert ((target | other) == inked).all()
    assert not (e.substructure_masks() & ~inked).any()
    for i in np.flatnonzero(~e.labels):
        assert not target[i].any()


def test_masks_tell_whose_signals_are_whose():
    benzene = 1 << CLASS_IDS.index("benzene")
    cache = cache_of([(2.05, 21), (7.05, 129)], [(4.05, 61)], labels=[benzene, 0])
    members = np.array([0, benzene, 0], np.uint16)
    cache = replace(cache, signals=replace(cache.signals, members=members))
    e = Drawer(cache, F1, F2, CLEAN).draw(np.random.default_rng(0), 2, chosen=[0, 1])
    i = CLASS_IDS.index("benzene")
    sub, own, other = (m()[i] for m in (e.substructure_masks, e.compound_masks, e.other_masks))
    at = {p: (F1.cell(p[1]), F2.cell(p[0])) for p in [(2.05, 21), (7.05, 129), (4.05, 61)]}
    assert [bool(sub[x]) for x in at.values()] == [False, True, False]
    assert [bool(own[x]) for x in at.values()] == [True, True, False]
    assert [bool(other[x]) for x in at.values()] == [False, False, True]
    assert not e.substructure_masks()[np.arange(12) != i].any()


def test_a_compound_below_the_lowest_contour_leaves_picture_and_truth():
    cache = cache_of([(2, 20)], [(4, 60)], labels=[1, 2])
    settings = replace(CLEAN, decades=8.0, contour_decades=(0.5, 0.5))
    drawer = Drawer(cache, F1, F2, settings)
    gone = 0
    for seed in range(40):
        e = drawer.draw(np.random.default_rng(seed), 2, chosen=[0, 1])
        for k, (h, c) in enumerate([(2, 20), (4, 60)]):
            assert bool(e.visible[k]) == (e.ink[F1.cell(c), F2.cell(h)] > 0) == bool(e.labels[k])
        gone += not e.visible.all()
    assert gone > 10


def test_signals_outside_the_window_are_not_seen():
    e = Drawer(cache_of([(12, 20)], labels=[1]), F1, F2, CLEAN).draw(np.random.default_rng(0), 1)
    assert not e.ink.any() and not e.visible.any() and not e.labels.any()


def test_all_signals_of_a_proton_move_together():
    points = [(3.0, c) for c in (20, 50, 90, 150)]
    cache = cache_of(points, experiment=Experiment.HMBC, h_atom=[4] * 4, kind=3, h_basis=1)
    seen = measure(np.random.default_rng(1), cache, np.array([0]), replace(CLEAN, noise=1.0))
    assert np.ptp(seen.h_ppm) < 1e-9 and abs(seen.h_ppm[0] - 3) > 1e-4
    assert np.ptp(seen.c_ppm - [20, 50, 90, 150]) > 1e-3


def test_ch2_protons_split_in_rings_mostly_and_with_one_distance_per_carbon():
    points = [(3.0, 20), (3.0, 50)]
    split = 0
    for seed in range(200):
        cache = cache_of(points, attached=2, split=2, h_atom=[0, 0])
        seen = measure(np.random.default_rng(seed), cache, np.array([0]), CLEAN)
        assert len(seen.h_ppm) in (2, 4)
        assert seen.h_ppm.mean() == pytest.approx(3.0, abs=1e-6)
        if len(seen.h_ppm) == 4:
            split += 1
            assert len(set(np.round(seen.h_ppm, 6))) <= 2
    assert 0.78 < split / 200 < 0.94
    cache = cache_of(points, attached=1, split=2)
    assert len(measure(np.random.default_rng(0), cache, np.array([0]), CLEAN).h_ppm) == 2


def test_one_bond_doublets_stand_at_half_the_coupling():
    cache = cache_of([(3.0, 20)] * 50, experiment=Experiment.HMBC, kind=ONE_BOND)
    settings = replace(CLEAN, doublet_share=1.0, doublets=(1.0, 1.0))
    seen = measure(np.random.default_rng(0), cache, np.array([0]), settings)
    away = np.abs(seen.h_ppm - 3)
    assert len(away) == 100
    assert (away >= 110 / 2 / 600 - 1e-6).all() and (away <= 220 / 2 / 400 + 1e-6).all()
    none = measure(np.random.default_rng(0), cache, np.array([0]), CLEAN)
    assert len(none.h_ppm) == 0


@pytest.mark.parametrize("rate", [0.05, 0.3])
def test_hmbc_loses_as_much_as_is_asked_and_weak_ones_first(rate):
    n = 4000
    kind = np.array([TWO_BOND, THREE_BOND] * (n // 2))
    cache = cache_of([(7.0, 120)] * n, experiment=Experiment.HMBC, kind=kind)
    settings = replace(CLEAN, hmbc_loss=(rate, rate))
    seen = measure(np.random.default_rng(0), cache, np.array([0]), settings)
    kept = np.bincount(kind[seen.source], minlength=4)
    assert 1 - len(seen.source) / n == pytest.approx(rate, abs=0.02)
    assert kept[THREE_BOND] > kept[TWO_BOND]


def test_measured_signals_are_neither_split_nor_lost_as_hmbc():
    cache = cache_of([(3.0, 20)] * 30, experiment=Experiment.HMBC, kind=0, attached=2)
    settings = replace(CLEAN, hmbc_loss=(0.9, 0.9), doublet_share=1.0)
    seen = measure(np.random.default_rng(0), cache, np.array([0]), settings)
    assert len(seen.h_ppm) == 30 and np.ptp(seen.h_ppm) == 0


def test_lobes_and_folding_move_along_carbon_only():
    cache = cache_of([(3.0, 20.0), (7.0, 190.0)])
    lobes = measure(np.random.default_rng(0), cache, np.array([0]), replace(CLEAN, wiggles=1.0))
    assert len(lobes.h_ppm) == 6 and set(lobes.h_ppm) == {3.0, 7.0}
    assert np.abs(lobes.c_ppm.reshape(3, 2)[1:] - [20, 190]).max() <= 20
    folded = measure(np.random.default_rng(0), cache, np.array([0]), replace(CLEAN, folded=1.0))
    assert folded.h_ppm.tolist() == [3, 7] and folded.c_ppm[1] < 190


@pytest.mark.parametrize("name", ["ridges", "water", "reference", "solvent", "specks"])
def test_artefacts_belong_to_nobody(name):
    settings = replace(CLEAN, **{name: 1.0}, list_share=0.0)
    cache = cache_of([(3.0, 20.0)], labels=[1], experiment=Experiment.HMBC, kind=3, members=1)
    e = Drawer(cache, F1, F2, settings).draw(np.random.default_rng(3), 1)
    marks = e.spots.owner < 0
    assert marks.any() and (~marks).sum() == 1
    assert (e.spots.members[marks] == 0).all() and (e.spots.source[marks] == -1).all()
    assert e.labels[0] and not e.labels[1:].any()
    seen = measure(np.random.default_rng(0), cache, np.array([0]), CLEAN)
    assert draw_artefacts(np.random.default_rng(0), seen, F1, F2, CLEAN).shape == (0, 4)


def test_ch2_are_negative_in_an_edited_hsqc_only():
    cache = cache_of([(3.0, 20)], attached=2)
    e = Drawer(cache, F1, F2, replace(CLEAN, edited=True)).draw(np.random.default_rng(0), 1)
    assert e.signed.min() == -1 and e.signed.max() == 0
    np.testing.assert_array_equal(np.abs(e.signed), e.ink)
    plain = Drawer(cache, F1, F2, CLEAN).draw(np.random.default_rng(0), 1)
    assert plain.signed.min() == 0


def test_rare_classes_are_drawn_as_often_as_common_ones():
    labels = [1] + [2] * 99
    drawer = Drawer(cache_of(*[[(3, 20)]] * 100, labels=labels), F1, F2)
    drawer.settings = replace(drawer.settings, class_share=1.0)
    rng = np.random.default_rng(0)
    rare = sum(drawer.choose(rng, 1)[0] == 0 for _ in range(400))
    assert 150 < rare < 250


def test_spectra_of_one_compound_are_not_mixed():
    cache = replace(
        cache_of([(3, 20)], [(4, 30)], [(5, 40)]), compounds=np.array([b"A", b"A", b"B"])
    )
    drawer = Drawer(cache, F1, F2)
    for seed in range(20):
        chosen = drawer.choose(np.random.default_rng(seed), 3)
        assert len(chosen) == 2 and 2 in chosen


def test_an_empty_cache_is_refused():
    with pytest.raises(ValueError, match="no spectra"):
        Drawer(many().subset(np.array([], np.int64)), F1, F2)


def test_amounts_can_be_given():
    cache = cache_of([(2, 20)], [(4, 60)], labels=[1, 2])
    settings = replace(CLEAN, contour_decades=(1.5, 1.5))
    e = Drawer(cache, F1, F2, settings).draw(
        np.random.default_rng(0), 2, [0, 1], np.array([1e-4, 1.0])
    )
    assert e.visible.tolist() == [False, True]


def test_plain_measured_mixtures_are_their_lists_united():
    one, other = [(1.25, 20.5), (7.31, 128.9)], [(4.4, 71.0)]
    cache = cache_of(one, other, kind=0, attached=2)
    e = Drawer(cache, F1, F2, PLAIN).draw(np.random.default_rng(0), 2, [0, 1])
    np.testing.assert_allclose(e.ink, draw_peaks(peak_list(one + other), F1, F2), atol=1e-5)


def test_real_lists_are_drawn_as_the_product_draws_them(data_dir):
    cache = read_measured(data_dir / "deepsat_hsqc", Experiment.HSQC)
    drawer = Drawer(cache, F1, F2, PLAIN)
    for i in range(0, len(cache), 40):
        e = drawer.draw(np.random.default_rng(0), 1, [i])
        mine = cache.of(i)
        points = list(zip(mine.h_ppm.tolist(), mine.c_ppm.tolist(), strict=True))
        np.testing.assert_allclose(e.ink, draw_peaks(peak_list(points), F1, F2), atol=1e-5)
