"""Peaks edited by hand: pure functions from peaks to peaks.

Everything here is on one ppm scale, whichever: the window edits the peaks of an item, which
are at the user's shifts, and `Session.set_picked` takes them back to those of the file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nmrcam_qt.core.peak_places import listed_peaks as listed_peaks  # noqa: PLC0414 - views know it from here
from nmrcam_qt.core.peak_places import tidy_label
from nmrcam_qt.core.picked import MAX_PEAKS, Peak, PeakKind, PickedPeaks

SAME_H_PPM, SAME_C_PPM = 0.02, 0.3
"""Peaks nearer than this are one peak: the positions that picking is good for."""
_Edit = Callable[[Peak], Peak]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a spectrum.

    Parameters
    ----------
    h_ppm, c_ppm : float
        ¹H and ¹³C shift, ppm.
    height : float
        Signed intensity there.
    """

    h_ppm: float
    c_ppm: float
    height: float


@dataclass(frozen=True, slots=True)
class Repicked:
    """What became of peaks when the spectrum was picked again.

    Parameters
    ----------
    peaks : PickedPeaks
        All of them.
    found : int
        Those that picking found.
    kept : int
        Those of before that picking did not find, kept because the user had edited them.
    """

    peaks: PickedPeaks
    found: int
    kept: int


# One by one


def with_peak(picked: PickedPeaks, place: Place, label: str = "") -> tuple[PickedPeaks, Peak]:
    """Add a peak by hand; returns it, too.

    Raises
    ------
    ValueError
        If there are too many peaks already.
    """
    made = Peak(
        id=picked.next_id,
        h_ppm=place.h_ppm,
        c_ppm=place.c_ppm,
        height=place.height,
        snr=_snr(picked, place.height),
        by_hand=True,
        label=tidy_label(label),
    )
    peaks = (*picked.peaks, made)
    return replace(picked, peaks=peaks, next_id=picked.next_id + 1), made


def moved(picked: PickedPeaks, peak_id: int, place: Place) -> PickedPeaks:
    """A peak at another place, with the height there; what was measured of it is forgotten.

    An unknown id changes nothing, and neither does the place where the peak is.
    """

    def move(peak: Peak) -> Peak:
        if (peak.h_ppm, peak.c_ppm) == (place.h_ppm, place.c_ppm):
            return peak
        return replace(
            peak,
            h_ppm=place.h_ppm,
            c_ppm=place.c_ppm,
            height=place.height,
            snr=_snr(picked, place.height),
            h_width_ppm=0.0,
            c_width_ppm=0.0,
            volume=0.0,
            by_hand=True,
        )

    return _each(picked, (peak_id,), move)


def without(picked: PickedPeaks, ids: Collection[int]) -> PickedPeaks:
    """Fewer peaks; their ids are not used again."""
    kept = tuple(peak for peak in picked.peaks if peak.id not in ids)
    return picked if len(kept) == len(picked.peaks) else replace(picked, peaks=kept)


def labelled(picked: PickedPeaks, ids: Collection[int], text: str) -> PickedPeaks:
    """Another text beside peaks, one line; empty for none."""
    label = tidy_label(text)
    return _each(picked, ids, lambda peak: replace(peak, label=label))


def of_kind(picked: PickedPeaks, ids: Collection[int], kind: PeakKind) -> PickedPeaks:
    """The user says what peaks are; that is an edit by hand, too."""

    def call(peak: Peak) -> Peak:
        return peak if peak.kind is kind else replace(peak, kind=kind, by_hand=True)

    return _each(picked, ids, call)


# All together


def is_edited(peak: Peak) -> bool:
    """Whether the user has worked on a peak: added, moved, labelled it."""
    return peak.by_hand or bool(peak.label)


def repicked(before: PickedPeaks | None, found: PickedPeaks, keep_edited: bool) -> Repicked:
    """Peaks found anew in place of those of before, none of the user's work lost.

    A peak that is found where one was keeps the id and the label of that one, so that a
    selection and what the user wrote survive. One that the user has edited stays exactly as
    it was, also where it is not found.

    Parameters
    ----------
    before : PickedPeaks or None
        What there was.
    found : PickedPeaks
        What picking found; its ids mean nothing.
    keep_edited : bool
        Whether what the user has edited stays; False throws everything of before away.
    """
    if before is None:
        return Repicked(found, len(found), 0)
    kept = [peak for peak in before.peaks if keep_edited and is_edited(peak)]
    taken: set[int] = set()
    made: list[Peak] = []
    next_id = before.next_id
    old = _Places(before.peaks)
    for peak in found.peaks:
        known = old.nearest_free(peak, taken)
        if known is not None:
            taken.add(known.id)
        if known is not None and keep_edited and is_edited(known):
            made.append(known)
            continue
        made.append(replace(peak, id=next_id if known is None else known.id))
        next_id += known is None
    lost = [peak for peak in kept if peak.id not in taken]
    room = max(0, MAX_PEAKS - len(lost))
    peaks = (*made[:room], *lost)
    return Repicked(replace(found, peaks=peaks, next_id=next_id), len(made[:room]), len(lost))


