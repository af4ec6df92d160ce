"""The contract of `pick_peaks`."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picking import PickSettings, pick_peaks
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

F1 = Axis.from_edges("13C", 160.0, 0.0, 256)
F2 = Axis.from_edges("1H", 10.0, 0.0, 512)


def spectrum_of(image: np.ndarray) -> Spectrum:
    """Instrument data of an image on the common axes."""
    made = Provenance(path="made", kind=SourceKind.INSTRUMENT, format="made")
    return Spectrum("made", image, F1, F2, Experiment.HSQC, made)


def test_two_peaks_lie_where_they_were_put() -> None:
    rng = np.random.default_rng(1)
    image = rng.normal(0, 0.02, (256, 512))
    rows, columns = np.mgrid[0:256, 0:512]
    for h, c, height in ((7.213, 128.37, 1.0), (3.401, 55.91, -0.6)):
        down, right = rows - F1.index(c), columns - F2.index(h)
        image += height * np.exp(-0.5 * ((down / 1.8) ** 2 + (right / 1.6) ** 2))
    picked = pick_peaks(spectrum_of(image))
    found = [(p.h_ppm, p.c_ppm, np.sign(p.height)) for p in picked.peaks]
    assert np.allclose(found, [(7.213, 128.37, 1), (3.401, 55.91, -1)], atol=(0.006, 0.1, 0))
    assert picked.noise == pytest.approx(0.02, rel=0.05)
    assert picked.base == pytest.approx(4 * picked.noise)


@pytest.mark.parametrize(
    "wrong",
    [{"min_snr": -1.0}, {"min_relative": 2.0}, {"min_height": float("nan")}, {"max_peaks": 0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        PickSettings(**wrong)
