"""What lies outside of what a network has seen: few signals, strange places, unusual ink.

The figures are taken from the ink that the network eats, so that pictures, lists and measured
data are judged alike. Their ranges over the training examples stand in the card (`known`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image

INKED = 0.1
"""Ink above this counts as signal (`nmrcam_qt.core.preprocessing.INK_THRESHOLD`)."""
CELL_H, CELL_C = 0.1, 2.0
"""Size of a cell that is counted, ppm."""
BOX_H, BOX_C = 0.25, 5.0
"""Size of a box of the map of where training examples have ink, ppm."""
TAILS = {
    "signals": (0.02, 0.002),
    "cells": (0.0, 0.001),
    "darkness": (0.001, 0.001),
    "spot": (0.001, 0.001),
    "rarity": (0.0, 0.005),
    "shared": (0.0, 0.005),
}
"""Share of the training examples below and above each range: few signals and strange places
are what matters most, single compounds differ in ink more than mixtures do."""
SLACK = {"darkness": 0.05, "spot": 0.05}
"""By what share these ranges are wider: a hair darker than all examples is not unusual."""
SAME_H, SAME_C = 0.065, 1.3
OTHER_H, OTHER_C = 0.2, 6.0
"""Signals closer than the first are at one shift, further apart than the second at two, ppm."""
MAX_COMPARED = 1500
"""With more signals none is compared with all others."""
COVERED = 0.5
"""A file that shows less of the network's window is outside: training spectra show all of it."""
LEVELS = 9
"""Finest rarity of a box: 1 is a box that every example inks, each level a third of a decade."""
SENTENCE = "Outside what the network knows: "

Range = tuple[float, float]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class InkFigures:
    """Figures of the ink on a network's grid.

    Parameters
    ----------
    signals : int
        Separate spots of ink, corners touching counts as one.
    cells : int
        Cells of 0.1 × 2 ppm with ink.
    darkness : float
        Median over these cells of their darkest ink, 0..1; 0 without ink.
    spot : float
        Median area of the spots, ppm of ¹H × ppm of ¹³C; 0 without ink.
    rarity : float
        Mean over the cells of how rarely training examples have ink in their box, 0 (always)
        to `LEVELS` (one in a thousand, or never); 0 without ink or without a map.
    shared : float
        Share of the signals that share their ¹H shift with another and their ¹³C shift with
        another, 0..1: seldom in an HSQC, the rule in an HMBC and frequent in an HMQC with
        split signals.
    covered : float
        Share of the window that the file shows, 0..1.
    """

    signals: int
    cells: int
    darkness: float
    spot: float
    rarity: float
    shared: float
    covered: float = 1.0


@dataclass(frozen=True, slots=True)
class Known:
    """What the training examples of one input were like.

    Parameters
    ----------
    signals, cells, darkness, spot, rarity, shared : (low, high)
        Ranges of `InkFigures` that hold all but the tails of the training examples.
    covered : float
        The least share of the window that a file must show, 0..1.
    boxes : tuple of str
        Rarity of ink, rows along ¹³C and columns along ¹H in boxes of `BOX_C` × `BOX_H` ppm
        from low to high ppm; a digit 0 to 9 for each. Empty for none.
    solvents : tuple of str
        Ids of solvents (`core.solvents`) of its training spectra; empty where not known.
    examples : int
        How many examples that were.

    Raises
    ------
    ValueError
        If a range is not finite or not ascending, or the map is none.
    """

    signals: Range
    cells: Range
    darkness: Range
    spot: Range
    rarity: Range
    shared: Range
    covered: float = COVERED
    boxes: tuple[str, ...] = ()
    solvents: tuple[str, ...] = ()
    examples: int = 0

    def __post_init__(self) -> None:
        for name in RANGES:
            low, high = getattr(self, name)
            if not 0 <= low <= high <= MAX_FIGURE:
                raise ValueError(f"known {name} {low:g} to {high:g}; expected 0 or more, ascending")
        if not 0 <= self.covered <= 1:
            raise ValueError(f"known covered {self.covered:g}; expected 0 to 1")
        if not 0 <= self.examples <= MAX_FIGURE:
            raise ValueError(f"known examples {self.examples}; expected 0 or more")
        widths = {len(row) for row in self.boxes}
        digits = all(row.isascii() and row.isdecimal() for row in self.boxes)
        if len(self.boxes) > MAX_BOXES or len(widths) > 1 or max(widths, default=0) > MAX_BOXES:
            raise ValueError(f"known boxes must be up to {MAX_BOXES} rows of equal length")
        if not digits:
            raise ValueError("known boxes must hold digits only")

    @property
    def box_map(self) -> NDArray[np.float64]:
        """Rarity of every box, float64 ``(n_c, n_h)``."""
        rows = [[float(digit) for digit in row] for row in self.boxes]
        return np.array(rows, dtype=np.float64).reshape(len(rows), -1)


