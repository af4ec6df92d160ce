"""What the layers of a plot are told: plain values and words.

They are here and not beside the layers because the window needs them for its first paint, and
pyqtgraph, which the layers are made of, costs as much time as all the rest of that.
"""

from __future__ import annotations

from dataclasses import dataclass

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picked import Peak, PeakKind
from nmrcam_qt.core.spectrum import Image, SourceKind
from nmrcam_qt.session.contributing import Contributed
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.packing import PackedSpectrum

Ink = tuple[Image, Axis, Axis]
"""Image for the screen with its F1 and F2 axis."""
COLOUR_MAPS = ("plasma", "viridis", "cividis")
"""Perceptually uniform maps that pyqtgraph brings along and matplotlib knows by the same name.

Those that end in black (inferno, magma) would hide the ink.
"""
GAIN_STEP = 1.25
"""Of skylines and traces, per notch of Ctrl+wheel."""
MIN_GAIN, MAX_GAIN = 0.1, 1000.0
LEAST_PLOT = (360, 220)
"""Pixels, width and height, of a plot among several that still has skylines and traces."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Colour scale of a map.

    Parameters
    ----------
    top : float or None
        Maximum in units of the map; None for the map's own.
    note : str
        More about it, for the colour bar.
    """

    top: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Overlaid:
    """One spectrum of an overlay.

    Parameters
    ----------
    item : SessionItem
        The spectrum.
    pair : (str, str)
        Colours of positive and negative signals, ``#rrggbb``.
    hidden : bool
        Whether the user hides it for a while.
    """

    item: SessionItem
    pair: tuple[str, str]
    hidden: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """A spectrum whose skylines are drawn.

    Parameters
    ----------
    ink : Ink
        Image with its F1 and F2 axis.
    positive, negative : str
        Colours, ``#rrggbb``; empty for those of the theme.
    """

    ink: Ink
    positive: str = ""
    negative: str = ""


@dataclass(frozen=True, slots=True)
class Marked:
    """How the peaks of a pane are marked.

    Parameters
    ----------
    contributed : Contributed
        What they contribute.
    among : tuple of str or None
        None for ranks by the class that is shown; else the ids of the classes that are asked
        about (none: all), and each peak has the colour of the one that it speaks for.
    """

    contributed: Contributed
    among: tuple[str, ...] | None = None


def drawn_later(packed: PackedSpectrum) -> bool:
    """Whether a spectrum is unpacked and drawn outside the window's thread.

    Instrument data are: they are large and have no grey levels of their own.
    """
    return packed.provenance.kind is SourceKind.INSTRUMENT


def peak_text(peak: Peak, noise_known: bool = True) -> str:
    """What stands in the tip of a peak; plain text of several lines."""
    lines = [peak.label] if peak.label else []
    lines.append(f"¹H {peak.h_ppm:.3f} ppm, ¹³C {peak.c_ppm:.2f} ppm")
    height = f"height {peak.height:.4g}"
    if noise_known and peak.snr:
        height += f", S/N {peak.snr:.3g}"
    lines.append(height)
    if peak.kind is not PeakKind.SIGNAL:
        lines.append(peak.kind.value)
    if peak.by_hand:
        lines.append("edited by hand")
    return "\n".join(lines)
