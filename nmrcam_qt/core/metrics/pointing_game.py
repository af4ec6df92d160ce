"""Pointing game: is the hottest place of a map on the target? (Zhang et al. 2018)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pointing_game(
    heat: NDArray[np.float32],
    target: NDArray[np.bool_],
    distractor: NDArray[np.bool_] | None = None,
) -> float:
    """Share of the hottest pixels that lie on the target.

    With one hottest pixel that is a hit (1) or a miss (0). Several hottest pixels are all
    judged: the figure is the chance that one drawn from them is a hit. The original (Zhang et
    al., Int. J. Comput. Vis. 126, 1084, section 5.1) takes one of them and does not say which.

    Parameters
    ----------
    heat : float32 ``(n_f1, n_f2)``
        Not negative.
    target, distractor : bool ``(n_f1, n_f2)``
        With distractors only the pixels of either compete, as for the ink AUC; without them
        every pixel does, and the original allows 15 px around the target (widen `target`).

    Returns
    -------
    float
        0..1. A map that is 0 wherever it is judged points nowhere: a miss, 0. NaN without
        target pixels, or where distractors are asked for and there are none.

    Raises
    ------
    ValueError
        If the heat is not finite.
    """
    judged = np.ones_like(target) if distractor is None else target | distractor
    if not target.any() or (distractor is not None and not distractor.any()):
        return float("nan")
    values = heat[judged]
    if not np.isfinite(values).all():
        raise ValueError("heat holds values that are not finite")
    highest = values.max()
    if highest <= 0:
        return 0.0
    return float(target[judged][values == highest].mean())
