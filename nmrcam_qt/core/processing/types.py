"""What processing is told, and what it gives."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image

Complex = NDArray[np.complex64]


class Scheme(enum.StrEnum):
    """How the sign of F1 frequencies is told, and what the rows of the data are.

    For a resonance ν Hz above the carrier of F1, before F2 is looked at; ``k = 0, 1, …``,
    Δ = 1/SW:

    * ``QF``: row k is ``exp(-2πi·ν·k·Δ)`` (echo selected by gradients); gives magnitudes.
    * ``TPPI``: row k is ``cos(2πν·k·Δ/2 - k·π/2)``.
    * ``STATES``: row 2k is ``cos(2πν·k·Δ)``, row 2k + 1 is ``sin(2πν·k·Δ)``.
    * ``STATES_TPPI``: the same, both times ``(-1)**k``.
    * ``ECHO_ANTIECHO``: row 2k is ``exp(-2πi·ν·k·Δ)`` (echo), row 2k + 1 its conjugate.

    `Dimension.reverse` of F1 turns all of these about.
    """

    QF = "QF"
    TPPI = "TPPI"
    STATES = "States"
    STATES_TPPI = "States-TPPI"
    ECHO_ANTIECHO = "echo-antiecho"

    @property
    def paired(self) -> bool:
        """Whether two rows belong to one t1."""
        return self not in (Scheme.QF, Scheme.TPPI)


class WindowKind(enum.StrEnum):
    """Window functions by the names chemists know."""

    NONE = "none"
    EXPONENTIAL = "exponential"
    GAUSSIAN = "Gaussian"
    SINE = "sine"
    SQUARED_SINE = "squared sine"


@dataclass(frozen=True, slots=True)
class Window:
    """A window function, by TopSpin's parameters.

    Parameters
    ----------
    kind : WindowKind
        Which one.
    shift : float
        SSB of the sine bells: they begin at the phase π/SSB; below 2 they are pure sines
        (from 0 over 1 to 0), 2 is a cosine (from 1 to 0).
    lb_hz, gb : float
        LB of the exponential, LB (negative) and GB (0..1) of the Gaussian window.
    """

    kind: WindowKind = WindowKind.SQUARED_SINE
    shift: float = 2.0
    lb_hz: float = 0.0
    gb: float = 0.0


@dataclass(frozen=True, slots=True)
class Phase:
    """Phase correction in degrees: ``exp(i·(zero + first·j/n))`` at sample j of n."""

    zero: float = 0.0
    first: float = 0.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """How one dimension is processed.

    Parameters
    ----------
    size : int or None
        Samples of the spectrum; None: twice the next power of two for F1, the next
        power of two (of complex points) for F2.
    window : Window
        A squared cosine unless the file says better.
    phase : Phase or None
        None: found automatically. Not used for `Scheme.QF`.
    suggested : Phase or None
        Used in place of an automatic one if it leaves the peaks no more dispersive; its
        sign is then that of the spectrum. Both dimensions need one.
    reverse : bool
        Whether frequencies run the other way.
    sw_hz : float
        Spectral width; only the windows with LB need it.
    """

    size: int | None = None
    window: Window = field(default_factory=Window)
    phase: Phase | None = None
    suggested: Phase | None = None
    reverse: bool = False
    sw_hz: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Processed:
    """A spectrum and how it came about.

    Parameters
    ----------
    intensity : float32 ``(n_f1, n_f2)``
        Signed, or magnitude. Both dimensions descend in ppm.
    magnitude : bool
        Whether there are no signs.
    phase_f2, phase_f1 : Phase or None
        Phases that were applied; None where none was (magnitude).
    found : bool
        Whether a phase was found automatically, so that the sign of the whole spectrum is a
        guess (more positive than negative), too. False for given and suggested phases.
    notes : tuple of str
        What was done, for the provenance.
    """

    intensity: Image
    magnitude: bool
    phase_f2: Phase | None
    phase_f1: Phase | None
    found: bool
    notes: tuple[str, ...] = ()


def next_power_of_two(size: int) -> int:
    """The smallest power of two that is not smaller."""
    return 1 << max(0, size - 1).bit_length()


def spectral_axis(nucleus: str, carrier_ppm: float, width_ppm: float, size: int) -> Axis:
    """Sample centres of a processed dimension.

    Parameters
    ----------
    nucleus : {"1H", "13C"}
        What the axis measures.
    carrier_ppm : float
        Shift of the middle of the spectral width (the transmitter).
    width_ppm : float
        Spectral width; positive.
    size : int
        Samples.
    """
    first = carrier_ppm + width_ppm / 2
    return Axis(nucleus, first, first - width_ppm * (size - 1) / size, size)
