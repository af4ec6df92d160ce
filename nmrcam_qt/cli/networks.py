"""``nmrcam networks list|show|import|verify``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli import OK, SOME_FAILED, USAGE
from nmrcam_qt.cli.options import window_ppm
from nmrcam_qt.cli.output import table
from nmrcam_qt.core.class_words import HEADS
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.plain_text import one_line

if TYPE_CHECKING:
    from nmrcam_qt.core.card_store import NetworkEntry
    from nmrcam_qt.core.cards import Card
    from nmrcam_qt.core.spectrum import Experiment
    from nmrcam_qt.ml.importing.answers import ImportAnswers, Question

CLASSES_IN_LIST = 3


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its four actions."""
    parser = subparsers.add_parser(
        "networks",
        help="list, show, import and verify networks",
        description="The networks that nmrcam ships and those that you imported.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="print one JSON object per line")
    listing = actions.add_parser("list", parents=[shared], help="all networks")
    listing.set_defaults(action=_list)
    show = actions.add_parser("show", parents=[shared], help="the card of a network")
    show.add_argument("network", metavar="ID", help="id or folder of a network")
    show.set_defaults(action=_show)
    verify = actions.add_parser("verify", parents=[shared], help="load networks and check them")
    verify.add_argument("networks", metavar="ID", nargs="*", help="all of them by default")
    verify.set_defaults(action=_verify)
    _add_import(actions.add_parser("import", parents=[shared], help="import a Keras file"))
    parser.set_defaults(run=run)


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Import a .keras or whole-model .h5 file. Shapes are read from the file, nothing in it "
        "is run; what it cannot say is asked for on a terminal or given by the options."
    )
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--id", help="id of the network; from the file's name by default")
    parser.add_argument("--title", help="title for people")
    parser.add_argument("--classes", type=_names, metavar="A,B,C", help="in order of the outputs")
    parser.add_argument(
        "--experiment",
        type=_experiments,
        metavar="hsqc|hmbc",
        dest="experiments",
        help="one per input, with a comma between two",
    )
    _add_picture_options(parser)
    parser.add_argument("--head", choices=HEADS, help="where the network ends linear")
    parser.add_argument(
        "--trained-on-mixtures", action="store_true", help="if you know that it was"
    )
    parser.add_argument("--licence", default="not stated", help="as its source states it")
    parser.add_argument(
        "--yes",
        action="store_true",
        help="accept the proposals: 10:0, 0:200, rows f1, and what the file hints at",
    )
    parser.set_defaults(action=_import)


def _add_picture_options(parser: argparse.ArgumentParser) -> None:
    """What the pictures were like that the network was trained on."""
    ends = "ppm at the outer edges of the {} dimension it was trained on, for example {}"
    parser.add_argument(
        "--f2", type=window_ppm, metavar="FIRST:LAST", help=ends.format("1H", "10:0")
    )
    parser.add_argument(
        "--f1", type=window_ppm, metavar="FIRST:LAST", help=ends.format("13C", "0:200")
    )
    parser.add_argument(
        "--background", type=int, choices=(0, 1), help="value of empty spectrum; 1 is white paper"
    )
    parser.add_argument(
        "--full-scale", type=int, choices=(1, 255), help="largest value of its training pictures"
    )
    parser.add_argument("--rows", choices=("f1", "f2"), help="dimension that runs down the rows")


def run(args: argparse.Namespace) -> int:
    """Do the action; returns the exit status."""
    action: Callable[[argparse.Namespace], int] = args.action
    return action(args)


def _list(args: argparse.Namespace) -> int:
    from nmrcam_qt.core.card_store import scan_networks  # numpy: not for `nmrcam --help`

    scan = scan_networks()
    if args.json:
        for entry in scan.entries:
            print(json.dumps(_summary(entry)))
        for problem in scan.problems:
            print(json.dumps({"id": None, "error": problem}))
    elif scan.entries:
        print(table([_row(entry) for entry in scan.entries]))
    for problem in scan.problems:
        print(f"nmrcam: {problem}", file=sys.stderr)
    return SOME_FAILED if scan.problems else OK


def _summary(entry: NetworkEntry) -> dict[str, Any]:
    card = entry.card
    return {
        "id": card.id,
        "title": card.title,
        "experiments": [e.value for e in card.experiments],
        "classes": list(card.class_ids),
        "trained_on_mixtures": card.trained_on_mixtures,
        "shipped": entry.shipped,
        "folder": str(entry.folder),
        "sha256": card.sha256,
        "error": None,
    }


def _row(entry: NetworkEntry) -> Mapping[str, str]:
    card = entry.card
    return {
        "id": card.id,
        "experiment": " + ".join(e.label for e in card.experiments),
        "classes": _some(card.class_ids),
        "mixtures": "yes" if card.trained_on_mixtures else "no",
        "from": "nmrcam" if entry.shipped else "you",
        "title": card.title,
    }


def _some(class_ids: Sequence[str]) -> str:
    """The first classes and how many more: twelve would make a line of two hundred letters."""
    more = len(class_ids) - CLASSES_IN_LIST
    said = ", ".join(class_ids[:CLASSES_IN_LIST])
    return f"{said} and {more} more" if more > 0 else said


def _show(args: argparse.Namespace) -> int:
    from nmrcam_qt.core.card_store import find_network
    from nmrcam_qt.core.cards import card_to_json

    entry = find_network(args.network)
    if args.json:
        card = json.loads(card_to_json(entry.card))
        print(json.dumps({**card, "shipped": entry.shipped, "folder": str(entry.folder)}))
        return OK
    print("\n".join(_card_lines(entry)))
    return OK


