"""Fitting a network: adam, at most 50 epochs, stop when the training loss is small."""

from __future__ import annotations

from collections.abc import Sequence
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


def fit(
    model: keras.Model,
    examples: Sequence[Image],
    labels: NDArray[np.intp],
    settings: TrainingSettings,
    progress: Progress = SILENT,
    text: str = "training",
) -> History:
    """Fit a softmax network in place. Seed Keras before the network is built.

    Parameters
    ----------
    model : keras.Model
        From `nmrcam_qt.ml.networks.build_kuhn`.
    examples : sequence of float32 ``(n, H, W, C)``
        One array per input of the network.
    labels : int ``(n,)``
        Class numbers.
    settings : TrainingSettings
        Epochs, stop, batch size, learning rate.
    progress : Progress
        Counts epochs; cancelling raises `Cancelled` between steps.

    Returns
    -------
    History
    """
    watch = _Watch(settings, progress, text)
    model.compile(
        optimizer=keras.optimizers.Adam(settings.learning_rate),
        loss="sparse_categorical_crossentropy",
    )
    model.fit(
        list(examples) if len(examples) > 1 else examples[0],
        labels,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        verbose=0,
        callbacks=[watch],
    )
    return History(tuple(watch.losses))
