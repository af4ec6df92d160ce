"""An engine for workers of a cluster in tests: a certain spectrum ends the process."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence

from fake_engine import FakeEngine

from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis

DEADLY_INK = 33.0
"""Nine squares of `write_picture` have more, eight have less."""


class DyingEngine(FakeEngine):
    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
        progress: Progress = SILENT,
    ) -> list[Analysis]:
        time.sleep(0.02)
        if any(p.examples[0].sum() > DEADLY_INK for p in prepared):
            os._exit(1)
        return super().analyse(network, prepared, methods, classes, layer, progress)
