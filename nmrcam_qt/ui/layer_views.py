"""Layers of one kind on the views of a pane grid, each made when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Slot

from nmrcam_qt.ui.theme import theme

if TYPE_CHECKING:
    from nmrcam_qt.ui.spectrum_view import SpectrumView


class ViewLayer(Protocol):
    """What is drawn over one view."""

    def show(self, what: Any, /) -> None:
        """Draw it; None for nothing."""

    def dress(self) -> None:
        """Take the colours of the theme."""


Layer = TypeVar("Layer", bound=ViewLayer)


class LayerViews(QObject, Generic[Layer]):
    """Layers of one kind on the views of a pane grid, each made when it is first needed.

    Parameters
    ----------
    parent : QObject
        Owner.
    make : callable
        Gives the layer on a view; it imports what draws, which is not for the first paint.
    """

    def __init__(self, parent: QObject, make: Callable[[SpectrumView], Layer]) -> None:
        super().__init__(parent)
        self._make = make
        self._layers: dict[SpectrumView, Layer] = {}
        theme().changed.connect(self._on_theme)

    def layer_of(self, view: SpectrumView) -> Layer | None:
        """The layer on a view; None where it was never needed."""
        return self._layers.get(view)

    def needed_layer(self, view: SpectrumView) -> Layer:
        """The layer on a view, made where there is none."""
        if view not in self._layers:
            self._layers[view] = self._make(view)
        return self._layers[view]

    def hide_others(self, views: Sequence[SpectrumView]) -> None:
        """Nothing is drawn over views that show no pane."""
        for view, layer in self._layers.items():
            if view not in views:
                layer.show(None)

    @Slot()
    def _on_theme(self) -> None:
        for layer in self._layers.values():
            layer.dress()


def add_to_heading(view: SpectrumView, said: str) -> None:
    """Say something behind what the heading of a view says."""
    texts = (view.heading.text(), said)
    view.heading.setText("  ·  ".join(text for text in texts if text))
