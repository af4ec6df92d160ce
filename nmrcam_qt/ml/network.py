"""A loaded network: its card, its Keras model up to the logits, its digest."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import WEIGHTS_NAME, Card, read_card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.results import head_scores
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.ml.importing.builder import Plan, build, plan
from nmrcam_qt.ml.importing.limits import MAX_CONFIG_CHARACTERS
from nmrcam_qt.ml.weights import load_weights

ARCHITECTURE_NAME = "architecture.json"


class Network:
    """A network ready for inference and explanation.

    Parameters
    ----------
    card : Card
        What it eats and means.
    model : keras.Model
        Flat functional model (no nested models) from the card's inputs, in the
        card's order, to the *logits* ``(n, n_classes)``: the head's softmax or
        sigmoid is not part of it.
    sha256 : str
        Digest of the weights file.
    """

    def __init__(self, card: Card, model: keras.Model, sha256: str) -> None:
        self.card = card
        self.model = model
        self.sha256 = sha256

    @classmethod
    def load(cls, folder: Path) -> Network:
        """Load ``card.json``, ``architecture.json`` and ``weights.npz`` of a folder.

        The architecture is checked against the list of allowed layers and built by
        us; no code in the file runs.

        Raises
        ------
        CardError
            If the card is broken.
        NetworkError
            If architecture or weights are broken, refused, or do not match the card.
        """
        card = read_card(folder)
        checked = _read_plan(folder, card)
        _check_card(card, checked)
        model = build(checked)
        if checked.input_names != tuple(i.name for i in card.inputs):
            tensors = {t.name: t for t in model.inputs}
            model = keras.Model([tensors[i.name] for i in card.inputs], model.output)
        sha256 = load_weights(model, folder / WEIGHTS_NAME)
        if card.sha256 and sha256 != card.sha256:
            raise NetworkError(f"{card.id}: the weights are not those of the card (sha256)")
        return cls(card, model, sha256)

    def logits(self, examples: Sequence[Image]) -> NDArray[np.float64]:
        """Logits of a batch.

        Parameters
        ----------
        examples : sequence of float32 ``(n, H, W, C)``
            One array per input, in the card's order.

        Returns
        -------
        float64 ``(n, n_classes)``
        """
        fed = list(examples) if len(examples) > 1 else examples[0]
        return np.asarray(self.model(fed, training=False), dtype=np.float64)

    def scores(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Softmax or sigmoid of logits ``(n, n_classes)``, float64, never NaN."""
        return head_scores(self.card.head, logits)


def _read_plan(folder: Path, card: Card) -> Plan:
    """The architecture of a folder, checked but not built."""
    path = folder / ARCHITECTURE_NAME
    try:
        text = read_regular(path, 4 * MAX_CONFIG_CHARACTERS).decode("utf-8")
        config = parse_json(text, MAX_CONFIG_CHARACTERS)
    except (OSError, ValueError) as error:
        raise NetworkError(f"{card.id}/{path.name}: cannot be read ({error})") from None
    try:
        return plan(config)
    except NetworkError as error:
        raise NetworkError(f"{card.id}/{path.name}: {error}") from None


def _check_card(card: Card, checked: Plan) -> None:
    """What the card says of the architecture must be so."""
    found = dict(zip(checked.input_names, checked.input_shapes, strict=True))
    wanted = {i.name: i.shape for i in card.inputs}
    if found != wanted:
        raise NetworkError(f"{card.id}: the network's inputs are {found}, the card's {wanted}")
    if checked.n_outputs != len(card.classes):
        raise NetworkError(
            f"{card.id}: the network has {checked.n_outputs} outputs, "
            f"the card {len(card.classes)} classes"
        )
    if checked.head not in (None, card.head):
        raise NetworkError(f"{card.id}: the network ends in {checked.head}, not in {card.head}")
    missing = [name for name in card.layers if name not in checked.map_layers]
    if missing:
        raise NetworkError(f"{card.id}: no map can be drawn on the layer {missing[0]!r}")
