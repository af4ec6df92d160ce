"""Ink AUC: does the map rank the target's signals above the distractors'?"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.metrics.ranking import roc_auc


def ink_auc(
    heat: NDArray[np.float32], target: NDArray[np.bool_], distractor: NDArray[np.bool_]
) -> float:
    """ROC-AUC of heat over target against distractor pixels, ties counting half.

    Parameters
    ----------
    heat : float32 ``(n_f1, n_f2)``
        Not negative; an empty (all-zero) map ties everywhere and gives 0.5.
    target, distractor : bool ``(n_f1, n_f2)``
        From `nmrcam_qt.core.mixtures`.

    Returns
    -------
    float
        NaN where one of the masks is empty: such a case is skipped.
    """
    return roc_auc(heat[target], heat[distractor])
