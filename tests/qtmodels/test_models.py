"""The item models follow the session and hold nothing."""

from __future__ import annotations

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from qt_guards import no_leaks, qt_messages  # noqa: F401
from window_builders import make_analysis, packed

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels import spectrum_model
from nmrcam_qt.qtmodels.problem_model import ProblemModel
from nmrcam_qt.qtmodels.spectrum_model import Role, SortBy, SpectrumListModel, SpectrumProxy
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.session import Session


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def model(qapp, session):
    made = SpectrumListModel(session)
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    made.tester = QAbstractItemModelTester(made, mode)
    return made


@pytest.fixture
def proxy(model):
    made = SpectrumProxy()
    made.setSourceModel(model)
    made.kept = model
    return made


def names(model):
    return [model.index(row, 0).data(Role.NAME) for row in range(model.rowCount())]


def store(session, item_id, scores, present):
    session.store(AnalysisKey("n", (item_id,), None), make_analysis((), scores, present))


def test_rows_follow_the_session(session, model):
    session.add([packed(name) for name in "abcd"])
    session.remove([2, 3])
    session.add([packed("e")])
    assert names(model) == ["a", "d", "e"]
    assert model.index_of(5).row() == 2
    assert not model.index_of(2).isValid()


def test_roles(session, model):
    session.add([packed("a"), packed("b", None)])
    index = model.index(0)
    assert index.data(Role.EXPERIMENT) == "HSQC"
    assert index.data(Role.SUMMARY) == "HSQC · not analysed"
    assert model.index(1).data(Role.SUMMARY) == "HSQC or HMBC? · not analysed"
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    store(session, 1, (0.1, 0.7, 0.2), ("indole",))
    assert changed == [0]
    assert index.data(Role.SUMMARY) == "indole 0.700 · HSQC"
    assert index.data(Role.PRESENT) is True
    store(session, 1, (0.4, 0.3, 0.3), ())
    assert index.data(Role.SUMMARY) == "none present · HSQC (fatty acid 0.400)"
    session.mark_failed((1,), "It broke.")
    assert index.data(Role.SUMMARY) == "HSQC · failed"
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "a.csv" in tip
    assert "It broke." in tip
    assert "1 peaks" in tip


def test_thumbnails_are_made_when_asked_for_and_few_are_kept(session, qapp, monkeypatch):
    model = SpectrumListModel(session)
    monkeypatch.setattr(spectrum_model, "THUMBNAILS_KEPT", 3)
    session.add([packed(str(n)) for n in range(10)])
    assert len(model._thumbnails) == 0
    for row in range(10):
        image = model.index(row).data(Qt.ItemDataRole.DecorationRole)
        assert (image.width(), image.height()) == (72, 48)
    assert list(model._thumbnails) == [8, 9, 10]
    row, column = int(120 / 200 * 48), int((10 - 7.2) / 10 * 72)
    assert image.pixelColor(column, row).red() < 100, "ink is dark, at its place"
    assert image.pixelColor(0, 0).red() == 255
    session.remove([10])
    assert list(model._thumbnails) == [8, 9]


def test_search_takes_every_word(session, proxy):
    session.add([packed("alpha"), packed("beta", Experiment.HMBC), packed("alpine")])
    store(session, 3, (0.1, 0.7, 0.2), ("indole",))
    for text, wanted in {
        "alp": ["alpha", "alpine"],
        "ALP indole": ["alpine"],
        "hmbc": ["beta"],
        "not analysed": ["alpha", "beta"],
        "xyz": [],
        "": ["alpha", "beta", "alpine"],
    }.items():
        proxy.set_search(text)
        assert names(proxy) == wanted


def test_orders(session, proxy):
    session.add([packed(name) for name in ("b", "C", "a")])
    store(session, 1, (0.1, 0.7, 0.2), ("indole",))
    store(session, 3, (0.9, 0.05, 0.05), ("fatty_acid",))
    orders = {}
    for order in SortBy:
        proxy.set_order(order)
        orders[order] = names(proxy)
    assert orders[SortBy.NAME] == ["a", "b", "C"]
    assert orders[SortBy.SCORE] == ["a", "b", "C"]
    assert orders[SortBy.CLASS] == ["C", "a", "b"]
    assert orders[SortBy.OPENED] == ["b", "C", "a"]


def test_problems_newest_first(qapp, session):
    model = ProblemModel(session)
    session.add_problem("one", "/a")
    session.add_problem("two")
    assert [model.index(row).data() for row in range(2)] == ["two", "one"]
    assert model.index(1).data(Qt.ItemDataRole.ToolTipRole) == "/a"


def test_a_thousand_spectra(session, model, proxy):
    made = [packed(f"spectrum {n}") for n in range(10)] * 100
    began = time.process_time()
    session.add(made)
    proxy.set_search("spectrum 7")
    assert proxy.rowCount() == 100
    proxy.set_search("")
    proxy.set_order(SortBy.NAME)
    for row in range(12):
        proxy.index(row, 0).data(Qt.ItemDataRole.DecorationRole)
    assert time.process_time() - began < 2
