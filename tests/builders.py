"""Small generated objects for tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum


def peak_list(points: list[tuple[float, float]], intensity: float = 1.0) -> PeakList:
    """Peaks at (1H, 13C) points."""
    array = np.array(points, dtype=float).reshape(-1, 2)
    return PeakList(array[:, 0], array[:, 1], np.full(len(array), intensity))


def as_picture(spectrum: Spectrum) -> Spectrum:
    """The same signals as those of a picture, so that they are drawn as ink."""
    kind = SourceKind.PICTURE
    return replace(spectrum, provenance=replace(spectrum.provenance, kind=kind), peaks=None)


def list_spectrum(
    points: list[tuple[float, float]],
    experiment: Experiment | None = Experiment.HSQC,
    name: str = "made",
) -> Spectrum:
    """A spectrum from a peak list on 410 x 600 points over 0-200 / 10-0 ppm."""
    peaks = peak_list(points)
    f1 = Axis.from_edges("13C", 0.0, 200.0, 410)
    f2 = Axis.from_edges("1H", 10.0, 0.0, 600)
    return Spectrum(
        name=name,
        intensity=draw_peaks(peaks, f1, f2),
        f1=f1,
        f2=f2,
        experiment=experiment,
        provenance=Provenance(
            path=f"{name}.csv", kind=SourceKind.PEAK_LIST, format="CSV peak list", sha256="0" * 64
        ),
        peaks=peaks,
    )
