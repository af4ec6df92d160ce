"""Explanations of one network: all classes and all gradient methods from one forward pass."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.errors import MethodError, NetworkError
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import layer_cells
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.memory import largest_array, most_examples, parts
from nmrcam_qt.ml.explain.methods import EVIDENCE, require
from nmrcam_qt.ml.explain.passes import TOP, Forward, Passed, Passes
from nmrcam_qt.ml.graph import CONVOLUTIONS, Graph
from nmrcam_qt.ml.network import Network

Unavailable = tuple[tuple[str, str], ...]


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


@dataclass(frozen=True, slots=True)
class Explained:
    """What `explain_batch` gives for n examples.

    Parameters
    ----------
    logits : float64 ``(n, n_classes)``
        From the same forward pass.
    explanations : tuple of length n of tuple of Explanation
        By class, then method, then input.
    unavailable : tuple of (method, reason)
        Methods that this network does not have at this layer.
    """

    logits: NDArray[np.float64]
    explanations: tuple[tuple[Explanation, ...], ...]
    unavailable: Unavailable


class Engine:
    """The compiled passes of one network, kept as long as the network; see `engine`."""

    def __init__(self, network: Network) -> None:
        self.card = network.card
        self.sha256 = network.sha256
        self._model = network.model
        self._largest = largest_array(network.model)
        self._graph: Graph | None = None
        self._forward: Forward | None = None
        self._places: dict[str | None, tuple[Place, ...]] = {}
        self._passes: dict[tuple[str, ...], Passes] = {}

    @property
    def graph(self) -> Graph:
        """Graph of the network (`MethodError` if a layer is used twice)."""
        if self._graph is None:
            self._graph = Graph(self._model)
        return self._graph

    def _known_graph(self) -> Graph | None:
        """The graph, None where there can be none."""
        try:
            return self.graph
        except MethodError:
            return None

    def logits(self, examples: Sequence[Image]) -> NDArray[np.float64]:
        """Logits of ``(n, H, W, C)`` arrays, float64 ``(n, n_classes)``."""
        if self._forward is None:
            self._forward = Forward(self._model, self._known_graph())
        forward = self._forward
        cut = parts(len(examples[0]), most_examples(self._largest))
        return np.concatenate([forward([x[part] for x in examples]) for part in cut])

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
            self._passes[layers] = Passes(self.graph, layers)
        cells = sum(int(np.prod(self.graph[name].output.shape[1:])) for name in layers)
        most = most_examples(max(self._largest, cells * (1 + chosen.shape[1])))
        passes = self._passes[layers]
        return [
            passes([x[part] for x in examples], chosen[part])
            for part in parts(len(examples[0]), most)
        ]


_ENGINES: weakref.WeakKeyDictionary[Network, Engine] = weakref.WeakKeyDictionary()


def engine(network: Network) -> Engine:
    """The engine of a network: made once, dropped with the network.

    The network's weights must not change afterwards: for a network with other weights
    (randomised, say) make another `Network`.
    """
    if network not in _ENGINES:
        _ENGINES[network] = Engine(network)
    return _ENGINES[network]


def explain(
    network: Network,
    examples: Sequence[Image],
    methods: Sequence[str],
    classes: str | Sequence[str],
    layer: str | None = None,
) -> tuple[list[Explanation], list[tuple[str, str]]]:
    """Explain one example.

    Parameters
    ----------
    network : Network
        What is explained.
    examples : sequence of float32 ``(H, W, C)``
        One array per input, in the card's order.
    methods : sequence of str
        Ids from `nmrcam_qt.core.methods.METHODS`.
    classes : "all", "top" or sequence of str
        Class ids.
    layer : str or None
        Where; None for the default layer of every input.

    Returns
    -------
    list of Explanation, list of (method, reason)

    Raises
    ------
    NetworkError, CardError, MethodError
        If there is no such layer, class or method, or the shapes do not fit.
    """
    wanted = classes if isinstance(classes, str) else [classes]
    done = explain_batch(network, [x[np.newaxis] for x in examples], methods, wanted, layer)
    return list(done.explanations[0]), list(done.unavailable)


def explain_batch(
    network: Network,
    examples: Sequence[Image],
    methods: Sequence[str],
    classes: str | Sequence[Sequence[str]],
    layer: str | None = None,
) -> Explained:
    """Explain n examples: one forward pass and one gradient for everything.

    Parameters
    ----------
    network : Network
        What is explained.
    examples : sequence of float32 ``(n, H, W, C)``
        One array per input, in the card's order.
    methods : sequence of str
        Ids from `nmrcam_qt.core.methods.METHODS`.
    classes : "all", "top" or sequence of n sequences of str
        Class ids, for each example its own.
    layer : str or None
        Where; None for the default layer of every input.

    Returns
    -------
    Explained

    Raises
    ------
    NetworkError, CardError, MethodError
        If there is no such layer, class or method, or the shapes do not fit.
    """
    own = engine(network)
    _check_examples(own, examples)
    chosen, counts = _chosen(own, classes, len(examples[0]))
    for method in methods:
        if method not in EVIDENCE:
            raise MethodError(f"no method {method!r}; expected one of {', '.join(EVIDENCE)}")
    places, usable, unavailable = _available(own, methods, layer)
    if not usable or not chosen.size:
        empty: tuple[tuple[Explanation, ...], ...] = ((),) * len(examples[0])
        return Explained(_logits(own, examples), empty, unavailable)
    passed = own.run(examples, chosen, places)
    maps: list[tuple[Explanation, ...]] = []
    for part in passed:
        for row in range(len(part.logits)):
            maps.append(_explanations(own, part, row, counts[len(maps)], usable, places))
    return Explained(np.concatenate([part.logits for part in passed]), tuple(maps), unavailable)


def _explanations(
    own: Engine,
    part: Passed,
    row: int,
    count: int,
    methods: Sequence[str],
    places: tuple[Place, ...],
) -> tuple[Explanation, ...]:
    """All maps of one example: by class, then method, then input."""
    if not count:
        return ()
    # One example at a time keeps its arrays in the processor's cache.
    computed: dict[tuple[str, int], Array] = {}
    for number, place in enumerate(places):
        maps, gradients = part.maps[number][row], part.gradients[number][row, :count]
        for method in methods:
            with np.errstate(over="ignore", invalid="ignore"):  # checked in _explanation
                evidence = EVIDENCE[method](maps, gradients)
            computed[method, number] = (
                evidence if place.spec.rows == "f1" else evidence.transpose(0, 2, 1)
            )
    return tuple(
        _explanation(own, place, method, part.chosen[row, k], computed[method, number][k])
        for k in range(count)
        for method in methods
        for number, place in enumerate(places)
    )


def _explanation(
    own: Engine, place: Place, method: str, class_number: int, evidence: Array
) -> Explanation:
    with np.errstate(over="ignore"):
        values = evidence.astype(np.float32)
    if not np.isfinite(values).all():
        raise NetworkError(f"{own.card.id}: the network gives {method} maps that are not finite")
    return Explanation(
        evidence=values,
        f1=place.f1,
        f2=place.f2,
        input_name=place.spec.name,
        class_id=own.card.class_ids[class_number],
        method=method,
        layer=place.layer,
        network=own.card.id,
        network_sha256=own.sha256,
    )


def _available(
    own: Engine, methods: Sequence[str], layer: str | None
) -> tuple[tuple[Place, ...], list[str], Unavailable]:
    """Places, the methods that can be had there, and the others with the reason."""
    try:
        places = own.places(layer)
    except MethodError as error:
        return (), [], tuple((method, str(error)) for method in methods)
    usable, reasons = [], []
    for method in methods:
        try:
            for place in places:
                require(method, own.graph, place.output)
            usable.append(method)
        except MethodError as error:
            reasons.append((method, str(error)))
    return places, usable, tuple(reasons)


def _chosen(
    own: Engine, classes: str | Sequence[Sequence[str]], n: int
) -> tuple[NDArray[np.int32], list[int]]:
    """Class numbers ``(n, s)``, padded with class 0, and how many count for each example."""
    ids = own.card.class_ids
    if classes == "top":
        return np.full((n, 1), TOP, dtype=np.int32), [1] * n
    if classes == "all":
        return np.tile(np.arange(len(ids), dtype=np.int32), (n, 1)), [len(ids)] * n
    if isinstance(classes, str) or len(classes) != n:
        raise NetworkError(f"classes {classes!r}: expected all, top, or one list for each example")
    for own_ids in classes:
        for class_id in own_ids:
            own.card.class_spec(class_id)
    counts = [len(own_ids) for own_ids in classes]
    chosen = np.zeros((n, max(counts, default=0)), dtype=np.int32)
    for row, own_ids in enumerate(classes):
        chosen[row, : len(own_ids)] = [ids.index(class_id) for class_id in own_ids]
    return chosen, counts


def _check_examples(own: Engine, examples: Sequence[Image]) -> None:
    """One batch per input, all of one length, of the card's shapes."""
    if len(examples) != len(own.card.inputs):
        raise NetworkError(
            f"{own.card.id}: {len(examples)} inputs given; expected {len(own.card.inputs)}"
        )
    for x, spec in zip(examples, own.card.inputs, strict=True):
        if x.shape[1:] != spec.shape or len(x) != len(examples[0]):
            raise NetworkError(
                f"{own.card.id}: input {spec.name} has shape {x.shape}; "
                f"expected {(len(examples[0]), *spec.shape)}"
            )


def _logits(own: Engine, examples: Sequence[Image]) -> NDArray[np.float64]:
    if not len(examples[0]):
        return np.zeros((0, len(own.card.classes)))
    return own.logits(examples)
