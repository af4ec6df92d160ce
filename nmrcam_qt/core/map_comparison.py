"""Several maps of one spectrum beside each other: where their heat lies, and whether they agree.

No truth is needed for most of these figures, and they know none: maps that agree can be wrong
together, and heat on signals may lie on the wrong ones. Where the pure spectrum of the compound is
at hand, the ink AUC says whether the heat lies on its signals, and the class prior how much of
that needs no look at the spectrum: it is where the class usually has its signals.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.metrics.agreement import ink_agreement, top_overlap
from nmrcam_qt.core.metrics.class_prior import gain
from nmrcam_qt.core.metrics.heat_mass import blank_mass, far_from_ink
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.preprocessing import INK_THRESHOLD
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.regions import Regions
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image, freeze

TOP = 5
"""How many of the hottest peaks two maps are compared by."""


@dataclass(frozen=True, slots=True)
class MapFigures:
    """Where the heat of one map lies.

    Parameters
    ----------
    class_id, method : str
        Which map.
    empty : bool
        Whether it has no heat.
    on_signals : float
        Share of the heat on inked samples, 0..1; NaN for an empty map.
    blank : float
        Share of the heat further than 6 px (of a 600-px picture) from any ink, 0..1; NaN for
        an empty map.
    half : int
        The fewest peaks that hold half of the heat on signals; 0 where there is none.
    agrees : float
        Mean Spearman ρ, over the inked samples, with the other methods' maps of the class;
        NaN where there is none to compare with.
    other_classes : float
        The same with this method's maps of the other classes: near 1 the method does not tell
        the classes apart.
    ink_auc : float
        Whether the heat ranks the samples of the pure compound above all others
        (`nmrcam_qt.core.metrics.ink_auc`): 0.5 is chance; NaN where nobody knows them.
    prior_auc : float
        The same of the class prior (`nmrcam_qt.core.class_priors`), the bar for the map; NaN where
        the network has none of the class.
    """

    class_id: str
    method: str
    empty: bool
    on_signals: float
    blank: float
    half: int
    agrees: float
    other_classes: float
    ink_auc: float = math.nan
    prior_auc: float = math.nan

    @property
    def gain(self) -> float:
        """How much more than the prior it knows (`metrics.class_prior.gain`); NaN without one."""
        return gain(self.ink_auc, self.prior_auc)


@dataclass(frozen=True, slots=True, eq=False)
class MapComparison:
    """Figures of several maps of one spectrum, and of each two of them.

    Parameters
    ----------
    maps : tuple of MapFigures
        In the order in which they were given.
    rank_agreement : float64 ``(n, n)``
        Spearman ρ over the inked samples of maps of one class, or of one method; NaN for
        other pairs, and where a map is empty there. Symmetric.
    top_agreement : float64 ``(n, n)``
        Share of the `TOP` hottest peaks that such two have in common.
    peaks : int
        Regions of ink that count as peaks.
    ink_share, blank_share : float
        Shares of the samples that are inked, and that are far from ink: what `on_signals` and
        `blank` are for a map that is the same everywhere.
    """

    maps: tuple[MapFigures, ...]
    rank_agreement: NDArray[np.float64]
    top_agreement: NDArray[np.float64]
    peaks: int
    ink_share: float
    blank_share: float

    def __post_init__(self) -> None:
        for name in ("rank_agreement", "top_agreement"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != (len(self.maps), len(self.maps)):
                raise ValueError(f"{name}: a row and a column for each map expected")
            freeze(values)
            object.__setattr__(self, name, values)

    def find(self, class_id: str, method: str) -> int | None:
        """Number of a map; None where it was not compared."""
        for number, each in enumerate(self.maps):
            if (each.class_id, each.method) == (class_id, method):
                return number
        return None


@dataclass(frozen=True, slots=True, eq=False)
class Pure:
    """What is known of the compound that is looked for.

    Parameters
    ----------
    ink : float32 ``(f1.size, f2.size)``
        Of the pure compound, on the grid of the comparison.
    priors : mapping
        Class priors of the input by id of the class: what its maps stand beside.
    """

    ink: Image
    priors: Mapping[str, Explanation] = field(default_factory=dict)


def compare_maps(
    explanations: Sequence[Explanation],
    grid: Image,
    f1: Axis,
    f2: Axis,
    regions: Regions,
    progress: Progress = SILENT,
    pure: Pure | None = None,
) -> MapComparison:
    """Measure maps that lie on one input of a network.

    Parameters
    ----------
    explanations : sequence of Explanation
        Of one spectrum, each class and method once.
    grid : float32 ``(f1.size, f2.size)``
        Ink 0..1 as the network sees it (`preprocessing.ink_on_grid`).
    f1, f2 : Axis
        ¹³C and ¹H axis of the grid.
    regions : Regions
        Its peaks, on the same grid.
    progress : Progress
        Told of every map.
    pure : Pure, optional
        Of the compound that is looked for; None where nobody knows it.

    Raises
    ------
    ValueError
        If that is on another grid.
    """
    if pure is not None and pure.ink.shape != grid.shape:
        found = pure.ink.shape
        raise ValueError(f"the pure compound's ink {found} is not on the grid {grid.shape}")
    inked = grid > INK_THRESHOLD
    far = far_from_ink(inked, f1, f2)
    heats, alone = [], []
    for number, each in enumerate(explanations):
        progress.step(number, len(explanations), each.method)
        heat = _on_grid(each, f1, f2)
        heats.append(heat)
        alone.append(_figures(heat, inked, far, regions))
    ranks, tops = _pairs(explanations, heats, inked, regions, progress)
    own = inked & (pure.ink > INK_THRESHOLD) if pure is not None else np.zeros_like(inked)
    priors = pure.priors if pure is not None else {}
    bars = {name: ink_auc(_on_grid(p, f1, f2), own, inked & ~own) for name, p in priors.items()}
    made = tuple(
        MapFigures(
            each.class_id,
            each.method,
            each.empty,
            *alone[i],
            *_means(i, explanations, ranks),
            ink_auc(heats[i], own, inked & ~own),
            bars.get(each.class_id, math.nan),
        )
        for i, each in enumerate(explanations)
    )
    shares = (float(inked.mean()), float(far.mean())) if grid.size else (0.0, 0.0)
    return MapComparison(made, ranks, tops, regions.count, *shares)


def _on_grid(explanation: Explanation, f1: Axis, f2: Axis) -> Image:
    """Heat at the samples of a grid."""
    return explanation.heat_at(f1.centres[:, np.newaxis], f2.centres[np.newaxis, :])


def _figures(
    heat: Image, inked: NDArray[np.bool_], far: NDArray[np.bool_], regions: Regions
) -> tuple[float, float, int]:
    """On signals, blank, and how many peaks hold half of what lies on signals."""
    total = float(heat.sum(dtype=np.float64))
    on_signals = float(heat[inked].sum(dtype=np.float64)) / total if total > 0 else math.nan
    by_peak = np.sort(regions.sums(heat))[::-1]
    grown = np.cumsum(by_peak)
    half = int(np.searchsorted(grown, grown[-1] / 2)) + 1 if by_peak.any() else 0
    return on_signals, blank_mass(heat, far), half


def _pairs(
    explanations: Sequence[Explanation],
    heats: Sequence[Image],
    inked: NDArray[np.bool_],
    regions: Regions,
    progress: Progress,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Agreement of each two maps of one class or of one method."""
    count = len(explanations)
    ranks, tops = np.full((2, count, count), np.nan)
    by_peak = [regions.sums(heat) for heat in heats]
    for i, one in enumerate(explanations):
        progress.step(count, count, "agreement")  # many classes have many pairs: may be cancelled
        for j in range(i + 1):
            other = explanations[j]
            if one.class_id != other.class_id and one.method != other.method:
                continue
            ranks[i, j] = ranks[j, i] = ink_agreement(heats[i], heats[j], inked)
            if by_peak[i].any() and by_peak[j].any():
                tops[i, j] = tops[j, i] = top_overlap(by_peak[i], by_peak[j], TOP)
    return ranks, tops


def _means(
    number: int, explanations: Sequence[Explanation], ranks: NDArray[np.float64]
) -> tuple[float, float]:
    """Mean agreement with the other methods, and with the same method for other classes."""
    own = explanations[number]
    methods: list[float] = []
    classes: list[float] = []
    for other, each in enumerate(explanations):
        value = float(ranks[number, other])
        if other == number or math.isnan(value):
            continue
        (methods if each.class_id == own.class_id else classes).append(value)
    return _mean(methods), _mean(classes)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else math.nan
