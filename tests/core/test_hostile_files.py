"""Devices, pipes and text that must not reach a terminal."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from test_cards import make

from nmrcam_qt.core import card_store
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.card_store import scan_networks
from nmrcam_qt.core.cards import card_to_json, read_card
from nmrcam_qt.core.errors import AmbiguousError, CardError, NetworkError, ReadError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.core.wire import PREFIX, Frame, WireError, encode, read_frame
from nmrcam_qt.core.writers.picture import write_picture
from nmrcam_qt.core.writers.request import PictureRequest

posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
BAD = "\x1b]0;owned\x07\x9b2J\u202e\u2028\ud800\n"


@posix
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "card.json"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.mkdir()
    with pytest.raises(ValueError, match="no regular file"):
        read_regular(path, 100)
    with pytest.raises(CardError, match=r"no regular file|cannot be read"):
        read_card(tmp_path)


def test_a_file_of_exactly_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"1" * 100)
    assert read_regular(path, 100) == b"1" * 100
    with pytest.raises(ValueError, match="too large"):
        read_regular(path, 99)


@posix
def test_a_pipe_among_the_networks_does_not_hang_the_scan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    for name in ("bad", "good"):
        (tmp_path / "models" / name).mkdir(parents=True)
    os.mkfifo(tmp_path / "models" / "bad" / "card.json")
    card = card_to_json(make(id="good"))
    (tmp_path / "models" / "good" / "card.json").write_text(card, encoding="utf-8")
    scan = scan_networks()
    assert [entry.card.id for entry in scan.entries] == ["good"]
    assert "no regular file" in scan.problems[0]


@pytest.mark.parametrize(
    "error",
    [
        ReadError(f"a{BAD}.csv", f"found {BAD}", f"not {BAD}"),
        AmbiguousError("x.xlsx", f"which? {BAD}", [BAD, "ok"], "part"),
        NetworkError(f"no network {BAD}"),
    ],
)
def test_messages_are_one_printable_line(error: Exception) -> None:
    assert str(error).isprintable()


def test_choices_stay_as_they_are() -> None:
    assert AmbiguousError("x.xlsx", "which?", [BAD, "ok"], "part").choices == (BAD, "ok")


def test_plain_text_is_left_alone() -> None:
    assert one_line("¹H–¹³C of „α-Pinen“ 日本\u00a0x") == "¹H–¹³C of „α-Pinen“ 日本\u00a0x"
    assert one_line("a\x1b[2Jb") == "a?[2Jb"


@pytest.mark.parametrize("text", ["1e999", '{"a": [-1e400]}'])
def test_json_numbers_are_finite(text: str) -> None:
    with pytest.raises(ValueError, match="no finite number"):
        parse_json(text)


@pytest.mark.parametrize("picture_format", ["png", "svg", "pdf"])
@pytest.mark.parametrize("text", [BAD, r"$\frac{$", "<svg onload=alert(1)>&]]>", "\ufffe\uffff"])
def test_any_file_name_can_stand_in_a_picture(
    tmp_path: Path, picture_format: str, text: str
) -> None:
    path = tmp_path / f"out.{picture_format}"
    f1, f2 = Axis.from_edges("13C", 0, 200, 4), Axis.from_edges("1H", 10, 0, 6)
    blank = np.zeros((4, 6), dtype=np.float32)
    made = PictureRequest(path, blank, f1, f2, text, text, (text,), format=picture_format, dpi=40)
    write_picture(made)
    if picture_format == "svg":
        drawn = ElementTree.parse(path)  # noqa: S314 - our own file
        assert not [e for e in drawn.iter() if "onload" in e.attrib]
    else:
        assert path.stat().st_size > 1000


def test_file_names_that_are_no_utf_8_travel() -> None:
    frame = Frame({"op": "picture", "title": "x\udcff ¹³C"})
    back = read_frame(io.BytesIO(encode(frame)))
    assert back is not None
    assert back.header == frame.header


def test_lies_about_shapes_are_wire_errors() -> None:
    for shape in ([0, 1 << 31, 1 << 31, 1 << 31], [1 << 31] * 8, [-1], [True], [0] * 9):
        header = json.dumps({"arrays": [["<f4", shape]]}).encode()
        blob = PREFIX.pack(b"NMRC", len(header), 0) + header
        with pytest.raises(WireError):
            read_frame(io.BytesIO(blob))
