"""Text of strangers on its way to people: no control characters, no hidden direction marks."""

from __future__ import annotations

import unicodedata

_UNSAFE = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Controls, format marks (they can turn the direction of text), lone surrogates, line ends."""
_NO_CHARACTERS = "\ufffe\uffff"
"""XML may not hold them."""


def one_line(text: str) -> str:
    """Text that cannot drive a terminal or forge a line of output.

    Parameters
    ----------
    text : str
        For example a message with a file's name in it.

    Returns
    -------
    str
        Every unsafe character replaced by ``?``.
    """
    if text.isprintable():
        return text
    return "".join("?" if _unsafe(c) else c for c in text)


def _unsafe(character: str) -> bool:
    return character in _NO_CHARACTERS or unicodedata.category(character) in _UNSAFE
