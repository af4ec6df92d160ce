"""What peaks contribute together and what each does alone: do two of them do the same work?

Single drops need not add up: a network may read two peaks as one signal of a class. The
interaction of two peaks is the drop with both painted minus the drops with each painted alone,
the second difference of the logit, as the interaction index of two players in a game (Grabisch
and Roubens, Int. J. Game Theory 28, 547 (1999)) with all other players present.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.contributions import Contributions

USUAL_PEAKS = 12
"""So many of the strongest peaks are paired where nobody says how many: 66 pairs."""
FEWEST_PEAKS, MOST_PEAKS = 2, 64
"""1 pair, 2016 pairs."""
LEAST = 0.1
"""Units of the logit, and share of what the peaks do alone: a smaller interaction is none."""

Floats = NDArray[np.float64]
PeakRef = tuple[int, int]
"""Number of an input in the card's order, and id of a peak on it."""


class Meaning(enum.StrEnum):
    """What the interaction of peaks means, in words."""

    INDEPENDENT = "independent"
    EITHER = "either suffices"
    BOTH = "needs both"
    LINKED = "linked"
    """where one speaks for the class and another against it: words about need would be wrong"""


EXPLAINED = (
    "Interaction: the drop with both peaks removed minus the drops with each removed alone. Near "
    "0 the network counts the two independently. Either suffices: one stands in for the other, so "
    "that losing both costs more than the two losses alone. Needs both: the loss of one already "
    "takes most of what both do. Linked: one speaks for the class, one against it, and the loss of "
    "one changes what the other does."
)


@dataclass(frozen=True, slots=True)
class AskedPeak:
    """A peak of a question about pairs.

    Parameters
    ----------
    number : int
        Of the input, in the card's order.
    input_name : str
        Of that input.
    id : int
        Of the peak.
    h_ppm, c_ppm : float
        Where it is.
    seen : bool
        Whether the network sees it.
    """

    number: int
    input_name: str
    id: int
    h_ppm: float
    c_ppm: float
    seen: bool


@dataclass(frozen=True, slots=True, eq=False)
class PairDrops:
    """Drops of logits without some peaks: one, two, all of them.

    Parameters
    ----------
    network, network_sha256 : str
        Which network.
    classes : tuple of str
        Class ids, in the order of the arrays.
    peaks : tuple of AskedPeak
        Those that were paired.
    alone : float64 ``(n_peaks, n_classes)``
        Drop without each, in units of the logit.
    together : float64 ``(n_pairs, n_classes)``
        Drop without both of each pair, in the order of `pairs`.
    whole : float64 ``(n_classes,)``
        Drop without all of them.
    logits : float64 ``(n_classes,)``
        Of the whole spectrum.
    """

    network: str
    network_sha256: str
    classes: tuple[str, ...]
    peaks: tuple[AskedPeak, ...]
    alone: Floats
    together: Floats
    whole: Floats
    logits: Floats

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Numbers of the peaks of every pair: (0, 1), (0, 2), … (1, 2), …"""
        return list(combinations(range(len(self.peaks)), 2))

    @property
    def interaction(self) -> Floats:
        """Together minus the sum of each alone, float64 ``(n_pairs, n_classes)``."""
        first, second = np.array(self.pairs, np.intp).reshape(-1, 2).T
        return np.asarray(self.together - self.alone[first] - self.alone[second])


@dataclass(frozen=True, slots=True)
class PairLine:
    """What two peaks say to one class, in units of the logit.

    Parameters
    ----------
    first, second : AskedPeak
    together, alone_first, alone_second : float
        Drops without both, and without each.
    """

    first: AskedPeak
    second: AskedPeak
    together: float
    alone_first: float
    alone_second: float

    @property
    def interaction(self) -> float:
        """Together minus the sum of each alone."""
        return self.together - self.alone_first - self.alone_second

    @property
    def meaning(self) -> Meaning:
        """That in words."""
        return meaning_of(self.together, (self.alone_first, self.alone_second))


def meaning_of(together: float, alone: Sequence[float]) -> Meaning:
    """What it means that peaks together cost so much, and each alone so much.

    Peaks that speak against the class are to its refusal what those for it are to the class.

    Parameters
    ----------
    together : float
        Drop without all of them.
    alone : sequence of float
        Drop without each.
    """
    interaction = together - sum(alone)
    if abs(interaction) < LEAST * max(1.0, sum(map(abs, alone))):
        return Meaning.INDEPENDENT
    if min(alone) < -LEAST and max(alone) > LEAST:
        return Meaning.LINKED
    against = together + sum(alone) < 0
    return Meaning.EITHER if (interaction > 0) != against else Meaning.BOTH


def strongest(found: Contributions, class_id: str, most: int = USUAL_PEAKS) -> tuple[PeakRef, ...]:
    """The peaks whose loss changes the logit of a class most, for or against it.

    Parameters
    ----------
    found : Contributions
        Of the spectrum or pair.
    class_id : str
        Which class.
    most : int
        At most so many; peaks that the network does not see are none of them.

    Raises
    ------
    ValueError
        If the network has no such class.
    """
    column = found.classes.index(class_id)
    peaks = [
        (-abs(float(own.drop[row, column])), number, int(own.places.ids[row]))
        for number, own in enumerate(found.inputs)
        for row in np.flatnonzero(own.cells)
    ]
    return tuple((number, peak) for _, number, peak in sorted(peaks)[:most])


def pair_lines(found: PairDrops, class_id: str) -> list[PairLine]:
    """All pairs for one class, those that interact most first.

    Raises
    ------
    ValueError
        If the network has no such class.
    """
    column = found.classes.index(class_id)
    lines = [
        PairLine(
            found.peaks[a],
            found.peaks[b],
            float(found.together[row, column]),
            float(found.alone[a, column]),
            float(found.alone[b, column]),
        )
        for row, (a, b) in enumerate(found.pairs)
    ]
    return sorted(lines, key=lambda line: -abs(line.interaction))
