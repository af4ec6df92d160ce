"""The session with a real project file: what was done, undone and redone is there again."""

from __future__ import annotations

from hypothesis import given, settings
from session_fakes import Follower, digest, valid_results
from test_session_undo import ALL, RANDOM, UNDOABLE, run, spectra
from window_builders import make_analysis, make_map

from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.session import Session

KINDS = [kind for kind in ALL if kind is not UNDOABLE["options"]]
"""Every spectrum is embedded: there is no file to read the others from."""


def reopened(session, path):
    """The session after its project was closed and opened."""
    before = digest(session.content(), True)
    assert session.project.close()
    opened = open_project(path)
    assert opened.notices == ()
    assert digest(opened.content, True) == before
    assert valid_results(opened.content) == valid_results(session.content())
    assert opened.content.next_id == session.content().next_id
    again = Session(opened.content, opened.store)
    current = session.current.id if session.current is not None else None
    assert (again.current.id if again.current is not None else None) == current
    return again


@settings(max_examples=3, deadline=None)
@given(RANDOM)
def test_what_was_done_and_undone_is_there_after_reopening(tmp_path_factory, rng):
    path = tmp_path_factory.mktemp("projects") / "p.nmrcam"
    opened = create_project(path)
    session = Session(opened.content, opened.store)
    ids = session.add(spectra())
    for item_id in ids:
        session.store(AnalysisKey("net", (item_id,), None), make_analysis([make_map()]))
    for _ in range(2):
        follower = Follower(session)
        made, states = run(session, KINDS, rng, 30)
        undone = made[rng.randrange(len(made)) :]
        for change in reversed(undone):
            session.apply(change.inverse())
        assert digest(session.content()) == states[len(made) - len(undone)][0]
        for change in undone[: len(undone) // 2]:
            session.apply(change)
        follower.unsubscribe()
        session = reopened(session, path)
    for result in session.content().results:
        assert session.analysis(result.id.key) is not None or result.id not in valid_results(
            session.content()
        )
    assert not session.problems
    assert session.project.close()
