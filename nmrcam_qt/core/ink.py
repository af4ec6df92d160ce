"""Instrument data as the ink that networks were trained on: contour lines of a picture.

A network that learned from pictures of contour plots must not be shown intensities: one
solvent peak would leave everything else at a thousandth of it, and noise and t1 ridges would
be inked. What people do at the spectrometer is done here: the lowest contour is put above
the noise (that of the place, so that a ridge counts as noise) and above the feet of strong
peaks, lines of a known width are drawn at the size of the training pictures, and from there
on a measured spectrum goes the way of a picture.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures
from PIL import ImageDraw

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contour_levels import Levels, default_base
from nmrcam_qt.core.contours import Contours, trace_contours
from nmrcam_qt.core.ink_style import InkStyle
from nmrcam_qt.core.masks import blanked
from nmrcam_qt.core.noise import SIGMA_PER_MAD, noise_level
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import Image, Spectrum

NEAR_H_PPM, NEAR_C_PPM = 0.25, 5.0
"""So far reaches the foot of a strong peak (Lorentzian tails, wiggles of a short t1)."""
RIDGE_H_PPM = 0.04
"""So far to each side the noise of a t1 ridge is that of its column: it follows the line of
the signal that causes it, whose slopes would otherwise stand out beside a raised middle."""
RIDGE_FACTOR = 1.5
"""A column or row whose noise exceeds that of the spectrum by this factor is a ridge; less is
chance, and counting it would raise the base everywhere."""
FEW_SAMPLES = 64
"""A median over fewer samples would take a broad peak for noise."""
_MOST_SAMPLES = 512
_OVER = 5
"""Lines are drawn so many times larger and averaged: anti-aliasing."""
_FAR = 100_000
"""Pixels outside which nobody looks; Pillow cannot count for ever."""


def over_base(spectrum: Spectrum, style: InkStyle) -> Image:
    """A spectrum in units of the lowest contour of each place; noise and ridges stay below 1.

    The unit is the largest of: ``base`` × noise of the whole spectrum, of its column (F2) and
    of its row (F1), and ``share`` × the tallest signal within ±0.25 ppm and ±5 ppm. Regions
    that are excluded are 0 and do not count.

    Parameters
    ----------
    spectrum : Spectrum
        Instrument data, signed or magnitude.
    style : InkStyle
        Gives base and share.

    Returns
    -------
    float32 ``(f1.size, f2.size)``, signed
    """
    finite = np.nan_to_num(spectrum.intensity, nan=0.0, posinf=0.0, neginf=0.0)
    values = blanked(finite, spectrum.f1, spectrum.f2, spectrum.masks)
    size = np.abs(values)
    top = float(size.max(initial=0))
    if top == 0:
        return np.zeros_like(values)
    noise = noise_level(values)
    floor = default_base(noise, top, style.base)
    columns = _running_maximum(_ridges(size, 0, noise), _samples(spectrum.f2, RIDGE_H_PPM), 0)
    rows = _ridges(size, 1, noise)
    unit = np.float32(style.base) * np.maximum(columns[np.newaxis, :], rows[:, np.newaxis])
    np.maximum(unit, np.float32(floor), out=unit)
    if style.share > 0:
        near = _running_maximum(size, _samples(spectrum.f2, NEAR_H_PPM), 1)
        near = _running_maximum(near, _samples(spectrum.f1, NEAR_C_PPM), 0)
        np.maximum(unit, np.float32(style.share) * near, out=unit)
    return np.asarray(values / unit, dtype=np.float32)


def filled_ink(spectrum: Spectrum, style: InkStyle | None = None) -> Image:
    """Where a spectrum has signal, on its own grid: 1 above the base, fading to 0 at half of it.

    Returns
    -------
    float32 ``(f1.size, f2.size)``, 0..1
    """
    size = np.abs(over_base(spectrum, style or InkStyle()))
    return np.asarray(np.clip(2 * size - 1, 0, 1), dtype=np.float32)


def contour_ink(spectrum: Spectrum, style: InkStyle, f1: Axis, f2: Axis) -> Image:
    """The contour plot of a spectrum as ink, drawn with anti-aliased lines.

    Parameters
    ----------
    spectrum : Spectrum
        Instrument data.
    style : InkStyle
        Levels and line width; a line is `InkStyle.line_px` cells of the result wide.
    f1, f2 : Axis
        Of the picture; its cells are its pixels.

    Returns
    -------
    float32 ``(f1.size, f2.size)``, 0..1
    """
    levels = Levels(1.0, style.ratio, style.levels)
    contours = trace_contours(over_base(spectrum, style), spectrum.f1, spectrum.f2, levels)
    drawn = _draw_lines(contours, f1, f2, style.line_px)
    return blanked(drawn, f1, f2, spectrum.masks)


def instrument_ink(spectrum: Spectrum, style: InkStyle, f1: Axis, f2: Axis) -> Image:
    """Instrument data on a network's grid, as a picture of them would be.

    Parameters
    ----------
    spectrum : Spectrum
        Instrument data.
    style : InkStyle
        From the network's card.
    f1, f2 : Axis
        The network's grid.

    Returns
    -------
    float32 ``(f1.size, f2.size)``, 0..1
    """
    if style.kind == "filled":
        drawn = area_maximum(filled_ink(spectrum, style), spectrum.f1, spectrum.f2, f1, f2)
        return blanked(drawn, f1, f2, spectrum.masks)
    sides = style.picture or (2 * f1.size, 2 * f2.size)
    # A picture smaller than the grid would leave cells that no pixel lies in.
    picture_f1 = Axis.from_edges(f1.nucleus, *f1.edges, max(sides[0], f1.size))
    picture_f2 = Axis.from_edges(f2.nucleus, *f2.edges, max(sides[1], f2.size))
    picture = contour_ink(spectrum, style, picture_f1, picture_f2)
    return area_maximum(picture, picture_f1, picture_f2, f1, f2)


def _ridges(size: Image, axis: int, noise: float) -> NDArray[np.float32]:
    """Noise of every column (axis 0) or row (axis 1) that is a ridge, 0 of others.

    Measured about 0, so that an offset counts too.
    """
    n = size.shape[axis]
    if n < FEW_SAMPLES:
        return np.zeros(size.shape[1 - axis], np.float32)
    step = -(-n // _MOST_SAMPLES)
    thinned = size[::step] if axis == 0 else size[:, ::step]
    found = SIGMA_PER_MAD * np.median(thinned, axis=axis)
    return np.where(found > RIDGE_FACTOR * noise, found, 0).astype(np.float32)


def _samples(axis: Axis, ppm: float) -> int:
    return 0 if axis.size == 1 else min(round(ppm / abs(axis.step)), axis.size)


def _running_maximum(values: Image, reach: int, axis: int) -> Image:
    """Maximum over `reach` samples to each side."""
    from scipy.ndimage import maximum_filter1d

    found: Image = maximum_filter1d(values, 2 * reach + 1, axis=axis, mode="nearest")
    return found


def _draw_lines(contours: Contours, f1: Axis, f2: Axis, line_px: float) -> Image:
    """Lines given in ppm on a grid of pixels."""
    canvas = Pictures.new("L", (f2.size * _OVER, f1.size * _OVER), 0)
    pen = ImageDraw.Draw(canvas)
    # A pen of odd width lies evenly about the middle of the pixel that it is put on.
    width = max(1, 2 * round((line_px * _OVER - 1) / 2) + 1)
    for tile in contours.tiles:
        for lines in tile.lines:
            x = _pixels(lines.points[:, 0], f2)
            y = _pixels(lines.points[:, 1], f1)
            if not (_meets(x, canvas.width, width) and _meets(y, canvas.height, width)):
                continue
            points = np.stack([x, y], axis=1)
            for start, stop in zip(lines.offsets[:-1], lines.offsets[1:], strict=True):
                pen.line(points[start:stop].ravel().tolist(), fill=255, width=width)
    shrunk = np.asarray(canvas.reduce(_OVER), dtype=np.float32)
    return np.asarray(shrunk / np.float32(255), dtype=np.float32)


def _pixels(ppm: NDArray[np.float64], axis: Axis) -> NDArray[np.int64]:
    """The fine pixel that holds each shift."""
    places = np.floor((ppm - axis.edges[0]) / axis.step * _OVER)
    return np.clip(places, -_FAR, _FAR).astype(np.int64)


def _meets(places: NDArray[np.int64], size: int, width: int) -> bool:
    return bool(places.max() >= -width and places.min() < size + width)
