"""Methods on maps behind which there is only a mean over space: one number for all cells.

Where every cell of a map has the same gradient w, Grad-CAM, HiResCAM and CAM are one and the same
map, ``Σ_k w_k A_k``, and so is XGrad-CAM where no channel's sum cancels; LayerCAM has the positive
part of w instead. What is the same is computed once. Cells where all channels are 0, most of a
network that reads signals, are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from nmrcam_qt.ml.explain import layercam, xgradcam
from nmrcam_qt.ml.explain.arrays import Array

PLAIN = frozenset({"gradcam", "hirescam", "cam"})
OTHER: Mapping[str, Callable[[Array, Array], Array]] = MappingProxyType(
    {
        "layercam": layercam.even_weights,
        "xgradcam": xgradcam.even_weights,
    }
)
"""From the cells that are not 0, ``(n, channels)``, and w, ``(n_classes, channels)``, to the
weights of the maps, which may be w itself."""


def even_evidence(methods: Sequence[str], maps: Array, slopes: Array) -> dict[str, Array]:
    """Evidence of those methods that have a shorter way here.

    Parameters
    ----------
    methods : sequence of str
        Ids of methods of feature maps and gradients.
    maps : float ``(h, w, channels)``
        Feature maps A.
    slopes : float ``(n_classes, channels)``
        ∂y/∂A for each class logit y, the same in every cell.

    Returns
    -------
    dict of float ``(n_classes, h, w)``
        By method; methods with the same weights share one array.
    """
    height, width, channels = maps.shape
    flat = maps.reshape(-1, channels)
    seen = np.flatnonzero(flat.any(axis=1))
    cells = flat[seen]
    made: list[tuple[Array, Array]] = []
    found: dict[str, Array] = {}
    for method in methods:
        if method not in PLAIN and method not in OTHER:
            continue
        weights = slopes if method in PLAIN else OTHER[method](cells, slopes)
        same = [evidence for w, evidence in made if np.array_equal(w, weights)]
        if not same:
            evidence = np.zeros((len(slopes), height * width), dtype=flat.dtype)
            evidence[:, seen] = weights @ cells.T
            same = [evidence.reshape(-1, height, width)]
            made.append((weights, same[0]))
        found[method] = same[0]
    return found
