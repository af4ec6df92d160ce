"""A prototype: every inked cell is a token, and the tokens attend to each other.

    python benchmarks/mixnets/tokens.py --data ../shared/data --runs ../runs/mixnets \\
        --experiment hsqc --name a1 --set epochs=40 --set learning_rate=0.0015

A spectrum is mostly blank, and whose signal a signal is depends on all the others: a
convolution wastes its work on paper and sees its neighbourhood only. Here the `TOKENS` cells
with the most ink are gathered with the ink around them at half the cell's size and their place
on the ppm axes; four blocks of attention; a score for every class and cell; the logit is the
attention-weighted sum of the scores, as in `ml/mixnet.py`. Not a network of the product: its
layers are not among those that `ml/importing` builds. What it reached stands in `log.md`.

``--present W`` takes the cell loss over the classes that are there (whose is this signal?),
absent classes with weight W; ``--init`` begins with the weights of another run; ``--fold K``
joins the measured spectra without the compounds of fold K, which are then judged.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops
from pretrain import HELD_OUT, real_caches, settings_of

from nmrcam_qt.core.simulate.cache import join, load_cache
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mixnet import input_of
from nmrcam_qt.ml.mixnet_data import (
    COMPOUND,
    SUBSTRUCTURE,
    MixtureFeed,
    compounds_of,
    fold_of,
    held_out,
    only,
    without,
)
from nmrcam_qt.ml.mixnet_evaluation import Bench, measure_cases, priors, summary, table, targets
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.mixnet_training import (
    CellLoss,
    FitSettings,
    Fitter,
    WarmCosine,
    class_loss,
    read_state,
)

TOKENS, JUDGED_TOKENS = 192, 512
"""While training, and when judged; the same weights."""
WIDTH, BLOCKS, HEADS = 64, 4, 4
N_CLASSES = 12
GUESSED = 0.25
"""Compounds with a larger share of shifts guessed from radius 1 are not trained on."""


class InkTokens(keras.layers.Layer):
    """Ink ``(n, 2H, 2W, 1)`` to tokens ``(n, K, F)``, mask and cell number ``(n, K, 1)``."""

    def __init__(self, count: int, cycles: tuple[float, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.count, self.cycles = count, cycles

    def call(self, ink: Any) -> Any:
        height, width = ink.shape[1] // 2, ink.shape[2] // 2
        most, cell = ops.top_k(
            ops.reshape(ops.max_pool(ink, 2, 2), (-1, height * width)), self.count
        )
        parts = ops.reshape(ink, (-1, height, 2, width, 2))
        parts = ops.reshape(ops.transpose(parts, (0, 1, 3, 2, 4)), (-1, height, width, 4))
        parts = ops.pad(parts, [[0, 0], [1, 1], [1, 1], [0, 0]])
        parts = ops.reshape(parts, (-1, (height + 2) * (width + 2), 4))
        corner = cell // width * (width + 2) + cell % width
        around = [
            ops.take_along_axis(parts, (corner + dy * (width + 2) + dx)[..., None], axis=1)
            for dy in range(3)
            for dx in range(3)
        ]
        waves = position_waves(height, width, self.cycles).reshape(height * width, -1)
        place = ops.take(ops.convert_to_tensor(waves), cell, axis=0)
        mask = ops.clip((most - 0.05) / 0.10, 0.0, 1.0)[..., None]
        tokens = ops.concatenate([*around, most[..., None], place], axis=-1) * mask
        return tokens, mask, ops.cast(cell[..., None], "float32")

    def compute_output_shape(self, shape: Any) -> Any:
        one = (shape[0], self.count, 1)
        return (shape[0], self.count, 37 + 4 * len(self.cycles)), one, one


class Attend(keras.layers.Layer):
    """Attention of queries, keys and values among the tokens that hold ink."""

    def call(self, inputs: Any) -> Any:
        *qkv, mask = inputs
        count, width = qkv[0].shape[1:]
        shape = (-1, count, HEADS, width // HEADS)
        q, k, v = (ops.transpose(ops.reshape(x, shape), (0, 2, 1, 3)) for x in qkv)
        share = ops.matmul(q, ops.transpose(k, (0, 1, 3, 2))) * (width // HEADS) ** -0.5
        share = share - 1e4 * ops.transpose(1 - mask, (0, 2, 1))[:, None]
        seen = ops.matmul(ops.softmax(share, axis=-1), v)
        return ops.reshape(ops.transpose(seen, (0, 2, 1, 3)), (-1, count, width))

    def compute_output_shape(self, shapes: Any) -> Any:
        return shapes[2]


class Pool(keras.layers.Layer):
    """Logits: scores weighted with the softmax of themselves over the inked tokens."""

    def call(self, inputs: Any) -> Any:
        scores, mask = inputs
        top = ops.max(scores - 1e4 * (1 - mask), axis=1, keepdims=True)
        share = mask * ops.exp(ops.minimum(scores - ops.stop_gradient(top), 0.0))
        total = ops.maximum(ops.sum(share, axis=1, keepdims=True), 1e-6)
        return ops.sum(scores * share / total, axis=1)

    def compute_output_shape(self, shapes: Any) -> Any:
        return (shapes[0][0], shapes[0][2])


def build(spec: Any, count: int) -> keras.Model:
    """Ink to logits ``(n, 12)`` and to scores, mask and cell of the tokens ``(n, K, 14)``."""
    layers = keras.layers
    ink = keras.Input(spec.shape)
    tokens, mask, cell = InkTokens(count, (0.5, 1.0, 2.0, 4.0, 8.0, 16.0))(ink)
    x = layers.Dense(WIDTH)(layers.Dense(2 * WIDTH, activation="relu")(tokens))
    for _ in range(BLOCKS):
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = Attend()([*(layers.Dense(WIDTH)(y) for _ in "qkv"), mask])
        x = layers.Add()([x, layers.Dense(WIDTH)(y)])
        y = layers.LayerNormalization(epsilon=1e-5)(x)
        y = layers.Dense(3 * WIDTH, activation="relu")(y)
        x = layers.Add()([x, layers.Dense(WIDTH)(y)])
    x = layers.LayerNormalization(epsilon=1e-5)(x)
    scores = layers.Dense(N_CLASSES)(layers.Dense(64, activation="relu")(x))
    logits = Pool()([scores, mask])
    return keras.Model(ink, [logits, layers.Concatenate()([scores, mask, cell])])


class TokenLoss:
    """`CellLoss` at the tokens, or over the classes that are present."""

    __name__ = "tokens"

    def __init__(self, settings: FitSettings, absent: float | None) -> None:
        self._settings, self._absent, self._plain = settings, absent, CellLoss(settings)

    def __call__(self, codes: Any, both: Any) -> Any:
        scores, mask = both[..., :N_CLASSES], both[..., N_CLASSES : N_CLASSES + 1]
        cell = ops.cast(both[..., N_CLASSES + 1 :], "int32")
        flat = ops.reshape(codes, (-1, codes.shape[1] * codes.shape[2], N_CLASSES))
        code = ops.take_along_axis(ops.cast(flat, "float32"), cell, axis=1)
        code = ops.where(mask > 0.5, code, -1.0)
        if self._absent is None:
            return self._plain(code[:, None], scores[:, None])
        mine = code >= COMPOUND
        there = ops.cast(ops.any(mine, axis=1, keepdims=True), "float32")
        mixed = there * ops.cast(ops.any(code == 0, axis=1, keepdims=True), "float32")
        counted = mixed + self._absent * (1 - there)
        weight = ops.where(mine, self._settings.positive_weight, 1.0) * counted
        weight = weight * ops.cast(code >= 0, "float32")
        target = ops.where(code == SUBSTRUCTURE, 1.0, self._settings.compound_target)
        target = ops.where(mine, target, 0.0)
        loss = ops.relu(scores) - scores * target + ops.log1p(ops.exp(-ops.abs(scores)))
        each = ops.sum(weight * loss, axis=1) / ops.maximum(ops.sum(weight, axis=1), 1.0)
        return ops.sum(each * counted[:, 0], axis=-1)


class TokenFitter(Fitter):
    """`Fitter` for a network that has both outputs already."""

    def __init__(
        self, model: keras.Model, fit: FitSettings, steps: int, folder: Path, absent: float | None
    ) -> None:
        self.network, self._model = model, model
        self.settings, self.folder = fit, folder
        rate = WarmCosine(fit.learning_rate, fit.warm_up, fit.epochs * steps)
        self._optimizer = keras.optimizers.AdamW(rate, weight_decay=0.01, clipnorm=1.0)
        self._optimizer.build(model.trainable_variables)
        self._start = [np.asarray(v).copy() for v in self._optimizer.variables]
        model.compile(
            optimizer=self._optimizer,
            loss=[class_loss, TokenLoss(fit, absent)],
            loss_weights=[1.0, fit.cell_weight],
        )


class Judged:
    """Logits and heat on the grid, as `measure_cases` wants them."""

    def __init__(self, model: keras.Model, height: int, width: int) -> None:
        self._model, self._shape = model, (height, width)

    def __call__(self, ink: Any) -> Any:
        logits, both = self._model.predict_on_batch(ink[..., np.newaxis])
        height, width = self._shape
        heat = np.zeros((len(ink), height * width, N_CLASSES))
        # Lifted, so that ranks are kept and blank cells hold 0.
        lifted = np.maximum(both[..., :N_CLASSES] + 20, 0) * both[..., N_CLASSES : N_CLASSES + 1]
        for one, cells, values in zip(heat, both[..., -1].astype(int), lifted, strict=True):
            one[cells] = values
        return np.asarray(logits, np.float64), heat.reshape(len(ink), height, width, N_CLASSES)


def judge(network: Judged, train: Any, unseen: Any, real: dict, spec: Any) -> dict:
    """Figures on unseen simulated and on real spectra; subsets, as `pretrain.evaluate`."""
    prior, found = priors(train, spec), {}
    sets = {"simulated": (unseen, replace(DrawSettings(), decades=0.0), 40)}
    sets |= {name: (cache, PLAIN, 60) for name, cache in real.items()}
    for name, (cache, draw, most) in sets.items():
        chosen = targets(cache, most, 300)
        for n in (0, 1, 2):
            cases = measure_cases(network, Bench(cache, spec, prior, draw), chosen, n)
            found[f"{name} +{n}"] = summary(cases)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--runs", type=Path, default=Path("../runs/mixnets"))
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--name", required=True)
    parser.add_argument("--init", type=Path)
    parser.add_argument("--present", type=float, metavar="W")
    parser.add_argument("--fold", type=int, metavar="K")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    args = parser.parse_args()
    experiment = Experiment(args.experiment)
    cache = load_cache(args.runs / "cache" / f"{args.experiment}.npz")
    names = held_out({bytes(c) for c in cache.compounds}, HELD_OUT)
    train, unseen = without(cache, names), only(cache, names)
    train = learned = train.subset(np.flatnonzero(train.guessed() <= GUESSED))
    real = real_caches(args.data, experiment)
    if args.fold is not None:
        barred = {c for c in compounds_of(list(real.values())) if fold_of(c, 5) == args.fold}
        learned = join([without(c, barred) for c in real.values()])
        train, real = join([train, learned]), {n: only(c, barred) for n, c in real.items()}
    network, feed, fit = settings_of(args.set)
    spec, feed = input_of(experiment, replace(network, stem=1)), replace(feed, finer=2)
    keras.utils.set_random_seed(0)
    model = build(spec, TOKENS)
    if args.init is not None:
        model.set_weights(read_state(args.init)[0])
    folder = args.runs / f"{args.experiment}-tok-{args.name}"
    began = time.process_time()
    fitter = TokenFitter(model, fit, feed.steps, folder, args.present)
    epochs = fitter.fit(MixtureFeed(train, spec, feed, 0))
    minutes = (time.process_time() - began) / 60
    plain = build(spec, JUDGED_TOKENS)
    plain.set_weights(model.get_weights())
    height, width = spec.shape[0] // 2, spec.shape[1] // 2
    found = judge(Judged(plain, height, width), learned, unseen, real, spec)
    about = {"steps": epochs * feed.steps, "cpu_minutes": round(minutes, 1), "figures": found}
    (folder / "report.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
    print(args.name, epochs * feed.steps, "steps", round(minutes, 1), "CPU minutes")
    print(table(list(found.items())), flush=True)


if __name__ == "__main__":
    main()
