"""One forward pass that gives logits, feature maps and the gradients of chosen classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.dense_tail import DenseTail
from nmrcam_qt.ml.explain.arrays import Array, sparse_product
from nmrcam_qt.ml.graph import Graph

TOP = -1
"""Stands for the class with the highest logit where a class number is asked for."""


@dataclass(frozen=True, slots=True)
class Passed:
    """What one pass gives for n examples, s chosen classes and each layer.

    Parameters
    ----------
    logits : float64 ``(n, n_classes)``
        Class logits.
    chosen : int ``(n, s)``
        Class numbers, `TOP` resolved.
    maps : tuple of float ``(n, h, w, c)``
        Feature maps, one array per layer.
    gradients : tuple of float ``(n, s, h, w, c)``
        ∂logit/∂map of the chosen classes, one array per layer.
    even : bool
        Whether the gradient is the same in every cell of a map.
    """

    logits: NDArray[np.float64]
    chosen: NDArray[np.int32]
    maps: tuple[Array, ...]
    gradients: tuple[Array, ...]
    even: bool = False

    def first(self, n: int) -> Passed:
        """Of the first n examples."""
        maps, gradients = ([x[:n] for x in each] for each in (self.maps, self.gradients))
        return replace(
            self,
            logits=self.logits[:n],
            chosen=self.chosen[:n],
            maps=tuple(maps),
            gradients=tuple(gradients),
        )


class Forward:
    """The bare forward pass, compiled once for any batch size.

    Parameters
    ----------
    model : keras.Model
        Up to the logits.
    graph : Graph, optional
        Of the model: then means over space are summed as `Passes` does, and logits are the
        same to the last bit.
    """

    def __init__(self, model: keras.Model, graph: Graph | None = None) -> None:
        end = _averaged_end(graph) if graph is not None else None
        trunk, rest = model, None
        if graph is not None and end is not None:
            averaged = [graph[name].output for name in _averaged(graph, end) or ()]
            trunk = keras.Model(model.inputs, averaged)
            rest = keras.Model(graph[end].output, model.outputs[0])

        def run(*inputs: Any) -> Any:
            made = trunk(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
            return made if rest is None else rest(_means(tf.nest.flatten(made)), training=False)

        self._types = [tensor.dtype for tensor in model.inputs]
        specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
        self._run = tf.function(run, autograph=False).get_concrete_function(*specs)

    def __call__(self, examples: Sequence[Image]) -> NDArray[np.float64]:
        """Logits, float64 ``(n, n_classes)``, of one ``(n, H, W, C)`` array per input."""
        return np.asarray(self._run(*tensors(examples, self._types)), dtype=np.float64)


class Passes:
    """Forward pass and gradients at some layers, compiled once for any batch size.

    The graph is cut in four: *trunk* (input to the layers, never differentiated), *link*
    (layers to the first Dense that everything passes), that *Dense*, and the *tail*. The
    gradient of all chosen classes at the Dense's input is one matrix product. Where the
    link only flattens, that is all, and it is done outside TensorFlow, where the rows of
    hidden units that are off need not be read; where it only averages over space, the
    gradient is the same in every cell and is written once. Else the link is run backwards: behind
    max-pooling TensorFlow's own scatter (the first of equal maxima takes all), for early
    layers the later convolutions. Without such a Dense the link ends at the logits.

    Where the weights change after the first call it must be told (`weights_changed`).

    Parameters
    ----------
    graph : Graph
        Of the network.
    layers : sequence of str
        Layers whose outputs are wanted; none may feed another.
    shortcut : bool
        False differentiates the whole head, the plain way; for comparison.
    """

    def __init__(self, graph: Graph, layers: Sequence[str], *, shortcut: bool = True) -> None:
        model = graph.model
        cuts = [graph[name].output for name in layers]
        name = bottleneck(graph, layers) if shortcut else None
        self._dense = graph[name].layer if name else None
        self._behind = behind_dense(graph, name) if name else None
        self._ending = (graph, name) if name else None
        self._tail: DenseTail | None = None
        end = graph[name].parents[0] if name else graph.output
        goal = graph[end].output
        self._flat = flattened(graph, end, layers) if name else None
        averaged = _averaged(graph, end) if name else None
        self._pooled = averaged if averaged and set(layers) <= set(averaged) else None
        # All that is averaged is needed for the logits, be its map wanted or not.
        made = [graph[n].output for n in self._pooled] if self._pooled else cuts
        self._wanted = [list(self._pooled or layers).index(layer) for layer in layers]
        self._parts = [self._pooled[layer] for layer in layers] if self._pooled else []
        self._transposed: Array | None = None
        self._extra = [
            graph.inputs.index(n) for n in graph.sources(end, stop=layers) if n not in layers
        ]
        self._trunk = keras.Model(model.inputs, made)
        self._link = keras.Model([*cuts, *(model.inputs[i] for i in self._extra)], goal)
        self._types = [tensor.dtype for tensor in model.inputs]
        self._specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
        self._traced: dict[int, Any] = {}
        self._traced_behind: dict[int, Any] = {}

    def __call__(self, examples: Sequence[Image], chosen: NDArray[np.int32]) -> Passed:
        """Run.

        Parameters
        ----------
        examples : sequence of float32 ``(n, H, W, C)``
            One array per input of the network.
        chosen : int32 ``(n, s)``
            Class numbers wanted for each example, or `TOP`.
        """
        wanted = chosen.shape[1]
        if wanted not in self._traced:
            spec = tf.TensorSpec((None, wanted), tf.int32)
            run = tf.function(self._run, autograph=False)
            self._traced[wanted] = run.get_concrete_function(*self._specs, spec)
        logits, chosen, maps, gradients = self._traced[wanted](
            *tensors(examples, self._types), tf.constant(chosen, tf.int32)
        )
        return self._passed(logits, chosen, maps, gradients)

    def behind(self, maps: Sequence[Array], before: Array, chosen: NDArray[np.int32]) -> Passed:
        """The same from what is known already; only where layers are flattened into a Dense.

        Parameters
        ----------
        maps : sequence of float32 ``(n, h, w, c)``
            One array for each layer.
        before : float ``(n, units)``
            What the Dense gives before its activation.
        chosen : int32 ``(n, s)``
            As above.
        """
        if self._tail is None and self._ending is not None:
            self._tail = DenseTail.of(*self._ending)
        if self._tail is not None:
            logits = self._tail(before)
            top = logits.argmax(axis=1).astype(np.int32)[:, np.newaxis]
            resolved = np.where(chosen == TOP, top, chosen)
            slopes = self._tail.slopes(before, resolved).astype(np.float32)
            return self._passed(logits, resolved, maps, [slopes])
        n, wanted = chosen.shape
        if wanted not in self._traced_behind:
            shape = (None, before.shape[1])
            specs = tf.TensorSpec(shape, tf.float32), tf.TensorSpec((None, wanted), tf.int32)
            run = tf.function(self._tailed, autograph=False)
            self._traced_behind[wanted] = run.get_concrete_function(*specs)
        # Two rows at least: one takes another path through the matrix products.
        rows = [0, 0] if n == 1 else np.arange(n)
        found = self._traced_behind[wanted](
            tf.constant(before[rows], tf.float32), tf.constant(chosen[rows], tf.int32)
        )
        logits, resolved, slopes = (np.asarray(each)[:n] for each in found)
        return self._passed(logits, resolved, maps, [slopes])

    def _passed(self, logits: Any, chosen: Any, maps: Any, gradients: Any) -> Passed:
        maps = [np.asarray(m) for m in maps]
        gradients = [np.asarray(g) for g in gradients]
        if self._flat is not None:
            gradients = self._unflatten(gradients[0], [m.shape[1:] for m in maps])
        elif self._pooled is not None:
            gradients = [
                self._spread(gradients[0], part, m.shape)
                for part, m in zip(self._parts, maps, strict=True)
            ]
        return Passed(
            logits=np.asarray(logits, dtype=np.float64),
            chosen=np.asarray(chosen),
            maps=tuple(maps),
            gradients=tuple(gradients),
            even=self._pooled is not None,
        )

    def weights_changed(self) -> None:
        """Forget what was made of the weights."""
        self._transposed = self._tail = None

    def _unflatten(self, slopes: Array, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
        """Gradients at the layers from those at the Dense, ``(n, s, units)``."""
        if self._transposed is None:
            kernel = np.asarray(self._dense.kernel)  # type: ignore[union-attr]
            self._transposed = np.ascontiguousarray(kernel.T)
        n, wanted, units = slopes.shape
        rows = slopes.reshape(-1, units)
        return [
            sparse_product(rows, self._transposed[:, part]).reshape(n, wanted, *shape)
            for part, shape in zip(self._flat or (), shapes, strict=True)
        ]

    def _spread(self, slopes: Array, part: slice, shape: tuple[int, ...]) -> Array:
        """Gradient at an averaged layer from that at the Dense: one number for all cells."""
        kernel = np.asarray(self._dense.kernel)[part]  # type: ignore[union-attr]
        n, height, width, channels = shape
        once = (slopes @ kernel.T) / (height * width)
        whole = (n, slopes.shape[1], height, width, channels)
        return np.broadcast_to(once[:, :, np.newaxis, np.newaxis], whole)

    def _run(self, *arguments: Any) -> tuple[Any, Any, list[Any], list[Any]]:
        *inputs, chosen = arguments
        made = tf.nest.flatten(self._trunk(list(inputs), training=False))
        maps = [made[i] for i in self._wanted]
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(maps)
            if self._pooled is not None:
                joined = _means(made)
            else:
                fed = [*maps, *(inputs[i] for i in self._extra)]
                (joined,) = tf.nest.flatten(self._link(fed, training=False))
        logits, chosen, slopes = self._head(joined, chosen)
        if self._flat is not None or self._pooled is not None:
            return logits, chosen, maps, [slopes]
        at_join = slopes
        if self._dense is not None:
            at_join = tf.einsum("nsu,du->nsd", slopes, tf.convert_to_tensor(self._dense.kernel))
        by_class = [
            tape.gradient(
                joined,
                maps,
                output_gradients=at_join[:, number],
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            for number in range(chosen.shape[1])
        ]
        stacked = [tf.stack(same, axis=1) for same in zip(*by_class, strict=True)]
        return logits, chosen, maps, stacked

    def _head(self, joined: Any, chosen: Any) -> tuple[Any, Any, Any]:
        """Logits, resolved classes ``(n, s)``, and their gradients ``(n, s, units)``.

        At the Dense's values before its activation; without a Dense, at the logits.
        """
        if self._dense is None:
            chosen = _resolve(chosen, joined)
            return joined, chosen, tf.one_hot(chosen, joined.shape[1], dtype=joined.dtype)
        before = tf.matmul(joined, tf.convert_to_tensor(self._dense.kernel))
        if self._dense.use_bias:
            before += self._dense.bias
        return self._tailed(before, chosen)

    def _tailed(self, before: Any, chosen: Any) -> tuple[Any, Any, Any]:
        """As `_head`, from the Dense's values before its activation."""
        behind = self._behind
        if behind is None:
            raise ValueError("the network has no Dense that everything passes")
        logits = behind(before)
        chosen = _resolve(chosen, logits)
        number = chosen.shape[1]
        # One copy per class: a single backward pass through the tail serves all.
        copies = tf.repeat(before, number, axis=0)
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(copies)
            wanted = tf.gather(behind(copies), tf.reshape(chosen, [-1]), batch_dims=1)
        slopes = tape.gradient(wanted, copies)
        return logits, chosen, tf.reshape(slopes, [-1, number, before.shape[1]])


