"""Chains of convolutions: only the cells that changed samples reach are computed again.

A changed block of samples reaches a block of every feature map, which grows by the reach of each
window and shrinks by each stride (the arithmetic of `cells.Window`). The block's surroundings are
those of the example that all are near to, whose maps are computed once. Behind the last map the
first Dense is linear: what it gives changes by the product of the map's change with the weights
of the cells in the block. No number is left out, so that only rounding differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.cells import Window
from nmrcam_qt.ml.explain.passes import behind_dense, bottleneck, flattened, tensors
from nmrcam_qt.ml.graph import Graph, Step
from nmrcam_qt.ml.painted_forward_blocks import Blocks, Column, Ints, Sizes, Stage

Floats = NDArray[np.float64]

_POINTWISE = frozenset({"Activation", "ReLU", "LeakyReLU", "ELU", "Dropout", "SpatialDropout2D"})
_GRAIN = 8
"""Sizes of blocks are multiples of so many samples, so that many share a batch."""
_MOST = 64
"""Blocks in a batch."""
_PART = 4096
"""Numbers summed in float32."""


class ChainForward:
    """Logits of examples near to one, for networks of chains, a Flatten each, and Dense layers.

    The weights must not change after the first call.

    Parameters
    ----------
    graph : Graph
        Of the network.
    columns : sequence of Column
        One for each input.
    dense : str
        The Dense behind them.
    """

    def __init__(self, graph: Graph, columns: Sequence[Column], dense: str) -> None:
        model = graph.model
        self._columns = tuple(columns)
        self._layer = graph[dense].layer
        self._kernel = np.asarray(self._layer.kernel)
        outputs = [stage.output for column in columns for stage in column.stages]
        end = graph[graph[dense].parents[0]].output
        trunk = keras.Model(model.inputs, [*outputs, end])

        def run(*inputs: Any) -> Any:
            return tf.nest.flatten(trunk(list(inputs), training=False))

        self._types = [tensor.dtype for tensor in model.inputs]
        specs = [tf.TensorSpec((1, *t.shape[1:]), t.dtype) for t in model.inputs]
        units = tf.TensorSpec((None, self._kernel.shape[1]), tf.float32)
        self._run = tf.function(run, autograph=False).get_concrete_function(*specs)
        self._finish = tf.function(
            behind_dense(graph, dense), autograph=False
        ).get_concrete_function(units)

    @classmethod
    def of(cls, graph: Graph) -> ChainForward | None:
        """That of a network; None where its graph is another."""
        found = chains_to_dense(graph)
        return None if found is None else cls(graph, *found)

    def __call__(
        self, examples: Sequence[Image], base: Sequence[Image]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Logits of those near to the base; see `explain.near.Shortcut`."""
        boxes = [_boxes(x, whole) for x, whole in zip(examples, base, strict=True)]
        sizes = [
            _grained(box, column.shape) for box, column in zip(boxes, self._columns, strict=True)
        ]
        done = np.ones(len(examples[0]), bool)
        for own, column in zip(sizes, self._columns, strict=True):
            for size in np.unique(own, axis=0):
                if not column.worth((int(size[0]), int(size[1]))):
                    done &= ~(own == size).all(axis=1)
        logits = np.zeros((len(done), self._classes))
        if done.any():
            with np.errstate(over="ignore", invalid="ignore"):
                before = self._before(examples, base, boxes, sizes, done)
            # What overflows here may be cut off by an activation on the plain way.
            done &= np.isfinite(before).all(axis=1)
            logits[done] = np.asarray(
                self._finish(tf.constant(before[done], tf.float32)), np.float64
            )
        return logits, done

    @property
    def _classes(self) -> int:
        return int(self._finish.structured_outputs.shape[1])

    def _before(
        self,
        examples: Sequence[Image],
        base: Sequence[Image],
        boxes: Sequence[Ints],
        sizes: Sequence[Ints],
        done: NDArray[np.bool_],
    ) -> Floats:
        """What the Dense gives before its activation, ``(n, units)``."""
        made = self._run(*tensors([whole[np.newaxis] for whole in base], self._types))
        *maps, joined = (np.asarray(each)[0] for each in made)
        out = np.repeat(self._summed(joined)[np.newaxis], len(done), axis=0)
        for number, column in enumerate(self._columns):
            own, maps = maps[: len(column.stages)], maps[len(column.stages) :]
            x, size = examples[number], sizes[number]
            for rows in _grouped(size, done):
                common = (int(size[rows[0], 0]), int(size[rows[0], 1]))
                first = np.minimum(boxes[number][rows, :2], np.subtract(column.shape, common))
                given = [base[number], *own]
                change, blocks = column.changed(x[rows], given, Blocks(first, common))
                out[rows] += self._weighed(change, blocks, column)
        return out

    def _summed(self, joined: Image) -> Floats:
        """What the Dense makes of a vector, in parts: one long float32 sum is off by 3e-5."""
        made = np.asarray(self._layer.bias) if self._layer.use_bias else np.zeros(1)
        for start in range(0, len(joined), _PART):
            part = slice(start, start + _PART)
            made = made + (joined[part] @ self._kernel[part]).astype(np.float64)
        return np.asarray(made)

    def _weighed(self, change: Image, blocks: Blocks, column: Column) -> Floats:
        """Change of the Dense's values by changes of the last map, ``(n, units)``."""
        last = column.stages[-1].output.shape
        made = np.zeros((len(change), self._kernel.shape[1]))
        for out, values, (top, left) in zip(made, change, blocks.first, strict=True):
            for row, line in enumerate(values, start=int(top)):
                start = column.part.start + (row * last[2] + int(left)) * last[3]
                np.add(out, line.reshape(-1) @ self._kernel[start : start + line.size], out=out)
        return made


