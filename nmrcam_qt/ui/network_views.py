"""What the networks see, in all views of a pane grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.network_view import NO_NETWORK, network_view
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.theme import theme
from nmrcam_qt.workers.display_worker import display_worker

if TYPE_CHECKING:
    from nmrcam_qt.ui.network_layer import NetworkLayer
    from nmrcam_qt.ui.spectrum_view import SpectrumView


class NetworkViews(QObject):
    """What the networks see, in all views of a pane grid.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._layers: dict[SpectrumView, NetworkLayer] = {}
        theme().changed.connect(self._on_theme)

    def layer_of(self, view: SpectrumView) -> NetworkLayer | None:
        """The layer on a view; None where it was never needed."""
        return self._layers.get(view)

    def show(
        self, panes: Sequence[Shown], views: Sequence[SpectrumView], settings: ViewSettings
    ) -> None:
        """Show or hide what the networks see, after everything else is shown.

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
            wanted = network_view(pane) if settings.network_view else None
            if wanted is not None or view in self._layers:
                self._layer(view).show(wanted)
                self._layer(view).show_through()
            if settings.network_view and pane.item is not None:
                said = wanted.heading if wanted is not None else NO_NETWORK
                texts = (view.heading.text(), said)
                view.heading.setText("  ·  ".join(text for text in texts if text))

    def _layer(self, view: SpectrumView) -> NetworkLayer:
        if view not in self._layers:
            # pyqtgraph: not for the first paint
            from nmrcam_qt.ui.network_layer import NetworkLayer

            self._layers[view] = NetworkLayer(view, display_worker())
        return self._layers[view]

    @Slot()
    def _on_theme(self) -> None:
        for layer in self._layers.values():
            layer.dress()
