"""Whether F1 of a processed ¹H–¹³C spectrum is upside down, told by chemistry.

Data do not say in which sense the phase of a pulse was advanced. But ¹³C shifts rise with
the ¹H shifts of what they are bound to (methyls at 1 and 20 ppm, aromatic CH at 7 and 128);
turned about the carrier they would fall.
"""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image

UPSIDE_DOWN = -0.5
"""A correlation below it is no spectrum of organic molecules."""
_FLOOR, _MOST = 0.05, 200
_FEWEST, _LEAST_SPREAD = 5, 1.5
"""Peaks, and ppm (¹H) that they span, below which nothing can be told."""


def shift_correlation(image: Image, f1: Axis, f2: Axis) -> float:
    """Correlation of the ¹H and ¹³C shifts of the strong peaks, -1 to 1.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Signed or magnitude.
    f1, f2 : Axis
        Its ¹³C and ¹H axis.

    Returns
    -------
    float
        0 where there are too few peaks, or all in a narrow range.
    """
    size = np.abs(image)
    inner = size[1:-1, 1:-1]
    summit = inner > _FLOOR * float(size.max(initial=0.0))
    for down, right in ((0, 1), (2, 1), (1, 0), (1, 2)):
        rows, columns = inner.shape
        summit &= inner >= size[down : down + rows, right : right + columns]
    rows_at, columns_at = np.nonzero(summit)
    order = np.argsort(inner[rows_at, columns_at])[::-1][:_MOST]
    h_ppm, c_ppm = f2.centres[columns_at[order] + 1], f1.centres[rows_at[order] + 1]
    if len(order) < _FEWEST or np.ptp(h_ppm) < _LEAST_SPREAD or not np.ptp(c_ppm):
        return 0.0
    return float(np.corrcoef(h_ppm, c_ppm)[0, 1])


def turned(image: Image) -> Image:
    """F1 turned about the carrier, sample n/2."""
    return np.ascontiguousarray(np.roll(image[::-1], 1 - image.shape[0] % 2, axis=0))
