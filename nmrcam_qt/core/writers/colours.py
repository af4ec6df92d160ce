"""Colours of heat and ink on white paper; the same as in the window."""

from __future__ import annotations

from functools import lru_cache

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.heat_contours import CLASS_FADE, FADE_SHARE, drawn_lines
from nmrcam_qt.core.writers import raster
from nmrcam_qt.core.writers.request import PictureRequest

LEVELS = 256
DARK_CUT = 0.15
"""Share of a colour map at its dark end that is left out, or heat would hide the ink."""
LINE_CONTRAST = 3.0
"""WCAG contrast of lines and class colours with the paper, as in the window."""
WHITE = np.full((LEVELS, 3), 255, dtype=np.uint8)
WHITE.setflags(write=False)
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


def class_colours(colour: str, opacity: float, threshold: float) -> NDArray[np.float64]:
    """Look-up table in one colour, like `overlay_colours`; only the opacity rises.

    Parameters
    ----------
    colour : str
        ``#rrggbb``; darkened until it stands out from white paper.
    opacity, threshold : float
        0..1.
    """
    share = np.linspace(0, 1, LEVELS)
    table = np.empty((LEVELS, 4))
    table[:, :3] = _parts(legible(colour))
    table[:, 3] = np.where((share > 0) & (share >= threshold), opacity * share, 0.0)
    return table


def heat_table(request: PictureRequest) -> NDArray[np.float64]:
    """Look-up table of the heat of a picture, as `overlay_colours`."""
    return _table(request.colormap, request.class_colour, request.opacity, request.threshold)


def _table(name: str, colour: str, opacity: float, threshold: float) -> NDArray[np.float64]:
    if colour:
        return class_colours(colour, opacity, threshold)
    return overlay_colours(name, opacity, threshold)


def line_colours(request: PictureRequest) -> tuple[tuple[float, str], ...]:
    """Levels that are drawn as lines, as shares of the maximum, with their colours.

    On an image all have the strongest colour: its own would not show there. They fade as the
    image does (`line_strength`).
    """
    fade = CLASS_FADE if request.class_colour else FADE_SHARE
    lines = drawn_lines(request.heat_style, request.threshold, request.opacity, fade)
    if not lines:
        return ()
    table = heat_table(request)
    return tuple(
        (share, _faded(legible(_name(table[round(place * (LEVELS - 1)), :3])), strength))
        for share, place, strength in lines
    )


def _faded(colour: str, strength: float) -> str:
    """A colour over white paper that is not painted in full."""
    return _name(1 - (1 - _parts(colour)) * strength)


def legible(colour: str, ratio: float = LINE_CONTRAST) -> str:
    """A colour darkened until it stands out from white paper, ``#rrggbb``.

    Parameters
    ----------
    colour : str
        ``#rrggbb``.
    ratio : float
        WCAG contrast to be reached, as in the window.
    """
    parts = _parts(colour)
    for step in range(41):
        made = _name(parts * (1 - step / 40))
        if 1.05 / (_relative_luminance(_parts(made)) + 0.05) >= ratio:
            return made
    return "#000000"


def _parts(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255


def _name(parts: NDArray[np.float64]) -> str:
    return "#" + "".join(f"{round(float(part) * 255):02x}" for part in parts)


def _relative_luminance(parts: NDArray[np.float64]) -> float:
    """As WCAG defines it."""
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def seen_colours(request: PictureRequest) -> NDArray[np.uint8]:
    """The colours of heat as they are seen on white paper, uint8 ``(LEVELS, 3)``, read-only.

    All white where the map is drawn as lines alone.

    Raises
    ------
    ValueError
        If matplotlib has no such colour map.
    """
    if request.heat_style == "contours":
        return WHITE
    return _seen(request.colormap, request.class_colour, request.opacity, request.threshold)


@lru_cache(maxsize=32)
def _seen(name: str, colour: str, opacity: float, threshold: float) -> NDArray[np.uint8]:
    seen = on_paper(_table(name, colour, opacity, threshold))
    made: NDArray[np.uint8] = np.rint(seen[:, :3] * 255).astype(np.uint8)
    made.setflags(write=False)
    return made


def _luminance(rgba: tuple[float, float, float, float]) -> float:
    """ITU-R BT.601."""
    return 0.299 * rgba[0] + 0.587 * rgba[1] + 0.114 * rgba[2]
