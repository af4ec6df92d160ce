"""Class priors from what networks were trained on: means by compound, half measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixture_builders import cache

from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.cards import WEIGHTS_NAME, read_card, write_card
from nmrcam_qt.core.class_priors import read_priors
from nmrcam_qt.core.datasets import open_dataset
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mix_data import MixData
from nmrcam_qt.ml.prior_making import (
    STUDY_FROM,
    drawn_mean,
    mix_means,
    study_means,
    write_priors,
)
from nmrcam_qt.ml.token_net import token_input

SPEC = token_input(Experiment.HSQC)
CARD = find_network("hsqc-mix").card


def test_a_compound_with_several_spectra_counts_once():
    made = cache(12)
    alone = [drawn_mean(made.subset(np.array([i])), SPEC, "fatty_acid") for i in (0, 3)]
    several = drawn_mean(made.subset(np.array([0, 0, 0, 3])), SPEC, "fatty_acid")
    assert 0 < several.max() <= 1
    assert np.allclose(several.sum(), np.mean([a.sum() for a in alone]), rtol=0.05)
    for image in alone:  # half of the weight, not three quarters or a quarter
        assert several[image > 0.9].mean() == pytest.approx(0.5, abs=0.06)
    assert drawn_mean(made.subset(np.zeros(0, int)), SPEC, "fatty_acid") is None


def test_measured_and_simulated_ones_weigh_the_same():
    simulated, measured = cache(12), cache(6, first=40, measured=True)
    data = MixData(simulated, simulated, {"bmrb2d": measured}, frozenset())
    ((*images,),) = mix_means(CARD, {Experiment.HSQC: data})
    assert len(images) == len(CLASS_IDS)
    for class_id, image in zip(CLASS_IDS, images, strict=True):
        parts = [drawn_mean(made, SPEC, class_id) for made in (measured, simulated)]
        there = [part for part in parts if part is not None]
        assert (image is None) == (not there)
        if there:
            assert np.allclose(image, np.mean(there, axis=0), atol=1e-6)


def test_published_compounds_are_in_no_prior():
    made = cache(12, measured=True)
    barred = frozenset(bytes(c) for c in made.compounds[:6])
    data = MixData(made.subset(np.zeros(0, int)), made, {"bmrb2d": made}, barred)
    ((*images,),) = mix_means(CARD, {Experiment.HSQC: data})
    left = made.subset(np.arange(6, 12))
    for class_id, image in zip(CLASS_IDS, images, strict=True):
        wanted = drawn_mean(left, SPEC, class_id)
        assert (image is None) == (wanted is None)
        assert image is None or np.allclose(image, wanted)


def test_card_and_file_are_written_and_weights_left_alone(tmp_path: Path):
    (tmp_path / WEIGHTS_NAME).write_bytes(b"weights")
    write_card(tmp_path, replace(CARD, prior_sha256="", prior_from=""))
    some = np.zeros((200, 200), np.float32)
    some[50, 60] = 1
    card = write_priors(tmp_path, [[some, *[None] * 11]], "one sample")
    assert read_card(tmp_path) == card and card.prior_from == "one sample"
    assert set(read_priors(tmp_path, card)) == {("hsqc", CARD.class_ids[0])}
    assert (tmp_path / WEIGHTS_NAME).read_bytes() == b"weights"


def test_the_study_s_priors_are_those_that_are_shipped(data_dir: Path):
    entry = find_network("kuhn-hmbc")
    means = study_means(entry.card, open_dataset(data_dir / "kuhn2021"))
    found = read_priors(entry.folder, entry.card)
    assert entry.card.prior_from == STUDY_FROM
    for class_id, image in zip(entry.card.class_ids, means[0], strict=True):
        shipped = found[entry.card.inputs[0].name, class_id].evidence
        assert float(image.mean()) == pytest.approx(float(shipped.mean()), rel=0.02)