def behind_dense(graph: Graph, name: str) -> Callable[[Any], Any]:
    """From the values of a Dense before its activation, ``(n, units)``, to the logits."""
    layer, tail = graph[name].layer, None
    if name != graph.output:
        tail = keras.Model(graph[name].output, graph.model.outputs[0])

    def run(before: Any) -> Any:
        values = layer.activation(before)
        return values if tail is None else tail(values, training=False)

    return run


def tensors(examples: Sequence[Image], types: Sequence[str]) -> list[Any]:
    """Arrays as tensors of the types that a model eats."""
    return [
        tf.convert_to_tensor(np.ascontiguousarray(x), dtype=kind)
        if x.dtype == kind
        else tf.cast(np.ascontiguousarray(x), kind)
        for x, kind in zip(examples, types, strict=True)
    ]


def _resolve(chosen: Any, logits: Any) -> Any:
    """Class numbers with `TOP` replaced by the class of the highest logit."""
    top = tf.argmax(logits, axis=1, output_type=tf.int32)[:, tf.newaxis]
    return tf.where(chosen == TOP, top, chosen)


def bottleneck(graph: Graph, layers: Sequence[str]) -> str | None:
    """The first Dense on vectors that everything from inputs to logits passes."""
    for name, step in graph.steps.items():
        if step.kind != "Dense" or len(step.inputs[0].shape) != 2:
            continue
        passed = not graph.sources(graph.output, stop=[name])
        behind = any(graph.reaches(layer, name) for layer in layers)
        if passed and behind:
            return name
    return None


