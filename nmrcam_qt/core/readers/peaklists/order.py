"""Which of the two shift columns is ¹H: by value ranges, then by header, else ask."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers.peaklists.raw import Floats, RawPeaks

H_RANGE = (-5.0, 20.0)
C_RANGE = (-30.0, 260.0)
"""Shifts (ppm) a ¹H or ¹³C signal of an HSQC or HMBC can have."""
H_ACIDIC, C_ACIDIC = 12.0, 40.0
"""A proton above 12 ppm is an acidic one; it has no correlation below 40 ppm."""
CHOICES = ("hc", "ch")


@dataclass(frozen=True, slots=True)
class Order:
    """The decision: which column is ¹H, what was assumed, what should be noted."""

    h_first: bool
    assumed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plausible(h: Floats, c: Floats) -> bool:
    """Whether every pair of shifts can be a ¹H-¹³C correlation."""
    return bool(_fits(h, c).all())


def possible(raw: RawPeaks) -> bool:
    """Whether a list can be one of ¹H-¹³C correlations in either order."""
    first, second = raw.shifts[:, 0], raw.shifts[:, 1]
    return plausible(first, second) or plausible(second, first)


def decide(path: Path, raw: RawPeaks, columns: str | None) -> Order:
    """Find the ¹H column of a list.

    Value ranges settle it where only one order is possible, whatever the header
    says; else the header does; else the user is asked.

    Parameters
    ----------
    path : Path
        For messages.
    raw : RawPeaks
        At least one peak.
    columns : {"hc", "ch"} or None
        The user's answer.

    Raises
    ------
    AmbiguousError
        If neither ranges nor header settle it; option "columns".
    ReadError
        If no order is possible, or the user's is not.
    """
    first, second = raw.shifts[:, 0], raw.shifts[:, 1]
    orders = {"hc": plausible(first, second), "ch": plausible(second, first)}
    _refuse_other_nuclei(path, raw)
    if columns is not None:
        return _chosen(path, raw, columns, orders)
    if not any(orders.values()):
        raise _impossible(path, raw)
    said = _by_header(raw)
    if not all(orders.values()):
        return _by_range(raw, orders["hc"], said)
    if said is None:
        one, two = raw.columns
        raise AmbiguousError(
            path,
            f"which column is ¹H, which ¹³C? Both {one.name!r} ({_span(first)}) and "
            f"{two.name!r} ({_span(second)}) could be either",
            CHOICES,
            "columns",
        )
    certain = any(c.certain for c in raw.columns)
    h_name = raw.columns[0 if said else 1].name
    assumed = f"the column {h_name!r} taken as ¹H by its name, the shifts fit either order"
    return Order(said, () if certain else (assumed,))


def _by_range(raw: RawPeaks, h_first: bool, said: bool | None) -> Order:
    if said is None or said == h_first:
        return Order(h_first)
    one, two = raw.columns
    h, c = (one, two) if h_first else (two, one)
    if any(column.certain for column in raw.columns):
        note = (
            f"the header names {c.name!r} and {h.name!r} the other way round than their shifts "
            f"say; {h.name!r} ({_span(raw.shifts[:, 0 if h_first else 1])}) was read as ¹H"
        )
        return Order(h_first, notes=(note,))
    return Order(h_first, notes=(f"{h.name!r} is ¹H and {c.name!r} ¹³C, by their shifts",))


def _by_header(raw: RawPeaks) -> bool | None:
    """Whether the header says that ¹H comes first; None where it says nothing."""
    one, two = raw.columns
    nuclei = (one.nucleus, two.nucleus)
    if "1H" not in nuclei and "13C" not in nuclei:
        return None
    if nuclei[0] == nuclei[1]:
        return None
    return nuclei[0] == "1H" or nuclei[1] == "13C"


def _refuse_other_nuclei(path: Path, raw: RawPeaks) -> None:
    """A ¹⁵N list or a ¹H-¹H list would be read wrongly: refuse it by its header."""
    nuclei = [c.nucleus for c in raw.columns]
    certain = [c.certain for c in raw.columns]
    other = [n for n, sure in zip(nuclei, certain, strict=True) if sure and n not in ("1H", "13C")]
    if other:
        raise ReadError(path, f"a list with a {other[0]} dimension", "1H and 13C shifts")
    if all(certain) and nuclei[0] == nuclei[1]:
        raise ReadError(path, f"both dimensions are {nuclei[0]}", "1H and 13C shifts")


def _chosen(path: Path, raw: RawPeaks, columns: str, orders: dict[str, bool]) -> Order:
    if columns not in CHOICES:
        raise ReadError(path, f"column order {columns!r}", f"one of {', '.join(CHOICES)}")
    if not orders[columns]:
        h = raw.shifts[:, 0 if columns == "hc" else 1]
        c = raw.shifts[:, 1 if columns == "hc" else 0]
        raise ReadError(
            path,
            f"with the column order {columns!r} the 1H shifts would be {_span(h)} "
            f"and the 13C shifts {_span(c)}",
            _EXPECTED,
        )
    return Order(columns == "hc")


def _impossible(path: Path, raw: RawPeaks) -> ReadError:
    """Name the peak that spoils the order most others have, else the ranges."""
    first, second = raw.shifts[:, 0], raw.shifts[:, 1]
    fits = max((_fits(first, second), _fits(second, first)), key=lambda f: int(f.sum()))
    if fits.mean() > 0.5:
        bad = int(np.argmin(fits))
        x, y = raw.shifts[bad]
        return ReadError(
            path,
            f"peak {bad + 1} ({x:g} / {y:g} ppm) does not fit the column order of the others",
            _EXPECTED,
        )
    return ReadError(
        path,
        f"shifts of {_span(first)} and {_span(second)} are no 1H and 13C shifts in either order",
        _EXPECTED,
    )


def _fits(h: Floats, c: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    in_h = (h >= H_RANGE[0]) & (h <= H_RANGE[1])
    in_c = (c >= C_RANGE[0]) & (c <= C_RANGE[1])
    return np.asarray(in_h & in_c & ~((h > H_ACIDIC) & (c < C_ACIDIC)))


def _span(values: Floats) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:g} ppm" if low == high else f"{low:g} to {high:g} ppm"


_EXPECTED = (
    f"1H within {H_RANGE[0]:g} to {H_RANGE[1]:g} and 13C within {C_RANGE[0]:g} to {C_RANGE[1]:g} "
    "ppm"
)
