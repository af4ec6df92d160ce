"""The cache of clean signals, and measured spectra in the same form."""

from __future__ import annotations

import gzip
from dataclasses import fields, replace

import numpy as np
import pytest

from nmrcam_qt.core.errors import Cancelled, ReadError
from nmrcam_qt.core.simulate.cache import SignalCache, build_cache, join, load_cache, ranges
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.simulate.signals import MEASURED, NO_ATOM, Signals
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS

TABLE = """smiles,inchikey14,c13_ppm,h1_ppm
CCOC(C)=O,AAAAAAAAAAAAAA,0:14 1:60 3:171 4:21,0:1.2 1:4.1 4:2.0
CCO,BBBBBBBBBBBBBB,0:18,0:1.2
CCO,BBBBBBBBBBBBBB,0:18.2 1:58,0:1.2 1:3.6
CCC,CCCCCCCCCCCCCC,,
COc1ccccc1,DDDDDDDDDDDDDD,0:55 2:160 3:114 4:129 5:121 6:129 7:114,0:3.8 3:6.9 4:7.3 5:6.9
"""


@pytest.fixture
def data(tmp_path):
    (tmp_path / "nmrshiftdb2").mkdir()
    with gzip.open(tmp_path / "nmrshiftdb2" / "assigned_shifts.csv.gz", "wt") as handle:
        handle.write(TABLE)
    return tmp_path


@pytest.fixture
def built(data):
    pytest.importorskip("rdkit")
    return build_cache(data, data / "out")


def test_a_cache_is_built_and_read_again(built):
    hsqc, hmbc = built
    assert (hsqc.rows, hsqc.compounds, hsqc.kept) == (5, 4, 3)
    cache = load_cache(hsqc.path)
    assert cache.experiment is Experiment.HSQC
    assert load_cache(hmbc.path).experiment is Experiment.HMBC
    names = [c.decode()[0] for c in cache.compounds]
    assert names == ["A", "B", "D"]
    assert len(cache.signals) == hsqc.signals == int(cache.offsets[-1])
    anisole = cache.of(2)
    assert set(anisole.c_ppm.tolist()) == {55, 114, 129, 121}
    assert cache.smiles[2] == "COc1ccccc1"
    assert cache.having("methoxy").tolist() == [2]
    assert {CLASS_IDS[i] for i in np.flatnonzero(cache.label_matrix()[2])} == {"methoxy", "benzene"}


def test_of_one_compound_the_best_assigned_row_is_taken(built):
    ethanol = load_cache(built[0].path).of(1)
    assert ethanol.c_ppm.tolist() == pytest.approx([18.2, 58])


def test_no_pickle_is_needed(built):
    with np.load(built[0].path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_excluded_compounds_are_neither_drawn_nor_give_shifts(data):
    pytest.importorskip("rdkit")
    hsqc, _ = build_cache(data, data / "out", {"AAAAAAAAAAAAAA"})
    cache = load_cache(hsqc.path)
    assert b"AAAAAAAAAAAAAA" not in cache.compounds
    assert cache.about["excluded_compounds"] == 1


def test_a_build_can_be_cancelled(data):
    pytest.importorskip("rdkit")

    class Stop:
        def step(self, done, total, text=""):
            raise Cancelled

    with pytest.raises(Cancelled):
        build_cache(data, data / "out", progress=Stop())
    assert not (data / "out").exists()


def made(n=5):
    counts = np.arange(1, n + 1)
    total = int(counts.sum())
    columns = [np.arange(total).astype(f"u{size}") for size in (2, 2, 1, 1, 1, 1, 1, 1, 2)]
    floats = [np.arange(total, dtype=np.float64)] * 2
    return SignalCache(
        Experiment.HMBC,
        Signals(*floats, *columns),
        np.concatenate([[0], np.cumsum(counts)]),
        np.array([f"{i:014d}" for i in range(n)], "S14"),
        np.arange(n).astype(np.uint16),
        tuple("C" * (i + 1) for i in range(n)),
        {"what": "made"},
    )


def test_subset_and_without_keep_spectra_whole():
    cache = made()
    part = cache.subset(np.array([3, 0]))
    assert part.of(0).h_ppm.tolist() == cache.of(3).h_ppm.tolist() == [6, 7, 8, 9]
    assert part.of(1).h_ppm.tolist() == [0]
    assert part.smiles == ("CCCC", "C")
    rest = cache.without({f"{1:014d}", "nobody"})
    assert [c.decode() for c in rest.compounds] == [f"{i:014d}" for i in (0, 2, 3, 4)]
    assert rest.of(1).h_ppm.tolist() == cache.of(2).h_ppm.tolist()
    assert len(cache.subset(np.array([], np.int64))) == 0


def test_round_trip_is_exact(tmp_path):
    cache = made()
    cache.save(tmp_path / "x" / "c.npz")
    again = load_cache(tmp_path / "x" / "c.npz")
    for field in fields(Signals):
        one, other = getattr(cache.signals, field.name), getattr(again.signals, field.name)
        assert one.dtype == other.dtype and one.tolist() == other.tolist()
    assert (again.smiles, again.about) == (cache.smiles, cache.about)


def test_joined_caches_keep_their_spectra():
    one, other = made(3), made(4)
    both = join([one, other])
    assert len(both) == 7
    assert both.of(1).h_ppm.tolist() == one.of(1).h_ppm.tolist()
    assert both.of(6).h_ppm.tolist() == other.of(3).h_ppm.tolist()
    with pytest.raises(ValueError, match="one experiment"):
        join([one, replace(other, experiment=Experiment.HSQC)])


def test_guessed_counts_signals_of_radius_one():
    cache = made(3)
    basis = np.array([1, 5, 1, 4, 3, 2], np.uint8)
    cache = replace(cache, signals=replace(cache.signals, h_basis=basis, c_basis=basis * 0 + 5))
    assert cache.guessed().tolist() == [1, 0.5, 0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"no zip at all"])
