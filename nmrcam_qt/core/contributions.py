"""What each peak of a spectrum contributes to each class, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image, freeze

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
LEAST_TO_SPEAK = 0.1
"""Units of the logit: a peak whose loss costs a class less speaks for none."""


def _frozen(owner: object, name: str, dtype: type, shape: tuple[int, ...]) -> None:
    """Replace an array of a frozen dataclass by a checked, read-only copy."""
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused
        values: NDArray[Any] = np.array(getattr(owner, name), dtype=dtype)
    if values.shape != shape:
        raise ValueError(f"{name} has shape {values.shape}, expected {shape}")
    if not np.isfinite(values).all():
        raise ValueError(f"{name} holds a value that is not finite")
    freeze(values)
    object.__setattr__(owner, name, values)


@dataclass(frozen=True, slots=True, eq=False)
class PeakPlaces:
    """Where the peaks of one spectrum are.

    Parameters
    ----------
    ids : int64 ``(n,)``
        Ids of the peaks (`nmrcam_qt.core.picked.Peak.id`), or their numbers in a list.
    h_ppm, c_ppm : float64 ``(n,)``
        ¹H (F2) and ¹³C (F1) shifts on the axes that the network sees, ppm.

    Raises
    ------
    ValueError
        If the lengths differ, an id occurs twice or a shift is not finite.
    """

    ids: Ints
    h_ppm: Floats
    c_ppm: Floats

    def __post_init__(self) -> None:
        shape = (len(self.ids),)
        _frozen(self, "ids", np.int64, shape)
        _frozen(self, "h_ppm", np.float64, shape)
        _frozen(self, "c_ppm", np.float64, shape)
        if len(set(self.ids.tolist())) != len(self.ids):  # np.unique loads numpy.ma
            raise ValueError("an id occurs twice")

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True, eq=False)
class InputContributions:
    """What the peaks on one input of a network contribute.

    Parameters
    ----------
    input_name : str
        Which input.
    places : PeakPlaces
        The peaks.
    drop : float64 ``(n, n_classes)``
        ``f(x) - f(x without the peak)`` in units of the logit: by how much the class's logit
        drops when the peak is painted with background (occlusion, Zeiler and Fergus 2014).
        Positive: the peak speaks for the class; negative: against it.
    cells : int64 ``(n,)``
        How many inked samples of the input were painted; 0 means that the network does not
        see the peak (outside of its window, masked, or no ink there) or not apart from another
        one at the same place: its drop is 0.
    rest : float64 ``(n_classes,)``
        The same drop for all ink that belongs to no peak.
    heat : mapping of method to float64 ``(n, n_classes)``
        Share of the map's heat that lies in the peak's region, of all heat: 0..1; 0 for an
        empty map.
    """

    input_name: str
    places: PeakPlaces
    drop: Floats
    cells: Ints
    rest: Floats
    heat: Mapping[str, Floats] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n, n_classes = len(self.places), len(self.rest)
        _frozen(self, "drop", np.float64, (n, n_classes))
        _frozen(self, "cells", np.int64, (n,))
        _frozen(self, "rest", np.float64, (n_classes,))
        shares: dict[str, Floats] = {}
        for method, values in self.heat.items():
            share = np.array(values, dtype=np.float64)
            if share.shape != (n, n_classes) or not np.isfinite(share).all():
                raise ValueError(f"heat of {method} has shape {share.shape} or is not finite")
            freeze(share)
            shares[method] = share
        object.__setattr__(self, "heat", MappingProxyType(shares))


@dataclass(frozen=True, slots=True, eq=False)
class PeakIntervals:
    """How far contributions move when the spectrum is a little different.

    Repeats under small common shifts, with peaks dropped and noise peaks added.

    Parameters
    ----------
    input_name : str
        Which input.
    drop_low, drop_high : float64 ``(n, n_classes)``
        2.5 and 97.5 % quantile of the drop over the repeats that had the peak.
    rank_low, rank_high : int64 ``(n, n_classes)``
        The same of the peak's rank by drop among all peaks of the network's inputs, 1 is the
        highest; those that a repeat left out count as peaks whose loss costs nothing.
    """

    input_name: str
    drop_low: Floats
    drop_high: Floats
    rank_low: Ints
    rank_high: Ints

    def __post_init__(self) -> None:
        shape = np.shape(self.drop_low)
        for name in ("drop_low", "drop_high"):
            _frozen(self, name, np.float64, shape)
        for name in ("rank_low", "rank_high"):
            _frozen(self, name, np.int64, shape)


def ranks_of(drop: Floats) -> Ints:
    """Rank of every peak by drop.

    Parameters
    ----------
    drop : float64 ``(n, n_classes)``

    Returns
    -------
    int64 ``(n, n_classes)``
        1 is the highest drop; equal drops share the better rank.
    """
    ranks = np.empty(drop.shape, np.int64)
    for column in range(drop.shape[1]):
        ordered = np.sort(-drop[:, column])
        ranks[:, column] = np.searchsorted(ordered, -drop[:, column], side="left") + 1
    return ranks


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What every peak of a spectrum (or of a pair) contributes to every class of a network.

    Parameters
    ----------
    network, network_sha256 : str
        Which network.
    classes : tuple of str
        Class ids, in the order of the arrays.
    logits, empty_logits : float64 ``(n_classes,)``
        Of the spectrum, and of an empty one: what the network says without any signal.
    inputs : tuple of InputContributions
        One for each input, in the card's order.
    intervals : tuple of PeakIntervals
        One for each input; empty before they were computed.
    repeats : int
        How many repeats the intervals rest on.
    """

    network: str
    network_sha256: str
    classes: tuple[str, ...]
    logits: Floats
    empty_logits: Floats
    inputs: tuple[InputContributions, ...]
    intervals: tuple[PeakIntervals, ...] = ()
    repeats: int = 0

    def __post_init__(self) -> None:
        n_classes = len(self.classes)
        _frozen(self, "logits", np.float64, (n_classes,))
        _frozen(self, "empty_logits", np.float64, (n_classes,))
        if any(len(each.rest) != n_classes for each in self.inputs):
            raise ValueError("one column per class expected")
        if self.intervals and [each.input_name for each in self.intervals] != [
            each.input_name for each in self.inputs
        ]:
            raise ValueError("intervals: one for each input expected")

    def ranks(self) -> tuple[Ints, ...]:
        """Rank of every peak by drop, among the peaks of all inputs together.

        Returns
        -------
        tuple of int64 ``(n, n_classes)``
            1 is the highest drop; equal drops share the better rank.
        """
        drop = np.concatenate([each.drop for each in self.inputs])
        ranks = ranks_of(drop)
        ends = np.cumsum([len(each.places) for each in self.inputs])[:-1]
        return tuple(np.split(ranks, ends))

    def shares(self) -> tuple[Floats, ...]:
        """Signed share of every peak, ``drop / Σ |drop|`` over the peaks of all inputs.

        Returns
        -------
        tuple of float64 ``(n, n_classes)``
            -1..1; 0 where no peak makes any difference.
        """
        total = np.abs(np.concatenate([each.drop for each in self.inputs])).sum(axis=0)
        safe = np.where(total > 0, total, 1.0)
        return tuple(each.drop / safe for each in self.inputs)


