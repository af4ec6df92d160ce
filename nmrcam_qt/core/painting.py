"""Inputs of a network with some peaks painted with background, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card, InputSpec
from nmrcam_qt.core.contributions import (
    Contributions,
    InputContributions,
    PeakPlaces,
    SelectionScores,
)
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.preprocessing import Prepared, fed_ink
from nmrcam_qt.core.regions import REST, Regions, peak_regions
from nmrcam_qt.core.spectrum import Image

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Spot = tuple[int, int]
"""Number of an input, and a label on it: the number of a peak, or `regions.REST`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One example to be painted.

    Parameters
    ----------
    spots : tuple of Spot
        What is painted with background.
    only : bool
        True paints everything else instead.
    """

    spots: tuple[Spot, ...] = ()
    only: bool = False


WHOLE = Row()
EMPTY = Row(only=True)


class Painting:
    """The inputs of one spectrum or pair, and whose each sample is.

    Parameters
    ----------
    specs : sequence of InputSpec
        Of the network, in the card's order.
    examples : sequence of float32 ``(H, W, C)``
        As `preprocessing.feed` makes them.
    regions : sequence of Regions
        On the grids (rows = F1) of the inputs.
    """

    def __init__(
        self, specs: Sequence[InputSpec], examples: Sequence[Image], regions: Sequence[Regions]
    ) -> None:
        self.specs = tuple(specs)
        self.examples = tuple(examples)
        self.regions = tuple(regions)
        self._index = [
            _indexed(each, spec) for each, spec in zip(self.regions, self.specs, strict=True)
        ]

    @classmethod
    def of_peaks(cls, card: Card, prepared: Prepared, peaks: Sequence[PeakPlaces]) -> Painting:
        """The ink of a spectrum or pair parted among its peaks.

        Parameters
        ----------
        card : Card
            Of the network.
        prepared : Prepared
            What it eats.
        peaks : sequence of PeakPlaces
            One for each input, in the card's order; empty ones are allowed.

        Raises
        ------
        NetworkError
            If inputs or peaks do not fit the network.
        """
        n = len(card.inputs)
        if len(prepared.examples) != n or len(peaks) != n:
            raise NetworkError(
                f"{card.id}: {len(prepared.examples)} inputs and peaks of {len(peaks)} given; "
                f"expected {n} of each"
            )
        regions = [
            peak_regions(fed_ink(example, spec), spec.f1, spec.f2, places)
            for example, spec, places in zip(prepared.examples, card.inputs, peaks, strict=True)
        ]
        return cls(card.inputs, prepared.examples, regions)

    def seen(self, spot: Spot) -> bool:
        """Whether there is ink to paint."""
        return bool(len(self._cells(*spot)))

    def batch(self, rows: Sequence[Row]) -> list[Image]:
        """Painted examples, for each input one float32 ``(n_rows, H, W, C)``."""
        made = []
        for number, (spec, example) in enumerate(zip(self.specs, self.examples, strict=True)):
            stack = np.empty((len(rows), *example.shape), np.float32)
            flat = stack.reshape(len(rows), -1, example.shape[2])
            whole = example.reshape(-1, example.shape[2])
            for out, row in zip(flat, rows, strict=True):
                out[:] = spec.background if row.only else whole
                for at, label in row.spots:
                    if at == number:
                        cells = self._cells(at, label)
                        out[cells] = whole[cells] if row.only else spec.background
            made.append(stack)
        return made

    def _cells(self, at: int, label: int) -> Ints:
        """Samples of a label on one input, row-major in the example."""
        order, ends = self._index[at]
        return order[ends[label - REST] : ends[label - REST + 1]]


def _indexed(regions: Regions, spec: InputSpec) -> tuple[Ints, Ints]:
    """Samples by label from `REST` on, and where each label's samples begin and end."""
    labels = regions.labels if spec.rows == "f1" else regions.labels.T
    flat = labels.reshape(-1) - REST
    count = np.bincount(flat, minlength=regions.count - REST)
    return np.argsort(flat, kind="stable"), np.concatenate([[0], np.cumsum(count)])


