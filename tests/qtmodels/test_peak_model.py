"""The table of peaks follows the session, keeps selections, edits through the session."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from instrument_builders import instrument, picks
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtTest import QAbstractItemModelTester
from window_builders import packed

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.picked import PeakKind, PickedPeaks
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.qtmodels.peak_model import PeakModel, PeakProxy, PeakRole
from nmrcam_qt.session.events import ChangeMade
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_table import Column
from nmrcam_qt.session.session import Session

Edit = Qt.ItemDataRole.EditRole


@pytest.fixture
def session():
    made = Session()
    made.add([pack(instrument()), packed("list", points=((7.2, 120.0), (1.0, 14.0)))])
    made.select(1)
    made.steps = []
    made.subscribe(lambda e: made.steps.append(e.change) if isinstance(e, ChangeMade) else None)
    return made


@pytest.fixture
def model(qapp, session):
    made = PeakModel(session)
    mode = QAbstractItemModelTester.FailureReportingMode.Fatal
    made.tester = QAbstractItemModelTester(made, mode)
    made.proxy = PeakProxy(made)
    made.proxy_tester = QAbstractItemModelTester(made.proxy, mode)
    made.resets = []
    made.modelReset.connect(lambda: made.resets.append(1))
    return made


def ids(model):
    return [model.index(row, 0).data(PeakRole.ID) for row in range(model.rowCount())]


def texts(model, row):
    return [model.index(row, c).data() for c in range(model.columnCount())]


def test_what_is_there_is_shown_and_nothing_where_nothing_is(session, model):
    assert model.rowCount() == 0
    assert not model.editable
    session.set_picked(1, picks(7))
    assert ids(model) == [1, 2, 3, 4, 5, 6, 7]
    assert model.editable
    session.set_picked(1, None)
    assert model.rowCount() == 0
    session.select(None)
    assert model.item_id is None


def test_cells(session, model):
    peak = replace(
        picks(1).peaks[0],
        h_ppm=7.12345,
        c_ppm=120.456,
        height=-123456.0,
        snr=41.7,
        h_width_ppm=0.0123,
        c_width_ppm=0.456,
        label="C-1",
    )
    bare = replace(picks(2).peaks[1], h_width_ppm=0, c_width_ppm=0, snr=0)
    session.set_picked(1, PickedPeaks((peak, bare), next_id=3))
    assert texts(model, 0) == [
        "1",
        "7.123",
        "120.46",
        "-1.235e+05",
        "signal",
        "42",
        "0.012 × 0.46",
        "C-1",
        *3 * ["–"],
    ]
    assert texts(model, 1)[4:7] == ["one-bond doublet", "–", "–"]
    titles = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(8)]
    assert titles[:3] == ["#", "¹H (ppm)", "¹³C (ppm)"]


def test_peaks_are_at_the_users_shifts(session, model):
    session.set_picked(1, picks(3))
    before = [peak.h_ppm for peak in model.peaks]
    session.set_reference([1], h=Affine(offset=0.5))
    assert [peak.h_ppm for peak in model.peaks] == [ppm + 0.5 for ppm in before]


def test_another_item_and_a_list_that_cannot_be_edited(session, model):
    session.set_picked(1, picks(3))
    session.select(2)
    assert [model.index(row, 1).data() for row in range(2)] == ["7.200", "1.000"]
    assert not model.flags(model.index(0, Column.LABEL)) & Qt.ItemFlag.ItemIsEditable
    assert not model.setData(model.index(0, Column.LABEL), "x", Edit)
    session.set_picked(1, picks(4))
    assert model.rowCount() == 2, "the other item is not shown"
    session.select(1)
    assert model.rowCount() == 4
    session.remove([1, 2])
    assert model.rowCount() == 0


def test_an_edit_is_a_step_of_the_session_that_can_be_undone(session, model):
    session.set_picked(1, picks(3))
    assert model.setData(model.index(1, Column.LABEL), "  C-7 ", Edit)
    assert model.index(1, Column.LABEL).data() == "C-7"
    assert model.setData(model.index(0, Column.H), "7,25", Edit)
    assert model.peaks[0].h_ppm == 7.25
    assert model.peaks[0].by_hand
    assert model.setData(model.index(0, Column.C), "−3.5", Edit)
    assert model.peaks[0].c_ppm == -3.5
    assert model.setData(model.index(2, Column.KIND), "doubtful", Edit)
    assert model.peaks[2].kind is PeakKind.DOUBTFUL
    assert [step.text for step in session.steps[1:]] == ["Edit a peak of inst"] * 4
    for step in reversed(session.steps[1:]):
        session.apply(step.inverse())
    assert model.peaks == picks(3).peaks
    assert not model.resets[1:], "only the first peaks were shown anew, if at all"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (Column.H, "abc"),
        (Column.H, "nan"),
        (Column.C, "1e999"),
        (Column.C, ""),
        (Column.H, "1e9"),
        (Column.KIND, "artefact"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(session, model, column, value):
    said = []
    model.refused.connect(said.append)
    session.set_picked(1, picks(3))
    assert not model.setData(model.index(0, column), value, Edit)
    assert len(said) == 1
    assert "\n" not in said[0]
    assert model.peaks == picks(3).peaks


def test_leaving_an_editor_as_it_was_changes_nothing(session, model):
    session.set_picked(1, picks(3))
    for column in (Column.H, Column.C, Column.LABEL, Column.KIND):
        index = model.index(0, column)
        assert not model.setData(index, index.data(Edit), Edit)
    assert len(session.steps) == 1
    assert not model.setData(model.index(0, Column.HEIGHT), "5", Edit)


def test_an_own_editor_is_asked(qapp, session):
    asked = []

    def edit(item_id, change):
        asked.append((item_id, change(session.picked(item_id))))
        return True

    session.set_picked(1, picks(3))
    model = PeakModel(session, edit=edit)
    assert model.setData(model.index(0, Column.LABEL), "mine", Edit)
    ((item_id, after),) = asked
    assert (item_id, after.peaks[0].label) == (1, "mine")
    assert model.peaks[0].label == picks(3).peaks[0].label


def test_a_selection_stays_on_its_peaks(session, model):
    session.set_picked(1, picks(20))
    model.proxy.sort(Column.C, Qt.SortOrder.DescendingOrder)
    selection = QItemSelectionModel(model.proxy)
    rows = QItemSelectionModel.SelectionFlag.Rows | QItemSelectionModel.SelectionFlag.Select
    for peak_id in (3, 9, 15):
        selection.select(model.proxy.index_of(peak_id), rows)
    there = picks(20)
    fewer = replace(there, peaks=there.peaks[1:8] + there.peaks[8:])
    moved = [replace(p, c_ppm=200 - p.c_ppm, by_hand=True) for p in fewer.peaks]
    new = replace(there.peaks[0], id=22)
    session.set_picked(1, replace(fewer, peaks=(*moved, new), next_id=23))
    assert sorted(i.data(PeakRole.ID) for i in selection.selectedRows()) == [3, 9, 15]
    shifts = [model.proxy.index(r, 0).data(PeakRole.PEAK).c_ppm for r in range(20)]
    assert shifts == sorted(shifts, reverse=True)


def test_kinds_are_hidden(session, model):
    session.set_picked(1, picks(8))
    model.proxy.hide_kinds([PeakKind.SOLVENT, PeakKind.DOUBTFUL])
    kinds = {peak.kind for peak in (model.proxy.index(r, 0).data(PeakRole.PEAK) for r in range(4))}
    assert model.proxy.rowCount() == 4
    assert kinds == {PeakKind.SIGNAL, PeakKind.ONE_BOND}
    assert not model.proxy.index_of(3).isValid()


def test_any_change_is_told_so_that_views_can_follow(session, model):
    """The testers abort at the first signal that does not fit."""
    rng = random.Random(4)  # noqa: S311
    pool = picks(40)
    for _ in range(150):
        chosen = [p for p in pool.peaks if rng.random() < 0.6]
        if rng.random() < 0.2:
            rng.shuffle(chosen)
        chosen = [replace(p, label=rng.choice(["", "x"])) for p in chosen]
        session.set_picked(1, replace(pool, peaks=tuple(chosen)))
        assert ids(model) == [p.id for p in chosen]
        assert [p.label for p in model.peaks] == [p.label for p in chosen]
        assert sorted(ids(model.proxy)) == sorted(ids(model))


def test_many_scattered_changes_are_shown_anew_at_once(session, model):
    pool = picks(400)
    session.set_picked(1, pool)
    model.resets.clear()
    session.set_picked(1, replace(pool, peaks=pool.peaks[::2]))
    assert model.resets == [1]
    session.set_picked(1, replace(pool, peaks=pool.peaks[:100:2]))
    assert model.resets == [1]
    assert model.rowCount() == 50


def test_peaks_that_cannot_be_read_are_no_rows_and_a_problem(session, model):
    def broken():
        raise ProjectError("they are broken")

    session.set_picked(1, picks(3))
    session.find(1).record.picked.settle(broken)
    session.set_reference([1], h=Affine(offset=0.1))
    assert model.rowCount() == 0
    assert session.problems[-1].text == "they are broken"


def test_a_model_that_is_gone_listens_no_more(qapp, session):
    model = PeakModel(session)
    model.deleteLater()
    from PySide6.QtCore import QEvent

    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    session.set_picked(1, picks(3))
