"""What a row of the sidebar says, and what it is found by. No Qt."""

from __future__ import annotations

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.items import ItemState, SessionItem, SourceState

UNKNOWN_EXPERIMENT = "HSQC or HMBC?"
_SHORT_SHA = 12
_NOTE_IN_TIP = 400
_SOURCES = {
    SourceState.MISSING: "The source file is not there any more.",
    SourceState.CHANGED: "The source file has changed since it was read.",
}
STALE_TEXT = "The scores are of another version of the network: analyse again."


def class_title(class_id: str) -> str:
    """A class id as it is written for a chemist."""
    return class_id.replace("_", " ")


def experiment_text(item: SessionItem) -> str:
    """HSQC, HMBC, or that nobody knows."""
    return item.experiment.label if item.experiment is not None else UNKNOWN_EXPERIMENT


def is_scored(item: SessionItem) -> bool:
    """Whether the row shows scores: there are some, and nothing newer happens to the item."""
    return item.prediction is not None and item.state is ItemState.ANALYSED


def verdict(item: SessionItem) -> str:
    """Second line of a row: the classes that are present with their scores, or the state.

    Where several networks have scored the spectrum, whose scores these are: the newest.
    """
    prediction = item.prediction
    if prediction is None or not is_scored(item):
        return str(item.state)
    present = sorted(prediction.present, key=prediction.score, reverse=True)
    whose = f" · {one_line(prediction.network)}" if item.several else ""
    if present:
        said = ", ".join(f"{class_title(c)} {score_text(prediction.score(c))}" for c in present)
    else:
        top = prediction.top
        said = f"none present ({class_title(top)} {score_text(prediction.score(top))})"
    return said + whose


def summary(item: SessionItem) -> str:
    """Verdict and experiment in one line, for screen readers and narrow places."""
    marks = [verdict(item), experiment_text(item)]
    if item.stale:
        marks.append("stale")
    if item.source in _SOURCES:
        marks.append(f"source {item.source}")
    if item.flag:
        marks.append(str(item.flag))
    return " · ".join([*marks, *item.tags])


def search_text(item: SessionItem, sample: str = "") -> str:
    """Everything that a spectrum is found by, case-folded.

    Parameters
    ----------
    item : SessionItem
        The spectrum.
    sample : str
        Name of its sample.
    """
    classes = item.prediction.present if item.prediction is not None else ()
    parts = (
        item.name,
        item.packed.name,
        item.path,
        sample,
        item.note,
        summary(item),
        str(item.state),
        " ".join(classes),
        _measured_text(item),
    )
    return "\n".join(parts).casefold()


def _measured_text(item: SessionItem) -> str:
    """Solvent, pulse program, title, frequency and the names of masks."""
    found = item.packed.acquisition
    names = [mask.name for mask in item.packed.masks]
    if found is None:
        return " ".join(names)
    mhz = "" if found.h_mhz is None else f"{found.h_mhz:.0f} mhz"
    return " ".join([found.solvent, found.pulse_program, found.title, mhz, *names])


def tooltip(item: SessionItem) -> str:
    """Name, path, digest, size, assumptions, note and trouble, one per line; plain text."""
    provenance = item.packed.provenance
    lines = [item.name, item.path, f"{experiment_text(item)}, {provenance.format}"]
    if provenance.sha256:
        lines[-1] += f", sha256 {provenance.sha256[:_SHORT_SHA]}…"
    lines.append(size_text(item))
    lines += [line for line in (_measured_line(item),) if line]
    lines += [*provenance.assumed, *provenance.notes]
    lines += [line for line in (_SOURCES.get(item.source, ""), item.error) if line]
    if item.stale:
        lines.append(STALE_TEXT)
    lines = [one_line(line) for line in lines]
    if item.note:
        cut = item.note[:_NOTE_IN_TIP]
        lines += ["", cut + ("…" if cut != item.note else "")]
    return "\n".join(lines)


def _measured_line(item: SessionItem) -> str:
    """Title, solvent and frequency in one line; empty where nothing is known."""
    found = item.packed.acquisition
    if found is None:
        return ""
    mhz = "" if found.h_mhz is None else f"{found.h_mhz:.0f} MHz"
    return ", ".join(text for text in (found.title, found.solvent, mhz) if text)


def size_text(item: SessionItem) -> str:
    """Number of peaks or points."""
    peaks = item.packed.n_peaks
    if peaks is not None:
        return "1 peak" if peaks == 1 else f"{peaks} peaks"
    return f"{item.packed.f2.size} × {item.packed.f1.size} points"
