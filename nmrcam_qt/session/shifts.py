"""Picked peaks between the ppm of the file, which are kept, and those of the user."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.reference import AS_FILED, Affine, Reference
from nmrcam_qt.session.handle import Handle

_KEPT = 8
"""Spectra whose peaks are kept loaded: views ask for them at every event."""


def to_user(picked: PickedPeaks, reference: Reference) -> PickedPeaks:
    """Peaks at the file's shifts as peaks at the user's; widths scale, heights stay."""
    if reference.identity:
        return picked
    h, c = reference.h, reference.c
    return replace(picked, peaks=tuple(_moved(peak, h, c) for peak in picked.peaks))


def to_file(
    picked: PickedPeaks, reference: Reference, kept: PickedPeaks | None = None
) -> PickedPeaks:
    """Peaks at the user's shifts as peaks at the file's: the way back of `to_user`.

    Parameters
    ----------
    picked : PickedPeaks
        At the user's shifts.
    reference : Reference
        From the file's to the user's.
    kept : PickedPeaks or None
        What there was before, at the file's shifts: peaks that did not change are taken from
        it to the last bit, so that a hundred edits do not let the others drift.
    """
    if reference.identity:
        return picked
    before = {peak.id: peak for peak in kept.peaks} if kept is not None else {}
    return replace(
        picked, peaks=tuple(_back(peak, reference, before.get(peak.id)) for peak in picked.peaks)
    )


@lru_cache(maxsize=_KEPT)
def picked_in(handle: Handle[PickedPeaks], reference: Reference) -> PickedPeaks:
    """Peaks of a record at the user's shifts; those of a few spectra are kept loaded.

    Raises
    ------
    NmrCamError
        If they cannot be read from the file.
    """
    return to_user(handle.get(), reference)


def picked_or_none(
    handle: Handle[PickedPeaks] | None, reference: Reference = AS_FILED
) -> PickedPeaks | None:
    """The same for views: None where there are none or they cannot be read."""
    if handle is None:
        return None
    try:
        return picked_in(handle, reference)
    except NmrCamError:
        return None


def _moved(peak: Peak, h: Affine, c: Affine) -> Peak:
    return replace(
        peak,
        h_ppm=peak.h_ppm * h.scale + h.offset,
        c_ppm=peak.c_ppm * c.scale + c.offset,
        h_width_ppm=peak.h_width_ppm * h.scale,
        c_width_ppm=peak.c_width_ppm * c.scale,
    )


def _back(peak: Peak, reference: Reference, before: Peak | None) -> Peak:
    h, c = reference.h, reference.c
    h_ppm, c_ppm = (peak.h_ppm - h.offset) / h.scale, (peak.c_ppm - c.offset) / c.scale
    if before is not None:
        same = _moved(before, h, c)
        if same == peak:
            return before
        if (same.h_ppm, same.c_ppm) == (peak.h_ppm, peak.c_ppm):
            h_ppm, c_ppm = before.h_ppm, before.c_ppm
    return replace(
        peak,
        h_ppm=h_ppm,
        c_ppm=c_ppm,
        h_width_ppm=peak.h_width_ppm / h.scale,
        c_width_ppm=peak.c_width_ppm / c.scale,
    )
