"""Marks, masks and tool of one spectrum view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QToolTip

from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.qtmodels.plain_tip import plain_tip
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.peak_editing import nearest
from nmrcam_qt.ui.mask_layer import MaskLayer
from nmrcam_qt.ui.peak_layer import PeakLayer, leave_clicks
from nmrcam_qt.ui.peak_tool import REACH_PX, PaneTool
from nmrcam_qt.ui.spectrum_view import SpectrumView

if TYPE_CHECKING:
    from nmrcam_qt.ui.peak_desk import PeakDesk


class PeakPane(QObject):
    """Layers and tool of one view.

    Parameters
    ----------
    view : SpectrumView
        The view.
    desk : PeakDesk
        Owner; says what stands in the tip of a peak.
    """

    def __init__(self, view: SpectrumView, desk: PeakDesk) -> None:
        super().__init__(desk)
        self.view = view
        self.item: SessionItem | None = None
        self.peaks, self.masks = PeakLayer(view.plot), MaskLayer(view.plot)
        self.tool = PaneTool(
            self.peaks,
            self.masks,
            lambda: view.ink,
            lambda: view.box.box_tool,
            self._is_picture,
            self,
        )
        self._tip_of = desk.tip_of
        view.plot.viewport().installEventFilter(self)
        for item in (view.signals_.peak_item, view.signals_.halo_item):
            leave_clicks(item)

    def _is_picture(self) -> bool:
        kind = self.item.packed.provenance.kind if self.item is not None else None
        return kind is SourceKind.PICTURE

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The tip of the peak under the cursor, else of the masks there."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self._tip_at(event)
            if text:
                QToolTip.showText(event.globalPos(), plain_tip(text))
                return True
            QToolTip.hideText()
        return super().eventFilter(watched, event)

    def _tip_at(self, event: QHelpEvent) -> str:
        box, picked = self.view.box, self.peaks.picked
        place = box.mapSceneToView(self.view.plot.mapToScene(event.pos()))
        if picked is not None:
            width, height = (REACH_PX * abs(float(size)) for size in box.viewPixelSize())
            peak = nearest(picked, place.x(), place.y(), width, height)
            if peak is not None:
                return self._tip_of(self.view, peak)
        return self.masks.text_at(place.x(), place.y())
