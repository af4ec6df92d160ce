"""How many examples go through a network at once, so that memory stays bounded."""

from __future__ import annotations

import math
from collections.abc import Iterator

import keras

from nmrcam_qt.ml.token_layers import TokenAttention

NUMBERS_PER_PASS = 64 * 1024 * 1024
"""Of the largest array of a pass, over all its examples: 256 MB."""
EXAMPLES_PER_PASS = 32
FEWEST = 4
"""Where fewer fit, examples go one by one, so that none is alone beside larger parts: one
example takes another path through the matrix products, whose last bits differ."""


def largest_array(model: keras.Model) -> int:
    """Numbers in the largest array that one example needs on its way through a flat network.

    That is the output of a layer or, of a `TokenAttention`, what it holds for every
    pair of tokens.
    """
    return max(_arrays(model), default=0)


def held_numbers(model: keras.Model) -> int:
    """Numbers of all these arrays: what is kept of one example for the way back to the input."""
    return sum(_arrays(model))


def _arrays(model: keras.Model) -> Iterator[int]:
    """Numbers in the array of every layer, of one example."""
    for layer in model.layers:
        for node in layer._inbound_nodes:
            for tensor in node.outputs:
                shape = tuple(tensor.shape[1:])
                numbers = math.prod(shape)
                if isinstance(layer, TokenAttention):
                    numbers = max(numbers, layer.per_pair * shape[0] ** 2)
                yield numbers


def most_examples(numbers: int) -> int:
    """Examples in a pass that needs an array of so many numbers for each."""
    most = min(NUMBERS_PER_PASS // max(numbers, 1), EXAMPLES_PER_PASS)
    return most if most >= FEWEST else 1


def parts(n: int, most: int) -> list[slice]:
    """Slices of `n` examples, at most `most` each, as equal as can be."""
    if not n:
        return []
    number = math.ceil(n / most)
    ends = [n * i // number for i in range(number + 1)]
    return [slice(ends[i], ends[i + 1]) for i in range(number)]
