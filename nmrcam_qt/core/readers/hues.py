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


def rarer_colour(
    strips: Iterable[tuple[int, Pixels]], grey: Pixels, levels: NDArray[np.float32]
) -> Flags | None:
    """Which pixels are drawn in the rarer of two colours.

    A line's soft edge is a mixture of its colour and the paper's, so all of it differs from
    the paper by the same hue.

    Parameters
    ----------
    strips : iterable of (int, uint8 ``(rows, width, 3 or 4)``)
        The picture as red, green and blue in strips, each with its first row; a fourth channel
        means nothing.
    grey : uint8 ``(height, width)``
        The same picture without its colours; contiguous.
    levels : float32 ``(256,)``
        Ink of every grey, 0..1; it only rises, or only falls.

    Returns
    -------
    bool ``(height, width)`` or None
        None where the picture does not plainly have contours of two colours.
    """
    flat, width = grey.reshape(-1), grey.shape[1]
    some = slice(None, None, max(1, flat.size // _LOOKED_AT))
    lowest = _FAINTEST * float(levels[[flat.min(), flat.max()]].max())
    edge = min(float(levels[list(_middle(flat[some]))].mean()) + _TINT, lowest)
    inky = _above(flat, levels, edge)
    if np.count_nonzero(inky) > _DENSEST * flat.size:
        return None
    drawn = np.flatnonzero(inky)
    inked = np.take(levels, np.take(flat, drawn)) > lowest
    n_inked = int(np.count_nonzero(inked))
    if n_inked == 0:
        return None
    colour = _off_paper(strips, drawn, width, some)
    span = _span(colour)
    telling = inked & (span >= _STRONG)
    if np.count_nonzero(telling) < _COLOURED * n_inked:
        return None
    place = (_hue(colour[telling]) * (_BINS / 360)).astype(np.intp) % _BINS
    total = np.bincount(place, span[telling], _BINS).astype(np.float64)
    hues = two_hues(total, np.bincount(place, minlength=_BINS).astype(np.float64))
    if hues is None:
        return None
    seen = span >= _WEAK
    hue = _hue(colour[seen])
    rare = np.zeros(flat.size, bool)
    rare[drawn[seen]] = _between(hue, hues.rare) < _between(hue, hues.common)
    return rare.reshape(grey.shape)


def _above(grey: Pixels, levels: NDArray[np.float32], edge: float) -> Flags:
    """Where the ink of a grey is more than `edge`: one comparison of small numbers."""
    more = levels > edge
    n = int(np.count_nonzero(more))
    return np.asarray(grey < n if more[0] else grey > 255 - n)


def _off_paper(
    strips: Iterable[tuple[int, Pixels]], drawn: NDArray[np.intp], width: int, some: slice
) -> NDArray[np.float32]:
    """Paper less pixel, red, green and blue ``(n, 3)``, of the pixels `drawn`."""
    found = np.empty((len(drawn), 3), np.float32)
    paper = None
    for top, strip in strips:
        pixels = strip.reshape(-1, strip.shape[2])
        if paper is None:
            sample = np.ascontiguousarray(pixels[some, :3].T)
            paper = np.array([np.mean(_middle(values)) for values in sample], np.float32)
        part = slice(*np.searchsorted(drawn, [top * width, top * width + len(pixels)]))
        here = drawn[part] - top * width if top else drawn[part]
        np.subtract(paper, np.take(pixels, here, axis=0)[:, :3], out=found[part])
    return found


def _middle(values: Pixels) -> tuple[int, int]:
    """The two middle ones of n bytes in their order, the same one twice where n is odd.

    Counting those up to a value is faster than sorting, and any one is likely to be the paper.
    """
    low, high = 0, 255
    probe = int(values[0])
    while low < high:
        if np.count_nonzero(values <= probe) > (len(values) - 1) // 2:
            high = probe
            probe = max(low, high - 1) if high == values[0] else (low + high) // 2
        else:
            low = probe + 1
            probe = (low + high) // 2
    if np.count_nonzero(values <= low) > len(values) // 2:
        return low, low
    return low, int(values[values > low].min())


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


def _span(rgb: NDArray[np.float32]) -> NDArray[np.float32]:
    """Largest less smallest of red, green and blue, of differences ``(n, 3)``."""
    red, green, blue = rgb.T
    most, least = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return np.asarray(most - least)


def _hue(rgb: Floats) -> Floats:
    """Hue in degrees of differences ``(n, 3)``."""
    red, green, blue = rgb.T
    hue = np.degrees(np.arctan2(np.sqrt(np.float32(3)) * (green - blue), 2 * red - green - blue))
    return np.asarray(hue % 360)


def _between(hue: Floats, other: float) -> Floats:
    """Angle between hues, 0..180 degrees."""
    apart = np.abs(hue - other) % 360
    return np.asarray(np.minimum(apart, 360 - apart))
