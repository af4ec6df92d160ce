"""What the training of token networks is judged by: losses, and the network that gives them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.token_feed import COMPOUND, LIKELY, SUBSTRUCTURE
from nmrcam_qt.ml.token_layers import n_features, token_area
from nmrcam_qt.ml.token_net import TokenSettings, token_trunk

PARTS = ("classes", "cells", "pairs", "compounds", "spectra")
"""The losses, in the order of the outputs of the network that is trained."""


@dataclass(frozen=True, slots=True)
class TokenFitSettings:
    """How a token network is trained.

    Parameters
    ----------
    epochs : int
        Of the feed's steps each.
    learning_rate : float
        Highest; it rises over the first `warm_up` steps and falls as a cosine to 0.
    warm_up : int
        Steps.
    decay : float
        Weight decay of AdamW (Loshchilov and Hutter, arXiv:1711.05101).
    weights : tuple of float
        Of the losses `PARTS`.
    compound_target : float
        Wanted probability of a token of the class's compound outside the substructure; the
        substructure's is 1, foreign ones 0.
    absent : float
        Weight, in the loss of the cells, of the classes of which there is no compound, or
        nothing else.
    """

    epochs: int = 40
    learning_rate: float = 1.5e-3
    warm_up: int = 300
    decay: float = 0.02
    weights: tuple[float, ...] = (2.0, 2.0, 0.5, 1.0, 1.0)
    compound_target: float = 0.8
    absent: float = 0.1


class SignalLosses(keras.layers.Layer):  # type: ignore[misc]
    """What the trunk's scores and features are judged by, per example ``(n,)`` each.

    *classes*: the pooled scores against the classes of the mixture. *cells*: the scores of
    every token: is it of the class's compound, over the classes of which there are such
    tokens and others. *pairs*: do two tokens belong to the same compound. *compounds*: for
    every token the surroundings of its compound. *spectra*: those of all compounds together.
    """

    def __init__(self, settings: TokenFitSettings, **kwargs: Any) -> None:
        super().__init__(dtype="float32", **kwargs)
        self._settings = settings

    def call(self, inputs: Sequence[Any]) -> Any:
        """Losses from scores, pair features, surroundings' logits, and a batch's truth."""
        scores, pairs, logits, tokens, codes, owners, surroundings, labels = inputs
        mask = tokens[..., :1]
        share = attention(scores, mask, token_area(tokens))
        classes = ops.mean(cross_entropy(labels, ops.sum(share * scores, axis=1)), axis=-1)
        owned = ops.cast(owners >= 0, "float32")
        count = ops.maximum(ops.sum(owned, axis=1), 1.0)
        whose = ops.one_hot(owners, ops.shape(surroundings)[1], dtype="float32")
        mine = ops.matmul(whose, surroundings)
        compounds = ops.sum(ops.mean(cross_entropy(mine, logits), axis=-1) * owned, axis=1) / count
        there = ops.max(surroundings, axis=1)
        share = attention(logits, mask, token_area(tokens))
        spectra = ops.mean(cross_entropy(there, ops.sum(share * logits, axis=1)), axis=-1)
        same = ops.matmul(whose, ops.transpose(whose, (0, 2, 1)))
        both = owned[:, :, None] * owned[:, None, :]
        alike = ops.matmul(pairs, ops.transpose(pairs, (0, 2, 1))) * pairs.shape[-1] ** -0.5
        apart = ops.sum(both * cross_entropy(same, alike), axis=(1, 2)) / count**2
        return classes, self._cells(codes, scores), apart, compounds, spectra

    def _cells(self, codes: Any, scores: Any) -> Any:
        s = self._settings
        code = ops.cast(codes, "float32")
        known, mine = ops.cast(code >= 0, "float32"), code >= COMPOUND
        target = ops.where(code == SUBSTRUCTURE, 1.0, s.compound_target)
        target = ops.where(mine, target, 0.0)
        # Of a measured compound it is not known which signals are the substructure's: any
        # probability above the compound's is as good.
        above = ops.maximum(s.compound_target, ops.sigmoid(ops.stop_gradient(scores)))
        target = ops.where(code == LIKELY, above, target)
        loss = ops.sum(known * cross_entropy(target, scores), axis=1)
        loss = loss / ops.maximum(ops.sum(known, axis=1), 1.0)
        mixed = ops.any(mine, axis=1) & ops.any(code == 0, axis=1)
        counted = ops.where(mixed, 1.0, s.absent)
        return ops.sum(loss * counted, axis=-1) / ops.sum(counted, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """One number per example and loss."""
        return tuple((input_shape[0][0],) for _ in PARTS)


def attention(scores: Any, mask: Any, area: Any) -> Any:
    """Share of each token ``(n, K, C)`` as `SignalPooling` gives it to the token's ink."""
    top = ops.stop_gradient(ops.max(scores - 1e4 * (1 - mask), axis=1, keepdims=True))
    share = mask * area * ops.exp(ops.minimum(scores - top, 0.0))
    return share / ops.maximum(ops.sum(share, axis=1, keepdims=True), 1e-6)


def cross_entropy(target: Any, logits: Any) -> Any:
    """Element by element, in nats, from logits; never NaN."""
    return ops.relu(logits) - logits * target + ops.log1p(ops.exp(-ops.abs(logits)))


def build_training(
    network: TokenSettings, fit: TokenFitSettings, n_bits: int, n_classes: int = len(CLASS_IDS)
) -> keras.Model:
    """The trunk with its losses as outputs, fed by `token_feed.TokenFeed`.

    Heads that only the training needs (pairs, surroundings) are layers of it too;
    `token_net.copy_trunk` leaves them behind.
    """
    layers = keras.layers
    tokens = keras.Input((None, n_features(network.cycles)), name="tokens", dtype="float32")
    codes = keras.Input((None, n_classes), name="codes", dtype="int8")
    owners = keras.Input((None,), name="owners", dtype="int32")
    surroundings = keras.Input((None, n_bits), name="surroundings", dtype="float32")
    labels = keras.Input((n_classes,), name="labels", dtype="float32")
    scores, features = token_trunk(tokens, network, n_classes)
    pairs = layers.Dense(32, name="pairs-of", dtype="float32")(features)
    logits = layers.Dense(n_bits, name="surroundings-of", dtype="float32")(features)
    losses = SignalLosses(fit, name="losses")(
        [scores, pairs, logits, tokens, codes, owners, surroundings, labels]
    )
    named = [layers.Identity(name=p)(loss) for p, loss in zip(PARTS, losses, strict=True)]
    return keras.Model([tokens, codes, owners, surroundings, labels], named)
