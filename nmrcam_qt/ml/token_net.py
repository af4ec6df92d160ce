"""Mixture networks whose tokens are the signals; their evidence sums to the logit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet_layers import SignalPooling
from nmrcam_qt.ml.token_layers import (
    InkBasins,
    InkedCells,
    InkTokens,
    TokenAttention,
    TokensToGrid,
)
from nmrcam_qt.ml.token_ties import TIE_CYCLE, TiedAttention

CAM_LAYER = "evidence"
SCORES_LAYER = "scores"
TIES_AT_FIRST = 2.0
"""Spread, in logits, of what a shared shift counts before the training."""
FEATURES_LAYER = "features"
INPUTS = {
    Experiment.HSQC: InputSpec("hsqc", Experiment.HSQC, (200, 200, 1), (0.0, 200.0), (10.0, 0.0)),
    Experiment.HMBC: InputSpec("hmbc", Experiment.HMBC, (224, 200, 1), (0.0, 224.0), (10.0, 0.0)),
}
"""Samples of 0.05 × 1 ppm."""


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """Size of a token network.

    Parameters
    ----------
    width : int
        Of a token.
    blocks, heads : int
        Blocks of attention, and heads in each.
    growth : int
        Width of the inner layer of a block, in widths.
    head : int
        Width of the layer that the class scores are read from.
    cycles : tuple of float
        Waves of the place across an axis.
    count : int
        Tokens of a judged spectrum; the weights do not depend on it.
    ties : tuple of float
        Distances, in samples, at which signals share a shift (`TiedAttention`); none: the
        attention knows nothing of shared shifts.
    grid : (int, int)
        Rows and columns of the ink; used for ties only.
    """

    width: int = 128
    blocks: int = 4
    heads: int = 4
    growth: int = 2
    head: int = 96
    cycles: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
    count: int = 256
    ties: tuple[float, ...] = ()
    grid: tuple[int, int] = (0, 0)


def token_input(experiment: Experiment) -> InputSpec:
    """What a token network eats: ink at 0.05 × 1 ppm."""
    return INPUTS[experiment]


def token_trunk(tokens: Any, s: TokenSettings, n_classes: int = len(CLASS_IDS)) -> tuple[Any, Any]:
    """Scores ``(n, K, n_classes)`` and features ``(n, K, width)`` of tokens."""
    dense, norm = keras.layers.Dense, keras.layers.LayerNormalization
    x = dense(2 * s.width, activation="relu", name="embed-1")(tokens)
    x = dense(s.width, name="embed-2")(x)
    for b in range(1, s.blocks + 1):
        y = norm(epsilon=1e-5, name=f"block-{b}-norm-1")(x)
        parts = [dense(s.width, name=f"block-{b}-{part}")(y) for part in ("query", "key", "value")]
        y = _attention(y, parts, tokens, s, f"block-{b}")
        y = dense(s.width, name=f"block-{b}-seen")(y)
        x = keras.layers.Add(name=f"block-{b}-add-1")([x, y])
        y = norm(epsilon=1e-5, name=f"block-{b}-norm-2")(x)
        y = dense(s.growth * s.width, activation="relu", name=f"block-{b}-inner")(y)
        y = dense(s.width, name=f"block-{b}-outer")(y)
        x = keras.layers.Add(name=f"block-{b}-add-2")([x, y])
    features = norm(epsilon=1e-5, name=FEATURES_LAYER)(x)
    x = dense(s.head, activation="relu", name="head")(features)
    # Whatever the precision of the trunk, scores and sums are exact.
    return dense(n_classes, name=SCORES_LAYER, dtype="float32")(x), features


def _attention(y: Any, parts: list[Any], tokens: Any, s: TokenSettings, block: str) -> Any:
    """What the tokens `y` see of each other."""
    if not s.ties:
        return TokenAttention(s.heads, name=f"{block}-attention")([*parts, tokens])
    tied = TiedAttention(s.heads, s.ties, s.grid, name=f"{block}-attention")
    # Random biases: the heads begin with different ties, and no two blocks alike.
    weights = keras.layers.Dense(
        2 * s.heads * len(s.ties),
        bias_initializer=keras.initializers.RandomNormal(stddev=TIES_AT_FIRST),
        name=f"{block}-ties",
    )(y)
    return tied([*parts, weights, tokens])


def build_token_net(
    spec: InputSpec,
    settings: TokenSettings | None = None,
    n_classes: int = len(CLASS_IDS),
) -> keras.Model:
    """Build an untrained network from ink to logits.

    Parameters
    ----------
    spec : InputSpec
        What it eats (`token_input`).
    settings : TokenSettings, optional
        Size.
    n_classes : int
        Number of logits.

    Returns
    -------
    keras.Model
        Input ``(n, H, W, 1)``, output ``(n, n_classes)``. The layer `CAM_LAYER` gives the
        evidence ``(n, H, W, n_classes)`` at every sample of ink, whose sum is the logit
        up to a diagonal layer; blank samples hold exactly 0.

    Raises
    ------
    ValueError
        If there are ties, but for ink of another size, or the place has no wave of
        `TIE_CYCLE` first.
    """
    s = settings or TokenSettings()
    if s.ties and (s.grid != spec.shape[:2] or s.cycles[0] != TIE_CYCLE):
        raise ValueError(
            f"ties for {s.grid} samples and waves from {s.cycles[0]:g} cycles; expected "
            f"{spec.shape[:2]} and {TIE_CYCLE:g}"
        )
    ink = keras.Input(spec.shape, name=spec.name, dtype="float32")
    basins = InkBasins(s.count, name="basins", dtype="float32")(ink)
    tokens = InkTokens(s.count, s.cycles, name="tokens", dtype="float32")([ink, basins])
    scores, _ = token_trunk(tokens, s, n_classes)
    grid = TokensToGrid(s.count, name="grid", dtype="float32")([scores, basins])
    mask = InkedCells(name="mask", dtype="float32")(basins)
    pooled = SignalPooling(name="pooling", dtype="float32")([grid, mask])
    evidence = keras.layers.Conv2D(
        n_classes, 1, use_bias=False, name=CAM_LAYER, trainable=False, dtype="float32"
    )
    mean = keras.layers.GlobalAveragePooling2D(name="mean", dtype="float32")(evidence(pooled))
    head = keras.layers.Dense(n_classes, name="logits", trainable=False, dtype="float32")
    model = keras.Model(ink, head(mean), name=f"{spec.name}-mix")
    cells = spec.shape[0] * spec.shape[1]
    evidence.set_weights([np.eye(n_classes, dtype=np.float32)[np.newaxis, np.newaxis]])
    head.set_weights([cells * np.eye(n_classes, dtype=np.float32), np.zeros(n_classes, np.float32)])
    return model


def copy_trunk(source: keras.Model, target: keras.Model) -> None:
    """Give the layers of a network the weights of those of the same name of another.

    Raises
    ------
    ValueError
        If the source lacks a trainable layer of the target.
    """
    for layer in target.layers:
        if layer.weights and layer.trainable:
            layer.set_weights(source.get_layer(layer.name).get_weights())


def lift_scores(model: keras.Model, amount: float) -> None:
    """Add to every local score and take it off the logits again.

    The attention sums to 1, so that the logits of spectra with ink stay as they are; but
    signals whose score was above ``-amount`` now hold heat, and a blank spectrum's logits
    fall by `amount`.

    Parameters
    ----------
    model : keras.Model
        From `build_token_net`; changed in place, before its head is calibrated.
    amount : float
        In units of the logit.
    """
    scores, head = model.get_layer(SCORES_LAYER), model.get_layer("logits")
    kernel, bias = scores.get_weights()
    scores.set_weights([kernel, bias + amount])
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias - amount])
