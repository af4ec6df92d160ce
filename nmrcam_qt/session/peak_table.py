"""The table of peaks: what its cells say, and what an edit of a cell does. No Qt."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.session.contributing import PeakSays, drop_text, heat_text, rank_text
from nmrcam_qt.session.peak_editing import Place, labelled, moved, of_kind

UNKNOWN = "–"


class Column(enum.IntEnum):
    """Columns of the table."""

    NUMBER = 0
    H = 1
    C = 2
    HEIGHT = 3
    KIND = 4
    SNR = 5
    WIDTH = 6
    LABEL = 7
    CONTRIBUTION = 8
    RANK = 9
    HEAT = 10


OF_NETWORK = (Column.CONTRIBUTION, Column.RANK, Column.HEAT)
"""What a network says of the peaks."""
TITLES = {
    Column.NUMBER: ("#", "Number of the peak; never used again"),
    Column.H: ("¹H (ppm)", "¹H shift on the present axis"),
    Column.C: ("¹³C (ppm)", "¹³C shift on the present axis"),
    Column.HEIGHT: ("Height", "Height with its sign, in units of the spectrum"),
    Column.KIND: ("Kind", "What picking or you called it"),
    Column.SNR: ("S/N", "Height over the standard deviation of the noise"),
    Column.WIDTH: ("Width (ppm)", "Full widths at half height, ¹H × ¹³C"),
    Column.LABEL: ("Label", "Your text"),
    Column.CONTRIBUTION: (
        "Contribution",
        "By how much the class's logit drops when the peak is painted with background (in "
        "the networks for mixtures a logit of 0 is a score of 0.5, of 2.2 one of 0.9, of 4.6 one "
        "of 0.99): to the right it speaks for the class, to the left (hatched) against it. The "
        "thin line is where 95 % of the repeats lie, after How sure?",
    ),
    Column.RANK: (
        "Rank",
        "By contribution, 1 speaks most for the class, in the spectrum as it is; in brackets where "
        "95 % of the repeats lie, after How sure? An exclamation mark: the rank lies outside of "
        "its brackets, trust these",
    ),
    Column.HEAT: ("Heat", "Share of the map's heat that lies in the region of the peak"),
}
EDITABLE = (Column.H, Column.C, Column.KIND, Column.LABEL)


def cell_text(peak: Peak, column: Column, says: PeakSays | None = None) -> str:
    """What a cell shows and what its editor starts with.

    Parameters
    ----------
    peak : Peak
        The peak.
    column : Column
        Of the cell.
    says : PeakSays, optional
        What the peak contributes to the class that is shown, where that is known.
    """
    if column in _SAID:
        return _SAID[column](says)
    return _TEXTS[column](peak)


def _snr_text(snr: float) -> str:
    if not snr:
        return UNKNOWN
    return f"{snr:.0f}" if snr >= 10 else f"{snr:.1f}"


def _width_text(peak: Peak) -> str:
    widths = (f"{peak.h_width_ppm:.3f}", f"{peak.c_width_ppm:.2f}")
    known = (peak.h_width_ppm > 0, peak.c_width_ppm > 0)
    if not any(known):
        return UNKNOWN
    return " × ".join(text if there else UNKNOWN for text, there in zip(widths, known, strict=True))


def sort_value(peak: Peak, column: Column, says: PeakSays | None = None) -> float | str:
    """What a column is sorted by; peaks of which nothing is known come last or first."""
    if column in OF_NETWORK:
        return _said_value(column, says)
    values: dict[Column, float | str] = {
        Column.NUMBER: float(peak.id),
        Column.H: peak.h_ppm,
        Column.C: peak.c_ppm,
        Column.HEIGHT: peak.height,
        Column.SNR: peak.snr,
        Column.WIDTH: peak.h_width_ppm,
        Column.KIND: str(peak.kind),
        Column.LABEL: peak.label,
    }
    return values[column]


def _said_value(column: Column, says: PeakSays | None) -> float:
    known = says is not None and says.seen
    if says is None or not known:
        return math.inf if column is Column.RANK else -math.inf
    if column is Column.CONTRIBUTION:
        return says.drop
    if column is Column.RANK:
        return float(says.rank)
    return -math.inf if says.heat is None else says.heat


def tip_text(peak: Peak) -> str:
    """A peak in a few lines."""
    lines = [f"¹H {peak.h_ppm:.4f}, ¹³C {peak.c_ppm:.3f} ppm", str(peak.kind)]
    if peak.by_hand:
        lines.append("added or changed by hand")
    if peak.label:
        lines.append(one_line(peak.label))
    return "\n".join(lines)


def change_of(
    peak: Peak, column: Column, value: Any
) -> Callable[[PickedPeaks], PickedPeaks] | None:
    """What an editor's value does to the peaks; None for nothing.

    Raises
    ------
    ValueError
        If it cannot be understood; a sentence.
    """
    if column is Column.LABEL:
        return lambda picked: labelled(picked, (peak.id,), str(value))
    if column is Column.KIND:
        kind = _kind(value)
        return lambda picked: of_kind(picked, (peak.id,), kind)
    text = str(value).strip()
    if text == cell_text(peak, column):
        return None  # the editor shows fewer digits than the peak has
    ppm = _ppm(text)
    place = replace(Place(peak.h_ppm, peak.c_ppm, peak.height), **{_AXES[column]: ppm})
    return lambda picked: moved(picked, peak.id, place)


_AXES = {Column.H: "h_ppm", Column.C: "c_ppm"}


def _ppm(text: str) -> float:
    try:
        value = float(text.replace(",", ".").replace("−", "-"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError(f"{one_line(text)[:40]!r} is no shift; a number in ppm is expected.")
    return value


def _kind(value: Any) -> PeakKind:
    try:
        return PeakKind(str(value))
    except ValueError:
        kinds = ", ".join(PeakKind)
        raise ValueError(f"{one_line(str(value))[:40]!r} is none of {kinds}.") from None


_SAID: dict[Column, Callable[[PeakSays | None], str]] = {
    Column.CONTRIBUTION: drop_text,
    Column.RANK: rank_text,
    Column.HEAT: heat_text,
}
_TEXTS: dict[Column, Callable[[Peak], str]] = {
    Column.NUMBER: lambda peak: str(peak.id),
    Column.H: lambda peak: f"{peak.h_ppm:.3f}",
    Column.C: lambda peak: f"{peak.c_ppm:.2f}",
    Column.HEIGHT: lambda peak: f"{peak.height:.4g}",
    Column.SNR: lambda peak: _snr_text(peak.snr),
    Column.WIDTH: _width_text,
    Column.KIND: lambda peak: str(peak.kind),
    Column.LABEL: lambda peak: peak.label,
}
