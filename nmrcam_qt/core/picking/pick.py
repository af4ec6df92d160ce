"""Peaks of a spectrum: the strategy for its source, and the common end."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.picking.found import Flags, Found
from nmrcam_qt.core.picking.instrument import pick_points
from nmrcam_qt.core.picking.one_bond import one_bond_doublets
from nmrcam_qt.core.picking.rings import pick_rings
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Experiment, SourceKind, Spectrum

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
    said = spectrum.acquisition.magnitude if spectrum.acquisition else None
    magnitude = bool(said) or float(spectrum.intensity.min(initial=0.0)) >= 0
    found, levels = pick_points(spectrum.intensity, settings, magnitude, report)
    picked = _picked(spectrum, found, levels.noise, levels.base)
    return with_doublets(picked, spectrum, hsqc) if settings.one_bond else picked


def with_doublets(
    picked: PickedPeaks, spectrum: Spectrum, hsqc: PickedPeaks | None = None
) -> PickedPeaks:
    """The peaks with the one-bond doublets of an HMBC marked.

    Nothing is marked in other spectra, nor where the frequency of ¹H is not known.

    Parameters
    ----------
    picked : PickedPeaks
        Of the spectrum; peaks by hand, of solvents and doubtful ones stay what they are.
    spectrum : Spectrum
        Whose experiment and frequency count.
    hsqc : PickedPeaks or None
        Peaks of the HSQC of the same sample on the same scales.
    """
    mhz = spectrum.acquisition.h_mhz if spectrum.acquisition else None
    if spectrum.experiment is not Experiment.HMBC or not mhz or not picked.peaks:
        return picked
    columns = np.array(
        [(p.h_ppm, p.c_ppm, p.height, p.h_width_ppm, p.c_width_ppm) for p in picked.peaks]
    ).T
    marked = one_bond_doublets(
        columns[0], columns[1], columns[2], (columns[3], columns[4]), mhz, hsqc
    )
    peaks = tuple(
        replace(p, kind=PeakKind.ONE_BOND)
        if mark and p.kind is PeakKind.SIGNAL and not p.by_hand
        else p
        for p, mark in zip(picked.peaks, marked, strict=True)
    )
    return replace(picked, peaks=peaks)


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
