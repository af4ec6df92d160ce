"""What every peak of a spectrum contributes to every class of a network.

The honest measure is occlusion (Zeiler and Fergus, ECCV 2014, section 4.2), here by peak: the
drop of a class's logit when the peak's ink is painted with background. Drops need not sum to
the logit: peaks speak together (`pair_drops`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.contributions import Contributions, PeakPlaces, SelectionScores
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.painting import (
    WHOLE,
    Asked,
    Painting,
    Row,
    Spot,
    assembled,
    contribution_rows,
    drops_of,
    selection_of,
    selection_rows,
    spot_of,
)
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.regions import Regions
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.ml.explain.engine import engine, explain_batch
from nmrcam_qt.ml.explain.memory import EXAMPLES_PER_PASS, parts
from nmrcam_qt.ml.network import Network

Floats = NDArray[np.float64]
PeakRef = tuple[int, int]
"""Number of an input in the card's order, and id of a peak on it."""


def contributions(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces],
    methods: Sequence[str] = (),
    layer: str | None = None,
    progress: Progress = SILENT,
) -> Contributions:
    """Drop of every class's logit for every peak, and the peaks' shares of the maps' heat.

    Parameters
    ----------
    network : Network
        What looks at them.
    prepared : Prepared
        A spectrum or pair, from `preprocessing.prepare_inputs` with the network's card.
    peaks : sequence of PeakPlaces
        One for each input, in the card's order.
    methods : sequence of str
        Ids of methods whose maps' heat is shared out; those that the network does not have
        are left out.
    layer : str or None
        Of the maps; None for the default layer of every input.
    progress : Progress
        Told what is done; cancels.

    Raises
    ------
    NetworkError, MethodError
        If inputs, peaks, methods or layer do not fit, or logits are not finite.
    Cancelled
        By `progress`.
    """
    painting = Painting.of_peaks(network.card, prepared, peaks)
    logits = painted_logits(network, painting, contribution_rows(painting), progress)
    shares = heat_shares(network, painting, methods, layer)
    return assembled(asked_of(network), painting, peaks, logits, shares)


def asked_of(network: Network) -> Asked:
    """Which network it is."""
    return Asked(network.card.id, network.sha256, network.card.class_ids)


def painted_logits(
    network: Network, painting: Painting, rows: Sequence[Row], progress: Progress = SILENT
) -> Floats:
    """Logits of painted examples, float64 ``(n_rows, n_classes)``, in parts that fit memory.

    A row alone is computed beside itself, so that its last bits are those of any batch.

    Raises
    ------
    NetworkError
        If a logit is not finite.
    Cancelled
        By `progress`.
    """
    own = engine(network)
    twice = [*rows, *rows] if len(rows) == 1 else rows
    made = np.zeros((len(twice), len(network.card.classes)))
    for part in parts(len(twice), EXAMPLES_PER_PASS):
        progress.step(part.start, len(twice), "peaks")
        made[part] = own.logits(painting.batch(twice[part]))
    if not np.isfinite(made).all():
        raise NetworkError(f"{network.card.id}: the network gives scores that are not finite")
    progress.step(len(twice), len(twice), "peaks")
    return made[: len(rows)]


def heat_shares(
    network: Network, painting: Painting, methods: Sequence[str], layer: str | None = None
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
    if not methods:
        return shares
    examples = [np.stack([x, x]) for x in painting.examples]
    maps = explain_batch(network, examples, methods, "all", layer).explanations[0]
    inputs = {spec.name: number for number, spec in enumerate(painting.specs)}
    for found in maps:
        number = inputs[found.input_name]
        spec, regions = painting.specs[number], painting.regions[number]
        table = shares[number].setdefault(
            found.method, np.zeros((regions.count, len(network.card.classes)))
        )
        column = network.card.class_ids.index(found.class_id)
        table[:, column] = _shares(found, regions, spec.f1.centres, spec.f2.centres)
    return shares


def _shares(found: Explanation, regions: Regions, c_ppm: Floats, h_ppm: Floats) -> Floats:
    if found.empty:
        return np.zeros(regions.count)
    heat = found.heat_at(c_ppm[:, np.newaxis], h_ppm[np.newaxis, :])
    total = float(heat.sum(dtype=np.float64))
    return regions.sums(heat) / total if total > 0 else np.zeros(regions.count)


def pair_drops(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces],
    pairs: Sequence[tuple[PeakRef, PeakRef]],
    progress: Progress = SILENT,
) -> Floats:
    """What two peaks say together beyond what each says alone.

    The drop when both are painted minus the two single drops: 0 where they add up, negative
    where one does the other's work as well (redundant), positive where the class needs both.

    Parameters
    ----------
    network, prepared, peaks, progress
        As in `contributions`.
    pairs : sequence of (PeakRef, PeakRef)
        Two different peaks each, of one input or of two.

    Returns
    -------
    float64 ``(n_pairs, n_classes)``
        In units of the logit.

    Raises
    ------
    NetworkError
        If there is no such peak, or both are the same.
    """
    painting = Painting.of_peaks(network.card, prepared, peaks)
    spots = [(spot_of(peaks, *a), spot_of(peaks, *b)) for a, b in pairs]
    if any(a == b for a, b in spots):
        raise NetworkError("two different peaks expected")
    single: list[Spot] = list(dict.fromkeys(spot for pair in spots for spot in pair))
    rows = [WHOLE, *(Row((spot,)) for spot in single), *(Row(pair) for pair in spots)]
    logits = painted_logits(network, painting, rows, progress)
    alone = drops_of(painting, rows[: 1 + len(single)], logits[: 1 + len(single)])
    both = logits[0] - logits[1 + len(single) :]
    each = np.array([[alone[at][1 + label] for at, label in pair] for pair in spots])
    return np.asarray(both - each.reshape(len(spots), 2, -1).sum(axis=1))


def selection_scores(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces],
    selected: Sequence[Sequence[int]],
) -> SelectionScores:
    """Scores with only the selected peaks, and without them.

    Parameters
    ----------
    network, prepared, peaks
        As in `contributions`.
    selected : sequence of sequence of int
        Ids of the selected peaks, for each input.

    Raises
    ------
    NetworkError
        If there is no such peak.
    """
    painting = Painting.of_peaks(network.card, prepared, peaks)
    rows = selection_rows(painting, peaks, selected)
    logits = painted_logits(network, painting, rows)
    return selection_of(asked_of(network), painting, rows[1], logits, network.scores(logits))
