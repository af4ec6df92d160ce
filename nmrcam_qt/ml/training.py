"""Fitting a network: adam, at most 50 epochs, stop when the training loss is small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How a network of the study is trained (Kuhn et al. 2021 where they say).

    Parameters
    ----------
    epochs : int
        Upper limit.
    stop_loss : float
        Training ends after the first epoch whose mean loss (nats) is below this.
    batch_size : int
        Pictures per step.
    learning_rate : float
        Of adam.
    """

    epochs: int = 50
    stop_loss: float = 0.01
    batch_size: int = 8
    learning_rate: float = 1e-3


@dataclass(frozen=True, slots=True)
class History:
    """Mean training loss (nats) after each epoch."""

    losses: tuple[float, ...]


class _Watch(keras.callbacks.Callback):  # type: ignore[misc]
    """Stop at a small loss; report every step; stop when the user cancels."""

    def __init__(self, settings: TrainingSettings, progress: Progress, text: str) -> None:
        super().__init__()
        self.settings = settings
        self.progress = progress
        self.text = text
        self.losses: list[float] = []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Give the user a chance to cancel between steps."""
        self.progress.step(len(self.losses), self.settings.epochs, self.text)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Keep the loss and stop when it is small enough."""
        self.losses.append(float(logs["loss"]))
        if self.losses[-1] < self.settings.stop_loss:
            self.model.stop_training = True


class Trainer:
    """Trains one architecture again and again from fresh weights.

    The compiled step is kept; weights and optimizer are set back. A new model for every
    fold would be simpler, but TensorFlow 2.21 keeps about 90 MB of each for ever: 13 GB
    after 140 trainings, measured.

    Parameters
    ----------
    build : callable
        Makes the softmax network; called once for each training, because the initial
        weights depend on the seed.
    settings : TrainingSettings
        Epochs, stop, batch size, learning rate.
    """

    def __init__(self, build: Callable[[], keras.Model], settings: TrainingSettings) -> None:
        self._build = build
        self._settings = settings
        self._model = build()
        optimizer = keras.optimizers.Adam(settings.learning_rate)
        optimizer.build(self._model.trainable_variables)
        self._start = [np.asarray(v).copy() for v in optimizer.variables]
        self._model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy")

    def train(
        self,
        examples: Sequence[Image],
        labels: NDArray[np.intp],
        seed: int,
        progress: Progress = SILENT,
        text: str = "training",
    ) -> tuple[keras.Model, History]:
        """Train from fresh weights.

        Parameters
        ----------
        examples : sequence of float32 ``(n, H, W, C)``
            One array per input of the network.
        labels : int ``(n,)``
            Class numbers.
        seed : int
            Of the initial weights and of the order of the pictures.
        progress : Progress
            Counts epochs; cancelling raises `Cancelled` between steps.

        Returns
        -------
        model : keras.Model
            The same object every time: use it before the next training.
        history : History
        """
        keras.utils.set_random_seed(seed)
        self._model.set_weights(self._build().get_weights())
        for variable, value in zip(self._model.optimizer.variables, self._start, strict=True):
            variable.assign(value)
        self._model.stop_training = False
        watch = _Watch(self._settings, progress, text)
        self._model.fit(
            list(examples) if len(examples) > 1 else examples[0],
            labels,
            batch_size=self._settings.batch_size,
            epochs=self._settings.epochs,
            verbose=0,
            callbacks=[watch],
        )
        return self._model, History(tuple(watch.losses))
