"""Can one map be believed: does it depend on the network, and does its order of peaks count?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.map_check import (
    MIN_PEAKS,
    MapCheck,
    MapsAsked,
    judge_deletion,
    judge_randomisation,
    sentences_of,
)
from nmrcam_qt.core.metrics.peak_deletion import (
    Floats,
    better_than_random,
    curve_area,
    order_by,
    random_area,
)
from nmrcam_qt.core.metrics.randomised import similarity_to_random
from nmrcam_qt.core.painting import Painting
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, Prepared, fed_ink
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.regions import ink_regions
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.contributions import NetworkEngine
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.peak_curves import PeakCurves, evidence_at
from nmrcam_qt.ml.randomising import kept_shuffled

RANDOM_ORDERS = 40
"""Enough for their 2.5 % quantile."""
RANDOM_NETWORKS = 3
STEPS = 10
"""Points of a curve; the window waits for it."""

Key = tuple[str, str, str]
"""Class, method and input of a map."""


def check_maps(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces] | None,
    asked: MapsAsked,
    progress: Progress = SILENT,
) -> tuple[MapCheck, ...]:
    """Check the maps of one spectrum or pair.

    Parameters
    ----------
    network : Network
        Whose maps.
    prepared : Prepared
        A spectrum or pair, from `preprocessing.prepare_inputs` with the network's card.
    peaks : sequence of PeakPlaces or None
        One for each input, in the card's order; None takes the maxima of the ink
        (`regions.ink_regions`).
    asked : MapsAsked
        Which maps.
    progress : Progress
        Counts random networks, parts of their maps, then painted spectra; cancels.

    Returns
    -------
    tuple of MapCheck
        One for each map, by class, then method, then input.

    Raises
    ------
    NetworkError, MethodError, CardError
        If inputs, peaks, methods, classes or layer do not fit, or logits are not finite.
    Cancelled
        By `progress`.
    """
    painting = painting_of(network, prepared, peaks)
    maps = _maps(network, prepared, asked, progress)
    similar = _similarities(network, painting, maps, prepared, asked, progress)
    orders = {
        spec.name: RandomOrders.of(PeakCurves(network, painting, at, STEPS), asked.seed, progress)
        for at, spec in enumerate(painting.specs)
    }
    return tuple(
        _checked(network, made, similar[key], orders[made.input_name], asked.seed, progress)
        for key, made in maps.items()
    )


def painting_of(
    network: Network, prepared: Prepared, peaks: Sequence[PeakPlaces] | None
) -> Painting:
    """The inputs parted among the peaks, or among the maxima of the ink without peaks.

    Raises
    ------
    NetworkError
        If inputs or peaks do not fit the network.
    """
    if peaks is not None:
        return Painting.of_peaks(network.card, prepared, peaks)
    inputs = network.card.inputs
    grids = [fed_ink(x, spec) for x, spec in zip(prepared.examples, inputs, strict=True)]
    return Painting(inputs, prepared.examples, [ink_regions(grid) for grid in grids])


@dataclass(frozen=True, slots=True, eq=False)
class RandomOrders:
    """What random orders of an input's peaks do, shared by all its maps.

    Parameters
    ----------
    curves : PeakCurves
        Of the input.
    logits : float64 ``(n_orders, n_points, n_classes)``
        Along the deletion of each.
    """

    curves: PeakCurves
    logits: Floats

    @classmethod
    def of(
        cls, curves: PeakCurves, seed: int, progress: Progress = SILENT, n: int = RANDOM_ORDERS
    ) -> RandomOrders:
        """So many seeded random orders; without orders below `MIN_PEAKS` peaks."""
        rng = np.random.default_rng(seed)
        few = len(curves) < MIN_PEAKS
        orders = [rng.permutation(len(curves)) for _ in range(0 if few else n)]
        return cls(curves, curves.logits(orders, progress) if orders else np.zeros((0, 1, 1)))

    def areas(self, column: int) -> list[float]:
        """Area of each order for one class; NaN where the curves have no meaning."""
        return [curve_area(self.curves.gone, logits[:, column]) for logits in self.logits]

    def area(self, scores: Floats, column: int, seed: int, progress: Progress = SILENT) -> float:
        """Area of the order by falling score, ties at random; NaN with too few peaks."""
        if not len(self.logits):
            return math.nan
        order = order_by(scores, np.random.default_rng([seed, 1]))
        return curve_area(self.curves.gone, self.curves.logits([order], progress)[0, :, column])


def inked(painting: Painting) -> dict[str, NDArray[np.bool_]]:
    """Which samples of each input hold a signal, bool ``(n_f1, n_f2)`` by name of the input."""
    return {
        spec.name: fed_ink(example, spec) > INK_THRESHOLD
        for spec, example in zip(painting.specs, painting.examples, strict=True)
    }


def _maps(
    network: Network, prepared: Prepared, asked: MapsAsked, progress: Progress
) -> dict[Key, Explanation]:
    # The numbers of the window's maps, to the last bit.
    (made,) = NetworkEngine(network).analyse(
        network.card.id, [prepared], asked.methods, asked.classes, asked.layer, progress
    )
    return {(e.class_id, e.method, e.input_name): e for e in made.explanations}


def _similarities(
    network: Network,
    painting: Painting,
    maps: Mapping[Key, Explanation],
    prepared: Prepared,
    asked: MapsAsked,
    progress: Progress,
) -> dict[Key, float]:
    """`similarity_to_random` of every map; NaN for an empty one."""
    shuffled = kept_shuffled(network)
    drawn: dict[Key, list[Image]] = {key: [] for key in maps}
    specs = {spec.name: spec for spec in painting.specs}
    for number in range(RANDOM_NETWORKS if maps else 0):
        progress.step(number, RANDOM_NETWORKS, "random networks")
        found = _maps(shuffled.network(asked.seed + number), prepared, asked, progress)
        for key in maps:
            if key in found:
                spec = specs[key[2]]
                drawn[key].append(evidence_at(found[key], spec.f1, spec.f2))
    ink = inked(painting)
    return {
        (c, m, name): math.nan
        if made.empty
        else similarity_to_random(
            evidence_at(made, specs[name].f1, specs[name].f2), drawn[c, m, name], ink[name]
        )
        for (c, m, name), made in maps.items()
    }


def _checked(
    network: Network,
    made: Explanation,
    similar: float,
    orders: RandomOrders,
    seed: int,
    progress: Progress,
) -> MapCheck:
    column = network.card.class_ids.index(made.class_id)
    areas = orders.areas(column)
    area = math.nan
    if not made.empty:
        area = orders.area(orders.curves.heat(made), column, seed, progress)
    randomisation = judge_randomisation(similar)
    deletion = judge_deletion(better_than_random(area, areas))
    return MapCheck(
        class_id=made.class_id,
        method=made.method,
        input_name=made.input_name,
        network=network.card.id,
        network_sha256=network.sha256,
        randomised=similar,
        deletion=area,
        deletion_random=random_area(areas),
        passes_randomisation=randomisation,
        passes_deletion=deletion,
        sentences=sentences_of(
            empty=made.empty,
            randomisation=randomisation,
            deletion=deletion,
            n_peaks=len(orders.curves),
        ),
    )
