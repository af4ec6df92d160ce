"""Methods that ask the network again, one example after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import layer_cells
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.compiled import Engine
from nmrcam_qt.ml.explain.methods import ASKING
from nmrcam_qt.ml.explain.plan import Plan
from nmrcam_qt.ml.explain.subject import At, Subject

_FINE = 1000
"""Parts of one map of one example in what is reported."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """Progress of one method on one example, as a share of the whole work."""

    progress: Progress
    number: int
    count: int
    text: str

    def step(self, done: int, total: int, text: str = "") -> None:
        """Report; raises if the work was cancelled."""
        fine = _FINE * done // max(total, 1)
        self.progress.step(_FINE * self.number + fine, _FINE * self.count, text or self.text)


class Asking:
    """Runs the methods of a plan that ask the network again.

    Parameters
    ----------
    own : Engine
        Of the network.
    plan : Plan
        Which methods, where.
    examples : sequence of float32 ``(n, H, W, C)``
        The whole batch.
    progress : Progress
        Told of every part.
    """

    def __init__(
        self, own: Engine, plan: Plan, examples: Sequence[Image], progress: Progress
    ) -> None:
        self._own, self._plan, self._examples = own, plan, examples
        self._progress = progress
        names = [spec.name for spec in own.card.inputs]
        self._wanted = tuple(names.index(place.spec.name) for place in plan.inputs)
        on_maps = plan.places if any(not METHODS[m].on_input for m in plan.by_asking) else ()
        self._layers = [
            (place.output, names.index(place.spec.name), layer_cells(own.graph, place.output))
            for place in on_maps
        ]
        self._last: tuple[int, bytes, dict[tuple[str, int], Array]] | None = None

    def computed(
        self, number: int, classes: NDArray[np.int32], maps: Sequence[Array]
    ) -> dict[tuple[str, int], Array]:
        """Evidence ``(n_classes, H, W)`` by method and number of the place.

        Parameters
        ----------
        number : int
            Of the example in the batch.
        classes : int32 ``(n_classes,)``
            Class numbers.
        maps : sequence of float ``(h, w, channels)``
            Its feature maps at the plan's places; none where no method needs them.
        """
        key = classes.tobytes()
        # The same example twice in a row is no second work.
        if self._last is not None and self._last[1] == key and self._same(number, self._last[0]):
            return self._last[2]
        count = len(self._plan.by_asking) * len(self._examples[0])
        found: dict[tuple[str, int], Array] = {}
        for step, method in enumerate(self._plan.by_asking):
            done = number * len(self._plan.by_asking) + step
            stage = _Stage(self._progress, done, count, METHODS[method].title)
            subject = Subject(
                asked=self._own,
                specs=self._own.card.inputs,
                inputs=tuple(x[number] for x in self._examples),
                classes=classes,
                wanted=self._wanted,
                ats=tuple(
                    At(*layer, here) for layer, here in zip(self._layers, maps, strict=False)
                ),
                progress=stage,
            )
            with np.errstate(over="ignore", invalid="ignore"):  # maps are checked when made
                evidence = ASKING[method](subject)
            found |= {(method, place): values for place, values in enumerate(evidence)}
        self._last = (number, key, found)
        return found

    def _same(self, number: int, other: int) -> bool:
        """Whether two examples of the batch are one and the same."""
        return all(np.array_equal(x[number], x[other]) for x in self._examples)
