"""Do two maps show the same? Rank correlation over the ink, and the peaks they put first."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nmrcam_qt.core.metrics.rank_correlation import spearman


def ink_agreement(
    one: NDArray[np.float32], other: NDArray[np.float32], inked: NDArray[np.bool_]
) -> float:
    """Spearman's ρ of two maps over the inked samples.

    Blank samples are left out: maps that are 0 there by construction would agree by them.

    Parameters
    ----------
    one, other : float32 ``(n_f1, n_f2)``
        Evidence or heat on one grid.
    inked : bool ``(n_f1, n_f2)``

    Returns
    -------
    float
        -1..1; NaN where one of them is constant there.
    """
    return spearman(one[inked], other[inked])


def top_overlap(one: ArrayLike, other: ArrayLike, k: int) -> float:
    """Share of the k hottest peaks that two maps have in common.

    Where equal heat leaves open which peaks are among the k, each map draws from them at
    random and the figure is the expected share: a map that tells no peak from another has the
    overlap of chance, ``k / n``.

    Parameters
    ----------
    one, other : float ``(n,)``
        Heat of each peak.
    k : int
        1..n; more are taken as n.

    Returns
    -------
    float
        0..1; NaN without peaks, or where heat is not finite: that is never agreement.

    Raises
    ------
    ValueError
        If the lengths differ or `k` is below 1.
    """
    a, b = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if a.shape != b.shape or k < 1:
        raise ValueError("heat of the same peaks and k of at least 1 expected")
    if not a.size or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return float("nan")
    most = min(k, a.size)
    return float(_chances(a, most) @ _chances(b, most) / most)


def _chances(heat: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Chance of each peak to be among the k hottest."""
    border = np.sort(heat)[-k]
    above, level = heat > border, heat == border
    return np.where(above, 1.0, np.where(level, (k - above.sum()) / level.sum(), 0.0))
