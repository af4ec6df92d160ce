"""Experiments in words."""

from __future__ import annotations

from collections.abc import Sequence

from nmrcam_qt.core.readers.bruker.layout import Described, natural

_MOST_NAMED = 6
"""Experiments that one sentence names."""


def passed_over(described: Sequence[Described]) -> str:
    """Experiments that are no ¹H–¹³C spectra: ``"1 – a 1D ¹H spectrum, …"``."""
    ordered = sorted(described, key=lambda d: natural(_short(d)))
    named = [f"{_short(d)} – {d.words}" for d in ordered[:_MOST_NAMED]]
    more = len(described) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _short(described: Described) -> str:
    """Number (or name) of an experiment."""
    return described.files.called(described.place.experiment).name or described.place.part


def name_of(found: Described) -> str:
    """What the sidebar shows: ``"exam2d_HC 3 – hsqcedetgp"``.

    Data set, number of the experiment, of the processing unless it is 1, pulse program;
    `nmrcam_qt.session.grouping` knows this form.
    """
    name = experiment_name(found)
    if found.place.processing not in ("", "1"):
        name += f"/{found.place.processing}"
    return f"{name} – {found.program.name}" if found.program.name else name


def experiment_name(found: Described) -> str:
    """``"exam2d_HC 3"``, or the folder's name where it is no number."""
    folder = found.files.called(found.place.experiment)
    if folder.name.isdecimal() and folder.parent.name:
        return f"{folder.parent.name} {folder.name}"
    return folder.name
