"""Circular fingerprints of compounds: what else a network can learn from a structure.

Twelve classes say little about a compound. Asked for some hundred common surroundings of
atoms besides (Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742), and, signal by signal, for
those of the compound that the signal belongs to, a network learns which signals go together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.substructures import read_smiles

Bits = NDArray[np.uint8]
RADIUS = 2


def common_surroundings(
    smiles: Sequence[str], most: int, rarest: float = 0.01, commonest: float = 0.9
) -> NDArray[np.int64]:
    """The most frequent surroundings of radius 0 to `RADIUS` (needs RDKit).

    Parameters
    ----------
    smiles : sequence of str
        Of the training compounds.
    most : int
        At most so many.
    rarest, commonest : float
        Share of the compounds that a surrounding must and may be found in.

    Returns
    -------
    int64 ``(n,)``
        RDKit's identifiers, the most frequent first.
    """
    counts: Counter[int] = Counter()
    for found in _surroundings(smiles):
        counts.update(found)
    n = max(len(smiles), 1)
    fitting = [(-c, i) for i, c in counts.items() if rarest <= c / n <= commonest]
    return np.array([i for _, i in sorted(fitting)[:most]], np.int64)


def fingerprints(smiles: Sequence[str], surroundings: NDArray[np.int64]) -> Bits:
    """Which surroundings each compound has, uint8 ``(n, n_surroundings)`` of 0 and 1.

    Raises
    ------
    StructureError
        If a SMILES cannot be read, or RDKit is not installed.
    """
    column = {int(s): i for i, s in enumerate(surroundings)}
    out = np.zeros((len(smiles), len(surroundings)), np.uint8)
    for row, found in zip(out, _surroundings(smiles), strict=True):
        row[[column[s] for s in found if s in column]] = 1
    return out


def _surroundings(smiles: Sequence[str]) -> list[frozenset[int]]:
    known: dict[str, frozenset[int]] = {}
    for text in smiles:
        if text not in known:
            molecule = read_smiles(text)
            known[text] = frozenset(_generator().GetSparseFingerprint(molecule).GetOnBits())
    return [known[text] for text in smiles]


@cache
def _generator() -> Any:
    from rdkit.Chem import rdFingerprintGenerator

    return rdFingerprintGenerator.GetMorganGenerator(radius=RADIUS)
