"""Whether one map can be believed: does it depend on the network, and on the right peaks?"""

from __future__ import annotations

import math
from dataclasses import dataclass

MAX_SIMILAR = 0.5
"""A map passes where it correlates less than this with those of random networks."""
MIN_BETTER = 0.95
"""A map passes where its order of peaks is better than this share of random orders."""
MIN_PEAKS = 4
"""Fewer peaks have too few orders for a judgement: 24 of four, the best is 1 in 24."""

EMPTY = "The map is empty: it shows no peak, so there is nothing to check."
SHOWS_SPECTRUM = (
    "The map hardly changes when the network is replaced by a random one: it shows the "
    "spectrum, not the network."
)
SHOWS_NETWORK = (
    "The map changes when the network is replaced by a random one: it depends on what the "
    "network learned."
)
NOT_RANDOMISED = (
    "Whether the map depends on the network cannot be said: a random network gives no map "
    "to compare with here."
)
BETTER = "Taking the peaks away in the order of the map lowers the score faster than chance."
NO_BETTER = (
    "Taking the peaks away in the order of the map lowers the score no faster than a random "
    "order: the map does not show which peaks the score rests on."
)
FEW_PEAKS = "The spectrum has too few peaks to test their order."
NO_SUPPORT = (
    "All peaks together hardly raise the score above that of an empty spectrum: there is nothing "
    "for the map to explain."
)


@dataclass(frozen=True, slots=True)
class MapsAsked:
    """Which maps of a spectrum are to be checked.

    Parameters
    ----------
    methods, classes : tuple of str
        Ids; methods that the network does not have are left out.
    layer : str or None
        Where; None for the default layer of every input.
    seed : int
        Of the random networks and orders.
    """

    methods: tuple[str, ...]
    classes: tuple[str, ...]
    layer: str | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class MapCheck:
    """The checks of one map.

    Parameters
    ----------
    class_id, method, input_name : str
        Which map.
    network, network_sha256 : str
        Of which network.
    randomised : float
        Mean absolute Spearman correlation, over the inked samples, with the maps of the
        network with random weights (Adebayo et al. 2018); NaN where there is none.
    deletion : float
        Area under the curve of the class's logit as peaks are taken away in the order of their
        heat, 1 the whole spectrum and 0 an empty one (`nmrcam_qt.core.metrics.peak_deletion`);
        NaN where it has no meaning.
    deletion_random : (mean, low, high)
        The same for random orders, with the 2.5 and 97.5 % quantile.
    passes_randomisation, passes_deletion : bool or None
        None where it cannot be judged: that is no pass.
    sentences : tuple of str
        What that means, for a chemist.
    """

    class_id: str
    method: str
    input_name: str
    network: str
    network_sha256: str
    randomised: float
    deletion: float
    deletion_random: tuple[float, float, float]
    passes_randomisation: bool | None
    passes_deletion: bool | None
    sentences: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Whether both checks are passed; one that cannot be judged is not."""
        return bool(self.passes_randomisation and self.passes_deletion)


def judge_randomisation(similar: float) -> bool | None:
    """Whether a map depends on the weights.

    Parameters
    ----------
    similar : float
        Mean absolute Spearman correlation with the maps of random networks.

    Returns
    -------
    bool or None
        None for NaN: nothing was compared.
    """
    return None if math.isnan(similar) else similar < MAX_SIMILAR


def judge_deletion(better: float) -> bool | None:
    """Whether the order of a map is better than chance.

    Parameters
    ----------
    better : float
        Share of random orders with a larger area, ties counting half.

    Returns
    -------
    bool or None
        None for NaN: the curve has no meaning.
    """
    return None if math.isnan(better) else better >= MIN_BETTER


def sentences_of(
    *, empty: bool, randomisation: bool | None, deletion: bool | None, n_peaks: int
) -> tuple[str, ...]:
    """What the checks say, for a chemist.

    Parameters
    ----------
    empty : bool
        Whether the map has no heat.
    randomisation, deletion : bool or None
        From `judge_randomisation` and `judge_deletion`.
    n_peaks : int
        Peaks that could be taken away.

    Returns
    -------
    tuple of str
        One sentence for each check; one alone for an empty map.
    """
    if empty:
        return (EMPTY,)
    first = {True: SHOWS_NETWORK, False: SHOWS_SPECTRUM, None: NOT_RANDOMISED}[randomisation]
    if deletion is None:
        return first, FEW_PEAKS if n_peaks < MIN_PEAKS else NO_SUPPORT
    return first, BETTER if deletion else NO_BETTER
