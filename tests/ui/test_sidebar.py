"""The sidebar under the user's hands: keys, mouse, drags, and changes that come meanwhile."""

from __future__ import annotations

import dataclasses
import json
from functools import partial

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from window_builders import make_analysis, packed

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.listing_model import ListingModel
from nmrcam_qt.session.filters import Condition, Filters
from nmrcam_qt.session.items import AnalysisKey, SourceState
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.file_dialogs import ROWS_MIME, drop_refusal, dropped_paths
from nmrcam_qt.ui.row_drag import dragged_ids, drop_place, rows_mime
from nmrcam_qt.ui.sidebar import Sidebar
from nmrcam_qt.ui.sidebar_delegate import ROW, draw_name, names_near
from nmrcam_qt.ui.tag_editor import typed_tags

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC
SMALL = packed("small")


def light(name, experiment=HSQC):
    provenance = dataclasses.replace(SMALL.provenance, path=f"/made/{name}.csv")
    return dataclasses.replace(SMALL, name=name, experiment=experiment, provenance=provenance)


def analyse(session, item_id):
    session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis())


@pytest.fixture
def session(qapp):
    return Session()


@pytest.fixture
def bar(qtbot, session):
    made = Sidebar(session)
    made.resize(290, 640)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    made.list.setFocus()
    yield made
    made.hide()
    made.deleteLater()
    qtbot.wait(1)


def shown(bar):
    said = []
    for row in range(len(bar.listing)):
        header, item = bar.listing.header(row), bar.listing.item(row)
        said.append(f"{header.sample.name}:" if header else item.name)
    return said


def add_pairs(session, *names):
    session.add([light(f"{n} {e}", e) for n in names for e in (HSQC, HMBC)])


def top(bar):
    """Key of the topmost row on the screen, and where it begins."""
    index = bar.list.indexAt(QPoint(40, 1))
    return bar.listing.keys[index.row()], bar.list.visualRect(index).top()


# Keys


def test_keys_close_open_and_pass_headers(session, bar):
    add_pairs(session, "a", "b")
    session.select(1)
    bar.show_current()
    assert shown(bar) == ["a:", "a hsqc", "a hmbc", "b:", "b hsqc", "b hmbc"]
    for _ in range(2):
        bar.step(1)
        bar.show_current()
    assert session.current.name == "b hsqc", "the header was passed over"
    QTest.keyClick(bar.list, Qt.Key.Key_Left)
    assert bar.list.current_key() < 0, "to the header first"
    assert session.current.name == "b hsqc", "a header is no spectrum"
    QTest.keyClick(bar.list, Qt.Key.Key_Left)
    assert shown(bar)[3:] == ["b:"]
    QTest.keyClick(bar.list, Qt.Key.Key_Return)
    assert len(shown(bar)) == 6
    QTest.keyClick(bar.list, Qt.Key.Key_Right)
    assert bar.list.current_key() == 4 or session.current.name == "b hsqc"
    QTest.keyClick(bar.list, Qt.Key.Key_Home)
    assert bar.list.currentIndex().row() == 0
    QTest.keyClick(bar.list, Qt.Key.Key_End)
    assert session.current.name == "b hmbc"


def test_a_letter_finds_no_row_by_its_name(session, bar):
    session.add([light("alpha"), light("zeta")])
    session.select(1)
    bar.show_current()
    QTest.keyClick(bar.list, Qt.Key.Key_Z)
    assert session.current.name == "alpha"


def test_stepping_goes_into_collapsed_samples(session, bar):
    session.add([light("x")])
    add_pairs(session, "a")
    session.select(1)
    bar.show_current()
    bar.collapse_all(True)
    assert shown(bar) == ["x", "a:"]
    bar.step(1)
    bar.show_current()
    assert session.current.name == "a hsqc"
    assert shown(bar) == ["x", "a:", "a hsqc", "a hmbc"]


def test_stepping_goes_on_where_the_present_row_was_filtered_out(session, bar, qtbot):
    session.add([light(name) for name in "abcd"])
    bar.filters.set_filters(Filters(flags=frozenset({Flag.NONE})))
    session.select(2)
    bar.show_current()
    session.set_flag([2], Flag.CHECK)
    qtbot.waitUntil(lambda: shown(bar) == ["a", "c", "d"], timeout=2000)
    assert session.current.name == "b", "the view keeps it"
    assert bar.selected_ids() == [], "no neighbour was selected behind the user's back"
    bar.step(1)
    bar.show_current()
    assert session.current.name == "c"
    bar.step(-1)
    assert session.current.name == "a"


