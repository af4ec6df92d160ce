"""Masks and referencing in the window: drawn, excluded, undone; axes moved by clicks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QWidget
from test_peak_window import PLACES, SHIFT, click, drag, libraries, measured  # noqa: F401
from window_builders import make_analysis, make_map, packed, picture

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.session.items import AnalysisKey, ItemState
from nmrcam_qt.session.masking import with_solvent_masks
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.beside import show_beside
from nmrcam_qt.ui.commands.referencing import AS_FILED, NO_MASKS, ONLY_PICTURES
from nmrcam_qt.ui.mask_layer import MaskLayer
from nmrcam_qt.ui.peak_tool import Mode

KEY = "net-hsqc"


def solved(solvent="CDCl3", name="inst"):
    made = replace(measured(name=name), acquisition=Acquisition(solvent, 500.0, 125.0))
    return with_solvent_masks(pack(made))


@pytest.fixture
def opened(window, finish, qtbot):
    (window.item_id,) = window.session.add([solved()])
    window.session.select(window.item_id)
    finish(window)
    qtbot.waitUntil(lambda: window.view.ink is not None, timeout=10_000)
    return window


def item(window):
    return window.session.find(window.item_id)


def masks(window):
    return item(window).packed.masks


def layer(window) -> MaskLayer:
    return window.page.peaks._panes[window.view].masks


def ok(dialog):
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)


# Masks


def test_the_signals_of_the_solvent_are_greyed_where_they_lie(opened):
    assert [mask.name for mask in masks(opened)] == ["CHCl3", "TMS"]
    rect = layer(opened).rects[0].rect()
    assert rect.left() < 7.26 < rect.right()
    assert rect.top() < 77.16 < rect.bottom()


def test_one_key_excludes_them_and_includes_them_again(opened, finish):
    QTest.keyClick(opened, Qt.Key.Key_X, SHIFT)
    finish(opened)
    assert all(mask.excluded for mask in masks(opened))
    assert opened.actions_["exclude_masks"].isChecked()
    assert "excluded" in layer(opened).names[0].toPlainText()
    QTest.keyClick(opened, Qt.Key.Key_X, SHIFT)
    finish(opened)
    assert not any(mask.excluded for mask in masks(opened))
    opened.actions_["undo"].trigger()
    assert all(mask.excluded for mask in masks(opened))


def test_excluding_makes_scores_anew_and_undo_brings_the_old_ones_back(opened, finish):
    key = AnalysisKey(KEY, (opened.item_id,), None)
    opened.session.store(key, make_analysis([make_map()]))
    finish(opened)
    old = opened.session.result(key)
    assert item(opened).state is ItemState.ANALYSED
    opened.actions_["exclude_masks"].trigger()
    assert opened.session.result(key) is None, "they were made of something else"
    finish(opened)
    assert item(opened).state is ItemState.ANALYSED
    assert opened.session.result(key) not in (None, old)
    opened.actions_["undo"].trigger()
    finish(opened)
    assert opened.session.result(key) is old


def test_nothing_is_analysed_that_was_not(opened, finish):
    opened.actions_["exclude_masks"].trigger()
    finish(opened)
    assert item(opened).state is ItemState.NEW


def test_many_spectra_are_masked_and_excluded_in_one_step(opened, finish):
    more = opened.session.add([solved("DMSO", "b"), pack(picture()), solved("", "c")])
    finish(opened)
    opened.sidebar.list.selectAll()
    count = opened.page.undo_stack.count()
    opened.actions_["exclude_masks"].trigger()
    finish(opened)
    assert opened.page.undo_stack.count() == count + 1
    own = [opened.session.find(i).packed.masks for i in (opened.item_id, *more)]
    assert [bool(one) and all(m.excluded for m in one) for one in own] == [True, True, False, False]


def test_without_masks_and_solvent_the_key_says_why_it_does_nothing(window, finish):
    (window.item_id,) = window.session.add([pack(picture())])
    window.session.select(window.item_id)
    finish(window)
    assert not window.actions_["exclude_masks"].isEnabled()
    assert window.actions_["exclude_masks"].statusTip() == NO_MASKS


def test_a_region_is_drawn_with_the_mouse(opened, finish):
    opened.actions_["mask_tool"].trigger()
    assert opened.page.peaks.mode is Mode.MASK
    window = opened.view.ppm_window
    drag(opened, (6.0, 90.0), (5.0, 110.0))
    finish(opened)
    mask = masks(opened)[-1]
    assert mask.h_ppm == (pytest.approx(5.0, abs=0.05), pytest.approx(6.0, abs=0.05))
    assert mask.c_ppm == (pytest.approx(90.0, abs=0.6), pytest.approx(110.0, abs=0.6))
    assert not mask.excluded
    assert opened.view.ppm_window == window
    drag(opened, (4.0, 90.0), (3.5, 110.0))
    assert len({mask.name for mask in masks(opened)}) == 4, "names are all different"
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert opened.page.peaks.mode is Mode.SELECT
    assert not layer(opened).draft.isVisible()
    opened.actions_["undo"].trigger()
    opened.actions_["undo"].trigger()
    assert len(masks(opened)) == 2


def test_a_slip_of_the_hand_draws_nothing(opened):
    opened.actions_["mask_tool"].trigger()
    drag(opened, (6.0, 90.0), (6.005, 90.3))
    click(opened, (5.0, 50.0))
    assert len(masks(opened)) == 2


def test_masks_can_be_hidden(opened, finish):
    opened.actions_["show_masks"].trigger()
    finish(opened)
    assert layer(opened).rects == []
    assert len(masks(opened)) == 2


@pytest.fixture
def dialog(opened, finish):
    opened.actions_["solvents"].trigger()
    finish(opened)
    yield opened.commands.mask_dialog
    if opened.commands.mask_dialog is not None:
        opened.commands.mask_dialog.close()


def rows(dialog):
    tree = dialog.tree
    return [tree.topLevelItem(n) for n in range(tree.topLevelItemCount())]


def test_the_list_ticks_what_is_excluded(opened, dialog, finish):
    assert [row.text(0) for row in rows(dialog)] == ["CHCl3", "TMS"]
    rows(dialog)[0].setCheckState(0, Qt.CheckState.Checked)
    finish(opened)
    assert [mask.excluded for mask in masks(opened)] == [True, False]
    assert rows(dialog)[0].checkState(0) == Qt.CheckState.Checked
    dialog.exclude_all.click()
    finish(opened)
    assert all(mask.excluded for mask in masks(opened))
    dialog.include_all.click()
    finish(opened)
    assert not any(mask.excluded for mask in masks(opened))


def test_another_solvent_is_chosen_and_its_signals_are_masked(opened, dialog, finish):
    dialog.solvent.setCurrentIndex(dialog.solvent.findText("DMSO-d6"))
    assert "DMSO-d5" in dialog.signals.text()
    dialog.add.click()
    finish(opened)
    assert [row.text(0) for row in rows(dialog)] == ["CHCl3", "TMS", "DMSO-d5"]
    dialog.add.click()
    finish(opened)
    assert len(rows(dialog)) == 3, "none comes twice"


def test_a_selected_region_is_deleted(opened, dialog, finish):
    assert not dialog.delete.isEnabled()
    rows(dialog)[1].setSelected(True)
    assert dialog.delete.isEnabled()
    dialog.delete.click()
    finish(opened)
    assert [mask.name for mask in masks(opened)] == ["CHCl3"]
    opened.actions_["undo"].trigger()
    finish(opened)
    assert len(rows(dialog)) == 2, "the dialog follows"


def test_the_dialog_follows_the_spectrum_and_says_what_is_not_known(opened, dialog, finish):
    (other,) = opened.session.add([pack(picture())])
    opened.session.select(other)
    finish(opened)
    assert dialog.heading.text() == "picture"
    assert "not known" in dialog.solvent.itemText(0)
    assert not dialog.add.isEnabled()
    assert dialog.add.toolTip() == dialog.signals.text() != ""
    assert rows(dialog) == []


# Referencing


@pytest.mark.parametrize("width", [400, 700])
def test_the_dialogs_leave_the_spectrum_to_the_mouse(qtbot, width):
    frame, dialog = QWidget(), QDialog()
    qtbot.addWidget(frame)
    qtbot.addWidget(dialog)
    dialog.setFixedSize(300, 200)
    frame.setGeometry(0, 0, width, 500)
    frame.show()
    show_beside(dialog, frame)
    assert dialog.isVisible() and dialog.screen().geometry().contains(dialog.geometry())
    if width == 400:
        assert dialog.x() > frame.geometry().right(), "there is room beside the window"
    else:
        assert dialog.geometry().right() == pytest.approx(width, abs=12)


def test_click_a_signal_and_type_its_shift(opened, finish):
    QTest.keyClick(opened, Qt.Key.Key_R, SHIFT)
    dialog = opened.commands.reference_dialog
    assert opened.page.peaks.mode is Mode.PLACE
    click(opened, (7.05, 121.0))
    assert dialog.place.h_ppm == pytest.approx(7.0, abs=0.01)
    before = item(opened).packed.f2.first_ppm, item(opened).packed.f1.first_ppm
    read = dialog.place
    dialog.h_ppm.setValue(7.26)
    dialog.c_ppm.setValue(118.5)
    ok(dialog).click()
    finish(opened)
    now = item(opened).packed
    assert now.f2.first_ppm - before[0] == pytest.approx(7.26 - read.h_ppm, abs=1e-9)
    assert now.f1.first_ppm - before[1] == pytest.approx(118.5 - read.c_ppm, abs=1e-9)
    assert opened.page.peaks.mode is Mode.SELECT
    assert "referenced" in " ".join(now.provenance.notes)
    opened.actions_["undo"].trigger()
    assert item(opened).packed.f2.first_ppm == before[0]


def test_a_selected_peak_is_what_is_clicked(opened, finish):
    opened.actions_["pick_peaks"].trigger()
    finish(opened)
    click(opened, PLACES[1])
    opened.actions_["reference"].trigger()
    place = opened.commands.reference_dialog.place
    assert (place.h_ppm, place.c_ppm) == (pytest.approx(3, abs=0.02), pytest.approx(50, abs=0.3))


def test_the_selection_is_referenced_in_one_step_and_set_back(opened, finish):
    more = opened.session.add([solved(name="b"), solved(name="c")])
    finish(opened)
    opened.sidebar.list.selectAll()
    finish(opened)
    count = opened.page.undo_stack.count()
    opened.actions_["reference"].trigger()
    dialog = opened.commands.reference_dialog
    click(opened, PLACES[0])
    dialog.h_ppm.setValue(7.5)
    dialog.scope.setCurrentIndex(dialog.scope.count() - 1)
    assert dialog.scope.currentText() == "the 3 selected spectra"
    ok(dialog).click()
    finish(opened)
    assert opened.page.undo_stack.count() == count + 1
    offsets = {opened.session.find(i).packed.reference.h.offset for i in (opened.item_id, *more)}
    assert len(offsets) == 1
    assert offsets.pop() == pytest.approx(0.5, abs=0.02)
    opened.actions_["reference_reset"].trigger()
    finish(opened)
    assert all(opened.session.find(i).packed.reference.identity for i in more)
    assert opened.actions_["reference_reset"].statusTip() == AS_FILED


def test_escape_leaves_and_closing_the_dialog_too(opened):
    opened.actions_["reference"].trigger()
    opened.commands.reference_dialog.close()
    assert opened.page.peaks.mode is Mode.SELECT
    assert opened.commands.reference_dialog is None
    opened.actions_["reference"].trigger()
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert opened.page.peaks.mode is Mode.SELECT
    assert opened.commands.reference_dialog is None


def test_what_was_read_in_another_spectrum_is_not_used(opened, finish):
    (other,) = opened.session.add([solved(name="b")])
    opened.actions_["reference"].trigger()
    opened.session.select(other)
    finish(opened)
    assert opened.commands.reference_dialog is None


def test_two_clicks_set_the_axes_of_a_picture(window, finish, qtbot):
    (window.item_id,) = window.session.add([pack(picture(rows=410, columns=600))])
    window.session.select(window.item_id)
    finish(window)
    window.actions_["reference_two"].trigger()
    dialog = window.commands.reference_dialog
    click(window, (8.0, 40.0), SHIFT)
    click(window, (2.0, 160.0), SHIFT)
    reads = [(place.h_ppm, place.c_ppm) for place in dialog._places]
    true = ((8.5, 30.0), (1.9, 170.0))
    for row, values in zip(dialog.true, true, strict=True):
        for box, value in zip(row, values, strict=True):
            box.setValue(value)
    assert "becomes" in dialog.preview[0].text()
    ok(dialog).click()
    finish(window)
    now = item(window).packed
    for (h, c), (h_true, c_true) in zip(reads, true, strict=True):
        assert now.reference.h.scale * h + now.reference.h.offset == pytest.approx(h_true)
        assert now.reference.c.scale * c + now.reference.c.offset == pytest.approx(c_true)
    assert not now.provenance.axes_assumed
    window.actions_["reference_reset"].trigger()
    finish(window)
    assert item(window).packed.f2.edges == pytest.approx((10.0, 0.0))


def test_only_pictures_have_axes_that_two_signals_set(opened):
    assert not opened.actions_["reference_two"].isEnabled()
    assert opened.actions_["reference_two"].statusTip() == ONLY_PICTURES


def test_a_peak_list_can_be_referenced_too(window, finish):
    (window.item_id,) = window.session.add([packed(points=((7.2, 120.0), (3.0, 50.0)))])
    window.session.select(window.item_id)
    finish(window)
    window.actions_["reference"].trigger()
    dialog = window.commands.reference_dialog
    click(window, (7.2, 120.0))
    assert dialog.place.h_ppm == pytest.approx(7.2, abs=1e-9), "the peak, not the pixel"
    dialog.h_ppm.setValue(7.3)
    ok(dialog).click()
    finish(window)
    assert sorted(item(window).packed.peaks.h_ppm) == pytest.approx([3.1, 7.3])


def test_masks_of_any_size_have_their_names_inside_or_none(opened, qtbot):
    shown = layer(opened)
    shown.show(
        (
            Mask("a streak through everything", (4.7, 4.9), (-1000.0, 1000.0)),
            Mask("wide", (6.0, 9.0), (10.0, 60.0)),
            Mask("tiny", (1.0, 1.001), (10.0, 10.1)),
            Mask("elsewhere", (50.0, 60.0), (10.0, 60.0)),
        )
    )
    assert [name.isVisible() for name in shown.names] == [True, True, False, False]
    assert [name.angle for name in shown.names[:2]] == [90, 0]
