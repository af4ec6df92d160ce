"""Where the shown class usually has its signals: which prior, which lines, which words."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from window_builders import CARDS, make_analysis, make_card, make_map, packed

from nmrcam_qt.core import card_store
from nmrcam_qt.core.cards import PRIOR_NAME, write_card
from nmrcam_qt.core.class_priors import prior_bytes
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.usual_places import PriorShelf, level_around
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.pictured import left_out
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, resolve
from nmrcam_qt.session.usual_places import (
    NO_CLASS,
    priors_by_class,
    reason_without_prior,
    usual_places,
)


def mean(h_from: int, h_to: int):
    made = np.zeros((205, 300), np.float32)
    made[:, h_from:h_to] = 0.5
    return made


def installed(tmp_path, monkeypatch, card, means):
    """A network with priors among the installed ones."""
    folder = tmp_path / "models" / card.id
    folder.mkdir(parents=True)
    blob = prior_bytes(card, means)
    (folder / PRIOR_NAME).write_bytes(blob)
    named = replace(
        card, prior_sha256=hashlib.sha256(blob).hexdigest(), prior_from="mean ink of made-up ones"
    )
    write_card(folder, named)
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    return named


@pytest.fixture
def with_priors(tmp_path, monkeypatch):
    return installed(tmp_path, monkeypatch, CARDS[0], [[mean(0, 150), mean(150, 300), None]])


def shown(card, class_id="indole"):
    session = Session()
    session.add([packed()])
    session.select(1)
    session.store(AnalysisKey(card.id, (1,), None), make_analysis([make_map()]))
    session.set_view(class_id=class_id)
    return resolve(session, (card,))


def test_the_prior_of_the_class_and_no_other(with_priors):
    found = usual_places(shown(with_priors), PriorShelf())
    assert found.prior is not None and found.prior.class_id == "indole"
    assert not found.prior.evidence[:, :49].any() and found.prior.evidence[:, 51:].all()
    assert "where Indole usually has signals" in found.words
    assert len(usual_places(shown(with_priors), PriorShelf(), brief=True).words) < 20
    assert reason_without_prior(shown(with_priors)) == ""


def test_what_is_not_there_is_said(with_priors):
    shelf = PriorShelf()
    steroid = usual_places(shown(with_priors, "steroid"), shelf)
    assert steroid.prior is None and steroid.words.startswith("no prior: Network net-hsqc")
    assert usual_places(shown(with_priors, None), shelf).words == NO_CLASS
    plain = shown(CARDS[0])
    assert usual_places(plain, shelf).words.startswith("no prior")
    assert "came without the usual places" in reason_without_prior(plain)
    assert reason_without_prior(Shown()) == "No spectrum is open."


def test_a_broken_file_is_one_sentence_and_read_once(with_priors, tmp_path):
    path = tmp_path / "models" / with_priors.id / PRIOR_NAME
    path.write_bytes(b"something else")
    shelf = PriorShelf()
    assert "its sha256 differs" in usual_places(shown(with_priors), shelf).words
    path.unlink()
    assert "its sha256 differs" in shelf.of(with_priors)[1]
    assert priors_by_class(shelf, shown(with_priors)) == {}


def test_of_two_inputs_it_is_that_of_the_spectrum(tmp_path, monkeypatch):
    both = make_card("net-pair", (Experiment.HSQC, Experiment.HMBC))
    card = installed(
        tmp_path, monkeypatch, both, [[mean(0, 150), None, None], [mean(150, 300), None, None]]
    )
    session = Session()
    session.add([packed(), packed("b", Experiment.HMBC)])
    pane = shown(CARDS[0])
    plan = replace(pane.plan, card=card)
    hsqc, hmbc = (
        priors_by_class(PriorShelf(), replace(pane, plan=plan, item=session.at(n)))[
            "fatty_acid"
        ].evidence
        for n in (0, 1)
    )
    assert hsqc[:, :49].all() and not hsqc[:, 51:].any()
    assert hmbc[:, 51:].all() and not hmbc[:, :49].any()


def test_levels_hold_their_share_by_hand():
    evidence = np.zeros((21, 33), np.float32)
    evidence[0, :4] = 4, 3, 2, 1  # 40, 70, 90, 100 %
    prior = make_map(evidence=evidence)
    assert [level_around(prior, share) for share in (0.4, 0.5, 0.9, 1.0)] == [4, 3, 2, 1]


def test_pictures_have_them_and_say_nothing_of_a_lack(with_priors):
    pane = shown(with_priors)
    assert left_out(replace(pane, view=replace(pane.view, usual_places=True))) == ""


def test_a_card_that_names_the_file_of_another_network_changes_nothing_there(
    with_priors, tmp_path, monkeypatch
):
    own = CARDS[0].inputs[0]
    spec = replace(own, f2_window_ppm=own.f2_window_ppm[::-1])
    copied = replace(CARDS[0], id="net-copied", inputs=(spec,))
    other = installed(tmp_path, monkeypatch, copied, [[mean(0, 150), mean(150, 300), None]])
    assert other.prior_sha256 == with_priors.prior_sha256
    shelf = PriorShelf()
    for card in (other, with_priors, other):
        (found, problem), window = shelf.of(card), card.inputs[0].f2_window_ppm
        assert problem == "" and {each.network for each in found.values()} == {card.id}
        assert [each.f2.edges for each in found.values()] == [pytest.approx(window)] * 2
