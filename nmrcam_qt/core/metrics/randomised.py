"""Randomised weights: a map that survives them does not show the network (Adebayo et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.metrics.rank_correlation import spearman


def similarity_to_random(
    evidence: NDArray[np.float32],
    randomised: Sequence[NDArray[np.float32]],
    inked: NDArray[np.bool_],
) -> float:
    """Mean absolute Spearman ρ of a map with those of random networks, over the inked samples.

    Adebayo et al. 2018, arXiv 1810.03292, section 4.1, with absolute values: a map turned
    upside down shows the same places. Blank samples are left out, because a map that is 0 there
    whatever the weights would pass for similar.

    Parameters
    ----------
    evidence : float32 ``(n_f1, n_f2)``
        Signed evidence of the network as it is.
    randomised : sequence of float32 ``(n_f1, n_f2)``
        Of the same network with random weights, one for each draw.
    inked : bool ``(n_f1, n_f2)``

    Returns
    -------
    float
        0..1, low is good. Draws whose map is constant are left out; NaN where none is left, or
        the map itself is constant: that is no pass.
    """
    found = [abs(spearman(evidence[inked], each[inked])) for each in randomised]
    finite = [rho for rho in found if np.isfinite(rho)]
    return float(np.mean(finite)) if finite else float("nan")
