"""Networks of tokens: which shapes fit together, and what a layer holds in between. No Keras."""

from __future__ import annotations

from collections.abc import Sequence

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.layers import LayerSpec, Shape

FINER = 2
"""Rows and columns of ink per row and column of cells (`ml.token_layers.FINER`)."""
AROUND = 9 * FINER * FINER
READS_INK = frozenset({"InkTokens", "InkedCells"})


def check_tokens(name: str, spec: LayerSpec, fed: Sequence[Shape]) -> None:
    """Refuse a layer of tokens whose inputs do not fit, or that would need too much memory.

    Our layers check their shapes when they run; files from strangers must fail before.

    Parameters
    ----------
    name : str
        Of the layer, for the message.
    spec : LayerSpec
        The layer; those that know nothing of tokens pass.
    fed : sequence of shapes
        Of its inputs, one example each, as many as it takes.

    Raises
    ------
    NetworkError
    """
    if spec.kind in READS_INK:
        _check_ink(name, spec, fed[0])
    elif spec.kind == "TokensToGrid":
        values, ink = fed
        _check_ink(name, spec, ink)
        if len(values) != 2 or values[0] != spec.args["count"]:
            wanted = f"{spec.args['count']} tokens and their values"
            raise NetworkError(
                f"the layer {name} is fed with the shape {values}; expected {wanted}"
            )
    elif spec.kind == "TokenAttention":
        _check_attention(name, spec, fed)
    held = inner_numbers(spec, fed)
    if held > limits.MAX_INNER:
        raise NetworkError(
            f"the layer {name} ({spec.kind}) needs {held:,} numbers for one spectrum; "
            f"expected at most {limits.MAX_INNER:,}"
        )


def inner_numbers(spec: LayerSpec, fed: Sequence[Shape]) -> int:
    """Numbers that a layer of tokens holds for one spectrum beside its output; 0 for others."""
    if spec.kind == "TokenAttention":
        return 2 * int(spec.args["heads"]) * fed[0][0] ** 2
    if spec.kind == "InkTokens":
        height, width, _ = fed[0]
        waves = 4 * len(spec.args["cycles"])
        # Places of all cells, the ink of each, and the features of those that are chosen.
        cells = height * width // FINER**2
        return cells * (waves + FINER**2) + int(spec.args["count"]) * (2 + AROUND + waves)
    return 0


def _check_ink(name: str, spec: LayerSpec, ink: Shape) -> None:
    if len(ink) != 3 or ink[2] != 1 or ink[0] % FINER or ink[1] % FINER:
        raise NetworkError(
            f"the layer {name} ({spec.kind}) is fed with the shape {ink}; "
            f"expected rows and columns that divide by {FINER} and 1 channel"
        )
    cells = ink[0] * ink[1] // FINER**2
    if spec.args["count"] > cells:
        raise NetworkError(
            f"the layer {name} ({spec.kind}) chooses {spec.args['count']} of {cells} cells"
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
