"""Peaks of a spectrum: the strategy for its source, and the common end."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.picking.found import Flags, Found
from nmrcam_qt.core.picking.instrument import pick_points
from nmrcam_qt.core.picking.rings import pick_rings
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import SourceKind, Spectrum

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
    if spectrum.provenance.kind is SourceKind.PICTURE:
        return _picked(spectrum, pick_rings(spectrum.intensity, settings, report), 0.0, 0.0)
    found, levels = pick_points(spectrum.intensity, settings, report)
    return _picked(spectrum, found, levels.noise, levels.base)


def _picked(spectrum: Spectrum, found: Found, noise: float, base: float) -> PickedPeaks:
    """From points to ppm."""
    h_ppm, c_ppm = spectrum.f2.ppm(found.column), spectrum.f1.ppm(found.row)
    h_width = found.across * abs(spectrum.f2.step)
    c_width = found.down * abs(spectrum.f1.step)
    solvent = np.zeros(len(found), bool)
    for mask in spectrum.masks:
        solvent |= mask.holds(h_ppm, c_ppm)
    peaks = [
        Peak(
            id=i + 1,
            h_ppm=float(h_ppm[i]),
            c_ppm=float(c_ppm[i]),
            height=float(found.height[i]),
            h_width_ppm=float(h_width[i]),
            c_width_ppm=float(c_width[i]),
            volume=float(found.volume[i]),
            snr=abs(float(found.height[i])) / noise if noise > 0 else 0.0,
            kind=_kind(i, found.doubtful, solvent),
        )
        for i in range(len(found))
    ]
    return PickedPeaks(tuple(peaks), noise, base, len(peaks) + 1)


def _kind(i: int, doubtful: Flags, solvent: Flags) -> PeakKind:
    if solvent[i]:
        return PeakKind.SOLVENT
    return PeakKind.DOUBTFUL if doubtful[i] else PeakKind.SIGNAL
