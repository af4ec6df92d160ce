"""One short remark above the plot: where the contours begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nmrcam_qt.core.noise import BASE_FACTOR

if TYPE_CHECKING:
    from nmrcam_qt.ui.contour_work import Drawing, Shades

RAISED = 1.1 * BASE_FACTOR
RIDGES = "By default they begin above the t1 ridges, higher than at 3 × noise"
HOW = "Shift+wheel, + and − change the lowest contour."


def contour_note(drawn: Drawing | Shades | None, trouble: str) -> tuple[str, str]:
    """Remark and tip.

    Parameters
    ----------
    drawn : Drawing, Shades or None
        What is drawn of instrument data; None until it is there.
    trouble : str
        Why it cannot be drawn.
    """
    if trouble:
        return "", ""  # the message says it
    if drawn is None:
        return "drawing …", ""
    from nmrcam_qt.ui.contour_work import Shades  # contourpy: not for the first paint

    levels, noise = drawn.levels, drawn.surface.noise
    top = drawn.surface.top or 1.0
    start = f"{levels.base / noise:.3g} × noise" if noise > 0 else f"{levels.base / top:.2%} of max"
    tip = f"Lowest {levels.base:.4g}, highest {levels.top:.4g}"
    tip += f", then {levels.crown} more, each twice the one before" if levels.crown else ""
    if noise > 0 and drawn.surface.base > RAISED * noise:
        tip += f". {RIDGES}"
    tip = f"{tip}. {HOW}"
    if isinstance(drawn, Shades):
        return f"image from {start}", f"Full strength at {levels.top:.4g}. {HOW}"
    if drawn.wanted.base < levels.base:
        said = "lower contours would be nothing but noise, too many to draw"
        return f"held at {start}", f"The base is held here: {said}. {tip}"
    return f"{levels.count} contours from {start}, × {levels.ratio:g}", tip
