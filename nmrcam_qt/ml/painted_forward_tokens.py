"""Networks of signals: only the signals that there are, and one number for all of a signal's ink.

A token network (`token_net`) computes as many tokens as it could ever need, of which a spectrum
fills a fifth, and spreads their scores over the whole grid before it pools them. A blank token
reaches no other one (the attention weighs it with exp(-1e4), which is 0 in float32) and no ink, so
that leaving it out changes nothing; and all samples of a signal have its score, so that pooling
needs only the sum and the maximum of the signal's mask. The signals are found in numpy, where
blank paper costs nothing (`ink_tokens`). Only rounding differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.graph import Graph, Step
from nmrcam_qt.ml.ink_tokens import ink_signals
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.token_layers import INK_FROM, INK_TO

Floats = NDArray[np.float64]

_TOKENWISE = frozenset({"Dense", "Add", "Activation", "ReLU", "LeakyReLU", "ELU", "Dropout"})
_GRAIN = 16
"""Numbers of tokens are multiples of this, so that many examples share a batch."""
_MOST = 32
"""Examples in a batch."""


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """The signals of one example.

    Parameters
    ----------
    tokens : float32 ``(k, n_features)``
        As `InkTokens` makes them, without the blank ones.
    area, darkest : float64 ``(k,)``
        Sum and maximum of the mask over the samples of each.
    """

    tokens: Image
    area: Floats
    darkest: Floats


class Branch:
    """What is made of one input.

    Parameters
    ----------
    graph : Graph
        Of the network.
    names : Names
        Of its layers.
    """

    def __init__(self, graph: Graph, names: Names) -> None:
        layer = graph[names.tokens].layer
        _, height, width, _ = graph[names.ink].output.shape
        self._cells = height * width
        self._count: int = layer.count
        self._waves = position_waves(height, width, layer.cycles).reshape(self._cells, -1)
        self._sharpness = float(graph[names.pooling].layer.sharpness)
        self._evidence = graph[names.evidence].layer
        steps = [(name, graph[name]) for name in names.trunk]

        def run(tokens: Any) -> Any:
            made = {names.tokens: tokens}
            for name, step in steps:
                fed = [made[parent] for parent in step.parents]
                made[name] = step.layer(fed if len(fed) > 1 else fed[0], training=False)
            return made[names.scores]

        spec = tf.TensorSpec((None, None, graph[names.tokens].output.shape[2]), tf.float32)
        self._run = tf.function(run, autograph=False).get_concrete_function(spec)

    def means(self, examples: Image, base: Image) -> Image:
        """Means over space of the evidence, float32 ``(n, c)``; equal examples share theirs."""
        changed = [not np.array_equal(x, base) for x in examples]
        fed = [x for x, own in zip(examples, changed, strict=True) if own]
        if len(fed) < len(examples):
            fed.append(base)
        pooled = self._pooled([self._signals(x[:, :, 0]) for x in fed])
        cells = (pooled / self._cells).astype(np.float32)
        made = np.asarray(self._evidence(cells[:, np.newaxis, np.newaxis]))[:, 0, 0]
        order = np.where(changed, np.cumsum(changed) - 1, len(fed) - 1)
        return np.asarray(made[order])

    def _signals(self, ink: Image) -> Signals:
        found = ink_signals(ink, self._waves, self._count)
        own = np.flatnonzero(found.signal >= 0)
        mask = np.clip((ink.reshape(-1)[own] - INK_FROM) / (INK_TO - INK_FROM), 0, 1)
        count, signal = len(found.tokens), found.signal[own]
        if not count:
            return Signals(found.tokens, np.zeros(0), np.zeros(0))
        order = np.argsort(signal, kind="stable")
        # Every signal has a sample: its own maximum.
        starts = np.searchsorted(signal[order], np.arange(count))
        darkest = np.maximum.reduceat(mask[order], starts).astype(np.float64)
        return Signals(found.tokens, np.bincount(signal, mask).astype(np.float64), darkest)

    def _pooled(self, signals: Sequence[Signals]) -> Floats:
        """Sums of the evidence, ``(n, c)``."""
        sizes = np.array([_grained(len(each.tokens), self._count) for each in signals])
        made: dict[int, Floats] = {}
        for size in np.unique(sizes):
            rows = np.flatnonzero(sizes == size)
            for start in range(0, len(rows), _MOST):
                some = rows[start : start + _MOST]
                sums = self._sums([signals[row] for row in some], int(size))
                made.update(zip(some.tolist(), sums, strict=True))
        return np.stack([made[row] for row in range(len(signals))])

    def _sums(self, signals: Sequence[Signals], size: int) -> Floats:
        """What `SignalPooling` gives, summed over space, for examples of up to `size` signals."""
        tokens = np.zeros((len(signals), size, self._run.inputs[0].shape[2]), np.float32)
        area, darkest = np.zeros((2, len(signals), size, 1))
        for row, each in enumerate(signals):
            k = len(each.tokens)
            tokens[row, :k] = each.tokens
            area[row, :k, 0], darkest[row, :k, 0] = each.area, each.darkest
        scores = np.asarray(self._run(tf.constant(tokens)), np.float64)
        raised = self._sharpness * scores
        top = (raised - 1e4 * (1 - darkest)).max(axis=1, keepdims=True)
        # Blank paper has score 0 and mask 0.
        share = area * np.exp(np.minimum(raised - np.maximum(top, -1e4), 0))
        return np.asarray((scores * share).sum(axis=1) / np.maximum(share.sum(axis=1), 1e-6))


@dataclass(frozen=True, slots=True)
class Names:
    """Layers of one branch of a token network, as `token_net.build_token_net` puts them.

    Parameters
    ----------
    ink, tokens, scores, pooling, evidence, mean : str
        The input, `InkTokens`, what is put back on the grid, `SignalPooling`, the convolution
        that gives the map, and its mean over space.
    trunk : tuple of str
        Behind the tokens up to the scores, in order.
    """

    ink: str
    tokens: str
    trunk: tuple[str, ...]
    scores: str
    pooling: str
    evidence: str
    mean: str


class TokenForward:
    """Logits of examples near to one, for networks of signals.

    The weights must not change after the first call.

    Parameters
    ----------
    graph : Graph
        Of the network.
    names : sequence of Names
        One for each input.
    """

    def __init__(self, graph: Graph, names: Sequence[Names]) -> None:
        self._branches = [Branch(graph, each) for each in names]
        self._tail = keras.Model(
            [graph[each.mean].output for each in names], graph.model.outputs[0]
        )

    @classmethod
    def of(cls, graph: Graph) -> TokenForward | None:
        """That of a network; None where its graph is another."""
        found = [_names(graph, name) for name in graph.inputs]
        names = [each for each in found if each is not None]
        if len(names) != len(found) or graph.sources(graph.output, [each.mean for each in names]):
            return None
        if any(step.layer.compute_dtype != "float32" for step in graph.steps.values()):
            return None
        return cls(graph, names)

    def __call__(
        self, examples: Sequence[Image], base: Sequence[Image]
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Logits of all examples; see `explain.near.Shortcut`."""
        means = [
            tf.constant(branch.means(x, whole))
            for branch, x, whole in zip(self._branches, examples, base, strict=True)
        ]
        logits = np.asarray(self._tail(means, training=False), np.float64)
        return logits, np.ones(len(logits), bool)


