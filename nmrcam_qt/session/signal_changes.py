"""What the user does to picked peaks, masks, referencing and contours, as changes.

Pure functions from what there is to a `Change`, as in `nmrcam_qt.session.changing`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.reference import AS_FILED, Affine, Reference
from nmrcam_qt.session.changes import TURN, Change
from nmrcam_qt.session.contents import Contents
from nmrcam_qt.session.drafts import each
from nmrcam_qt.session.extent import MAX_PPM, check_extent
from nmrcam_qt.session.grouping import MAX_NAME, tidy_line
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.referencing import with_reference
from nmrcam_qt.session.shifts import to_file

MAX_MASKS = 200
"""Of one spectrum."""
LEAST_BASE, MOST_BASE = 1e-3, 1e3
"""Height of the first contour over its default."""


def picked(
    contents: Contents,
    record_id: int,
    peaks: PickedPeaks | None,
    text: str = "",
    reference: Reference | None = None,
    merge_key: str = "",
) -> Change | None:
    """Other picked peaks; None for none at all. See `Editing.set_picked`."""
    record = contents.records.get(record_id)
    if record is None:
        return None
    kept = _kept(record)
    now = None
    if peaks is not None:
        peaks = _sound(peaks)
        now = to_file(peaks, record.packed.reference if reference is None else reference, kept)
        _check_places(now)
    if now == kept and (now is None) == (record.picked is None):
        return None
    handle = None if now is None else Handle(now)

    def pick(old: SpectrumRecord) -> SpectrumRecord:
        return replace(old, picked=handle, n_picked=0 if now is None else len(now))

    change = each(contents, (record_id,), _picking_text(kept, now), pick)
    return _as_step(change, text, merge_key)


def _sound(peaks: PickedPeaks) -> PickedPeaks:
    """Peaks that a project can keep: labels are short lines."""
    labels = [tidy_line(peak.label, MAX_NAME) if peak.label else "" for peak in peaks.peaks]
    if all(peak.label == label for peak, label in zip(peaks.peaks, labels, strict=True)):
        return peaks
    tidied = zip(peaks.peaks, labels, strict=True)
    return replace(peaks, peaks=tuple(replace(peak, label=label) for peak, label in tidied))


def _check_places(filed: PickedPeaks) -> None:
    """Refuse what a project would not read again; in a referenced spectrum it may look near.

    Raises
    ------
    ValueError
        If a peak lies where no spectrum does.
    """
    for peak in filed.peaks:
        numbers = (peak.h_ppm, peak.c_ppm, peak.h_width_ppm, peak.c_width_ppm)
        if max(map(abs, numbers)) > MAX_PPM:
            raise ValueError(f"a peak at {peak.h_ppm:g} / {peak.c_ppm:g} ppm is no peak")


def _kept(record: SpectrumRecord) -> PickedPeaks | None:
    """What was picked, at the file's shifts; None also where the project cannot give it."""
    if record.picked is None:
        return None
    try:
        return record.picked.get()
    except NmrCamError:
        return None


def _picking_text(before: PickedPeaks | None, after: PickedPeaks | None) -> str:
    """What the step of undo is called, but for the spectrum."""
    if after is None:
        return "Remove the picked peaks of"
    old = {peak.id: peak for peak in before.peaks} if before is not None else {}
    new = {peak.id: peak for peak in after.peaks}
    gone, come = len(old.keys() - new.keys()), new.keys() - old.keys()
    changed = [i for i in old.keys() & new.keys() if old[i] != new[i]]
    whole = f"Pick {_peaks(len(new))} in"
    if changed:
        by_hand = all(_edited(old[i], new[i]) for i in changed)
        return f"Edit {_peaks(len(changed))} of" if by_hand and not gone and not come else whole
    if old and gone and not come:
        return f"Delete {_peaks(gone)} of"
    if come and not gone and all(new[i].by_hand for i in come):
        return f"Add {_peaks(len(come))} to"
    return whole


def _edited(old: Peak, new: Peak) -> bool:
    """Whether a peak was moved by hand, or only its text or kind is another."""
    return new.by_hand or replace(old, label=new.label, kind=new.kind) == new


def _peaks(count: int) -> str:
    return "a peak" if count == 1 else f"{count} peaks"


def masked(
    contents: Contents, ids: Iterable[int], masks: Sequence[Mask], text: str = ""
) -> Change | None:
    """Other masks, the same for all these spectra. See `Editing.set_masks`."""
    made = tuple(_tidy(mask) for mask in masks)
    if len(made) > MAX_MASKS:
        raise ValueError(f"{len(made)} masks; a spectrum may have {MAX_MASKS}")
    return remasked(contents, ids, lambda record: made, text)


