"""Many molecules as flat arrays, so that everything after reading is done at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import freeze
from nmrcam_qt.core.substructures import (
    atom_bits,
    label_bits,
    matched_atoms,
    read_smiles,
    symmetry_classes,
)

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

CARBON = 6
MAX_RADIUS = 4
_REPORT_EVERY = 500
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))


@dataclass(frozen=True, slots=True, eq=False)
class Structures:
    """Molecules as arrays over all their heavy atoms and bonds; read-only.

    Parameters
    ----------
    offsets : int64 ``(n_molecules + 1,)``
        Atoms of molecule i are ``offsets[i]:offsets[i + 1]``.
    element, n_h, charge, degree, aromatic, ring : int64 ``(n_atoms,)``
        Atomic number, attached hydrogens, formal charge, heavy neighbours, flags.
    symmetry : int64 ``(n_atoms,)``
        Symmetry class within the molecule: equal for atoms that NMR cannot tell apart.
    bits : int64 ``(n_atoms,)``
        Classes whose matches hold the atom, bit i for ``CLASS_IDS[i]``.
    label_bits : int64 ``(n_molecules,)``
        Classes of the molecule.
    source, target, order : int64 ``(2 * n_bonds,)``
        Every bond in both directions, sorted by source atom; ``order`` is twice the
        bond order (3 for aromatic).
    """

    offsets: Ints
    element: Ints
    n_h: Ints
    charge: Ints
    degree: Ints
    aromatic: Ints
    ring: Ints
    symmetry: Ints
    bits: Ints
    label_bits: Ints
    source: Ints
    target: Ints
    order: Ints

    def __post_init__(self) -> None:
        for field in fields(self):
            freeze(getattr(self, field.name))

    @property
    def n_atoms(self) -> int:
        """Atoms of all molecules together."""
        return len(self.element)

    @property
    def molecule(self) -> Ints:
        """Molecule of each atom, int64 ``(n_atoms,)``."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    @property
    def group(self) -> Ints:
        """Number of each atom's set of equivalent atoms, int64 ``(n_atoms,)``."""
        return self.offsets[self.molecule] + self.symmetry

    @property
    def carbon(self) -> NDArray[np.bool_]:
        """Whether each atom is a carbon, bool ``(n_atoms,)``."""
        return np.asarray(self.element == CARBON)


def read_structures(smiles: Sequence[str], progress: Progress = SILENT) -> Structures:
    """Read molecules from SMILES (needs RDKit).

    Parameters
    ----------
    smiles : sequence of str
        One molecule each; atoms keep their order.
    progress : Progress
        Told every 500 molecules.

    Raises
    ------
    StructureError
        If one cannot be read, or RDKit is not installed.
    """
    atoms: list[tuple[int, ...]] = []
    bonds: list[tuple[int, int, int]] = []
    offsets, molecules = [0], []
    for done, text in enumerate(smiles):
        if done % _REPORT_EVERY == 0:
            progress.step(done, len(smiles), "reading structures")
        mol = read_smiles(text)
        found = matched_atoms(mol)
        start = offsets[-1]
        atoms += [
            (*_invariants(a), rank, bits)
            for a, rank, bits in zip(
                mol.GetAtoms(), symmetry_classes(mol), atom_bits(mol, found), strict=True
            )
        ]
        bonds += [
            (
                start + b.GetBeginAtomIdx(),
                start + b.GetEndAtomIdx(),
                round(2 * b.GetBondTypeAsDouble()),
            )
            for b in mol.GetBonds()
        ]
        offsets.append(len(atoms))
        molecules.append(label_bits(found))
    progress.step(len(smiles), len(smiles), "reading structures")
    return _flat(atoms, bonds, offsets, molecules)


def _invariants(atom: Any) -> tuple[int, ...]:
    return (
        atom.GetAtomicNum(),
        atom.GetTotalNumHs(),
        atom.GetFormalCharge(),
        atom.GetDegree(),
        int(atom.GetIsAromatic()),
        int(atom.IsInRing()),
    )