def _card_lines(entry: NetworkEntry) -> list[str]:
    """The card for people."""
    card = entry.card
    lines = [f"{card.title} ({card.id})", f"folder      {entry.folder}"]
    for spec in card.inputs:
        size = " x ".join(str(n) for n in spec.shape)
        lines.append(
            f"input       {spec.name}: {spec.experiment.label}, {size}, "
            f"1H {_window(spec.f2_window_ppm)}, 13C {_window(spec.f1_window_ppm)}, "
            f"rows {spec.rows}, background {spec.background}"
        )
    for item, threshold in zip(card.classes, card.thresholds, strict=True):
        lines.append(f"class       {item.id}: {item.title}, from {threshold:g} ({item.definition})")
    lines += [
        f"head        {card.head}",
        f"map layers  {', '.join(card.layers)} (default {card.default_layer})",
        f"mixtures    {'trained on them' if card.trained_on_mixtures else 'not trained on them'}",
        *(f"limit       {text}" for text in card.limits),
        f"licence     {card.licence or 'not stated'}",
        f"sha256      {card.sha256 or 'not stated'}",
    ]
    for name, values in (("training", card.training), ("metrics", card.metrics)):
        lines += [f"{name:<12}{key}: {json.dumps(value)}" for key, value in values.items()]
    return [one_line(line) for line in lines]


def _window(window: tuple[float, float]) -> str:
    return f"{window[0]:g}:{window[1]:g} ppm"


def _verify(args: argparse.Namespace) -> int:
    from nmrcam_qt.ml.quiet import load_quietly
    from nmrcam_qt.ml.registry import verify

    load_quietly()
    from nmrcam_qt.core.card_store import find_network, scan_networks

    scan = scan_networks()
    wanted = args.networks or [e.card.id for e in scan.entries]
    results: list[tuple[str, str | None]] = []
    for name in wanted:
        try:
            verify(find_network(name))
            results.append((name, None))
        except NmrCamError as error:
            results.append((name, str(error)))
    if not args.networks:
        results += [(p.partition(":")[0].partition("/")[0], p) for p in scan.problems]
    for name, problem in results:
        if args.json:
            print(json.dumps({"id": name, "ok": problem is None, "error": problem}))
        else:
            print(f"{name}: {problem or 'fine'}")
    return SOME_FAILED if any(problem for _, problem in results) else OK


def _import(args: argparse.Namespace) -> int:
    from nmrcam_qt.core.cards import read_card
    from nmrcam_qt.ml.quiet import load_quietly

    load_quietly()
    from nmrcam_qt.ml.importing.answers import MissingAnswersError
    from nmrcam_qt.ml.importing.importer import complete, examine, import_network, questions

    answers = _answers(args)
    try:
        examined = examine(args.file)
        if _interactive():
            answers = _ask(questions(examined, answers), answers)
        folder = import_network(args.file, complete(examined, answers), examined)
        card = read_card(folder)
    except NmrCamError as error:
        if args.json:
            print(json.dumps({"file": str(args.file), "id": None, "error": str(error)}))
        print(f"nmrcam: {error}", file=sys.stderr)
        return USAGE if isinstance(error, MissingAnswersError) else SOME_FAILED
    if args.json:
        data = {"file": str(args.file), "id": card.id, "folder": str(folder), "error": None}
        print(json.dumps(data))
    else:
        print(_imported(card, folder))
    return OK


def _imported(card: Card, folder: Path) -> str:
    return (
        f"imported as {card.id} into {folder}\n"
        f"outputs in this order: {', '.join(card.class_ids)}; try: "
        f"nmrcam predict --network {card.id} INPUT"
    )


def _answers(args: argparse.Namespace) -> ImportAnswers:
    from nmrcam_qt.ml.importing.answers import ImportAnswers

    return ImportAnswers(
        id=args.id,
        title=args.title,
        classes=args.classes,
        experiments=args.experiments,
        f2_window=args.f2,
        f1_window=args.f1,
        background=args.background,
        full_scale=args.full_scale,
        head=args.head,
        rows=args.rows,
        trained_on_mixtures=args.trained_on_mixtures,
        licence=args.licence,
        accept_defaults=args.yes,
    )


def _interactive() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _ask(asked: list[Question], answers: ImportAnswers) -> ImportAnswers:
    """Ask on the terminal; an empty answer takes the proposal where there is one."""
    for question in asked:
        if question.default is not None and answers.accept_defaults:
            continue
        value: Any = None
        while value is None:
            print(f"{question.text}: ", end="", file=sys.stderr, flush=True)
            line = sys.stdin.readline()
            if not line:
                return answers
            text = line.strip()
            if not text:
                value = question.default
                continue
            try:
                value = _PARSERS[question.field](text)
            except (argparse.ArgumentTypeError, ValueError) as error:
                print(f"  {error}", file=sys.stderr)
        change: dict[str, Any] = {question.field: value}
        answers = replace(answers, **change)
    return answers


def _names(text: str) -> tuple[str, ...]:
    """``a,b,c``; every name counts, so that an empty one is an error later."""
    names = tuple(part.strip() for part in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError(f"{text!r} holds an empty name")
    return names


def _experiments(text: str) -> tuple[Experiment, ...]:
    from nmrcam_qt.core.spectrum import Experiment

    try:
        return tuple(Experiment(part.strip().lower()) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; expected hsqc, hmbc or both") from None


def _one_of(*choices: Any) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        for choice in choices:
            if text.lower() == str(choice):
                return choice
        raise ValueError(f"expected {' or '.join(map(str, choices))}")

    return parse


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "classes": _names,
    "experiments": _experiments,
    "f2_window": window_ppm,
    "f1_window": window_ppm,
    "background": _one_of(0, 1),
    "full_scale": _one_of(1, 255),
    "head": _one_of(*HEADS),
    "rows": _one_of("f1", "f2"),
}
