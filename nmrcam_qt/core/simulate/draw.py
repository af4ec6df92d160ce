"""Mixtures drawn on the fly: picture, classes, and whose every signal is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import FWHM_C_PPM, FWHM_H_PPM
from nmrcam_qt.core.preprocessing import INK_THRESHOLD
from nmrcam_qt.core.simulate.artefacts import draw_artefacts
from nmrcam_qt.core.simulate.cache import SignalCache, bits_to_flags
from nmrcam_qt.core.simulate.perturb import Seen, measure
from nmrcam_qt.core.simulate.raster import (
    Footprint,
    Ints,
    Spots,
    as_contours,
    as_gaussians,
    cells_of,
)
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.spectrum import Experiment, Image, freeze
from nmrcam_qt.core.substructures import CLASS_IDS

Masks = NDArray[np.bool_]
DEFAULT = DrawSettings()
_TRIES = 20


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A drawn spectrum with its truth; read-only.

    Parameters
    ----------
    ink : float32 ``(n_f1, n_f2)``
        The picture, 0..1.
    labels : bool ``(12,)``
        Classes, in the order of `CLASS_IDS`, of the compounds that can be seen.
    chosen : int64 ``(n_compounds,)``
        Spectra of the cache that were mixed.
    visible : bool ``(n_compounds,)``
        Which of them can be seen.
    owner_bits : uint16 ``(n_compounds,)``
        Classes of each; 0 for those that cannot be seen.
    spots : Spots
        Everything that was drawn, with its compound and substructures.
    footprint : Footprint
        The cells of each.
    f1, f2 : Axis
        Of the picture.
    """

    ink: Image
    labels: Masks
    chosen: Ints
    visible: Masks
    owner_bits: NDArray[np.uint16]
    spots: Spots
    footprint: Footprint
    f1: Axis
    f2: Axis

    def __post_init__(self) -> None:
        for array in (self.ink, self.labels, self.chosen, self.visible, self.owner_bits):
            freeze(array)

    @property
    def signed(self) -> Image:
        """Ink, negative for the CH2 of an edited HSQC, float32 ``(n_f1, n_f2)``."""
        return self.footprint.ink(self.spots.sign)

    def middles(self) -> Ints:
        """The sample that holds the middle of each spot, row-major, int64 ``(n_spots,)``.

        Middles outside the window are moved to its edge.
        """
        rows, columns = self.ink.shape
        row = np.clip(cells_of(self.f1, self.spots.c_ppm), 0, rows - 1)
        column = np.clip(cells_of(self.f2, self.spots.h_ppm), 0, columns - 1)
        return np.asarray(row * columns + column)

    def substructure_masks(self) -> Masks:
        """Cells with ink of signals of which both atoms belong to the substructure.

        Returns
        -------
        bool ``(12, n_f1, n_f2)``
        """
        return self._masks(self.spots.members)

    def compound_masks(self) -> Masks:
        """Cells with ink of the compounds that carry each class, bool ``(12, n_f1, n_f2)``."""
        mine = self.spots.owner >= 0
        bits = np.zeros(len(self.spots), np.uint16)
        bits[mine] = self.owner_bits[self.spots.owner[mine]]
        return self._masks(bits)

    def other_masks(self) -> Masks:
        """Cells with ink of compounds without each class or of artefacts.

        Returns
        -------
        bool ``(12, n_f1, n_f2)``
        """
        bits = np.full(len(self.spots), (1 << len(CLASS_IDS)) - 1, np.uint16)
        mine = self.spots.owner >= 0
        bits[mine] &= ~self.owner_bits[self.spots.owner[mine]]
        return self._masks(bits)

    def _masks(self, bits: NDArray[np.uint16]) -> Masks:
        """Cells inked by the spots that have each bit."""
        out = np.zeros((len(CLASS_IDS), self.ink.size), bool)
        inked = self.footprint.value > INK_THRESHOLD
        cell, mine = self.footprint.cell[inked], bits[self.footprint.spot[inked]]
        for i in range(len(CLASS_IDS)):
            out[i, cell[mine >> i & 1 == 1]] = True
        return out.reshape(len(CLASS_IDS), *self.ink.shape)


