"""Which peaks a spectrum has: those of its list, those that somebody picked, or picked ones."""

from __future__ import annotations

import hashlib
from itertools import islice

import numpy as np

from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.picked import MAX_PEAKS, Peak, PickedPeaks
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import PeakList, Spectrum

MAX_LABEL = 200
"""Characters of a peak's label."""


def tidy_label(text: str) -> str:
    """A label as it is kept: one line, at most `MAX_LABEL` characters."""
    return one_line(text).strip()[:MAX_LABEL]


def listed_peaks(peaks: PeakList) -> PickedPeaks:
    """The peaks of a list as if they were picked; the first `MAX_PEAKS` of them."""
    numbers = zip(peaks.h_ppm, peaks.c_ppm, peaks.intensity, peaks.annotation, strict=True)
    made = tuple(
        Peak(n, float(h), float(c), float(height), label=tidy_label(text))
        for n, (h, c, height, text) in enumerate(islice(numbers, MAX_PEAKS), start=1)
    )
    return PickedPeaks(made, next_id=len(made) + 1)


def places_of(picked: PickedPeaks | None) -> PeakPlaces:
    """Where peaks are, as networks are asked; no peaks where nobody picked any."""
    peaks = picked.peaks if picked is not None else ()
    return PeakPlaces(
        np.array([peak.id for peak in peaks], dtype=np.int64),
        np.array([peak.h_ppm for peak in peaks], dtype=np.float64),
        np.array([peak.c_ppm for peak in peaks], dtype=np.float64),
    )


def digest_of(places: PeakPlaces) -> str:
    """Which peaks, as a short digest: labels and kinds make no difference to a network."""
    parts = (places.ids.tobytes(), places.h_ppm.tobytes(), places.c_ppm.tobytes())
    return hashlib.sha256(b"".join(parts)).hexdigest()[:32]


def needs_picking(spectrum: Spectrum, picked: PeakPlaces | None) -> bool:
    """Whether a spectrum is no list of peaks and nobody has picked any in it."""
    return spectrum.peaks is None and picked is None


def places_in(
    spectrum: Spectrum, picked: PeakPlaces | None = None, progress: Progress = SILENT
) -> PeakPlaces:
    """The peaks of a spectrum: of its list, else those that were picked, else picked now.

    Parameters
    ----------
    spectrum : Spectrum
        A peak list, a picture or instrument data.
    picked : PeakPlaces or None
        What somebody has picked in it, on its axes, ppm; None for nobody.
    progress : Progress
        Told what is done while peaks are picked; cancels.
    """
    if spectrum.peaks is not None:
        return places_of(listed_peaks(spectrum.peaks))
    if picked is not None:
        return picked
    from nmrcam_qt.core.picking import pick_peaks  # only who picks needs it

    return places_of(pick_peaks(spectrum, progress=progress))
