"""Contours of one or several spectra on a plot."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QObject, Signal, Slot

from nmrcam_qt.ui.contour_item import ContourItem
from nmrcam_qt.ui.contour_work import (
    DEFAULT_SCALE,
    ContourScale,
    Drawing,
    Source,
    Surface,
    ask_contours,
    contour_key,
)
from nmrcam_qt.ui.theme import colours
from nmrcam_qt.workers.display_worker import DisplayWorker, Failed, Prepared, display_worker

Z = 2.0
"""Over the map, under peaks and marks; each further spectrum a little higher."""
OWN = "own"
"""Source id of the spectrum that the pane is about."""


@dataclass(eq=False, slots=True)
class _Shown:
    """One spectrum of the layer."""

    item: ContourItem
    source: Source
    scale: ContourScale
    pair: tuple[str, str] | None
    key: Hashable = None
    trouble: str = ""


class ContourLayer(QObject):
    """Draws the contours of several spectra; they are made outside the window's thread.

    Until new contours are there the old ones stay. The latest wish wins.

    Parameters
    ----------
    plot : pg.PlotWidget
        Where.
    worker : DisplayWorker, optional
        Who makes them; that of the application where it is left out.
    """

    changed = Signal(object)
    """Source id whose contours, or whose trouble, is new"""

    def __init__(self, plot: pg.PlotWidget, worker: DisplayWorker | None = None) -> None:
        super().__init__(plot)
        self._plot = plot
        self._worker = worker if worker is not None else display_worker()
        self._shown: dict[Hashable, _Shown] = {}
        self._worker.arrived.connect(self._on_arrived)

    @property
    def sources(self) -> tuple[Hashable, ...]:
        """Ids of what is shown, from below to above."""
        return tuple(self._shown)

    def show(
        self,
        source_id: Hashable,
        source: Source,
        scale: ContourScale = DEFAULT_SCALE,
        pair: tuple[str, str] | None = None,
    ) -> None:
        """Show a spectrum, or the same one anew.

        Parameters
        ----------
        source_id : hashable
            Who it is: another spectrum under the same id takes the place of the first.
        source : Source
            Its image; `contour_work.source_of` makes one of a packed spectrum.
        scale : ContourScale
            Which contours.
        pair : (str, str), optional
            Colours of positive and negative lines, ``#rrggbb``; those of the theme where
            left out.
        """
        shown = self._shown.get(source_id)
        if shown is None:
            shown = self._shown[source_id] = _Shown(ContourItem(), source, scale, pair)
            shown.item.setZValue(Z + 0.01 * len(self._shown))
            self._plot.addItem(shown.item, ignoreBounds=True)
        elif not shown.source.same_image(source):
            shown.item.set_drawing(None)  # it belongs to another spectrum
        shown.source, shown.scale, shown.pair = source, scale, pair
        self._dress(shown)
        if shown.trouble and shown.key == contour_key(source, scale):
            return  # it would fail again
        key, made = ask_contours(self._worker, (self, source_id), source, scale)
        if key != shown.key or made is not None:
            shown.key, shown.trouble = key, ""
            if made is not None:
                self._take(source_id, shown, made)

    def clear(self, source_id: Hashable | None = None) -> None:
        """Show one spectrum no more, or none at all."""
        ids = self.sources if source_id is None else (source_id,)
        for one in ids:
            shown = self._shown.pop(one, None)
            if shown is not None:
                self._worker.give_up((self, one))
                shown.item.set_drawing(None)
                self._plot.removeItem(shown.item)

    def stop(self) -> None:
        """Wait for nothing that is being made; what is there stays."""
        for source_id in self._shown:
            self._worker.give_up((self, source_id))

    def drawing(self, source_id: Hashable) -> Drawing | None:
        """What is drawn of a spectrum: levels, image, noise; None where nothing is there yet."""
        shown = self._shown.get(source_id)
        return shown.item.drawing if shown is not None else None

    def surface(self, source_id: Hashable) -> Surface | None:
        """The image of a spectrum with its axes and its noise, None where it is not there yet."""
        drawing = self.drawing(source_id)
        return drawing.surface if drawing is not None else None

    def item(self, source_id: Hashable) -> ContourItem | None:
        """The graphics item of a spectrum."""
        shown = self._shown.get(source_id)
        return shown.item if shown is not None else None

    def trouble(self, source_id: Hashable) -> str:
        """Why a spectrum cannot be drawn; empty where it can."""
        shown = self._shown.get(source_id)
        return shown.trouble if shown is not None else ""

    def set_visible(self, source_id: Hashable, visible: bool) -> None:
        """Hide a spectrum for a while."""
        shown = self._shown.get(source_id)
        if shown is not None:
            shown.item.setVisible(visible)

    def dress(self) -> None:
        """Take the colours of the theme."""
        for shown in self._shown.values():
            self._dress(shown)

    def _dress(self, shown: _Shown) -> None:
        named = colours()
        pair = shown.pair if shown.pair is not None else (named.ink, named.negative)
        shown.item.set_colours(*pair, named.paper)

    @Slot(object, object)
    def _on_arrived(self, key: Hashable, made: Prepared) -> None:
        for source_id, shown in tuple(self._shown.items()):
            if shown.key == key:
                self._take(source_id, shown, made)

    def _take(self, source_id: Hashable, shown: _Shown, made: Prepared) -> None:
        if isinstance(made, Drawing) and made is not shown.item.drawing:
            shown.trouble = ""
            shown.item.set_drawing(made)
            self.changed.emit(source_id)
        elif isinstance(made, Failed):
            shown.trouble = made.reason
            shown.item.set_drawing(None)
            self.changed.emit(source_id)