def test_a_broken_cache(tmp_path, content):
    path = tmp_path / "c.npz"
    path.write_bytes(content)
    with pytest.raises(ReadError, match="signal cache"):
        load_cache(path)


def test_offsets_must_fit():
    cache = made()
    with pytest.raises(ValueError, match="ends"):
        SignalCache(
            cache.experiment,
            cache.signals,
            cache.offsets + 1,
            cache.compounds,
            cache.labels,
            cache.smiles,
            {},
        )


def test_ranges():
    found = ranges(np.array([5, 0, 9]), np.array([2, 0, 3]))
    assert found.tolist() == [5, 6, 9, 10, 11]
    assert ranges(np.array([], np.int64), np.array([], np.int64)).tolist() == []


MANIFEST = "file,inchikey14,smiles," + ",".join(CLASS_IDS)
FLAGS = ",".join("1" if c == "phenol" else "0" for c in CLASS_IDS)


def lists(folder, manifest, header, *peaks):
    folder.mkdir()
    (folder / "manifest.csv").write_text(manifest, encoding="utf-8")
    with gzip.open(folder / "peaks.csv.gz", "wt") as handle:
        handle.write("\n".join([header, *peaks]) + "\n")
    return folder


def test_measured_lists(tmp_path):
    folder = lists(
        tmp_path / "lists",
        f"{MANIFEST}\na,AAAAAAAAAAAAAA,CC,{FLAGS}\nb,BBBBBBBBBBBBBB,CC,{FLAGS}\n",
        "file,h_ppm,c_ppm,intensity",
        *("a,7.1,120.5,3", "a,2.5,30,-3", "a,0.05,0.1,3", "a,7.27,77,3", "b,2.51,39.4,1"),
    )
    cache = read_measured(folder, Experiment.HSQC)
    assert cache.compounds.tolist() == [b"AAAAAAAAAAAAAA"]
    assert cache.signals.h_ppm.tolist() == pytest.approx([7.1, 2.5])
    assert cache.signals.attached.tolist() == [1, 2]
    assert cache.signals.kind.tolist() == [MEASURED] * 2
    assert cache.signals.h_atom.tolist() == [NO_ATOM] * 2
    assert cache.having("phenol").tolist() == [0]
    assert len(read_measured(folder, Experiment.HMBC)) == 0


def test_measured_pictures_take_what_is_usable(tmp_path):
    columns = "experiment_true,cal_conf,q_unusable,q_f1mirror,q_folded13C"
    cases = {
        "good": "HSQC,A,0,0,0",
        "mirror_is_an_hmbc_matter": "HSQC,B,0,1,0",
        "guessed": "HSQC,C,0,0,0",
        "tocsy": "HSQC-TOCSY?,A,0,0,0",
        "unusable": "HSQC,A,1,0,0",
        "folded": "HSQC,A,0,0,1",
        "hmbc": "HMBC,A,0,0,0",
        "mirrored": "HMBC,A,0,1,0",
    }
    rows = [f"{name},AAAAAAAAAAAAAA,CC,{FLAGS},{rest}" for name, rest in cases.items()]
    folder = lists(
        tmp_path / "pictures",
        "\n".join([f"{MANIFEST},{columns}", *rows]) + "\n",
        "file,sign,h_ppm,c_ppm",
        *(f"{name},+,7.1,120" for name in cases),
    )
    (folder / "images").mkdir()
    hsqc = read_measured(folder, Experiment.HSQC)
    assert hsqc.about["files"] == ["good", "mirror_is_an_hmbc_matter"]
    assert read_measured(folder, Experiment.HMBC).about["files"] == ["hmbc"]


def test_a_broken_peak(tmp_path):
    folder = lists(
        tmp_path / "lists",
        f"{MANIFEST}\na,AAAAAAAAAAAAAA,CC,{FLAGS}\n",
        "file,h_ppm,c_ppm,intensity",
        "a,x,1,1",
    )
    with pytest.raises(ReadError, match="broken peak"):
        read_measured(folder, Experiment.HSQC)


@pytest.mark.parametrize(
    ("name", "experiment", "least"),
    [
        ("deepsat_hsqc", Experiment.HSQC, 3100),
        ("bmrb2d", Experiment.HSQC, 300),
        ("bmrb2d", Experiment.HMBC, 300),
    ],
)
def test_real_sets(data_dir, name, experiment, least):
    cache = read_measured(data_dir / name, experiment)
    assert len(cache) >= least
    assert (np.diff(cache.offsets) > 0).all()
    assert cache.label_matrix().any(axis=0).all()
