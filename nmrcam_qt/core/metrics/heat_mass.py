"""Where the heat lies: on the target's signals, and far from any signal."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis

BLANK_H_PPM = 6 * 10 / 600
BLANK_C_PPM = 6 * 200 / 410
"""6 px of the study's 600 × 410 px picture of 10–0 / 0–200 ppm."""

Mask = NDArray[np.bool_]


def heat_mass(heat: NDArray[np.float32], target: Mask, distractor: Mask) -> float:
    """Share of the heat on signals that lies on the target's, Σ_M h / Σ_ink h.

    Parameters
    ----------
    heat : float32 ``(n_f1, n_f2)``
        Not negative.
    target, distractor : bool ``(n_f1, n_f2)``
        Pixels that are both are in neither and do not count.

    Returns
    -------
    float
        0..1; 0 for a map without heat on signals.
    """
    on_target = float(heat[target].sum(dtype=np.float64))
    total = on_target + float(heat[distractor].sum(dtype=np.float64))
    return on_target / total if total > 0 else 0.0


def ink_share(target: Mask, distractor: Mask) -> float:
    """|M| / |ink|: the heat mass of a map that is the same everywhere; NaN without ink."""
    own, total = int(target.sum()), int(target.sum()) + int(distractor.sum())
    return own / total if total else float("nan")


def blank_mass(heat: NDArray[np.float32], blank: Mask) -> float:
    """Share of the heat that lies far from any signal.

    Parameters
    ----------
    heat : float32 ``(n_f1, n_f2)``
        Not negative.
    blank : bool ``(n_f1, n_f2)``
        From `far_from_ink`.

    Returns
    -------
    float
        0..1; NaN for an empty map, which has no heat to misplace.
    """
    total = float(heat.sum(dtype=np.float64))
    return float(heat[blank].sum(dtype=np.float64)) / total if total > 0 else float("nan")


def far_from_ink(
    inked: Mask,
    f1: Axis,
    f2: Axis,
    h_ppm: float = BLANK_H_PPM,
    c_ppm: float = BLANK_C_PPM,
) -> Mask:
    """Pixels whose distance from every inked pixel is more than 6 px of a 600-px picture.

    The distance is that between pixel centres, with ppm scaled by `h_ppm` and `c_ppm`:
    ``(Δh/h_ppm)² + (Δc/c_ppm)² > 1``.

    Parameters
    ----------
    inked : bool ``(f1.size, f2.size)``
    f1, f2 : Axis
        ¹³C and ¹H axes of the pixels.
    h_ppm, c_ppm : float
        What 6 px are in ppm.

    Returns
    -------
    bool ``(f1.size, f2.size)``
    """
    near = np.zeros_like(inked)
    reach = int(np.floor(c_ppm / abs(f1.step) + 1e-9)) if f1.size > 1 else 0
    for shift in range(-min(reach, f1.size - 1), min(reach, f1.size - 1) + 1):
        rest = max(0.0, 1 - (shift * f1.step / c_ppm) ** 2)
        width = int(np.floor(h_ppm * np.sqrt(rest) / abs(f2.step) + 1e-9)) if f2.size > 1 else 0
        source = slice(max(0, -shift), f1.size - max(0, shift))
        there = slice(max(0, shift), f1.size - max(0, -shift))
        near[there] |= _widen(inked[source], width)
    return ~near


def _widen(rows: Mask, width: int) -> Mask:
    """Pixels with an inked one at most `width` columns away."""
    counts = np.cumsum(np.pad(rows, ((0, 0), (width + 1, width))), axis=1, dtype=np.int32)
    return np.asarray(counts[:, 2 * width + 1 :] > counts[:, : -(2 * width + 1)])
