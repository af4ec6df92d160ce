"""The height of the lowest contour: keys for what Shift+wheel does."""

from __future__ import annotations

from PySide6.QtCore import Slot

from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots
from nmrcam_qt.ui.plot_values import drawn_later

NO_CONTOURS = "Only measured spectra (instrument data) are drawn with contours."
NOT_CHANGED = "The lowest contour is where the noise says."


class ContourCommands(CommandBase):
    """More or fewer contours of the present spectrum."""

    def contour_slots(self) -> Slots:
        """What these actions do."""
        return {
            "contours_lower": self.lower_contours,
            "contours_higher": self.raise_contours,
            "contours_reset": self.reset_contours,
        }

    def update_contour_actions(self) -> None:
        """Enable what can be done."""
        item = self._session.current
        reason = NOTHING_OPEN
        if item is not None:
            reason = "" if drawn_later(item.packed) else NO_CONTOURS
        self._enable("contours_lower contours_higher", reason)
        there = item is not None and item.record.contour_base == 1.0
        self._enable("contours_reset", reason or (NOT_CHANGED if there else ""))

    @Slot()
    def lower_contours(self) -> None:
        """One contour more, below the lowest."""
        self._multiply_base(1 / self._session.view.contour_ratio)

    @Slot()
    def raise_contours(self) -> None:
        """Without the lowest contour."""
        self._multiply_base(self._session.view.contour_ratio)

    def _multiply_base(self, by: float) -> None:
        item = self._session.current
        if item is not None:
            self._session.set_contour_base(item.id, item.record.contour_base * by)

    @Slot()
    def reset_contours(self) -> None:
        """Where the noise says."""
        item = self._session.current
        if item is not None:
            self._session.set_contour_base(item.id, 1.0)
