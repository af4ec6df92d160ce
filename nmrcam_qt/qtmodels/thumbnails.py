"""Thumbnails on their way to the screen: few are kept, and none is read while painting."""

from __future__ import annotations

import time
from collections import OrderedDict
from functools import lru_cache

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, qRgb

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.packing import THUMBNAIL_SIZE

THUMBNAILS_KEPT = 256
WANTED_KEPT = 64
"""Newest requests; older ones have been scrolled away and are asked for again when painted."""
TURN_S = 0.004
"""Reading gives way to the event loop after this long."""


class Thumbnails(QObject):
    """A bounded cache of pictures of spectra.

    What lies in the project file is read a few pictures per turn of the event loop, after
    the paint that missed them.

    Parameters
    ----------
    parent : QObject, optional
        Owner.
    """

    loaded = Signal(object)
    """Ids of the spectra whose pictures can be painted now, a list."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[int, tuple[Handle[bytes], QImage | None]] = OrderedDict()
        self._wanted: OrderedDict[int, Handle[bytes]] = OrderedDict()
        self._colours = ("#ffffff", "#000000")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._read_some)

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def are_there(self) -> bool:
        """Whether some were asked for, and all of them are at hand."""
        return bool(self._kept) and not self._wanted

    def get(self, item: SessionItem) -> QImage | None:
        """The picture where it is at hand; otherwise it is read soon and `loaded` follows."""
        handle = item.packed.picture
        known = self._kept.get(item.id)
        if known is not None and known[0] is handle:
            self._kept.move_to_end(item.id)
            return known[1]
        raw = handle.in_memory
        if raw is not None:
            return self._keep(item.id, handle, raw)
        self._wanted[item.id] = handle
        self._wanted.move_to_end(item.id)
        while len(self._wanted) > WANTED_KEPT:
            self._wanted.popitem(last=False)
        if not self._timer.isActive():
            self._timer.start(0)
        return None

    def set_colours(self, paper: str, ink: str) -> None:
        """Colours as ``#rrggbb``; all pictures are made anew."""
        if (paper, ink) != self._colours:
            self._colours = (paper, ink)
            self._kept.clear()

    def forget(self, item_id: int) -> None:
        """The spectrum is gone."""
        self._kept.pop(item_id, None)
        self._wanted.pop(item_id, None)

    def _keep(self, item_id: int, handle: Handle[bytes], raw: bytes | None) -> QImage | None:
        image = _image(raw, _table(*self._colours))
        self._kept[item_id] = (handle, image)
        self._kept.move_to_end(item_id)
        while len(self._kept) > THUMBNAILS_KEPT:
            self._kept.popitem(last=False)
        return image

    @Slot()
    def _read_some(self) -> None:
        """What was asked for last is what the user looks at."""
        began, read = time.perf_counter(), []
        while self._wanted and time.perf_counter() - began < TURN_S:
            item_id, handle = self._wanted.popitem()
            try:
                raw: bytes | None = handle.get()
            except NmrCamError:
                raw = None  # the row keeps its placeholder; opening the spectrum says why
            self._keep(item_id, handle, raw)
            read.append(item_id)
        if read:
            self.loaded.emit(read)
        if self._wanted:
            self._timer.start(0)


def _image(raw: bytes | None, table: list[int]) -> QImage | None:
    """Ink on paper; None where the bytes are no thumbnail."""
    rows, columns = THUMBNAIL_SIZE
    if raw is None or len(raw) != rows * columns:
        return None
    codes = QImage(raw, columns, rows, columns, QImage.Format.Format_Indexed8)
    codes.setColorTable(table)
    return codes.convertToFormat(QImage.Format.Format_RGB32)


@lru_cache(maxsize=4)
def _table(paper: str, ink: str) -> list[int]:
    """256 colours from paper to ink."""
    start, end = QColor(paper), QColor(ink)
    ends = (
        (start.red(), end.red()),
        (start.green(), end.green()),
        (start.blue(), end.blue()),
    )
    return [qRgb(*(round(a + (b - a) * step / 255) for a, b in ends)) for step in range(256)]
