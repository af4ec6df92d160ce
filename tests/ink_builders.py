"""Instrument spectra with known peaks, and the same drawn by another programme."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

MEASURED = Provenance("made/pdata/1/2rr", SourceKind.INSTRUMENT, "made")


def measured(peaks, noise=1.0, seed=0, size=(512, 1024), masks=(), c_width=1.6) -> Spectrum:
    """Gaussian peaks ``(h, c, height)`` of 0.04 × `c_width` ppm (FWHM) in noise."""
    f1 = Axis.from_edges("13C", 165.0, -5.0, size[0])
    f2 = Axis.from_edges("1H", 9.8, -0.2, size[1])
    image = np.random.default_rng(seed).normal(0, noise, size)
    for h, c, height in peaks:
        down = np.exp(-4 * np.log(2) * ((f1.centres - c) / c_width) ** 2)
        across = np.exp(-4 * np.log(2) * ((f2.centres - h) / 0.04) ** 2)
        image += height * down[:, np.newaxis] * across
    return Spectrum("made", image, f1, f2, Experiment.HMBC, MEASURED, masks=masks)


def plotted(spectrum, path, base, ratio=1.4, levels=12) -> None:
    """The contour plot of a spectrum as matplotlib saves it: 600×410 pixels, 10-0 / 0-200 ppm."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.1), dpi=100)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    heights = base * ratio ** np.arange(levels)
    axes.contour(
        spectrum.f2.centres,
        spectrum.f1.centres,
        spectrum.intensity,
        levels=[*-heights[::-1], *heights],
        colors="black",
        linestyles="solid",
        linewidths=0.72,  # points: one pixel
    )
    axes.set_xlim(10, 0)
    axes.set_ylim(200, 0)
    figure.savefig(path, dpi=100)
