"""The substructure classes and their atoms."""

from __future__ import annotations

import csv
import gzip

import pytest

from nmrcam_qt.core import substructures as sub

pytest.importorskip("rdkit")

KNOWN = [
    ("OC(=O)C(N)Cc1c[nH]c2ccccc12", {"indole", "alpha_amino_acid", "benzene"}),
    ("CC(C)CCCC(C)C1CCC2C3CC=C4CC(O)CCC4(C)C3CCC12C", {"steroid", "alkene"}),
    ("CC12CCC3c4ccc(O)cc4CCC3C1CCC2O", {"steroid", "phenol", "benzene"}),
    # Lupane: a gonane pattern whose ring A is fused to a further six-ring.
    ("CC(=C)C1CCC2(C)CCC3(C)C(CCC4C5(C)CCC(O)C(C)(C)C5CCC34C)C12", {"alkene"}),
    ("CCCCCC(O)=O", {"fatty_acid"}),
    ("CCCCC(O)=O", set()),
    ("NCCCCC(N)C(O)=O", {"alpha_amino_acid"}),
    ("CCCCCC(=O)NC", {"fatty_acid"}),
    ("CCCCCC(=O)SC", {"fatty_acid"}),
    ("CCCCCC(=O)OC", {"fatty_acid", "ester"}),
    ("CC(=O)OCCCCCC", {"ester"}),
    ("COc1ccccc1", {"methoxy", "benzene"}),
    ("OCC1OC(O)C(O)C(O)C1O", {"pyranose"}),
    ("CN1C(=O)N(C)c2ncn(C)c2C1=O", {"purine"}),
    (
        "O=c1c(O)c(-c2ccc(O)c(O)c2)oc2cc(O)cc(O)c12",
        {"flavonoid_skeleton", "phenol", "benzene"},
    ),
    ("OC1Cc2c(O)cc(O)cc2OC1c1ccc(O)c(O)c1", {"flavonoid_skeleton", "phenol", "benzene"}),
    ("CCO", set()),
]


@pytest.mark.parametrize(("smiles", "expected"), KNOWN)
def test_labels(smiles, expected):
    labels = sub.labels(sub.read_smiles(smiles))
    assert tuple(labels) == sub.CLASS_IDS
    assert {name for name, there in labels.items() if there} == expected


def test_atoms_of_an_acyl_chain_stop_at_the_ester_oxygen():
    #                      0123456 7 8 9
    mol = sub.read_smiles("CCCCCC(=O)OCC")
    found = sub.matched_atoms(mol)
    assert found["fatty_acid"] == {0, 1, 2, 3, 4, 5, 6, 7}
    assert found["ester"] == {4, 5, 6, 7, 8}
    assert set(found) == {"fatty_acid", "ester"}


def test_steroid_atoms_are_the_skeleton_without_methyls():
    mol = sub.read_smiles("CC12CCC3c4ccc(O)cc4CCC3C1CCC2O")
    atoms = sub.matched_atoms(mol)["steroid"]
    assert len(atoms) == 17
    assert 0 not in atoms
    assert all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in atoms)


def test_all_matches_count():
    assert sub.matched_atoms(sub.read_smiles("COCCOC"))["methoxy"] == {0, 1, 4, 5}


def test_bits_follow_the_order_of_the_classes():
    mol = sub.read_smiles("COc1ccccc1")
    found = sub.matched_atoms(mol)
    bits = sub.atom_bits(mol, found)
    methoxy, benzene = (1 << sub.CLASS_IDS.index(c) for c in ("methoxy", "benzene"))
    assert bits == [methoxy, methoxy] + [benzene] * 6
    assert sub.label_bits(found) == methoxy | benzene


@pytest.mark.parametrize("smiles", ["", "C1CC", "Xx"])
def test_broken_smiles(smiles):
    with pytest.raises(sub.StructureError, match="cannot be read"):
        sub.read_smiles(smiles)


def test_every_class_has_a_rule_to_print():
    for s in sub.SUBSTRUCTURES:
        assert s.title and s.smarts
        assert all(sub._pattern(x) is not None for x in s.smarts)
    assert len(set(sub.CLASS_IDS)) == 12


@pytest.mark.parametrize("name", ["deepsat_hsqc", "bmrb2d"])
def test_agrees_with_the_labels_of_a_manifest(data_dir, name):
    with (data_dir / name / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        rows = [r for r in csv.DictReader(handle) if r["smiles"]]
    assert len(rows) > 1000
    differ = []
    for row in rows:
        mine = sub.labels(sub.read_smiles(row["smiles"]))
        differ += [(row["file"], c) for c in sub.CLASS_IDS if mine[c] != (row[c] == "1")]
    assert differ == []


def test_agrees_with_the_rules_on_nmrshiftdb2(data_dir, monkeypatch):
    monkeypatch.syspath_prepend(str(data_dir))
    import substructure_labels

    path = data_dir / "nmrshiftdb2" / "assigned_shifts.csv.gz"
    with gzip.open(path, "rt", newline="", encoding="utf-8") as handle:
        smiles = [r["smiles"] for r in csv.DictReader(handle)]
    differ = []
    for text in smiles[::10]:
        mol = sub.read_smiles(text)
        theirs, mine = substructure_labels.labels(mol), sub.labels(mol)
        differ += [(text, c) for c in sub.CLASS_IDS if mine[c] != bool(theirs[c])]
    assert differ == []
