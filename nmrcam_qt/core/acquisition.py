"""How a spectrum was measured, as far as its file says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Acquisition:
    """What instrument data say about themselves beside points and axes.

    Parameters
    ----------
    solvent : str
        As the file writes it (``"CDCl3"``, ``"DMSO"``); empty where it says nothing.
    h_mhz, c_mhz : float or None
        Spectrometer frequency of F2 (¹H) and F1 (¹³C), MHz: one ppm is so many Hz.
    pulse_program : str
        Name of the pulse sequence; empty where unknown.
    title : str
        First line of the title that the chemist gave.
    edited : bool or None
        Whether CH2 have the other sign than CH and CH3 (multiplicity editing); None
        where nobody knows.
    magnitude : bool or None
        Whether F1 is in magnitude mode (no phase, no sign), as most HMBC are.
    """

    solvent: str = ""
    h_mhz: float | None = None
    c_mhz: float | None = None
    pulse_program: str = ""
    title: str = ""
    edited: bool | None = None
    magnitude: bool | None = None
