"""How far contributions and maps move when the spectrum is a little different.

Every repeat moves all signals of a sample together (referencing, temperature), loses some peaks
(too weak another time) and adds some noise peaks, and asks the network again.

A shift is smaller than a sample of the input, and ink between two samples would be a blurred grey
that no network ever saw. So ink moves by whole samples, for each peak by as many as its own shift
crosses: one near the edge of its sample moves into the next, one in the middle stays. That is what
drawing the shifted peak, or the area maximum of a shifted picture, does. Ink of no peak moves by
one of the two whole numbers of samples around the shift, the nearer one more often. Lines and
rings keep their form; ink that leaves the window is lost.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contributing import PaintEngine, Question, painted
from nmrcam_qt.core.contributions import (
    Contributions,
    MapStability,
    PeakIntervals,
    PeakPlaces,
    ranks_of,
)
from nmrcam_qt.core.painting import WHOLE, Painting, Row, drops_of
from nmrcam_qt.core.preprocessing import Prepared, fed_ink, feed
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.regions import BLANK, REST, Regions
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image

LOW, HIGH = 0.025, 0.975
MAP_LOW = 0.1
FEWEST = 20
"""Repeats below which 2.5 and 97.5 % quantiles are no more than the least and the most."""
MAX_REPEATS = 1000

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class RepeatSettings:
    """How different the repeats are.

    Parameters
    ----------
    repeats : int
        1 to `MAX_REPEATS`.
    seed : int
        The same seed gives the same repeats.
    h_ppm, c_ppm : float
        Largest common shift; every repeat draws one between minus and plus it.
    lost, noise : float
        Share of the peaks that is left out, and number of noise peaks over that of peaks, 0..1.
        A noise peak is the ink of a random peak at a random place.

    Raises
    ------
    ValueError
        If a number is out of bounds.
    """

    repeats: int = 20
    seed: int = 0
    h_ppm: float = 0.02
    c_ppm: float = 0.3
    lost: float = 0.05
    noise: float = 0.05

    def __post_init__(self) -> None:
        if not 1 <= self.repeats <= MAX_REPEATS:
            raise ValueError(f"{self.repeats} repeats; expected 1 to {MAX_REPEATS}")
        if self.seed < 0:
            raise ValueError("the seed must not be negative")
        if not all(math.isfinite(x) and x >= 0 for x in (self.h_ppm, self.c_ppm)):
            raise ValueError("shifts must be finite and not negative")
        if not (0 <= self.lost <= 1 and 0 <= self.noise <= 1):
            raise ValueError("shares of lost and noise peaks must lie between 0 and 1")


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """What the repeats say.

    Parameters
    ----------
    intervals : tuple of PeakIntervals
        One for each input of the network.
    maps : tuple of MapStability
        One for each map that was asked for.
    repeats : int
        How many.
    """

    intervals: tuple[PeakIntervals, ...]
    maps: tuple[MapStability, ...]
    repeats: int

    def added_to(self, found: Contributions) -> Contributions:
        """The contributions with these intervals."""
        return replace(found, intervals=self.intervals, repeats=self.repeats)


def repeated(
    engine: PaintEngine,
    question: Question,
    settings: RepeatSettings | None = None,
    methods: Sequence[str] = (),
    layer: str | None = None,
    progress: Progress = SILENT,
) -> Repeated:
    """Ask the network about slightly different spectra.

    Parameters
    ----------
    engine, question
        As in `contributing.contributions`.
    settings : RepeatSettings or None
        None for the usual.
    methods : sequence of str
        Ids of methods whose maps are compared; all classes.
    layer : str or None
        Of the maps.
    progress : Progress
        Told after every repeat; cancels.

    Raises
    ------
    NetworkError, MethodError
        As `contributing.contributions`.
    Cancelled
        By `progress`.
    """
    settings = settings or RepeatSettings()
    painting = question.painting()
    drops: list[list[Floats]] = []
    maps: list[tuple[Explanation, ...]] = []
    for number, other in enumerate(variants(painting, question.peaks, settings)):
        told = _Within(progress, number, settings.repeats)
        drops.append(_drops(engine, question, other, told))
        if methods:
            eaten = Prepared(other.painting.examples, ())
            (said,) = engine.analyse(question.name, [eaten], methods, None, layer)
            maps.append(said.explanations)
    progress.step(settings.repeats, settings.repeats, "repeats")
    stable = [_stability(same) for same in zip(*maps, strict=True)]
    return Repeated(_intervals(painting, drops), tuple(stable), settings.repeats)


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A slightly different spectrum or pair.

    Parameters
    ----------
    painting : Painting
        Its inputs, and whose each sample is; noise peaks are `REST`.
    lost : tuple of bool ``(n_peaks,)``
        For each input the peaks that were left out.
    """

    painting: Painting
    lost: tuple[Bools, ...]


