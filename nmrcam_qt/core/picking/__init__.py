"""Picking peaks in spectra: from points or ink to positions in ppm.

Settings alone are light; what picks is imported by whoever asks for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nmrcam_qt.core.picking.settings import PickSettings, Signs

if TYPE_CHECKING:
    from nmrcam_qt.core.picking.pick import pick_peaks, with_doublets

__all__ = ["PickSettings", "Signs", "pick_peaks", "with_doublets"]


def __getattr__(name: str) -> Any:
    """What picks, at its first use."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nmrcam_qt.core.picking import pick

    return getattr(pick, name)
