"""A loaded network as an engine of `core.contributing`: logits of painted spectra, and maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.ml.explain.engine import check_examples, engine
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.network import Network

Floats = NDArray[np.float64]


class NetworkEngine:
    """A loaded network as an engine of `core.contributing`; names of networks do not matter."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def painted(
        self, _network: str, painting: Painting, rows: Sequence[Row], progress: Progress = SILENT
    ) -> Floats:
        """Logits of painted examples; see `painted_logits`."""
        return painted_logits(self._network, painting, rows, progress)

    def analyse(
        self,
        _network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
        progress: Progress = SILENT,
    ) -> list[Analysis]:
        """Scores and maps; see `nmrcam_qt.ml.batch.Engine` and, for progress, `inference`."""
        return analyse_prepared(self._network, prepared, methods, classes, layer, progress)


def painted_logits(
    network: Network, painting: Painting, rows: Sequence[Row], progress: Progress = SILENT
) -> Floats:
    """Logits of painted examples, float64 ``(n_rows, n_classes)``.

    Within 1e-5 of plain forward passes; see `explain.near`. Large examples are painted a few
    at a time, so that memory stays bounded.

    Raises
    ------
    NetworkError
        If the shapes do not fit the network, or a logit is not finite.
    Cancelled
        By `progress`, between two parts.
    """
    if not rows:
        return np.zeros((0, len(network.card.classes)))
    check_examples(network.card, [example[np.newaxis] for example in painting.examples])
    made = engine(network).near(
        len(rows), lambda part: painting.batch(rows[part]), painting.examples, progress
    )
    if not np.isfinite(made).all():
        raise NetworkError(f"{network.card.id}: the network gives scores that are not finite")
    return made
