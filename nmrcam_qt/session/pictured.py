"""What of the window pictures do not show, in words. No Qt."""

from __future__ import annotations

from nmrcam_qt.session.shown import Shown

PICTURES_SHOW = (
    "Pictures show each whole spectrum as the window does, with its map and, where they are "
    "shown, the usual places of its class; overlays, differences, "
    "projections, traces, peaks with their contributions and masks are shown in the window only."
)


def left_out(shown: Shown) -> str:
    """What the window shows and a picture of it does not; empty where nothing is missing.

    Parameters
    ----------
    shown : Shown
        The pane that is pictured, with its overlays.

    Returns
    -------
    str
        For example ``"without the overlay and the projections"``.
    """
    view, item = shown.view, shown.item
    if item is None:
        return ""
    missing = {
        "the overlay": bool(shown.overlays),
        "the difference": shown.minus is not None,
        "what the network sees": view.network_view,
        "the projections": view.projections,
        "the traces": view.traces,
        "the peaks": view.show_peaks and item.record.picked is not None,
        "what the peaks contribute": view.peak_marks != "plain",
    }
    words = [name for name, there in missing.items() if there]
    if not words:
        return ""
    joined = " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)
    return f"without {joined}"
