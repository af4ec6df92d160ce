"""The engine in this process; TensorFlow is loaded at the first use."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.device_words import AUTO
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.ml.devices import Accelerator, Devices
from nmrcam_qt.ml.quiet import quiet_stderr
from nmrcam_qt.ml.tensorflow_devices import TensorFlowDevices

if TYPE_CHECKING:
    from nmrcam_qt.ml.contributions import NetworkEngine


class LocalEngine:
    """Computes in this process; TensorFlow is loaded at the first use.

    Parameters
    ----------
    device : str
        One of `nmrcam_qt.core.device_words.CHOICES`.
    devices : Devices, optional
        What there is; that of TensorFlow where it is left out.

    Raises
    ------
    DeviceError
        By whatever is computed first: a GPU is wanted, and there is none that can be used.
    """

    def __init__(self, device: str = AUTO, devices: Devices | None = None) -> None:
        self._started = False
        self.accelerator = Accelerator(devices or TensorFlowDevices(), device, self.tell)

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
        self.start()

        def work(part: Sequence[Prepared]) -> list[Analysis]:
            own = self._engine(network)
            return own.analyse(network, part, methods, classes, layer, progress)

        alike = (network, tuple(methods), None if classes is None else tuple(classes), layer)
        return self.accelerator.all(alike, prepared, work)

    def painted(
        self, network: str, painting: Painting, rows: Sequence[Row], progress: Progress = SILENT
    ) -> NDArray[np.float64]:
        """Logits of painted examples; see `nmrcam_qt.core.contributing.PaintEngine`."""
        self.start()
        return self.accelerator.whole(
            lambda: self._engine(network).painted(network, painting, rows, progress)
        )

    def _engine(self, network: str) -> NetworkEngine:
        """The network of an id or folder."""
        from nmrcam_qt.ml.contributions import NetworkEngine
        from nmrcam_qt.ml.registry import load

        return NetworkEngine(load(network))

    def start(self) -> None:
        """Load TensorFlow and set it up, once."""
        if not self._started:
            self.set_up()
            self._started = True

    def set_up(self) -> None:
        """Choose the device; let a GPU give memory as it is needed."""
        with quiet_stderr():
            import tensorflow  # noqa: F401 - what it says while it loads
        self.accelerator.set_up()

    def tell(self, note: str) -> None:
        """Why the CPU takes the place of a GPU, on standard error."""
        sys.stderr.write(f"nmrcam: {note}\n")
