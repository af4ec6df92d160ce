"""Ctrl+C within ``__init__`` and ``__del__``: one line, no traceback, never forgotten."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from nmrcam_qt.cli import INTERRUPTED, OK
from nmrcam_qt.cli import main as cli

pytestmark = pytest.mark.usefixtures("children_heed_ctrl_c")


class HalfMade:
    """As ``zipfile.ZipFile``: closing needs what comes last in ``__init__``."""

    def __init__(self) -> None:
        self.file = 1
        signal.raise_signal(signal.SIGINT)
        self.writing = False

    def __del__(self) -> None:
        self.closed = not self.writing


class Interrupted:
    """The interrupt comes while this goes."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Unraisable exceptions that reached whoever listened before."""
    found: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: found.append(args.exc_type.__name__))
    return found


def run(monkeypatch: pytest.MonkeyPatch, work: Callable[[], None]) -> int:
    def begin(args: argparse.Namespace) -> int:
        work()
        return OK

    def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
        subparsers.add_parser("work").set_defaults(run=begin)

    monkeypatch.setitem(cli.COMMANDS, "work", lambda: SimpleNamespace(add_parser=add_parser))
    return cli.main(["work"])


def test_what_is_half_made_goes_without_a_word(monkeypatch, capsys, said):
    def work() -> None:
        try:
            HalfMade()
        except KeyboardInterrupt as error:
            raise RuntimeError from error  # what cleans up may fail, too
        finally:
            raise KeyboardInterrupt

    assert run(monkeypatch, work) == INTERRUPTED
    assert capsys.readouterr().err == "\nnmrcam: interrupted\n"
    assert said == []


def test_an_interrupt_is_not_forgotten(monkeypatch, capsys, said):
    def work() -> None:
        Interrupted()
        end = time.monotonic() + 20
        while time.monotonic() < end:
            pass
        raise AssertionError("the interrupt was forgotten")

    assert run(monkeypatch, work) == INTERRUPTED
    assert capsys.readouterr().err == "\nnmrcam: interrupted\n"
    assert said == []


def test_other_complaints_are_heard_and_the_hook_is_given_back(monkeypatch, said):
    class Broken:
        def __del__(self) -> None:
            raise ValueError

    before = sys.unraisablehook
    assert run(monkeypatch, lambda: Broken().__class__ and None) == OK
    assert said == ["ValueError"]
    assert sys.unraisablehook is before
