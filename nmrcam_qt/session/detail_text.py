"""What the details panel says of one spectrum, or of several together. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.readers.options import GIVEN_NOTE
from nmrcam_qt.session.items import SessionItem, SourceState
from nmrcam_qt.session.row_text import experiment_text, size_text
from nmrcam_qt.session.session import Session

MIXED = "(several)"
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
    notes = [note for note in packed.provenance.notes if not note.startswith(GIVEN_NOTE)]
    given = ", as you gave them" if len(notes) < len(packed.provenance.notes) else ""
    lines = [
        f"{experiment_text(item)}, {packed.provenance.format}, {size_text(item)}",
        f"¹H {_window(packed.f2)} ppm, ¹³C {_window(packed.f1)} ppm{given}",
    ]
    return lines + [one_line(text) for text in (*packed.provenance.assumed, *notes)]


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
