"""Seeded mixtures and the truth about whose signals are whose."""

from __future__ import annotations

import numpy as np
import pytest
from builders import list_spectrum

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.mixtures import draw_foreign, mix, on_grid_of
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum


def picture(shape: tuple[int, int], ink: dict[tuple[int, int], float]) -> Spectrum:
    values = np.zeros(shape, np.float32)
    for place, value in ink.items():
        values[place] = value
    return Spectrum(
        "picture",
        values,
        Axis.from_edges("13C", 0.0, 200.0, shape[0]),
        Axis.from_edges("1H", 10.0, 0.0, shape[1]),
        Experiment.HSQC,
        Provenance("p.png", SourceKind.PICTURE, "PNG picture", assumed=("axes assumed",)),
    )


def test_pictures_mix_to_the_pixelwise_darkest():
    target = picture((4, 5), {(0, 0): 0.9, (1, 1): 0.3, (2, 2): 0.05})
    other = picture((4, 5), {(1, 1): 0.8, (3, 4): 0.4, (2, 2): 0.09})
    mixture = mix(target, [other])
    expected = np.zeros((4, 5))
    expected[[0, 1, 3, 2], [0, 1, 4, 2]] = [0.9, 0.8, 0.4, 0.09]
    assert mixture.spectrum.intensity == pytest.approx(expected)
    assert np.argwhere(mixture.target).tolist() == [[0, 0]]  # (1, 1) is both: in neither
    assert np.argwhere(mixture.distractor).tolist() == [[3, 4]]
    assert np.argwhere(mixture.ink).tolist() == [[0, 0], [1, 1], [3, 4]]
    assert mixture.spectrum.provenance.kind is SourceKind.MIXTURE
    assert mixture.spectrum.provenance.assumed == ("axes assumed",)
    assert not mixture.target.flags.writeable


def test_another_grid_is_brought_over_by_ppm():
    target = picture((10, 10), {})
    fine = picture((100, 200), {(57, 123): 0.7})  # 115 ppm, 3.825 ppm
    there = on_grid_of(target, fine)
    assert np.argwhere(there > 0).tolist() == [[target.f1.cell(115.0), target.f2.cell(3.825)]]
    assert there.max() == np.float32(0.7)


def test_lists_unite_and_stay_a_list():
    target, other = list_spectrum([(7.0, 120.0)]), list_spectrum([(1.0, 20.0), (2.0, 40.0)])
    mixture = mix(target, [other])
    assert mixture.spectrum.peaks.h_ppm.tolist() == [7.0, 1.0, 2.0]
    assert mixture.spectrum.provenance.kind is SourceKind.PEAK_LIST
    f1, f2 = target.f1, target.f2
    assert mixture.target[f1.cell(120.0), f2.cell(7.0)]
    assert mixture.distractor[f1.cell(20.0), f2.cell(1.0)]
    assert not (mixture.target & mixture.distractor).any()


def test_a_list_on_a_picture_is_drawn_on_its_grid():
    mixture = mix(picture((41, 60), {(0, 0): 1.0}), [list_spectrum([(5.0, 100.0)])])
    f1, f2 = mixture.spectrum.f1, mixture.spectrum.f2
    assert mixture.spectrum.intensity[f1.cell(100.0), f2.cell(5.0)] == 1
    assert mixture.spectrum.provenance.kind is SourceKind.MIXTURE


def test_the_pure_case_is_the_spectrum_itself():
    target = picture((4, 5), {(0, 0): 0.9})
    mixture = mix(target)
    assert mixture.spectrum is target
    assert mixture.target.sum() == 1 and not mixture.distractor.any()


def entry(name: str, compound: str = "") -> Entry:
    return Entry(name, compound or f"key-{name}", {}, {"indole": False}, accession=f"acc-{name}")


POOL = [entry(f"e{i}", f"k{i // 2}") for i in range(20)]


def test_draws_are_seeded_nested_and_one_per_compound():
    target = entry("t")
    two, three = draw_foreign(target, POOL, 2, 7), draw_foreign(target, POOL, 3, 7)
    assert two == draw_foreign(target, POOL, 2, 7) and three[:2] == two
    everything = draw_foreign(target, POOL, 10, 7)
    assert len({e.compound for e in everything}) == 10
    others = [[e.id for e in draw_foreign(target, POOL, 10, s)] for s in range(5)]
    assert len({tuple(o) for o in others}) == 5
    assert draw_foreign(entry("u"), POOL, 10, 7) != everything


def test_the_target_and_the_excluded_are_never_drawn():
    target = Entry("t", "k3", {})
    drawn = draw_foreign(target, POOL, 7, 0, exclude={"k0", "acc-e2", "acc-e3"})
    assert {e.compound for e in drawn} == {f"k{i}" for i in range(10)} - {"k0", "k1", "k3"}
    with pytest.raises(ValueError, match="9 foreign compounds for t, 10 needed"):
        draw_foreign(target, POOL, 10, 0)


def test_lines_across_the_picture_are_no_truth_and_are_not_mixed_in():
    target = picture((20, 30), {(y, 7): 1.0 for y in range(20)} | {(5, 3): 0.9})
    other = picture((20, 30), {(0, x): 1.0 for x in range(30)} | {(9, 9): 0.8})
    mixture = mix(target, [other])
    assert np.argwhere(mixture.target).tolist() == [[5, 3]]
    assert np.argwhere(mixture.distractor).tolist() == [[9, 9]]
    assert mixture.spectrum.intensity[:, 7].min() == 1  # the network sees the target as it is
    assert mixture.spectrum.intensity[0].sum() == 1  # only the target's own line crosses row 0
