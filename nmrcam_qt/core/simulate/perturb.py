"""What one measurement makes of clean signals: lost, split, shifted, weak ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Floats
from nmrcam_qt.core.simulate import settings as known
from nmrcam_qt.core.simulate.cache import SignalCache, ranges
from nmrcam_qt.core.simulate.raster import Ints
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.simulate.signals import MEASURED, ONE_BOND, TWO_BOND, Signals
from nmrcam_qt.core.spectrum import Experiment

_SLOTS = 512
"""Atoms of one compound whose shifts vary apart; what varies must be one for all signals
of an atom, or the columns of an HMBC would come apart."""
_AROMATIC_H_PPM = 5.0
_SPECTROMETERS_MHZ = (400.0, 500.0, 600.0)
_ONE_BOND_HZ = (110.0, 220.0)
_REFERENCE_LEVEL = np.log(5.0)


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Signals of a mixture as one measurement shows them, one element per maximum.

    Parameters
    ----------
    source : int64 ``(n,)``
        Index of the signal in the cache.
    owner : int64 ``(n,)``
        Which compound of the mixture.
    h_ppm, c_ppm : float64 ``(n,)``
        Where it is seen, ppm.
    level : float64 ``(n,)``
        Height above the lowest contour as a factor; below 1 it is not seen.
    """

    source: Ints
    owner: Ints
    h_ppm: Floats
    c_ppm: Floats
    level: Floats

    def growth(self) -> Floats:
        """How much wider than usual the lowest contour of a signal of this height is."""
        height = np.log(np.maximum(self.level, 1)) + 0.2
        return np.asarray(np.clip(np.sqrt(height / (_REFERENCE_LEVEL + 0.2)), 0.4, 1.8))


def measure(
    rng: np.random.Generator,
    cache: SignalCache,
    chosen: Ints,
    settings: DrawSettings,
    amounts: Floats | None = None,
) -> Seen:
    """Measure a mixture once.

    Parameters
    ----------
    rng : Generator
        All chance comes from it.
    cache : SignalCache
        Clean signals.
    chosen : int64 ``(n_compounds,)``
        Spectra of the cache that are mixed.
    settings : DrawSettings
        Ranges.
    amounts : float64 ``(n_compounds,)``, optional
        How much there is of each, the most 1; drawn without it.
    """
    if amounts is None:
        amounts = draw_amounts(rng, len(chosen), settings)
    counts = cache.offsets[chosen + 1] - cache.offsets[chosen]
    source = ranges(cache.offsets[chosen], counts)
    owner = np.repeat(np.arange(len(chosen)), counts)
    hmbc = cache.experiment is Experiment.HMBC
    keep = _kept(rng, cache.signals, source, owner, settings, hmbc)
    source, owner = source[keep], owner[keep]
    s = cache.signals
    h_slot = owner * _SLOTS + s.h_atom[source] % _SLOTS
    c_slot = owner * _SLOTS + s.c_atom[source] % _SLOTS
    slots = len(chosen) * _SLOTS
    h = s.h_ppm[source] + settings.noise * (
        known.SHIFT_NOISE_H[s.h_basis[source]] * rng.standard_normal(slots)[h_slot]
    )
    c = s.c_ppm[source] + settings.noise * (
        known.SHIFT_NOISE_C[s.c_basis[source]] * rng.standard_normal(slots)[c_slot]
    )
    half = _half_splitting(rng, s, source, h_slot, slots)
    if hmbc:
        half = np.where(s.kind[source] == ONE_BOND, _half_doublet(rng, c), half)
    two = np.flatnonzero(half > 0)
    twice = np.concatenate([np.arange(len(source)), two])
    h = np.concatenate([h + half, h[two] - half[two]])
    share = np.where(half > 0, 0.5, 1.0)[twice]
    level = share * _levels(rng, s, source[twice], amounts[owner[twice]], settings)
    offset_h, offset_c = _offset(rng, settings)
    seen = Seen(source[twice], owner[twice], h + offset_h, c[twice] + offset_c, level)
    if rng.random() < settings.wiggles:
        seen = _with_lobes(rng, seen)
    return replace(seen, c_ppm=_folded(rng, seen.c_ppm, settings))


def draw_amounts(rng: np.random.Generator, n: int, settings: DrawSettings) -> Floats:
    """How much there is of each of n compounds: one 1, the others less."""
    amounts = 10 ** -rng.uniform(0, settings.decades, n)
    if n:
        amounts[rng.integers(n)] = 1.0
    return np.asarray(amounts)


