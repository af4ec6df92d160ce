"""A picture of what was painted last: panning paints only what comes into view."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF
from PySide6.QtGui import QImage, QPainter, QTransform

MAX_PIXELS = 40_000_000
"""Of a larger area no picture is kept."""
RESIDUE_PX = 0.25
"""By so much what was painted before may lie beside its place; then all is painted anew."""
SAME_SCALE = 1e-9
"""Relative; over a thousand pixels it is nothing."""
_FUZZ = 1e-3
"""Pixels."""

Draw = Callable[[QPainter, QRectF], None]
"""Paints what touches a rectangle, in the item's coordinates."""


@dataclass(slots=True)
class _Kept:
    """What was painted: for what, where, and under which transformation."""

    content: Hashable
    image: QImage
    area: QRect
    transform: QTransform


class Canvas:
    """Keeps the picture of an item for one place on the screen.

    Only for items whose transformation scales and moves. Pixels are those of a direct
    painting, up to `RESIDUE_PX`.
    """

    def __init__(self) -> None:
        self._kept: _Kept | None = None
        self.painted = 0
        """Pixels that had to be painted, for the last `paint`."""

    def forget(self) -> None:
        """Let go of the picture."""
        self._kept = None

    def paint(self, painter: QPainter, view: QRectF, content: Hashable, draw: Draw) -> None:
        """Show the item.

        Parameters
        ----------
        painter : QPainter
            Of the item.
        view : QRectF
            What is in view, in the item's coordinates, whatever part of it is exposed now.
        content : hashable
            Equal where the item looks alike.
        draw : callable
            Paints a part of it.
        """
        transform = painter.deviceTransform()
        area = _pixels(transform.mapRect(view))
        if area.isEmpty() or area.width() * area.height() > MAX_PIXELS:
            draw(painter, view)
            return
        kept = self._scrolled(content, area, transform, draw)
        if kept is None:
            image = QImage(area.size(), QImage.Format.Format_ARGB32_Premultiplied)
            image.fill(0)
            kept = _Kept(content, image, area, transform)
            self.painted = area.width() * area.height()
            _fill(kept, [QRect(0, 0, area.width(), area.height())], draw)
        self._kept = kept
        _blit(painter, kept)

    def _scrolled(
        self, content: Hashable, area: QRect, transform: QTransform, draw: Draw
    ) -> _Kept | None:
        """The picture of before, moved, with what came into view; None where it is no use."""
        kept = self._kept
        if kept is None or kept.content != content or kept.area.size() != area.size():
            return None
        moved = _movement(kept, area, transform)
        if moved is None:
            return None
        across, down = moved
        width, height = area.width(), area.height()
        if abs(across) >= width or abs(down) >= height:
            return None
        self.painted = 0
        if across == 0 and down == 0 and kept.area == area:
            return kept
        image = kept.image.copy(-across, -down, width, height)  # nothing where it was not known
        # Where the picture says what it says now: the old transformation, by whole pixels.
        known = kept.transform * QTransform.fromTranslate(
            across + area.left() - kept.area.left(), down + area.top() - kept.area.top()
        )
        made = _Kept(content, image, area, known)
        strips = _strips(width, height, across, down)
        self.painted = sum(strip.width() * strip.height() for strip in strips)
        _fill(made, strips, draw)
        return made


def _pixels(area: QRectF) -> QRect:
    """All pixels of an area; rounding must not make it a pixel larger now and then."""
    left, top = math.floor(area.left() + _FUZZ), math.floor(area.top() + _FUZZ)
    right, bottom = math.ceil(area.right() - _FUZZ), math.ceil(area.bottom() - _FUZZ)
    return QRect(left, top, max(right - left, 0), max(bottom - top, 0))


def _movement(kept: _Kept, area: QRect, transform: QTransform) -> tuple[int, int] | None:
    """Pixels to the right and down, within the area; None where it is not only moved."""
    before = kept.transform
    for now, then in ((transform.m11(), before.m11()), (transform.m22(), before.m22())):
        if abs(now - then) > SAME_SCALE * abs(then):
            return None
    across = transform.dx() - before.dx() - (area.left() - kept.area.left())
    down = transform.dy() - before.dy() - (area.top() - kept.area.top())
    if max(abs(across - round(across)), abs(down - round(down))) > RESIDUE_PX:
        return None
    return round(across), round(down)


def _strips(width: int, height: int, across: int, down: int) -> list[QRect]:
    """What a movement uncovers."""
    strips = []
    if across:
        strips.append(QRect(0 if across > 0 else width + across, 0, abs(across), height))
    if down:
        left, right = max(across, 0), width + min(across, 0)
        strips.append(QRect(left, 0 if down > 0 else height + down, right - left, abs(down)))
    return strips


def _fill(kept: _Kept, strips: list[QRect], draw: Draw) -> None:
    """Paint parts of a picture, given in its own pixels."""
    onto = kept.transform * QTransform.fromTranslate(-kept.area.left(), -kept.area.top())
    back, _ = onto.inverted()
    painter = QPainter(kept.image)
    for strip in strips:
        painter.resetTransform()
        painter.setClipRect(strip)
        painter.setTransform(onto)
        draw(painter, back.mapRect(QRectF(strip)))
    painter.end()


def _blit(painter: QPainter, kept: _Kept) -> None:
    """Lay the picture over what is there, pixel by pixel."""
    painter.save()
    painter.setWorldTransform(QTransform())
    device = painter.deviceTransform()
    back, _ = device.inverted()
    kept.image.setDevicePixelRatio(device.m11())
    painter.drawImage(back.map(QPointF(kept.area.topLeft())), kept.image)
    painter.restore()
