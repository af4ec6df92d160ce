"""Structures as arrays, shifts filled, signals with their atoms."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.simulate.shifts import (
    ASSIGNED,
    fill_shifts,
    leave_one_out,
    read_shift_table,
)
from nmrcam_qt.core.simulate.signals import Signals, molecule_signals, refusals
from nmrcam_qt.core.simulate.structures import (
    circular_keys,
    pairs_two_apart,
    read_structures,
    split_chance,
)
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS

pytest.importorskip("rdkit")

HEADER = "smiles,inchikey14,c13_ppm,h1_ppm\n"


def table_of(folder, *rows, exclude=()):
    path = folder / "shifts.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as handle:
        handle.write(HEADER + "".join(f"{row}\n" for row in rows))
    return read_shift_table(path, exclude)


def simulated(table, experiment):
    s = read_structures(table.smiles)
    keys = circular_keys(s)
    c13, h1 = (fill_shifts(table.on_atoms(s, c), keys) for c in ("c13_ppm", "h1_ppm"))
    return s, *molecule_signals(s, experiment, c13, h1)


def rows_of(signals):
    return {
        (int(a), int(b), int(k)): (round(float(h), 2), round(float(c), 2))
        for a, b, k, h, c in zip(
            signals.h_atom, signals.c_atom, signals.kind, signals.h_ppm, signals.c_ppm, strict=True
        )
    }


ETHYL_ACETATE = "CCOC(C)=O,A,0:14 1:60 3:171 4:21,0:1.2 1:4.1 4:2.0"


def test_hsqc_of_ethyl_acetate(tmp_path):
    _, signals, offsets = simulated(table_of(tmp_path, ETHYL_ACETATE), Experiment.HSQC)
    assert rows_of(signals) == {(0, 0, 1): (1.2, 14), (1, 1, 1): (4.1, 60), (4, 4, 1): (2.0, 21)}
    assert offsets.tolist() == [0, 3]
    assert signals.attached.tolist() == [3, 2, 3]
    assert set(signals.h_basis.tolist()) == {ASSIGNED}


def test_hmbc_of_ethyl_acetate_by_hand(tmp_path):
    _, signals, _ = simulated(table_of(tmp_path, ETHYL_ACETATE), Experiment.HMBC)
    found = rows_of(signals)
    assert {k: v for k, v in found.items() if k[2] > 1} == {
        (0, 1, 2): (1.2, 60),
        (1, 0, 2): (4.1, 14),
        (1, 3, 3): (4.1, 171),
        (4, 3, 2): (2.0, 171),
    }
    assert {k[:2] for k in found if k[2] == 1} == {(0, 0), (1, 1), (4, 4)}


def test_a_signal_belongs_to_a_substructure_when_both_atoms_do(tmp_path):
    anisole = "COc1ccccc1,A,0:55 2:160 3:114 4:129 5:121 6:129 7:114,0:3.8 3:6.9 4:7.3 5:6.9"
    _, signals, _ = simulated(table_of(tmp_path, anisole), Experiment.HMBC)
    bits = {
        (a, b): {c for i, c in enumerate(CLASS_IDS) if m >> i & 1}
        for a, b, m in zip(
            signals.h_atom.tolist(), signals.c_atom.tolist(), signals.members.tolist(), strict=True
        )
    }
    assert bits[0, 2] == set()
    assert bits[0, 0] == {"methoxy"}
    assert bits[3, 2] == {"benzene"}


def test_equivalent_atoms_are_one_signal(tmp_path):
    toluene = "Cc1ccc(C)cc1,A,0:21 1:135 2:129,0:2.3 2:7.1"
    _, signals, _ = simulated(table_of(tmp_path, toluene), Experiment.HSQC)
    assert rows_of(signals) == {(0, 0, 1): (2.3, 21), (2, 2, 1): (7.1, 129)}
    assert signals.protons.tolist() == [6, 4]
    _, hmbc, _ = simulated(table_of(tmp_path, toluene), Experiment.HMBC)
    # The ring CH sees its own mirror image over three bonds, at the one-bond place.
    assert (2, 6, 3) in rows_of(hmbc) or (2, 7, 3) in rows_of(hmbc)


def test_equal_environments_fill_and_unknown_ones_refuse(tmp_path):
    table = table_of(
        tmp_path,
        "CCCCO,A,0:13.9 1:19 2:35 3:62,0:0.9 1:1.4 2:1.5 3:3.6",
        "CCCCCCO,B,,",
        "C#CBr,C,,",
    )
    s, signals, offsets = simulated(table, Experiment.HSQC)
    assert np.diff(offsets).tolist()[0] == 4
    assert np.diff(offsets).tolist()[2] == 0
    filled = signals.take(slice(offsets[1], offsets[2]))
    assert rows_of(filled)[0, 0, 1] == (0.9, 13.9)
    assert (filled.h_basis < ASSIGNED).all() and (filled.h_basis > 0).all()
    keys = circular_keys(s)
    basis = [fill_shifts(table.on_atoms(s, c), keys).basis for c in ("c13_ppm", "h1_ppm")]
    assert refusals(s, Experiment.HSQC, *basis) == 1


def test_the_largest_shared_radius_wins_and_the_median_is_taken():
    keys = [np.array(k, np.uint64) for k in ([0] * 5, [1] * 5, [2, 2, 2, 2, 3], [4, 4, 4, 4, 5])]
    keys.append(np.arange(5, dtype=np.uint64))
    filled = fill_shifts(np.array([10.0, 20.0, 60.0, np.nan, np.nan]), keys)
    assert filled.ppm.tolist() == [10, 20, 60, 20, 20]
    assert filled.basis.tolist() == [ASSIGNED, ASSIGNED, ASSIGNED, 3, 1]
    none = fill_shifts(np.array([10.0, np.nan]), [k[:2] for k in keys], np.array([False, True]))
    assert np.isnan(none.ppm[1]) and none.basis[1] == 0


def test_leave_one_out_never_uses_the_compound_itself():
    known = np.array([10.0, 10.0, 14.0])
    keys = [np.zeros(3, np.uint64)] * 5
    found = leave_one_out(known, keys, np.array([0, 0, 1]), np.arange(3), 10)
    assert [(a.radius, a.n) for a in found] == [(4, 3), (3, 0), (2, 0), (1, 0), (0, 3)]
    assert found[0].mean == pytest.approx(4.0)


def test_keys_tell_radii_apart_and_ignore_the_order_of_atoms():
    a, b = (circular_keys(read_structures([x])) for x in ("CCCCO", "OCCCC"))
    for one, other in zip(a, b, strict=True):
        assert one.tolist() == other[::-1].tolist()
    same = circular_keys(read_structures(["CCCCO.CCCCN"]))
    first = [k[0] == k[5] for k in same]
    assert first == [True, True, True, True, False]


def test_keys_partition_atoms_as_rdkit_does():
    from rdkit.Chem import AllChem, MolFromSmiles

    smiles = ["COc1ccccc1CC(=O)NCC", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "OCC1OC(O)C(O)C(O)C1O"]
    keys = circular_keys(read_structures(smiles))
    generator = AllChem.GetMorganGenerator(
        radius=2, includeChirality=False, includeRedundantEnvironments=True
    )
    theirs: list[int] = []
    for text in smiles:
        extra = AllChem.AdditionalOutput()
        extra.AllocateBitInfoMap()
        mol = MolFromSmiles(text)
        generator.GetSparseCountFingerprint(mol, additionalOutput=extra)
        bits = {a: bit for bit, hits in extra.GetBitInfoMap().items() for a, r in hits if r == 2}
        theirs += [bits[i] for i in range(mol.GetNumAtoms())]
    pairs = set(zip(keys[2].tolist(), theirs, strict=True))
    assert len(pairs) == len(set(keys[2].tolist())) == len(set(theirs))


def test_two_apart_leaves_out_three_rings():
    s = read_structures(["C1CC1C"])
    first, second = pairs_two_apart(s)
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == [
        (0, 3), (1, 3), (3, 0), (3, 1),
    ]  # fmt: skip


def test_split_chance_needs_a_stereocentre():
    assert split_chance(read_structures(["CCCCCC"])).max() == 0
    leucine = split_chance(read_structures(["CC(C)CC(N)C(=O)O"]))
    assert leucine.tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0]
    assert set(split_chance(read_structures(["C1CCCCC1"])).tolist()) == {0}
    assert 2 in split_chance(read_structures(["CC1CCCCC1O"])).tolist()


def test_impossible_shifts_are_left_out(tmp_path):
    table = table_of(tmp_path, "CCO,A,0:1800 1:58,0:1.2 1:50 2:5")
    s = read_structures(table.smiles)
    assert np.isfinite(table.on_atoms(s, "c13_ppm")).tolist() == [False, True, False]
    assert np.isfinite(table.on_atoms(s, "h1_ppm")).tolist() == [True, False, False]


def test_excluded_compounds_give_nothing(tmp_path):
    rows = ("CCO,A,0:18 1:58,0:1.2 1:3.6", "CCO,B,,")
    assert table_of(tmp_path, *rows, exclude={"A"}).compounds == ("B",)
    _, signals, _ = simulated(table_of(tmp_path, *rows, exclude={"A"}), Experiment.HSQC)
    assert len(signals) == 0
    _, signals, _ = simulated(table_of(tmp_path, *rows), Experiment.HSQC)
    assert len(signals) == 4


@pytest.mark.parametrize("row", ["CCO,A,0:x,", "CCO,A,0,", "CCO,A,0:nan,", "CCO,A,-1:5,", "CCO"])
def test_broken_tables(tmp_path, row):
    with pytest.raises(ReadError, match="broken shift"):
        table_of(tmp_path, row)


def test_a_table_that_is_none(tmp_path):
    with pytest.raises(ReadError, match="cannot be read"):
        read_shift_table(tmp_path / "none.csv.gz")
    with gzip.open(tmp_path / "x.csv.gz", "wt") as handle:
        handle.write("smiles,c13_ppm\n")
    with pytest.raises(ReadError, match="inchikey14"):
        read_shift_table(tmp_path / "x.csv.gz")


def test_an_atom_beyond_its_molecule(tmp_path):
    table = table_of(tmp_path, "CCO,A,7:18,", "CCCCCCCCCCCC,B,,")
    with pytest.raises(ValueError, match="beyond"):
        table.on_atoms(read_structures(table.smiles), "c13_ppm")


def test_signals_of_unequal_length_are_refused():
    one, two = np.zeros(1, np.float32), np.zeros(2, np.float32)
    with pytest.raises(ValueError, match="c_ppm"):
        Signals(one, two, *([np.zeros(1, np.uint16)] * 9))
