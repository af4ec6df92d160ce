"""Files written aside, names that never collide, arrays, tables."""

from __future__ import annotations

import contextlib
import csv
import io
import linecache
import os
import stat
import sys
from pathlib import Path
from types import FrameType

import numpy as np
import pytest

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.writers import files
from nmrcam_qt.core.writers.files import (
    MAX_STEM_BYTES,
    OutputNames,
    WriteError,
    make_folder,
    safe_name,
    write_aside,
)
from nmrcam_qt.core.writers.maps import write_map
from nmrcam_qt.core.writers.table import ScoreRow, score_table, write_score_table

F1, F2 = Axis("13C", 20.0, 180.0, 5), Axis("1H", 9.0, 1.0, 9)


def explanation(evidence: np.ndarray) -> Explanation:
    return Explanation(
        evidence, F1, F2, "hmbc", "indole", "gradcam++", "conv4", "some-network", "ab" * 32
    )


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), write_aside(path) as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old"
    with write_aside(path) as stream:
        stream.write(b"new")
        stream.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("stop_at", range(12))
def test_an_interrupt_at_any_line_leaves_nothing(tmp_path: Path, stop_at: int) -> None:
    """Raise KeyboardInterrupt at the n-th traced line of our own code, as Ctrl-C would."""
    count = 0

    def trace(frame: FrameType, event: str, _arg: object) -> object:
        nonlocal count
        if frame.f_code.co_filename != files.__file__:
            return None
        if event == "line":
            count += 1
            if count == stop_at + 1 and "unlink" not in line_of(frame):
                raise KeyboardInterrupt
        return trace

    def line_of(frame: FrameType) -> str:
        return linecache.getline(frame.f_code.co_filename, frame.f_lineno)

    before = sys.gettrace()
    sys.settrace(trace)  # type: ignore[arg-type]
    try:
        with contextlib.suppress(KeyboardInterrupt), write_aside(tmp_path / "a") as stream:
            stream.write(b"x")
    finally:
        sys.settrace(before)
    assert {p.name for p in tmp_path.iterdir()} <= {"a"}


def test_a_new_file_has_ordinary_rights(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    with write_aside(tmp_path / "made") as stream:
        stream.write(b"x")
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


@pytest.mark.skipif(os.name != "posix", reason="needs devices")
def test_a_device_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    """As root, writing to /dev/full put an ordinary file in its place."""
    link = tmp_path / "link.csv"
    link.symlink_to("/dev/null")
    with pytest.raises(WriteError, match="it is a device, no file"):
        write_aside(link).__enter__()
    assert link.is_symlink()
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match=r"x\.png: cannot be written to .*none \("):
        write_aside(tmp_path / "none" / "x.png").__enter__()


def test_a_file_in_the_way_of_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(WriteError, match="out: cannot be written"):
        make_folder(tmp_path / "out")


def test_stems_never_collide() -> None:
    names = OutputNames()
    stems = [names.stem("a-2"), names.stem("a"), names.stem("A"), names.stem("a"), names.stem("b")]
    assert stems == ["a-2", "a", "A-3", "a-4", "b"]
    assert len({s.casefold() for s in stems}) == 5


def test_the_stem_of_a_pair_names_both() -> None:
    names = OutputNames()
    assert names.stem("x_hsqc", "x_hmbc") == "x_hsqc+x_hmbc"
    assert names.stem("x", "x") == "x"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("my spectrum (2)", "my spectrum (2)"),
        ("a/b\\c", "a-b-c"),
        ("line\nbreak", "line-break"),
        ("", "spectrum"),
        ("Grüße ¹³C", "Grüße ¹³C"),
        ("gradcam++", "gradcam++"),
    ],
)
def test_safe_names(text: str, name: str) -> None:
    assert safe_name(text) == name


def test_long_names_are_cut_between_characters() -> None:
    name = safe_name("ü" * 200)
    assert len(name.encode()) == MAX_STEM_BYTES
    assert set(name) == {"ü"}


def test_a_map_is_read_back_without_pickles(tmp_path: Path) -> None:
    evidence = np.linspace(-1, 2, 45, dtype=np.float32).reshape(5, 9)
    made = explanation(evidence)
    write_map(tmp_path / "m.npz", made)
    with np.load(tmp_path / "m.npz", allow_pickle=False) as data:
        np.testing.assert_array_equal(data["evidence"], evidence)
        np.testing.assert_array_equal(data["heat"], np.maximum(evidence, 0))
        np.testing.assert_allclose(data["f1_ppm"], [20, 60, 100, 140, 180], atol=1e-12)
        np.testing.assert_allclose(data["f2_ppm"], np.arange(9, 0, -1), atol=1e-12)
        assert str(data["network"]) == "some-network"
        assert str(data["layer"]) == "conv4"
        assert not bool(data["empty"])
        assert data["heat"].dtype == data["evidence"].dtype == np.float32


def test_an_empty_map_says_so_and_bytes_are_stable(tmp_path: Path) -> None:
    made = explanation(np.full((5, 9), -1.0, dtype=np.float32))
    write_map(tmp_path / "a.npz", made)
    write_map(tmp_path / "b.npz", made)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz") as data:
        assert bool(data["empty"])
        assert not data["heat"].any()


def rows() -> list[ScoreRow]:
    return [
        ScoreRow(
            ("a.png",), "HSQC", "n1", ("x", "y"), (0.25, 0.75), ("y",), ("axes assumed 10–0.",)
        ),
        ScoreRow(("b, c.png", "d.png"), "HSQC + HMBC", "n2", ("z",), (1e-9,), ()),
        ScoreRow(("=cmd.png",), error="=cmd.png: not a picture"),
    ]


def test_the_table_has_a_column_for_every_class() -> None:
    read = list(csv.DictReader(io.StringIO(score_table(rows()))))
    assert [r["score_x"] for r in read] == ["0.25", "", ""]
    assert [r["score_z"] for r in read] == ["", "1e-09", ""]
    assert read[0]["present"] == "y"
    assert read[0]["warnings"] == "axes assumed 10–0."
    assert read[1]["file"] == "b, c.png + d.png"


def test_the_table_runs_no_formulas() -> None:
    read = list(csv.DictReader(io.StringIO(score_table(rows()))))
    assert read[2]["file"] == "'=cmd.png"
    assert read[2]["error"].startswith("'=")


def test_no_formulas_where_semicolons_separate_cells() -> None:
    """A German Excel takes every line apart at the semicolons, inside of quotes too."""
    row = ScoreRow(("x.png",), name='a;=HYPERLINK("//stranger");b; -1', error="a;b")
    line = score_table([row]).splitlines()[1]
    assert all(not cell.strip().startswith(("=", "-")) for cell in line.split(";"))
    assert "a;b" in line


def test_the_table_is_utf8_for_spreadsheets(tmp_path: Path) -> None:
    write_score_table(tmp_path / "t.csv", rows())
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbffile,")


def test_whole_file_names_of_different_stems_do_not_meet() -> None:
    """Stem ``x`` with class ``fatty_acid`` and stem ``x_fatty`` with class ``acid``."""
    names = OutputNames()
    one, two = names.stem("x"), names.stem("x_Fatty")
    assert (one, two) == ("x", "x_Fatty")
    assert names.file(f"{one}_fatty_acid_cam") == "x_fatty_acid_cam"
    assert names.file(f"{two}_acid_cam") == "x_Fatty_acid_cam-2"
