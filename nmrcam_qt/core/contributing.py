"""What every peak of a spectrum contributes to every class of a network.

The honest measure is occlusion (Zeiler and Fergus, ECCV 2014, section 4.2), here by peak: the
drop of a class's logit when the peak's ink is painted with background. Drops need not sum to
the logit: peaks speak together (`pair_drops`).

Who computes the logits is an engine: this process (`ml.local_engine`) or the inference process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contribution_pairs import MOST_PEAKS, AskedPeak, PairDrops, PeakRef
from nmrcam_qt.core.contributions import Contributions, PeakPlaces, SelectionScores
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.painting import (
    WHOLE,
    Asked,
    Painting,
    Row,
    assembled,
    contribution_rows,
    selection_of,
    selection_rows,
    spot_of,
)
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.regions import Regions
from nmrcam_qt.core.results import Analysis, Explanation, head_scores

ROWS_PER_REQUEST = 32
"""Painted examples between two looks at whether the user has cancelled."""

Floats = NDArray[np.float64]


class PaintEngine(Protocol):
    """Who computes: this process or the inference process."""

    def painted(self, network: str, painting: Painting, rows: Sequence[Row]) -> Floats:
        """Logits of painted examples, float64 ``(n_rows, n_classes)``, all finite."""

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> list[Analysis]:
        """Scores and maps; see `nmrcam_qt.ml.batch.Engine`."""


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """About which spectrum what is asked.

    Parameters
    ----------
    card : Card
        Of the network.
    prepared : Prepared
        A spectrum or pair, from `preprocessing.prepare_inputs` with the card.
    peaks : tuple of PeakPlaces
        One for each input, in the card's order.
    network : str
        Id or folder by which the engine knows the network; the card's id by default.
    """

    card: Card
    prepared: Prepared
    peaks: tuple[PeakPlaces, ...]
    network: str = ""

    @property
    def name(self) -> str:
        """What the engine is asked for."""
        return self.network or self.card.id

    @property
    def asked(self) -> Asked:
        """What the answers say about the network."""
        return Asked(self.card.id, self.card.sha256, self.card.class_ids)

    def painting(self) -> Painting:
        """The ink parted among the peaks.

        Raises
        ------
        NetworkError
            If inputs or peaks do not fit the network.
        """
        return Painting.of_peaks(self.card, self.prepared, self.peaks)


def contributions(
    engine: PaintEngine,
    question: Question,
    methods: Sequence[str] = (),
    layer: str | None = None,
    progress: Progress = SILENT,
    maps: Sequence[Explanation] = (),
) -> Contributions:
    """Drop of every class's logit for every peak, and the peaks' shares of the maps' heat.

    Parameters
    ----------
    engine : PaintEngine
        Who computes.
    question : Question
        Network, spectrum and peaks.
    methods : sequence of str
        Ids of methods whose maps' heat is shared out; those that the network does not have
        are left out.
    layer : str or None
        Of the maps; None for the default layer of every input.
    progress : Progress
        Told what is done; cancels.
    maps : sequence of Explanation
        Maps that are there already: their heat is shared out, too, without being asked for.

    Raises
    ------
    NetworkError, MethodError
        If inputs, peaks, methods or layer do not fit, or logits are not finite.
    Cancelled
        By `progress`.
    """
    painting = question.painting()
    logits = painted(engine, question.name, painting, contribution_rows(painting), progress)
    if methods:
        (said,) = engine.analyse(question.name, [question.prepared], methods, None, layer)
        maps = [*maps, *said.explanations]
    shares = heat_shares(question.card, painting, maps)
    return assembled(question.asked, painting, question.peaks, logits, shares)


def painted(
    engine: PaintEngine,
    network: str,
    painting: Painting,
    rows: Sequence[Row],
    progress: Progress = SILENT,
) -> Floats:
    """Logits of painted examples, float64 ``(n_rows, n_classes)``, some at a time."""
    ends = list(range(0, len(rows), ROWS_PER_REQUEST))
    made = []
    for start in ends:
        progress.step(start, len(rows), "peaks")
        made.append(engine.painted(network, painting, rows[start : start + ROWS_PER_REQUEST]))
    progress.step(len(rows), len(rows), "peaks")
    return np.concatenate(made)


def heat_shares(
    card: Card, painting: Painting, maps: Sequence[Explanation]
) -> list[dict[str, Floats]]:
    """Share of each map's heat in every peak's region, for each input by method.

    The heat at a sample is `Explanation.heat_at`: bilinear in ppm between the centres of the
    map's cells. The share is the sum over the region's samples over the sum over all samples
    of that input, inked or not; a coarse map thus gives a share to neighbours too.

    Returns
    -------
    list of dict of float64 ``(n_peaks, n_classes)``
        0 where a map is empty.
    """
    shares: list[dict[str, Floats]] = [{} for _ in painting.specs]
    inputs = {spec.name: number for number, spec in enumerate(painting.specs)}
    for found in maps:
        number = inputs[found.input_name]
        spec, regions = painting.specs[number], painting.regions[number]
        table = shares[number].setdefault(
            found.method, np.zeros((regions.count, len(card.class_ids)))
        )
        column = card.class_ids.index(found.class_id)
        table[:, column] = _shares(found, regions, spec.f1.centres, spec.f2.centres)
    return shares


def _shares(found: Explanation, regions: Regions, c_ppm: Floats, h_ppm: Floats) -> Floats:
    if found.empty:
        return np.zeros(regions.count)
    heat = found.heat_at(c_ppm[:, np.newaxis], h_ppm[np.newaxis, :])
    total = float(heat.sum(dtype=np.float64))
    return regions.sums(heat) / total if total > 0 else np.zeros(regions.count)


def pair_drops(
    engine: PaintEngine,
    question: Question,
    peaks: Sequence[PeakRef],
    progress: Progress = SILENT,
) -> PairDrops:
    """Drops without each of some peaks, without any two of them, and without all.

    Parameters
    ----------
    engine, question, progress
        As in `contributions`.
    peaks : sequence of PeakRef
        Different ones, at most `MOST_PEAKS`, of one input or of two.

    Raises
    ------
    NetworkError
        If there is no such peak, one comes twice, or there are too many.
    Cancelled
        By `progress`.
    """
    if len(peaks) > MOST_PEAKS:
        raise NetworkError(f"{len(peaks)} peaks to pair; at most {MOST_PEAKS}")
    painting = question.painting()
    spots = [spot_of(question.peaks, *peak) for peak in peaks]
    if len(set(spots)) < len(spots):
        raise NetworkError("a peak to pair comes twice; different ones expected")
    pairs = list(combinations(spots, 2))
    rows = [WHOLE, Row(tuple(spots)), *(Row((spot,)) for spot in spots), *map(Row, pairs)]
    logits = painted(engine, question.name, painting, rows, progress)
    drops = logits[0] - logits[1:]
    asked = question.asked
    return PairDrops(
        asked.network,
        asked.network_sha256,
        asked.classes,
        tuple(
            AskedPeak(
                number,
                painting.specs[number].name,
                int(question.peaks[number].ids[label]),
                float(question.peaks[number].h_ppm[label]),
                float(question.peaks[number].c_ppm[label]),
                painting.seen((number, label)),
            )
            for number, label in spots
        ),
        alone=drops[1 : 1 + len(spots)],
        together=drops[1 + len(spots) :],
        whole=drops[0],
        logits=logits[0],
    )


def selection_scores(
    engine: PaintEngine, question: Question, selected: Sequence[Sequence[int]]
) -> SelectionScores:
    """Scores with only the selected peaks, and without them.

    Parameters
    ----------
    engine, question
        As in `contributions`.
    selected : sequence of sequence of int
        Ids of the selected peaks, for each input.

    Raises
    ------
    NetworkError
        If there is no such peak, or not one selection for each input.
    """
    if len(selected) != len(question.peaks):
        raise NetworkError(
            f"{question.card.id}: selections on {len(selected)} inputs; "
            f"expected {len(question.peaks)}"
        )
    painting = question.painting()
    rows = selection_rows(painting, question.peaks, selected)
    logits = painted(engine, question.name, painting, rows)
    return selection_of(
        question.asked, painting, rows[1], logits, head_scores(question.card.head, logits)
    )
