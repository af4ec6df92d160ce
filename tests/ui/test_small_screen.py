"""On a small screen the spectrum and the scores keep their room."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel

from nmrcam_qt.ui.start_page import KINDS, NO_SPECTRUM, StartPage, Strip
from nmrcam_qt.ui.warning_panel import FIRST, MOST, WarningPanel


@pytest.mark.parametrize("count", [0, 1, MOST, MOST + 1, 9])
def test_many_warnings_leave_room_for_the_scores(qtbot, count):
    panel = WarningPanel()
    qtbot.addWidget(panel)
    panel.resize(280, 600)
    said = [f"Warning {number}." for number in range(count)]
    panel.set_warnings(said)
    assert panel.isHidden() == (count == 0)
    many = count > MOST
    assert panel.more.isHidden() != many
    lines = panel.text.text().splitlines()
    assert lines == [f"⚠ {text}" for text in (said[:FIRST] if many else said)]
    if many:
        assert panel.more.text() == f"{count - FIRST} more warnings"
        panel.more.click()
        assert len(panel.text.text().splitlines()) == count
        panel.set_warnings([*said, "Another."])
        assert "Another." in panel.text.text()  # who looks at all of them goes on doing so
        panel.more.click()
        assert len(panel.text.text().splitlines()) == FIRST


def test_the_start_page_wraps_and_names_what_can_be_opened(qtbot):
    page = StartPage()
    qtbot.addWidget(page)
    page.resize(300, 400)
    page.show()
    for label in page.findChildren(QLabel):
        assert label.geometry().right() <= 300 and label.wordWrap()
        assert label.heightForWidth(label.width()) <= label.height()
    assert {label.text() for label in page.findChildren(QLabel)} == {NO_SPECTRUM, KINDS}
    for word in ("Bruker", "JCAMP-DX", "pictures", "peak lists", "project"):
        assert word in KINDS


@pytest.mark.parametrize("message", ["", "Not analysed with Mixtures yet: press Analyse (A)." * 3])
def test_a_note_is_whole_beside_a_message_and_below_the_heading(qtbot, message):
    strip = Strip()
    qtbot.addWidget(strip)
    strip.heading.setText("estragole_hsqc  ·  HSQC  ·  Benzene ring, score 0.990  ·  HiResCAM")
    strip.set_note("12 contours from 12.1 × noise, × 1.4")
    strip.set_message(message)
    strip.resize(400, 90)
    strip.show()
    assert strip.note.width() >= strip.note.fontMetrics().horizontalAdvance(strip.note.text())
    assert strip.note.geometry().top() >= strip.heading.geometry().bottom()
    assert strip.heading.width() > 300


def test_a_window_that_begins_small_has_narrow_docks(window):
    # As the first resize event of a small screen says it: there was no size before.
    asked = []
    window.docks.share_width = lambda: asked.append(True)
    window.resizeEvent(QResizeEvent(QSize(1022, 640), QSize(-1, -1)))
    assert asked == [True]
    window.resizeEvent(QResizeEvent(QSize(1000, 640), QSize(1022, 640)))
    assert asked == [True]
    window.resizeEvent(QResizeEvent(QSize(1400, 900), QSize(1000, 640)))
    assert asked == [True, True]
