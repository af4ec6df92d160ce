"""Colours of heat and ink on white paper; the same as in the window."""

from __future__ import annotations

from functools import lru_cache

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.writers import raster

LEVELS = 256
FADE_SHARE = 0.35
"""Below this share of the maximum the heat fades into the paper."""
DARK_CUT = 0.15
"""Share of a colour map at its dark end that is left out, or heat would hide the ink."""
POSITIVE_INK, NEGATIVE_INK = raster.POSITIVE_INK, raster.NEGATIVE_INK


def overlay_colours(name: str, opacity: float, threshold: float) -> NDArray[np.float64]:
    """Look-up table of the heat, float64 ``(LEVELS, 4)``, RGBA 0..1.

    Entry 0 is no heat, the last the map's maximum; weak is light, strong is dark,
    whichever way round the colour map is. Below the threshold nothing is painted.

    Parameters
    ----------
    name : str
        A matplotlib colour map, for example "plasma".
    opacity : float
        0..1.
    threshold : float
        Share of the maximum, 0..1.

    Raises
    ------
    ValueError
        If matplotlib has no such colour map.
    """
    if name not in mpl.colormaps:
        raise ValueError(f"no colour map {name!r}")
    # The light end is found below: a map and its reverse give the same colours, to the bit.
    forward = name.removesuffix("_r")
    full = mpl.colormaps[forward if forward in mpl.colormaps else name]
    light, dark = (0.0, 1.0) if _luminance(full(0.0)) > _luminance(full(1.0)) else (1.0, 0.0)
    dark += DARK_CUT if dark < light else -DARK_CUT
    table = np.asarray(full(np.linspace(light, dark, LEVELS)), dtype=np.float64)
    share = np.linspace(0, 1, LEVELS)
    painted = (share > 0) & (share >= threshold)
    table[:, 3] = np.where(painted, opacity * np.clip(share / FADE_SHARE, 0, 1), 0.0)
    return table


def on_paper(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """A look-up table as it is seen on white paper, opaque, float64 ``(LEVELS, 4)``."""
    alpha = table[:, 3:]
    seen = np.ones_like(table)
    seen[:, :3] = table[:, :3] * alpha + (1 - alpha)
    return seen


@lru_cache(maxsize=32)
def seen_colours(name: str, opacity: float, threshold: float) -> NDArray[np.uint8]:
    """The colours of heat as they are seen on white paper, uint8 ``(LEVELS, 3)``, read-only.

    Raises
    ------
    ValueError
        If matplotlib has no such colour map.
    """
    seen = on_paper(overlay_colours(name, opacity, threshold))
    made: NDArray[np.uint8] = np.rint(seen[:, :3] * 255).astype(np.uint8)
    made.setflags(write=False)
    return made


def _luminance(rgba: tuple[float, float, float, float]) -> float:
    """ITU-R BT.601."""
    return 0.299 * rgba[0] + 0.587 * rgba[1] + 0.114 * rgba[2]
