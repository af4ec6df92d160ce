"""A session moves into another project file: nothing that happened meanwhile is lost."""

from __future__ import annotations

from dataclasses import replace

from nmrcam_qt.session.difference import difference, is_empty, missing_results
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.store import ProjectContent, Store


def move_in(session: Session, store: Store, content: ProjectContent) -> None:
    """Let a session live in another file from now on.

    What the file does not hold yet is written to it: everything, where it is new; what
    changed while the copy was made, where it is a copy. The old store is not closed.

    Parameters
    ----------
    session : Session
        The session.
    store : Store
        The file's store.
    content : ProjectContent
        What the file holds.
    """
    have = session.content()
    # View settings are kept with the state.
    change = replace(difference(content, have, "Move the session"), view=None)
    if not is_empty(change):
        store.write(change)
    for result in missing_results(content, have):
        store.write_result(result)
    session.attach(store)
