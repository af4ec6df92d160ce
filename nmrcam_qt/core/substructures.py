"""The substructures the mixture networks score, found in a SMILES, with their atoms.

RDKit is needed (the extra ``train``); it is imported when a molecule is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from nmrcam_qt.core.errors import NmrCamError

Mol = Any
"""An ``rdkit.Chem.Mol``; RDKit's types are not needed to import this module."""


class StructureError(NmrCamError):
    """A structure cannot be read, or RDKit is not installed."""


@dataclass(frozen=True, slots=True)
class Substructure:
    """A class and its rule.

    Parameters
    ----------
    id, title : str
        In tables, and for the eye.
    smarts : tuple of str
        Patterns, any of which is the class; where `rule` is given they are its first step.
    rule : str
        In words what the patterns alone do not say, "" where they say all.
    """

    id: str
    title: str
    smarts: tuple[str, ...]
    rule: str = ""


_GONANE = (
    "[#6]1~[#6]~[#6]~[#6]2~[#6](~[#6]~1)~[#6]1~[#6](~[#6]~[#6]~2)"
    "~[#6]2~[#6]~[#6]~[#6]~[#6]~2~[#6]~[#6]~1"
)
_RING_A = (0, 1, 2, 3, 4, 5)
"""C2, C3, C4, C5, C10, C1 in the order of `_GONANE`."""
_C1_TO_C4 = (0, 1, 2, 5)
_MIN_CHAIN, _MIN_HYDROCARBON = 6, 4
_ACYL = (
    "[CX3;!R](=[OX1])[OX2H1,OX1-]",
    "[CX3;!R](=[OX1])[OX2H0;!R]",
    "[CX3;!R](=[OX1])[NX3]",
    "[CX3;!R](=[OX1])[SX2]",
)
_FLAVONOIDS = (
    "c1ccccc1-[#6]2~[#6]~[#6]~c3ccccc3~[#8]2",
    "c1ccccc1-[#6]2~[#6]~c3ccccc3~[#8]~[#6]2",
    "c1ccccc1-[#6]2~[#6]~[#6](=O)~c3ccccc3~[#8]~2",
    "c1ccccc1-[#6]2~[#6](=O)~c3ccccc3~[#8]~[#6]~2",
    "c1ccccc1-[#6]2~[#6]~[#6]~[#6]3~[#6]~[#6]~[#6]~[#6]~[#6]~3~[#8]~2",
)

SUBSTRUCTURES = (
    Substructure(
        "fatty_acid",
        "Fatty acid",
        _ACYL,
        "acid, ester, amide or thioester acyl whose acyclic carbons, acyl carbon included, hold a "
        "path of 6 or more and 4 contiguous ones bonded to C and H only",
    ),
    Substructure("indole", "Indole", ("c1ccc2c(c1)ccn2",)),
    Substructure(
        "steroid",
        "Steroid",
        (_GONANE,),
        "gonane skeleton whose ring A is not fused to a further six-ring of carbons",
    ),
    Substructure("benzene", "Benzene ring", ("c1ccccc1",)),
    Substructure("phenol", "Phenol", ("c1([OX2H,OX1-])ccccc1",)),
    Substructure("methoxy", "Methoxy (no ester)", ("[OX2;!$(O-[CX3]=O)][CH3]",)),
    Substructure(
        "pyranose",
        "Pyranose",
        ("[OX2;R]1[CX4][CX4]([#8,#7])[CX4]([#8,#7])[CX4][CX4]1[#8,#7,#16,c]",),
    ),
    Substructure(
        "alpha_amino_acid",
        "α-Amino acid",
        ("[NX3,NX4+;!$(N-C=O)][CX4][CX3](=O)[OX2H1,OX1-]",),
    ),
    Substructure("purine", "Purine", ("[#6]1~[#7]~[#6]~2~[#6](~[#7]~1)~[#6]~[#7]~[#6]~[#7]~2",)),
    Substructure("flavonoid_skeleton", "Flavonoid skeleton", _FLAVONOIDS),
    Substructure("ester", "Ester", ("[#6][CX3](=O)[OX2][#6;!$(C=[O,N,S])]",)),
    Substructure("alkene", "Alkene", ("[CX3;!a]=[CX3;!a]",)),
)
"""The classes, in the order of every bit mask and of the networks' outputs."""

CLASS_IDS = tuple(s.id for s in SUBSTRUCTURES)
_BY_ID = {s.id: s for s in SUBSTRUCTURES}


def read_smiles(smiles: str) -> Mol:
    """Read a SMILES; its atoms keep their order.

    Raises
    ------
    StructureError
        If RDKit is not installed or cannot read it.
    """
    mol = _chem().MolFromSmiles(smiles) if smiles else None
    if mol is None:
        raise StructureError(f"the SMILES {smiles!r} cannot be read")
    return mol


