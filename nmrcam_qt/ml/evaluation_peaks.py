"""Figures of maps over the *peaks* of a mixture: whose each is, and what deleting them does."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.metrics.model_check import model_check
from nmrcam_qt.core.metrics.peak_deletion import Floats, better_than_random, curve_area, order_by
from nmrcam_qt.core.metrics.peak_precision import average_precision
from nmrcam_qt.core.metrics.randomised import similarity_to_random
from nmrcam_qt.core.mixtures import Mask, Mixture
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, Prepared, fed_ink
from nmrcam_qt.core.regions import BLANK, REST, Regions, ink_regions
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.contributions import painted_logits
from nmrcam_qt.ml.evaluation_settings import Deleted
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.map_check import RandomOrders
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.peak_curves import PeakCurves, evidence_at
from nmrcam_qt.ml.randomising import kept_shuffled, stages, trained_layers

RANDOM_ORDERS = 20
_TARGET, _DISTRACTOR = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class PeakTruth:
    """The peaks of one input of a mixture, and whose they are.

    Parameters
    ----------
    spec : InputSpec
        The input.
    regions : Regions
        The maxima of the ink (`regions.ink_regions`), on the network's grid.
    parts : Regions
        All ink that is the target's alone (0) and the distractors' alone (1).
    ink : float32 ``(f1.size, f2.size)``
        What the network sees.
    owner : int8 ``(n_peaks,)``
        1 the target's, -1 the distractors', 0 as much of both or of neither.
    """

    spec: InputSpec
    regions: Regions
    parts: Regions
    ink: Image
    owner: NDArray[np.int8]

    @classmethod
    def of(cls, mixture: Mixture, example: Image, spec: InputSpec) -> PeakTruth:
        """Part the ink of one input among its maxima, and these among the compounds."""
        ink = fed_ink(example, spec)
        target, distractor = (
            _on_grid(mask, mixture, spec) for mask in (mixture.target, mixture.distractor)
        )
        labels = np.where(ink > 0, REST, BLANK).astype(np.int32)
        labels[(ink > 0) & target & ~distractor] = _TARGET
        labels[(ink > 0) & distractor & ~target] = _DISTRACTOR
        regions = ink_regions(ink)
        balance = regions.sums(target.astype(np.float32) - distractor.astype(np.float32))
        owner = np.sign(balance).astype(np.int8)
        return cls(spec, regions, Regions(labels, 2), ink, owner)

    def average_precision(self, explanation: Explanation | None) -> float:
        """Of the peaks ranked by heat, the target's positive; NaN without one kind, or map."""
        known = self.owner != 0
        if explanation is None:
            return math.nan
        spec = self.spec
        heat = self.regions.sums(
            explanation.heat_at(spec.f1.centres[:, np.newaxis], spec.f2.centres)
        )
        return average_precision(heat[known], self.owner[known] > 0)

    def chance_precision(self) -> float:
        """Average precision of peaks in random order."""
        known = self.owner[self.owner != 0]
        return average_precision(np.zeros(len(known)), known > 0)


def model_checks(network: Network, prepared: Prepared, truths: Sequence[PeakTruth]) -> Floats:
    """Model check D of every class, float64 ``(n_classes,)``; NaN where a part has no ink.

    Parameters
    ----------
    network : Network
    prepared : Prepared
        The mixture.
    truths : sequence of PeakTruth
        One for each input; their signals are painted on all inputs together.
    """
    painting = Painting(network.card.inputs, prepared.examples, [t.parts for t in truths])
    parts = [tuple((at, part) for at in range(len(truths))) for part in (_TARGET, _DISTRACTOR)]
    if not all(any(painting.seen(spot) for spot in part) for part in parts):
        return np.full(len(network.card.classes), np.nan)
    rows = [Row(), *(Row(part) for part in parts)]
    whole, without_target, without_distractors = painted_logits(network, painting, rows)
    found = zip(whole, without_target, without_distractors, strict=True)
    return np.array([model_check(*values) for values in found])


