"""HSQC and HMBC signals of molecules, with the atoms that cause them."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.simulate.shifts import Basis, FilledShifts
from nmrcam_qt.core.simulate.structures import (
    Ints,
    Structures,
    pairs_two_apart,
    split_chance,
)
from nmrcam_qt.core.spectrum import Experiment, freeze

NO_ATOM = 65535
"""Atom of a signal that was measured and not assigned."""

MEASURED, ONE_BOND, TWO_BOND, THREE_BOND = 0, 1, 2, 3
"""Kinds of signal: 0 is a measured one, the others say how many bonds are between."""

_ATOM_MAX = NO_ATOM - 1


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Signals of one or many molecules, one element each; read-only.

    Parameters
    ----------
    h_ppm, c_ppm : float64 ``(n,)``
        ¹H and ¹³C shift, ppm. The two protons of a CH2 are one signal at their mean.
    h_atom, c_atom : uint16 ``(n,)``
        The carbon that bears the proton, and the carbon that is seen, as atoms of the
        SMILES; `NO_ATOM` where not known. Of equivalent atoms the first.
    kind : uint8 ``(n,)``
        1 in HSQC; 2 and 3 bonds in HMBC, where 1 stands for the one-bond doublet that
        some spectra show; 0 for a measured signal of whatever kind.
    protons : uint8 ``(n,)``
        How many protons make it: per carbon times equivalent ones; 0 where not known.
    attached : uint8 ``(n,)``
        Protons on the carbon that bears them: 2 is negative in an edited HSQC.
    split : uint8 ``(n,)``
        Chance that the protons of a CH2 differ: 0 never, 1 chain, 2 ring.
    h_basis, c_basis : uint8 ``(n,)``
        What the shift rests on: 5 assigned or measured, 4 to 1 the radius of the
        environment it was filled from.
    members : uint16 ``(n,)``
        Bit i: both its atoms belong to a match of ``CLASS_IDS[i]``.
    """

    h_ppm: NDArray[np.float64]
    c_ppm: NDArray[np.float64]
    h_atom: NDArray[np.uint16]
    c_atom: NDArray[np.uint16]
    kind: NDArray[np.uint8]
    protons: NDArray[np.uint8]
    attached: NDArray[np.uint8]
    split: NDArray[np.uint8]
    h_basis: NDArray[np.uint8]
    c_basis: NDArray[np.uint8]
    members: NDArray[np.uint16]

    def __post_init__(self) -> None:
        for field in fields(self):
            values = getattr(self, field.name)
            if values.shape != self.h_ppm.shape:
                raise ValueError(f"{field.name} has shape {values.shape}")
            freeze(values)

    def __len__(self) -> int:
        return len(self.h_ppm)

    def take(self, index: Ints | slice) -> Signals:
        """Some of the signals, in the order of `index`."""
        return Signals(*(getattr(self, f.name)[index] for f in fields(self)))


def molecule_signals(
    structures: Structures, experiment: Experiment, c13: FilledShifts, h1: FilledShifts
) -> tuple[Signals, Ints]:
    """Signals of all molecules whose shifts are known.

    HSQC: every carbon that bears hydrogen. HMBC: the protons of every carbon with the
    carbons two and three bonds from them (one and two bonds from their own carbon, over
    whatever atom), and the one-bond pairs, of which some spectra show the doublet.
    Protons on heteroatoms are left out: most exchange. Signals of equivalent atoms are
    one signal. A molecule of which one shift that is needed is not known has no signals.

    Parameters
    ----------
    structures : Structures
        The molecules.
    experiment : Experiment
        HSQC or HMBC.
    c13, h1 : FilledShifts
        Of every atom.

    Returns
    -------
    signals : Signals
        Of all molecules, one after the other.
    offsets : int64 ``(n_molecules + 1,)``
        Signals of molecule i are ``offsets[i]:offsets[i + 1]``.
    """
    s = structures
    h, c, kind = _pairs(s, experiment)
    usable = ~_refused(s, h, c, c13.basis, h1.basis)
    index = np.flatnonzero(usable[s.molecule[h]])
    return _merged(s, h[index], c[index], kind[index], c13, h1)


def refusals(structures: Structures, experiment: Experiment, c13: Basis, h1: Basis) -> int:
    """Molecules with a carbon-bound proton that have no signals for lack of a shift."""
    h, c, _ = _pairs(structures, experiment)
    return int(_refused(structures, h, c, c13, h1).sum())


def _pairs(s: Structures, experiment: Experiment) -> tuple[Ints, Ints, NDArray[np.uint8]]:
    """Carbon that bears the protons, carbon seen, bonds between proton and carbon."""
    bears = s.carbon & (s.n_h > 0)
    own = np.flatnonzero(bears)
    parts = [(own, own, ONE_BOND)]
    if experiment is Experiment.HMBC:
        for (a, b), n_bonds in (
            ((s.source, s.target), TWO_BOND),
            (pairs_two_apart(s), THREE_BOND),
        ):
            keep = bears[a] & s.carbon[b]
            parts.append((a[keep], b[keep], n_bonds))
    h = np.concatenate([a for a, _, _ in parts])
    c = np.concatenate([b for _, b, _ in parts])
    bonds = np.concatenate([np.full(len(a), k, np.uint8) for a, _, k in parts])
    order = np.lexsort((c, bonds, h))
    return h[order], c[order], bonds[order]


def _refused(s: Structures, h: Ints, c: Ints, c13: Basis, h1: Basis) -> NDArray[np.bool_]:
    refused = np.zeros(len(s.offsets) - 1, bool)
    refused[s.molecule[h[(h1[h] == 0) | (c13[c] == 0)]]] = True
    return refused


def _merged(
    s: Structures,
    h: Ints,
    c: Ints,
    kind: NDArray[np.uint8],
    c13: FilledShifts,
    h1: FilledShifts,
) -> tuple[Signals, Ints]:
    """One signal for all pairs of equivalent atoms."""
    group = s.group
    code = (group[h] * s.n_atoms + group[c]) * 4 + kind
    _, first, member = np.unique(code, return_index=True, return_inverse=True)
    sort = np.argsort(first)
    place = np.empty_like(sort)
    place[sort] = np.arange(len(sort))
    member, first = place[member], first[sort]
    h0, c0 = h[first], c[first]
    # Equivalent pairs may number less than the equivalent protons in one carbon's view.
    donors = np.bincount(group[s.carbon & (s.n_h > 0)], minlength=s.n_atoms)[group[h0]]
    start = s.offsets[s.molecule[h0]]
    counts = np.bincount(s.molecule[h0], minlength=len(s.offsets) - 1)
    signals = Signals(
        h_ppm=_mean(h1.ppm[h], member),
        c_ppm=_mean(c13.ppm[c], member),
        h_atom=np.minimum(h0 - start, _ATOM_MAX).astype(np.uint16),
        c_atom=np.minimum(c0 - start, _ATOM_MAX).astype(np.uint16),
        kind=kind[first],
        protons=np.minimum(s.n_h[h0] * donors, 255).astype(np.uint8),
        attached=s.n_h[h0].astype(np.uint8),
        split=split_chance(s)[h0],
        h_basis=h1.basis[h0],
        c_basis=c13.basis[c0],
        members=(s.bits[h0] & s.bits[c0]).astype(np.uint16),
    )
    return signals, np.concatenate([[0], np.cumsum(counts)])


def _mean(values: NDArray[np.float64], member: Ints) -> NDArray[np.float64]:
    return np.asarray(np.bincount(member, values) / np.maximum(np.bincount(member), 1))