def flattened(graph: Graph, end: str, layers: Sequence[str]) -> list[slice] | None:
    """Where each layer's cells lie in the vector at `end`, if it is only flattened on the way.

    `end` is the layer's Flatten, or the Concatenate of such and of other vectors, and
    perhaps a Dropout after it.
    """
    while graph[end].kind == "Dropout":
        (end,) = graph[end].parents
    if graph[end].kind not in ("Flatten", "Concatenate"):
        return None
    parents = (end,) if graph[end].kind == "Flatten" else graph[end].parents
    found: dict[str, slice] = {}
    start = 0
    for name in parents:
        step = graph[name]
        only = parents.count(name) == 1 and (name == end or graph.consumers(name) == (end,))
        if only and step.kind == "Flatten" and graph.consumers(step.parents[0]) == (name,):
            found[step.parents[0]] = slice(start, start + step.output.shape[1])
        start += step.output.shape[1]
    if any(layer not in found for layer in layers):
        return None
    return [found[layer] for layer in layers]


def _means(maps: Sequence[Any]) -> Any:
    """Means over space, joined, ``(n, c)``; last bits do not depend on the place in the batch."""
    means = [tf.reduce_mean(tf.transpose(m, (0, 3, 1, 2)), axis=(2, 3)) for m in maps]
    return means[0] if len(means) == 1 else tf.concat(means, axis=1)


def _averaged_end(graph: Graph) -> str | None:
    """The layer whose output, means over space, is all that the head sees."""
    layers = [s.parents[0] for s in graph.steps.values() if s.kind == "GlobalAveragePooling2D"]
    dense = bottleneck(graph, layers)
    end = graph[dense].parents[0] if dense else None
    return end if end is not None and _averaged(graph, end) else None


def _averaged(graph: Graph, end: str) -> dict[str, slice] | None:
    """Where the means of each layer lie in the vector at `end`, if it holds nothing else.

    `end` is the mean over space of a layer, or the Concatenate of such, and perhaps a Dropout
    after it; nothing else eats the layers.
    """
    while graph[end].kind == "Dropout":
        (end,) = graph[end].parents
    parents = graph[end].parents if graph[end].kind == "Concatenate" else (end,)
    found: dict[str, slice] = {}
    start = 0
    for name in parents:
        step = graph[name]
        if step.kind != "GlobalAveragePooling2D" or step.layer.keepdims:
            return None
        (layer,) = step.parents
        alone = name == end or graph.consumers(name) == (end,)
        if layer in found or not alone or graph.consumers(layer) != (name,):
            return None
        found[layer] = slice(start, start + step.output.shape[1])
        start += step.output.shape[1]
    return found