RANGES = tuple(TAILS)
MAX_FIGURE = 1e9
MAX_BOXES = 512


def figures(
    ink: Image, f1: Axis, f2: Axis, known: Known | None = None, covered: float = 1.0
) -> InkFigures:
    """Figures of ink on a grid.

    Parameters
    ----------
    ink : float32 ``(f1.size, f2.size)``
        0..1, from `nmrcam_qt.core.preprocessing.ink_on_grid`.
    f1, f2 : Axis
        ¹³C and ¹H axes of the grid.
    known : Known or None
        Whose map tells how rare a place is.
    covered : float
        Share of the window that the file shows.
    """
    row, column = np.nonzero(ink > INKED)
    if not len(row):
        return InkFigures(0, 0, 0.0, 0.0, 0.0, 0.0, covered)
    darkest, box = _cells(ink, f1, f2, row, column)
    _, spot = np.unique(spots(row, column, ink.shape), return_inverse=True)
    sizes = np.bincount(spot)
    c, h = (np.bincount(spot, a.centres[i]) / sizes for a, i in ((f1, row), (f2, column)))
    rarity = 0.0
    if known is not None and known.boxes:
        rarity = float(_looked_up(known.box_map, box).mean())
    return InkFigures(
        signals=len(sizes),
        cells=len(darkest),
        darkness=float(np.median(darkest)),
        spot=float(np.median(sizes)) * abs(f1.step * f2.step),
        rarity=rarity,
        shared=_shared(c, h),
        covered=covered,
    )


def outside(found: InkFigures, known: Known) -> tuple[str, ...]:
    """In what respect a spectrum is unlike the training examples.

    Returns
    -------
    tuple of str
        One sentence each; empty where it is like them, and where there is no ink at all
        (that is said elsewhere).
    """
    said = []
    if found.cells:
        low, high = (round(end) for end in known.signals)
        if not known.signals[0] <= found.signals <= known.signals[1]:
            only = "only " if found.signals < low else ""
            plural = "" if found.signals == 1 else "s"
            said.append(f"{only}{found.signals} signal{plural}; it has seen {low} to {high}.")
        elif found.cells > known.cells[1]:
            said.append(
                f"ink in {found.cells} cells of {CELL_H:g} × {CELL_C:g} ppm; it has seen up to "
                f"{known.cells[1]:.0f}."
            )
        if found.rarity > known.rarity[1]:
            said.append("signals lie where its training spectra seldom have any.")
        if found.shared > known.shared[1]:
            said.append(
                f"{found.shared:.0%} of the signals share ¹H and ¹³C shifts with others, as "
                f"other experiments and artefacts do; it has seen up to {known.shared[1]:.0%}."
            )
        said += _unusual_ink(found, known)
    if found.covered < known.covered:
        said.append(f"the file shows {found.covered:.0%} of its window; the rest is blank to it.")
    return tuple(SENTENCE + text for text in said)


def unknown_solvent(solvent_id: str, title: str, known: Known) -> tuple[str, ...]:
    """A sentence where the network's training spectra were of other solvents."""
    if not known.solvents or solvent_id in known.solvents:
        return ()
    return (f"{SENTENCE}its training spectra were not measured in {title}.",)


def _unusual_ink(found: InkFigures, known: Known) -> list[str]:
    said = []
    low, high = known.darkness
    if not low <= found.darkness <= high:
        said.append(f"unusual ink, {found.darkness:.2f} dark; it has seen {low:.2f} to {high:.2f}.")
    low, high = known.spot
    if not low <= found.spot <= high:
        how = "small" if found.spot < low else "large"
        said.append(
            f"unusually {how} signals, {found.spot:.2g} ppm² each; it has seen {low:.2g} to "
            f"{high:.2g}."
        )
    return said


def learn(
    inks: Iterable[Image],
    f1: Axis,
    f2: Axis,
    tails: Mapping[str, Range] = TAILS,
    solvents: Sequence[str] = (),
) -> Known:
    """What examples are like, for a card.

    Parameters
    ----------
    inks : iterable of float32 ``(f1.size, f2.size)``
        Ink of training examples as the network eats it; gone through once. Some thousand
        give stable tails.
    f1, f2 : Axis
        ¹³C and ¹H axes of the grid.
    tails : mapping of str to (low, high)
        Share of the examples left below and above each range.
    solvents : sequence of str
        Ids of the solvents they were measured in, where that is known.

    Raises
    ------
    ValueError
        If no example has ink.
    """
    rows: list[InkFigures] = []
    places: list[Ints] = []
    shape = _box_shape(f1, f2)
    inked = np.zeros(shape, np.int64)
    for ink in inks:
        found = figures(ink, f1, f2)
        if not found.cells:
            continue
        row, column = np.nonzero(ink > INKED)
        box = _cells(ink, f1, f2, row, column)[1]
        rows.append(found)
        places.append(box)
        seen = np.zeros(shape, bool)
        seen[box[:, 0], box[:, 1]] = True
        inked += seen
    if not rows:
        raise ValueError("no example has ink")
    level = _levels(inked, len(rows))
    values = {name: [getattr(r, name) for r in rows] for name in RANGES}
    values["rarity"] = [float(_looked_up(level, box).mean()) for box in places]
    ranges = {name: _range(name, values[name], tails[name]) for name in RANGES}
    return Known(
        signals=ranges["signals"],
        cells=ranges["cells"],
        darkness=ranges["darkness"],
        spot=ranges["spot"],
        rarity=ranges["rarity"],
        shared=ranges["shared"],
        boxes=tuple("".join(str(int(v)) for v in line) for line in level),
        solvents=tuple(solvents),
        examples=len(rows),
    )


