"""On which layers of a flat network maps can be drawn. No Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.ml.importing.flatten import Call, FlatNetwork
from nmrcam_qt.ml.importing.layers import ATTENTIONS, CONVOLUTIONS, SPATIAL, LayerSpec, Shape

_TOKENWISE = frozenset(
    {
        *("Dense", "LayerNormalization", "BatchNormalization", "Activation", "ReLU"),
        *("LeakyReLU", "ELU", "Softmax", "Rescaling", *ATTENTIONS),
        *("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"),
    }
)
"""Layers that leave every token at its place in the list."""


@dataclass(frozen=True, slots=True)
class _Origin:
    """What an output is made of.

    Parameters
    ----------
    inputs : frozenset of int
        Calls that are the inputs it lies on; none where it has no place in a spectrum.
    ink, count : int
        Of basins and tokens: the call whose ink they part, and how many there are; else -1
        and 0.
    """

    inputs: frozenset[int] = frozenset()
    ink: int = -1
    count: int = 0


_NOWHERE = _Origin()


def map_layers(network: FlatNetwork, shapes: Sequence[Shape]) -> tuple[str, ...]:
    """Convolutions that lie on one input.

    Between the input and them every layer keeps rows and columns, or puts tokens back on
    the very ink that they were made of.

    Parameters
    ----------
    network : FlatNetwork
        Calls in order.
    shapes : sequence of shapes
        Of the calls' outputs.
    """
    origins: list[_Origin] = []
    names = []
    for number, call in enumerate(network.calls):
        origins.append(_origin(number, call, origins, shapes))
        is_convolution = call.spec is not None and call.spec.kind in CONVOLUTIONS
        if is_convolution and len(origins[-1].inputs) == 1:
            names.append(call.name)
    return tuple(names)


def _origin(
    number: int, call: Call, origins: Sequence[_Origin], shapes: Sequence[Shape]
) -> _Origin:
    if call.spec is None:
        return _Origin(frozenset({number}))
    fed = [origins[i] for i in call.fed]
    if not all(origin.inputs for origin in fed):
        return _NOWHERE
    inputs = frozenset().union(*(origin.inputs for origin in fed))
    if call.spec.kind == "InkBasins":
        return _Origin(inputs, call.fed[0], call.spec.args["count"])
    if any(origin.count for origin in fed):
        return _of_tokens(call.spec, fed, inputs)
    keeps = call.spec.kind in SPATIAL and call.spec.args.get("axis", -1) in (-1, 3)
    keeps = keeps and len({shapes[i][:2] for i in call.fed}) == 1
    return _Origin(inputs) if keeps else _NOWHERE


def _of_tokens(spec: LayerSpec, fed: Sequence[_Origin], inputs: frozenset[int]) -> _Origin:
    """Behind basins or tokens; `importing.tokens` saw to it that `InkTokens` fit their basins."""
    if spec.kind == "InkTokens":
        return fed[1]
    same = len({(origin.ink, origin.count) for origin in fed}) == 1
    if spec.kind in ("InkedCells", "TokensToGrid"):
        return _Origin(inputs) if same else _NOWHERE
    keeps = same and spec.kind in _TOKENWISE and spec.args.get("axis", -1) in (-1, 2)
    return fed[0] if keeps else _NOWHERE