def remasked(
    contents: Contents,
    ids: Iterable[int],
    made: Callable[[SpectrumRecord], tuple[Mask, ...]],
    text: str = "",
) -> Change | None:
    """Other masks, for each spectrum its own.

    Parameters
    ----------
    contents : Contents
        What there is.
    ids : iterable of int
        The spectra; unknown ones are passed over.
    made : callable
        From a record to its masks.
    text : str
        Of the step; empty for the usual one.
    """
    verbs: set[str] = set()

    def put(record: SpectrumRecord) -> SpectrumRecord:
        masks = made(record)
        if masks == record.packed.masks:
            return record
        verbs.add(_masking_text(record.packed.masks, masks))
        return replace(record, packed=replace(record.packed, masks=masks))

    change = each(contents, ids, "\0", put)
    verb = verbs.pop() if len(verbs) == 1 else "Set masks of"
    return None if change is None else _as_step(change, text or change.text.replace("\0", verb, 1))


def excluded(
    contents: Contents, ids: Iterable[int], name: str | None, out: bool, text: str = ""
) -> Change | None:
    """Exclude masks by name, or include them again. See `Editing.set_excluded`."""

    def made(record: SpectrumRecord) -> tuple[Mask, ...]:
        return tuple(
            replace(mask, excluded=out) if name is None or mask.name == name else mask
            for mask in record.packed.masks
        )

    return remasked(contents, ids, made, text)


def _tidy(mask: Mask) -> Mask:
    for low, high in (mask.h_ppm, mask.c_ppm):
        check_extent(low, high)
    return replace(
        mask,
        name=tidy_line(mask.name, MAX_NAME),
        h_ppm=(float(mask.h_ppm[0]), float(mask.h_ppm[1])),
        c_ppm=(float(mask.c_ppm[0]), float(mask.c_ppm[1])),
        excluded=bool(mask.excluded),
    )


def _masking_text(before: tuple[Mask, ...], after: tuple[Mask, ...]) -> str:
    was = {replace(mask, excluded=False): mask.excluded for mask in before}
    now = {replace(mask, excluded=False): mask.excluded for mask in after}
    if was.keys() != now.keys():
        return "Set masks of" if now else "Remove the masks of"
    names = {mask.name for mask, excluded in now.items() if excluded != was[mask]}
    outs = {excluded for mask, excluded in now.items() if excluded != was[mask]}
    if len(outs) != 1:
        return "Change masks of"
    what = next(iter(names)) if len(names) == 1 else f"{len(names)} masks"
    return f"Exclude {what} from" if outs.pop() else f"Include {what} again in"


def shifted(
    contents: Contents,
    ids: Iterable[int],
    h: Affine | None = None,
    c: Affine | None = None,
    text: str = "",
) -> Change | None:
    """Move axes, after the referencing that is there. See `Editing.set_reference`."""
    later = Reference(h or Affine(), c or Affine())

    def shift(record: SpectrumRecord) -> SpectrumRecord:
        old = record.packed.reference
        return _on(record, Reference(old.h.then(later.h), old.c.then(later.c)))

    return _as_step(each(contents, ids, "Reference", shift), text)


def as_filed(contents: Contents, ids: Iterable[int], text: str = "") -> Change | None:
    """Back to the axes of the file."""
    verb = "Set back the axes of"
    return _as_step(each(contents, ids, verb, lambda record: _on(record, AS_FILED)), text)


def _on(record: SpectrumRecord, reference: Reference) -> SpectrumRecord:
    if reference == record.packed.reference:
        return record
    return replace(record, packed=with_reference(record.packed, reference))


def on_base(contents: Contents, record_id: int, factor: float) -> Change | None:
    """Another height of the first contour. See `Editing.set_contour_base`."""
    if not math.isfinite(factor):
        raise ValueError(f"{factor} is no height of a contour")
    clipped = min(max(float(factor), LEAST_BASE), MOST_BASE)
    change = each(
        contents,
        (record_id,),
        "Change the contours of",
        lambda record: replace(record, contour_base=clipped),
    )
    return _as_step(change, "", f"{TURN}contours {record_id}")


def _as_step(change: Change | None, text: str, merge_key: str = "") -> Change | None:
    if change is None:
        return None
    return replace(change, text=text or change.text, merge_key=merge_key)
