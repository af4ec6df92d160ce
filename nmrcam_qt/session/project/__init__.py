"""The ``.nmrcam`` project file: one SQLite database that is always up to date.

`create_project` and `open_project` give a store (`ProjectFile`), which keeps every change,
and the content to start a session with. What a crash can take: after ``kill -9`` nothing
that was called saved; after a power cut no change of the user, at most the last results.
"""

from nmrcam_qt.session.project.file import ProjectFile
from nmrcam_qt.session.project.lock import is_held
from nmrcam_qt.session.project.opening import SUFFIX, Opened, create_project, open_project
from nmrcam_qt.session.project.scratch import discard, is_scratch, recoverable, scratch_project

__all__ = [
    "SUFFIX",
    "Opened",
    "ProjectFile",
    "create_project",
    "discard",
    "is_held",
    "is_scratch",
    "open_project",
    "recoverable",
    "scratch_project",
]
