"""What the details panel says of one spectrum, or of several together. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.readers.options import GIVEN_NOTE
from nmrcam_qt.core.reference import REFERENCED_NOTE
from nmrcam_qt.session.items import SessionItem, SourceState
from nmrcam_qt.session.referencing import reference_text
from nmrcam_qt.session.row_text import experiment_text, size_text
from nmrcam_qt.session.session import Session

MIXED = "(several)"
MOST_MASKS = 8
_ELSEWHERE = (GIVEN_NOTE, REFERENCED_NOTE)
"""Notes that another line or row says."""
_SOURCES = {
    SourceState.UNCHECKED: "",
    SourceState.PRESENT: "The file is there and has not changed.",
    SourceState.MISSING: "The file is not there any more.",
    SourceState.CHANGED: "The file has changed since it was read.",
}


def source_lines(item: SessionItem) -> list[str]:
    """Path, state of the file, whether the project holds a copy."""
    lines = [one_line(item.path) or "no file", _SOURCES[item.source]]
    if item.record.embedded:
        lines.append("The project holds a copy.")
    else:
        lines.append("The project holds no copy: the file is needed.")
    return [line for line in lines if line]


def axes_lines(item: SessionItem) -> list[str]:
    """Experiment, axes, size, and what was assumed."""
    packed = item.packed
    # The note on given axes repeats the axes: one line says both.
    notes = [note for note in packed.provenance.notes if not note.startswith(_ELSEWHERE)]
    found = packed.provenance.notes
    given = ", as you gave them" if any(note.startswith(GIVEN_NOTE) for note in found) else ""
    lines = [
        f"{experiment_text(item)}, {packed.provenance.format}, {size_text(item)}",
        f"¹H {_window(packed.f2)} ppm, ¹³C {_window(packed.f1)} ppm{given}",
    ]
    return lines + [one_line(text) for text in (*packed.provenance.assumed, *notes)]


def acquisition_lines(item: SessionItem) -> list[str]:
    """How it was measured, as far as the file says; empty where it says nothing."""
    found = item.packed.acquisition
    if found is None:
        return []
    mhz = [
        f"{value:.5g} MHz {nucleus}"
        for value, nucleus in ((found.h_mhz, "¹H"), (found.c_mhz, "¹³C"))
        if value is not None
    ]
    first = ", ".join([text for text in (found.solvent,) if text] + mhz)
    program = ", ".join(text for text in (found.pulse_program, _mode_text(found)) if text)
    return [one_line(text) for text in (found.title, first, program) if text]


def _mode_text(found: Acquisition) -> str:
    words = []
    if found.edited is not None:
        words.append("edited (CH₂ has the other sign)" if found.edited else "not edited")
    if found.magnitude:
        words.append("magnitude")
    return ", ".join(words)


def reference_lines(items: Sequence[SessionItem]) -> list[str]:
    """What the user moved the axes by; for several spectra how many of them."""
    moved = [item for item in items if not item.packed.reference.identity]
    if not moved:
        return ["As in the file." if len(items) == 1 else "As in the files."] if items else []
    if len(items) == 1:
        return [reference_text(moved[0].packed.reference)]
    same_way = len({item.packed.reference for item in moved}) == 1
    what = f": {reference_text(moved[0].packed.reference)}" if same_way else ""
    return [f"{len(moved)} of {len(items)} spectra{what}"]


def mask_lines(item: SessionItem) -> list[str]:
    """One line for each region, those that networks do not see first."""
    masks = sorted(item.packed.masks, key=lambda mask: not mask.excluded)
    lines = [_mask_text(mask) for mask in masks[:MOST_MASKS]]
    more = len(masks) - len(lines)
    return lines + ([f"and {more} more"] if more else [])


def _mask_text(mask: Mask) -> str:
    edges = (f"{low:.4g} to {high:.4g}" for low, high in (mask.h_ppm, mask.c_ppm))
    excluded = ", excluded" if mask.excluded else ""
    return one_line(f"{mask.name or 'region'}: ¹H {', ¹³C '.join(edges)} ppm{excluded}")


def picked_text(item: SessionItem) -> str:
    """How many peaks were picked; empty where nobody picked any."""
    if item.record.picked is None:
        return ""
    count = item.record.n_picked
    return "1 picked" if count == 1 else f"{count} picked"


def _window(axis: Axis) -> str:
    first, last = axis.edges
    return f"{round(first, 4) + 0.0:g} to {round(last, 4) + 0.0:g}"


def result_lines(session: Session, item: SessionItem) -> list[str]:
    """One line for each network: when, which version of nmrcam, whether stale."""
    lines = []
    for record in session.results_of(item.id):
        key = record.id.key
        parts = [key.network if key.layer is None else f"{key.network} ({key.layer})"]
        if record.made:
            parts.append(record.made[:16].replace("T", " ") + " UTC")
        if record.version:
            parts.append(f"nmrcam {record.version}")
        parts.append(f"weights {record.id.network_sha256[:8]}")
        if session.is_stale(key):
            parts.append("stale: another version is installed")
        lines.append(one_line(", ".join(parts)))
    if item.error:
        lines.append(one_line(item.error))
    return lines or ["Not analysed yet."]


def same(values: Iterable[str]) -> str | None:
    """What all values are; None where they differ, empty for no value."""
    found = set(values)
    return (found.pop() if found else "") if len(found) <= 1 else None


def sample_text(session: Session, items: Sequence[SessionItem]) -> str:
    """Name of the sample, `MIXED` for different ones, empty for none."""
    samples = {item.sample for item in items}
    if len(samples) > 1:
        return MIXED
    sample = session.samples.get(samples.pop() or 0) if samples else None
    return sample.name if sample is not None else ""
