"""Networks of tokens: what fits together, and what a layer holds in between. No Keras."""

from __future__ import annotations

from collections.abc import Sequence

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.flatten import Call
from nmrcam_qt.ml.importing.layers import ATTENTIONS, LayerSpec, Shape

AROUND = 49
"""Samples of ink that a token holds (`ml.token_layers.AROUND`)."""
_PER_SAMPLE = 32
"""Numbers that `InkBasins` holds for each sample of ink: neighbours, ways up, sums."""
TIE_CYCLE = 0.5
"""First wave of tokens from which their place is read (`ml.token_ties.TIE_CYCLE`)."""
_BEHIND_BASINS = {"InkTokens": 1, "InkedCells": 0, "TokensToGrid": 1}
"""Which of its inputs must be basins."""


def check_tokens(call: Call, fed: Sequence[Shape], calls: Sequence[Call]) -> None:
    """Refuse a layer of tokens whose inputs do not fit, or that would need too much memory.

    Our layers check their shapes when they run, and trust the numbers in basins as places in
    their list; files from strangers must fail before.

    Parameters
    ----------
    call : Call
        The layer; those that know nothing of tokens pass.
    fed : sequence of shapes
        Of its inputs, one example each, as many as it takes.
    calls : sequence of Call
        All of the network, inputs first.

    Raises
    ------
    NetworkError
    """
    spec = call.spec
    if spec is None:
        return
    if spec.kind == "InkBasins":
        _check_ink(call, fed[0], calls)
    elif spec.kind in _BEHIND_BASINS:
        _check_basins(call, spec, fed, calls)
    elif spec.kind in ATTENTIONS:
        _check_attention(call.name, spec, (*fed[:3], fed[-1]))
        if spec.kind == "TiedAttention":
            _check_ties(call, spec, fed, calls)
    held = inner_numbers(spec, fed)
    if held > limits.MAX_INNER:
        raise NetworkError(
            f"the layer {call.name} ({spec.kind}) needs {held:,} numbers for one spectrum; "
            f"expected at most {limits.MAX_INNER:,}"
        )


def inner_numbers(spec: LayerSpec, fed: Sequence[Shape]) -> int:
    """Numbers that a layer of tokens holds for one spectrum beside its output; 0 for others."""
    if spec.kind in ATTENTIONS:
        # Logits and weights of every head; ties, squared distances, the bias twice.
        heads, ties = int(spec.args["heads"]), 2 * len(spec.args.get("widths", ()))
        return (2 * heads + (2 * ties + 2 + 2 * heads if ties else 0)) * fed[0][0] ** 2
    if spec.kind == "InkBasins":
        return fed[0][0] * fed[0][1] * _PER_SAMPLE
    if spec.kind == "InkTokens":
        height, width, _ = fed[0]
        waves = 4 * len(spec.args["cycles"])
        return height * width * (waves + 8) + int(spec.args["count"]) * (3 * AROUND + waves)
    return 0


def _check_ink(call: Call, ink: Shape, calls: Sequence[Call]) -> None:
    """Only an input is known to hold ink from 0 to 1: a slope beyond leads off the grid."""
    if calls[call.fed[0]].spec is not None:
        raise NetworkError(f"the layer {call.name} (InkBasins) is not fed with an input")
    if ink[2] != 1:
        raise NetworkError(
            f"the layer {call.name} (InkBasins) is fed with the shape {ink}; expected 1 channel"
        )


def _check_basins(call: Call, spec: LayerSpec, fed: Sequence[Shape], calls: Sequence[Call]) -> None:
    """Basins of the same count, and for `InkTokens` of the same ink."""
    basins = calls[call.fed[_BEHIND_BASINS[spec.kind]]]
    if basins.spec is None or basins.spec.kind != "InkBasins":
        raise NetworkError(f"the layer {call.name} ({spec.kind}) is not fed with basins of ink")
    count = basins.spec.args["count"]
    if spec.args.get("count", count) != count:
        raise NetworkError(
            f"the layer {call.name} ({spec.kind}) counts {spec.args['count']} tokens, "
            f"its basins {count}"
        )
    if spec.kind == "InkTokens" and call.fed[0] != basins.fed[0]:
        raise NetworkError(f"the layer {call.name} (InkTokens) is fed with basins of other ink")
    if spec.kind == "TokensToGrid" and (len(fed[0]) != 2 or fed[0][0] != count):
        raise NetworkError(
            f"the layer {call.name} is fed with the shape {fed[0]}; "
            f"expected {count} tokens and their values"
        )


def _check_attention(name: str, spec: LayerSpec, fed: Sequence[Shape]) -> None:
    query, key, value, tokens = fed
    flat = all(len(shape) == 2 for shape in fed)
    if not flat or not query == key == value or tokens[0] != query[0]:
        raise NetworkError(
            f"the layer {name} is fed with the shapes {', '.join(map(str, fed))}; "
            "expected queries, keys and values of one shape, and their tokens"
        )
    if query[0] > limits.MAX_TOKENS:
        raise NetworkError(
            f"the layer {name} is fed with {query[0]} tokens; expected at most {limits.MAX_TOKENS}"
        )
    if query[1] % spec.args["heads"]:
        raise NetworkError(
            f"the layer {name} has {spec.args['heads']} heads, which do not divide {query[1]}"
        )


def _check_ties(call: Call, spec: LayerSpec, fed: Sequence[Shape], calls: Sequence[Call]) -> None:
    """Places are read from the tokens themselves: no other list of numbers has them."""
    tokens = calls[call.fed[4]]
    if tokens.spec is None or tokens.spec.kind != "InkTokens":
        raise NetworkError(f"the layer {call.name} (TiedAttention) is not fed with tokens of ink")
    ink = (calls[tokens.fed[0]].shape or ())[:2]
    if spec.args["grid"] != ink:
        raise NetworkError(
            f"the layer {call.name} (TiedAttention) is for ink of {spec.args['grid']} samples, "
            f"its tokens are of {ink}"
        )
    first = tokens.spec.args["cycles"][0]
    if first != TIE_CYCLE:
        raise NetworkError(
            f"the layer {call.name} (TiedAttention) is fed with tokens whose first wave has "
            f"{first:g} cycles; expected {TIE_CYCLE:g}"
        )
    wanted = (fed[0][0], 2 * int(spec.args["heads"]) * len(spec.args["widths"]))
    if fed[3] != wanted:
        raise NetworkError(
            f"the layer {call.name} (TiedAttention) is fed with weights of the shape {fed[3]}; "
            f"expected {wanted}"
        )