class Deletion:
    """The curves of one mixture's input, shared by its maps.

    Parameters
    ----------
    network : Network
        That scores it.
    prepared : Prepared
        The mixture.
    truths : sequence of PeakTruth
        One for each input.
    at : int
        Number of the input.
    seed : int
        Of the random orders and ties.
    """

    def __init__(
        self, network: Network, prepared: Prepared, truths: Sequence[PeakTruth], at: int, seed: int
    ) -> None:
        painting = Painting(network.card.inputs, prepared.examples, [t.regions for t in truths])
        self._curves = PeakCurves(network, painting, at)
        self._orders = RandomOrders.of(self._curves, seed, n=RANDOM_ORDERS)
        self._owner = truths[at].owner[self._curves.labels].astype(np.float64)
        self._drops: Floats | None = None
        self._seed = seed
        self._classes = network.card.class_ids

    def of(self, explanation: Explanation) -> Deleted:
        """Areas for one map."""
        column = self._classes.index(explanation.class_id)
        areas = self._orders.areas(column)
        if not areas or not np.isfinite(areas).all():
            return Deleted()
        if self._drops is None:
            self._drops = self._curves.single_drops()
        mean = float(np.mean(areas))
        map_ = (mean, mean)
        better = (0.5, 0.5)
        if not explanation.empty:
            map_ = self._both(self._curves.heat(explanation), column)
            better = (
                better_than_random(map_[0], areas),
                better_than_random(map_[1], areas, lower=False),
            )
        true = self._both(self._owner, column) if len(set(self._owner)) > 1 else (math.nan,) * 2
        drop = self._both(self._drops[:, column], column)
        return Deleted(*map_, mean, *true, *drop, *better)

    def _both(self, scores: Floats, column: int) -> tuple[float, float]:
        """Area of deletion and of insertion, peaks by falling score."""
        order = order_by(scores, np.random.default_rng([self._seed, 1]))
        gone, curves = self._curves.gone, self._curves.logits([order, order[::-1]])
        return curve_area(gone, curves[0, :, column]), curve_area(gone, curves[1, :, column])


class Cascade:
    """One network with more and more random layers, from the top down.

    Parameters
    ----------
    network : Network
        As it is.
    seed : int
        Of the random weights.
    """

    def __init__(self, network: Network, seed: int) -> None:
        self.layers = stages(trained_layers(network))
        self._shuffled, self._seed = kept_shuffled(network), seed

    def similarities(
        self,
        prepared: Prepared,
        maps: Sequence[Explanation],
        truths: Mapping[str, PeakTruth],
        layer: str | None,
    ) -> list[tuple[float, ...]]:
        """Similarity of each map with those of every stage; NaN where one is constant.

        Parameters
        ----------
        prepared : Prepared
            The mixture.
        maps : sequence of Explanation
            Of the network as it is.
        truths : mapping of str to PeakTruth
            By name of the input.
        layer : str or None
            Where the maps are taken.
        """
        methods = list(dict.fromkeys(m.method for m in maps))
        classes = list(dict.fromkeys(m.class_id for m in maps))
        found: list[dict[tuple[str, str, str], Explanation]] = []
        for layers in self.layers:
            other = self._shuffled.network(self._seed, layers)
            made = analyse_prepared(other, [prepared], methods, classes, layer)[0]
            found.append({(e.class_id, e.method, e.input_name): e for e in made.explanations})
        return [
            tuple(_similar(m, stage.get(_key(m)), truths[m.input_name]) for stage in found)
            for m in maps
        ]


def _key(explanation: Explanation) -> tuple[str, str, str]:
    return explanation.class_id, explanation.method, explanation.input_name


def _similar(own: Explanation, other: Explanation | None, truth: PeakTruth) -> float:
    if own.empty or other is None:
        return math.nan
    spec = truth.spec
    one, two = (evidence_at(e, spec.f1, spec.f2) for e in (own, other))
    return similarity_to_random(one, [two], truth.ink > INK_THRESHOLD)


def _on_grid(mask: Mask, mixture: Mixture, spec: InputSpec) -> Mask:
    """Cells of the network's grid that hold a pixel of the mask."""
    f1, f2 = mixture.spectrum.f1, mixture.spectrum.f2
    return np.asarray(area_maximum(mask.astype(np.float32), f1, f2, spec.f1, spec.f2) > 0)
