"""Tools of the mouse in a plot: what they are told, before pan and zoom get it."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import Qt


class Phase(enum.Enum):
    """What the mouse did."""

    CLICK = "click"
    DOUBLE_CLICK = "double click"
    DRAG_START = "drag start"
    DRAG = "drag"
    DRAG_END = "drag end"


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """What a tool is told.

    Parameters
    ----------
    phase : Phase
        What the mouse did.
    h_ppm, c_ppm : float
        Where it is, ¹H and ¹³C shift.
    start : (h_ppm, c_ppm)
        Where the button was pressed.
    ppm_per_px : (h, c)
        Extent of a pixel of the screen, ppm, positive: for hit tests.
    button : Qt.MouseButton
        Which.
    modifiers : Qt.KeyboardModifier
        Keys that are held.
    """

    phase: Phase
    h_ppm: float
    c_ppm: float
    start: tuple[float, float]
    ppm_per_px: tuple[float, float]
    button: Qt.MouseButton
    modifiers: Qt.KeyboardModifier


class Tool(Protocol):
    """Takes clicks and drags in a plot before pan and zoom do; Alt+drag stays a zoom."""

    @property
    def cursor(self) -> Qt.CursorShape:
        """Shape of the mouse's pointer over the plot."""

    def handle(self, event: ToolEvent) -> bool:
        """Whether the tool takes the event.

        A drag whose `Phase.DRAG_START` it takes is its own to the end; else it pans.
        """
