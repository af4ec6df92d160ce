"""What pictures draw of a spectrum's signals: ink, or contours from a height on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nmrcam_qt.core.contour_levels import Levels, first_level, shaded
from nmrcam_qt.core.noise import noise_level
from nmrcam_qt.core.preprocessing import ink
from nmrcam_qt.core.spectrum import Image, SourceKind, Spectrum

if TYPE_CHECKING:  # which is made of this
    from nmrcam_qt.core.writers.request import PageOptions


def drawn_signals(spectrum: Spectrum, page: PageOptions) -> tuple[Image, float]:
    """What a picture shows of a spectrum.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum.
    page : PageOptions
        Style of the signals.

    Returns
    -------
    intensity : float32 ``(n_f1, n_f2)``
        -1..1.
    base : float
        Height of the first contour in it; 0 where it is drawn as ink.
    """
    if spectrum.provenance.kind is not SourceKind.INSTRUMENT:
        return signed_ink(spectrum), 0.0
    values = spectrum.intensity
    top = float(np.abs(values).max(initial=0)) or 1.0
    base = first_level(values, noise_level(values), top) * page.contour_factor
    if page.signal_style == "image":
        return shaded(values, Levels(base, page.contour_ratio, page.contour_levels)), 0.0
    return values / np.float32(top), base / top


def signed_ink(spectrum: Spectrum) -> Image:
    """Ink with the sign of the source, float32 ``(n_f1, n_f2)``, -1..1."""
    strength = ink(spectrum)
    if float(spectrum.intensity.min(initial=0.0)) >= 0:
        return strength
    return np.copysign(strength, spectrum.intensity)