def test_renaming_in_place(session, bar, qtbot):
    session.add([light("a"), light("b")])
    bar.order.setCurrentText("Name")
    bar.order.activated.emit(1)
    session.select(1)
    bar.show_current()
    bar.rename()
    editor = QApplication.focusWidget()
    QTest.keyClicks(editor, "z")
    analyse(session, 1)  # meanwhile results come in
    analyse(session, 2)
    qtbot.wait(200)
    assert QApplication.focusWidget() is editor, "the editor stays open"
    QTest.keyClicks(editor, "z")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.find(1).name == "zz")
    qtbot.waitUntil(lambda: shown(bar) == ["b", "zz"], timeout=2000)
    assert bar.selected_ids() == [1]


# Search and filters


def test_search_keys_and_the_present_row(session, bar):
    session.add([light(f"s{n}") for n in range(40)])
    session.select(30)
    bar.show_current()
    bar.search.setFocus()
    QTest.keyClicks(bar.search, "s2")
    assert shown(bar) == ["s2", *(f"s2{n}" for n in range(10))]
    assert bar.selected_ids() == [30]
    assert bar.count.text() == "11 of 40 spectra"
    QTest.keyClick(bar.search, Qt.Key.Key_Down)
    assert bar.list.hasFocus()
    assert bar.clear.isVisible()
    bar.search.setFocus()
    QTest.keyClick(bar.search, Qt.Key.Key_Escape)
    assert len(bar.listing) == 40 and not bar.clear.isVisible()


def test_filter_menus_count_and_stay_open(session, bar):
    session.add([light("a"), light("b", HMBC), light("c", None)])
    analyse(session, 1)
    button = bar.filters.buttons["experiments"]
    button.menu().aboutToShow.emit()
    texts = [action.text() for action in button.menu().actions()]
    assert texts[:3] == ["HSQC  (1)", "HMBC  (1)", "HSQC or HMBC?  (1)"]
    menu = button.menu()
    menu.popup(bar.mapToGlobal(QPoint(0, 0)))
    box = menu.actionGeometry(menu.actions()[0]).center()
    QTest.mouseMove(menu, box)
    QTest.mouseClick(menu, Qt.MouseButton.LeftButton, pos=box)
    assert menu.isVisible(), "several can be ticked"
    menu.hide()
    assert shown(bar) == ["a"]
    assert button.text() == "Type 1" and button.property("active")
    bar.filters.buttons["classes"].menu().aboutToShow.emit()
    texts = [action.text() for action in bar.filters.buttons["classes"].menu().actions()]
    assert "indole  (1)" in texts and "All of these" in texts
    bar.clear.click()
    assert shown(bar) == ["a", "b", "c"] and button.text() == "Type"


def test_direction_and_groups(session, bar):
    add_pairs(session, "a")
    session.add([light("b")])
    analyse(session, 2)
    bar.order.setCurrentText("Score")
    bar.order.activated.emit(3)
    assert bar.direction.isChecked(), "the best first"
    assert shown(bar) == ["a:", "a hmbc", "a hsqc", "b"]
    bar.grouped.click()
    assert shown(bar) == ["a hmbc", "a hsqc", "b"]
    bar.direction.click()
    assert shown(bar) == ["a hmbc", "a hsqc", "b"], "no score stays last"


# Changes under the user's hands


def test_place_and_selection_stay_when_results_stream_in(session, bar, qtbot):
    session.add([light(f"s{n:03d}") for n in range(300)])
    bar.filters.set_filters(Filters(conditions=frozenset({Condition.NEW, Condition.FAILED})))
    session.select(150)
    bar.show_current()
    bar.list.select_keys([150, 152, 154], 150)
    where = bar.list.visualRect(bar.model.index_of(150)).top()
    for item_id in range(1, 100):
        analyse(session, item_id)
    analyse(session, 152)
    qtbot.waitUntil(lambda: len(bar.listing) == 200, timeout=3000)
    bar.list.viewport().repaint()
    assert bar.selected_ids() == [150, 154]
    assert session.current.id == 150
    assert bar.list.visualRect(bar.model.index_of(150)).top() == where


