"""Networks for mixtures: local evidence of every class, whose sum is the logit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet_layers import PpmWaves, SignalPooling

HSQC_INPUT = InputSpec("hsqc", Experiment.HSQC, (100, 100, 1), (0.0, 200.0), (10.0, 0.0))
HMBC_INPUT = InputSpec("hmbc", Experiment.HMBC, (112, 100, 1), (0.0, 224.0), (10.0, 0.0))
INPUTS = {spec.experiment: spec for spec in (HSQC_INPUT, HMBC_INPUT)}
"""Cells of 0.1 × 2 ppm; rows and columns divide by 4."""

FINER = 2
"""Rows and columns of ink per row and column of evidence, where a network has a stem."""

INK_FROM, INK_TO = 0.05, 0.15
"""Between these the mask of inked cells rises from 0 to 1."""

SUM, ATTENTION = "sum", "attention"
CAM_LAYER = "evidence"
SCORES_LAYER = "scores"


@dataclass(frozen=True, slots=True)
class MixnetSettings:
    """Size and pooling of a mixture network.

    Parameters
    ----------
    stem : int
        Channels of a first convolution that reads ink of half the cell's size (0.05 × 1 ppm)
        into cells; 0 for ink on the cells themselves.
    widths : (int, int, int)
        Channels at full, half and quarter resolution.
    dilations : tuple of int
        Of the 3×3 convolutions at quarter resolution, one each: a dilation of d widens
        the field by 4 d cells on every side.
    head : int
        Channels of the layer that the class scores are read from.
    cycles : tuple of float
        Waves of `PpmWaves`.
    pooling : {"attention", "sum"}
        The logit is the attention-weighted sum (`SignalPooling`) or the plain sum of the
        scores of the inked cells.
    sharpness : float
        Of the attention.
    """

    stem: int = 0
    widths: tuple[int, int, int] = (24, 48, 64)
    dilations: tuple[int, ...] = (1, 2, 4, 1)
    head: int = 64
    cycles: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    pooling: str = ATTENTION
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        if self.pooling not in (ATTENTION, SUM):
            raise ValueError(f"pooling {self.pooling!r}; expected {ATTENTION!r} or {SUM!r}")


def input_of(experiment: Experiment, settings: MixnetSettings) -> InputSpec:
    """What a network of these settings eats: cells, or ink of half their size."""
    spec = INPUTS[experiment]
    if not settings.stem:
        return spec
    height, width, channels = spec.shape
    return replace(spec, shape=(FINER * height, FINER * width, channels))


def build_mixnet(
    spec: InputSpec,
    settings: MixnetSettings | None = None,
    n_classes: int = len(CLASS_IDS),
) -> keras.Model:
    """Build an untrained network from ink to logits.

    A small U: full, half and quarter resolution, then back up, so that a cell sees some
    ±4 ppm × ±80 ppm around it. The scores of every inked cell are pooled to ``evidence``,
    which global average pooling and a diagonal linear layer add up to the logits: its
    `cam` sums to the logit, and blank cells hold exactly 0.

    Parameters
    ----------
    spec : InputSpec
        What it eats; rows and columns must divide by 4, with a stem by 8.
    settings : MixnetSettings, optional
        Size and pooling.
    n_classes : int
        Number of logits.

    Returns
    -------
    keras.Model
        Input ``(n, H, W, 1)``, output ``(n, n_classes)``. The layer `SCORES_LAYER` gives
        the local scores, `CAM_LAYER` the evidence.

    Raises
    ------
    NetworkError
        If rows or columns do not divide by 4, with a stem by 8.
    """
    s = settings or MixnetSettings()
    height, width, channels = spec.shape
    finer = FINER if s.stem else 1
    if height % (4 * finer) or width % (4 * finer) or channels != 1:
        raise NetworkError(
            f"{spec.name}: rows and columns that divide by {4 * finer} and 1 channel expected"
        )
    ink = keras.Input(spec.shape, name=spec.name, dtype="float32")
    mask, seen = _mask(ink), ink
    if s.stem:
        mask = keras.layers.MaxPooling2D(FINER, name="mask-of-cells", dtype="float32")(mask)
        seen = _conv(ink, s.stem, 2 * FINER, "stem", strides=FINER)
        height, width = height // FINER, width // FINER
    # Whatever the precision of the trunk, scores and sums are exact.
    scores = keras.layers.Conv2D(n_classes, 1, name=SCORES_LAYER, dtype="float32")(
        _trunk(seen, mask, s)
    )
    if s.pooling == ATTENTION:
        pooled = SignalPooling(s.sharpness, name="pooling", dtype="float32")([scores, mask])
        scale = float(height * width)
    else:
        pooled = keras.layers.Multiply(name="pooling", dtype="float32")([scores, mask])
        scale = 0.1 * height * width
    evidence = keras.layers.Conv2D(
        n_classes, 1, use_bias=False, name=CAM_LAYER, trainable=False, dtype="float32"
    )
    mean = keras.layers.GlobalAveragePooling2D(name="mean", dtype="float32")(evidence(pooled))
    head = keras.layers.Dense(n_classes, name="logits", trainable=False, dtype="float32")
    model = keras.Model(ink, head(mean), name=f"{spec.name}-mix")
    evidence.set_weights([np.eye(n_classes, dtype=np.float32)[np.newaxis, np.newaxis]])
    diagonal = scale * np.eye(n_classes, dtype=np.float32)
    head.set_weights([diagonal, np.zeros(n_classes, np.float32)])
    return model


def training_model(model: keras.Model) -> keras.Model:
    """The same network with its local scores as a second output, for their supervision."""
    return keras.Model(
        model.inputs[0], [model.output, model.get_layer(SCORES_LAYER).output], name="training"
    )


def lift_scores(model: keras.Model, amount: float) -> None:
    """Add to every local score and take it off the logits again.

    The attention sums to 1, so that the logits of spectra with ink stay as they are; but
    cells whose score was above ``-amount`` now hold heat, and a blank spectrum's logits
    fall to ``-amount``. Only for attention pooling.

    Parameters
    ----------
    model : keras.Model
        From `build_mixnet`; changed in place, before its head is calibrated.
    amount : float
        In units of the logit.

    Raises
    ------
    ValueError
        If the network pools another way.
    """
    if not isinstance(model.get_layer("pooling"), SignalPooling):
        raise ValueError("scores can be lifted under attention pooling only")
    scores, head = model.get_layer(SCORES_LAYER), model.get_layer("logits")
    kernel, bias = scores.get_weights()
    scores.set_weights([kernel, bias + amount])
    kernel, bias = head.get_weights()
    head.set_weights([kernel, bias - amount])


def _mask(ink: Any) -> Any:
    """1 where there is ink, 0 where there is none, ``(n, H, W, 1)``."""
    slope = 1 / (INK_TO - INK_FROM)
    raised = keras.layers.Rescaling(
        slope, -INK_FROM * slope, name="over-threshold", dtype="float32"
    )(ink)
    return keras.layers.ReLU(max_value=1.0, name="mask", dtype="float32")(raised)


def _trunk(ink: Any, mask: Any, s: MixnetSettings) -> Any:
    """Features of every cell ``(n, H, W, head)``."""
    full, half, quarter = s.widths
    waves = PpmWaves(s.cycles, name="ppm", dtype="float32")(mask)
    fed = keras.layers.Concatenate(name="fed", dtype="float32")([ink, waves])
    top = _conv(_conv(fed, full, 3, "full-1"), full, 3, "full-2")
    x = keras.layers.MaxPooling2D(2, name="to-half")(top)
    side = _conv(_conv(x, half, 3, "half-1"), half, 3, "half-2")
    x = keras.layers.MaxPooling2D(2, name="to-quarter")(side)
    for number, dilation in enumerate(s.dilations):
        x = _conv(x, quarter, 3, f"quarter-{number + 1}", dilation)
    x = keras.layers.UpSampling2D(2, name="up-to-half")(x)
    x = keras.layers.Concatenate(name="join-half")([x, side])
    x = _conv(x, half, 1, "half-3")
    x = keras.layers.UpSampling2D(2, name="up-to-full")(x)
    x = keras.layers.Concatenate(name="join-full")([x, top])
    return _conv(x, s.head, 1, "head")


def _conv(
    x: Any, filters: int, size: int, name: str, dilation: int = 1, *, strides: int = 1
) -> Any:
    return keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        dilation_rate=dilation,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)