class Drawer:
    """Draws examples from one cache; the cache's classes are looked up once.

    Parameters
    ----------
    cache : SignalCache
        Clean signals.
    f1, f2 : Axis
        ¹³C and ¹H axes of the grid, at least two cells each.
    settings : DrawSettings
        Ranges.

    Raises
    ------
    ValueError
        If the cache is empty.
    """

    def __init__(
        self, cache: SignalCache, f1: Axis, f2: Axis, settings: DrawSettings = DEFAULT
    ) -> None:
        if not len(cache):
            raise ValueError("the cache holds no spectra")
        self.cache, self.f1, self.f2, self.settings = cache, f1, f2, settings
        self._hmbc = cache.experiment is Experiment.HMBC
        members = [cache.having(c) for c in CLASS_IDS]
        self._members = [m for m in members if len(m)]

    def choose(self, rng: np.random.Generator, n: int) -> Ints:
        """Choose different compounds, some for their class.

        Returns
        -------
        int64 ``(n,)``, fewer where the cache has fewer compounds
        """
        chosen: list[int] = []
        taken: set[bytes] = set()
        for _ in range(_TRIES * n):
            if self._members and rng.random() < self.settings.class_share:
                pool = self._members[rng.integers(len(self._members))]
                index = int(pool[rng.integers(len(pool))])
            else:
                index = int(rng.integers(len(self.cache)))
            name = bytes(self.cache.compounds[index])
            if name not in taken:
                taken.add(name)
                chosen.append(index)
            if len(chosen) == n:
                break
        return np.array(chosen, np.int64)

    def draw(
        self,
        rng: np.random.Generator,
        n_compounds: int,
        chosen: Sequence[int] | None = None,
        amounts: NDArray[np.float64] | None = None,
    ) -> Example:
        """Draw one example.

        Parameters
        ----------
        rng : Generator
            All chance comes from it: the same state draws the same example.
        n_compounds : int
            How many are mixed, at least 1.
        chosen : sequence of int, optional
            Spectra of the cache to mix instead.
        amounts : float64 ``(n_compounds,)``, optional
            How much there is of each, the most 1; drawn without it.
        """
        mixed = self.choose(rng, n_compounds) if chosen is None else np.array(chosen, np.int64)
        seen = measure(rng, self.cache, mixed, self.settings, amounts)
        counts = np.bincount(seen.owner, minlength=len(mixed))
        drawn = self._in_sight(seen)
        shown = np.bincount(seen.owner[drawn], minlength=len(mixed))
        visible = (shown > 0) & (shown >= self.settings.min_visible * counts)
        bits = np.where(visible, self.cache.labels[mixed], np.uint16(0))
        spots, footprint = self._rasterise(rng, seen, drawn)
        labels = np.asarray(bits_to_flags(bits).any(axis=0))
        return Example(
            footprint.ink(), labels, mixed, visible, bits, spots, footprint, self.f1, self.f2
        )

    def _in_sight(self, seen: Seen) -> Ints:
        """Signals above the lowest contour and in the window."""
        (c_low, c_high), (h_low, h_high) = sorted(self.f1.edges), sorted(self.f2.edges)
        inside = (seen.c_ppm >= c_low) & (seen.c_ppm <= c_high)
        inside &= (seen.h_ppm >= h_low) & (seen.h_ppm <= h_high)
        return np.flatnonzero(inside & (seen.level >= 1))

    def _rasterise(
        self, rng: np.random.Generator, seen: Seen, drawn: Ints
    ) -> tuple[Spots, Footprint]:
        """As a list or as contours."""
        s = self.settings
        n = len(drawn)
        as_list = rng.random() < s.list_share
        # Who picks a list leaves most ridges out, and an HSQC has fewer.
        streaks = (0.2 if as_list else 1.0) * (1 if self._hmbc else 0.4)
        marks = draw_artefacts(rng, seen, self.f1, self.f2, s, streaks)
        if as_list:
            width = rng.uniform(*s.list_width)
            half_h, half_c = width * FWHM_H_PPM / 2, width * FWHM_C_PPM / 2
            widths = np.full(n, half_h), np.full(n, half_c)
            marks[:, 2], marks[:, 3] = half_h, half_c
            ink = np.ones(n + len(marks))
        else:
            growth = seen.growth()[drawn]
            widths = (
                _log_uniform(rng, s.half_h) * growth * np.exp(0.35 * rng.standard_normal(n)),
                _log_uniform(rng, s.half_c) * growth * np.exp(0.15 * rng.standard_normal(n)),
            )
            ink = rng.uniform(*s.ink) * rng.uniform(0.8, 1.0, n + len(marks))
        spots = self._spots(seen, drawn, marks, widths, ink)
        if as_list:
            return spots, as_gaussians(spots, self.f1, self.f2)
        hollow = rng.uniform(0.3, 0.9) if rng.random() < s.hollow else 0.0
        return spots, as_contours(spots, self.f1, self.f2, hollow)

    def _spots(
        self,
        seen: Seen,
        drawn: Ints,
        marks: NDArray[np.float64],
        widths: tuple[NDArray[np.float64], NDArray[np.float64]],
        ink: NDArray[np.float64],
    ) -> Spots:
        n_marks = len(marks)
        source = seen.source[drawn]
        signals = self.cache.signals
        sign = np.ones(len(source) + n_marks, np.int8)
        if self.settings.edited and not self._hmbc:
            sign[: len(source)][signals.attached[source] == 2] = -1
        none = np.full(n_marks, -1, np.int64)
        return Spots(
            h_ppm=np.concatenate([seen.h_ppm[drawn], marks[:, 0]]),
            c_ppm=np.concatenate([seen.c_ppm[drawn], marks[:, 1]]),
            half_h=np.concatenate([widths[0], marks[:, 2]]),
            half_c=np.concatenate([widths[1], marks[:, 3]]),
            ink=ink,
            sign=sign,
            owner=np.concatenate([seen.owner[drawn], none]),
            members=np.concatenate([signals.members[source], np.zeros(n_marks, np.uint16)]),
            source=np.concatenate([source, none]),
        )


def _log_uniform(rng: np.random.Generator, span: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(np.log(span[0]), np.log(span[1]))))
