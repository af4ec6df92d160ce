"""Layers that Keras does not have and a network's folder may hold; all are weightless."""

from __future__ import annotations

import keras

from nmrcam_qt.ml.mixnet_layers import SignalPooling
from nmrcam_qt.ml.token_layers import (
    InkBasins,
    InkedCells,
    InkTokens,
    TokenAttention,
    TokensToGrid,
)
from nmrcam_qt.ml.token_ties import TiedAttention

OWN_LAYERS: dict[str, type[keras.layers.Layer]] = {
    "SignalPooling": SignalPooling,
    "InkBasins": InkBasins,
    "InkTokens": InkTokens,
    "InkedCells": InkedCells,
    "TokensToGrid": TokensToGrid,
    "TokenAttention": TokenAttention,
    "TiedAttention": TiedAttention,
}
"""By the name under which a configuration holds them; `importing.layers.ALLOWED` says with
which arguments."""
