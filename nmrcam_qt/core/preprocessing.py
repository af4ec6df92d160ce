"""From a spectrum to what a network eats."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import Image, SourceKind, Spectrum

INK_THRESHOLD = 0.1
"""Ink above this counts as signal."""


def ink(spectrum: Spectrum) -> Image:
    """Ink 0..1 of a spectrum on its own grid, float32 ``(n_f1, n_f2)``.

    Pictures already are ink. Lists and mixtures are drawn with heights ±1, so the
    magnitude is the ink; instrument data are scaled to their maximum.
    """
    values = np.abs(spectrum.intensity)
    if spectrum.provenance.kind is SourceKind.INSTRUMENT:
        top = float(values.max(initial=0))
        return np.asarray(values / top, dtype=np.float32) if top > 0 else values
    return np.clip(values, 0, 1)


def ink_on_grid(spectrum: Spectrum, spec: InputSpec) -> Image:
    """Ink on a network's grid, rows = F1, float32 ``(f1.size, f2.size)``.

    A peak list is drawn on the grid itself, so that every peak lands in the cell
    its ppm says; anything else is resampled by area maximum in ppm, and padded
    with empty spectrum where the window is larger than the spectrum.
    """
    if spectrum.provenance.kind is SourceKind.PEAK_LIST and spectrum.peaks is not None:
        return np.abs(draw_peaks(spectrum.peaks, spec.f1, spec.f2))
    return area_maximum(ink(spectrum), spectrum.f1, spectrum.f2, spec.f1, spec.f2)


def feed(grid: Image, spec: InputSpec) -> Image:
    """Ink on the grid as one example of the network's input.

    Parameters
    ----------
    grid : float32 ``(f1.size, f2.size)``
        From `ink_on_grid`.
    spec : InputSpec
        Shape, orientation and background.

    Returns
    -------
    float32 ``(H, W, C)``
    """
    values = grid if spec.rows == "f1" else grid.T
    if spec.background == 1:
        values = np.float32(1) - values
    return np.repeat(values[:, :, np.newaxis], spec.shape[2], axis=2)


def prepare(spectrum: Spectrum, spec: InputSpec) -> Image:
    """One example of the network's input, float32 ``(H, W, C)``."""
    return feed(ink_on_grid(spectrum, spec), spec)


def coverage_warnings(spectrum: Spectrum, spec: InputSpec, grid: Image) -> tuple[str, ...]:
    """What a chemist should know about how this spectrum fits the network.

    Returns
    -------
    tuple of str
        One sentence each: assumptions, signals outside the window, a window
        larger than the spectrum, an empty spectrum, the wrong experiment.
    """
    said = [f"{clause}." for clause in spectrum.provenance.assumed]
    if spectrum.experiment is not None and spectrum.experiment is not spec.experiment:
        said.append(
            f"The network was trained on {spec.experiment.label}, "
            f"this is {spectrum.experiment.label}."
        )
    outside = _ink_outside(spectrum, spec)
    if outside > 0.01:
        said.append(f"{outside:.0%} of the signal lies outside the network's window.")
    if not (grid > INK_THRESHOLD).any():
        said.append("No signal lies in the network's window; the scores mean nothing.")
    return tuple(said)


def _ink_outside(spectrum: Spectrum, spec: InputSpec) -> float:
    """Share of peaks, or of ink, that the network's window cuts off."""
    if spectrum.provenance.kind is SourceKind.PEAK_LIST and spectrum.peaks is not None:
        c, h = spectrum.peaks.c_ppm, spectrum.peaks.h_ppm
        if not len(c):
            return 0.0
        return float(1 - (_within(c, spec.f1_window_ppm) & _within(h, spec.f2_window_ppm)).mean())
    strong = ink(spectrum) > INK_THRESHOLD
    total = int(strong.sum())
    if not total:
        return 0.0
    rows = _within(spectrum.f1.centres, spec.f1_window_ppm)
    columns = _within(spectrum.f2.centres, spec.f2_window_ppm)
    return 1 - float(strong[np.ix_(rows, columns)].sum()) / total


def _within(
    ppm: np.ndarray[tuple[int], np.dtype[np.float64]], window: tuple[float, float]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (ppm >= min(window)) & (ppm <= max(window))
