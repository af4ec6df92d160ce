"""What the mouse does to peaks, masks and places of reference in one pane."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

from nmrcam_qt.core.picked import Peak
from nmrcam_qt.session.peak_editing import Place, enclosed, inside, nearest
from nmrcam_qt.session.peak_snapping import exact, ring_middle, snapped
from nmrcam_qt.ui.plot_values import Ink
from nmrcam_qt.ui.view_tool import Phase, ToolEvent

if TYPE_CHECKING:
    from nmrcam_qt.ui.mask_layer import MaskLayer
    from nmrcam_qt.ui.peak_layer import PeakLayer

REACH_PX = 9.0
"""A click this near to a mark means it; a summit this near is what a click means."""
LEAST_BOX_PX = 4.0
"""A smaller box is a slip of the hand."""

_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


class Mode(enum.Enum):
    """What clicks and drags mean."""

    SELECT = "select"
    PEAKS = "peaks"
    """Add, move, select."""
    MASK = "mask"
    """Draw a box."""
    PLACE = "place"
    """Say where a known signal lies."""
    LASSO = "lasso"
    """Draw a line around peaks to select them."""


class PaneTool(QObject):
    """The tool of one pane; what is to be done with it the desk decides.

    Parameters
    ----------
    peaks : PeakLayer
        Its marks can be clicked.
    masks : MaskLayer
        Draws a box that is being dragged.
    ink : callable
        Image of the spectrum with its axes, to find summits; None where there is none.
    boxes : callable
        Whether drags draw the rectangle to zoom to.
    is_picture : callable
        Whether the spectrum is a picture, whose signals are rings and no summits.
    parent : QObject, optional
        Owner.
    """

    selected = Signal(object, bool)
    """ids, and whether they are added to what is selected"""
    add_asked = Signal(object)
    """`Place`"""
    move_asked = Signal(int, object)
    """id and `Place`"""
    mask_drawn = Signal(object, object)
    """¹H and ¹³C edges, ppm, ascending"""
    place_chosen = Signal(object)
    """`Place`"""
    peak_activated = Signal(int)
    """a double-click on its mark"""
    menu_asked = Signal(object, object)
    """`Place` of a right click, and the id of the peak there or None"""

    def __init__(
        self,
        peaks: PeakLayer,
        masks: MaskLayer,
        ink: Callable[[], Ink | None],
        boxes: Callable[[], bool],
        is_picture: Callable[[], bool],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._peaks, self._masks = peaks, masks
        self._ink, self._boxes, self._is_picture = ink, boxes, is_picture
        self.mode = Mode.SELECT
        self._moving: Peak | None = None
        self._boxing = False
        self._line: list[tuple[float, float]] = []

    @property
    def cursor(self) -> Qt.CursorShape:
        """Shape of the mouse's pointer over the plot."""
        if self.mode is Mode.SELECT and not self._boxes():
            return Qt.CursorShape.ArrowCursor
        return Qt.CursorShape.CrossCursor

    def stop(self) -> None:
        """Forget a drag that is under way."""
        self._moving, self._boxing = None, False
        self._line = []
        self._peaks.show_ghost(None)
        self._peaks.show_line(())
        self._masks.show_draft(None, (0.0, 0.0))

    # What the mouse did

    def handle(self, event: ToolEvent) -> bool:
        """Whether the tool takes the event."""
        if event.button == Qt.MouseButton.RightButton and event.phase is Phase.CLICK:
            peak = self.peak_at(event, (event.h_ppm, event.c_ppm))
            place = self._place(event) if peak is None else _of(peak)
            self.menu_asked.emit(place, peak.id if peak is not None else None)
            return True
        if event.button != Qt.MouseButton.LeftButton:
            return False
        match event.phase:
            case Phase.CLICK:
                return self._click(event)
            case Phase.DOUBLE_CLICK:
                return self._double_click(event)
            case Phase.DRAG_START:
                return self._begin_drag(event)
            case Phase.DRAG:
                self._drag(event)
            case Phase.DRAG_END:
                self._end_drag(event)
        return True

    def peak_at(self, event: ToolEvent, place: tuple[float, float]) -> Peak | None:
        """The peak whose mark lies at a place, ¹H and ¹³C ppm."""
        if self._peaks.picked is None:
            return None
        h_reach, c_reach = (REACH_PX * size for size in event.ppm_per_px)
        return nearest(self._peaks.picked, *place, h_reach, c_reach)

    def _click(self, event: ToolEvent) -> bool:
        if self.mode is Mode.MASK:
            return True
        peak = self.peak_at(event, (event.h_ppm, event.c_ppm))
        if self.mode is Mode.PLACE:
            self.place_chosen.emit(_of(peak) if peak is not None else self._place(event))
            return True
        if peak is not None:
            self._select((peak.id,), event)
            return True
        if self.mode is Mode.PEAKS:
            self.add_asked.emit(self._place(event))
            return True
        if self._peaks.selected and not event.modifiers & _CTRL:
            self.selected.emit((), False)
        return False

    def _double_click(self, event: ToolEvent) -> bool:
        peak = self.peak_at(event, (event.h_ppm, event.c_ppm))
        if peak is not None:
            self.peak_activated.emit(peak.id)
        # Its first click has done what was to be done: nobody who adds a peak wants to zoom out.
        return peak is not None or self.mode is not Mode.SELECT

    def _select(self, ids: tuple[int, ...], event: ToolEvent) -> None:
        """These instead of what is selected, or with Ctrl in addition (a selected one: less)."""
        adding = bool(event.modifiers & _CTRL)
        if adding and len(ids) == 1 and ids[0] in self._peaks.selected:
            self.selected.emit(tuple(self._peaks.selected - set(ids)), False)
        else:
            self.selected.emit(ids, adding)

    def _begin_drag(self, event: ToolEvent) -> bool:
        self.stop()
        boxes = (Mode.SELECT, Mode.PEAKS)
        choosing = self.mode in boxes and bool(event.modifiers & _CTRL)
        self._boxing = choosing or self.mode is Mode.MASK
        if self.mode is Mode.PEAKS and not choosing:
            self._moving = self.peak_at(event, event.start)
        if self.mode is Mode.LASSO and not choosing:
            self._line = [event.start]
        taken = self._boxing or self._moving is not None or bool(self._line)
        if taken:
            self._drag(event)
        return taken

    def _drag(self, event: ToolEvent) -> None:
        if self._moving is not None:
            self._peaks.show_ghost((event.h_ppm, event.c_ppm))
        elif self._boxing:
            h, c = _box(event)
            self._masks.show_draft(h, c)
        elif self._line:
            self._line.append((event.h_ppm, event.c_ppm))
            self._peaks.show_line(self._line)

    def _end_drag(self, event: ToolEvent) -> None:
        moving, boxing, line = self._moving, self._boxing, self._line
        self.stop()
        if line:
            self._select_enclosed([*line, (event.h_ppm, event.c_ppm)], event)
            return
        if moving is not None:
            self.move_asked.emit(moving.id, self._exact(event))
            return
        h, c = _box(event)
        width, height = h[1] - h[0], c[1] - c[0]
        small = min(width / event.ppm_per_px[0], height / event.ppm_per_px[1]) < LEAST_BOX_PX
        if not boxing or small:
            return
        if self.mode is Mode.MASK:
            self.mask_drawn.emit(h, c)
        elif self._peaks.picked is not None:
            self._select(inside(self._peaks.picked, h, c), event)

    def _select_enclosed(self, line: list[tuple[float, float]], event: ToolEvent) -> None:
        """What lies in the line; a slip of the hand encloses nothing and changes nothing."""
        picked = self._peaks.picked
        if picked is None:
            return
        ids = enclosed(picked, line)
        spans = (max(axis) - min(axis) for axis in zip(*line, strict=True))
        drawn = max(span / px for span, px in zip(spans, event.ppm_per_px, strict=True))
        if ids or drawn > LEAST_BOX_PX:
            self._select(ids, event)

    # Places

    def _place(self, event: ToolEvent) -> Place:
        """The summit that a click means; with Shift the place itself."""
        ink = self._ink()
        if ink is None or event.modifiers & _SHIFT:
            return self._exact(event)
        h_reach, c_reach = (REACH_PX * size for size in event.ppm_per_px)
        where = (event.h_ppm, event.c_ppm, h_reach, c_reach)
        if self._is_picture():
            return ring_middle(*ink, *where) or self._exact(event)
        return snapped(*ink, *where)

    def _exact(self, event: ToolEvent) -> Place:
        ink = self._ink()
        if ink is None:
            return Place(event.h_ppm, event.c_ppm, 0.0)
        return exact(*ink, event.h_ppm, event.c_ppm)


def _of(peak: Peak) -> Place:
    return Place(peak.h_ppm, peak.c_ppm, peak.height)


def _box(event: ToolEvent) -> tuple[tuple[float, float], tuple[float, float]]:
    """¹H and ¹³C edges of a drag, ppm, ascending."""
    h0, h1 = sorted((event.start[0], event.h_ppm))
    c0, c1 = sorted((event.start[1], event.c_ppm))
    return (h0, h1), (c0, c1)
