"""Entries of a choice are made when somebody is about to choose."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtTest import QTest

from nmrcam_qt.ui.late_combo import NOTHING, LateCombo

ALL = [("one", 1), ("two", 2), ("three", 3)]


@pytest.fixture
def combo(qtbot):
    made = LateCombo("nothing is open")
    qtbot.addWidget(made)
    return made


def texts(combo):
    return [combo.itemText(row) for row in range(combo.count())]


def asked(entries, log):
    def others():
        log.append(1)
        return entries

    return others


def test_only_the_choice_until_it_opens(combo):
    log = []
    combo.show_choice(("two", 2), asked(ALL, log))
    assert (texts(combo), log) == (["two"], [])
    combo.fill()
    assert (texts(combo), combo.currentText(), combo.currentData()) == (
        ["one", "two", "three"],
        "two",
        2,
    )
    combo.fill()
    assert log == [1]


def test_without_a_choice_it_asks_for_one_or_says_why_there_is_none(combo):
    combo.show_choice(None, lambda: ALL)
    assert texts(combo) == [NOTHING]
    combo.fill()
    assert texts(combo) == [NOTHING, "one", "two", "three"]
    assert combo.currentData() is None
    combo.show_choice(None, list)
    combo.fill()
    assert texts(combo) == ["nothing is open"]


def test_the_same_choice_again_leaves_an_open_list_alone_and_later_makes_it_anew(combo):
    combo.show_choice(("two", 2), lambda: ALL)
    combo.fill()
    combo.show_choice(("two", 2), lambda: ALL[:2])
    assert texts(combo) == ["one", "two", "three"]
    combo.fill()
    assert texts(combo) == ["one", "two"]
    combo.show_choice(("one", 1), lambda: ALL)
    assert texts(combo) == ["one"]


def test_a_list_that_is_open_for_another_spectrum_closes(combo, qtbot):
    """A job may show what it has opened; the entry would have become that spectrum's partner."""
    combo.show_choice(None, lambda: ALL, of=1)
    combo.show()
    combo.showPopup()
    combo.show_choice(None, lambda: ALL, of=1)
    assert combo.view().isVisible()
    combo.setCurrentIndex(2)
    combo.show_choice(None, lambda: ALL[:1], of=2)
    assert not combo.view().isVisible()
    assert (texts(combo), combo.currentData()) == ([NOTHING], None)
    combo.fill()
    assert texts(combo) == [NOTHING, "one"]


@pytest.mark.parametrize("way", ["popup", "focus", "key", "wheel"])
def test_every_way_to_choose_fills_it(combo, way):
    log = []
    combo.show_choice(("one", 1), asked(ALL, log))
    if way == "popup":
        combo.showPopup()
        combo.hidePopup()
    elif way == "focus":
        combo.focusInEvent(QFocusEvent(QFocusEvent.Type.FocusIn))
    elif way == "key":
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert combo.currentData() == 2
    else:
        combo.wheelEvent(
            QWheelEvent(
                QPointF(3, 3),
                QPointF(3, 3),
                QPoint(),
                QPoint(0, -120),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
        )
        assert combo.currentData() == 2
    assert log == [1]
    assert combo.count() == 3
