"""Known failures, apart from bugs. Every message is one sentence for a chemist."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from nmrcam_qt.core.plain_text import one_line


class NmrCamError(Exception):
    """Root of all known failures; anything else that escapes is a bug.

    As text it is one printable line, whatever the name of a file or a title in it holds.
    """

    def __str__(self) -> str:
        return one_line(super().__str__())


class Cancelled(NmrCamError):  # noqa: N818 - it is no error
    """The user cancelled a long piece of work."""

    def __init__(self, what: str = "cancelled") -> None:
        super().__init__(what)


class ReadError(NmrCamError):
    """A file could not be read.

    Parameters
    ----------
    path : path-like
        The file.
    found : str
        What was found in it.
    expected : str, optional
        What was expected instead.
    name : str, optional
        What people call it, where all files have the same name (``2rr``); that of the file
        by default.
    """

    def __init__(self, path: str | Path, found: str, expected: str = "", name: str = "") -> None:
        self.path = Path(path)
        self.found = found
        self.expected = expected
        self.name = name or self.path.name
        tail = f"; expected {expected}" if expected else ""
        super().__init__(f"{self.name}: {found}{tail}")

    def __reduce__(self) -> tuple[type[ReadError], tuple[object, ...]]:
        return type(self), (self.path, self.found, self.expected, self.name)


_MOST_NAMED = 20
"""Choices that the sentence names; an archive may hold thousands."""


class AmbiguousError(ReadError):
    """A file can be read in more than one way and only the user knows which.

    Parameters
    ----------
    path : path-like
        The file.
    question : str
        What to ask in the window.
    choices : sequence of str
        Values the user may choose from.
    option : str
        Name of the `ReadOptions` field that settles it; the command line
        offers it as ``--<option>`` with ``-`` for ``_``.
    """

    def __init__(
        self, path: str | Path, question: str, choices: Sequence[str], option: str
    ) -> None:
        self.question = question
        self.choices = tuple(choices)
        self.option = option
        flag = "--" + option.replace("_", "-")
        named = ", ".join(self.choices[:_MOST_NAMED])
        more = len(self.choices) - _MOST_NAMED
        tail = f" and {more} more" if more > 0 else ""
        super().__init__(path, question, f"one of {named}{tail} ({flag})")

    def __reduce__(self) -> tuple[type[AmbiguousError], tuple[object, ...]]:
        return type(self), (self.path, self.question, self.choices, self.option)


class CardError(NmrCamError):
    """A network's card is broken or does not match its weights."""


class NetworkError(NmrCamError):
    """A network file is refused or cannot do what was asked."""


class ProjectError(NmrCamError):
    """A project file cannot be opened, read or written."""


class EngineLost(NmrCamError):  # noqa: N818 - what happened, as `Cancelled`
    """Who computes is gone for good: what is left of a batch need not be tried."""


class MethodError(NmrCamError):
    """An explanation method is not available for this network, with the reason."""