class _Places:
    """Finds peaks that are one with another; sorted by ¹H shift."""

    def __init__(self, peaks: Iterable[Peak]) -> None:
        self._peaks = sorted(peaks, key=lambda peak: peak.h_ppm)
        self._h_ppm = np.array([peak.h_ppm for peak in self._peaks])

    def nearest_free(self, peak: Peak, taken: Collection[int]) -> Peak | None:
        """The nearest that is the same peak and not taken."""
        low, high = np.searchsorted(self._h_ppm, (peak.h_ppm - SAME_H_PPM, peak.h_ppm + SAME_H_PPM))
        near = [
            (_distance(peak, other), other.id, other)
            for other in self._peaks[low : high + 1]
            if other.id not in taken and _distance(peak, other) <= 1.0
        ]
        return min(near)[2] if near else None


def _distance(one: Peak, other: Peak) -> float:
    """Between two peaks, in units of what counts as the same place on either axis."""
    return max(abs(one.h_ppm - other.h_ppm) / SAME_H_PPM, abs(one.c_ppm - other.c_ppm) / SAME_C_PPM)


# Where


def nearest(
    picked: PickedPeaks, h_ppm: float, c_ppm: float, h_reach: float, c_reach: float
) -> Peak | None:
    """The peak nearest to a place, within an ellipse of these half axes, ppm."""
    if not picked.peaks or h_reach <= 0 or c_reach <= 0:
        return None
    h = np.array([peak.h_ppm for peak in picked.peaks])
    c = np.array([peak.c_ppm for peak in picked.peaks])
    distance = np.hypot((h - h_ppm) / h_reach, (c - c_ppm) / c_reach)
    best = int(distance.argmin())
    return picked.peaks[best] if distance[best] <= 1.0 else None


def inside(
    picked: PickedPeaks, h_ppm: tuple[float, float], c_ppm: tuple[float, float]
) -> tuple[int, ...]:
    """Ids of the peaks in a rectangle, ppm; its edges in any order and included."""
    h_low, h_high = sorted(h_ppm)
    c_low, c_high = sorted(c_ppm)
    return tuple(
        peak.id
        for peak in picked.peaks
        if h_low <= peak.h_ppm <= h_high and c_low <= peak.c_ppm <= c_high
    )


def enclosed(picked: PickedPeaks, corners: Sequence[tuple[float, float]]) -> tuple[int, ...]:
    """Ids of the peaks in a polygon, by the even-odd rule.

    Parameters
    ----------
    picked : PickedPeaks
        Peaks.
    corners : sequence of (h_ppm, c_ppm)
        In order, ppm; the last one is joined to the first. Fewer than three hold nothing.
    """
    if len(corners) < 3 or not picked.peaks:
        return ()
    h = np.array([peak.h_ppm for peak in picked.peaks])
    c = np.array([peak.c_ppm for peak in picked.peaks])
    within = np.zeros(len(h), dtype=bool)
    for (h0, c0), (h1, c1) in zip(corners, (*corners[1:], corners[0]), strict=True):
        if c0 == c1:
            continue  # no line to the side of a point crosses it
        crosses = (c0 > c) != (c1 > c)
        within ^= crosses & (h < h0 + (c - c0) / (c1 - c0) * (h1 - h0))
    return tuple(peak.id for peak, there in zip(picked.peaks, within, strict=True) if there)


def _each(picked: PickedPeaks, ids: Collection[int], change: _Edit) -> PickedPeaks:
    peaks = tuple(change(peak) if peak.id in ids else peak for peak in picked.peaks)
    return picked if peaks == picked.peaks else replace(picked, peaks=peaks)


def _snr(picked: PickedPeaks, height: float) -> float:
    return abs(height) / picked.noise if picked.noise > 0 else 0.0