def chains_to_dense(graph: Graph) -> tuple[list[Column], str] | None:
    """The chain of every input, and the first Dense behind their Flattens; None where the graph
    is another, or not all is computed in float32.
    """
    dense = bottleneck(graph, graph.inputs)
    chains = [_chain(graph, name) for name in graph.inputs]
    stages = [chain for chain in chains if chain]
    if dense is None or len(stages) != len(chains) or _mixed(graph):
        return None
    (end,) = graph[dense].parents
    parts = flattened(graph, end, [str(chain[-1].steps[-1].layer.name) for chain in stages])
    if parts is None or sum(p.stop - p.start for p in parts) != graph[end].output.shape[1]:
        return None
    return [Column(tuple(chain), p) for chain, p in zip(stages, parts, strict=True)], dense


def _chain(graph: Graph, name: str) -> list[Stage]:
    """Stages from an input to its Flatten; none where something else is on the way."""
    stages: list[Stage] = []
    here = name
    while True:
        children = graph.consumers(here)
        step = graph[children[0]] if len(children) == 1 else None
        if step is None or len(step.parents) != 1:
            return []
        if step.kind == "Flatten":
            return stages
        if _windowed(step):
            shape = step.inputs[0].shape
            source = (int(shape[1]), int(shape[2]))
            down, across = (Window.of(step.layer, axis, source[axis]) for axis in (0, 1))
            stages.append(Stage((step,), (down, across), source))
        elif _pointwise(step) and stages:
            last = stages[-1]
            stages[-1] = Stage((*last.steps, step), last.windows, last.source)
        else:
            return []
        here = children[0]


def _windowed(step: Step) -> bool:
    """Whether a layer sees a window of the map, the same way everywhere."""
    layer = step.layer
    if getattr(layer, "data_format", "") != "channels_last":
        return False
    if step.kind == "Conv2D":
        return layer.groups == 1 and layer.padding in ("valid", "same")
    # "same" averages divide by the samples that there are: not the same way at the edge.
    return step.kind == "MaxPooling2D" or (
        step.kind == "AveragePooling2D" and layer.padding == "valid"
    )


def _pointwise(step: Step) -> bool:
    if step.kind == "BatchNormalization":
        return step.layer.axis in (-1, 3)
    return step.kind in _POINTWISE


def _mixed(graph: Graph) -> bool:
    """Whether something is not computed in float32."""
    return any(step.layer.compute_dtype != "float32" for step in graph.steps.values())


def _boxes(examples: Image, base: Image) -> Ints:
    """First row and column, and number of rows and columns, that hold all changes: ``(n, 4)``.

    No rows and columns where nothing changed.
    """
    found = np.zeros((len(examples), 4), np.int64)
    for out, example in zip(found, examples, strict=True):
        different = (example != base).any(axis=2)
        rows, columns = (np.flatnonzero(different.any(axis=axis)) for axis in (1, 0))
        if len(rows):
            out[:] = rows[0], columns[0], rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    return found


def _grained(boxes: Ints, shape: Sizes) -> Ints:
    """Sizes of blocks for boxes, ``(n, 2)``; that of one does not depend on the others."""
    return np.minimum(-(-boxes[:, 2:] // _GRAIN) * _GRAIN, shape)


def _grouped(sizes: Ints, done: NDArray[np.bool_]) -> list[Ints]:
    """Examples whose blocks have one size, at most `_MOST` at a time."""
    groups = []
    for size in np.unique(sizes, axis=0):
        if not size.any():
            continue
        rows = np.flatnonzero(done & (sizes == size).all(axis=1))
        groups += [rows[start : start + _MOST] for start in range(0, len(rows), _MOST)]
    return groups
