"""``nmrcam``: the command line."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType

from nmrcam_qt import __version__
from nmrcam_qt.cli import INTERRUPTED, OK, USAGE
from nmrcam_qt.cli.interrupts import heard, let_go
from nmrcam_qt.cli.options import OWN_SOLVENT
from nmrcam_qt.core.errors import Cancelled, NmrCamError

COMMANDS: dict[str, Callable[[], ModuleType]] = {
    "predict": lambda: import_module("nmrcam_qt.cli.predict"),
    "explain": lambda: import_module("nmrcam_qt.cli.explain"),
    "contributions": lambda: import_module("nmrcam_qt.cli.contributions"),
    "batch": lambda: import_module("nmrcam_qt.cli.batch"),
    "info": lambda: import_module("nmrcam_qt.cli.info"),
    "peaks": lambda: import_module("nmrcam_qt.cli.peaks"),
    "networks": lambda: import_module("nmrcam_qt.cli.networks"),
    "train": lambda: import_module("nmrcam_qt.cli.train"),
    "evaluate": lambda: import_module("nmrcam_qt.cli.evaluate"),
    "study": lambda: import_module("nmrcam_qt.cli.study"),
    "demo": lambda: import_module("nmrcam_qt.cli.demo"),
}
"""Modules of this package, in the order of the help."""
_MAY_BE_NEGATIVE = ("--f1", "--f2", "--reference-h", "--reference-c")
_MAY_BE_ALONE = "--exclude-solvent"
EPILOG = """examples:
  nmrcam predict spectra/ --json
  nmrcam predict --pair sample_hsqc.csv sample_hmbc.csv
  nmrcam predict estragole_hmbc.dx --exclude-solvent
  nmrcam info expno/12
  nmrcam peaks expno/12 -o peaks.csv
  nmrcam explain tryptophan_hmbc.png --f2 10:0 --f1 0:200 --out figures
  nmrcam contributions tryptophan_hmbc.png --repeats 20 -o peaks.xlsx
  nmrcam batch study.nmrcam spectra/ --class present --out figures
  nmrcam networks list

exit status: 0 all fine, 2 usage, 3 some inputs failed (the others are done), 130 interrupted
"""


def build_parser(only: str = "") -> argparse.ArgumentParser:
    """The parser of all commands, or of one, which is quicker."""
    parser = argparse.ArgumentParser(
        prog="nmrcam",
        description='Which peaks of a 2D NMR spectrum made a neural network say "indole", in ppm.',
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"nmrcam {__version__}")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, module in COMMANDS.items():
        if only in ("", name):
            module().add_parser(subparsers)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit status.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    # Small products by several threads that wait for each other cost five times as much.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _never_fail_to_print()
    try:
        with heard():
            args = _parse(_joined(sys.argv[1:] if argv is None else argv))
            status: int = args.run(args)
            sys.stdout.flush()
    except BrokenPipeError:
        # Who read us (`| head`) has had enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (KeyboardInterrupt, Cancelled) as interrupt:
        print("\nnmrcam: interrupted", file=sys.stderr)
        let_go(interrupt)
        return INTERRUPTED
    except NmrCamError as error:
        print(f"nmrcam: {error}", file=sys.stderr)
        return USAGE
    return status


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    """Parse; inputs may also stand between and behind options, which argparse refuses."""
    parser = build_parser(argv[0] if argv and argv[0] in COMMANDS else "")
    args, rest = parser.parse_known_args(argv)
    if rest and (not hasattr(args, "inputs") or any(text.startswith("-") for text in rest)):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if rest:
        args.inputs += map(Path, rest)
    return args


def _never_fail_to_print() -> None:
    """A terminal that cannot show ¹³C or a file's name gets a substitute, not a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError, OSError):
                stream.reconfigure(errors="replace")


def _joined(argv: Sequence[str]) -> list[str]:
    """``--f2 -1:10`` as ``--f2=-1:10``, which argparse would take for an option."""
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] in _MAY_BE_NEGATIVE and argument[:2].strip("-.0123456789") == "":
            joined[-1] += f"={argument}"
        elif joined and joined[-1] == _MAY_BE_ALONE:
            joined[-1:] = _solvent_or_input(argument)
        else:
            joined.append(argument)
    return joined


def _solvent_or_input(argument: str) -> list[str]:
    """What follows ``--exclude-solvent`` is its name, unless it is an option or a file."""
    from nmrcam_qt.core.solvents import solvent_named

    if argument.startswith("-") or (solvent_named(argument) is None and Path(argument).exists()):
        return [f"{_MAY_BE_ALONE}={OWN_SOLVENT}", argument]
    return [f"{_MAY_BE_ALONE}={argument}"]
