"""Further passes through a network: gradients at its inputs, and its part behind some layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.passes import tensors
from nmrcam_qt.ml.graph import Graph


class InputGradients:
    """Gradients of class logits at the inputs, compiled once for each number of classes.

    Parameters
    ----------
    model : keras.Model
        Up to the logits.
    """

    def __init__(self, model: keras.Model) -> None:
        self._model = model
        self._types = [tensor.dtype for tensor in model.inputs]
        self._specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in model.inputs]
        self._traced: dict[int, Any] = {}

    def __call__(self, examples: Sequence[Image], classes: NDArray[np.int32]) -> list[Array]:
        """Sum over the examples of ∂logit/∂input.

        Parameters
        ----------
        examples : sequence of float32 ``(n, H, W, C)``
            One array per input of the network.
        classes : int32 ``(s,)``
            Class numbers.

        Returns
        -------
        list of float ``(s, H, W, C)``
            One per input.
        """
        if len(classes) not in self._traced:
            spec = tf.TensorSpec((len(classes),), tf.int32)
            run = tf.function(self._run, autograph=False)
            self._traced[len(classes)] = run.get_concrete_function(*self._specs, spec)
        run = self._traced[len(classes)]
        found = run(*tensors(examples, self._types), tf.constant(classes, tf.int32))
        return [np.asarray(gradient) for gradient in found]

    def _run(self, *arguments: Any) -> list[Any]:
        *inputs, classes = arguments
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(inputs)
            fed = list(inputs) if len(inputs) > 1 else inputs[0]
            logits = self._model(fed, training=False)
            wanted = [
                tf.reduce_sum(tf.gather(logits, classes[number], axis=1))
                for number in range(classes.shape[0])
            ]
        none = tf.UnconnectedGradients.ZERO
        by_class = [
            [tf.reduce_sum(g, axis=0) for g in tape.gradient(y, inputs, unconnected_gradients=none)]
            for y in wanted
        ]
        return [tf.stack(same) for same in zip(*by_class, strict=True)]


class Head:
    """The part of a network behind some layers, compiled once for any batch size.

    Parameters
    ----------
    graph : Graph
        Of the network.
    layers : sequence of str
        Their outputs are fed; none may feed another.
    """

    def __init__(self, graph: Graph, layers: Sequence[str]) -> None:
        model = graph.model
        fed = graph.sources(graph.output, stop=layers)
        self.extra = [graph.inputs.index(name) for name in fed if name not in layers]
        """Numbers of the inputs that reach the logits around the layers."""
        starts = [graph[name].output for name in layers]
        starts += [model.inputs[number] for number in self.extra]
        head = keras.Model(starts, model.outputs[0])

        def run(*values: Any) -> Any:
            return tf.nest.flatten(head(list(values), training=False))[0]

        self._types = [tensor.dtype for tensor in starts]
        specs = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in starts]
        self._run = tf.function(run, autograph=False).get_concrete_function(*specs)

    def __call__(self, maps: Sequence[Array], inputs: Sequence[Image]) -> NDArray[np.float64]:
        """Logits, float64 ``(n, n_classes)``.

        Parameters
        ----------
        maps : sequence of float ``(n, h, w, c)``
            Outputs of the layers.
        inputs : sequence of float32 ``(H, W, C)``
            One example of the network's inputs, for those that go around the layers.
        """
        n = len(maps[0])
        around = [np.broadcast_to(inputs[k], (n, *inputs[k].shape)) for k in self.extra]
        return np.asarray(self._run(*tensors([*maps, *around], self._types)), dtype=np.float64)
