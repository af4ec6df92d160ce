"""Peaks of a spectrum: the strategy for its source, and the common end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.noise import noise_level
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.picking.settings import PickSettings, Signs
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image, Spectrum

_DEFAULT = PickSettings()


def pick_peaks(
    spectrum: Spectrum,
    settings: PickSettings = _DEFAULT,
    hsqc: PickedPeaks | None = None,
    progress: Progress | None = None,
) -> PickedPeaks:
    """Pick the peaks of a spectrum.

    Parameters
    ----------
    spectrum : Spectrum
        Instrument data, a picture of contours, or a drawn peak list.
    settings : PickSettings
        What is wanted.
    hsqc : PickedPeaks or None
        Peaks of the HSQC of the same sample on the same scales, by which the one-bond
        doublets of an HMBC are recognised.
    progress : Progress or None
        Told what is done.

    Returns
    -------
    PickedPeaks
        Strongest first; shifts on the spectrum's own axes.

    Raises
    ------
    Cancelled
        By `progress`.
    """
    report = progress or SILENT
    report.step(0, 3, "noise")
    image = spectrum.intensity
    noise = noise_level(image)
    base = _base(image, noise, settings)
    report.step(1, 3, "maxima")
    rows, columns = _maxima(image, base, settings.signs)
    report.step(2, 3, "positions")
    peaks = [
        _peak(spectrum, n, int(r), int(c), noise)
        for n, (r, c) in enumerate(zip(rows, columns, strict=True), start=1)
        if n <= settings.max_peaks
    ]
    report.step(3, 3)
    return PickedPeaks(tuple(peaks), noise, base, len(peaks) + 1)


def _base(image: Image, noise: float, settings: PickSettings) -> float:
    top = float(np.abs(image).max(initial=0.0))
    limits = (settings.min_snr * noise, settings.min_relative * top, settings.min_height or 0.0)
    return max(limits)


def _maxima(image: Image, base: float, signs: Signs) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns of the local extrema above the base, strongest first."""
    from scipy.ndimage import maximum_filter

    size = np.abs(image)
    found = (maximum_filter(size, 3, mode="nearest") == size) & (size > base) & (size > 0)
    if signs is not Signs.BOTH:
        found &= (image > 0) if signs is Signs.POSITIVE else (image < 0)
    rows, columns = np.nonzero(found)
    order = np.argsort(-size[rows, columns], kind="stable")
    return rows[order], columns[order]


def _peak(spectrum: Spectrum, number: int, row: int, column: int, noise: float) -> Peak:
    image = spectrum.intensity
    height = float(image[row, column])
    down = _offset(np.abs(image[:, column]), row)
    right = _offset(np.abs(image[row]), column)
    h_ppm, c_ppm = spectrum.f2.ppm(column + right), spectrum.f1.ppm(row + down)
    inside = any(mask.holds(np.array([h_ppm]), np.array([c_ppm]))[0] for mask in spectrum.masks)
    return Peak(
        id=number,
        h_ppm=h_ppm,
        c_ppm=c_ppm,
        height=height,
        snr=abs(height) / noise if noise > 0 else 0.0,
        kind=PeakKind.SOLVENT if inside else PeakKind.SIGNAL,
    )


def _offset(line: NDArray[np.float32], at: int) -> float:
    """Of the summit of the parabola through a maximum and its neighbours, points."""
    if not 0 < at < len(line) - 1:
        return 0.0
    left, middle, right = (float(v) for v in line[at - 1 : at + 2])
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else min(max(0.5 * (left - right) / bend, -0.5), 0.5)
