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


SLOW = """
def call(then):
    signal.raise_signal(signal.SIGINT)
    then()
    finished.append(True)
"""


def _library(package: str) -> dict[str, object]:
    """A module of a package, with a function that is interrupted."""
    names: dict[str, object] = {"__name__": f"{package}.python.x", "signal": signal}
    names["finished"] = []
    exec(SLOW, names)  # noqa: S102
    return names


def _own(names: dict[str, object]) -> Callable[[Callable[[], None]], None]:
    """A function of ours that calls the library and would go on."""
    own = {"__name__": "nmrcam_qt.ml.x", "call": names["call"], "after": []}
    exec("def work(then):\n    call(then)\n    after.append(1)\n", own)  # noqa: S102
    names["after"] = own["after"]
    return own["work"]  # type: ignore[return-value]


@pytest.mark.parametrize("package", ["tensorflow", "keras"])
def test_a_compiled_package_finishes_first(monkeypatch, capsys, said, package):
    library = _library(package)
    work = _own(library)
    trace = sys.gettrace()
    assert run(monkeypatch, lambda: work(lambda: None)) == INTERRUPTED
    assert library["finished"] == [True]
    assert library["after"] == []  # and not one line of ours more
    assert capsys.readouterr().err == "\nnmrcam: interrupted\n"
    assert sys.gettrace() is trace
    assert said == []


def test_other_packages_are_interrupted_at_once(monkeypatch, capsys):
    library = _library("numpy")
    work = _own(library)
    assert run(monkeypatch, lambda: work(lambda: None)) == INTERRUPTED
    assert library["finished"] == []


def test_our_layers_within_keras_are_not_interrupted(monkeypatch, capsys):
    """Keras calls us, we call numpy: still the call of Keras is finished first."""
    inner, outer = _library("numpy"), _library("keras")
    inner_work = _own(inner)
    names = {"__name__": "keras.src.x", "inner": inner_work, "finished": []}
    exec("def call(then):\n    inner(then)\n    finished.append(True)\n", names)  # noqa: S102
    outer["call"] = names["call"]
    work = _own(outer)
    assert run(monkeypatch, lambda: work(lambda: None)) == INTERRUPTED
    assert names["finished"] == [True]
    assert inner["after"] == [1]
    assert outer["after"] == []


def test_a_second_one_does_not_wait(monkeypatch, capsys):
    library = _library("tensorflow")
    work = _own(library)
    again = lambda: signal.raise_signal(signal.SIGINT)  # noqa: E731
    assert run(monkeypatch, lambda: work(again)) == INTERRUPTED
    assert library["finished"] == []


def test_the_handler_is_given_back_and_others_stay(monkeypatch):
    assert run(monkeypatch, lambda: None) == OK
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    heard: list[int] = []
    monkeypatch.setattr(signal, "default_int_handler", None)
    signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    assert run(monkeypatch, lambda: signal.raise_signal(signal.SIGINT)) == OK
    assert heard == [signal.SIGINT]