def variants(
    painting: Painting, peaks: Sequence[PeakPlaces], settings: RepeatSettings
) -> Iterator[Variant]:
    """The spectra of the repeats, one after the other; see the module.

    Parameters
    ----------
    painting : Painting
        Of the spectrum itself.
    peaks : sequence of PeakPlaces
        One for each input.
    settings : RepeatSettings
        No peak is lost in all repeats.
    """
    rng = np.random.default_rng(settings.seed)
    lost = [rng.random((settings.repeats, len(each))) < settings.lost for each in peaks]
    for table in lost:
        table[-1, table.all(axis=0)] = False
    for number in range(settings.repeats):
        h = float(rng.uniform(-settings.h_ppm, settings.h_ppm))
        c = float(rng.uniform(-settings.c_ppm, settings.c_ppm))
        made = [
            _variant(painting, at, peaks[at], lost[at][number], (h, c), settings.noise, rng)
            for at in range(len(peaks))
        ]
        examples, regions = [m[0] for m in made], [m[1] for m in made]
        yield Variant(Painting(painting.specs, examples, regions), tuple(t[number] for t in lost))


def _variant(
    painting: Painting,
    at: int,
    places: PeakPlaces,
    lost: Bools,
    shift: tuple[float, float],
    noise: float,
    rng: np.random.Generator,
) -> tuple[Image, Regions]:
    """One input of a repeat: its example and regions."""
    spec, old = painting.specs[at], painting.regions[at]
    ink = fed_ink(painting.examples[at], spec)
    rows, columns = np.nonzero(old.labels != BLANK)
    label = old.labels[rows, columns]
    down = _steps(spec.f1, places.c_ppm, shift[1], rng)[label - REST]
    across = _steps(spec.f2, places.h_ppm, shift[0], rng)[label - REST]
    # Lost peaks go nowhere; indices 0 and 1 are the rest and blank samples.
    stays = ~np.concatenate([[False, False], lost])[label - REST]
    parts: list[tuple[NDArray[Any], ...]] = [
        (rows + down, columns + across, label, ink[rows, columns], stays)
    ]
    seen = np.flatnonzero((old.cells() > 0) & ~lost)
    for peak in rng.choice(seen, math.ceil(noise * len(seen))) if len(seen) else ():
        parts.append(_noise_peak(ink, old.labels == peak, rng))
    grid, labels = _drawn(ink.shape, [np.concatenate(same) for same in zip(*parts, strict=True)])
    return feed(grid, spec), Regions(labels, old.count)


def _noise_peak(ink: Image, mine: Bools, rng: np.random.Generator) -> tuple[NDArray[Any], ...]:
    """The ink of a peak at a random place, as one of the parts of `_drawn`."""
    rows, columns = np.nonzero(mine)
    row, column = rng.integers(0, ink.shape)
    rest = np.full(len(rows), REST, np.int32)
    there = (rows + row - rows[0], columns + column - columns[0])
    return (*there, rest, ink[rows, columns], np.ones(len(rows), bool))


