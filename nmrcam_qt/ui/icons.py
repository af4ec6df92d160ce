"""Icons drawn with the colours of the theme, sharp on every screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QImage, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nmrcam_qt.ui.theme import colours

LINE = "#344054"
"""Colour of lines in the files; it becomes that of text."""
SIZES = (16, 20, 24, 32, 48, 64, 128)
"""Pixels; a screen of twice the density takes the larger ones."""


def themed_icon(path: Path) -> QIcon:
    """The icon of an SVG file; an empty one where it is missing."""
    if not path.is_file():
        return QIcon()
    drawing = path.read_text(encoding="utf-8").replace(LINE, colours().text)
    renderer = QSvgRenderer(QByteArray(drawing.encode("utf-8")))
    made = QIcon()
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        made.addPixmap(QPixmap.fromImage(image))
    return made
