"""Seeded mixtures of spectra with the truth about whose signals are whose."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, ink
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import (
    Image,
    PeakList,
    Provenance,
    SourceKind,
    Spectrum,
    freeze,
)

Mask = NDArray[np.bool_]

LINE_SHARE = 0.8
"""A row or column of which more is inked is a line, not signals."""


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """A spectrum and whose signals are whose.

    Parameters
    ----------
    spectrum : Spectrum
        What the network sees, on the target's grid.
    target, distractor : bool ``(n_f1, n_f2)``
        Pixels with ink > 0.1 of the compound that carries the class only, and of the
        others only; pixels that are both are in neither.
    parts : tuple of str
        Names of the spectra, the target first.
    """

    spectrum: Spectrum
    target: Mask
    distractor: Mask
    parts: tuple[str, ...]

    def __post_init__(self) -> None:
        for mask in (self.target, self.distractor):
            if mask.shape != self.spectrum.intensity.shape:
                raise ValueError(f"mask {mask.shape} does not match the spectrum")
            freeze(mask)

    @property
    def ink(self) -> Mask:
        """Pixels with ink > 0.1 of anything, bool ``(n_f1, n_f2)``."""
        return np.asarray(ink(self.spectrum) > INK_THRESHOLD)


def mix(target: Spectrum, others: Sequence[Spectrum] = ()) -> Mixture:
    """Mix a target with others at equal scale.

    Pictures: the pixelwise darkest on the target's ppm grid, the others brought there
    by area maximum. Peak lists only: the union of the peaks, drawn on that grid.

    Parameters
    ----------
    target : Spectrum
        The compound that carries the class.
    others : sequence of Spectrum
        None of them leaves the target as it is (a *pure* case).

    Returns
    -------
    Mixture
    """
    own = ink(target)
    foreign = np.zeros_like(own)
    for other in others:
        foreign = np.maximum(foreign, without_lines(on_grid_of(target, other)))
    is_target, is_foreign = without_lines(own) > INK_THRESHOLD, foreign > INK_THRESHOLD
    return Mixture(
        spectrum=_spectrum(target, others, np.maximum(own, foreign)) if others else target,
        target=is_target & ~is_foreign,
        distractor=is_foreign & ~is_target,
        parts=(target.name, *(o.name for o in others)),
    )


def on_grid_of(target: Spectrum, other: Spectrum) -> Image:
    """Ink of one spectrum on another's grid, by ppm, float32 ``(n_f1, n_f2)``."""
    if other.peaks is not None and other.provenance.kind is SourceKind.PEAK_LIST:
        return np.abs(draw_peaks(other.peaks, target.f1, target.f2))
    if (other.f1, other.f2) == (target.f1, target.f2):
        return ink(other)
    return area_maximum(ink(other), other.f1, other.f2, target.f1, target.f2)


def without_lines(values: Image) -> Image:
    """Ink without lines across the whole picture, which are no signals.

    Some pictures of the study have a black row or column at an edge or across. They stay
    in what the network sees of a target, but are no truth, and are not mixed in.

    Parameters
    ----------
    values : float32 ``(n_f1, n_f2)``
        Ink.

    Returns
    -------
    float32 ``(n_f1, n_f2)``
        Rows and columns of which more than 80 % are inked are 0.
    """
    inked = values > INK_THRESHOLD
    rows, columns = inked.mean(axis=1) > LINE_SHARE, inked.mean(axis=0) > LINE_SHARE
    return np.where(rows[:, np.newaxis] | columns[np.newaxis, :], np.float32(0), values)


def draw_foreign(
    target: Entry, pool: Sequence[Entry], n: int, seed: int, exclude: Collection[str] = ()
) -> list[Entry]:
    """Draw the foreign compounds of one target.

    The draw depends on the seed, the target's id and the pool only, so that leaving
    out other targets changes nothing; and the first n of a draw of n + 1 are the draw
    of n, so that "+2" adds one compound to "+1".

    Parameters
    ----------
    target : Entry
        Its own compound is never drawn.
    pool : sequence of Entry
        Compounds of no class; of several spectra of one compound one is drawn.
    n : int
        How many compounds.
    seed : int
        Of the draw.
    exclude : collection of str
        Names (InChIKey block, id or accession) that must not be drawn.

    Raises
    ------
    ValueError
        If the pool has fewer other compounds.
    """
    rng = np.random.default_rng([seed, zlib.crc32(target.id.encode())])
    barred = target.names | frozenset(exclude)
    drawn: list[Entry] = []
    for index in rng.permutation(len(pool)):
        if len(drawn) == n:
            break
        if not pool[index].names & barred:
            drawn.append(pool[index])
            barred |= pool[index].names
    if len(drawn) < n:
        raise ValueError(f"{len(drawn)} foreign compounds for {target.id}, {n} needed")
    return drawn


def _spectrum(target: Spectrum, others: Sequence[Spectrum], darkest: Image) -> Spectrum:
    """The mixture as a spectrum; a union of lists stays a list."""
    parts = (target, *others)
    lists = [
        s.peaks for s in parts if s.peaks is not None and s.provenance.kind is SourceKind.PEAK_LIST
    ]
    union = _union(lists) if len(lists) == len(parts) else None
    what = "peak lists, united" if union is not None else "spectra, pixelwise darkest"
    assumed = tuple(dict.fromkeys(a for s in parts for a in s.provenance.assumed))
    return Spectrum(
        name=" + ".join(s.name for s in parts),
        intensity=draw_peaks(union, target.f1, target.f2) if union is not None else darkest,
        f1=target.f1,
        f2=target.f2,
        experiment=target.experiment,
        provenance=Provenance(
            path=" + ".join(s.provenance.path for s in parts),
            kind=SourceKind.PEAK_LIST if union is not None else SourceKind.MIXTURE,
            format=f"mixture of {len(parts)} {what}",
            assumed=assumed,
            notes=(f"mixture: {len(parts)} {what}",),
            axes_assumed=any(s.provenance.axes_assumed for s in parts),
        ),
        peaks=union,
    )


def _union(lists: Sequence[PeakList]) -> PeakList:
    return PeakList(
        np.concatenate([p.h_ppm for p in lists]),
        np.concatenate([p.c_ppm for p in lists]),
        np.concatenate([p.intensity for p in lists]),
        tuple(a for p in lists for a in p.annotation),
    )
