"""Shift+W: lines around the places where the class usually has its signals."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from window_builders import CARDS, make_analysis, make_map, picture

from nmrcam_qt.core import card_store
from nmrcam_qt.core.cards import PRIOR_NAME, write_card
from nmrcam_qt.core.class_priors import prior_bytes
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.theme import theme


@pytest.fixture
def opened(window, finish, tmp_path, monkeypatch):
    """A spectrum with maps, of a network that has priors of indole only: a block of ink."""
    block = np.zeros((205, 300), np.float32)
    block[102:124, 60:120] = 0.5  # 8 to 6 ppm, 100 to 120 ppm
    card = CARDS[0]
    blob = prior_bytes(card, [[None, block, None]])
    folder = tmp_path / "models" / card.id
    folder.mkdir(parents=True)
    (folder / PRIOR_NAME).write_bytes(blob)
    card = replace(card, prior_sha256=hashlib.sha256(blob).hexdigest(), prior_from="made up")
    write_card(folder, card)
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    window.workbench.cards = (card, *CARDS[1:])
    session = window.session
    session.add([pack(picture("one_HSQC"))])
    session.select(1)
    session.store(AnalysisKey(card.id, (1,), None), make_analysis([make_map()]))
    session.set_view(class_id="indole")
    finish(window)
    return window


def layer(window):
    return window.page.panes.priors.layer_of(window.view)


def test_lines_come_and_go(opened, finish):
    action = opened.actions_["usual_places"]
    assert action.isEnabled() and not action.isChecked() and layer(opened) is None
    before = opened.view.heading.text()
    action.trigger()
    finish(opened)
    assert action.isChecked()
    for item in layer(opened).items:
        h, c = item.getData()
        assert np.nanmin(h) == pytest.approx(6, abs=0.15)
        assert np.nanmax(h) == pytest.approx(8, abs=0.15)
        assert np.nanmin(c) == pytest.approx(100, abs=3)
        assert np.nanmax(c) == pytest.approx(120, abs=3)
    assert "where Indole usually has signals" in opened.view.heading.text()
    # The map is still the map: neither its heat nor its bar has changed.
    assert opened.view.explanation.method == "hirescam"
    opened.session.set_view(class_id="steroid")
    finish(opened)
    assert layer(opened).items[0].getData()[0] is None or not len(
        layer(opened).items[0].getData()[0]
    )
    assert "no prior: Network net-hsqc" in opened.view.heading.text()
    opened.session.set_view(class_id="indole")
    action.trigger()
    finish(opened)
    assert opened.view.heading.text() == before


def test_lines_take_the_colours_of_the_theme(opened, finish):
    opened.actions_["usual_places"].trigger()
    finish(opened)
    light = layer(opened).items[0].opts["pen"].color().name()
    theme().choose("dark")
    try:
        assert layer(opened).items[0].opts["pen"].color().name() != light
    finally:
        theme().choose("light")


def test_panes_of_classes_have_their_own(opened, finish):
    opened.session.set_view(usual_places=True, layout="classes")
    finish(opened)
    grid = opened.page.panes
    words = [view.heading.text() for view in grid.views]
    assert sum("usual places" in text for text in words) == 1
    assert sum("no prior" in text for text in words) == 2
