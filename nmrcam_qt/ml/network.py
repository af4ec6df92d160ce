"""A loaded network: its card, its Keras model up to the logits, its digest."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import WEIGHTS_NAME, Card, read_card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Image
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
        path = folder / ARCHITECTURE_NAME
        try:
            config = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise NetworkError(f"{card.id}/{path.name}: cannot be read ({error})") from None
        model = keras.Model.from_config(config)  # replaced by the checked builder
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
        if self.card.head == "sigmoid":
            return np.asarray(0.5 * (1 + np.tanh(logits / 2)))
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
