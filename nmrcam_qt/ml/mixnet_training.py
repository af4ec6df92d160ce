"""Training of mixture networks: class and cell losses, checkpoints, going on."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.ml.mixnet import training_model
from nmrcam_qt.ml.mixnet_data import COMPOUND, LIKELY, SUBSTRUCTURE, MixtureFeed

STATE_NAME = "state.npz"
LOG_NAME = "log.jsonl"


@dataclass(frozen=True, slots=True)
class FitSettings:
    """How a mixture network is trained.

    Parameters
    ----------
    epochs : int
        Of the feed's steps each.
    learning_rate : float
        Highest; it rises over the first `warm_up` steps and falls as a cosine to 0.
    warm_up : int
        Steps.
    cell_weight : float
        Weight of the loss of the cells beside that of the classes.
    positive_weight : float
        Weight of a cell of the class's compound beside a foreign one.
    compound_target : float
        Wanted probability in cells of the class's compound outside the substructure; the
        substructure's is 1, foreign ones 0. At .5 or more they hold heat, less than the
        substructure's and more than foreign ones.
    """

    epochs: int = 20
    learning_rate: float = 2e-3
    warm_up: int = 100
    cell_weight: float = 1.0
    positive_weight: float = 3.0
    compound_target: float = 0.6


def class_loss(labels: Any, logits: Any) -> Any:
    """Mean binary cross-entropy of the classes (nats) for each example, ``(n,)``."""
    return ops.mean(cross_entropy(ops.cast(labels, "float32"), logits), axis=-1)


class CellLoss:
    """Binary cross-entropy of the local scores over the cells whose truth is known.

    Parameters
    ----------
    settings : FitSettings
        Weights and targets.
    """

    __name__ = "cells"

    def __init__(self, settings: FitSettings) -> None:
        self._settings = settings

    def __call__(self, codes: Any, scores: Any) -> Any:
        """Mean loss (nats) for each example, ``(n,)``.

        Parameters
        ----------
        codes : int8 ``(n, H, W, 12)``
            `mixnet_data.truth`.
        scores : float ``(n, H, W, 12)``
            Of the network.
        """
        s = self._settings
        code = ops.cast(codes, "float32")
        known = ops.cast(code >= 0, "float32")
        target = ops.where(code == SUBSTRUCTURE, 1.0, s.compound_target)
        target = ops.where(code >= COMPOUND, target, 0.0)
        # Of a measured compound it is not known which signals are the substructure's: any
        # probability above the compound's is as good.
        above = ops.maximum(s.compound_target, ops.sigmoid(ops.stop_gradient(scores)))
        target = ops.where(code == LIKELY, above, target)
        weight = known * ops.where(code >= COMPOUND, s.positive_weight, 1.0)
        loss = ops.sum(weight * cross_entropy(target, scores), axis=(1, 2, 3))
        return loss / ops.maximum(ops.sum(weight, axis=(1, 2, 3)), 1.0)


def cross_entropy(target: Any, logits: Any) -> Any:
    """Element by element, in nats, from logits; never NaN."""
    return ops.relu(logits) - logits * target + ops.log1p(ops.exp(-ops.abs(logits)))


@keras.saving.register_keras_serializable(package="nmrcam")
class WarmCosine(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]
    """A learning rate that rises linearly and falls as a cosine to 0."""

    def __init__(self, peak: float, warm_up: int, total: int) -> None:
        self.peak, self.warm_up, self.total = peak, warm_up, total

    def __call__(self, step: Any) -> Any:
        """Learning rate at a step."""
        now = ops.cast(step, "float32")
        rise = (now + 1) / max(self.warm_up, 1)
        done = (now - self.warm_up) / max(self.total - self.warm_up, 1)
        fall = 0.5 * (1 + ops.cos(np.pi * ops.clip(done, 0.0, 1.0)))
        return self.peak * ops.minimum(ops.minimum(rise, 1.0), fall)

    def get_config(self) -> dict[str, Any]:
        """What is needed to build it again."""
        return {"peak": self.peak, "warm_up": self.warm_up, "total": self.total}


class _Keeper(keras.callbacks.Callback):  # type: ignore[misc]
    """After every epoch: the state to disk, a line to the log; stops at the time limit."""

    def __init__(
        self, fitter: Fitter, first: int, progress: Progress, deadline: float | None
    ) -> None:
        super().__init__()
        self.fitter, self.done, self.progress, self.deadline = fitter, first, progress, deadline
        self.started = (time.perf_counter(), time.process_time())

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Give the user a chance to cancel between steps."""
        self.progress.step(self.done, self.fitter.settings.epochs, "training")

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the state."""
        self.done = epoch + 1
        wall, cpu = time.perf_counter(), time.process_time()
        line = {
            "epoch": self.done,
            "wall_s": round(wall - self.started[0], 1),
            "cpu_s": round(cpu - self.started[1], 1),
            **{k: round(float(v), 5) for k, v in (logs or {}).items()},
        }
        self.started = (wall, cpu)
        self.fitter.save(self.done)
        with (self.fitter.folder / LOG_NAME).open("a", encoding="utf-8") as handle:
            handle.write(json.dumps(line) + "\n")
        if self.deadline is not None and time.time() > self.deadline:
            self.model.stop_training = True


class Fitter:
    """One compiled network and its folder; use it again for fold after fold.

    TensorFlow keeps some 90 MB of every network that was ever fitted.

    Parameters
    ----------
    model : keras.Model
        From `build_mixnet`.
    settings : FitSettings
        Epochs and losses.
    steps : int
        Steps per epoch, for the learning rate.
    folder : Path
        Gets `STATE_NAME` and `LOG_NAME`.
    """

    def __init__(self, model: keras.Model, settings: FitSettings, steps: int, folder: Path) -> None:
        self.network = model
        self.settings = settings
        self.folder = folder
        self._model = training_model(model)
        rate = WarmCosine(settings.learning_rate, settings.warm_up, settings.epochs * steps)
        self._optimizer = keras.optimizers.Adam(rate, clipnorm=1.0)
        self._optimizer.build(self._model.trainable_variables)
        self._start = [np.asarray(v).copy() for v in self._optimizer.variables]
        self._model.compile(
            optimizer=self._optimizer,
            loss=[class_loss, CellLoss(settings)],
            loss_weights=[1.0, settings.cell_weight],
        )

    def fit(
        self,
        feed: MixtureFeed,
        progress: Progress = SILENT,
        deadline: float | None = None,
    ) -> int:
        """Train from where the folder's state is, or from the network's present weights.

        Parameters
        ----------
        feed : MixtureFeed
            Its epoch is set.
        progress : Progress
            Counts epochs; cancelling raises `Cancelled` between steps.
        deadline : float, optional
            Seconds since 1970; after the epoch in which it passes training stops.

        Returns
        -------
        int
            Epochs done in all.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        first = self._load()
        feed.epoch = first
        if first < self.settings.epochs:
            keeper = _Keeper(self, first, progress, deadline)
            self._model.stop_training = False
            self._model.fit(
                feed,
                initial_epoch=first,
                epochs=self.settings.epochs,
                verbose=0,
                shuffle=False,
                callbacks=[keeper],
            )
            first = keeper.done
        return first

    def save(self, epoch: int) -> None:
        """Write weights, optimizer and epoch, replacing the last state in one step."""
        arrays = {f"w{i}": w for i, w in enumerate(self.network.get_weights())}
        arrays |= {f"o{i}": np.asarray(v) for i, v in enumerate(self._optimizer.variables)}
        part = self.folder / f"{STATE_NAME}.part"
        with part.open("wb") as handle:
            np.savez(handle, epoch=np.int64(epoch), **arrays)
        part.replace(self.folder / STATE_NAME)

    def _load(self) -> int:
        path = self.folder / STATE_NAME
        for variable, value in zip(self._optimizer.variables, self._start, strict=True):
            variable.assign(value)
        if not path.exists():
            return 0
        weights, optimizer, epoch = read_state(path)
        _check(path, [w.shape for w in self.network.get_weights()], [w.shape for w in weights])
        _check(
            path, [tuple(v.shape) for v in self._optimizer.variables], [v.shape for v in optimizer]
        )
        self.network.set_weights(weights)
        for variable, value in zip(self._optimizer.variables, optimizer, strict=True):
            variable.assign(value)
        return epoch


def read_state(path: Path) -> tuple[list[Any], list[Any], int]:
    """Weights, optimizer variables and epochs done of a state.

    Raises
    ------
    NetworkError
        If it cannot be read.
    """
    try:
        with np.load(path, allow_pickle=False) as data:
            weights, optimizer = (
                [data[f"{kind}{i}"] for i in range(sum(n[0] == kind for n in data.files))]
                for kind in "wo"
            )
            return weights, optimizer, int(data["epoch"])
    except (OSError, ValueError, KeyError) as error:
        raise NetworkError(f"{path}: no state of a training ({error})") from None


def _check(path: Path, wanted: Sequence[Any], found: Sequence[Any]) -> None:
    if list(wanted) != list(found):
        raise NetworkError(f"{path}: the state of another network; choose an empty folder")
