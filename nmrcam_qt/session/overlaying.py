"""Which spectra are drawn over each other, and which one is subtracted. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.difference import known_part
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.items import SessionItem, ViewSettings
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown

MAX_OVERLAID = 7
"""Of spectra at once, the present one included: more colours cannot be told apart."""
NOTHING_OVERLAID = "Nothing is overlaid: select spectra in the list and press V."
SELECT_MORE = "Select two or more spectra in the list: they are overlaid."
NO_SECOND = "Overlay a second spectrum first (V): it is the one that is subtracted."
NO_EXPERIMENT = "Say first whether both spectra are HSQC or HMBC."
NO_INTENSITIES = "Only instrument data have intensities that can be subtracted."


def overlaid(session: Session, item: SessionItem | None, view: ViewSettings) -> list[SessionItem]:
    """The spectra over one spectrum, in the order of the settings; those that are gone are not.

    The settings may hold the spectrum itself: going through the spectra of an overlay, each
    is in turn the one below.
    """
    own = item.id if item is not None else None
    wanted = dict.fromkeys(view.overlays)
    found = (session.find(other) for other in wanted if other != own)
    return [other for other in found if other is not None][: MAX_OVERLAID - 1]


def with_overlays(session: Session, pane: Shown) -> Shown:
    """A pane with the spectra over its own, and the one that is subtracted from it."""
    view = session.view
    others = overlaid(session, pane.item, view)
    if not others or pane.item is None or view.network_view:
        return pane  # networks see one spectrum
    if not view.difference:
        return replace(pane, overlays=tuple(others))
    reason = difference_reason(pane.item, others)
    if reason:
        said = f"There is no difference to be shown: {reason}"
        return replace(pane, overlays=tuple(others), message=_joined(said, pane.message))
    said = coverage(pane.item, others[0])
    return replace(
        pane,
        overlays=tuple(others[1:]),
        minus=others[0],
        message=_joined(said, pane.message),
    )


def coverage(item: SessionItem, other: SessionItem) -> str:
    """Where a difference is not known, a sentence; empty where the other covers all of it."""
    said = []
    for name, own, others in (
        ("¹H", item.packed.f2, other.packed.f2),
        ("¹³C", item.packed.f1, other.packed.f1),
    ):
        part = known_part(others, own)
        if part.stop <= part.start:
            return f"{other.name} lies elsewhere: nothing of the difference is known."
        if part != slice(0, own.size):
            said.append(f"{name} {_window(own, part)} ppm")
    if not said:
        return ""
    return f"{other.name} covers only {' and '.join(said)}: beyond it the difference is blank."


def _window(axis: Axis, part: slice) -> str:
    ends = axis.ppm(part.start - 0.5), axis.ppm(part.stop - 0.5)
    return f"{max(ends):.4g} to {min(ends):.4g}"


def _joined(*texts: str) -> str:
    return " ".join(text for text in texts if text)


def overlay_choice(
    current: int | None, selected: Sequence[int], before: Sequence[int]
) -> tuple[tuple[int, ...], str]:
    """What *Overlay selected spectra* makes of a selection.

    Parameters
    ----------
    current : int or None
        Id of the spectrum that is shown; it stays the one below.
    selected : sequence of int
        Ids of the selected spectra.
    before : sequence of int
        Ids that are overlaid now: where the present spectrum alone is selected, it joins them.

    Returns
    -------
    ids : tuple of int
        For `ViewSettings.overlays`; empty where nothing can be done.
    reason : str
        Why nothing can be done; empty where something can.
    """
    if current is None:
        return (), "No spectrum is open."
    others = [i for i in dict.fromkeys(selected) if i != current]
    if not others and (not before or current in before):
        return (), SELECT_MORE
    ids = (current, *others) if others else (*before, current)
    if len(ids) > MAX_OVERLAID:
        return (), f"At most {MAX_OVERLAID} spectra can be overlaid, and these are {len(ids)}."
    return ids, ""


def without(overlays: Sequence[int], item_id: int) -> tuple[int, ...]:
    """An overlay without one spectrum; none at all where nothing would lie over another."""
    left = tuple(other for other in overlays if other != item_id)
    return left if len(left) > 1 else ()


def difference_reason(item: SessionItem | None, others: Sequence[SessionItem]) -> str:
    """Why the first of `others` cannot be subtracted; empty where it can.

    Parameters
    ----------
    item : SessionItem or None
        From which.
    others : sequence of SessionItem
        What is overlaid.
    """
    if item is None:
        return "No spectrum is open."
    if not others:
        return NO_SECOND
    other = others[0]
    if item.experiment is None or other.experiment is None:
        return NO_EXPERIMENT
    if item.experiment is not other.experiment:
        one, two = item.experiment.label, other.experiment.label
        return f"One is an {one}, the other an {two}: their difference means nothing."
    if {one.packed.provenance.kind for one in (item, other)} != {SourceKind.INSTRUMENT}:
        return NO_INTENSITIES
    return ""


def difference_heading(item: SessionItem, other: SessionItem, scale: float | None) -> str:
    """For example "A − 1.03·B"; with a k where the factor is not known yet."""
    if scale is None:
        return f"{item.name} − k·{other.name}"
    factor = f"{scale:.3g}"
    return (
        f"{item.name} − {other.name}" if factor == "1" else f"{item.name} − {factor}·{other.name}"
    )
