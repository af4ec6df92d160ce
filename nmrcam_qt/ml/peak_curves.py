"""Deletion and insertion curves of one input's peaks; every painted spectrum is asked once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.metrics.peak_deletion import MAX_STEPS, Order, kept_after, steps_of
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.contributions import painted_logits
from nmrcam_qt.ml.network import Network

ROWS_PER_STEP = 32
"""Painted examples between two looks at whether the user has cancelled."""

Floats = NDArray[np.float64]


class PeakCurves:
    """What a network says as the peaks of one input go, in any order.

    Peaks without ink are left out; ink that belongs to no peak stays.

    Parameters
    ----------
    network : Network
        What is asked.
    painting : Painting
        Its inputs, parted among peaks.
    at : int
        Number of the input whose peaks go; the others stay whole.
    steps : int
        At most so many points of a curve behind the first.
    """

    def __init__(
        self, network: Network, painting: Painting, at: int, steps: int = MAX_STEPS
    ) -> None:
        self._network, self._painting, self._at = network, painting, at
        regions = painting.regions[at]
        self.labels = np.flatnonzero(regions.cells() > 0)
        self.gone = steps_of(len(self.labels), steps)
        self._known: dict[bytes, Floats] = {}

    def __len__(self) -> int:
        """Number of peaks that can go."""
        return len(self.labels)

    def heat(self, explanation: Explanation) -> Floats:
        """Sum of a map's heat over each peak's samples, float64 ``(n_peaks,)``."""
        spec = self._painting.specs[self._at]
        heat = explanation.heat_at(spec.f1.centres[:, np.newaxis], spec.f2.centres)
        return self._painting.regions[self._at].sums(heat)[self.labels]

    def logits(self, orders: Sequence[Order], progress: Progress = SILENT) -> Floats:
        """Logits along the deletion of each order.

        Parameters
        ----------
        orders : sequence of intp ``(n_peaks,)``
            Numbers of peaks, the first goes first.
        progress : Progress
            Counts painted spectra; cancels.

        Returns
        -------
        float64 ``(n_orders, n_points, n_classes)``
            At the numbers of peaks in `gone`.

        Raises
        ------
        NetworkError
            If a logit is not finite.
        Cancelled
            By `progress`.
        """
        kept = [left for order in orders for left in kept_after(order, self.gone)]
        found = self.of_kept(kept, progress)
        return found.reshape(len(orders), len(self.gone), -1)

    def of_kept(self, kept: Sequence[NDArray[np.bool_]], progress: Progress = SILENT) -> Floats:
        """Logits with only some peaks left, float64 ``(n, n_classes)``.

        Parameters
        ----------
        kept : sequence of bool ``(n_peaks,)``
            Which stay.
        progress : Progress
            As in `logits`.
        """
        new = {left.tobytes(): left for left in kept if left.tobytes() not in self._known}
        if new:
            rows = [
                Row(tuple((self._at, int(label)) for label in self.labels[~left]))
                for left in new.values()
            ]
            keys = list(new)
            for start in range(0, len(rows), ROWS_PER_STEP):
                progress.step(start, len(rows), "spectra with some peaks")
                some = slice(start, start + ROWS_PER_STEP)
                made = painted_logits(self._network, self._painting, rows[some])
                self._known.update(zip(keys[some], made, strict=True))
        return np.array([self._known[left.tobytes()] for left in kept])

    def single_drops(self, progress: Progress = SILENT) -> Floats:
        """Drop of every logit when one peak goes, float64 ``(n_peaks, n_classes)``."""
        everything = np.ones(len(self), bool)
        alone = [everything, *~np.eye(len(self), dtype=bool)]
        logits = self.of_kept(alone, progress)
        return np.asarray(logits[0] - logits[1:])


def evidence_at(explanation: Explanation, f1: Axis, f2: Axis) -> Image:
    """Signed evidence on a grid, bilinear like `Explanation.heat_at`.

    Parameters
    ----------
    explanation : Explanation
    f1, f2 : Axis
        ¹³C and ¹H axes of the grid.

    Returns
    -------
    float32 ``(f1.size, f2.size)``
    """
    places = f1.centres[:, np.newaxis], f2.centres[np.newaxis, :]
    against = replace(explanation, evidence=-explanation.evidence)
    return explanation.heat_at(*places) - against.heat_at(*places)
