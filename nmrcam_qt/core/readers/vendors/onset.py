"""Where time signals begin behind a digital filter whose delay the file does not tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SILENT = 0.2
"""The first point is below this fraction of the signal where there is a delay."""


def onset_delay(fid: NDArray[np.generic]) -> float:
    """Group delay of a linear-phase filter, from the rise of the signal.

    Behind such a filter the envelope of a signal that begins at once rises to one half just
    when the group delay is over; the remaining fraction of a point is a phase that is
    linear along F2, which automatic phasing finds.

    Parameters
    ----------
    fid : complex ``(n_t1, n_t2)``
        Time signals.

    Returns
    -------
    float
        Points; 0 where the signal is there from the first point.
    """
    envelope = np.sqrt((np.abs(fid).astype(np.float64) ** 2).mean(axis=0))
    early = envelope[: max(2, len(envelope) // 2)]
    top = float(early.max(initial=0.0))
    if not (0 < top < np.inf) or early[0] > SILENT * top:
        return 0.0
    # The plateau behind the rise; ringing makes the maximum a little higher.
    peak = int(early.argmax())
    plateau = float(np.median(early[peak : peak + 8]))
    above = int(np.argmax(early >= plateau / 2))
    if above == 0:
        return 0.0
    low, high = early[above - 1], early[above]
    return float(above - 1 + (plateau / 2 - low) / (high - low))
