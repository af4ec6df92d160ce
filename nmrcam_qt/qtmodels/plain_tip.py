"""Tool tips with names and titles of strangers in them."""

from __future__ import annotations

import html

from PySide6.QtGui import Qt


def plain_tip(text: str) -> str:
    """Text that a tool tip shows as it is.

    Qt takes what looks like HTML for HTML: a file called ``<img src=…>.png`` or such a
    title of a network would be drawn, and could have a picture fetched from a network share.

    Parameters
    ----------
    text : str
        Plain text, perhaps of several lines.
    """
    if not Qt.mightBeRichText(text):
        return text
    return f'<p style="white-space:pre-wrap">{html.escape(text)}</p>'
