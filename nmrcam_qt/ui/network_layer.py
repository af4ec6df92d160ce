"""What the network sees, in the place of the spectrum; made outside the window's thread."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QGraphicsRectItem

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_on_ink import seen_through
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.session.network_view import NetworkView
from nmrcam_qt.ui.heat import image_rect, ink_colours
from nmrcam_qt.ui.spectrum_view import NETWORK, SpectrumView
from nmrcam_qt.ui.theme import colours
from nmrcam_qt.workers.display_worker import DisplayWorker, Failed, Prepared


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """An image that is ready to be drawn, with its axes."""

    image: Image
    f1: Axis
    f2: Axis

    @property
    def nbytes(self) -> int:
        """Bytes of the image."""
        return self.image.nbytes


class NetworkLayer(QObject):
    """The cells of a network's input on one view, and a frame around its window.

    Parameters
    ----------
    view : SpectrumView
        Whose spectrum it takes the place of.
    worker : DisplayWorker
        Who makes the image.
    """

    def __init__(self, view: SpectrumView, worker: DisplayWorker) -> None:
        super().__init__(view)
        self._view, self._worker = view, worker
        self._key: Hashable = None
        self.seen: Seen | None = None
        self._through: tuple[Explanation | None, float] | None = None
        self.trouble = ""
        self.item = pg.ImageItem(axisOrder="row-major")
        self.frame = QGraphicsRectItem()
        for z, item in ((2, self.item), (2.2, self.frame)):
            item.setZValue(z)
            view.plot.addItem(item, ignoreBounds=True)
        self.frame.setVisible(False)
        worker.arrived.connect(self._on_arrived)
        view.original_toggled.connect(self.show_through)

    @property
    def shown(self) -> bool:
        """Whether it is in the place of the spectrum."""
        return self._key is not None

    def show(self, wanted: NetworkView | None) -> None:
        """Show what a network sees, or the spectrum again (None)."""
        key = None if wanted is None else wanted.key
        if key == self._key:
            return
        self._key = key
        self._view.signals_.set_hidden(wanted is not None, NETWORK)
        self._view.show_note()
        self._forget()
        if wanted is None:
            return

        def work(progress: Progress) -> Iterator[Prepared]:
            yield Seen(*wanted.image())

        made = self._worker.ask(self, key, work)
        if made is not None:
            self._on_arrived(key, made)

    def _forget(self) -> None:
        self._worker.give_up(self)
        self.item.clear()
        self.frame.setVisible(False)
        self.seen, self._through, self.trouble = None, None, ""

    @Slot(object, object)
    def _on_arrived(self, key: Hashable, made: Prepared) -> None:
        if self._key is None or key != self._key:
            return
        if isinstance(made, Failed):
            self.trouble = made.reason
            self._view.strip.set_message(f"What the network sees cannot be shown: {made.reason}")
        elif isinstance(made, Seen):
            self.seen, self._through = made, None
            self.dress()
            self.show_through()
            self.item.setRect(image_rect(made.f1, made.f2))
            self.frame.setRect(image_rect(made.f1, made.f2).normalized())
            self.frame.setVisible(True)

    @Slot()
    def show_through(self) -> None:
        """Let heat that lies on the signals show through them (`core.heat_on_ink`)."""
        heat, seen = self._view.maps.image_shown, self.seen
        if seen is None or heat == self._through:
            return
        self._through = heat
        image = seen_through(seen.image, seen.f1, seen.f2, *heat)
        if image is not self.item.image:
            self.item.setImage(image, levels=(0.0, 1.0), autoLevels=False)

    def dress(self) -> None:
        """Take the colours of the theme."""
        named = colours()
        self.item.setLookupTable(ink_colours(named.ink))
        self.frame.setPen(pg.mkPen(named.axis, width=1, cosmetic=True))
