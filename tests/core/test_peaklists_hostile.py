"""Peak lists made to keep the reader busy: none may take more than linear time."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.peaklists import nmrstar
from nmrcam_qt.core.readers.peaklists.nmredata import MAX_LISTS

SECONDS = 5.0
"""The old expressions took minutes to years for each of these."""
STAR = "data_x\nloop_\n_Peak.x\n"
SDF = "> <NMREDATA_VERSION>\n1.1\n"

ATTACKS = {
    "text blocks never closed.str": STAR + ";a\n" * 30_000,
    "quotes never closed.str": STAR + (" 'a" * 30_000 + "\n") * 2,
    "blank lines.csv": "a\n" + "\n" * 200_000 + "b\n",
    "blank before tag.sdf": SDF + ">" + " " * 90_000 + "x\n",
    "underscores in a tag.sdf": SDF + "> <NMREDATA_2D_" + "_" * 5000 + "!>\n1/2\n",
    "blanks in a header.csv": "a" + " " * 90_000 + "b\nx y\n",
    "nested without end.xml": "<a>" * 10_000_000,
    "millions of lines.csv": "1 2\n" * 5_000_000,
    "hundreds of thousands of rows.csv": "1 2\n" * 400_000,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_refused_soon(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(ATTACKS[name])
    began = time.process_time()
    with pytest.raises(ReadError):
        read_spectrum(path)
    assert time.process_time() - began < SECONDS


def test_a_thousand_lists_are_enough(tmp_path: Path) -> None:
    path = tmp_path / "many.sdf"
    path.write_text(SDF + "> <NMREDATA_2D_13C_1J_1H>\n20/2\n" * (MAX_LISTS + 1))
    with pytest.raises(ReadError, match="more than 1000 peak lists"):
        read_spectrum(path)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a 'b c' d", [("a", False), ("b c", True), ("d", False)]),
        ("'it's' x", [("it's", True), ("x", False)]),
        ("'open x", [("'open", False), ("x", False)]),
        ("'a 'b' \"c", [("a 'b", True), ('"c', False)]),
        ("a # b 'c'\nd", [("a", False), ("d", False)]),
        (";one\ntwo\n; three", [("one\ntwo\n", True), ("three", False)]),
        (";one\n;two\n", [(";one", False), (";two", False)]),
        (";\n;", [("\n", True)]),
        ("'' \"\"", [("", True), ("", True)]),
    ],
)
def test_words_of_star(text: str, tokens: list[tuple[str, bool]]) -> None:
    assert list(nmrstar._tokens(text)) == tokens