def _names(graph: Graph, ink: str) -> Names | None:
    """The layers behind an input; None where they are others."""
    kinds = {graph[name].kind: name for name in graph.consumers(ink)}
    if set(kinds) != {"InkBasins", "InkTokens"} or len(graph.consumers(ink)) != 2:
        return None
    basins, tokens = kinds["InkBasins"], kinds["InkTokens"]
    users = {graph[name].kind: name for name in graph.consumers(basins)}
    if set(users) != {"InkTokens", "TokensToGrid", "InkedCells"} or users["InkTokens"] != tokens:
        return None
    grid, mask = users["TokensToGrid"], users["InkedCells"]
    path = [grid]
    for kind in ("SignalPooling", "Conv2D", "GlobalAveragePooling2D"):
        behind = graph.consumers(path[-1])
        if len(behind) != 1 or graph[behind[0]].kind != kind:
            return None
        path.append(behind[0])
    _, pooling, evidence, mean = path
    trunk = _trunk(graph, tokens, graph[grid].parents[0])
    fits = (
        graph[tokens].parents == (ink, basins)
        and graph[grid].parents[1] == basins
        and graph[pooling].parents == (grid, mask)
        and len({graph[name].layer.count for name in (basins, tokens, grid)}) == 1
        and _per_cell(graph[evidence])
        and not graph[mean].layer.keepdims
    )
    if trunk is None or not fits:
        return None
    return Names(ink, tokens, trunk, graph[grid].parents[0], pooling, evidence, mean)


def _trunk(graph: Graph, tokens: str, scores: str) -> tuple[str, ...] | None:
    """Layers between, if every token sees of the others only those that are not blank."""
    needed, todo = {tokens}, [scores]
    while todo:
        here = todo.pop()
        if here in needed:
            continue
        if not _sees_real_tokens(graph[here], tokens):
            return None
        needed.add(here)
        todo.extend(graph[here].parents)
    return tuple(name for name in graph.steps if name in needed and name != tokens)


def _sees_real_tokens(step: Step, tokens: str) -> bool:
    if step.kind == "TokenAttention":
        return len(step.parents) == 4 and step.parents[3] == tokens
    if step.kind == "TiedAttention":
        return len(step.parents) == 5 and step.parents[4] == tokens
    if step.kind == "LayerNormalization":
        return step.layer.axis in (-1, 2, [-1], [2])
    if step.kind == "Activation" and step.activation == "softmax":
        return True
    return step.kind in _TOKENWISE


def _per_cell(step: Step) -> bool:
    """Whether a convolution is linear and sees one cell: the mean may be taken before it."""
    layer = step.layer
    return (
        layer.kernel_size == (1, 1)
        and layer.strides == (1, 1)
        and layer.groups == 1
        and step.activation == "linear"
    )


def _grained(count: int, most: int) -> int:
    return min(max(-(-count // _GRAIN) * _GRAIN, _GRAIN), most)
