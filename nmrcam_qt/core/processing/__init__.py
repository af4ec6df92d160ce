"""From time signals (FIDs) to 2D spectra: windows, Fourier transforms, phases.

Conventions, for all formats
----------------------------
* A resonance above the carrier (higher ppm) by ν Hz has the signal ``exp(+2πi·ν·t2)``.
  Data of the other sense are conjugated by their reader.
* Spectra descend: sample ``j`` of ``n`` lies at ``carrier + SW/2 - j·SW/n``, so the carrier
  is sample ``n/2`` exactly. `spectral_axis` makes the `Axis` of these *sample centres*.
* In F1 see `Scheme`.
"""

from __future__ import annotations

from nmrcam_qt.core.processing.multiplicity import edited_sign
from nmrcam_qt.core.processing.process import process_2d
from nmrcam_qt.core.processing.types import (
    Dimension,
    Phase,
    Processed,
    Scheme,
    Window,
    WindowKind,
    next_power_of_two,
    spectral_axis,
)

__all__ = [
    "Dimension",
    "Phase",
    "Processed",
    "Scheme",
    "Window",
    "WindowKind",
    "edited_sign",
    "next_power_of_two",
    "process_2d",
    "spectral_axis",
]
