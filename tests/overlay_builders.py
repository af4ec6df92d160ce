"""Measured spectra with peaks at given shifts, for the tests of overlay and projections."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.session.packing import PackedSpectrum, pack

PEAKS = ((7.2, 128.5, 200.0), (3.78, 55.2, 300.0), (3.33, 39.4, -160.0), (0.9, 14.0, 210.0))


def measured(
    name="alpha",
    peaks=PEAKS,
    shape=(128, 256),
    experiment=Experiment.HSQC,
    f1=(165.0, -5.0),
    f2=(10.0, 0.0),
    seed=0,
) -> Spectrum:
    """Lorentzian lines and noise of standard deviation 1 on descending axes."""
    f1_axis, f2_axis = Axis("13C", *f1, shape[0]), Axis("1H", *f2, shape[1])
    image = np.random.default_rng(seed).normal(size=shape)
    for h_ppm, c_ppm, height in peaks:
        down = 1 / (1 + ((f1_axis.centres - c_ppm) / 1.5) ** 2)
        across = 1 / (1 + ((f2_axis.centres - h_ppm) / 0.05) ** 2)
        image += height * np.outer(down, across)
    return Spectrum(
        name,
        image.astype(np.float32),
        f1_axis,
        f2_axis,
        experiment,
        Provenance(f"/data/{name}", SourceKind.INSTRUMENT, "made", f"{seed + 1:064x}"),
    )


def packed_measured(*args, **other) -> PackedSpectrum:
    return pack(measured(*args, **other))


def wait_drawn(qtbot, view, source_id="own"):
    """Until the contours of a spectrum are there."""
    qtbot.waitUntil(lambda: view.signals_.contours.drawing(source_id) is not None, timeout=10_000)
