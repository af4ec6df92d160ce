"""Which spectra are drawn as rings at their shifts instead of as ink: one rule for all."""

from __future__ import annotations

from nmrcam_qt.core.spectrum import SourceKind


def drawn_as_rings(kind: SourceKind, n_peaks: int | None) -> bool:
    """Whether a spectrum is a list of peaks.

    The spots that a network is fed with are as large as its cells; people want to see where the
    peaks are, and heat through them. Thumbnails have no room for rings and show the spots.

    Parameters
    ----------
    kind : SourceKind
        What the spectrum came from; peaks can be picked in others, too.
    n_peaks : int or None
        Of its list; None where it has none.
    """
    return n_peaks is not None and kind is SourceKind.PEAK_LIST
