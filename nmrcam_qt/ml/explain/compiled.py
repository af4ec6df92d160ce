"""The compiled passes of one network, and where its layers' cells lie."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import layer_cells
from nmrcam_qt.ml.explain.lone import Lone
from nmrcam_qt.ml.explain.memory import (
    held_numbers,
    largest_array,
    most_examples,
    parts,
)
from nmrcam_qt.ml.explain.near import Shortcut, near_logits, shortcut_of
from nmrcam_qt.ml.explain.passes import Forward, Passed, Passes
from nmrcam_qt.ml.explain.probes import Head, InputGradients
from nmrcam_qt.ml.explain.subject import Make
from nmrcam_qt.ml.graph import CONVOLUTIONS, Graph
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.sparse_forward import Half, SparseForward


@dataclass(frozen=True, slots=True)
class Place:
    """One layer of one input's column, where maps are made.

    Parameters
    ----------
    layer : str
        As it was asked for.
    output : str
        The layer whose output is the feature map: the separate activation behind a
        convolution that has none of its own.
    spec : InputSpec
        The input that the map lies on.
    f1, f2 : Axis
        ppm of the cells' centres.
    """

    layer: str
    output: str
    spec: InputSpec
    f1: Axis
    f2: Axis


class Engine:
    """The compiled passes of one network, kept as long as the network; see `engine`."""

    def __init__(self, network: Network) -> None:
        self.card = network.card
        self.sha256 = network.sha256
        self.model = network.model
        self._largest = largest_array(network.model)
        self._held = held_numbers(network.model)
        self._graph: Graph | None = None
        self._places: dict[str | None, tuple[Place, ...]] = {}
        self._passes: dict[tuple[str, ...], Passes] = {}
        self._lone: dict[tuple[str, ...], Lone] = {}
        self._lone_forward = Lone(self._alike_logits)
        self._heads: dict[tuple[str, ...], Head] = {}
        self._to_inputs: InputGradients | None = None

    @property
    def graph(self) -> Graph:
        """Graph of the network (`MethodError` if a layer is used twice)."""
        if self._graph is None:
            self._graph = Graph(self.model)
        return self._graph

    def weights_changed(self) -> None:
        """Forget what was made of the network's weights; what is compiled stays.

        Whoever changes them calls this before the next question.
        """
        for name in ("_shortcut", "_sparse"):
            self.__dict__.pop(name, None)
        for passes in self._passes.values():
            passes.weights_changed()

    @cached_property
    def _shortcut(self) -> Shortcut | None:
        return shortcut_of(self._known_graph())

    @cached_property
    def _forward(self) -> Forward:
        return Forward(self.model, self._known_graph())

    @cached_property
    def _sparse(self) -> SparseForward | None:
        graph = self._known_graph()
        return SparseForward.of(graph, [s.background for s in self.card.inputs]) if graph else None

    def _known_graph(self) -> Graph | None:
        """The graph, None where there can be none."""
        try:
            return self.graph
        except MethodError:
            return None

    def logits(self, examples: Sequence[Image]) -> NDArray[np.float64]:
        """Logits of ``(n, H, W, C)`` arrays, float64 ``(n, n_classes)``."""
        return self.scored(len(examples[0]), lambda part: [x[part] for x in examples])

    def plain_logits(self, examples: Sequence[Image]) -> NDArray[np.float64]:
        """The same by the network's own graph, nothing left out; what others are compared with."""
        rows = parts(len(examples[0]), most_examples(self._largest))
        return np.concatenate([self._forward([x[part] for x in examples]) for part in rows])

    def scored(self, n: int, make: Make, progress: Progress = SILENT) -> NDArray[np.float64]:
        """Logits of n examples that are made in parts that fit into memory.

        Parameters
        ----------
        n : int
            At least 1.
        make : Make
            Gives a part of the examples, one ``(m, H, W, C)`` per input.
        progress : Progress
            Told before every part.

        Returns
        -------
        float64 ``(n, n_classes)``
        """
        made = []
        for part in parts(n, most_examples(self._largest)):
            progress.step(part.start, n)
            made.append(self._scored(make(part)))
        return np.concatenate(made)

    def _scored(self, examples: Sequence[Image]) -> NDArray[np.float64]:
        """Logits of a part: of what is mostly blank the short way."""
        made = []
        for rows, halves in self._runs(examples):
            own = [x[rows] for x in examples]
            if halves and self._sparse is not None:
                made.append(self._sparse.logits(halves))
            elif rows.stop - rows.start == 1 and self._lone_forward.beside_itself:
                made.append(self._forward([np.concatenate([x, x]) for x in own])[:1])
            else:
                made.append(self._forward(own))
        return np.concatenate(made)

    def _runs(self, examples: Sequence[Image]) -> list[tuple[slice, list[Half]]]:
        """Neighbours that go the same way: the short one, with what it gives, or none of it."""
        n = len(examples[0])
        if self._sparse is None:
            return [(slice(0, n), [])]
        runs: list[tuple[slice, list[Half]]] = []
        for row in range(n):
            half = self._sparse([x[row] for x in examples])
            if runs and bool(runs[-1][1]) == (half is not None):
                rows, halves = runs[-1]
                runs[-1] = slice(rows.start, row + 1), halves
            else:
                halves = []
                runs.append((slice(row, row + 1), halves))
            halves += [half] if half is not None else []
        return runs

    def near(
        self, n: int, make: Make, base: Sequence[Image], progress: Progress = SILENT
    ) -> NDArray[np.float64]:
        """Logits of n examples near to one other, within 1e-5 of `scored`, mostly much cheaper.

        Parameters
        ----------
        n, make, progress
            As there.
        base : sequence of float32 ``(H, W, C)``
            What they are near to. An example that equals it has exactly its logits.

        Returns
        -------
        float64 ``(n, n_classes)``
        """
        made = []
        for part in parts(n, most_examples(sum(x.size for x in base))):
            progress.step(part.start, n)
            made.append(near_logits(self._shortcut, self.logits, make(part), base))
        return np.concatenate(made)

    def mean_gradients(
        self, n: int, make: Make, classes: NDArray[np.int32], progress: Progress = SILENT
    ) -> list[NDArray[np.float64]]:
        """Mean over n examples of the gradient of class logits at the inputs.

        Parameters
        ----------
        n, make, progress
            As in `scored`.
        classes : int32 ``(s,)``
            Class numbers.

        Returns
        -------
        list of float64 ``(s, H, W, C)``
            One per input.
        """
        if self._to_inputs is None:
            self._to_inputs = InputGradients(self.model)
        shapes = [(len(classes), *spec.shape) for spec in self.card.inputs]
        total = [np.zeros(shape) for shape in shapes]
        for part in parts(n, most_examples(self._held)):
            progress.step(part.start, n)
            found = self._to_inputs(make(part), classes)
            total = [so_far + more for so_far, more in zip(total, found, strict=True)]
        return [whole / n for whole in total]

    def head_logits(
        self,
        layers: tuple[str, ...],
        n: int,
        make: Make,
        inputs: Sequence[Image],
        progress: Progress = SILENT,
    ) -> NDArray[np.float64]:
        """Logits behind n sets of feature maps.

        Parameters
        ----------
        layers : tuple of str
            Their outputs are given; none may feed another.
        n, progress
            As in `scored`.
        make : Make
            Gives a part of the outputs, one ``(m, h, w, c)`` per layer.
        inputs : sequence of float32 ``(H, W, C)``
            One example, for what reaches the logits around the layers.

        Returns
        -------
        float64 ``(n, n_classes)``
        """
        if layers not in self._heads:
            self._heads[layers] = Head(self.graph, layers)
        made = []
        for part in parts(n, most_examples(self._largest)):
            progress.step(part.start, n)
            made.append(self._heads[layers](make(part), inputs))
        return np.concatenate(made)

    def places(self, layer: str | None = None) -> tuple[Place, ...]:
        """Where maps are made.

        Parameters
        ----------
        layer : str or None
            A layer, which lies in the column of one input; None for the default layer
            of *every* input: the card's where it lies in that column, else the
            column's last convolution.

        Raises
        ------
        NetworkError
            If there is no such layer.
        MethodError
            If its cells have no position on one input.
        """
        if layer not in self._places:
            if layer is not None:
                found: tuple[Place, ...] = (self._place(layer),)
            else:
                found = tuple(self._default(name) for name in self.graph.inputs)
            self._places[layer] = found
        return self._places[layer]

    def input_places(self, places: Sequence[Place] = ()) -> tuple[Place, ...]:
        """The samples of inputs, as places of maps that lie on them.

        Parameters
        ----------
        places : sequence of Place
            Only the inputs that these lie on; all where there is none.
        """
        chosen = {place.spec.name for place in places}
        return tuple(
            Place(spec.name, spec.name, spec, spec.f1, spec.f2)
            for spec in self.card.inputs
            if not chosen or spec.name in chosen
        )

    def _place(self, layer: str) -> Place:
        output = self.graph.after_activation(layer)
        cells = layer_cells(self.graph, output)
        spec = self.card.inputs[self.graph.inputs.index(cells.input_name)]
        return Place(layer, output, spec, *cells.axes(spec))

    def _default(self, input_name: str) -> Place:
        """The default layer of one input."""
        graph = self.graph
        last = [
            name
            for name, step in graph.steps.items()
            if step.kind in CONVOLUTIONS
            and graph.sources(name) == (input_name,)
            and graph.reaches(name, graph.output)
        ]
        wanted = self.card.default_layer
        if wanted in graph.steps and graph.sources(wanted) == (input_name,):
            return self._place(wanted)
        if not last:
            raise MethodError(f"no convolution sees only the input {input_name!r}")
        return self._place(last[-1])

    def run(
        self, examples: Sequence[Image], chosen: NDArray[np.int32], places: tuple[Place, ...]
    ) -> list[Passed]:
        """Passes over a batch, in parts that fit into memory."""
        layers = tuple(place.output for place in places)
        if layers not in self._passes:
            made = self._passes[layers] = Passes(self.graph, layers)
            self._lone[layers] = Lone(partial(self._alike, made))
        cells = sum(int(np.prod(self.graph[name].output.shape[1:])) for name in layers)
        most = most_examples(max(self._largest, cells * (1 + chosen.shape[1])))
        return [
            passed
            for part in parts(len(examples[0]), most)
            for passed in self._run(layers, [x[part] for x in examples], chosen[part])
        ]

    def _run(
        self, layers: tuple[str, ...], examples: Sequence[Image], chosen: NDArray[np.int32]
    ) -> list[Passed]:
        """Passes over a part: of what is mostly blank the short way, where it goes that far."""
        passes = self._passes[layers]
        short = self._sparse is not None and layers == self._sparse.outputs
        runs = self._runs(examples) if short else [(slice(0, len(chosen)), [])]
        made = []
        for rows, halves in runs:
            own, wanted = [x[rows] for x in examples], chosen[rows]
            if halves:
                maps = [np.stack(same) for same in zip(*(h.maps for h in halves), strict=True)]
                before = np.stack([half.before for half in halves])
                made.append(passes.behind(maps, before, wanted))
            elif len(wanted) == 1 and self._lone[layers].beside_itself:
                twice = [np.concatenate([x, x]) for x in own]
                made.append(passes(twice, np.concatenate([wanted, wanted])).first(1))
            else:
                made.append(passes(own, wanted))
        return made

    def _random(self) -> list[Image]:
        """An example of everything that an input can hold."""
        rng = np.random.default_rng(0)
        return [rng.random((1, *spec.shape), np.float32) for spec in self.card.inputs]

    def _alike(self, passes: Passes) -> bool:
        """Whether an example alone has the numbers it has among others, to the last bit."""
        one = self._random()
        every = np.arange(len(self.card.classes), dtype=np.int32)[np.newaxis]
        alone = passes(one, every)
        beside = passes([np.repeat(x, 2, axis=0) for x in one], np.repeat(every, 2, axis=0))
        found = alone.logits, *alone.maps, *alone.gradients
        others = beside.first(1)
        wanted = others.logits, *others.maps, *others.gradients
        return all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))

    def _alike_logits(self) -> bool:
        one = self._random()
        beside = self._forward([np.repeat(x, 2, axis=0) for x in one])
        return np.array_equal(self._forward(one), beside[:1])


_ENGINES: weakref.WeakKeyDictionary[Network, Engine] = weakref.WeakKeyDictionary()


def engine(network: Network) -> Engine:
    """The engine of a network: made once, dropped with the network.

    Where the network's weights change afterwards it must be told (`Engine.weights_changed`).
    """
    if network not in _ENGINES:
        _ENGINES[network] = Engine(network)
    return _ENGINES[network]