def test_the_topmost_row_stays_where_nothing_selected_is_in_sight(session, bar, qtbot):
    session.add([light(f"s{n:03d}") for n in range(300)])
    bar.filters.set_filters(Filters(conditions=frozenset({Condition.NEW})))
    qtbot.waitUntil(lambda: bar.list.verticalScrollBar().maximum() > 200 * ROW.height())
    bar.list.verticalScrollBar().setValue(200 * ROW.height() + 7)
    before = top(bar)
    for item_id in range(1, 101, 2):
        analyse(session, item_id)
    qtbot.waitUntil(lambda: len(bar.listing) == 250, timeout=3000)
    bar.list.viewport().repaint()
    assert top(bar) == before


def test_spectra_that_come_in_at_the_end_move_nothing(session, bar, qtbot):
    session.add([light(f"s{n:03d}") for n in range(100)])
    qtbot.waitUntil(lambda: bar.list.verticalScrollBar().maximum() > 50 * ROW.height())
    bar.list.verticalScrollBar().setValue(40 * ROW.height() + 3)
    before = top(bar)
    for n in range(20):
        session.add([light(f"new{n}")])
        qtbot.wait(1)
    bar.list.viewport().repaint()
    assert top(bar) == before
    session.remove([1, 2, 3])
    bar.list.viewport().repaint()
    assert top(bar) == before, "what vanishes above moves nothing either"


def test_ten_thousand_rows_come_back_to_the_same_place(session, bar, qtbot):
    session.add([light(f"s{n:05d}") for n in range(10_000)])
    session.select(9_000)
    bar.show_current()
    qtbot.waitUntil(
        lambda: bar.list.verticalScrollBar().maximum() > 9990 * ROW.height() - 700, timeout=5000
    )
    bar.list.scrollTo(bar.list.currentIndex())
    bar.search.setText("s089")
    assert session.current.id == 9_000 and len(bar.listing) == 100
    bar.search.setText("")
    bar.list.viewport().repaint()
    row = bar.list.visualRect(bar.model.index_of(9_000))
    assert bar.list.viewport().rect().intersects(row)


def test_undoing_a_removal_brings_the_rows_back(session, bar, qtbot):
    session.add([light(f"s{n}") for n in range(50)])
    changes = []
    session.subscribe(lambda e: changes.append(e.change) if hasattr(e, "change") else None)
    session.select(10)
    bar.show_current()
    session.remove(range(2, 50, 2))
    assert len(bar.listing) == 26
    session.apply(changes[-1].inverse())
    qtbot.waitUntil(lambda: len(bar.listing) == 50, timeout=2000)
    assert shown(bar) == [f"s{n}" for n in range(50)]


# Tags


def test_tags_are_typed_completed_and_taken_away(session, bar, qtbot):
    session.add([light(name) for name in "abc"])
    session.set_tags([1], add=["urgent", "seen"])
    bar.list.select_keys([1, 2], 1)
    bar.edit_tags()
    line = bar.tags.line
    assert [line.completer().model().index(r).data() for r in range(2)] == ["seen", "urgent"]
    chips = {chip.text() for chip in bar.tags.chips.findChildren(type(bar.clear))}
    assert chips == {"seen (1 of 2)  ×", "urgent (1 of 2)  ×"}
    QTest.keyClicks(line, "new, -seen")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert session.find(1).tags == ("new", "urgent")
    assert session.find(2).tags == ("new",)
    qtbot.waitUntil(lambda: line.text() == "")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert bar.tag_frame.isHidden() and bar.focusWidget() is bar.list
    assert typed_tags(" a  b ,, -c , - ") == (["a b"], ["c"])


def test_too_many_tags_are_refused_in_a_sentence(session, bar):
    session.add([light("a")])
    session.select(1)
    bar.edit_tags()
    said = []
    bar.refused.connect(said.append)
    QTest.keyClicks(bar.tags.line, ",".join(str(n) for n in range(51)))
    QTest.keyClick(bar.tags.line, Qt.Key.Key_Return)
    assert said == ["a would have 51 tags; at most 50."]
    assert session.find(1).tags == ()


# Dragging


