"""What was found out about results and lies in the project file; read when it is asked for. No Qt.

Contributions of peaks and checks of maps follow from spectrum and network, but take seconds to
minutes. They are kept by a digest of the question, with one of everything that the answer rests
on (weights, what the network sees, peaks): an answer that rests on something else is not found.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from typing import TypeVar

from nmrcam_qt.core.errors import NmrCamError, ProjectError
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.session.recent import Recent
from nmrcam_qt.session.records import Finding
from nmrcam_qt.session.session import Session

FORMAT = 1
"""Counted up where the same question has another answer: older ones are then not found."""
MOST_MISSED = 2000
T = TypeVar("T")


def digest(*said: object) -> str:
    """One text for the same plain values (texts, numbers, None and tuples of them)."""
    return hashlib.sha256(json.dumps([FORMAT, *said]).encode("ascii")).hexdigest()


class Findings:
    """Those of one session; of one without a file there are none.

    Parameters
    ----------
    session : Session
        Whose file they lie in.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._missed: Recent[tuple[str, str], bool] = Recent(MOST_MISSED)

    def keep(self, findings: Iterable[Finding]) -> None:
        """Keep them; each takes the place of an older answer to the same question."""
        store = self._session.project
        if store is not None:
            for finding in findings:
                self._missed.keep((finding.place, finding.basis), False)
                store.write_finding(finding)

    def find(self, place: str, basis: str, read: Callable[[Frame], T]) -> T | None:
        """An answer that rests on exactly this; None where there is none.

        One that cannot be read becomes a problem, once, and counts as not there.

        Parameters
        ----------
        place, basis : str
            `digest` of the question, and of what the answer rests on.
        read : callable
            Makes the answer of its frame; raises `NmrCamError` where it is broken.
        """
        store, key = self._session.project, (place, basis)
        if store is None or self._missed.find(key):
            return None
        try:
            frame = store.finding(place, basis)
            if frame is not None:
                return read(frame)
        except ProjectError as error:
            self._session.add_problem(f"{error}; they are computed anew")
        except NmrCamError as error:
            self._session.add_problem(f"{store.path.name}: {error}; they are computed anew")
        self._missed.keep(key, True)
        return None
