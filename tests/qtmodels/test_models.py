"""The item models follow the session and hold nothing."""

from __future__ import annotations

import gc
import time
import weakref

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from qt_guards import no_leaks, qt_messages  # noqa: F401
from window_builders import make_analysis, packed

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels import thumbnails
from nmrcam_qt.qtmodels.listing_model import ListingModel, Role
from nmrcam_qt.qtmodels.problem_model import ProblemModel
from nmrcam_qt.session.filters import Condition, Filters
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.ordering import Order
from nmrcam_qt.session.session import Session

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC


@pytest.fixture
def session():
    return Session()


@pytest.fixture
def model(qapp, session):
    made = ListingModel(Listing(session))
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    made.tester = QAbstractItemModelTester(made, mode)
    return made


def names(model):
    return [model.index(row, 0).data(Role.NAME) for row in range(model.rowCount())]


def store(session, item_id, scores, present):
    session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis((), scores, present))


def test_rows_follow_the_session(session, model):
    session.add([packed(name) for name in "abcd"])
    session.remove([2, 3])
    session.add([packed("e")])
    assert names(model) == ["a", "d", "e"]
    assert model.index_of(5).row() == 2
    assert not model.index_of(2).isValid()


def test_every_kind_of_change_of_rows_is_announced_to_views(session, model, qtbot):
    """The tester aborts at the first change that a view could not follow."""
    session.add([packed("a_hsqc", HSQC), packed("a_hmbc", HMBC), packed("b"), packed("c")])
    sample = session.at(0).sample
    assert names(model) == ["a", "a_hsqc", "a_hmbc", "b", "c"]
    model.listing.set_collapsed([sample], True)
    assert names(model) == ["a", "b", "c"]
    model.listing.set_order(Order.NAME, descending=True)
    assert names(model) == ["c", "b", "a"]
    model.listing.set_collapsed([sample], False)
    model.listing.set_filters(Filters().searching("a_h"))
    assert names(model) == ["a", "a_hsqc", "a_hmbc"] or names(model) == ["a", "a_hmbc", "a_hsqc"]
    model.listing.set_filters(Filters())
    session.ungroup([1, 2])
    qtbot.waitUntil(lambda: names(model) == ["c", "b", "a_hsqc", "a_hmbc"], timeout=2000)
    session.remove([1, 3])
    assert names(model) == ["c", "a_hmbc"]


def test_roles(session, model):
    session.add([packed("a"), packed("b", None)])
    index = model.index(0)
    assert index.data(Role.EXPERIMENT) == "HSQC"
    assert index.data(Role.SUMMARY) == "not analysed · HSQC"
    assert model.index(1).data(Role.SUMMARY) == "not analysed · HSQC or HMBC?"
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append(first.row()))
    store(session, 1, (0.1, 0.7, 0.2), ("indole",))
    assert changed == [0]
    assert index.data(Role.VERDICT) == "indole 0.700"
    assert index.data(Role.PRESENT) is True
    store(session, 1, (0.4, 0.3, 0.3), ())
    assert index.data(Role.SUMMARY) == "none present (fatty acid 0.400) · HSQC"
    session.mark_failed((1,), "It broke.")
    assert index.data(Role.SUMMARY) == "failed · HSQC"
    session.set_note(1, "Mine,\nall mine")
    tip = index.data(Qt.ItemDataRole.ToolTipRole)
    assert "a.csv" in tip
    assert "sha256 000000000000…" in tip
    assert "It broke." in tip
    assert "1 peak" in tip
    assert "Mine,\nall mine" in tip


def test_headers_are_spoken_and_renamed(session, model):
    session.add([packed("a_hsqc", HSQC), packed("a_hmbc", HMBC)])
    header = model.index(0)
    assert header.data() == "a (2)"
    assert header.data(Qt.ItemDataRole.AccessibleTextRole) == "Sample a (2), expanded"
    assert model.setData(header, "  Gramine  ")
    assert header.data() == "Gramine (2)"
    assert not model.setData(header, " ")
    assert model.setData(model.index(1), "Mine")
    assert session.at(0).name == "Mine"
    assert model.setData(model.index(1), "a_hsqc")
    assert session.at(0).record.title == "", "the name of the file again"
    assert not model.setData(model.index(1), "a_hsqc")