def _flat(
    atoms: list[tuple[int, ...]],
    bonds: list[tuple[int, int, int]],
    offsets: list[int],
    molecules: list[int],
) -> Structures:
    columns = np.array(atoms, dtype=np.int64).reshape(len(atoms), 8)
    one_way = np.array(bonds, dtype=np.int64).reshape(len(bonds), 3)
    both = np.concatenate([one_way, one_way[:, [1, 0, 2]]])
    both = both[np.lexsort((both[:, 1], both[:, 0]))]
    arrays: list[Ints] = [
        np.array(offsets, np.int64),
        *columns.T.copy(),
        np.array(molecules, np.int64),
        *both.T.copy(),
    ]
    return Structures(*arrays)


def circular_keys(structures: Structures) -> list[Keys]:
    """Hashes of every atom's circular environment.

    The scheme of Morgan: each round hashes an atom with the unordered set of its bonds
    and neighbours' hashes (Rogers & Hahn, J. Chem. Inf. Model. 2010, 50, 742); chirality
    is not looked at. Equal environments have equal keys; different ones collide with a
    probability of about 1e-7 over a million atoms.

    Returns
    -------
    list of uint64 ``(n_atoms,)``
        Of radius 0, 1, …, 4.
    """
    s = structures
    keys = np.zeros(s.n_atoms, np.uint64)
    for invariant in (s.element, s.n_h, s.charge, s.degree, s.aromatic, s.ring):
        keys = _mixed(keys ^ _mixed((invariant + 16).astype(np.uint64)))
    found = [keys]
    first = np.searchsorted(s.source, np.arange(s.n_atoms))
    bonded = np.flatnonzero(np.diff(np.append(first, len(s.source))))
    for _ in range(MAX_RADIUS):
        edges = _mixed(keys[s.target] ^ _mixed(s.order.astype(np.uint64)))
        around = np.zeros(s.n_atoms, np.uint64)
        if len(edges):
            around[bonded] = np.add.reduceat(edges, first[bonded])
        keys = _mixed(_mixed(keys) + around)
        found.append(keys)
    return found


def _mixed(values: Keys) -> Keys:
    """Finaliser of splitmix64 (Steele, Lea & Flood 2014)."""
    z = values + _MIX[0]
    z = (z ^ (z >> np.uint64(30))) * _MIX[1]
    z = (z ^ (z >> np.uint64(27))) * _MIX[2]
    return np.asarray(z ^ (z >> np.uint64(31)))


def pairs_two_apart(structures: Structures) -> tuple[Ints, Ints]:
    """Ordered pairs of atoms whose shortest path is two bonds.

    Returns
    -------
    first, second : int64 ``(n_pairs,)``
        Sorted by first, then second; each pair once, in both orders.
    """
    s = structures
    start = np.searchsorted(s.source, np.arange(s.n_atoms + 1))
    counts = np.diff(start)[s.target]
    first = np.repeat(s.source, counts)
    within = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
    second = s.target[np.repeat(start[s.target], counts) + within]
    codes = np.unique((first * s.n_atoms + second)[first != second])
    codes = codes[~np.isin(codes, s.source * s.n_atoms + s.target)]
    return codes // max(s.n_atoms, 1), codes % max(s.n_atoms, 1)


def split_chance(structures: Structures) -> NDArray[np.uint8]:
    """How likely the protons of each CH2 differ: 0 never, 1 in a chain, 2 in a ring.

    A chain CH2 counts where a stereocentre (an sp3 carbon with four different
    substituents as symmetry tells) is at most two bonds away, a ring CH2 where the
    molecule has one anywhere.

    Returns
    -------
    uint8 ``(n_atoms,)``
    """
    s = structures
    by_rank = np.lexsort((s.symmetry[s.target], s.source))
    source, rank = s.source[by_rank], s.symmetry[s.target][by_rank]
    same = (source[1:] == source[:-1]) & (rank[1:] == rank[:-1])
    has_twins = np.zeros(s.n_atoms, bool)
    has_twins[source[1:][same]] = True
    centre = s.carbon & (s.degree + s.n_h == 4) & (s.n_h <= 1) & ~has_twins
    near = np.zeros(s.n_atoms, bool)
    near[s.source[centre[s.target]]] = True
    first, second = pairs_two_apart(s)
    near[first[centre[second]]] = True
    chiral = np.zeros(len(s.offsets) - 1, bool)
    chiral[s.molecule[centre]] = True
    methylene = s.carbon & (s.n_h == 2) & (s.degree == 2)
    out = np.zeros(s.n_atoms, np.uint8)
    out[methylene & (s.ring == 0) & near] = 1
    out[methylene & (s.ring == 1) & chiral[s.molecule]] = 2
    return out
