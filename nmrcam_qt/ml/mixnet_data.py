"""What mixture networks learn from: mixtures drawn on the fly, with truth per cell."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.preprocessing import INK_THRESHOLD
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer, Example
from nmrcam_qt.core.simulate.raster import Ints
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.simulate.signals import MEASURED
from nmrcam_qt.core.substructures import CLASS_IDS

UNKNOWN, FOREIGN, COMPOUND, SUBSTRUCTURE, LIKELY = -1, 0, 1, 2, 3
"""Truth of a cell for a class: blank; ink of others; ink of a compound that carries the
class; ink of the substructure itself; one of the last two, where signals are measured."""

Codes = NDArray[np.int8]
BY_RANK = np.array([FOREIGN, LIKELY, COMPOUND, SUBSTRUCTURE, UNKNOWN], np.int8)
"""Truth by what outranks the others where ink overlaps; -1 is blank."""


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


def truth(example: Example, measured: NDArray[np.bool_], finer: int = 1) -> Codes:
    """Truth of every cell and class.

    Parameters
    ----------
    example : Example
        A drawn mixture.
    measured : bool ``(n_compounds,)``
        Whose signals are measured and not assigned: their cells are `LIKELY` for the
        classes they carry.
    finer : int
        Rows and columns of ink per row and column of cells.

    Returns
    -------
    int8 ``(n_f1 / finer, n_f2 / finer, 12)``
    """
    footprint, n_classes = example.footprint, len(CLASS_IDS)
    rank = spot_ranks(example, measured)[footprint.spot]
    inked = footprint.value > INK_THRESHOLD
    cell = footprint.cell[inked]
    rows, columns = example.ink.shape[0] // finer, example.ink.shape[1] // finer
    cell = cell // example.ink.shape[1] // finer * columns + cell % example.ink.shape[1] // finer
    best = np.full((rows * columns, n_classes), -1, np.int8)
    np.maximum.at(best, cell, rank[inked])
    out = BY_RANK[best]
    return np.asarray(out.reshape(rows, columns, n_classes))


def spot_ranks(example: Example, measured: NDArray[np.bool_]) -> NDArray[np.int8]:
    """What every spot says of every class, int8 ``(n_spots, 12)``: index into `BY_RANK`.

    Where spots overlap, the highest counts.
    """
    spots, n_classes = example.spots, len(CLASS_IDS)
    mine = spots.owner >= 0
    carried = np.zeros(len(spots), np.uint16)
    carried[mine] = example.owner_bits[spots.owner[mine]]
    blind = np.zeros(len(spots), bool)
    blind[mine] = measured[spots.owner[mine]]
    bit = np.arange(n_classes)
    has = (carried[:, np.newaxis] >> bit & 1).astype(bool)
    inside = (spots.members[:, np.newaxis] >> bit & 1).astype(bool) & has
    code = has.astype(np.int8) * COMPOUND + inside.astype(np.int8)
    code[blind] = np.where(has[blind], LIKELY, FOREIGN)
    return np.asarray(np.array([0, 2, 3, 1], np.int8)[code])


@dataclass(frozen=True, slots=True)
class FeedSettings:
    """How batches are drawn.

    Parameters
    ----------
    batch_size : int
        Mixtures per step.
    steps : int
        Steps per epoch.
    sizes : tuple of float
        Chance of a mixture of 1, 2, … compounds; need not sum to 1.
    measured_share : float
        Share of the compounds that is drawn from the measured spectra, where there are any.
    finer : int
        Rows and columns of ink per row and column of cells: `mixnet.FINER` for a network
        with a stem.
    draw : DrawSettings
        How spectra vary.
    size_power : float
        Compounds are drawn as often as their number of signals to this power: 0 evenly.
    """

    batch_size: int = 32
    steps: int = 100
    sizes: tuple[float, ...] = (0.25, 0.25, 0.2, 0.12, 0.12, 0.06)
    measured_share: float = 0.5
    finer: int = 1
    draw: DrawSettings = field(default_factory=DrawSettings)
    size_power: float = 0.0


class Chooser:
    """Chooses compounds: some for their class, some measured, some of any sort."""

    def __init__(self, cache: SignalCache, settings: FeedSettings) -> None:
        self._cache = cache
        self._settings = settings
        first = cache.signals.kind[np.minimum(cache.offsets[:-1], len(cache.signals) - 1)]
        self.measured: NDArray[np.bool_] = np.asarray(first == MEASURED)
        pools = [np.flatnonzero(~self.measured), np.flatnonzero(self.measured)]
        labels = cache.label_matrix()
        counts = np.maximum(np.diff(cache.offsets), 1).astype(np.float64)
        self._weights = counts**settings.size_power
        pools = [p for p in pools if len(p)]
        self._pools = [self._weighted(p) for p in pools]
        self._classes = [
            [self._weighted(p[labels[p, i]]) for i in range(len(CLASS_IDS)) if labels[p, i].any()]
            for p in pools
        ]

    def choose(self, rng: np.random.Generator, size: int | None = None) -> Ints:
        """Spectra of one mixture, each of another compound, int64 ``(n,)``."""
        sizes = np.array(self._settings.sizes)
        n = size or 1 + int(rng.choice(len(sizes), p=sizes / sizes.sum()))
        chosen: dict[bytes, int] = {}
        for _ in range(20 * n):
            index = self._one(rng)
            chosen.setdefault(bytes(self._cache.compounds[index]), index)
            if len(chosen) == n:
                break
        return np.array(list(chosen.values()), np.int64)

    def _one(self, rng: np.random.Generator) -> int:
        side = int(len(self._pools) > 1 and rng.random() < self._settings.measured_share)
        pool, classes = self._pools[side], self._classes[side]
        if classes and rng.random() < self._settings.draw.class_share:
            pool = classes[rng.integers(len(classes))]
        members, ends = pool
        return int(members[np.searchsorted(ends, rng.random() * ends[-1], side="right")])

    def _weighted(self, members: Ints) -> tuple[Ints, NDArray[np.float64]]:
        """Members of a pool, and where each one's share of the chance ends."""
        return members, np.cumsum(self._weights[members])


