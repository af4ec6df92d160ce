"""Where classes usually have their signals, in all views of a pane grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from nmrcam_qt.core.usual_places import PriorShelf
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.session.usual_places import usual_places
from nmrcam_qt.ui.layer_views import LayerViews, add_to_heading

if TYPE_CHECKING:
    from nmrcam_qt.ui.prior_layer import PriorLayer
    from nmrcam_qt.ui.spectrum_view import SpectrumView


class PriorViews(LayerViews["PriorLayer"]):
    """Where classes usually have their signals, in all views of a pane grid.

    Parameters
    ----------
    parent : QObject
        Owner.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent, _layer)
        self.shelf = PriorShelf()

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
        self.hide_others(views)
        for pane, view in zip(panes, views, strict=True):
            if not settings.usual_places or pane.item is None:
                if (layer := self.layer_of(view)) is not None:
                    layer.show(None)
                continue
            places = usual_places(pane, self.shelf, len(panes) > 1)
            self.needed_layer(view).show(places)
            add_to_heading(view, places.words)


def _layer(view: SpectrumView) -> PriorLayer:
    from nmrcam_qt.ui.prior_layer import PriorLayer  # pyqtgraph: not for the first paint

    return PriorLayer(view)