def contribution_rows(painting: Painting) -> list[Row]:
    """What a network is asked: the whole, the empty, the rest of each input, and every peak.

    Peaks without ink, and a rest without any, are left out: their drop is 0.
    """
    return [WHOLE, EMPTY, *(Row((spot,)) for spot in _spots(painting) if painting.seen(spot))]


def _spots(painting: Painting) -> Iterator[Spot]:
    for number, regions in enumerate(painting.regions):
        yield number, REST
        yield from ((number, label) for label in range(regions.count))


def drops_of(painting: Painting, rows: Sequence[Row], logits: Floats) -> list[Floats]:
    """Drop of every label of every input, float64 ``(1 + n_peaks, n_classes)``; first the rest.

    Parameters
    ----------
    painting : Painting
    rows : sequence of Row
        The first is `WHOLE`; those of one spot count.
    logits : float64 ``(n_rows, n_classes)``
    """
    made = [np.zeros((1 + each.count, logits.shape[1])) for each in painting.regions]
    for row, values in zip(rows, logits, strict=True):
        if len(row.spots) == 1 and not row.only:
            number, label = row.spots[0]
            made[number][0 if label == REST else 1 + label] = logits[0] - values
    return made


@dataclass(frozen=True, slots=True)
class Asked:
    """Which network was asked.

    Parameters
    ----------
    network, network_sha256 : str
    classes : tuple of str
    """

    network: str
    network_sha256: str
    classes: tuple[str, ...]


def assembled(
    asked: Asked,
    painting: Painting,
    peaks: Sequence[PeakPlaces],
    logits: Floats,
    heat: Sequence[Mapping[str, Floats]],
) -> Contributions:
    """Contributions from the answers to `contribution_rows`.

    Parameters
    ----------
    asked : Asked
    painting : Painting
    peaks : sequence of PeakPlaces
        One for each input.
    logits : float64 ``(n_rows, n_classes)``
    heat : sequence of mapping
        For each input the shares of heat by method.
    """
    rows = contribution_rows(painting)
    drops = drops_of(painting, rows, logits)
    inputs = tuple(
        InputContributions(spec.name, places, drop[1:], regions.cells(), drop[0], shares)
        for spec, places, drop, regions, shares in zip(
            painting.specs, peaks, drops, painting.regions, heat, strict=True
        )
    )
    return Contributions(
        asked.network, asked.network_sha256, asked.classes, logits[0], logits[1], inputs
    )


def selection_rows(
    painting: Painting, peaks: Sequence[PeakPlaces], selected: Sequence[Sequence[int]]
) -> list[Row]:
    """The whole, only the selected peaks, everything but them.

    Raises
    ------
    NetworkError
        If there is no such peak.
    """
    spots = tuple(
        spot_of(peaks, number, peak)
        for number, ids in enumerate(selected)
        for peak in dict.fromkeys(ids)
    )
    return [WHOLE, Row(spots, only=True), Row(spots)]


def spot_of(peaks: Sequence[PeakPlaces], number: int, peak: int) -> Spot:
    """Where a peak of an input is.

    Raises
    ------
    NetworkError
        If there is no such peak.
    """
    if 0 <= number < len(peaks) and peak in (ids := peaks[number].ids.tolist()):
        return number, ids.index(peak)
    raise NetworkError(f"no peak {peak} on input {number + 1} of the network")


def selection_of(
    asked: Asked, painting: Painting, row: Row, logits: Floats, scores: Floats
) -> SelectionScores:
    """Scores of a selection from the answers to `selection_rows`; `row` is the second of them."""
    unseen = sum(not painting.seen(spot) for spot in row.spots)
    return SelectionScores(
        network=asked.network,
        network_sha256=asked.network_sha256,
        classes=asked.classes,
        logits=logits[0],
        scores=scores[0],
        only_logits=logits[1],
        only_scores=scores[1],
        without_logits=logits[2],
        without_scores=scores[2],
        selected=len(row.spots),
        unseen=unseen,
    )