def events(bar, mime, row, part=0.5):
    """Enter, move to and drop on a place of a row; whether the drop was taken."""
    if row is None:
        place = QPointF(50, bar.list.viewport().height() - 3)
    else:
        rect = bar.list.visualRect(bar.model.index(row))
        place = QPointF(rect.left() + 50, rect.top() + rect.height() * part)
    given = (Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0))
    enter = QDragEnterEvent(place.toPoint(), *given)
    bar.list.dragEnterEvent(enter)
    if not enter.isAccepted():
        return False
    move = QDragMoveEvent(place.toPoint(), *given)
    bar.list.dragMoveEvent(move)
    hint = bar.count.text()
    drop = QDropEvent(place, *given)
    bar.list.dropEvent(drop)
    assert not drop.isAccepted() or hint != bar.count.text(), "it was said what would happen"
    return drop.isAccepted()


def drag(bar, ids):
    items = [bar.listing.session.find(i) for i in ids]
    return rows_mime(bar.list._identity, items)


def test_rows_are_dropped_on_samples_spectra_and_beside(session, bar, qtbot):
    add_pairs(session, "a")
    session.add([light("x"), light("y")])
    bar.list.viewport().repaint()
    sample = session.find(1).sample
    assert events(bar, drag(bar, [4]), row=0)
    assert session.find(4).sample == sample, "on a header"
    qtbot.waitUntil(lambda: len(bar.listing) == 5, timeout=2000)
    bar.list.viewport().repaint()
    assert events(bar, drag(bar, [4]), row=None)
    assert session.find(4).sample is None, "beside the rows: out of the sample"
    qtbot.waitUntil(lambda: shown(bar)[-1] == "y", timeout=2000)
    bar.list.viewport().repaint()
    assert events(bar, drag(bar, [4]), row=4)
    assert session.find(4).sample == session.find(5).sample is not None, "on a spectrum"
    qtbot.waitUntil(lambda: len(bar.listing) == 6, timeout=2000)
    bar.list.viewport().repaint()
    assert not events(bar, drag(bar, [1]), row=2), "it is there already"
    session.ungroup([4, 5])
    qtbot.waitUntil(lambda: len(bar.listing) == 5, timeout=2000)
    bar.list.viewport().repaint()
    assert events(bar, drag(bar, [1]), row=4, part=0.05), "between two that are alone"
    assert session.find(1).sample is None


def test_rows_of_another_window_and_forged_ones_are_not_taken(session, bar):
    session.add([light("a"), light("b")])
    bar.list.viewport().repaint()
    other = rows_mime("another", [session.find(1)])
    assert not events(bar, other, row=1)
    assert dropped_paths(other) == [], "nor are they opened as files"
    for raw in (b"", b"[1]", b"{", b'{"sidebar": 1}', b"[" * 5000):
        mime = QMimeData()
        mime.setData(ROWS_MIME, raw)
        assert dragged_ids(mime, bar.list._identity) == []
    mime = QMimeData()
    said = {"sidebar": bar.list._identity, "ids": [1, True, "2", 99, None]}
    mime.setData(ROWS_MIME, json.dumps(said).encode())
    assert dragged_ids(mime, bar.list._identity) == [1, 99]
    assert drop_place(Listing(session), 1, [99]) is None


def test_rows_carry_their_files_for_other_programs(session, bar):
    session.add([light("a"), light("b")])
    session.set_source_state(2, SourceState.MISSING)
    mime = drag(bar, [1, 2])
    assert [url.toLocalFile() for url in mime.urls()] == ["/made/a.csv"]


