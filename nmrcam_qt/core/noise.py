"""How strong the noise of a spectrum is."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.spectrum import Image

SIGMA_PER_MAD = 1.4826
"""Standard deviation of a normal distribution over its median absolute deviation."""
BASE_FACTOR = 3.0
"""The first contour lies at so many MAD-noise units (DESIGN §5)."""
_MOST = 1_000_000


def noise_level(intensity: Image) -> float:
    """Standard deviation of the noise from the median absolute deviation.

    ``1.4826 · median(|x - median(x)|)`` over at most a million evenly spaced points; points
    that are exactly 0 (zero-filled margins, blank paper) are left out.

    Parameters
    ----------
    intensity : float32 ``(n_f1, n_f2)``
        Signed or magnitude.

    Returns
    -------
    float
        Units of intensity; 0 for a spectrum without noise (peak lists, pictures).

    References
    ----------
    Hampel, J. Am. Stat. Assoc. 69 (1974) 383: the MAD as an estimate of scale.
    """
    values = intensity.reshape(-1)
    values = values[:: max(1, values.size // _MOST)]
    values = values[values != 0]
    if values.size < 100:
        return 0.0
    middle = np.median(values)
    return float(SIGMA_PER_MAD * np.median(np.abs(values - middle)))
