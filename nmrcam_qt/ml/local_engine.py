"""The engine in this process; TensorFlow is loaded at the first use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.ml.quiet import quiet_stderr

if TYPE_CHECKING:
    from nmrcam_qt.ml.contributions import NetworkEngine


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
        progress: Progress = SILENT,
    ) -> list[Analysis]:
        """Scores and maps; see `Engine.analyse`. What takes long can be cancelled by `progress`."""
        own = self._engine(network)
        return own.analyse(network, prepared, methods, classes, layer, progress)

    def painted(
        self, network: str, painting: Painting, rows: Sequence[Row], progress: Progress = SILENT
    ) -> NDArray[np.float64]:
        """Logits of painted examples; see `nmrcam_qt.core.contributing.PaintEngine`."""
        return self._engine(network).painted(network, painting, rows, progress)

    def _engine(self, network: str) -> NetworkEngine:
        """The network of an id or folder."""
        self.start()
        from nmrcam_qt.ml.contributions import NetworkEngine
        from nmrcam_qt.ml.registry import load

        return NetworkEngine(load(network))

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