def spots(row: Ints, column: Ints, shape: tuple[int, ...]) -> Ints:
    """Number the separate spots of inked samples; corners touching counts as one.

    Parameters
    ----------
    row, column : int64 ``(n,)``
        Where the ink is.
    shape : (int, int)
        Of the grid.

    Returns
    -------
    int64 ``(n,)``
        The number of each sample's spot; numbers are not consecutive.
    """
    place = np.full((shape[0] + 2, shape[1] + 2), -1, np.int64)
    place[row + 1, column + 1] = np.arange(len(row))
    one: list[Ints] = []
    other: list[Ints] = []
    for dy, dx in ((0, 1), (1, -1), (1, 0), (1, 1)):
        there = place[row + 1 + dy, column + 1 + dx]
        one.append(np.flatnonzero(there >= 0))
        other.append(there[there >= 0])
    a, b = np.concatenate(one), np.concatenate(other)
    label = np.arange(len(row))
    while len(a) and (label[a] != label[b]).any():
        low = np.minimum(label[a], label[b])
        # The roots are hooked, not the samples alone, so that long lines need few rounds.
        for end in (label[a], label[b]):
            np.minimum.at(label, end, low)
        label = label[label]
    return label


def _cells(ink: Image, f1: Axis, f2: Axis, row: Ints, column: Ints) -> tuple[Image, Ints]:
    """Darkest ink of every inked cell ``(n,)``, and the box that it lies in ``(n, 2)``."""
    c, h = f1.centres[row] - min(f1.edges), f2.centres[column] - min(f2.edges)
    key = np.stack([np.floor(c / CELL_C), np.floor(h / CELL_H)], axis=1).astype(np.int64)
    cells, which = np.unique(key, axis=0, return_inverse=True)
    darkest = np.zeros(len(cells), np.float32)
    np.maximum.at(darkest, which.reshape(-1), ink[row, column])
    # A hair inwards: the middle of a cell is never on the edge of a box.
    middle = (cells + 0.5) * (CELL_C, CELL_H)
    box = np.floor(middle / (BOX_C, BOX_H)).astype(np.int64)
    return darkest, np.minimum(box, np.array(_box_shape(f1, f2)) - 1)


def _box_shape(f1: Axis, f2: Axis) -> tuple[int, int]:
    c, h = (abs(axis.edges[1] - axis.edges[0]) for axis in (f1, f2))
    return max(1, int(np.ceil(c / BOX_C - 1e-9))), max(1, int(np.ceil(h / BOX_H - 1e-9)))


def _levels(inked: Ints, n: int) -> NDArray[np.float64]:
    """Rarity 0..`LEVELS` of boxes that `inked` of `n` examples have ink in."""
    share = np.maximum(inked / n, 10 ** (-LEVELS / 3))
    return np.asarray(np.round(-3 * np.log10(share)))


def _looked_up(level: NDArray[np.float64], box: Ints) -> NDArray[np.float64]:
    """Rarity of every cell; `LEVELS` where it lies beyond the map."""
    beyond = (box >= np.array(level.shape)).any(axis=1)
    row, column = (np.minimum(box[:, i], level.shape[i] - 1) for i in range(2))
    return np.where(beyond, float(LEVELS), level[row, column])


def _shared(c: NDArray[np.float64], h: NDArray[np.float64]) -> float:
    """Share of signals at ``c`` and ``h`` ppm that share both shifts with others."""
    if len(c) > MAX_COMPARED:
        return 0.0
    dc, dh = np.abs(c[:, np.newaxis] - c), np.abs(h[:, np.newaxis] - h)
    column = ((dh < SAME_H) & (dc > OTHER_C)).any(axis=1)
    row = ((dc < SAME_C) & (dh > OTHER_H)).any(axis=1)
    return float((column & row).mean())


def _range(name: str, values: Sequence[float], tails: Range) -> Range:
    """Ends of a range, rounded outwards."""
    low, high = np.quantile(np.asarray(values, np.float64), [tails[0], 1 - tails[1]])
    slack = SLACK.get(name, 0.0)
    digits = 10**6
    return (
        float(np.floor(low * (1 - slack) * digits) / digits),
        float(np.ceil(high * (1 + slack) * digits) / digits),
    )
