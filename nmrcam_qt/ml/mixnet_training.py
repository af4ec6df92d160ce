"""Fitting of mixture networks: learning rate, a state after every epoch, going on."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.ml.token_feed import TokenFeed
from nmrcam_qt.ml.token_training import PARTS, TokenFitSettings
from nmrcam_qt.ml.weights import load_arrays

STATE_NAME = "state.npz"
LOG_NAME = "log.jsonl"


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
    """After every epoch: the state to disk, a line to the log."""

    def __init__(self, fitter: Fitter, first: int, progress: Progress) -> None:
        super().__init__()
        self.fitter, self.done, self.progress = fitter, first, progress
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


class Fitter:
    """One compiled network and its folder; use it again for fold after fold.

    TensorFlow keeps some 90 MB of every network that was ever fitted.

    Parameters
    ----------
    network : keras.Model
        From `token_training.build_training`: its outputs are its losses.
    settings : TokenFitSettings
        Epochs, learning rate, weights of the losses.
    steps : int
        Steps per epoch, for the learning rate.
    folder : Path
        Gets `STATE_NAME` and `LOG_NAME`.
    """

    def __init__(
        self, network: keras.Model, settings: TokenFitSettings, steps: int, folder: Path
    ) -> None:
        self.network = network
        self.settings = settings
        self.folder = folder
        rate = WarmCosine(settings.learning_rate, settings.warm_up, settings.epochs * steps)
        self._optimizer = keras.optimizers.AdamW(rate, weight_decay=settings.decay, clipnorm=1.0)
        self._optimizer.build(network.trainable_variables)
        self._start = [np.asarray(v).copy() for v in self._optimizer.variables]
        network.compile(
            optimizer=self._optimizer,
            loss=[_output] * len(PARTS),
            loss_weights=list(settings.weights),
            jit_compile=False,
        )

    def fit(self, feed: TokenFeed, progress: Progress = SILENT) -> int:
        """Train from where the folder's state is, or from the network's present weights.

        Parameters
        ----------
        feed : TokenFeed
            Its epoch is set.
        progress : Progress
            Counts epochs; cancelling raises `Cancelled` between steps.

        Returns
        -------
        int
            Epochs done in all.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        first = self._load()
        feed.epoch = first
        if first < self.settings.epochs:
            keeper = _Keeper(self, first, progress)
            self.network.fit(
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


def _output(_nothing: Any, loss: Any) -> Any:
    """The network's output is the loss."""
    return loss


def read_state(path: Path) -> tuple[list[Any], list[Any], int]:
    """Weights, optimizer variables and epochs done of a state.

    Raises
    ------
    NetworkError
        If it cannot be read.
    """
    data = load_arrays(path, "state of a training")
    try:
        weights, optimizer = (
            [data[f"{kind}{i}"] for i in range(sum(n.startswith(kind) for n in data))]
            for kind in "wo"
        )
        return weights, optimizer, int(data["epoch"])
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise NetworkError(f"{path}: no state of a training ({error})") from None


def _check(path: Path, wanted: Sequence[Any], found: Sequence[Any]) -> None:
    if list(wanted) != list(found):
        raise NetworkError(f"{path}: the state of another network; choose an empty folder")
