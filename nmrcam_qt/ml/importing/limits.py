"""How large a foreign network may be. Everything is checked before anything is built."""

from __future__ import annotations

MAX_FILE_BYTES = 1024**3
"""Size of a network file (weights with the states of an optimiser)."""
MAX_CONFIG_CHARACTERS = 8 * 1024 * 1024
MAX_LAYERS = 1000
"""Layers after nested and shared ones were written out."""
MAX_NESTING = 8
MAX_STEPS = 200_000
"""Looks at links while the layers are put in order."""
MAX_FED = 256
"""Tensors that feed one layer."""
MAX_PARAMETERS = 100_000_000
MAX_TENSOR = 64 * 1024 * 1024
"""Numbers in the output of one layer for one spectrum."""
MAX_TENSORS_TOTAL = 512 * 1024 * 1024
"""Numbers in the outputs of all layers together."""
MAX_MULTIPLICATIONS = 3 * 10**11
"""For one spectrum; the networks of the study need 1.2e9."""
MAX_NAME = 200
MAX_HDF5_OBJECTS = 20_000
MAX_HDF5_DEPTH = 32
MAX_DATASETS_BYTES = 2 * 1024**3
MAX_RATIO = 200
"""Declared against stored size of anything compressed and larger than `SMALL`."""
SMALL = 1024 * 1024
MAX_MEMBERS = 8
"""Members of a ``.keras`` archive."""
MAX_TOKENS = 2048
"""Cells of a spectrum that attend to each other; those of `ml.token_layers`."""
MAX_HEADS = 16
MAX_TIES = 8
MAX_TIE_WIDTH = 64.0
MAX_SIDE = 8192
"""Widths of ties, samples, and rows or columns of the ink; those of `ml.token_ties`."""
MAX_INNER = 16 * 1024 * 1024
"""Numbers that one layer holds in between for one spectrum: weights of attention, waves of
places. The mixture networks need 2.4e6 (768 tokens, 4 heads)."""
