"""Where classes usually have their signals, in all views of a pane grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.session.usual_places import PriorShelf, usual_places
from nmrcam_qt.ui.theme import theme

if TYPE_CHECKING:
    from nmrcam_qt.ui.prior_layer import PriorLayer
    from nmrcam_qt.ui.spectrum_view import SpectrumView


class PriorViews(QObject):
    """Where classes usually have their signals, in all views of a pane grid.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.shelf = PriorShelf()
        self._layers: dict[SpectrumView, PriorLayer] = {}
        theme().changed.connect(self._on_theme)

    def layer_of(self, view: SpectrumView) -> PriorLayer | None:
        """The layer on a view; None where it was never needed."""
        return self._layers.get(view)

    def show(
        self, panes: Sequence[Shown], views: Sequence[SpectrumView], settings: ViewSettings
    ) -> None:
        """Draw the usual places over panes, or nothing, after everything else is shown.

        Parameters
        ----------
        panes : sequence of Shown
            With the plans that say which network.
        views : sequence of SpectrumView
            One per pane.
        settings : ViewSettings
            Of the session.
        """
        for view, layer in self._layers.items():
            if view not in views:
                layer.show(None)
        for pane, view in zip(panes, views, strict=True):
            if not settings.usual_places or pane.item is None:
                if view in self._layers:
                    self._layers[view].show(None)
                continue
            places = usual_places(pane, self.shelf, len(panes) > 1)
            self._layer(view).show(places)
            texts = (view.heading.text(), places.words)
            view.heading.setText("  ·  ".join(text for text in texts if text))

    def _layer(self, view: SpectrumView) -> PriorLayer:
        if view not in self._layers:
            from nmrcam_qt.ui.prior_layer import PriorLayer  # pyqtgraph: not for the first paint

            self._layers[view] = PriorLayer(view)
        return self._layers[view]

    @Slot()
    def _on_theme(self) -> None:
        for layer in self._layers.values():
            layer.dress()
