"""Referencing: what the dialogs make of clicks and numbers."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QDialogButtonBox

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.session.peak_editing import Place
from nmrcam_qt.ui.reference_dialog import (
    FAR,
    NO_AXIS,
    NOTHING_CHANGES,
    NOTHING_CLICKED,
    ReferenceDialog,
    Scope,
)
from nmrcam_qt.ui.reference_two import NEAR, NOT_BOTH, TwoSignalDialog

THIS, SEVERAL = Scope("this spectrum", (4,)), Scope("3 selected spectra", (4, 5, 9))
F2, F1 = Axis.from_edges("1H", 10.0, 0.0, 600), Axis.from_edges("13C", 0.0, 200.0, 410)


def ok(dialog):
    return dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)


@pytest.fixture
def dialog(qtbot):
    made = ReferenceDialog("some", (THIS, SEVERAL), "CDCl3")
    qtbot.addWidget(made)
    made.got = []
    made.chosen.connect(made.got.append)
    return made


@pytest.fixture
def two(qtbot):
    made = TwoSignalDialog("some", (F2, F1), (THIS,))
    qtbot.addWidget(made)
    made.got = []
    made.chosen.connect(made.got.append)
    return made


def test_nothing_can_be_done_before_a_click(dialog):
    assert not ok(dialog).isEnabled()
    assert dialog.remark.text() == NOTHING_CLICKED


def test_a_click_near_a_known_signal_proposes_it(dialog):
    dialog.set_place(Place(7.19, 76.6, 1.0))
    assert (dialog.h_ppm.value(), dialog.c_ppm.value()) == (7.26, 77.16)
    assert "CHCl3" in dialog.known.currentText()
    ok(dialog).click()
    (got,) = dialog.got
    assert got.ids == (4,)
    assert got.h.scale == got.c.scale == 1.0
    assert got.h.offset == pytest.approx(0.07, abs=1e-9)
    assert got.c.offset == pytest.approx(0.56, abs=1e-9)


def test_signals_of_the_solvent_come_first(dialog, qtbot):
    texts = [dialog.known.itemText(n) for n in range(dialog.known.count())]
    assert texts[1].startswith("TMS")
    assert texts[2].startswith("CHCl3")
    assert any("DMSO" in text for text in texts), "the others can be chosen, too"
    water = ReferenceDialog("w", (THIS,), "D2O")
    qtbot.addWidget(water)
    assert water.known.itemText(1).startswith("DSS")


def test_another_signal_keeps_what_it_reads_until_the_user_types(dialog):
    dialog.set_place(Place(6.1, 111.0, 1.0))
    assert not ok(dialog).isEnabled()
    assert dialog.remark.text() == NOTHING_CHANGES
    dialog.h_ppm.setValue(6.2)
    ok(dialog).click()
    assert dialog.got[0].h.offset == pytest.approx(0.1)
    assert dialog.got[0].c is None, "13C stays"


def test_one_axis_can_be_left_out(dialog):
    dialog.set_place(Place(7.19, 76.6, 1.0))
    dialog.h_box.setChecked(False)
    ok(dialog).click()
    assert dialog.got[0].h is None
    assert dialog.got[0].c.offset == pytest.approx(0.56)


def test_no_axis_is_refused_and_a_large_shift_remarked_on(dialog):
    dialog.set_place(Place(7.19, 76.6, 1.0))
    dialog.h_ppm.setValue(9.0)
    assert dialog.remark.text() == FAR
    assert ok(dialog).isEnabled()
    dialog.h_box.setChecked(False)
    dialog.c_box.setChecked(False)
    assert dialog.remark.text() == NO_AXIS
    assert ok(dialog).toolTip() == NO_AXIS
    assert not ok(dialog).isEnabled()


def test_it_can_hold_for_the_selection(dialog):
    dialog.set_place(Place(7.19, 76.6, 1.0))
    dialog.scope.setCurrentIndex(1)
    ok(dialog).click()
    assert dialog.got[0].ids == (4, 5, 9)


def test_another_click_takes_another_signal(dialog):
    dialog.set_place(Place(7.19, 76.6, 1.0))
    dialog.set_place(Place(0.03, 0.2, 1.0))
    assert "TMS" in dialog.known.currentText()
    assert dialog.h_ppm.value() == 0.0


# Two signals


def click_both(dialog, one=(8.0, 20.0), other=(1.0, 180.0)):
    dialog.set_place(Place(*one, 1.0))
    dialog.set_place(Place(*other, 1.0))


def test_two_clicks_and_four_numbers_set_both_axes(two):
    assert two.remark.text() == NOT_BOTH
    click_both(two)
    two.true[0][0].setValue(8.4)
    two.true[0][1].setValue(30.0)
    two.true[1][0].setValue(1.2)
    two.true[1][1].setValue(170.0)
    ok(two).click()
    (got,) = two.got
    for affine, reads, true in ((got.h, (8.0, 1.0), (8.4, 1.2)), (got.c, (20, 180), (30, 170))):
        for read, wanted in zip(reads, true, strict=True):
            assert affine.scale * read + affine.offset == pytest.approx(wanted, abs=1e-9)


def test_the_preview_says_what_the_axes_become(two):
    click_both(two, (10.0, 0.0), (0.0, 200.0))
    two.true[0][0].setValue(11.0)
    two.true[1][1].setValue(220.0)
    assert two.preview[0].text() == "10.00 to 0.00 ppm becomes 11.00 to 0.00 ppm"
    assert two.preview[1].text() == "0.00 to 200.00 ppm becomes 0.00 to 220.00 ppm"


def test_the_second_click_is_the_second_signal_and_any_can_be_clicked_again(two):
    click_both(two)
    assert two.reads[0][0].text() == "8.0000 ppm"
    assert two.reads[1][0].text() == "1.0000 ppm"
    two.rows[0].setChecked(True)
    two.set_place(Place(7.0, 30.0, 1.0))
    assert two.reads[0][0].text() == "7.0000 ppm"
    assert two.reads[1][0].text() == "1.0000 ppm"


@pytest.mark.parametrize(
    ("other", "true", "said"),
    [
        ((8.0, 180.0), (8.0, 1.0), "¹H: both signals read the same shift"),
        ((1.0, 180.0), (8.0, 8.0), "¹H: both signals cannot have the same shift"),
        ((1.0, 180.0), (1.0, 8.0), "¹H: these shifts would turn the axis around"),
    ],
)
def test_what_makes_no_axis_is_said(two, other, true, said):
    click_both(two, (8.0, 20.0), other)
    for row, ppm in zip(two.true, true, strict=True):
        row[0].setValue(ppm)
    assert two.remark.text().startswith(said)
    assert not ok(two).isEnabled()
    two.ticks[0].setChecked(False)
    assert ok(two).isEnabled(), "the other axis can be set all the same"
    ok(two).click()
    assert two.got[0].h is None
    assert two.got[0].c == Affine()


def test_signals_near_each_other_are_remarked_on(two):
    click_both(two, (8.0, 20.0), (7.9, 180.0))
    assert two.remark.text() == NEAR
    assert ok(two).isEnabled()
