"""The sign of a whole edited HSQC, told by where CH, CH2 and CH3 usually lie."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Image

Box = tuple[float, float, float, float]

_CH_CH3: tuple[Box, ...] = (
    (6.5, 9.5, 110.0, 160.0),  # aromatic CH, also of chloroform's and benzene's residue
    (7.0, 7.6, 75.0, 80.0),  # CHCl3
    (4.2, 6.2, 88.0, 108.0),  # anomeric CH
    (2.9, 5.0, 69.0, 87.0),  # CHOH of sugars, CH-O
    (3.2, 4.0, 53.5, 58.0),  # OCH3
    (0.3, 1.15, 5.0, 21.0),  # CH3
    (2.0, 2.6, 8.0, 23.0),  # CH3 on sp2 carbon
)
_CH2: tuple[Box, ...] = (
    (3.4, 4.4, 60.5, 67.5),  # CH2-O
    (1.1, 1.75, 28.5, 36.0),  # CH2 of chains
    (2.1, 2.6, 32.0, 38.0),  # CH2-CO
)
"""(lowest ¹H, highest ¹H, lowest ¹³C, highest ¹³C), ppm, after Pretsch, Bühlmann & Badertscher,
Structure Determination of Organic Compounds, 4th ed. 2009; only boxes where few other
multiplicities lie."""
_FLOOR = 0.01
"""Of the highest point; below it nothing counts."""
_CLEAR = 0.5
"""What share of the evidence must agree."""


def edited_sign(image: Image, f1: Axis, f2: Axis) -> int:
    """Which sign CH and CH3 have in an edited HSQC.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        The spectrum; the sign as a whole is arbitrary.
    f1, f2 : Axis
        Its ¹³C and ¹H axis.

    Returns
    -------
    int
        +1 or -1, and 0 where peaks of known kind are too few or contradict each other.
    """
    floor = _FLOOR * float(np.abs(image).max(initial=0.0))
    votes = [_vote(image, f1, f2, box, floor) for box in _CH_CH3]
    votes += [-_vote(image, f1, f2, box, floor) for box in _CH2]
    total = sum(abs(vote) for vote in votes)
    if not total or abs(sum(votes)) < _CLEAR * total:
        return 0
    return 1 if sum(votes) > 0 else -1


def _vote(image: Image, f1: Axis, f2: Axis, box: Box, floor: float) -> float:
    """Sum of the square roots of strong points with their signs: one signal is not all."""
    columns = (f2.centres >= box[0]) & (f2.centres <= box[1])
    rows = (f1.centres >= box[2]) & (f1.centres <= box[3])
    inside = image[np.ix_(rows, columns)]
    inside = inside[np.abs(inside) > floor]
    return float((np.sign(inside) * np.sqrt(np.abs(inside))).sum())
