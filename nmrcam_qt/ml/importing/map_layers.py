"""On which layers of a flat network maps can be drawn. No Keras."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.ml.importing.flatten import Call, FlatNetwork
from nmrcam_qt.ml.importing.layers import CONVOLUTIONS, SPATIAL, Shape

_TOKENWISE = frozenset(
    {
        *("Dense", "LayerNormalization", "BatchNormalization", "Activation", "ReLU"),
        *("LeakyReLU", "ELU", "Softmax", "Rescaling", "TokenAttention"),
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
        Of tokens: the call whose ink they were chosen from, and how many; else -1 and 0.
    """

    inputs: frozenset[int] = frozenset()
    ink: int = -1
    count: int = 0


_NOWHERE = _Origin()


def map_layers(network: FlatNetwork, shapes: Sequence[Shape]) -> tuple[str, ...]:
    """Convolutions that lie on one input.

    Between the input and them every layer keeps rows and columns, or puts tokens back on
    the very ink that they were chosen from.

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
    if call.spec.kind == "InkTokens":
        return _Origin(inputs, call.fed[0], call.spec.args["count"])
    if call.spec.kind == "TokensToGrid":
        same = (fed[0].ink, fed[0].count) == (call.fed[1], call.spec.args["count"])
        return _Origin(inputs) if same else _NOWHERE
    across = call.spec.args.get("axis", -1)
    if all(origin.count for origin in fed):
        same = len({(origin.ink, origin.count) for origin in fed}) == 1
        keeps = call.spec.kind in _TOKENWISE and across in (-1, 2)
        return _Origin(inputs, fed[0].ink, fed[0].count) if same and keeps else _NOWHERE
    keeps = call.spec.kind in SPATIAL and across in (-1, 3)
    keeps = keeps and len({shapes[i][:2] for i in call.fed}) == 1
    return _Origin(inputs) if keeps and not any(o.count for o in fed) else _NOWHERE
