"""Contributions in the window: computed when shown, bars, marks, lasso, selection, repeats."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
from contribution_builders import made_up
from instrument_builders import instrument
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from test_peak_window import drag
from window_builders import CLASSES, MAP_F1, MAP_F2, make_analysis, make_map

from nmrcam_qt.core.contribution_pairs import AskedPeak, PairDrops
from nmrcam_qt.core.contributions import MapStability, SelectionScores
from nmrcam_qt.core.empty_map import sentence
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers.contribution_table import PAIR_HEAD
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_table import Column
from nmrcam_qt.ui.commands import contributions
from nmrcam_qt.ui.contribution_asking import Kind
from nmrcam_qt.ui.contribution_collecting import Found
from nmrcam_qt.ui.contribution_desk import COMPUTING, NONE_SELECTED, NOT_YET
from nmrcam_qt.ui.peak_desk import NO_PEAKS
from nmrcam_qt.ui.peak_tool import Mode
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.ui.view_tool import Phase, ToolEvent
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.jobs import FunctionJob
from nmrcam_qt.workers.save_job import content_request

POINTS = ((7.0, 120.0), (3.0, 50.0), (1.0, 20.0), (9.5, 190.0))
KEY = AnalysisKey("net-hsqc", (1,), None)


def scores_of(selected):
    three = [np.array([0.0, 3.0, 1.0]) - n for n in range(3)]
    (first, only, without) = [(x, 1 / (1 + np.exp(-x))) for x in three]
    n = sum(map(len, selected))
    return SelectionScores("net-hsqc", "f" * 64, CLASSES, *first, *only, *without, n, 0)


def moving(low):
    where = ("spectrum", "indole", "hirescam", "conv4")
    return MapStability(*where, MAP_F1, MAP_F2, low + 0.5, low, 0.43, 20)


@pytest.fixture
def window(window, finish, qtbot, monkeypatch):
    """An HSQC with four peaks, one of them not seen, and a network that says what it is told."""
    (window.item_id,) = window.session.add(
        [pack(replace(instrument(rows=80, columns=160), experiment=Experiment.HSQC))]
    )
    window.session.select(window.item_id)
    peaks = tuple(Peak(n, h, c) for n, (h, c) in enumerate(POINTS, start=1))
    window.session.set_picked(window.item_id, PickedPeaks(peaks, next_id=9))
    window.asked, window.fails = [], set()
    low = np.zeros((MAP_F1.size, MAP_F2.size), np.float32)
    low[5, 7] = 0.4

    def answer(under, places):
        if under.kind in window.fails:
            raise JobError("Made up.")
        if under.kind is Kind.SELECTION:
            return scores_of(under.selected)
        if under.kind is Kind.PAIRS:
            return window.pairs
        at = list(zip(places[0].h_ppm, places[0].c_ppm, strict=True))
        found = made_up(at, repeats=20 if under.kind is Kind.REPEATS else 0)
        return Found(found, (moving(low),) if under.kind is Kind.REPEATS else ())

    def job(_self, under, _plan, places):
        window.asked.append(under.kind)
        return FunctionJob("made up", lambda _context: answer(under, places))

    monkeypatch.setattr("nmrcam_qt.ui.contribution_asking.ContributionAsker._job", job)
    finish(window)
    qtbot.waitUntil(lambda: window.view.ink is not None, timeout=10_000)
    return window


@pytest.fixture
def settle(finish, qtbot):
    def wait(window):
        desk = window.page.contributions
        qtbot.waitUntil(lambda: not window.page.refresh_timer.isActive(), timeout=5000)
        qtbot.waitUntil(lambda: not desk._timer.isActive(), timeout=5000)
        finish(window)
        qtbot.wait(20)
        finish(window)

    return wait


def trigger(window, name):
    action = window.actions_[name]
    assert action.isEnabled(), action.toolTip()
    action.trigger()


def column(window, of):
    model = window.page.peak_panel.table.model()
    return [model.index(row, int(of)).data() for row in range(model.rowCount())]


def layer(window):
    return window.page.contributions._layers[window.view]


def test_nothing_is_computed_before_somebody_wants_to_see_it(window, settle):
    settle(window)
    assert window.asked == []
    assert window.page.peak_panel.table.isColumnHidden(int(Column.CONTRIBUTION))


def test_the_table_asks_and_shows_and_another_class_needs_no_computation(window, settle):
    trigger(window, "contributions")
    settle(window)
    assert window.docks.peaks.isVisible()
    assert column(window, Column.CONTRIBUTION) == ["+2.00", "+0.02", "−1.00", "–"]
    assert column(window, Column.HEAT)[0] == "25 %"
    head = window.page.peak_panel.table.model().headerData(
        int(Column.CONTRIBUTION), Qt.Orientation.Horizontal
    )
    assert head == "To Indole"
    assert "(the top class)" in window.page.peak_panel.strip.headline.text()
    window.session.set_view(class_id="fatty_acid")
    settle(window)
    assert column(window, Column.CONTRIBUTION) == ["+1.50", "+0.50", "0.00", "–"]
    assert window.asked == [Kind.DROPS]
    trigger(window, "contributions")
    settle(window)
    assert window.page.peak_panel.table.isColumnHidden(int(Column.RANK))


def test_edited_peaks_are_computed_anew_and_old_numbers_are_called_old(window, settle):
    trigger(window, "contributions")
    settle(window)
    picked = window.session.find(window.item_id).picked
    window.session.set_picked(window.item_id, replace(picked, peaks=picked.peaks[:3]))
    window.page.refresh()
    assert COMPUTING in window.page.peak_panel.strip.state.text()
    settle(window)
    assert window.asked == 2 * [Kind.DROPS]
    assert window.page.peak_panel.strip.state.text() == ""


def test_a_failure_is_said_once_and_tried_again_only_when_asked(window, settle):
    window.fails.add(Kind.DROPS)
    trigger(window, "contributions")
    settle(window)
    window.page.refresh()
    settle(window)
    assert window.asked == [Kind.DROPS]
    assert "Made up." in window.page.peak_panel.strip.state.text()
    window.fails.clear()
    trigger(window, "contributions")
    settle(window)
    trigger(window, "contributions")
    settle(window)
    assert column(window, Column.CONTRIBUTION)[0] == "+2.00"


def test_marks_by_rank_have_signs_and_take_the_place_of_plain_ones(window, settle, qtbot):
    trigger(window, "peak_ranks")
    settle(window)
    assert len(layer(window).marks.points()) == 4
    symbols = [point.symbol() for point in layer(window).marks.points()]
    assert sum(symbol == "o" for symbol in symbols) == 3, "two for, one not seen; one against"
    assert set(layer(window).numbers) == {"1", "2", "4"}
    plain = window.page.peaks._panes[window.view].peaks
    assert len(plain.marks.points()) == 0
    peak = window.session.find(window.item_id).picked.peaks[0]
    assert "+2.00  Indole  (shown)" in window.page.peaks.tip_of(window.view, peak)
    trigger(window, "peak_ranks")
    settle(window)
    assert len(layer(window).marks.points()) == 0
    assert len(plain.marks.points()) == 4


def test_colours_by_class_with_a_legend_of_the_classes_that_are_present(window, settle):
    trigger(window, "peak_classes")
    settle(window)
    assert layer(window).legend == ("Fatty Acid: 1 peak", "Indole: 1 peak", "no class: 2 peaks")
    window.session.store(KEY, make_analysis([make_map()]))
    settle(window)
    assert layer(window).legend == ("Indole: 1 peak", "no class: 3 peaks"), (
        "only those said to be present"
    )
    theme().choose("dark")
    settle(window)
    assert layer(window).legend == ("Indole: 1 peak", "no class: 3 peaks")
    theme().choose("light")
    trigger(window, "peak_ranks")
    settle(window)
    assert layer(window).legend == ()
    assert not window.actions_["peak_classes"].isChecked()


def test_a_lasso_selects_and_the_selection_is_explained(window, settle):
    assert window.actions_["explain_selection"].statusTip() == NONE_SELECTED
    trigger(window, "lasso")
    assert window.page.peaks.mode is Mode.LASSO
    drag(window, (7.5, 110.0), (6.5, 130.0))  # a line encloses nothing
    assert not window.page.peaks.selected
    tool = window.page.peaks._panes[window.view].tool
    line = [(8.0, 130.0), (2.0, 130.0), (2.0, 40.0), (8.0, 40.0)]
    phases = (Phase.DRAG_START, Phase.DRAG, Phase.DRAG, Phase.DRAG_END)
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    for phase, (h, c) in zip(phases, line, strict=True):
        assert tool.handle(ToolEvent(phase, h, c, line[0], (0.01, 0.2), left, none))
    assert window.page.peaks.selected == {1, 2}
    window.page.refresh()
    trigger(window, "explain_selection")
    settle(window)
    strip = window.page.peak_panel.strip
    assert (strip.rows[0].title, strip.rows[0].logits) == ("Fatty Acid", (0.0, -1.0, -2.0))
    assert "2 selected peaks" in strip.asked.text()
    assert strip.table.isVisibleTo(strip)
    window.page.peaks.select((3,))
    settle(window)
    assert strip.rows == ()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.page.peaks.mode is Mode.SELECT


def test_how_sure_shows_intervals_and_a_map_that_moves(window, settle):
    window.session.store(KEY, make_analysis([make_map()]))
    window.session.set_view(class_id="indole")
    settle(window)
    assert window.view.maps.steady is None
    trigger(window, "how_sure")
    settle(window)
    assert "1 [1–2]" in column(window, Column.RANK)
    assert "agreement 0.43 over 20 repeats" in window.view.message.text()
    assert window.view.maps.steady.heat.max() == pytest.approx(0.4)
    assert window.view.maps.rest_item.image.max() == pytest.approx(1.6, abs=0.15)
    assert window.view.maps.explanation.heat.max() == 2, "the scale is that of the whole map"
    window.session.set_view(class_id="fatty_acid")
    settle(window)
    assert window.view.maps.steady is None


def test_an_empty_map_beside_peaks_that_contribute_says_how_both_can_be(window, settle, tmp_path):
    nothing = np.full((MAP_F1.size, MAP_F2.size), -0.5, dtype=np.float32)
    maps = [make_map("indole", method, nothing) for method in ("gradcam", "hirescam")]
    window.session.store(KEY, make_analysis(maps, unavailable=(("cam", "no pooling head"),)))
    window.session.set_view(class_id="indole", method="gradcam")
    settle(window)
    plain = "Empty map: no positive evidence for this class anywhere."
    assert window.view.message.text() == plain
    trigger(window, "contributions")
    settle(window)
    said = window.view.message.text()
    assert said.startswith("Empty map: Grad-CAM at conv4 shows nothing above zero for this class")
    assert "lowers its logit by up to 2.00: it averages the gradient" in said
    content = window.workbench.picture_content()
    request = content_request(tmp_path / "a.png", content)
    assert said == sentence(request.warnings[0])
    window.session.set_view(method="hirescam")
    settle(window)
    assert "HiResCAM" in window.view.message.text()
    assert "a small change" in window.view.message.text()
    row = window.page.peaks.peaks_of(window.session.current).peaks[0]
    window.session.set_picked(window.item_id, PickedPeaks((replace(row, h_ppm=8.0),), next_id=9))
    window.page.refresh()
    assert window.view.message.text() == plain  # those are of other peaks


def test_contributions_are_written_sorted_and_only_those_of_now(
    window, settle, tmp_path, monkeypatch
):
    assert window.actions_["export_contributions"].statusTip() == NOT_YET
    trigger(window, "contributions")
    settle(window)
    path = tmp_path / "out.csv"
    monkeypatch.setattr("nmrcam_qt.ui.commands.contributions.ask_file", lambda *_given: path)
    trigger(window, "export_contributions")
    settle(window)
    rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    indole = [row for row in rows if row["class"] == "indole"]
    assert [float(row["drop (logit)"]) for row in indole] == [2.0, 0.02, -1.0, 0.0]
    assert [row["seen"] for row in indole] == ["yes", "yes", "yes", "no"]
    window.session.set_picked(window.item_id, None)
    settle(window)
    assert not window.actions_["export_contributions"].isEnabled()


def test_without_peaks_the_actions_say_what_to_do_first(window, settle):
    window.session.set_picked(window.item_id, None)
    settle(window)
    for name in ("contributions", "peak_ranks", "peak_classes", "lasso", "how_sure"):
        assert not window.actions_[name].isEnabled()
        assert window.actions_[name].statusTip() == NO_PEAKS


def test_bars_go_to_both_sides_of_the_middle(window, settle):
    trigger(window, "contributions")
    settle(window)
    table = window.page.peak_panel.table
    for row, side in ((0, 1), (2, -1)):  # +2.00 and −1.00 of the largest 2.00
        option = QStyleOptionViewItem()
        option.rect = QRect(0, 0, 120, 22)
        image = QImage(120, 22, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        table.bars.paint(painter, option, table.model().index(row, int(Column.CONTRIBUTION)))
        painter.end()
        middle = 83
        inked = [
            any(image.pixelColor(middle + way * x, y).lightness() < 200 for x in range(4, 14))
            for way in (side, -side)
            for y in (8, 9, 10)
        ]
        assert all(inked[:3])
        assert not any(inked[3:])


def pairs_of(ids):
    peaks = tuple(AskedPeak(0, "spectrum", n, *POINTS[n - 1], n < 4) for n in ids)
    n = len(peaks)
    alone = np.array([[1.0, 1.0, 0.0]] * n)
    together = np.array([[2.0, 2.0 - 1.5 * (row == 1), 1.0] for row in range(n * (n - 1) // 2)])
    return PairDrops(
        "net-hsqc",
        "f" * 64,
        CLASSES,
        peaks,
        alone,
        together,
        np.full(3, 3.0),
        np.array([0.0, 3, 1]),
    )


def test_pairs_of_the_strongest_or_of_the_selected_peaks(window, settle):
    window.pairs = pairs_of((1, 2, 3))
    assert window.actions_["pair_peaks"].text() == "Pairs of the strongest peaks"
    trigger(window, "pair_peaks")
    settle(window)
    strip = window.page.peak_panel.strip.pairs
    assert window.asked == [Kind.PAIRS] and strip.isVisibleTo(window.page.peak_panel)
    assert [row.peaks for row in strip.rows] == ["1 + 3", "1 + 2", "2 + 3"]
    first = strip.rows[0]
    assert (first.together, first.alone, first.interaction) == ("+0.50", "+1.00/+1.00", "−1.50")
    assert first.meaning == "needs both" and "7.00 / 120.0 ppm" in first.tip
    assert "Indole: the 3 strongest peaks" in strip.asked.text()
    assert "All together +3.00, the sum of each alone +3.00: independent." in strip.asked.text()
    window.session.set_view(class_id="steroid")
    settle(window)
    assert window.asked == [Kind.PAIRS], "another class needs no computation"
    assert "for Indole" in strip.asked.text() and strip.rows[0].meaning == "either suffices"
    strip.table.cellClicked.emit(1, 0)
    assert window.page.peaks.selected == set(strip.rows[1].ids)
    settle(window)
    assert strip.rows, "looking at the peaks of a pair must not take the pairs away"
    window.pairs = pairs_of((1, 3))
    settle(window)
    assert window.actions_["pair_peaks"].text() == "Selected peaks together and alone"
    trigger(window, "pair_peaks")
    settle(window)
    assert "the 2 selected peaks" in strip.asked.text() and len(strip.rows) == 1
    strip.closed.emit()
    settle(window)
    assert strip.rows == () and not strip.isVisibleTo(window.page.peak_panel)


def test_pairs_that_fail_say_so_and_edited_peaks_have_none(window, settle):
    window.fails.add(Kind.PAIRS)
    trigger(window, "pair_peaks")
    settle(window)
    strip = window.page.peak_panel.strip.pairs
    assert strip.asked.text() == "No pairs: Made up." and strip.rows == ()
    window.fails.clear()
    window.pairs = pairs_of((2,))
    trigger(window, "pair_peaks")
    settle(window)
    assert strip.asked.text() == "The network sees only one peak: there is no pair."
    window.pairs = pairs_of((1, 2))
    trigger(window, "pair_peaks")
    settle(window)
    assert len(strip.rows) == 1
    picked = window.session.find(window.item_id).picked
    window.session.set_picked(window.item_id, replace(picked, peaks=picked.peaks[:3]))
    settle(window)
    assert strip.rows == () and strip.asked.text() == ""


def test_pairs_go_to_the_clipboard_and_to_files(window, settle, finish, tmp_path, monkeypatch):
    window.pairs = pairs_of((1, 2, 3))
    trigger(window, "pair_peaks")
    settle(window)
    strip = window.page.peak_panel.strip.pairs
    assert strip.save.isVisibleTo(strip) and strip.copy.isVisibleTo(strip)
    strip.copy.click()
    head, *rows = QApplication.clipboard().text().splitlines()
    assert len(rows) == 3 and head.split("\t")[-1] == "meaning"
    assert rows[0].split("\t")[2:] == [
        *("indole", "spectrum", "1", "7.0000", "120.0000", "spectrum", "3", "1.0000", "20.0000"),
        *("0.5000", "1.0000", "1.0000", "-1.5000", "needs both"),
    ]
    assert window.statusBar().currentMessage() == "3 pairs are on the clipboard."
    path = tmp_path / "pairs"
    monkeypatch.setattr(contributions, "ask_file", lambda *args: path)
    strip.save.click()
    finish(window)
    written = list(csv.reader((tmp_path / "pairs.csv").open(encoding="utf-8-sig")))
    assert written[0] == list(PAIR_HEAD) and written[1][-1] == "needs both"
    assert len(written) == 4
    strip.closed.emit()
    settle(window)
    QApplication.clipboard().clear()
    strip.copy_asked.emit()
    assert QApplication.clipboard().text() == ""


def test_marks_are_smaller_in_one_of_several_panes(window, settle):
    trigger(window, "peak_ranks")
    settle(window)
    layer = window.page.contributions._layer(window.view)
    alone = layer.marks.data["size"].copy()
    assert len(alone) and alone.max() == pytest.approx(20)
    layer.set_compact(True)
    np.testing.assert_allclose(layer.marks.data["size"], 0.55 * alone)
    settle(window)
    window.page.refresh()  # there is one pane
    np.testing.assert_allclose(layer.marks.data["size"], alone)
