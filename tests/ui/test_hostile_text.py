"""Names and titles of strangers are shown as they are, never as HTML."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QLabel, QWidget
from window_builders import CARDS, FAKE_SERVER, packed

from nmrcam_qt.core.cards import ClassSpec
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.clipboard import table_mime
from nmrcam_qt.ui.main_window import MainWindow
from nmrcam_qt.ui.workbench import Workbench
from nmrcam_qt.workers.inference_client import InferenceClient

EVIL = '<img src="//stranger/share/x.png">'


def hostile(card):
    classes = tuple(ClassSpec(c.id, f"{EVIL}{c.id}", EVIL, c.colour) for c in card.classes)
    return dataclasses.replace(card, title=EVIL, classes=classes, limits=(EVIL,))


@pytest.fixture
def window(qtbot, settings, no_leaks):
    client = InferenceClient(FAKE_SERVER, request_timeout_s=120)
    cards = [hostile(card) for card in CARDS]
    made = MainWindow(Workbench(Session(), client, cards), settings, False)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()
    made.deleteLater()
    qtbot.wait(1)


def test_no_label_and_no_tip_draws_html(window, finish):
    window.session.add([packed(EVIL)])
    window.session.add_problem(f"{EVIL}: broken")
    window.session.select(1)
    window.commands.analyse()
    finish(window)
    assert EVIL in window.panel.classes.verdict.text()
    for label in window.findChildren(QLabel):
        plain = label.textFormat() is Qt.TextFormat.PlainText
        assert plain or not Qt.mightBeRichText(label.text()), label.text()
    for widget in window.findChildren(QWidget):
        assert "<img" not in widget.toolTip(), widget
    for model in (window.problems, window.sidebar.model, window.panel.method.model()):
        for row in range(model.rowCount()):
            assert "<img" not in (model.index(row, 0).data(Qt.ItemDataRole.ToolTipRole) or "")


def test_the_window_s_title_is_one_line(window, finish):
    window.session.add([packed("\u202eevil\n\x1b[31m" + "w" * 5000)])
    window.session.select(1)
    finish(window)
    assert window.windowTitle().isprintable()
    assert len(window.windowTitle()) < 300


def test_plain_text_is_left_alone():
    assert plain_tip("a < b\nand c") == "a < b\nand c"
    shown = plain_tip(f"{EVIL}\nnext")
    assert shown.startswith("<p style") and "&lt;img" in shown and "\nnext" in shown


@pytest.mark.parametrize("name", ["=1+1", "@SUM(1)", "+1", "-1"])
def test_no_format_of_the_clipboard_holds_a_formula(window, name):
    window.session.add([packed(name)])
    mime = table_mime(window.session.items)
    assert f"<td>&#x27;{name}</td>" in mime.html()
    assert f"\n'{name}\t" in mime.text()