class MixtureFeed(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of drawn mixtures; the same seed, epoch and step give the same batch.

    Parameters
    ----------
    cache : SignalCache
        Simulated, measured, or both joined.
    spec : InputSpec
        Grid of the network.
    settings : FeedSettings
        How batches are drawn.
    seed : int
        Of everything.
    epoch : int
        With which to begin, for a training that goes on.
    """

    def __init__(
        self,
        cache: SignalCache,
        spec: InputSpec,
        settings: FeedSettings,
        seed: int,
        epoch: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epoch = epoch
        self._settings = settings
        self._seed = seed
        self._chooser = Chooser(cache, settings)
        self._drawer = Drawer(cache, spec.f1, spec.f2, settings.draw)

    def __len__(self) -> int:
        return self._settings.steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32], tuple[Any, Any]]:
        """Ink ``(n, H, W, 1)``, and labels ``(n, 12)`` with cell truth ``(n, H, W, 12)``."""
        rng = np.random.default_rng([self._seed, self.epoch, index])
        pairs = [self._example(rng) for _ in range(self._settings.batch_size)]
        ink = np.stack([e.ink for e, _ in pairs])[..., np.newaxis]
        labels = np.stack([e.labels for e, _ in pairs]).astype(np.float32)
        return ink, (labels, np.stack([codes for _, codes in pairs]))

    def on_epoch_end(self) -> None:
        """The next epoch draws other mixtures."""
        self.epoch += 1

    def _example(self, rng: np.random.Generator) -> tuple[Example, Codes]:
        chosen = self._chooser.choose(rng)
        example = self._drawer.draw(rng, len(chosen), chosen.tolist())
        return example, truth(example, self._chooser.measured[chosen], self._settings.finer)


def without(cache: SignalCache, names: Collection[bytes]) -> SignalCache:
    """The spectra of all other compounds."""
    barred = np.array(sorted(names), cache.compounds.dtype)
    return cache.subset(np.flatnonzero(~np.isin(cache.compounds, barred)))


def only(cache: SignalCache, names: Collection[bytes]) -> SignalCache:
    """The spectra of these compounds."""
    wanted = np.array(sorted(names), cache.compounds.dtype)
    return cache.subset(np.flatnonzero(np.isin(cache.compounds, wanted)))


def compounds_of(caches: Sequence[SignalCache]) -> frozenset[bytes]:
    """All compounds of some caches."""
    return frozenset(bytes(c) for cache in caches for c in cache.compounds)
