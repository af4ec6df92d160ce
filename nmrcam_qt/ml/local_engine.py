"""The engine in this process; TensorFlow is loaded at the first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.ml.quiet import quiet_stderr


class LocalEngine:
    """Computes in this process; TensorFlow is loaded at the first use."""

    def __init__(self) -> None:
        self._started = False

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> list[Analysis]:
        """Scores and maps; see `Engine.analyse`."""
        self.start()
        from nmrcam_qt.ml.inference import analyse_prepared
        from nmrcam_qt.ml.registry import load

        # A single example takes another path through the matrix products, whose last bits
        # differ. Beside itself it has the numbers of any batch, and so the same picture.
        twice = [*prepared, *prepared] if len(prepared) == 1 else prepared
        made = analyse_prepared(load(network), twice, methods=methods, classes=classes, layer=layer)
        return made[: len(prepared)]

    def start(self) -> None:
        """Load TensorFlow and set it up, once."""
        if not self._started:
            self.set_up()
            self._started = True

    def set_up(self) -> None:
        """Let a GPU give memory as it is needed."""
        with quiet_stderr():
            grow_memory()


def grow_memory() -> list[Any]:
    """Let every GPU give memory as it is needed instead of all at once; the GPUs."""
    import tensorflow as tf

    gpus = list(tf.config.list_physical_devices("GPU"))
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return gpus
