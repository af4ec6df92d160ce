"""What the user can tell a reader, and what can be read from a file's name."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.spectrum import Experiment, Provenance

DEFAULT_F2_WINDOW = (10.0, 0.0)
DEFAULT_F1_WINDOW = (0.0, 200.0)
BOTH_ASSUMED = "axes assumed 10–0 / 0–200 ppm"
F2_ASSUMED = "¹H axis assumed 10–0 ppm"
F1_ASSUMED = "¹³C axis assumed 0–200 ppm"
GIVEN_NOTE = "axes given by the user: "
"""How a note begins that repeats the axes, for files that are written."""

_TOKENS = {
    Experiment.HSQC: re.compile(r"(?:hsqc|hmqc)(?![\s_.-]*(?:tocsy|cosy|noesy))", re.IGNORECASE),
    Experiment.HMBC: re.compile(r"hmbc|hsqmbc", re.IGNORECASE),
}
"""An HSQC-TOCSY is no HSQC; an HMQC shows the same correlations as one."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Answers the user has given beforehand; None means "find out, else ask".

    Parameters
    ----------
    experiment : Experiment or None
        HSQC or HMBC, overrides the file's name.
    f2_window, f1_window : (first, last) or None
        ppm at the picture's outer left/right and top/bottom edges.
    columns : {"hc", "ch"} or None
        Order of the ¹H and ¹³C columns of a peak list.
    part : str or None
        Which list to read where a file holds several (the name of a spreadsheet's
        sheet, of an NMR-STAR save frame, of an NMReData tag).
    """

    experiment: Experiment | None = None
    f2_window: tuple[float, float] | None = None
    f1_window: tuple[float, float] | None = None
    columns: str | None = None
    part: str | None = None


def experiment_in_text(text: str) -> Experiment | None:
    """The experiment a text names; None where it names none or both."""
    found = _named(text)
    return found[0] if len(found) == 1 else None


def experiment_from_name(path: Path) -> tuple[Experiment | None, str]:
    """Experiment by a token in the file's name, else in its nearest three folders.

    Returns
    -------
    experiment : Experiment or None
        None where no name holds a token or one name holds both.
    assumed : str
        What to write into the provenance; empty when the file's own name says it.
    """
    own = _named(path.name)
    if own:
        return (own[0] if len(own) == 1 else None), ""
    for name in list(reversed(path.resolve().parent.parts))[:3]:
        found = _named(name)
        if len(found) == 1:
            return found[0], f"experiment {found[0].label} taken from the folder name {name!r}"
        if found:
            break
    return None, ""


def _named(text: str) -> list[Experiment]:
    return [experiment for experiment, token in _TOKENS.items() if token.search(text)]


def against_the_file(given: Experiment | None, path: Path, in_data: Experiment | None) -> list[str]:
    """A clause for the provenance where the user's experiment is not the file's own."""
    if given is None:
        return []
    by_name, from_folder = experiment_from_name(path)
    said, where = (in_data, "data say") if in_data else (by_name, "name says")
    if said is None or said is given or (in_data is None and from_folder):
        return []
    return [f"experiment {given.label} as given, though the file's {where} {said.label}"]


def assumed_axes(options: ReadOptions) -> list[str]:
    """Which window of a picture nobody gave, as a clause for the provenance."""
    if options.f2_window is None and options.f1_window is None:
        return [BOTH_ASSUMED]
    if options.f2_window is None:
        return [F2_ASSUMED]
    return [F1_ASSUMED] if options.f1_window is None else []


def with_given_axes(
    provenance: Provenance, f2_window: tuple[float, float], f1_window: tuple[float, float]
) -> Provenance:
    """The provenance of a picture whose windows the user gave after it was read.

    Parameters
    ----------
    provenance : Provenance
        Of the picture as it was read.
    f2_window, f1_window : (first, last)
        ppm at the picture's outer left/right and top/bottom edges.
    """
    clauses = (BOTH_ASSUMED, F2_ASSUMED, F1_ASSUMED)
    said = (
        f"{GIVEN_NOTE}{f2_window[0]:g} to {f2_window[1]:g} / "
        f"{f1_window[0]:g} to {f1_window[1]:g} ppm"
    )
    notes = [note for note in provenance.notes if not note.startswith(GIVEN_NOTE)]
    return replace(
        provenance,
        assumed=tuple(clause for clause in provenance.assumed if clause not in clauses),
        notes=(*notes, said),
        axes_assumed=False,
    )


def file_sha256(path: Path) -> str:
    """Hex digest of a file's bytes.

    Raises
    ------
    ReadError
        If the file cannot be read.
    """
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise ReadError(path, f"cannot be read ({error.strerror or error})") from None
