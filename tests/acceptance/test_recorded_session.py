"""A session as a chemist works: the real window on a virtual screen, with mouse, keys and files.

A new project, a folder dropped from another program, all of it analysed while zooming,
filtered to a class (indoles, where there are some), methods compared side by side, undo, a
batch export, a kill, and everything is there again. ``NMRCAM_SCREENSHOTS=DIR`` keeps the
pictures of the steps.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from nmrcam_qt.core.samples import sample_paths

PICTURES = 300
CONTENT = (
    "[[i.id, i.name, str(i.state), str(i.flag), list(i.tags), i.note, i.sample,"
    " i.prediction.top if i.prediction else ''] for i in window.session.items]"
)
SAVED = "str(window.session.project.status.state) == 'saved'"
IDLE = f"not window.workbench.runner.running and {SAVED}"
SAID = "[list(i.prediction.present) for i in window.session.items if i.prediction]"
LISTED = "sorted(window.sidebar.listing.matching)"
MENU = "window.sidebar.filters.buttons['classes'].menu()"
VIEW = "window.view.plot.viewport()"
ROW = "window.sidebar.list.visualRect(window.sidebar.list.model().index({}, 0))"
NAMES = (
    "[window.sidebar.list.model().index(k, 0).data() "
    "for k in range(window.sidebar.list.model().rowCount())]"
)
CURRENT = "window.sidebar.list.visualRect(window.sidebar.list.currentIndex())"
WINDOW = "[list(pair) for pair in window.view.box.viewRange()]"


@pytest.fixture
def steps(tmp_path):
    """Where the pictures of the steps go; only those of the real data are kept."""
    return tmp_path / "steps"


def real_pictures(data_dir, folder):
    """All indoles and every so many of the others, as files of the user's own."""
    with (data_dir / "bmrb2d" / "manifest.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["cal_conf"] in ("A", "B")]
    indoles = [r["file"] for r in rows if r["indole"] == "1"][:60]
    others = [r["file"] for r in rows if r["indole"] != "1"]
    missing = PICTURES - len(indoles)
    chosen = indoles + others[:: len(others) // missing][:missing]
    folder.mkdir()
    for name in chosen:
        shutil.copy(data_dir / "bmrb2d" / "images" / name, folder / name)
    return len(chosen)


def copied_samples(folder):
    """The shipped samples, each in two folders."""
    for part in ("first", "second"):
        (folder / part).mkdir(parents=True)
        for path in sample_paths():
            shutil.copy(path, folder / part / path.name)
    return 2 * len(sample_paths())


def test_a_session_with_the_samples(user, tmp_path, steps):
    folder = tmp_path / "spectra"
    work(user, folder, copied_samples(folder), tmp_path, steps)


def test_a_session_with_300_pictures(user, data_dir, tmp_path, steps):
    folder = tmp_path / "Spektren für März"
    kept = os.environ.get("NMRCAM_SCREENSHOTS")
    steps = Path(kept) if kept else steps
    work(user, folder, real_pictures(data_dir, folder), tmp_path, steps)


def work(user, folder, count, tmp_path, steps):
    """The whole story."""
    project = tmp_path / "project.nmrcam"
    robot = user("--new")
    new_project(robot, project)
    drop_and_analyse(robot, folder, count, steps)
    class_id = filter_to_class(robot, steps)
    compare_methods(robot, steps)
    edit_and_undo(robot, count, steps)
    toggle_filter(robot, class_id)
    robot.wait(f"len({LISTED}) == {count}")
    export(robot, tmp_path / "export", steps)
    robot.wait(IDLE)
    before, view = robot.ask(CONTENT), robot.ask("repr(window.session.view)")
    current = robot.ask("window.session.current.id")
    robot.kill()
    check_file(project, count)
    again = user(project)
    again.wait(f"len(window.session) == {count}")
    again.wait(IDLE)
    assert again.ask(CONTENT) == before
    # Whether the files are still there is looked up anew, not remembered.
    again.wait("all(str(i.source) == 'present' for i in window.session.items)")
    assert again.ask("repr(window.session.view)") == view
    assert again.ask("window.session.current.id") == current
    again.wait(f"window.sidebar.selected_ids() == [{current}]")
    # Maps come from the file: nothing is analysed again.
    again.wait("window.shown.explanation is not None")
    again.picture(steps / "9-after-the-kill.png")
    assert again.close() == 0
    assert [line for line in robot.words + again.words if "Qt" in line or "Trace" in line] == []


def new_project(robot, project):
    """Ctrl+N, then a file for it, typed into the dialog."""
    robot.wait("window.session.project is not None")
    before = robot.ask("id(window.session)")  # which is empty, too
    robot.key("ctrl+n")
    robot.wait(f"id(window.session) != {before} and window.session.project is not None")
    robot.key("ctrl+shift+s")
    robot.answer_file_dialog(project)
    robot.wait(f"str(window.session.project.path) == {str(project)!r}")


def drop_and_analyse(robot, folder, count, steps):
    """The folder comes from another program; the view is used while all is analysed."""
    robot.drop_files([folder], "window.centralWidget()", "len(window.session)")
    robot.wait(f"len(window.session) == {count}")
    robot.wait(IDLE)
    robot.click("window.sidebar.list", rect=ROW.format(4))
    robot.key("f")
    whole = robot.still(WINDOW)
    robot.key("shift+a")
    robot.wait("any(i.prediction for i in window.session.items)")
    robot.wheel(robot.ask("strongest(window.view)"), 4)
    during = robot.ask("sum(1 for i in window.session.items if i.prediction)")
    robot.wait(f"{WINDOW} != {whole}")
    zoomed = robot.still(WINDOW)
    robot.picture(steps / "1-analysing-while-zooming.png")
    x, y = robot.middle(VIEW)
    robot.drag((x, y), (x + 60, y - 40))
    robot.wait(f"{WINDOW} != {zoomed}")
    robot.wait(IDLE, timeout=240)
    robot.picture(steps / "2-analysed.png")
    assert during < count or count < 50, "the analysis had ended before the zoom"
    assert all(abs(z[0] - z[1]) < abs(w[0] - w[1]) for z, w in zip(zoomed, whole, strict=True))
    assert robot.ask("[p.text for p in window.session.problems]") == []
    assert robot.ask("sum(str(i.state) == 'analysed' for i in window.session.items)") == count
    robot.key("f")


def telling_class(robot):
    """A class that is said of some spectra and not of all, and its key.

    Indole where that is so, as in the documentation; which one it is, the weights decide.
    """
    said = robot.ask(SAID)
    with_key = robot.ask("list(window.shown.plan.card.class_ids)")[:9]
    counts = {c: sum(c in present for present in said) for c in with_key}
    found = [c for c in ("indole", *with_key) if 0 < counts.get(c, 0) < len(said)]
    assert found, f"no class to filter by: {counts} of {len(said)}"
    return found[0], str(with_key.index(found[0]) + 1)


def toggle_filter(robot, class_id, picture=None):
    """Tick or untick a class in the menu of classes."""
    entry = f"[a for a in {MENU}.actions() if a.data() == {class_id!r}][0]"
    robot.click("window.sidebar.filters.buttons['classes']")
    robot.wait(f"{MENU}.isVisible()")
    if picture is not None:
        robot.picture(picture)
    ticked = robot.ask(f"{entry}.isChecked()")
    robot.click(MENU, rect=f"{MENU}.actionGeometry({entry})")
    robot.wait(f"{entry}.isChecked() != {ticked}")
    robot.key("Escape")
    robot.wait(f"not {MENU}.isVisible()")


def click_first(robot):
    """The first spectrum of the list; a sample's own row ends with its number of spectra."""
    names = robot.ask(NAMES)
    row = next(k for k, name in enumerate(names) if not re.search(r" \(\d+\)$", name))
    robot.click("window.sidebar.list", rect=ROW.format(row))


def filter_to_class(robot, steps):
    """By the menu of classes; its map by its key."""
    class_id, key = telling_class(robot)
    said = f"i.prediction and {class_id!r} in i.prediction.present"
    wanted = f"sorted(i.id for i in window.session.items if {said})"
    toggle_filter(robot, class_id, steps / "3-filter.png")
    robot.wait(f"{LISTED} == {wanted}")
    assert robot.ask(f"0 < len({LISTED}) < len(window.session)")
    click_first(robot)
    robot.wait(f"window.session.current.id in {wanted}")
    robot.key(key)
    robot.wait("window.shown.explanation is not None")
    robot.wait(f"window.shown.explanation.class_id == {class_id!r}")
    robot.picture(steps / "4-indoles.png")
    return class_id


def compare_methods(robot, steps):
    """Side by side, zoomed together."""
    robot.key("ctrl+3")
    robot.wait("len(window.page.panes.views) > 1")
    methods = robot.ask("[p.explanation.method for p in window.page.panes.panes if p.explanation]")
    assert len(set(methods)) == len(methods) > 1
    robot.wheel(robot.ask("strongest(window.page.panes.views[0])"), 4)
    robot.wait("len({str(v.box.viewRange()) for v in window.page.panes.views}) == 1")
    robot.picture(steps / "5-methods-side-by-side.png")
    robot.key("ctrl+1")
    robot.wait("len(window.page.panes.views) == 1")


def edit_and_undo(robot, count, steps):
    """Flag one, remove two, take the removal back; the flag stays."""
    robot.focus()
    click_first(robot)
    robot.key("c")
    robot.wait("sum(bool(i.flag) for i in window.session.items) == 1")
    robot.key("shift+Down", "Delete")
    robot.wait(f"len(window.session) < {count}")
    robot.picture(steps / "6-removed.png")
    robot.key("ctrl+z")
    robot.wait(f"len(window.session) == {count}")
    robot.picture(steps / "7-undone.png")
    assert robot.ask("sum(bool(i.flag) for i in window.session.items)") == 1


def export(robot, folder, steps):
    """A selection of what the filter leaves, through the dialog."""
    # The list stands where the current spectrum is, not at its top.
    robot.click("window.sidebar.list", rect=CURRENT)
    robot.key(*["shift+Next"] * 4)
    robot.wait("len(window.sidebar.selected_ids()) > 5")
    selected = robot.still("window.sidebar.selected_ids()")
    assert len(selected) > 5
    robot.key("ctrl+e")
    robot.wait("dialogs()")
    robot.focus("dialogs()[0]")
    robot.click("dialogs()[0].scope")
    robot.key("Home", "Return")
    robot.click("dialogs()[0].folder", times=3)
    robot.type(folder)
    robot.wait("dialogs()[0].ok.isEnabled()")
    robot.picture(steps / "8-export.png")
    scope = robot.ask("dialogs()[0].scope.currentData()")
    robot.click("dialogs()[0].ok")
    robot.wait("not dialogs()")
    robot.wait(IDLE, timeout=240)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    pictures = sorted(folder.rglob("*.png"))
    assert scope == "selected"
    # A selected spectrum of a pair takes the other one along.
    assert sum(len(item["sources"]) for item in manifest["items"]) >= len(selected)
    # One for every class that is present, on every spectrum of a pair.
    present = sum(len(item["present"]) * len(item["sources"]) for item in manifest["items"])
    assert len(pictures) == present > 5
    assert (folder / "report.html").is_file() and (folder / "scores.xlsx").is_file()
    assert sum(len(item["pictures"]) for item in manifest["items"]) == len(pictures)


def check_file(project, count):
    """After a kill the file is sound without our help."""
    connection = sqlite3.connect(project)
    try:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        kept = connection.execute("SELECT count(*) FROM spectra WHERE removed = 0").fetchone()
        assert kept == (count,)
    finally:
        connection.close()
