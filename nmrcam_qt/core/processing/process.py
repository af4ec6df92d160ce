"""A 2D spectrum from time signals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.processing.phasing import dispersion, find_phases
from nmrcam_qt.core.processing.transform import Types, transform_direct, transform_indirect
from nmrcam_qt.core.processing.types import (
    Complex,
    Dimension,
    Phase,
    Processed,
    Scheme,
    next_power_of_two,
)
from nmrcam_qt.core.spectrum import Image

_AS_GOOD = 1.03
"""How much more dispersive suggested phases may leave a spectrum than those that are found."""
MAX_POINTS = 1 << 25
"""Points of a processed spectrum (32 million): what TopSpin users make has at most 16."""


def process_2d(
    fid: Complex,
    scheme: Scheme,
    f2: Dimension | None = None,
    f1: Dimension | None = None,
    group_delay: float = 0.0,
) -> Processed:
    """Window, zero-fill, transform and phase 2D time signals.

    Parameters
    ----------
    fid : complex64 ``(n_t1, n_t2)``
        In the order and with the signs that the package and `Scheme` describe. A last row
        without a partner is left out.
    scheme : Scheme
        How the sign of F1 frequencies is told.
    f2, f1 : Dimension, optional
        How each dimension is processed; by default with squared cosines and automatic
        phases.
    group_delay : float
        Samples by which a digital filter delays t2 (Bruker's GRPDLY).

    Returns
    -------
    Processed
        Rows are F1, columns F2, both descending in ppm: see `spectral_axis`.

    Raises
    ------
    ValueError
        If there are fewer than two points in a dimension, more than `MAX_POINTS` would
        come out, or the data are not finite or all zero.
    """
    fid = np.asarray(fid, dtype=np.complex64)
    if scheme.paired:
        fid = fid[: len(fid) // 2 * 2]
    f2, f1 = _with_sizes(fid, scheme, f2 or Dimension(), f1 or Dimension())
    if not np.isfinite(fid).all():
        raise ValueError("the data hold values that are no numbers")
    if not fid.any():
        raise ValueError("the data are zero everywhere")
    types = transform_indirect(transform_direct(fid, f2, group_delay), scheme, f1)
    notes = (_described(fid, scheme, f2, f1),)
    if types.n_type is None:
        return Processed(np.abs(types.p_type), True, None, None, False, notes)
    phase2, phase1, found = _phases(types, f2, f1)
    image = phased(types, phase2, phase1)
    if found and _more_negative(image):
        image = -image
        phase2 = replace(phase2, zero=phase2.zero + 180.0)
    return Processed(image, False, phase2, phase1, found, notes)


def _phases(types: Types, f2: Dimension, f1: Dimension) -> tuple[Phase, Phase, bool]:
    """Given, suggested or automatic phases, and whether they are automatic."""
    if f2.phase and f1.phase:
        return f2.phase, f1.phase, False
    found2, found1 = find_phases(types)
    if f2.suggested and f1.suggested and not (f2.phase or f1.phase):
        least = dispersion(types, found2, found1)
        if dispersion(types, f2.suggested, f1.suggested) <= _AS_GOOD * least:
            return f2.suggested, f1.suggested, False
    return f2.phase or found2, f1.phase or found1, True


def phased(types: Types, f2: Phase, f1: Phase) -> Image:
    """The absorptive spectrum, float32; `types` needs an N-type spectrum."""
    if types.n_type is None:
        return np.abs(types.p_type)
    height, width = types.p_type.shape
    columns = _ramp(f2, width)[None, :]
    rows = _ramp(f1, height)[:, None]
    mixed = types.n_type * rows + types.p_type * rows.conj()
    return np.ascontiguousarray((mixed * columns).real / 2, dtype=np.float32)


def _ramp(phase: Phase, size: int) -> NDArray[np.complex64]:
    turns = np.deg2rad(phase.zero + phase.first * np.arange(size) / size)
    return np.exp(1j * turns).astype(np.complex64)


def _with_sizes(
    fid: Complex, scheme: Scheme, f2: Dimension, f1: Dimension
) -> tuple[Dimension, Dimension]:
    if fid.ndim != 2 or min(fid.shape) < 2:
        raise ValueError(f"time signals of shape {fid.shape}, expected at least 2 x 2 points")
    pairs = fid.shape[0] if scheme is Scheme.QF else fid.shape[0] // 2
    width = f2.size or next_power_of_two(fid.shape[1])
    height = f1.size or 2 * next_power_of_two(pairs)
    if width < 2 or height < 2 or width * height > MAX_POINTS:
        raise ValueError(f"{height} x {width} points would come out, at most {MAX_POINTS} do")
    return replace(f2, size=width), replace(f1, size=height)


def _more_negative(image: Image) -> bool:
    """Whether the strong points are negative on the whole."""
    limit = 0.1 * float(np.abs(image).max())
    return float(image[np.abs(image) > limit].sum()) < 0


def _described(fid: Complex, scheme: Scheme, f2: Dimension, f1: Dimension) -> str:
    rows = fid.shape[0] // (2 if scheme.paired else 1)
    return (
        f"processed by nmrcam from raw data ({scheme.value}): "
        f"F2 {fid.shape[1]} to {f2.size} points, {f2.window.kind.value} window, "
        f"F1 {rows} to {f1.size} points, {f1.window.kind.value} window"
    )
