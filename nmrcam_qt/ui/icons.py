"""Icons drawn with the colours of the theme, sharp on every screen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nmrcam_qt.ui.theme import colours

LINE = "#344054"
"""Colour of lines in the files; it becomes that of text."""
SIZES = (16, 20, 24, 32, 48, 64, 128)
"""Pixels; a screen of twice the density takes the larger ones."""
FAINT_SIZES = (16, 24, 48)
"""Of icons of what cannot be done now."""


FIRST_SIZES = (24, 48)
"""What the first paint needs of the tool bar's icons; all sizes come after it."""


def themed_icon(
    path: Path, sizes: Sequence[int] = SIZES, faint_sizes: Sequence[int] = FAINT_SIZES
) -> QIcon:
    """The icon of an SVG file; an empty one where it is missing.

    Parameters
    ----------
    path : Path
        The file.
    sizes, faint_sizes : sequence of int
        What is drawn for what can and what cannot be done now, pixels.
    """
    if not path.is_file():
        return QIcon()
    drawing = path.read_text(encoding="utf-8")
    made = QIcon()
    _draw(made, drawing.replace(LINE, colours().text), sizes, QIcon.Mode.Normal)
    # What the style makes of an icon for a disabled button is as bright as before on dark.
    faint = re.sub(r"#[0-9a-fA-F]{6}\b", colours().axis, drawing)
    _draw(made, faint, faint_sizes, QIcon.Mode.Disabled)
    return made


def _draw(icon: QIcon, drawing: str, sizes: Sequence[int], mode: QIcon.Mode) -> None:
    renderer = QSvgRenderer(QByteArray(drawing.encode("utf-8")))
    for size in sizes:
        image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        icon.addPixmap(QPixmap.fromImage(image), mode)