def test_files_are_left_to_the_window_and_remote_ones_refused(bar, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://x.org/a%3Cb%3E.png")] * 2)
    assert dropped_paths(mime) == [tmp_path]
    assert drop_refusal(mime).startswith("Only files of this computer can be opened")
    assert "x.org" in drop_refusal(mime) and "and 1 more" in drop_refusal(mime)
    assert not events(bar, mime, row=None)
    mime.setUrls([QUrl.fromLocalFile(f"{tmp_path}/{n}") for n in range(5000)])
    assert len(dropped_paths(mime)) == 5000 and drop_refusal(mime) == ""


# Looks


def test_rows_of_every_kind_are_painted_in_both_themes(session, bar, settings, qtbot):
    from nmrcam_qt.ui.theme import theme

    add_pairs(session, "a", "b" * 300)
    session.add([light("unknown", None)])
    for item_id, flag in zip((1, 2, 3), (Flag.CHECK, Flag.CONFIRMED, Flag.REJECTED), strict=True):
        session.set_flag([item_id], flag)
    session.set_tags([1, 5], add=["tag " * 10, "b", "c", "d" * 50])
    analyse(session, 1)
    session.mark_failed([2], "It broke.")
    session.mark_waiting([4])
    session.set_networks({"net-hsqc": "e" * 64})
    session.set_source_state(1, SourceState.MISSING)
    session.set_source_state(3, SourceState.CHANGED)
    bar.list.selectAll()
    for choice in ("dark", "light"):
        theme().start(settings)
        theme().choose(choice)
        for width in (230, 400):
            bar.resize(width, 640)
            picture = bar.list.grab().toImage()
            colours = {
                picture.pixelColor(x, y).name()
                for x in range(0, picture.width(), 3)
                for y in range(0, picture.height(), 3)
            }
            assert len(colours) > 20
    assert bar.model.thumbnails.get(session.find(1)).pixelColor(0, 0).name() == "#ffffff"


def test_long_names_that_are_alike_are_told_apart(session, bar):
    """Both are cut in the middle, where they differ; the tip has the whole name."""
    names = [f"natural products, plate 07, well {well}, in DMSO, 600 MHz" for well in ("A1", "B1")]
    session.add([light(name) for name in names])
    bar.resize(260, 400)
    listing = bar.list.model().listing
    assert set(names) <= set(names_near(listing, 0))
    font, place = bar.list.font(), QRect(0, 0, 150, 24)

    def painted(name, near):
        image = QImage(place.size(), QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        draw_name(painter, place, name, font, near)
        painter.end()
        return image

    assert painted(names[0], tuple) == painted(names[1], tuple)
    around = partial(names_near, listing, 0)
    assert painted(names[0], around) != painted(names[1], around)
    assert painted("short", around) == painted("short", tuple)
    row = listing.row(next(i.id for i in session.items if i.name == names[1]))
    tip = bar.list.model().index(row).data(Qt.ItemDataRole.ToolTipRole)
    assert names[1] in tip


def test_the_selection_is_told_only_when_it_changes(session, bar, qtbot):
    session.add([light(f"s{n}") for n in range(30)])
    bar.filters.set_filters(Filters(conditions=frozenset({Condition.NEW})))
    bar.list.select_keys([5, 6], 5)
    told = []
    bar.selection_changed.connect(lambda: told.append(bar.selected_ids()))
    for item_id in range(10, 30, 2):
        analyse(session, item_id)
    qtbot.waitUntil(lambda: len(bar.listing) == 20, timeout=2000)
    assert told == []
    analyse(session, 6)
    qtbot.waitUntil(lambda: len(bar.listing) == 19, timeout=2000)
    assert told in ([[5]], [[5], [5]])


# Many


def test_a_long_list_is_never_blank(session, bar):
    """Laid out in batches, nothing would be there to paint before the last of them."""
    session.add([light(f"many {n}") for n in range(2500)])
    bar.list.viewport().repaint()
    assert bar.list.indexAt(QPoint(60, 20)).isValid()
    bar.search.setText("many")
    bar.list.viewport().repaint()
    assert bar.list.indexAt(QPoint(60, 20)).isValid()
    assert bar.list.verticalScrollBar().maximum() > 2000 * ROW.height()


def test_a_row_that_looks_different_does_not_lay_out_the_list(session, qtbot, monkeypatch):
    asked, real = [], ListingModel.rowCount
    monkeypatch.setattr(
        ListingModel, "rowCount", lambda model, parent=None: asked.append(1) or real(model, parent)
    )
    session.add([light(f"many {n}") for n in range(300)])
    made = Sidebar(session)
    made.show()
    qtbot.wait(700)
    asked.clear()
    made.list.scheduleDelayedItemsLayout()
    qtbot.waitUntil(lambda: len(asked) > 300)  # laying out asks for every row
    qtbot.wait(50)
    asked.clear()
    session.set_flag((1,), Flag.CHECK)
    session.set_tags((2,), add=["new"])
    qtbot.wait(250)
    assert len(asked) < 100
    made.hide()
    made.deleteLater()
    qtbot.wait(1)
