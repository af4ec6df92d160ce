"""Where the user was is where the project opens."""

from __future__ import annotations

from window_builders import packed

from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.session import Session


def test_a_project_opens_at_the_spectrum_that_was_shown(make_window, finish, tmp_path, qtbot):
    path = tmp_path / "place.nmrcam"
    opened = create_project(path)
    session = Session(opened.content, opened.store)
    ids = session.add([packed(f"spectrum {n}") for n in range(30)])
    session.select(ids[13])
    assert opened.store.close()
    window = make_window()
    window.desk.open(path)
    qtbot.waitUntil(lambda: len(window.session) == 30, timeout=10_000)
    finish(window)
    assert window.session.current.id == ids[13]
    assert window.sidebar.selected_ids() == [ids[13]]
    assert window.sidebar.list.hasFocus() or not window.isActiveWindow()
    window.close()
    again = open_project(path)
    assert again.content.state.current == ids[13]
    again.store.close()
