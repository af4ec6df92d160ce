"""Slow maps on demand, badges, and methods and classes beside each other, in the real window."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import scipy.spatial  # noqa: F401 - its own threads bear the name of the one that loads it
from check_builders import a_check
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from window_builders import CLASSES, MAP_F1, MAP_F2, make_analysis, make_map, packed

from nmrcam_qt.core.methods import DEFAULT_METHODS, METHODS
from nmrcam_qt.session.checking import Verdict
from nmrcam_qt.session.compare_table import CSV_TITLES, TITLES, Column
from nmrcam_qt.session.comparing import NO_TRUTH
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.ui import check_desk, compare_window
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.workers.jobs import FunctionJob

HOT = (float(MAP_F2.ppm(7)), float(MAP_F1.ppm(5)))
"""Where the heat of `make_map` is, ppm."""
KEY = AnalysisKey("net-hsqc", (1,), None)
SLOW = tuple(m for m in METHODS if m not in DEFAULT_METHODS)
THERE = tuple(m for m in DEFAULT_METHODS if m != "cam")


@pytest.fixture
def opened(window, finish):
    session = window.session
    pure = packed("two_HSQC", points=((2.0, 30.0),))
    session.add([packed("one_HSQC", points=((2.0, 30.0), HOT)), pure])
    session.select(1)
    session.set_view(class_id="indole")
    maps = [make_map(c, m) for c in CLASSES for m in THERE]
    maps[0] = make_map(maps[0].class_id, maps[0].method, np.zeros((21, 33), np.float32))
    session.store(KEY, make_analysis(maps, unavailable=[("cam", "no pooling head")]))
    finish(window)
    return window


@pytest.fixture
def checker(monkeypatch):
    """Checks that are made up; what they were asked for is kept."""
    asked = []

    def job_for(client, work, maps):
        asked.append(tuple(maps))
        made = tuple(a_check(m != "gradcam", True, class_id=c, method=m) for c, m in maps)
        return FunctionJob("Checking", lambda context: made)

    monkeypatch.setattr(check_desk, "job_for", job_for)
    return asked


@pytest.fixture
def comparing(opened, qtbot, finish):
    opened.commands.compare()
    made = opened.commands.compare_window
    qtbot.waitUntil(lambda: made.comparison is not None, timeout=10_000)
    settle(made, qtbot)
    finish(opened)
    return made


def settle(made, qtbot):
    """Until everything is drawn."""
    qtbot.waitUntil(lambda: not made._timer.isActive() and not made._growing.isActive())


def badge(window):
    return window.page.checks.badge_on(window.view)


def test_analyse_asks_for_the_cheap_methods_only(opened, finish):
    opened.session.select(2)
    opened.workbench.analyse([2])
    finish(opened)
    made = opened.session.analysis(AnalysisKey("net-hsqc", (2,), None))
    assert {e.method for e in made.explanations} == set(THERE)


def test_choosing_a_slow_method_makes_its_map_and_no_other(opened, finish):
    combo, slow = opened.panel.method, SLOW[0]
    combo.setCurrentIndex(combo.findData(slow))
    combo.activated.emit(combo.currentIndex())
    assert opened.session.view.method == slow
    assert opened.page.maps.busy(opened.shown)
    opened.refresh()
    assert "being computed" in opened.shown.message
    assert not opened.view.strip.analyse.isVisible()
    finish(opened)
    assert opened.shown.explanation.method == slow
    assert {e.method for e in opened.session.analysis(KEY).explanations} == {*THERE, slow}


def test_stepping_to_a_method_asks_for_nothing_and_the_button_does(opened, finish, qtbot):
    opened.session.set_view(method=SLOW[1])
    finish(opened)
    button = opened.view.strip.analyse
    assert button.isVisible()
    assert button.text() == "Compute"
    assert METHODS[SLOW[1]].cost in button.toolTip()
    assert not opened.workbench.runner.running
    assert opened.actions_["compute_map"].isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    finish(opened)
    assert opened.shown.explanation is not None
    assert not button.isVisible()
    assert "there" in opened.actions_["compute_map"].toolTip()


def test_keys_step_over_slow_methods_without_maps(opened, finish):
    opened.session.set_view(method=THERE[-1])
    opened.commands.next_method()
    assert opened.session.view.method == THERE[0]


def test_what_breaks_is_a_problem_and_can_be_asked_again(opened, finish, trouble):
    trouble.write_text("known")
    opened.session.set_view(method=SLOW[0])
    opened.page.compute_map()
    finish(opened)
    assert "this head has no global pooling" in opened.session.problems[-1].text
    assert not opened.page.maps.busy(opened.shown)
    assert opened.view.strip.analyse.isVisible()


def test_the_list_has_two_groups_whose_headings_cannot_be_chosen(opened):
    combo = opened.panel.method
    texts = [combo.itemText(n) for n in range(combo.count())]
    assert texts[0] == "With every analysis"
    assert "On demand (slow)" in texts
    model = combo.model()
    assert not model.item(0).isEnabled()
    assert model.item(1).isEnabled()
    tip = combo.itemData(combo.findData("gradcam"), Qt.ItemDataRole.ToolTipRole)
    assert "Costs: " in tip
    assert "When it is wrong: " in tip
    cam = combo.itemData(combo.findData("cam"), Qt.ItemDataRole.ToolTipRole)
    assert cam == "Not available: no pooling head"


def test_a_badge_is_not_checked_then_checked(opened, finish, checker, qtbot):
    made = badge(opened)
    assert made.badge.verdict is Verdict.UNKNOWN
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton)
    assert made.badge.verdict is Verdict.BUSY
    opened.page.check_map()  # asked already
    finish(opened)
    assert checker == [(("indole", "hirescam"),)]
    assert made.badge.verdict is Verdict.PASSES
    assert made.property("verdict") == "passes"
    assert not opened.actions_["check_map"].isEnabled()
    qtbot.mouseClick(made, Qt.MouseButton.LeftButton)
    message = opened.commands.message
    assert "HiResCAM, Indole" in message.windowTitle()
    assert message.text().startswith("One.\n\nTwo.")
    message.close()
    opened.session.set_view(class_id="steroid")
    finish(opened)
    assert made.badge.verdict is Verdict.UNKNOWN
    opened.session.set_view(class_id=None)
    finish(opened)
    assert not made.isVisible()


def test_a_check_that_failed_leaves_the_badge_as_it_was(opened, finish, monkeypatch):
    def broken(context):
        raise MemoryError

    monkeypatch.setattr(check_desk, "job_for", lambda *a: FunctionJob("Checking", broken))
    opened.page.check_map()
    finish(opened)
    assert badge(opened).badge.verdict is Verdict.UNKNOWN
    assert "not enough memory" in opened.session.problems[-1].text


def test_all_methods_and_classes_stand_in_a_grid(comparing):
    assert len(comparing.panes) == len(THERE) * len(CLASSES)
    assert len(comparing.grid.views) == len(comparing.panes)
    assert comparing.grid._grid.columnCount() == len(CLASSES)
    first = comparing.grid.views[0]
    assert first.heading.text() == "Grad-CAM  ·  Fatty Acid 0.100"
    assert "Empty map" in first.message.text()
    assert "a map that is the same everywhere" in comparing.heading.text()
    assert "one_HSQC" in comparing.windowTitle()
    assert comparing.table.model_.rowCount() == len(comparing.panes)


def test_zoom_is_linked(comparing, qtbot):
    one, other = comparing.grid.views[:2]
    one.box.set_window((8.0, 6.0), (100.0, 140.0))
    one.zoomed.emit(one.ppm_window, one.box.new_gesture())
    assert other.ppm_window.h_ppm == pytest.approx(one.ppm_window.h_ppm, abs=0.02)
    assert other.ppm_window.c_ppm == pytest.approx(one.ppm_window.c_ppm, abs=0.5)
    assert other.ppm_window.h_ppm == pytest.approx((6.0, 8.0), abs=0.1)


def test_ticks_choose_rows_and_columns(comparing, qtbot):
    comparing.choice.classes.choose(("indole",))
    comparing.choice.methods.choose(("gradcam", "hirescam"))
    comparing.refresh()
    settle(comparing, qtbot)
    assert [p.view.method for p in comparing.panes] == ["gradcam", "hirescam"]
    assert len(comparing.grid.views) == 2
    line = comparing.choice.methods._lines["layercam"]
    line.setCheckState(Qt.CheckState.Checked)
    settle(comparing, qtbot)
    assert len(comparing.panes) == 3
    comparing.choice.classes.choose(())
    comparing.refresh()
    assert comparing.panes == ()
    assert not comparing.save.isEnabled()


def test_missing_maps_are_counted_and_made(comparing, opened, finish, qtbot):
    assert not comparing.compute.isVisible()
    comparing.choice.methods.choose((*THERE, SLOW[0]))
    comparing.refresh()
    assert comparing.compute.text() == "Compute 3 maps (1 slow method)"
    comparing.compute.click()
    finish(opened)
    settle(comparing, qtbot)
    assert not comparing.compute.isVisible()
    qtbot.waitUntil(lambda: len(comparing.comparison.maps) == len(comparing.panes))


def test_checks_fill_their_columns_and_badges(comparing, opened, finish, qtbot, checker):
    comparing.check.click()
    finish(opened)
    settle(comparing, qtbot)
    (asked,) = checker
    assert len(asked) == len(comparing.panes) - 1  # the empty map is not asked for
    model = comparing.table.model_
    said = {model.index(n, Column.VERDICT).data() for n in range(model.rowCount())}
    assert said == {"–", "fails: random network", "passes both"}
    assert opened.page.checks.badge_on(comparing.grid.views[1]).badge.verdict is Verdict.FAILS
    assert not comparing.check.isEnabled()
    assert badge(opened).badge.verdict is Verdict.PASSES


def test_agreement_of_one_class(comparing):
    assert comparing.agreement.classes.currentData() == "indole"
    assert comparing.agreement.model_.rowCount() == len(THERE)
    comparing.agreement.classes.setCurrentIndex(0)
    comparing.agreement.classes.activated.emit(0)
    assert comparing.agreement.model_.index(0, 1).data() == "–"  # the empty map


def test_with_a_pure_compound_the_heat_is_judged(comparing, qtbot):
    combo, model = comparing.choice.pure, comparing.table.model_
    assert [combo.itemText(n) for n in range(combo.count())] == ["not known", "two_HSQC"]
    assert comparing.caveat.text() == NO_TRUTH
    combo.setCurrentIndex(1)
    combo.activated.emit(1)
    settle(comparing, qtbot)
    assert "signals of two_HSQC" in comparing.caveat.text()
    shown = lambda: model.index(1, Column.INK_AUC).data()  # noqa: E731
    qtbot.waitUntil(lambda: shown() == "0.00", timeout=10_000)  # it has the coldest of two peaks


def test_the_table_is_copied_and_exported_as_sorted(comparing, tmp_path):
    comparing.table.sortByColumn(int(Column.METHOD), Qt.SortOrder.DescendingOrder)
    comparing.table.copy()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[0] == TITLES[Column.METHOD][0]
    assert lines[1].startswith(METHODS[THERE[-1]].title)
    comparing.table.selectRow(0)
    comparing.table.copy()
    assert len(QApplication.clipboard().text().splitlines()) == 2
    comparing.export(tmp_path / "figures.csv")
    with (tmp_path / "figures.csv").open(newline="", encoding="utf-8-sig") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == list(CSV_TITLES.values())
    assert len(rows) == len(comparing.panes)
    assert rows[0]["method"] == METHODS[THERE[-1]].title
    empty = next(row for row in rows if row["map"] == "empty")
    assert empty["heat_on_signals"] == ""


def test_what_cannot_be_written_is_a_problem(comparing, opened, tmp_path):
    comparing.export(tmp_path / "no" / "figures.csv")
    assert "figures.csv" in opened.session.problems[-1].text


def test_a_double_click_shows_the_map_in_the_window(comparing, opened, finish):
    row = comparing.table.rows()[-1]
    comparing.table.map_asked.emit(row)
    finish(opened)
    shown = opened.shown.explanation
    assert (shown.method, shown.class_id) == (row.method, row.class_id)


def test_it_follows_the_window_and_says_what_is_missing(comparing, opened, finish, qtbot):
    opened.session.select(2)
    finish(opened)
    settle(comparing, qtbot)
    assert comparing.panes == ()
    assert comparing.note.text() == compare_window.NOTHING_TO_COMPARE
    assert "Analyse" in opened.actions_["compare"].toolTip()
    opened.session.select(1)
    finish(opened)
    settle(comparing, qtbot)
    assert len(comparing.grid.views) == len(THERE) * len(CLASSES)


def test_more_maps_than_can_be_drawn_are_said(comparing, monkeypatch, qtbot):
    monkeypatch.setattr(compare_window, "MOST_SHOWN", 4)
    comparing._drawn = 0
    comparing.refresh()
    settle(comparing, qtbot)
    assert (
        comparing.note.text()
        == f"The first 4 of {len(comparing.panes)} maps are drawn; the " + ("table has them all.")
    )
    assert len(comparing.grid.views) == 4


def test_it_closes_with_its_project_and_takes_the_theme(comparing, opened, qtbot):
    theme().choose("dark")
    settle(comparing, qtbot)
    theme().choose("light")
    opened.commands.compare()  # once is enough
    assert opened.commands.compare_window is comparing
    with qtbot.waitSignal(comparing.destroyed, timeout=5000):
        opened.commands.close_dialogs()
    assert opened.commands.compare_window is None
    assert not opened.findChildren(QPushButton, "compareTable")
    opened.refresh()


def test_escape_while_it_measures_ends_it_like_its_close_button(opened, qtbot, finish):
    """Qt sends no close event for that: the answer came to a timer that was deleted."""
    opened.commands.compare()
    made = opened.commands.compare_window
    qtbot.waitUntil(lambda: made._asked is not None and bool(opened.workbench.runner.running))
    with qtbot.waitSignal(made.destroyed):
        qtbot.keyClick(made, Qt.Key.Key_Escape)
    assert opened.commands.compare_window is None
    finish(opened)
    assert made._comparison is None, "nobody wants the answer any more"
