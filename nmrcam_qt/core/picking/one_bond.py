"""The one-bond doublets that leak into an HMBC: pairs of lines about a proton's own shift."""

from __future__ import annotations

import numpy as np

from nmrcam_qt.core.picked import PeakKind, PickedPeaks
from nmrcam_qt.core.picking.found import Flags, Floats

SPLIT_HZ = (110.0, 220.0)
"""¹J(CH), from alkyl to alkynes and furans."""
_ALIKE = 4.0
"""Ratio of the heights of the two lines, where an HSQC says that there is a doublet."""
_ALIKE_ALONE = 2.5
_H_TOLERANCE = 0.02
"""ppm by which the middle of a doublet may miss the proton's shift."""
_C_TOLERANCE = 0.5
"""ppm, or half the line width, by which ¹³C shifts may differ: of a doublet from the HSQC."""
_PAIR_C = 0.3
"""The same for the two lines of a doublet, which are measured in one spectrum."""


def one_bond_doublets(
    h_ppm: Floats,
    c_ppm: Floats,
    height: Floats,
    widths: tuple[Floats, Floats],
    h_mhz: float,
    hsqc: PickedPeaks | None = None,
) -> Flags:
    """Which peaks of an HMBC are lines of a one-bond doublet.

    With the HSQC: two lines at its ¹³C shift, 110 to 220 Hz apart, about its ¹H shift.

    Without: two lines of one ¹³C shift, so far apart and about as high, where their middle
    is the shift of a proton that correlates with other carbons and neither of the lines
    is. Two protons that both see a carbon make such a pair, too, but see others as well;
    where only one carbon is seen at all nobody can tell, and nothing is marked.

    Parameters
    ----------
    h_ppm, c_ppm, height : float64 ``(n,)``
        Peaks.
    widths : pair of float64 ``(n,)``
        Full widths at half height, ¹H and ¹³C, ppm.
    h_mhz : float
        Frequency of ¹H.
    hsqc : PickedPeaks or None
        Peaks of the HSQC on the same scales.

    Returns
    -------
    bool ``(n,)``
    """
    marked = np.zeros(len(h_ppm), bool)
    pairs = _pairs(h_ppm, c_ppm, height, widths, h_mhz)
    if hsqc is not None:
        centres = np.array(
            [(p.h_ppm, p.c_ppm) for p in hsqc.peaks if p.kind is not PeakKind.DOUBTFUL]
        ).reshape(-1, 2)
        for i, j in pairs:
            middle = np.array([(h_ppm[i] + h_ppm[j]) / 2, (c_ppm[i] + c_ppm[j]) / 2])
            reach = (_H_TOLERANCE, max(_C_TOLERANCE, (widths[1][i] + widths[1][j]) / 4))
            if (np.abs(centres - middle) <= reach).all(axis=1).any():
                marked[[i, j]] = True
        return marked
    return _alone(h_ppm, c_ppm, height, pairs)


def _pairs(
    h_ppm: Floats, c_ppm: Floats, height: Floats, widths: tuple[Floats, Floats], h_mhz: float
) -> list[tuple[int, int]]:
    """Lines of one ¹³C shift and sign that could be a doublet by their distance."""
    made = []
    size = np.abs(height)
    order = np.argsort(c_ppm, kind="stable")
    widest = max(_PAIR_C, float(widths[1].max(initial=0.0)) / 3)
    ends = np.searchsorted(c_ppm[order], c_ppm[order] + widest, side="right")
    for a, i in enumerate(order):
        for j in order[a + 1 : ends[a]]:
            apart = abs(h_ppm[i] - h_ppm[j]) * h_mhz
            same = abs(c_ppm[i] - c_ppm[j]) <= max(_PAIR_C, (widths[1][i] + widths[1][j]) / 6)
            alike = max(size[i], size[j]) <= _ALIKE * min(size[i], size[j])
            if SPLIT_HZ[0] <= apart <= SPLIT_HZ[1] and same and alike:
                made.append((int(i), int(j)))
    return made


def _alone(h_ppm: Floats, c_ppm: Floats, height: Floats, pairs: list[tuple[int, int]]) -> Flags:
    """Doublets by the correlations of their middle, without an HSQC."""
    size = np.abs(height)
    marked = np.zeros(len(h_ppm), bool)
    lines = {k for pair in pairs for k in pair}
    for i, j in pairs:
        if max(size[i], size[j]) > _ALIKE_ALONE * min(size[i], size[j]):
            continue
        middle = (h_ppm[i] + h_ppm[j]) / 2
        other = np.abs(c_ppm - (c_ppm[i] + c_ppm[j]) / 2) > 2 * _C_TOLERANCE
        seen = other & (np.abs(h_ppm - middle) <= _H_TOLERANCE)
        # Lines of other doublets of the same proton are no correlations of its lines.
        own = [
            other & (np.abs(h_ppm - h_ppm[k]) <= _H_TOLERANCE) & ~_in(lines, len(h_ppm))
            for k in (i, j)
        ]
        if seen.any() and not own[0].any() and not own[1].any():
            marked[[i, j]] = True
    return marked


def _in(index: set[int], n: int) -> Flags:
    made = np.zeros(n, bool)
    made[list(index)] = True
    return made
