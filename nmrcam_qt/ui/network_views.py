"""What the networks see, in all views of a pane grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.network_view import NO_NETWORK, network_view
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.ui.layer_views import LayerViews, add_to_heading

if TYPE_CHECKING:
    from nmrcam_qt.ui.network_layer import NetworkLayer
    from nmrcam_qt.ui.spectrum_view import SpectrumView


class NetworkViews(LayerViews["NetworkLayer"]):
    """What the networks see, in all views of a pane grid.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent, _layer)

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
        self.hide_others(views)
        for pane, view in zip(panes, views, strict=True):
            wanted = network_view(pane) if settings.network_view else None
            if wanted is not None or self.layer_of(view) is not None:
                layer = self.needed_layer(view)
                layer.show(wanted)
                layer.show_through()
            if settings.network_view and pane.item is not None:
                add_to_heading(view, wanted.heading if wanted is not None else NO_NETWORK)


def _layer(view: SpectrumView) -> NetworkLayer:
    from nmrcam_qt.ui.network_layer import NetworkLayer  # pyqtgraph: not for the first paint
    from nmrcam_qt.workers.display_worker import display_worker

    return NetworkLayer(view, display_worker())
