"""Devices, pipes and text that must not reach a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_cards import make

from nmrcam_qt.core import card_store
from nmrcam_qt.core.card_store import scan_networks
from nmrcam_qt.core.cards import card_to_json, read_card
from nmrcam_qt.core.errors import AmbiguousError, CardError, NetworkError, ReadError
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.strict_json import parse_json

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