def test_thumbnails_are_made_when_asked_for_and_few_are_kept(session, model, monkeypatch):
    monkeypatch.setattr(thumbnails, "THUMBNAILS_KEPT", 3)
    session.add([packed(str(n)) for n in range(10)])
    model.thumbnails._kept.clear()  # the tester asked, too
    for row in range(10):
        image = model.index(row).data(Qt.ItemDataRole.DecorationRole)
        assert (image.width(), image.height()) == (72, 48)
    assert list(model.thumbnails._kept) == [8, 9, 10]
    row, column = int(120 / 200 * 48), int((10 - 7.2) / 10 * 72)
    assert image.pixelColor(column, row).red() < 100, "ink is dark, at its place"
    assert image.pixelColor(0, 0).red() == 255
    model.thumbnails.set_colours("#101010", "#fefefe")
    image = model.index(9).data(Qt.ItemDataRole.DecorationRole)
    assert image.pixelColor(0, 0).name() == "#101010"
    assert image.pixelColor(column, row).red() > 150


def in_file(item, reads, fail=False):
    """Let a spectrum's thumbnail lie in a file."""
    raw = item.packed.picture.get()

    def read():
        reads.append(item.id)
        if fail:
            raise NmrCamError("the disk is gone")
        return raw

    item.packed.picture.settle(read)


def test_thumbnails_in_the_file_are_read_after_the_paint_the_newest_first(qapp, session, qtbot):
    model = ListingModel(Listing(session))
    session.add([packed(str(n)) for n in range(100)])
    reads = []
    for item in session.items:
        in_file(item, reads, fail=item.id == 99)
    for row in range(100):
        assert model.index(row).data(Qt.ItemDataRole.DecorationRole) is None
    assert reads == [], "nothing is read while painting"
    loaded = []
    model.thumbnails_loaded.connect(loaded.extend)
    qtbot.waitUntil(lambda: len(loaded) == thumbnails.WANTED_KEPT, timeout=5000)
    assert reads[0] == 100
    assert set(reads) == set(range(37, 101)), "what was scrolled away is not read"
    assert model.index(99).data(Qt.ItemDataRole.DecorationRole).width() == 72
    assert model.index(98).data(Qt.ItemDataRole.DecorationRole) is None
    assert reads.count(99) == 1, "one that cannot be read is not tried at every paint"


def test_a_thousand_results_move_rows_a_few_times(session, model, qtbot):
    made = [packed(f"spectrum {n}") for n in range(10)] * 30
    session.add(made)
    model.listing.set_filters(Filters(conditions=frozenset({Condition.NEW})))
    relists, real = [], model.listing.relist
    model.listing.relist = lambda: (relists.append(1), real())
    for item in list(session.items):
        store(session, item.id, (0.1, 0.7, 0.2), ("indole",))
    assert model.rowCount() == 300
    qtbot.waitUntil(lambda: model.rowCount() == 0, timeout=3000)
    assert len(relists) == 1


def test_no_row_moves_while_the_user_holds_one(session, model, qtbot):
    session.add([packed(name) for name in "abc"])
    model.listing.set_filters(Filters(conditions=frozenset({Condition.NEW})))
    with model.held():
        store(session, 1, (0.1, 0.7, 0.2), ("indole",))
        qtbot.wait(250)
        assert names(model) == ["a", "b", "c"]
    qtbot.waitUntil(lambda: names(model) == ["b", "c"], timeout=2000)


def test_many_changes_are_painted_once(session, model, qtbot):
    session.add([packed("x")] * 200)
    changed = []
    model.dataChanged.connect(lambda first, last, roles: changed.append((first.row(), last.row())))
    session.set_tags([item.id for item in session.items], add=["t"])
    assert len(changed) <= 40
    qtbot.waitUntil(lambda: (0, 199) in changed, timeout=2000)


def test_problems_newest_first(qapp, session):
    model = ProblemModel(session)
    session.add_problem("one", "/a")
    session.add_problem("two")
    assert [model.index(row).data() for row in range(2)] == ["two", "one"]
    assert model.index(1).data(Qt.ItemDataRole.ToolTipRole) == "/a"


def test_a_thousand_spectra(session, model):
    made = [packed(f"spectrum {n}") for n in range(10)] * 100
    began = time.process_time()
    session.add(made)
    model.listing.set_filters(Filters().searching("7"))
    assert model.rowCount() == 100
    model.listing.set_filters(Filters())
    model.listing.set_order(Order.NAME)
    for row in range(12):
        model.index(row, 0).data(Qt.ItemDataRole.DecorationRole)
    assert time.process_time() - began < 2


def test_rows_are_set_aside_and_garbage_is_not(session, model, monkeypatch):
    """Garbage would stay as long as the project: 3 MB with every project of 300 that was closed."""

    class Closed:
        def __init__(self):
            self.itself = self

    monkeypatch.setattr(type(session), "all_made", False)
    gone, kept = weakref.ref(Closed()), Closed()
    model._warm()
    assert any(o is kept for o in gc.get_objects(generation=2)), "what lives is set aside"
    assert gone() is None
