"""Contours of two colours: which pixels of a picture are drawn in the rarer one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Flags = NDArray[np.bool_]
Floats = NDArray[np.floating]

TWO_COLOURS = "contours of two colours were told apart; the rarer one counts as negative"
"""Of the provenance's notes. Nothing in a picture says which sign has which colour."""

_LOOKED_AT = 65_536
_FAINTEST = 0.16
"""Part of the darkest ink; what is fainter is paper, shade or the soft edge of a line."""
_TINT = 0.03
"""Ink over that of the paper from which a pixel is drawn: paper is not always white."""
_DENSEST = 0.2
"""Part of the picture that is inked, beyond which it is no plot of contours."""
_BINS = 36
_STRONG = 24
"""Span of red, green and blue from which a pixel has a colour to judge by."""
_WEAK = 6
_NEAR = 25.0
"""Degrees about a colour that still are it: soft edges keep the hue of their line."""
_APART = 60.0
"""Degrees between two colours; lighter and darker shades of one are nearer."""
_PLAIN = 0.9
"""Part of all colour that lies at the two hues: a rainbow of levels has no two."""
_COLOURED = 0.05
"""Part of the ink that has a colour; the rest may be text and frames."""
_RAREST, _FEWEST = 0.002, 6
"""Part of all colour, and pixels, that the rarer one has: less is the noise of a JPEG."""


@dataclass(frozen=True, slots=True)
class TwoHues:
    """Angles of the two colours on the circle of hues, degrees."""

    common: float
    rare: float


def rarer_colour(strips: Iterable[tuple[int, Pixels]], ink: NDArray[np.float32]) -> Flags | None:
    """Which pixels are drawn in the rarer of two colours.

    A line's soft edge is a mixture of its colour and the paper's, so all of it differs from
    the paper by the same hue.

    Parameters
    ----------
    strips : iterable of (int, uint8 ``(rows, width, 3)``)
        The picture as red, green and blue in strips, each with its first row.
    ink : float32 ``(height, width)``
        0..1, of the same picture; contiguous.

    Returns
    -------
    bool ``(height, width)`` or None
        None where the picture does not plainly have contours of two colours.
    """
    flat, width = ink.reshape(-1), ink.shape[1]
    some = slice(None, None, max(1, flat.size // _LOOKED_AT))
    lowest = _FAINTEST * float(ink.max(initial=0.0))
    edge = min(float(np.median(flat[some])) + _TINT, lowest)
    if np.count_nonzero(flat > edge) > _DENSEST * flat.size:
        return None
    drawn = np.flatnonzero(flat > edge)
    inked = flat[drawn] > lowest
    n_inked = int(np.count_nonzero(inked))
    if n_inked == 0:
        return None
    span, hue = np.empty(drawn.size, np.float32), np.empty(drawn.size, np.float32)
    paper = None
    for top, strip in strips:
        pixels = strip.reshape(-1, 3)
        if paper is None:
            paper = _medians(pixels[some])
        part = slice(*np.searchsorted(drawn, [top * width, top * width + len(pixels)]))
        span[part], hue[part] = _coloured(paper - pixels[drawn[part] - top * width])
    telling = inked & (span >= _STRONG)
    if np.count_nonzero(telling) < _COLOURED * n_inked:
        return None
    place = (hue[telling] * (_BINS / 360)).astype(np.intp) % _BINS
    colour = np.bincount(place, span[telling], _BINS).astype(np.float64)
    hues = two_hues(colour, np.bincount(place, minlength=_BINS).astype(np.float64))
    if hues is None:
        return None
    rarer = (_between(hue, hues.rare) < _between(hue, hues.common)) & (span >= _WEAK)
    rare = np.zeros(flat.size, bool)
    rare[drawn[rarer]] = True
    return rare.reshape(ink.shape)


def _medians(pixels: Pixels) -> NDArray[np.float32]:
    """Median of each channel of uint8 ``(n, channels)``; counting is faster than sorting."""
    middle = (len(pixels) - 1) // 2, len(pixels) // 2
    found = np.empty(pixels.shape[1], np.float32)
    for channel, values in enumerate(pixels.T):
        up_to = np.bincount(values, minlength=256).cumsum()
        found[channel] = np.searchsorted(up_to, middle, side="right").mean()
    return found


def two_hues(colour: Floats, count: Floats) -> TwoHues | None:
    """The two hues of a histogram; None where there are not plainly two.

    Parameters
    ----------
    colour, count : float64 ``(n,)``
        Summed colour and number of pixels by hue, from 0 to 360 degrees.
    """
    total = float(colour.sum())
    if total <= 0:
        return None
    centres = (np.arange(len(colour)) + 0.5) * 360 / len(colour)
    first = _peak(colour, centres)
    near_first = _between(centres, first) <= _NEAR
    rest = np.where(_between(centres, first) < _APART, 0.0, colour)
    if rest.sum() <= 0:
        return None
    second = _peak(rest, centres)
    near_second = (_between(centres, second) <= _NEAR) & ~near_first
    parts = float(colour[near_first].sum()), float(colour[near_second].sum())
    few = min(count[near_first].sum(), count[near_second].sum()) < _FEWEST
    if few or min(parts) < _RAREST * total or sum(parts) < _PLAIN * total:
        return None
    return TwoHues(first, second) if parts[0] >= parts[1] else TwoHues(second, first)


def _peak(histogram: Floats, centres: Floats) -> float:
    """The middle of the highest peak of a circular histogram, degrees."""
    wide = histogram + np.roll(histogram, 1) + np.roll(histogram, -1)
    at = centres[int(np.argmax(wide))]
    weight = np.where(_between(centres, at) <= _NEAR, histogram, 0.0)
    angle = np.radians(centres)
    return float(np.degrees(np.arctan2(weight @ np.sin(angle), weight @ np.cos(angle))) % 360)


def _coloured(rgb: Floats) -> tuple[Floats, Floats]:
    """Span of red, green and blue, and hue in degrees, of differences ``(n, 3)``."""
    red, green, blue = rgb.T
    span = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    hue = np.degrees(np.arctan2(np.sqrt(np.float32(3)) * (green - blue), 2 * red - green - blue))
    return span, hue % 360


def _between(hue: Floats, other: float) -> Floats:
    """Angle between hues, 0..180 degrees."""
    apart = np.abs(hue - other) % 360
    return np.asarray(np.minimum(apart, 360 - apart))
