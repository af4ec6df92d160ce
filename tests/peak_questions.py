"""Questions of `core.contributing` to a loaded network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nmrcam_qt.core import contributing
from nmrcam_qt.core.contributing import Question
from nmrcam_qt.core.contribution_pairs import PairDrops, PeakRef
from nmrcam_qt.core.contributions import Contributions, PeakPlaces, SelectionScores
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.ml.contributions import NetworkEngine
from nmrcam_qt.ml.network import Network


def question_of(network: Network, prepared: Prepared, peaks: Sequence[PeakPlaces]) -> Question:
    """What is asked, with the digest of the weights that answer."""
    return Question(replace(network.card, sha256=network.sha256), prepared, tuple(peaks))


def contributions(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces],
    methods: Sequence[str] = (),
    layer: str | None = None,
    progress: Progress = SILENT,
) -> Contributions:
    """Drops and shares of heat; see `core.contributing.contributions`.

    Parameters
    ----------
    network : Network
        What looks at them.
    prepared : Prepared
        A spectrum or pair.
    peaks : sequence of PeakPlaces
        One for each input, in the card's order.
    methods, layer, progress
        As there.
    """
    question = question_of(network, prepared, peaks)
    return contributing.contributions(NetworkEngine(network), question, methods, layer, progress)


def pair_drops(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces],
    paired: Sequence[PeakRef],
    progress: Progress = SILENT,
) -> PairDrops:
    """What peaks say together and alone; see `core.contributing.pair_drops`."""
    question = question_of(network, prepared, peaks)
    return contributing.pair_drops(NetworkEngine(network), question, paired, progress)


def selection_scores(
    network: Network,
    prepared: Prepared,
    peaks: Sequence[PeakPlaces],
    selected: Sequence[Sequence[int]],
) -> SelectionScores:
    """With only some peaks, and without; see `core.contributing.selection_scores`."""
    question = question_of(network, prepared, peaks)
    return contributing.selection_scores(NetworkEngine(network), question, selected)