def _steps(axis: Axis, ppm: Floats, shift: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Whole samples that the ink of each label moves, from `REST` on."""
    if axis.size == 1:
        return np.zeros(len(ppm) + 2, np.int64)
    moved = np.floor(axis.index(ppm + shift) + 0.5) - np.floor(axis.index(ppm) + 0.5)
    rest = math.floor(shift / axis.step + rng.random())
    return np.concatenate([[rest, 0], moved]).astype(np.int64)


def _drawn(
    shape: tuple[int, ...], parts: Sequence[NDArray[Any]]
) -> tuple[Image, NDArray[np.int32]]:
    """Ink and labels of samples at their new places; the darkest counts."""
    rows, columns, label, values, stays = parts
    inside = (rows >= 0) & (rows < shape[0]) & (columns >= 0) & (columns < shape[1])
    kept = np.flatnonzero(inside & stays)
    kept = kept[np.argsort(values[kept], kind="stable")]
    grid = np.zeros(shape, np.float32)
    labels = np.full(shape, BLANK, np.int32)
    grid[rows[kept], columns[kept]] = values[kept]
    labels[rows[kept], columns[kept]] = label[kept]
    return grid, labels


def _drops(
    engine: PaintEngine, question: Question, other: Variant, progress: Progress
) -> list[Floats]:
    """Drops on each input, float64 ``(n_peaks, n_classes)``; NaN for lost peaks."""
    rows = [WHOLE]
    for at, regions in enumerate(other.painting.regions):
        rows += [Row(((at, int(i)),)) for i in np.flatnonzero(regions.cells())]
    logits = painted(engine, question.name, other.painting, rows, progress)
    made = [drop[1:] for drop in drops_of(other.painting, rows, logits)]
    for drop, lost in zip(made, other.lost, strict=True):
        drop[lost] = np.nan
    return made


class _Within:
    """Progress of one repeat: looks whether the user has cancelled."""

    def __init__(self, progress: Progress, number: int, total: int) -> None:
        self._progress, self._number, self._total = progress, number, total

    def step(self, _done: int, _total: int, _text: str = "") -> None:
        """Say which repeat it is."""
        self._progress.step(self._number, self._total, "repeats")


def _intervals(painting: Painting, drops: Sequence[Sequence[Floats]]) -> tuple[PeakIntervals, ...]:
    """Quantiles over the repeats, ``drops[repeat][input]``."""
    values = np.stack([np.concatenate(each) for each in drops])
    ranks = np.full(values.shape, np.nan)
    for made, one in zip(ranks, values, strict=True):
        here = ~np.isnan(one).any(axis=1)
        # A peak that was left out costs nothing and keeps its place as peaks that are not seen do:
        # ranks among fewer peaks would all be better than those of the spectrum itself.
        made[here] = ranks_of(np.where(here[:, np.newaxis], one, 0.0))[here]
    # One by one: for two at once numpy loses an axis where there is no peak.
    low, high = np.nanquantile(values, LOW, axis=0), np.nanquantile(values, HIGH, axis=0)
    # Ranks are whole numbers: the interval goes to the next one outside.
    best = np.nanquantile(ranks, LOW, axis=0, method="lower")
    worst = np.nanquantile(ranks, HIGH, axis=0, method="higher")
    ends = np.cumsum([each.count for each in painting.regions])[:-1]
    parts = [np.split(each, ends) for each in (low, high, best, worst)]
    return tuple(
        PeakIntervals(spec.name, *columns)
        for spec, *columns in zip(painting.specs, *parts, strict=True)
    )


def _stability(same: Sequence[Explanation]) -> MapStability:
    """How far one map moves, from its repeats."""
    first = same[0]
    heat = np.stack([each.heat for each in same])
    return MapStability(
        input_name=first.input_name,
        class_id=first.class_id,
        method=first.method,
        layer=first.layer,
        f1=first.f1,
        f2=first.f2,
        mean=heat.mean(axis=0, dtype=np.float64).astype(np.float32),
        low=np.quantile(heat, MAP_LOW, axis=0).astype(np.float32),
        agreement=map_agreement(heat),
        repeats=len(same),
    )


def map_agreement(maps: Image) -> float:
    """Mean Pearson correlation between any two of some maps; see `MapStability.agreement`.

    Parameters
    ----------
    maps : float32 ``(n, n_f1_cells, n_f2_cells)``
        Heat, not negative.

    Returns
    -------
    float
        -1..1; 1 for a single map with heat, 0 where all are empty.
    """
    heat = np.asarray(maps, np.float64)
    heat = heat.reshape(len(heat), -1)
    found = heat.max(axis=1) > 0
    n = len(heat)
    if not found.any() or n == 1:
        return float(found.any())
    centred = heat - heat.mean(axis=1, keepdims=True)
    size = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    plain = np.divide(centred, size, out=np.zeros_like(centred), where=size > 0)
    pairs = (float((plain.sum(axis=0) ** 2).sum()) - float((plain**2).sum())) / 2
    both_empty = int((~found).sum())
    counted = n * (n - 1) / 2 - both_empty * (both_empty - 1) / 2
    return float(np.clip(pairs / counted, -1, 1))
