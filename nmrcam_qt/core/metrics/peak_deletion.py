"""Peak deletion and insertion: how fast a score falls as peaks go in the order of their heat.

The curve is that of the class *logit*, the quantity that the maps explain; a probability
saturates and moves with the other classes. It is normalised by the two ends that every order
shares, 1 for the whole spectrum and 0 for one without its peaks:
``s_k = (f(x_k) - f(x_0)) / (f(x) - f(x_0))``. Where the peaks together raise the logit by less
than `MIN_RISE` the figures have no meaning and are NaN. Areas are by trapezoids over the share
of peaks that are gone (deletion: lower is better) or there (insertion: higher is better), after
Petsiuk et al. 2018 (RISE, arXiv 1806.07421, section 4.1), who remove pixels.

Adding peaks in an order passes through the same spectra as deleting them in the reverse order,
backwards: the *insertion* area of an order is `curve_area` of the deletion of its reverse. The
areas of random orders serve both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_STEPS = 20
MIN_RISE = 0.5
"""In units of the logit."""

Floats = NDArray[np.float64]
Order = NDArray[np.intp]


def order_by(scores: ArrayLike, rng: np.random.Generator) -> Order:
    """Peaks by falling score; equal scores in random order, so that an empty map is random.

    Parameters
    ----------
    scores : float ``(n,)``
    rng : numpy Generator

    Returns
    -------
    intp ``(n,)``
    """
    values = np.asarray(scores, dtype=np.float64)
    return np.lexsort((rng.permutation(values.size), -values))


def steps_of(n_peaks: int, most: int = MAX_STEPS) -> Order:
    """How many peaks are gone at each point of a curve: 0, …, n, at most ``most + 1`` points.

    Parameters
    ----------
    n_peaks : int
    most : int
        Steps; with more peaks several go at once.

    Returns
    -------
    intp, ascending
    """
    return np.unique(np.rint(np.linspace(0, n_peaks, min(n_peaks, most) + 1)).astype(np.intp))


def kept_after(order: Order, gone: ArrayLike) -> NDArray[np.bool_]:
    """Which peaks are left at each point of a deletion curve.

    Parameters
    ----------
    order : intp ``(n_peaks,)``
    gone : intp ``(n_points,)``
        From `steps_of`.

    Returns
    -------
    bool ``(n_points, n_peaks)``
    """
    place = np.empty(order.size, np.intp)
    place[order] = np.arange(order.size)
    return np.asarray(place[np.newaxis, :] >= np.asarray(gone)[:, np.newaxis])


def curve_area(gone: ArrayLike, logits: ArrayLike) -> float:
    """Area under a normalised deletion curve.

    Parameters
    ----------
    gone : intp ``(n_points,)``
        From `steps_of`: the first is 0, the last all peaks.
    logits : float ``(n_points,)``
        Of the class at each point.

    Returns
    -------
    float
        0.5 for a straight line; below 0 or above 1 where the curve leaves its two ends' range.
        NaN where the peaks raise the logit by less than `MIN_RISE`.
    """
    x, y = np.asarray(gone, dtype=np.float64), np.asarray(logits, dtype=np.float64)
    rise = float(y[0] - y[-1])
    if x.size < 2 or not rise >= MIN_RISE:
        return float("nan")
    share = (y - y[-1]) / rise
    widths = np.diff(x) / (x[-1] - x[0])
    return float(((share[1:] + share[:-1]) / 2 * widths).sum())


def random_area(areas: Sequence[float]) -> tuple[float, float, float]:
    """Mean, 2.5 % and 97.5 % quantile of the areas of random orders; NaN without any."""
    values = np.asarray([a for a in areas if np.isfinite(a)], dtype=np.float64)
    if not values.size:
        return float("nan"), float("nan"), float("nan")
    low, high = np.quantile(values, [0.025, 0.975])
    return float(values.mean()), float(low), float(high)


def better_than_random(area: float, areas: Sequence[float], *, lower: bool = True) -> float:
    """Share of random orders that an order beats, equal ones counting half.

    Parameters
    ----------
    area : float
        Of the map's order.
    areas : sequence of float
        Of random orders.
    lower : bool
        Whether the smaller area is the better one (deletion).

    Returns
    -------
    float
        0..1, chance is 0.5; NaN where an area is.
    """
    values = np.asarray(areas, dtype=np.float64)
    if not values.size or not np.isfinite(values).all() or not np.isfinite(area):
        return float("nan")
    beaten = values > area if lower else values < area
    return float(beaten.mean() + (values == area).mean() / 2)
