"""Batches for token networks: mixtures as tokens, with whose every token is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer, Example
from nmrcam_qt.core.simulate.raster import Ints
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.ink_tokens import InkSignals, signals_of
from nmrcam_qt.ml.mix_compounds import Chooser
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.token_layers import n_features

UNKNOWN, FOREIGN, COMPOUND, SUBSTRUCTURE, LIKELY = -1, 0, 1, 2, 3
"""Truth of a token for a class: not known; ink of others; ink of a compound that carries the
class; ink of the substructure itself; one of the last two, where signals are measured."""

BY_RANK = np.array([FOREIGN, LIKELY, COMPOUND, SUBSTRUCTURE, UNKNOWN], np.int8)
"""Truth by what outranks the others where ink overlaps; -1 is blank."""

GROUP = 8
"""Batches that are drawn together."""

_TOGETHER = 16
"""Mixtures whose ink is parted into signals at once."""

_STEP = 16
"""Numbers of tokens divide by it, so that few graphs are traced."""

N_LOSSES = 5
"""Of `token_training.SignalLosses`; they are the outputs of the network that is trained."""

NOBODY = -1
"""Owner of what belongs to no compound: artefacts, and the padding behind the last token."""


@dataclass(frozen=True, slots=True)
class TokenFeedSettings:
    """How batches of tokens are drawn.

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
    most : int
        At most so many tokens of a mixture; the highest.
    size_power : float
        Compounds are drawn as often as their number of signals to this power: nmrshiftdb2
        is full of small molecules, samples are not.
    draw : DrawSettings
        How spectra vary.
    """

    batch_size: int = 64
    steps: int = 100
    sizes: tuple[float, ...] = (0.3, 0.25, 0.2, 0.15, 0.1)
    measured_share: float = 0.5
    most: int = 192
    size_power: float = 0.5
    draw: DrawSettings = field(default_factory=DrawSettings)


class TokenFeed(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of drawn mixtures; the same seed, epoch and step give the same batch.

    `GROUP` batches are drawn together and sorted by their number of tokens, so that few
    tokens are padding: a step costs what its mixtures need.

    Parameters
    ----------
    cache : SignalCache
        Simulated, measured, or both joined.
    surroundings : uint8 ``(n_spectra, B)``
        Fingerprint of each spectrum's compound (`simulate.fingerprints`).
    spec : InputSpec
        Of the network (`token_net.token_input`).
    cycles : tuple of float
        The network's waves.
    settings : TokenFeedSettings
        How batches are drawn.
    seed : int
        Of everything.
    """

    def __init__(
        self,
        cache: SignalCache,
        surroundings: NDArray[np.uint8],
        spec: InputSpec,
        cycles: tuple[float, ...],
        settings: TokenFeedSettings,
        seed: int,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.epoch = 0
        self._settings, self._seed = settings, seed
        self._surroundings = surroundings
        self._chooser = Chooser(
            cache,
            class_share=settings.draw.class_share,
            measured_share=settings.measured_share,
            size_power=settings.size_power,
        )
        self._drawer = Drawer(cache, spec.f1, spec.f2, settings.draw)
        height, width = spec.shape[:2]
        self._lock = threading.Lock()
        self._group: tuple[tuple[int, int], list[list[_Drawn]]] = ((-1, -1), [])
        self._waves = position_waves(height, width, cycles).reshape(height * width, -1)
        self._n_features = n_features(cycles)

    def __len__(self) -> int:
        return self._settings.steps

    def on_epoch_end(self) -> None:
        """The next epoch draws other mixtures."""
        self.epoch += 1

    def __getitem__(self, index: int) -> tuple[dict[str, Any], Any]:
        """One batch; K is what its fullest mixture needs, M the largest mixture's size.

        Returns
        -------
        inputs : dict
            ``tokens`` float32 ``(n, K, F)``; ``codes`` int8 ``(n, K, 12)`` (`token_truth`);
            ``owners`` int32 ``(n, K)``, 0..M-1 or `NOBODY`; ``surroundings`` float32
            ``(n, M, B)``; ``labels`` float32 ``(n, 12)``.
        nothing : tuple of float32 ``(n,)``
            Zeros: the losses are the outputs.
        """
        group, place = divmod(index, GROUP)
        with self._lock:
            if self._group[0] != (self.epoch, group):
                self._group = (self.epoch, group), self._batches(group)
            drawn = self._group[1][place]
        nothing = np.zeros(len(drawn), np.float32)
        # Keras takes a size that the first two batches share for fixed: they never do.
        return self._packed(drawn, spare=int(index == 1)), (nothing,) * N_LOSSES

    def _batches(self, group: int) -> list[list[_Drawn]]:
        """`GROUP` batches in any order, each of mixtures with about as many tokens."""
        s = self._settings
        rng = np.random.default_rng([self._seed, self.epoch, group])
        sizes = np.array(s.sizes)
        size = 1 + rng.choice(len(sizes), GROUP * s.batch_size, p=sizes / sizes.sum())
        parts = np.split(size, range(_TOGETHER, len(size), _TOGETHER))
        drawn = [d for part in parts for d in self._examples(rng, part.tolist())]
        drawn.sort(key=lambda d: len(d.tokens))
        cut = [drawn[i * s.batch_size : (i + 1) * s.batch_size] for i in range(GROUP)]
        return [cut[i] for i in (rng.permutation(GROUP) if group else np.arange(GROUP))]

    def _packed(self, drawn: list[_Drawn], spare: int) -> dict[str, Any]:
        longest = max(1, *(len(d.tokens) for d in drawn))
        n, k = len(drawn), (-(-longest // _STEP) + spare) * _STEP
        size, n_bits = len(self._settings.sizes), self._surroundings.shape[1]
        out: dict[str, Any] = {
            "tokens": np.zeros((n, k, self._n_features), np.float32),
            "codes": np.full((n, k, len(CLASS_IDS)), UNKNOWN, np.int8),
            "owners": np.full((n, k), NOBODY, np.int32),
            "surroundings": np.zeros((n, size, n_bits), np.float32),
            "labels": np.zeros((n, len(CLASS_IDS)), np.float32),
        }
        for i, one in enumerate(drawn):
            count = len(one.tokens)
            out["tokens"][i, :count] = one.tokens
            out["codes"][i, :count] = one.codes
            out["owners"][i, :count] = one.owners
            rows = self._surroundings[one.chosen] * one.visible[:, np.newaxis]
            out["surroundings"][i, : len(rows)] = rows
            out["labels"][i] = one.labels
        return out

    def _examples(self, rng: np.random.Generator, sizes: list[int]) -> list[_Drawn]:
        """A mixture of each size."""
        examples = []
        for size in sizes:
            chosen = self._chooser.choose(rng, size)
            examples.append(self._drawer.draw(rng, len(chosen), chosen.tolist()))
        inks = np.stack([e.ink for e in examples])
        found = signals_of(inks, self._waves, self._settings.most)
        drawn = []
        for one, signals in zip(examples, found, strict=True):
            codes, owners = token_truth(one, signals, self._chooser.measured[one.chosen])
            drawn.append(_Drawn(signals.tokens, codes, owners, one.chosen, one.visible, one.labels))
        return drawn


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """A mixture as tokens ``(k, F)``, their truth ``(k, 12)`` and owners ``(k,)``.

    And of its `Example` what is needed; the picture is let go, for a group has hundreds.
    """

    tokens: NDArray[np.float32]
    codes: NDArray[np.int8]
    owners: NDArray[np.int32]
    chosen: Ints
    visible: NDArray[np.bool_]
    labels: NDArray[np.bool_]


def token_truth(
    example: Example, signals: InkSignals, measured: NDArray[np.bool_]
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """What every token is, and whose.

    A spot belongs to the token in whose ink its middle lies; a token without a spot, such as
    a piece of a ridge, to the darkest spot at its maximum.

    Returns
    -------
    codes : int8 ``(n, 12)``
        `UNKNOWN` … `LIKELY`: of all spots of the token the one that says most.
    owners : int32 ``(n,)``
        Of the token's largest spot; `NOBODY` where that is an artefact.
    """
    spots, n = example.spots, len(signals.cell)
    mine = signals.signal[example.middles()]
    spot = np.arange(len(spots))
    met = np.zeros(n + 1, bool)
    met[mine] = True  # the last one: of no signal
    lonely = np.flatnonzero(~met[:n])
    if len(lonely):
        extra = _at_maxima(example, signals.cell[lonely])
        mine = np.concatenate([mine, lonely[extra >= 0]])
        spot = np.concatenate([spot, extra[extra >= 0]])
    kept = mine >= 0
    mine, spot = mine[kept], spot[kept]
    best = np.full((n, len(CLASS_IDS)), -1, np.int8)
    np.maximum.at(best, mine, spot_ranks(example, measured)[spot])
    owners = np.full(n, NOBODY, np.int32)
    order = np.argsort((spots.half_h * spots.half_c * spots.ink)[spot], kind="stable")
    owners[mine[order]] = spots.owner[spot[order]]
    return BY_RANK[best], owners


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


def _at_maxima(example: Example, cells: NDArray[np.int64]) -> NDArray[np.int64]:
    """The darkest spot at each sample; -1 where there is none."""
    footprint = example.footprint
    wanted = np.zeros(example.ink.size, bool)
    wanted[cells] = True
    there = np.flatnonzero(wanted[footprint.cell])
    order = np.argsort(footprint.value[there], kind="stable")
    found = dict(
        zip(
            footprint.cell[there][order].tolist(),
            footprint.spot[there][order].tolist(),
            strict=True,
        )
    )
    return np.array([found.get(c, -1) for c in cells.tolist()], np.int64)
