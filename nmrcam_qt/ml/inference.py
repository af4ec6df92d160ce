"""From prepared spectra to scores and maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.preprocessing import Prepared, prepare_inputs
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.reliability import sentence
from nmrcam_qt.core.results import Analysis, Prediction
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.ml.explain.engine import explain_batch
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_crowd import crowd_warnings


def analyse(
    network: Network,
    spectra: Sequence[Sequence[Spectrum]],
    methods: Sequence[str] = (),
    classes: str | Sequence[str] | None = "all",
    layer: str | None = None,
) -> list[Analysis]:
    """Score spectra, and explain the scores.

    Parameters
    ----------
    network : Network
        What looks at them.
    spectra : sequence of sequences of Spectrum
        For each analysis as many spectra as the network has inputs.
    methods, classes, layer
        As in `analyse_prepared`.

    Returns
    -------
    list of Analysis

    Raises
    ------
    NetworkError
        If number or experiments of the spectra do not fit the network; also as
        `analyse_prepared`.
    """
    prepared = [prepare_inputs(network.card, group) for group in spectra]
    return analyse_prepared(network, prepared, methods, classes, layer)


def analyse_prepared(
    network: Network,
    prepared: Sequence[Prepared],
    methods: Sequence[str] = (),
    classes: str | Sequence[str] | None = "all",
    layer: str | None = None,
    progress: Progress = SILENT,
) -> list[Analysis]:
    """Score prepared spectra in batches, and explain the scores from the same pass.

    Parameters
    ----------
    network : Network
        What looks at them.
    prepared : sequence of Prepared
        From `nmrcam_qt.core.preprocessing.prepare_inputs` with the network's card.
    methods : sequence of str
        Ids from `nmrcam_qt.core.methods.METHODS`; none for scores alone.
    classes : "all", "top", sequence of str or None
        What to explain; None is "all".
    layer : str or None
        Where; None for the default layer of every input.
    progress : Progress
        Told of the parts of methods that take long; cancels.

    Returns
    -------
    list of Analysis
        One for each of `prepared`, in order.

    Raises
    ------
    NetworkError
        If there is no such layer, the inputs do not fit, or the network gives values
        that are not finite.
    CardError
        If there is no such class.
    MethodError
        If there is no such method. Methods that this network does not have are no
        error; the analysis says why.
    Cancelled
        By `progress`.
    """
    if not prepared:
        return []
    for item in prepared:
        if len(item.examples) != len(network.card.inputs):
            raise NetworkError(
                f"{network.card.id}: {len(item.examples)} inputs given; "
                f"expected {len(network.card.inputs)}"
            )
    examples = [np.stack(column) for column in zip(*(p.examples for p in prepared), strict=True)]
    if classes is None:
        classes = "all"
    wanted = classes if isinstance(classes, str) else [classes] * len(prepared)
    done = explain_batch(network, examples, methods, wanted, layer, progress)
    if not np.isfinite(done.logits).all():
        raise NetworkError(f"{network.card.id}: the network gives scores that are not finite")
    scores = network.scores(done.logits)
    return [
        Analysis(
            _prediction(
                network,
                item,
                done.logits[row],
                scores[row],
                crowd_warnings(network.model, item.examples),
            ),
            done.explanations[row],
            done.unavailable,
        )
        for row, item in enumerate(prepared)
    ]


def present(card: Card, scores: NDArray[np.float64]) -> tuple[str, ...]:
    """Classes said to be present.

    Parameters
    ----------
    card : Card
        Head and thresholds.
    scores : float64 ``(n_classes,)``
        Softmax or sigmoid scores, 0..1.

    Returns
    -------
    tuple of str
        Softmax: the top class where it reaches its threshold. Sigmoid: every class
        that does.
    """
    passing = scores >= np.asarray(card.thresholds)
    if card.head == "softmax":
        passing &= np.arange(len(scores)) == int(np.argmax(scores))
    return tuple(c for c, passes in zip(card.class_ids, passing, strict=True) if passes)


def _prediction(
    network: Network,
    item: Prepared,
    logits: NDArray[np.float64],
    scores: NDArray[np.float64],
    crowded: tuple[str, ...],
) -> Prediction:
    return Prediction(
        network=network.card.id,
        network_sha256=network.sha256,
        classes=network.card.class_ids,
        logits=logits,
        scores=scores,
        present=present(network.card, scores),
        warnings=(*crowded, *item.warnings),
        worth=sentence(network.card, float(scores.max())) if item.fits else "",
    )