def matched_atoms(mol: Mol) -> dict[str, frozenset[int]]:
    """Atoms of every substructure in a molecule.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        From `read_smiles`.

    Returns
    -------
    dict of class id to frozenset of int
        Union of the atoms over all matches; only classes that are there. Of a fatty acid
        these are the acyl group and its acyclic carbons, of a steroid the 17 carbons of
        the skeleton.
    """
    found = {s.id: _ATOMS.get(s.id, _pattern_atoms)(mol, s.id) for s in SUBSTRUCTURES}
    return {name: atoms for name, atoms in found.items() if atoms}


def labels(mol: Mol) -> dict[str, bool]:
    """Whether each class is in a molecule, in the order of `CLASS_IDS`."""
    found = matched_atoms(mol)
    return {name: name in found for name in CLASS_IDS}


def label_bits(found: Mapping[str, object]) -> int:
    """Bit mask of the classes that are keys of `found`; bit i is ``CLASS_IDS[i]``."""
    return sum(1 << i for i, name in enumerate(CLASS_IDS) if name in found)


def atom_bits(mol: Mol, found: Mapping[str, frozenset[int]]) -> list[int]:
    """Bit mask of the classes of every atom.

    Parameters
    ----------
    mol : rdkit.Chem.Mol
        The molecule.
    found : mapping of class id to atoms
        From `matched_atoms`.
    """
    bits = [0] * mol.GetNumAtoms()
    for i, name in enumerate(CLASS_IDS):
        for atom in found.get(name, ()):
            bits[atom] |= 1 << i
    return bits


def symmetry_classes(mol: Mol) -> list[int]:
    """Symmetry class of every atom: equal for atoms that are constitutionally the same."""
    return list(_chem().CanonicalRankAtoms(mol, breakTies=False, includeChirality=False))


def _chem() -> Any:
    try:
        from rdkit import Chem, RDLogger
    except ImportError:
        raise StructureError("structures need RDKit: pip install nmrcam[train]") from None
    RDLogger.DisableLog("rdApp.*")  # type: ignore[attr-defined]
    return Chem


@cache
def _pattern(smarts: str) -> Mol:
    return _chem().MolFromSmarts(smarts)


def _hits(mol: Mol, smarts: str) -> tuple[tuple[int, ...], ...]:
    """All matches; the limit is above what any molecule of a data set has."""
    hits: tuple[tuple[int, ...], ...] = mol.GetSubstructMatches(_pattern(smarts), maxMatches=100000)
    return hits


def _pattern_atoms(mol: Mol, name: str) -> frozenset[int]:
    return frozenset(a for s in _BY_ID[name].smarts for hit in _hits(mol, s) for a in hit)


def _steroid_atoms(mol: Mol, _name: str) -> frozenset[int]:
    hits = _hits(mol, _GONANE)
    if not hits:
        return frozenset()
    carbon = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6}
    rings = [frozenset(r) for r in mol.GetRingInfo().AtomRings() if len(r) == 6]
    six = [r for r in rings if r <= carbon]
    return frozenset(a for hit in hits if not _ring_a_is_fused(hit, six) for a in hit)


def _ring_a_is_fused(hit: tuple[int, ...], six: list[frozenset[int]]) -> bool:
    """Whether another carbocyclic six-ring shares two of C1 to C4 (hopanes, lupanes)."""
    ring_a = frozenset(hit[i] for i in _RING_A)
    ends = frozenset(hit[i] for i in _C1_TO_C4)
    return any(ring != ring_a and len(ring & ends) >= 2 for ring in six)


def _fatty_atoms(mol: Mol, _name: str) -> frozenset[int]:
    acyl = [hit for smarts in _ACYL for hit in _hits(mol, smarts)]
    if not acyl:
        return frozenset()
    near = _acyclic_carbons(mol)
    clean = {
        a for a in near if all(n.GetAtomicNum() == 6 for n in mol.GetAtomWithIdx(a).GetNeighbors())
    }
    found: set[int] = set()
    for hit in acyl:
        chain = _reachable(hit[0], near)
        if _longest_from(hit[0], near) >= _MIN_CHAIN and any(
            _longest_from(a, {b: near[b] & clean for b in chain & clean}) >= _MIN_HYDROCARBON
            for a in chain & clean
        ):
            found |= chain | set(hit)
    return frozenset(found)


def _acyclic_carbons(mol: Mol) -> dict[int, set[int]]:
    """Neighbours among the carbons outside rings: a forest."""
    carbons = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and not a.IsInRing()}
    return {
        a: {n.GetIdx() for n in mol.GetAtomWithIdx(a).GetNeighbors()} & carbons for a in carbons
    }


def _reachable(start: int, near: Mapping[int, set[int]]) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        new = near[waiting.pop()] - seen
        seen |= new
        waiting += new
    return seen


def _longest_from(start: int, near: Mapping[int, set[int]]) -> int:
    """Atoms on the longest path from `start` in a forest."""
    longest, level, seen = 0, {start}, {start}
    while level:
        longest += 1
        level = {b for a in level for b in near[a]} - seen
        seen |= level
    return longest


_ATOMS = {"fatty_acid": _fatty_atoms, "steroid": _steroid_atoms}