def _offset(rng: np.random.Generator, settings: DrawSettings) -> tuple[float, float]:
    """Referencing offset of one spectrum, ¹H and ¹³C ppm."""
    h = rng.uniform(-1, 1) * settings.offset_h
    c = rng.uniform(-1, 1) * settings.offset_c
    if rng.random() < settings.foreign_scale:
        h += rng.uniform(*known.FOREIGN_SCALE_H)
        c += rng.uniform(*known.FOREIGN_SCALE_C)
    return h, c


def _with_lobes(rng: np.random.Generator, seen: Seen) -> Seen:
    """Truncation lobes of the strong signals on both sides along ¹³C."""
    height, away = rng.uniform(0.05, 0.3), rng.uniform(1.0, 2.0)
    index = np.flatnonzero(seen.level * height >= 1)
    both = np.concatenate([np.arange(len(seen.level)), index, index])
    n = len(index)
    sides = np.concatenate([np.full(n, -away), np.full(n, away)])
    c = seen.c_ppm[both]
    level = seen.level[both]
    c[len(c) - 2 * n :] += sides
    level[len(c) - 2 * n :] *= height
    return Seen(seen.source[both], seen.owner[both], seen.h_ppm[both], c, level)


def _kept(
    rng: np.random.Generator,
    s: Signals,
    source: Ints,
    owner: Ints,
    settings: DrawSettings,
    hmbc: bool,
) -> NDArray[np.bool_]:
    """Signals that are not missing."""
    kind = s.kind[source]
    low, high = settings.hmbc_loss if hmbc else settings.hsqc_loss
    n = int(owner.max(initial=-1)) + 1
    rate = rng.uniform(low, high, n)[owner]
    chance = rng.random(len(source))
    if hmbc:
        aromatic = (s.h_ppm[source] > _AROMATIC_H_PPM).astype(np.intp)
        weight = known.HMBC_LOSS_WEIGHT[aromatic, kind]
        counted = weight > 0
        if counted.any():
            rate = rate * weight / weight[counted].mean()
        shown = rng.uniform(*settings.doublets) * (rng.random() < settings.doublet_share)
        rate = np.where(kind == ONE_BOND, 1 - shown, rate)
    rate = np.where(kind == MEASURED, rng.uniform(*settings.measured_loss), rate)
    return np.asarray(chance >= rate)


def _half_splitting(
    rng: np.random.Generator, s: Signals, source: Ints, slot: Ints, slots: int
) -> Floats:
    """Half the distance of the two protons of each CH2, ppm; 0 where they are one."""
    draws = rng.random((2, slots))
    sort = s.split[source]
    methylene = s.attached[source] == 2
    splits = np.flatnonzero(methylene & (draws[0][slot] < known.SPLIT_CHANCE[sort]))
    half = np.zeros(len(source))
    for kind in set(sort[splits].tolist()):
        mine = splits[sort[splits] == kind]
        half[mine] = np.interp(draws[1][slot[mine]], known.SPLIT_AT, known.SPLIT_PPM[kind]) / 2
    half[s.kind[source] == MEASURED] = 0
    return half


def _half_doublet(rng: np.random.Generator, c: Floats) -> Floats:
    """Half the one-bond coupling, ppm: 125 Hz for alkyl, 145 next to O, 165 for sp2 carbons."""
    hertz = np.select([c < 50, c < 90], [125.0, 145.0], 165.0) + 8 * rng.standard_normal(len(c))
    field = _SPECTROMETERS_MHZ[rng.integers(len(_SPECTROMETERS_MHZ))]
    return np.asarray(np.clip(hertz, *_ONE_BOND_HZ) / 2 / field)


def _levels(
    rng: np.random.Generator,
    s: Signals,
    source: Ints,
    amount: Floats,
    settings: DrawSettings,
) -> Floats:
    """Height of each signal over the lowest contour."""
    strength = amount * np.maximum(s.attached[source], 1) ** 0.7
    strength *= np.where(s.kind[source] == TWO_BOND, 0.7, 1.0)
    strength *= np.exp(0.35 * rng.standard_normal(len(source)))
    strongest = np.sort(strength[amount == 1.0])
    n = len(strongest)  # `np.median` of so few costs more than the sorting
    middle = (strongest[(n - 1) // 2] + strongest[n // 2]) / 2 if n else 1.0
    return np.asarray(strength / middle * 10 ** rng.uniform(*settings.contour_decades))


def _folded(rng: np.random.Generator, c: Floats, settings: DrawSettings) -> Floats:
    """¹³C shifts aliased into a narrower window in some spectra."""
    if rng.random() >= settings.folded:
        return c
    high, low = rng.uniform(100, 170), rng.uniform(-10, 20)
    c = np.where(c > high, c - (high - low), c)
    return np.where(c < low, c + (high - low), c)
