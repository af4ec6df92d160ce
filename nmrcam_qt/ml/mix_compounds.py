"""Which compounds: splits by their names alone, and which are mixed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.raster import Ints
from nmrcam_qt.core.simulate.signals import MEASURED
from nmrcam_qt.core.substructures import CLASS_IDS


def held_out(compounds: Collection[bytes], share: float, salt: str = "mixnet") -> frozenset[bytes]:
    """A fixed share of compounds, chosen by their names alone.

    The choice of one compound depends on nothing else, so that sets that share compounds
    are split alike.

    Parameters
    ----------
    compounds : collection of bytes
        First InChIKey blocks.
    share : float
        0..1.
    salt : str
        Another salt, another choice.
    """
    return frozenset(c for c in compounds if fraction(c, salt) < share)


def fraction(compound: bytes, salt: str = "mixnet") -> float:
    """A number in 0..1 that depends on the compound's name only."""
    digest = hashlib.sha256(salt.encode() + b":" + compound).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def fold_of(compound: bytes, n_folds: int) -> int:
    """Fold of a compound, the same in every data set."""
    return int(fraction(compound, "fold") * n_folds)


def without(cache: SignalCache, names: Collection[bytes]) -> SignalCache:
    """The spectra of all other compounds."""
    barred = np.array(sorted(names), cache.compounds.dtype)
    return cache.subset(np.flatnonzero(~np.isin(cache.compounds, barred)))


def only(cache: SignalCache, names: Collection[bytes]) -> SignalCache:
    """The spectra of these compounds."""
    wanted = np.array(sorted(names), cache.compounds.dtype)
    return cache.subset(np.flatnonzero(np.isin(cache.compounds, wanted)))


class Chooser:
    """Chooses compounds: some for their class, some measured, some of any sort.

    Parameters
    ----------
    cache : SignalCache
        What is chosen from.
    class_share : float
        Share of the compounds that is drawn for a class, each class as often.
    measured_share : float
        Share of the compounds that is drawn from the measured spectra, where there are any.
    size_power : float
        Compounds are drawn as often as their number of signals to this power: 0 evenly.
    """

    def __init__(
        self,
        cache: SignalCache,
        *,
        class_share: float,
        measured_share: float = 0.5,
        size_power: float = 0.0,
    ) -> None:
        self._cache = cache
        self._class_share, self._measured_share = class_share, measured_share
        first = cache.signals.kind[np.minimum(cache.offsets[:-1], len(cache.signals) - 1)]
        self.measured: NDArray[np.bool_] = np.asarray(first == MEASURED)
        pools = [np.flatnonzero(~self.measured), np.flatnonzero(self.measured)]
        labels = cache.label_matrix()
        counts = np.maximum(np.diff(cache.offsets), 1).astype(np.float64)
        self._weights = counts**size_power
        pools = [p for p in pools if len(p)]
        self._pools = [self._weighted(p) for p in pools]
        self._classes = [
            [self._weighted(p[labels[p, i]]) for i in range(len(CLASS_IDS)) if labels[p, i].any()]
            for p in pools
        ]

    def choose(self, rng: np.random.Generator, size: int) -> Ints:
        """Up to `size` spectra of one mixture, each of another compound, int64 ``(n,)``."""
        chosen: dict[bytes, int] = {}
        for _ in range(20 * size):
            index = self._one(rng)
            chosen.setdefault(bytes(self._cache.compounds[index]), index)
            if len(chosen) == size:
                break
        return np.array(list(chosen.values()), np.int64)

    def _one(self, rng: np.random.Generator) -> int:
        side = int(len(self._pools) > 1 and rng.random() < self._measured_share)
        pool, classes = self._pools[side], self._classes[side]
        if classes and rng.random() < self._class_share:
            pool = classes[rng.integers(len(classes))]
        members, ends = pool
        return int(members[np.searchsorted(ends, rng.random() * ends[-1], side="right")])

    def _weighted(self, members: Ints) -> tuple[Ints, NDArray[np.float64]]:
        """Members of a pool, and where each one's share of the chance ends."""
        return members, np.cumsum(self._weights[members])
