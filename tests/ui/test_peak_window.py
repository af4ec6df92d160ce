"""Peaks in the window: pick, select both ways, edit with mouse and keys, undo, copy."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from instrument_builders import instrument, picks
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from window_builders import make_analysis, make_map, own_time
from window_builders import packed as listed

from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.picking import pick_peaks
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_editing import Place, labelled, moved
from nmrcam_qt.session.peak_table import Column
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.commands.peaks import NO_PEAK_SELECTED
from nmrcam_qt.ui.peak_desk import OF_A_LIST
from nmrcam_qt.ui.peak_tool import Mode

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
NONE = Qt.KeyboardModifier.NoModifier
PLACES = ((7.0, 120.0), (3.0, 50.0), (1.0, 20.0))


def measured(places=PLACES, name="inst", experiment=Experiment.HSQC):
    """One clear peak at each place, a little noise."""
    made = instrument(rows=160, columns=320, peaks=0, name=name)
    image = np.array(made.intensity) * 0.01
    rows, columns = np.arange(160)[:, None], np.arange(320)[None, :]
    for h_ppm, c_ppm in places:
        row, column = made.f1.index(c_ppm), made.f2.index(h_ppm)
        image += 100 * np.exp(-(((rows - row) / 1.5) ** 2) - ((columns - column) / 2.0) ** 2)
    return replace(made, intensity=image.astype(np.float32), experiment=experiment)


@pytest.fixture(scope="module", autouse=True)
def libraries():
    """The threads that scipy keeps are started in the main thread, not in that of a job."""
    pick_peaks(measured())


@pytest.fixture
def opened(window, finish, qtbot):
    (window.item_id,) = window.session.add([pack(measured())])
    window.session.select(window.item_id)
    finish(window)
    qtbot.waitUntil(lambda: window.view.ink is not None, timeout=10_000)
    return window


@pytest.fixture
def picked(opened, finish):
    opened.actions_["pick_peaks"].trigger()
    finish(opened)
    return opened


def peaks(window):
    found = window.session.find(window.item_id).picked
    return found.peaks if found is not None else ()


def pixel(window, h_ppm, c_ppm) -> QPoint:
    scene = window.view.box.mapViewToScene(QPointF(h_ppm, c_ppm))
    return window.view.plot.mapFromScene(scene)


def click(window, place, modifiers=NONE, button=Qt.MouseButton.LeftButton):
    viewport = window.view.plot.viewport()
    QTest.mouseMove(viewport, pixel(window, *place))
    QTest.mouseClick(viewport, button, modifiers, pixel(window, *place))
    QTest.qWait(10)


def drag(window, start, end, modifiers=NONE):
    viewport = window.view.plot.viewport()
    first, last = pixel(window, *start), pixel(window, *end)
    kinds = [QEvent.Type.MouseButtonPress] + 3 * [QEvent.Type.MouseMove]
    left, none = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
    for kind, share in zip(kinds, (0.0, 0.3, 0.6, 1.0), strict=True):
        place = QPointF(first + (last - first) * share)
        button = left if kind == QEvent.Type.MouseButtonPress else none
        scene = QPointF(viewport.mapToGlobal(place.toPoint()))
        QApplication.sendEvent(viewport, QMouseEvent(kind, place, scene, button, left, modifiers))
        QTest.qWait(40)  # pyqtgraph lets moves through at a rate
    QTest.mouseRelease(viewport, left, modifiers, last)
    QTest.qWait(10)


def test_picking_finds_the_peaks_in_one_step_of_undo_and_shows_the_dock(picked, finish):
    found = sorted(((p.h_ppm, p.c_ppm) for p in peaks(picked)), reverse=True)
    assert len(found) == 3
    for got, wanted in zip(found, PLACES, strict=True):
        assert got[0] == pytest.approx(wanted[0], abs=0.02)
        assert got[1] == pytest.approx(wanted[1], abs=0.3)
    assert picked.docks.peaks.isVisible()
    assert len(picked.page.peak_panel.table.model().index(0, 0).data()) > 0
    assert picked.view.box is not None
    layer = picked.page.peaks._panes[picked.view].peaks
    assert len(layer.marks.points()) == 3
    picked.actions_["undo"].trigger()
    finish(picked)
    assert peaks(picked) == ()
    assert len(layer.marks.points()) == 0


def test_several_spectra_are_picked_in_one_step(opened, finish):
    more = opened.session.add([pack(measured(name=f"m{n}")) for n in range(3)])
    finish(opened)
    opened.sidebar.list.selectAll()
    finish(opened)
    assert len(opened.sidebar.selected_ids()) == 4
    count = opened.page.undo_stack.count()
    opened.actions_["pick_peaks"].trigger()
    finish(opened)
    assert opened.page.undo_stack.count() == count + 1
    assert all(opened.session.find(i).record.n_picked == 3 for i in more)


def test_a_row_selects_its_mark_and_a_mark_its_row(picked):
    table, desk = picked.page.peak_panel.table, picked.page.peaks
    table.selectRow(1)
    assert desk.selected == frozenset(table.selected_ids())
    layer = desk._panes[picked.view].peaks
    assert layer.selected == desk.selected
    assert len(layer.rings.points()) == 1
    other = next(p for p in peaks(picked) if p.id not in desk.selected)
    click(picked, (other.h_ppm, other.c_ppm))
    assert table.selected_ids() == (other.id,)
    click(picked, PLACES[0], CTRL)
    click(picked, PLACES[1], CTRL)
    click(picked, PLACES[2], CTRL)
    assert len(table.selected_ids()) == 2, "the one that was selected already is no more"
    click(picked, (9.0, 90.0))
    assert table.selected_ids() == ()


def test_a_box_selects_the_marks_in_it(picked):
    drag(picked, (4.0, 10.0), (0.2, 70.0), CTRL)
    places = {round(p.h_ppm) for p in peaks(picked) if p.id in picked.page.peaks.selected}
    assert places == {3, 1}


def test_a_double_click_on_a_row_goes_to_the_peak(picked):
    table = picked.page.peak_panel.table
    index = table.model().index(0, int(Column.HEIGHT))
    peak = next(p for p in peaks(picked) if p.id == table._id(index))
    place = table.visualRect(index).center()
    left = Qt.MouseButton.LeftButton
    QTest.mouseClick(table.viewport(), left, NONE, place)
    QTest.mouseDClick(table.viewport(), left, NONE, place)
    window = picked.view.ppm_window
    assert sum(window.h_ppm) / 2 == pytest.approx(peak.h_ppm, abs=1e-6)
    assert sum(window.c_ppm) / 2 == pytest.approx(peak.c_ppm, abs=1e-6)
    assert window.h_ppm[1] - window.h_ppm[0] < 4


# By hand


def test_a_click_adds_a_peak_at_the_summit_and_with_shift_exactly_there(opened, finish):
    QTest.keyClick(opened, Qt.Key.Key_E)
    assert opened.page.peaks.mode is Mode.PEAKS
    assert opened.view.plot.viewport().cursor().shape() == Qt.CursorShape.CrossCursor
    click(opened, (7.05, 121.0))
    (peak,) = peaks(opened)
    assert (peak.h_ppm, peak.c_ppm) == (pytest.approx(7.0, abs=0.01), pytest.approx(120.0, abs=0.2))
    assert peak.by_hand
    assert peak.height == pytest.approx(100, rel=0.1)
    assert opened.page.peaks.selected == {peak.id}
    finish(opened)
    click(opened, (3.2, 55.0), SHIFT)
    exact = peaks(opened)[1]
    assert (exact.h_ppm, exact.c_ppm) == (pytest.approx(3.2, abs=0.03), pytest.approx(55, abs=0.4))
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert opened.page.peaks.mode is Mode.SELECT
    assert not opened.actions_["edit_peaks"].isChecked()
    click(opened, (5.0, 90.0))
    assert len(peaks(opened)) == 2, "a click adds nothing any more"
    opened.actions_["undo"].trigger()
    opened.actions_["undo"].trigger()
    assert peaks(opened) == ()


def test_a_drag_moves_a_peak_and_undo_takes_it_back(picked, finish):
    before = next(p for p in peaks(picked) if round(p.h_ppm) == 3)
    picked.actions_["edit_peaks"].trigger()
    window = picked.view.ppm_window
    drag(picked, (before.h_ppm, before.c_ppm), (4.0, 70.0))
    after = next(p for p in peaks(picked) if p.id == before.id)
    assert (after.h_ppm, after.c_ppm) == (
        pytest.approx(4.0, abs=0.05),
        pytest.approx(70.0, abs=0.6),
    )
    assert after.by_hand
    assert picked.view.ppm_window == window, "nothing panned"
    picked.actions_["undo"].trigger()
    assert next(p for p in peaks(picked) if p.id == before.id) == before


def test_a_drag_beside_the_marks_pans_while_peaks_are_edited(picked):
    picked.actions_["edit_peaks"].trigger()
    window = picked.view.ppm_window
    drag(picked, (9.0, 60.0), (8.0, 80.0))
    assert picked.view.ppm_window != window
    assert len(peaks(picked)) == 3


def test_delete_means_the_peaks_while_they_are_edited_and_the_spectrum_otherwise(picked, finish):
    picked.sidebar.list.setFocus()
    picked.actions_["edit_peaks"].trigger()
    QTest.keyClick(picked.sidebar.list, Qt.Key.Key_Delete)
    assert len(peaks(picked)) == 3, "none is selected"
    click(picked, PLACES[1])
    QTest.keyClick(picked.sidebar.list, Qt.Key.Key_Delete)
    finish(picked)
    assert len(picked.session) == 1
    assert sorted(round(p.h_ppm) for p in peaks(picked)) == [1, 7]
    assert not picked.actions_["delete_peaks"].isEnabled()
    assert picked.actions_["delete_peaks"].statusTip() == NO_PEAK_SELECTED
    QTest.keyClick(picked, Qt.Key.Key_Escape)
    QTest.keyClick(picked.sidebar.list, Qt.Key.Key_Delete)
    assert len(picked.session) == 0


def test_delete_in_the_table_deletes_its_rows(picked, finish):
    table = picked.page.peak_panel.table
    table.selectRow(0)
    gone = table.selected_ids()[0]
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert gone not in [p.id for p in peaks(picked)]
    assert len(picked.session) == 1


def test_shifts_and_labels_are_edited_in_the_table(picked):
    table = picked.page.peak_panel.table
    model = table.model()
    peak_id = table._id(model.index(0, 0))
    assert model.setData(model.index(0, int(Column.H)), "5,25")
    assert model.setData(model.index(0, int(Column.LABEL)), "H-3")
    peak = next(p for p in peaks(picked) if p.id == peak_id)
    assert (peak.h_ppm, peak.label, peak.by_hand) == (5.25, "H-3", True)
    assert not model.setData(model.index(0, int(Column.H)), "five")
    assert "five" in picked.statusBar().currentMessage()


def test_f2_edits_the_cell_and_does_not_rename_the_spectrum(picked):
    table = picked.page.peak_panel.table
    picked.activateWindow()
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, int(Column.LABEL)))
    QTest.keyClick(table, Qt.Key.Key_F2)
    editor = table.findChild(QLineEdit)
    QTest.keyClicks(editor, "mine")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.qWait(10)
    assert "mine" in [p.label for p in peaks(picked)]


def test_shifts_are_those_of_the_user_after_referencing(picked, finish):
    session = picked.session
    session.set_reference((picked.item_id,), h=Affine(offset=1.0), c=Affine(offset=-5.0))
    finish(picked)
    assert sorted(round(p.h_ppm) for p in peaks(picked)) == [2, 4, 8]
    picked.actions_["edit_peaks"].trigger()
    click(picked, (4.0, 45.0))
    assert len(picked.page.peaks.selected) == 1, "the mark has moved with the axis"
    click(picked, (6.0, 85.0), SHIFT)
    kept = session.find(picked.item_id).record.picked.get().peaks[-1]
    assert kept.h_ppm == pytest.approx(5.0, abs=0.03)
    assert kept.c_ppm == pytest.approx(90.0, abs=0.5)


def test_picking_again_keeps_what_was_edited(picked, finish):
    desk = picked.page.peaks
    picked.actions_["edit_peaks"].trigger()
    click(picked, (5.0, 90.0), SHIFT)
    added = next(iter(desk.selected))
    picked.actions_["pick_peaks"].trigger()
    finish(picked)
    assert added in [p.id for p in peaks(picked)]
    assert len(peaks(picked)) == 4
    picked.page.peak_panel.settings.keep.setChecked(False)
    picked.actions_["pick_peaks"].trigger()
    finish(picked)
    assert added not in [p.id for p in peaks(picked)]
    picked.actions_["undo"].trigger()
    assert added in [p.id for p in peaks(picked)]


def test_the_threshold_of_the_panel_is_that_of_the_picker(opened, finish, settings):
    opened.page.peak_panel.settings.snr.setValue(900.0)
    opened.page.peak_panel.settings.relative.setValue(90.0)
    assert float(settings.value("peaks/snr")) == 900.0
    opened.page.peak_panel.settings.snr.setValue(5.0)
    opened.actions_["pick_peaks"].trigger()
    finish(opened)
    assert len(peaks(opened)) <= 3


# Others


def test_the_peaks_of_a_list_are_shown_and_can_be_selected_but_not_changed(window, finish):
    (window.item_id,) = window.session.add([listed(points=((7.2, 120.0), (3.0, 50.0)))])
    window.session.select(window.item_id)
    finish(window)
    table = window.page.peak_panel.table
    window.docks.peaks.show()
    QTest.qWait(50)
    assert table.model().rowCount() == 2
    assert window.page.peak_panel.note.text() == OF_A_LIST
    for name in ("edit_peaks", "pick_peaks", "delete_peaks"):
        assert not window.actions_[name].isEnabled()
    assert window.actions_["edit_peaks"].statusTip() == OF_A_LIST
    click(window, (7.2, 120.0))
    assert len(table.selected_ids()) == 1
    QTest.keyClick(table, Qt.Key.Key_Delete)
    assert table.model().rowCount() == 2
    assert OF_A_LIST in window.statusBar().currentMessage()


def test_copying_gives_a_table_of_the_selected_peaks_or_of_all(picked):
    picked.actions_["copy_peaks"].trigger()
    assert len(QApplication.clipboard().text().splitlines()) == 4
    table = picked.page.peak_panel.table
    table.selectRow(0)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_C, CTRL)
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert lines[0].split("\t")[:2] == ["1H / ppm", "13C / ppm"]
    peak = next(p for p in peaks(picked) if p.id == table.selected_ids()[0])
    assert float(lines[1].split("\t")[0]) == pytest.approx(peak.h_ppm, abs=1e-4)


def test_clearing_can_be_undone_and_marks_can_be_hidden(picked, finish):
    layer = picked.page.peaks._panes[picked.view].peaks
    picked.actions_["show_peaks"].trigger()
    finish(picked)
    assert len(layer.marks.points()) == 0
    click(picked, PLACES[0])
    assert picked.page.peaks.selected == frozenset(), "what is not seen is not clicked"
    picked.actions_["show_peaks"].trigger()
    picked.actions_["clear_peaks"].trigger()
    finish(picked)
    assert peaks(picked) == ()
    assert not picked.actions_["clear_peaks"].isEnabled()
    picked.actions_["undo"].trigger()
    assert len(peaks(picked)) == 3


def test_another_spectrum_forgets_the_selection(picked, finish):
    picked.page.peak_panel.table.selectRow(0)
    (other,) = picked.session.add([pack(measured(name="other"))])
    picked.session.select(other)
    finish(picked)
    assert picked.page.peaks.selected == frozenset()
    assert picked.page.peak_panel.table.model().rowCount() == 0


def test_the_tip_of_a_mark_says_what_it_is(picked):
    from PySide6.QtGui import QHelpEvent
    from PySide6.QtWidgets import QToolTip

    viewport = picked.view.plot.viewport()
    place = pixel(picked, *PLACES[0])
    event = QHelpEvent(QHelpEvent.Type.ToolTip, place, viewport.mapToGlobal(place))
    QApplication.sendEvent(viewport, event)
    assert "¹³C 1" in QToolTip.text()
    QToolTip.hideText()


def test_the_menu_of_a_peak_says_what_it_is_and_can_be_changed(picked):
    click(picked, PLACES[0], button=Qt.MouseButton.RightButton)
    menu = picked.commands.peak_menu
    texts = [action.text() for action in menu.actions()]
    assert "It is" in texts
    kinds = next(a for a in menu.actions() if a.text() == "It is").menu()
    kinds.actions()[2].trigger()
    menu.close()
    changed = [p.kind for p in peaks(picked) if round(p.h_ppm) == 7]
    assert changed == [PeakKind.SOLVENT]


def test_five_thousand_peaks_do_not_freeze_the_window(opened, finish):
    many = picks(5000)
    opened.docks.peaks.show()
    opened.docks.peaks.raise_()
    QTest.qWait(50)
    began = time.process_time()  # not the clock: others use the machine, too
    opened.session.set_picked(opened.item_id, many)
    finish(opened)
    shown = time.process_time() - began
    table = opened.page.peak_panel.table
    began = time.process_time()
    table.sortByColumn(int(Column.H), Qt.SortOrder.DescendingOrder)
    QApplication.processEvents()
    table.selectAll()
    QApplication.processEvents()
    used = time.process_time() - began
    assert len(opened.page.peaks.selected) == 5000
    assert shown < 3.0, "a second here is half a second on a quiet machine"
    assert used < 3.0
    first = table.model().index(0, int(Column.H)).data()
    assert float(first) == pytest.approx(max(p.h_ppm for p in many.peaks), abs=1e-3)


def test_labels_in_view_are_written_beside_their_marks(picked, qtbot):
    desk = picked.page.peaks
    peak = peaks(picked)[0]
    picked.session.set_picked(
        picked.item_id,
        PickedPeaks(
            (Peak(1, peak.h_ppm, peak.c_ppm, label="C-4"), Peak(2, 50.0, 500.0, label="far")),
            next_id=3,
        ),
    )
    layer = desk._panes[picked.view].peaks
    qtbot.waitUntil(lambda: layer.labels == ("C-4",))


def test_all_panes_of_a_spectrum_show_its_peaks_and_their_selection(picked, finish):
    session = picked.session
    session.store(AnalysisKey("net-hsqc", (picked.item_id,), None), make_analysis([make_map()]))
    session.set_view(class_id="indole", layout="classes")
    finish(picked)
    views = picked.page.panes.views
    assert len(views) > 1
    layers = [picked.page.peaks._panes[view].peaks for view in views]
    assert {len(layer.marks.points()) for layer in layers} == {3}
    picked.page.peak_panel.table.selectRow(0)
    assert {layer.selected for layer in layers} == {picked.page.peaks.selected}
    session.set_view(layout="single")
    finish(picked)
    assert len(layers[0].marks.points()) == 3


def test_a_click_on_a_mark_of_the_other_spectrum_of_a_sample_selects_there(picked, finish, qtbot):
    session = picked.session
    (other,) = session.add([pack(measured(((5.0, 90.0),), "other", Experiment.HMBC))])
    session.group((picked.item_id, other))
    session.set_picked(other, PickedPeaks((Peak(1, 5.0, 90.0),), next_id=2))
    session.set_view(layout="sample")
    finish(picked)
    views = picked.page.panes.views
    assert len(views) == 2
    assert picked.session.current.id == picked.item_id
    view = views[1] if picked.page.panes.panes[1].item.id == other else views[0]
    scene = view.box.mapViewToScene(QPointF(5.0, 90.0))
    place = view.plot.mapFromScene(scene)
    QTest.mouseClick(view.plot.viewport(), Qt.MouseButton.LeftButton, NONE, place)
    QTest.qWait(20)
    assert session.current.id == other
    assert picked.page.peaks.selected == {1}
    assert picked.page.peak_panel.table.selected_ids() == (1,)


def test_another_project_begins_without_a_tool(picked, finish):
    picked.actions_["edit_peaks"].trigger()
    assert picked.actions_["remove"].shortcuts() == []
    picked.show_workbench(picked.workbench.another(Session()))
    finish(picked)
    assert picked.page.peaks.mode is Mode.SELECT
    assert not picked.actions_["edit_peaks"].isChecked()
    assert [key.toString() for key in picked.actions_["remove"].shortcuts()] == ["Del"]
    assert not picked.actions_["pick_peaks"].isEnabled()


def test_whatever_is_edited_undo_leads_back_and_redo_forth(picked, finish):
    rng = np.random.default_rng(5)
    desk, session, stack = picked.page.peaks, picked.session, picked.page.undo_stack
    first, start = peaks(picked), stack.index()
    for _ in range(60):
        there = peaks(picked)
        ids = [p.id for p in there]
        desk.select(rng.choice(ids, min(2, len(ids)), replace=False).tolist() if ids else ())
        place = Place(float(rng.uniform(0, 10)), float(rng.uniform(0, 150)), 1.0)
        match int(rng.integers(6)):
            case 0:
                desk.add(picked.item_id, place)
            case 1 if ids:
                desk.edit(picked.item_id, lambda now, p=place, i=ids[0]: moved(now, i, p))
            case 2:
                desk.delete_selected()
            case 3 if ids:
                text = f"l{rng.integers(9)}"
                desk.edit(picked.item_id, lambda now, t=text: labelled(now, desk.selected, t))
            case 4:
                desk.call_selected(list(PeakKind)[rng.integers(4)])
            case 5:
                session.set_reference((picked.item_id,), h=Affine(offset=float(rng.normal())))
    last = peaks(picked)
    while stack.index() > start:
        stack.undo()
    assert peaks(picked) == first
    while stack.canRedo():
        stack.redo()
    assert peaks(picked) == last
    finish(picked)
    assert picked.page.peak_panel.table.model().rowCount() == len(last)


def test_the_window_answers_while_peaks_are_picked(opened, finish):
    rng = np.random.default_rng(0)
    places = [(float(h), float(c)) for h, c in rng.uniform((0, 0), (10, 150), (80, 2))]
    big = instrument(rows=512, columns=1024, peaks=100)
    ids = opened.session.add([pack(big), pack(measured(places, "b"))])
    finish(opened)
    opened.sidebar.list.selectAll()
    gaps, last = [], own_time()
    opened.actions_["pick_peaks"].trigger()
    while opened.workbench.runner.running:
        QTest.qWait(5)
        now = own_time()
        gaps.append(now - last)
        last = now
    assert all(opened.session.find(i).record.n_picked for i in ids)
    assert max(gaps) < 0.5, "on a machine that others use, too"
