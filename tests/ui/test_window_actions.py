"""Keys for everything, none twice; what cannot be done says why; switching leaves no dialogs."""

from __future__ import annotations

from collections import Counter

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu, QTreeWidgetItemIterator
from window_builders import packed, picture

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.project import create_project
from nmrcam_qt.session.records import Flag
from nmrcam_qt.ui.actions import SPECS
from nmrcam_qt.ui.shortcut_dialog import shortcut_rows

MUST_HAVE_KEYS = (
    "new open_project save_as close_project open folder export undo redo remove group ungroup "
    "flag_check flag_confirmed flag_rejected flag_none rename tags analyse analyse_all next "
    "previous next_class previous_class next_method previous_method original reset find "
    "layout_single layout_classes layout_methods shortcuts quit"
)


def every_action(menu):
    for action in menu.actions():
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from every_action(inner)
        elif not action.isSeparator():
            yield action


def menu_actions(window):
    return [a for entry in window.menuBar().actions() for a in every_action(entry.menu())]


def test_no_key_has_two_meanings(window):
    keys = Counter(
        key.toString(QKeySequence.SequenceFormat.PortableText)
        for action in {*menu_actions(window), *window.actions_.values(), *window.class_actions}
        for key in action.shortcuts()
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_there_is_a_key_for_everything(window):
    for name in MUST_HAVE_KEYS.split():
        assert window.actions_[name].shortcuts(), name


def test_every_action_is_in_a_menu(window):
    listed = {action.objectName() for action in menu_actions(window)}
    assert {spec.name for spec in SPECS} <= listed


def test_every_disabled_action_says_why(window, finish):
    usual = {spec.name: spec.tip for spec in SPECS}

    def silent():
        return [
            name
            for name, action in window.actions_.items()
            if not action.isEnabled()
            and (not action.toolTip() or action.toolTip().startswith(usual[name]))
        ]

    assert silent() == []
    window.session.add([packed("list"), pack(picture("picture"))])
    finish(window)
    assert silent() == []
    window.session.select(1)
    window.sidebar.list.selectAll()
    finish(window)
    assert silent() == []
    window.commands.update_actions()
    assert not window.actions_["redo"].isEnabled()
    assert window.actions_["redo"].toolTip() == "Nothing was undone."


def test_keys_flag_group_undo_and_go_through_classes(window, finish, qtbot):
    window.session.add([packed("a"), packed("b", Experiment.HMBC), packed("c")])
    window.session.select(1)
    window.activateWindow()
    window.commands.analyse()
    finish(window)
    qtbot.keyClicks(window, "c")
    assert window.session.find(1).flag is Flag.CONFIRMED
    qtbot.keyClicks(window, "u")
    assert window.session.find(1).flag is Flag.NONE
    qtbot.keyClicks(window, "o")
    for expected in ("fatty_acid", "indole"):
        qtbot.keyClicks(window, ".")
        finish(window)
        assert window.session.view.class_id == expected
    qtbot.keyClicks(window, ",")
    assert window.session.view.class_id == "fatty_acid"
    window.sidebar.list.selectAll()
    window.actions_["group"].trigger()
    assert len(window.session.samples) == 1
    finish(window)
    assert sorted(window.sidebar.selected_ids()) == [1, 2, 3]
    window.actions_["ungroup"].trigger()
    assert len(window.session.samples) == 0
    assert window.actions_["undo"].text().startswith("Undo Ungroup")
    window.actions_["undo"].trigger()
    assert len(window.session.samples) == 1
    assert window.actions_["redo"].text().startswith("Redo Ungroup")


def test_the_history_goes_back_to_any_step(window, finish):
    window.session.add([packed("a & b")])
    window.session.rename(1, "x")
    window.session.rename(1, "y")
    stack = window.docks.history_view.stack()
    assert stack.count() == 3
    assert window.actions_["undo"].text() == "Undo Rename x"
    stack.setIndex(1)
    finish(window)
    assert window.session.at(0).name == "a & b"
    assert window.actions_["redo"].text() == "Redo Rename a && b"


def test_the_overview_of_keys_is_that_of_the_actions(window):
    sections = dict(shortcut_rows(window.menuBar()))
    assert ("Open files", "Ctrl+O") in sections["File"]
    assert ("Every class", "Ctrl+2") in sections["View"]
    assert ("Redo", "Ctrl+Shift+Z or Ctrl+Y") in sections["Edit"]
    window.actions_["shortcuts"].trigger()
    dialog = window.commands.shortcuts
    found, iterator = set(), QTreeWidgetItemIterator(dialog.tree)
    while iterator.value() is not None:
        found.add(iterator.value().text(0))
        iterator += 1
    assert {"Open files", "Analyse", "Zoom one axis"} <= found
    dialog.close()


def test_dialogs_go_with_their_project(window, finish, qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    create_project(tmp_path / "mine.nmrcam").store.close()
    window.session.add([pack(picture("a", experiment=None))])
    window.session.select(1)
    finish(window)
    window.commands.ask_axes()
    window.commands.export()
    window.asker.ask_for_experiments((1,))
    old = window.asker
    assert old.dialog is not None
    window.desk.open(tmp_path / "mine.nmrcam")
    qtbot.waitUntil(lambda: window.desk.title == "mine")
    qtbot.waitUntil(lambda: window.commands.axes_dialog is None)
    qtbot.waitUntil(lambda: window.commands.export_dialog is None)
    assert window.asker is not old
    assert window.asker.dialog is None
    finish(window)


def test_the_tool_bar_fits_a_small_window(window, qtbot):
    window.resize(1100, 700)
    qtbot.wait(50)
    bar = next(b for b in window.children() if b.objectName() == "tools")
    assert bar.sizeHint().width() <= 1100


def test_copies_in_the_project_are_a_choice_that_can_be_undone(window, finish):
    action = window.actions_["embed"]
    assert action.isChecked()
    action.trigger()
    window.session.add([packed("a")])
    assert not window.session.at(0).record.embedded
    window.commands.undo()
    window.commands.undo()
    assert action.isChecked()
    assert window.session.options.embed
