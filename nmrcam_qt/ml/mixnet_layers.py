"""How mixture networks pool their scores, and how they are told the place on the ppm axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

MAX_WAVES = 16
MAX_CYCLES = 64.0
"""Most waves of a network, and most cycles of a wave across an axis."""
MAX_SHARPNESS = 100.0


def position_waves(height: int, width: int, cycles: Sequence[float]) -> NDArray[np.float32]:
    """Sines and cosines along both axes, float32 ``(height, width, 4 · n_cycles)``.

    Channels: sine and cosine down the rows for each number of cycles, then across.
    """
    parts = []
    for size, axis in ((height, 0), (width, 1)):
        place = (np.arange(size) + 0.5) / size
        for count in cycles:
            for wave in (np.sin, np.cos):
                line = wave(2 * np.pi * count * place)
                full = line[:, np.newaxis] if axis == 0 else line[np.newaxis, :]
                parts.append(np.broadcast_to(full, (height, width)))
    return np.stack(parts, axis=-1).astype(np.float32)


@keras.saving.register_keras_serializable(package="nmrcam")
class SignalPooling(keras.layers.Layer):  # type: ignore[misc]
    """Evidence of every cell: its score times its share of the attention.

    ``E = s · a`` with ``a = m exp(r s) / Σ m exp(r s)`` over the cells of the mask m, for
    each class by itself. ΣE lies between the mean (r → 0) and the maximum (r → ∞) of the
    scores of the inked cells; a blank cell has evidence 0, a blank spectrum ΣE = 0.

    Parameters
    ----------
    sharpness : float
        r, above 0 and up to `MAX_SHARPNESS`.

    Raises
    ------
    ValueError
        If `sharpness` is out of bounds.
    """

    def __init__(self, sharpness: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sharpness = float(sharpness)
        if not 0 < self.sharpness <= MAX_SHARPNESS:
            raise ValueError(f"a sharpness above 0 and up to {MAX_SHARPNESS:g} expected")

    def call(self, inputs: Sequence[Any]) -> Any:
        """Evidence ``(n, H, W, K)`` from scores ``(n, H, W, K)`` and mask ``(n, H, W, 1)``."""
        scores, mask = inputs
        raised = self.sharpness * scores
        # The largest inked score is taken off first, so that nothing overflows.
        inked = raised - 1e4 * (1 - mask)
        top = ops.stop_gradient(ops.max(inked, axis=(1, 2), keepdims=True))
        share = mask * ops.exp(ops.minimum(raised - top, 0.0))
        # Summed along the last axis, where the last bits do not depend on the place in a batch.
        total = ops.sum(ops.transpose(share, (0, 3, 1, 2)), axis=(2, 3))[:, None, None]
        return scores * (share / ops.maximum(total, 1e-6))

    def compute_output_shape(
        self, input_shape: Sequence[Sequence[int | None]]
    ) -> tuple[int | None, ...]:
        """Shape of the output: that of the scores."""
        scores, mask = input_shape
        if len(scores) != 4 or tuple(mask) != (*scores[:3], 1):
            raise ValueError(f"{self.name}: scores and a mask of their rows and columns expected")
        return tuple(scores)

    def get_config(self) -> dict[str, Any]:
        """What is needed to build the layer again."""
        return {**super().get_config(), "sharpness": self.sharpness}