@dataclass(frozen=True, slots=True, eq=False)
class SelectionScores:
    """What a network says with only some peaks, and without them.

    Ink that belongs to no peak is left out with the peaks that are not selected, and stays
    where the selected ones are left out. With a pair, peaks are selected on both inputs; an
    input on which none is selected is empty in the first case and whole in the second.

    Parameters
    ----------
    network, network_sha256 : str
        Which network.
    classes : tuple of str
        Class ids, in the order of the arrays.
    logits, scores : float64 ``(n_classes,)``
        Of the whole spectrum.
    only_logits, only_scores : float64 ``(n_classes,)``
        With nothing but the selected peaks.
    without_logits, without_scores : float64 ``(n_classes,)``
        With everything but the selected peaks.
    selected, unseen : int
        How many peaks were selected, and how many of them the network does not see.
    """

    network: str
    network_sha256: str
    classes: tuple[str, ...]
    logits: Floats
    scores: Floats
    only_logits: Floats
    only_scores: Floats
    without_logits: Floats
    without_scores: Floats
    selected: int
    unseen: int

    def __post_init__(self) -> None:
        shape = (len(self.classes),)
        for name in ("", "only_", "without_"):
            _frozen(self, f"{name}logits", np.float64, shape)
            _frozen(self, f"{name}scores", np.float64, shape)
        if not 0 <= self.unseen <= self.selected:
            raise ValueError(f"{self.unseen} of {self.selected} peaks unseen")


@dataclass(frozen=True, slots=True, eq=False)
class MapStability:
    """How far one map moves when the spectrum is a little different.

    Parameters
    ----------
    input_name, class_id, method, layer : str
        Which map.
    f1, f2 : Axis
        Its own axes: ppm of the cells' centres.
    mean, low : float32 ``(n_f1_cells, n_f2_cells)``
        Mean, and 10 % quantile over the repeats, of the heat in every cell, in units of the
        logit. What `low` shows is there in nine of ten repeats: a map that moves has little.
    agreement : float
        Mean Pearson correlation of the heat between any two repeats, -1..1: 1 for a map that
        stays. A pair of which one is empty counts 0, a pair of empty maps not at all; 0 where
        all maps are empty.
    repeats : int
        How many repeats.
    """

    input_name: str
    class_id: str
    method: str
    layer: str
    f1: Axis
    f2: Axis
    mean: Image
    low: Image
    agreement: float
    repeats: int

    def __post_init__(self) -> None:
        for name in ("mean", "low"):
            _frozen(self, name, np.float32, (self.f1.size, self.f2.size))
        if not -1 <= self.agreement <= 1:
            raise ValueError(f"agreement is {self.agreement}, expected -1 to 1")

    @property
    def empty(self) -> bool:
        """Whether the map was empty in all repeats."""
        return not bool((self.mean > 0).any())
