"""The truth by atoms: whose signals count, which compounds are judged, what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from explain_toys import kuhn, network, spec
from mixture_builders import cache

from nmrcam_qt.core.cards import ClassSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.settings import PLAIN
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml import evaluation_atoms
from nmrcam_qt.ml.evaluation_atoms import evaluate_atoms
from nmrcam_qt.ml.evaluation_settings import ATOMS, Settings
from nmrcam_qt.ml.mix_compounds import held_out
from nmrcam_qt.ml.mix_data import HELD_OUT
from nmrcam_qt.ml.network import Network

SPEC = spec((100, 120, 1))
STUDY = CLASS_IDS[:3]


def study_network(specs=(SPEC,)):
    """The study's architecture with random weights, under the ids of its classes."""
    made = network(kuhn(specs), list(specs))
    classes = tuple(ClassSpec(c, c, "", "#000000") for c in STUDY)
    return Network(replace(made.card, classes=classes), made.model, made.sha256)


@pytest.fixture
def signals(monkeypatch):
    """240 compounds, a third of them fatty acids, a third indoles."""
    made = replace(cache(240), about={"sha256": "s"})
    monkeypatch.setattr(evaluation_atoms, "load_cache", lambda _path: made)
    return made


@pytest.fixture
def asked(tmp_path, monkeypatch):
    own = study_network()
    monkeypatch.setattr(evaluation_atoms, "load", lambda _name: own)
    (tmp_path / "hsqc.npz").touch()
    return Settings(
        "toy", Path("nowhere"), (0, 1), ("layercam",), truth=ATOMS, cache=tmp_path, limit=8
    )


def test_the_rest_of_the_compound_is_distractor(signals):
    example = Drawer(signals, SPEC.f1, SPEC.f2, PLAIN).draw(np.random.default_rng(0), 1, [0])
    inner = example.substructure_masks()[0]
    inked = example.compound_masks()[0] | example.other_masks()[0]
    made = evaluation_atoms._mixture(example, inner, inked & ~inner, SPEC)
    assert made.target.any() and made.distractor.any() and not (made.target & made.distractor).any()
    assert ((made.target | made.distractor) == (example.ink > 0.1)).mean() > 0.99


def test_a_map_of_the_substructure_is_perfect(signals, asked, monkeypatch):
    """The network is replaced by one that knows the atoms."""
    seen = []
    real = evaluation_atoms.draw_case

    def remembered(*arguments):
        seen.append(real(*arguments))
        return seen[-1]

    def oracle(network, prepared, methods, classes, layer):
        drawn = seen[-len(prepared) :]
        n = len(network.card.classes)
        said = Prediction("toy", "", network.card.class_ids, np.zeros(n), np.full(n, 0.5), ())
        return [
            Analysis(
                said,
                tuple(
                    Explanation(
                        example.substructure_masks()[CLASS_IDS.index(c)].astype(np.float32),
                        SPEC.f1,
                        SPEC.f2,
                        "hsqc",
                        c,
                        m,
                        "",
                        "toy",
                        "",
                    )
                    for c in (classes or ())
                    for m in methods
                ),
            )
            for example in drawn
        ]

    monkeypatch.setattr(evaluation_atoms, "draw_case", remembered)
    monkeypatch.setattr(evaluation_atoms, "analyse_prepared", oracle)
    found = evaluate_atoms(asked)
    for n in ("+0", "+1"):
        figures = found["localisation"][n]["layercam"]
        assert figures["ink_auc"] == figures["pointing"] == figures["heat_mass"] == 1
        assert figures["peak_ap"] > 0.9 > figures["peak_ap_chance"] and figures["prior"] < 1
        assert figures["empty_rate"] == 0 and figures["n"] > 3


def test_a_real_network_on_compounds_that_nobody_was_trained_on(signals, asked):
    found = evaluate_atoms(asked)
    unseen = held_out({bytes(c) for c in signals.compounds}, HELD_OUT)
    assert 0 < found["compounds"] <= min(8, len(unseen))
    assert found["left_out"] == {"trained on": 240 - len(unseen)}
    assert found["truth"] == ATOMS and set(found["localisation"]) == {"+0", "+1"}
    pure = found["localisation"]["+0"]["layercam"]
    assert 0 <= pure["ci"]["ink_auc"][0] <= pure["ink_auc"] <= pure["ci"]["ink_auc"][1] <= 1
    assert pure["model_check"] is not None
    assert set(found["classes"]) == set(STUDY)
    assert evaluate_atoms(asked) == found


def test_networks_of_two_spectra_and_a_missing_cache_are_refused(signals, asked, monkeypatch):
    with pytest.raises(NetworkError, match="folder for the simulated signals"):
        evaluate_atoms(replace(asked, cache=None))
    two = study_network((SPEC, spec((100, 120, 1), "hmbc")))
    monkeypatch.setattr(evaluation_atoms, "load", lambda _name: two)
    with pytest.raises(NetworkError, match="networks of one spectrum"):
        evaluate_atoms(asked)
