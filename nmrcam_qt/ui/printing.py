"""The picture on paper, as large as the page allows."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRect, QRectF
from PySide6.QtGui import QImage, QPagedPaintDevice, QPainter

PRINT_DPI = 600
"""Of the picture that goes to the printer: as sharp as most of them."""


def fitted(width: float, height: float, page: QRect) -> QRectF:
    """Where a picture lies on a page: as large as possible, in the middle of the width, on top.

    Parameters
    ----------
    width, height : float
        Of the picture, any unit.
    page : QRect
        What can be printed on, in the printer's pixels.
    """
    scale = min(page.width() / width, page.height() / height)
    left = (page.width() - width * scale) / 2
    return QRectF(left, 0.0, width * scale, height * scale)


def print_picture(printer: QPagedPaintDevice, page: QRect, png: bytes) -> bool:
    """Paint a picture on a printer or into a PDF file.

    Parameters
    ----------
    printer : QPagedPaintDevice
        A `QPrinter` or `QPdfWriter`.
    page : QRect
        What can be printed on, in its pixels.
    png : bytes
        The picture at `PRINT_DPI`.

    Returns
    -------
    bool
        Whether it could be begun; a printer may be gone.
    """
    image = QImage.fromData(QByteArray(png))
    painter = QPainter()
    if image.isNull() or not painter.begin(printer):
        return False
    try:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(fitted(image.width(), image.height(), page), image)
    finally:
        painter.end()
    return True
