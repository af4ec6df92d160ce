"""``nmrcam explain INPUT… --out DIR``: annotated pictures and maps as arrays."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.options import add_input_options, jobs_from
from nmrcam_qt.cli.output import Printer, experiment_text, files_text, record, warnings_of
from nmrcam_qt.cli.predict import quiet_progress
from nmrcam_qt.core.class_words import ALL, CLASS_WORDS, TOP
from nmrcam_qt.core.methods import DEFAULT_METHODS, METHODS, unit_of
from nmrcam_qt.core.progress import Progress

if TYPE_CHECKING:
    from nmrcam_qt.core.cards import Card
    from nmrcam_qt.core.results import Explanation
    from nmrcam_qt.core.writers.additions import Additions
    from nmrcam_qt.core.writers.files import OutputNames
    from nmrcam_qt.core.writers.request import PageOptions
    from nmrcam_qt.ml.batch import Engine, Job, Outcome, Request

DEFAULT_METHOD = "hirescam"
"""Exact for heads that are linear, and right where Grad-CAM forgets positions."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "explain",
        help="draw where a network looked, in ppm",
        description="Write <stem>_<class>_<method>.png (spectrum, heatmap, ppm axes) and .npz "
        "(heat, evidence, f1_ppm, f2_ppm, network, layer, empty, unit) for every input.",
    )
    add_input_options(parser)
    add_map_options(parser)
    add_picture_options(parser)
    parser.set_defaults(run=run)


def add_map_options(
    parser: argparse.ArgumentParser,
    class_help: str = "class to explain, several with commas; present: every class that the "
    "network says is there (default: top)",
) -> None:
    """Which maps.

    Parameters
    ----------
    parser : ArgumentParser
        Of the command.
    class_help : str
        Of ``--class``.
    """
    slow = ", ".join(m for m in METHODS if m not in DEFAULT_METHODS)
    parser.add_argument(
        "--method",
        type=method_ids,
        default=(DEFAULT_METHOD,),
        metavar="M|all",
        help=f"one of {', '.join(DEFAULT_METHODS)}, several with commas, or all of these "
        f"(default: {DEFAULT_METHOD}); only by name, and slower: {slow}",
    )
    parser.add_argument(
        "--class", dest="class_id", default=TOP, metavar="ID|top|present|all", help=class_help
    )
    parser.add_argument("--layer", help="convolutional layer (default: that of the network's card)")


def add_picture_options(parser: argparse.ArgumentParser) -> None:
    """Where and how pictures are written."""
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")
    parser.add_argument("--format", choices=("png", "svg", "pdf"), default="png")
    parser.add_argument("--dpi", type=int, default=200, help="36 to 1200 (default: 200)")
    parser.add_argument(
        "--size", type=size_mm, default=(180.0, 130.0), metavar="WxH", help="mm (180x130)"
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.1,
        metavar="SHARE",
        help="leave heat below this share of the map's maximum white (default: 0.1)",
    )
    parser.add_argument(
        "--opacity", type=float, default=0.8, metavar="SHARE", help="of the heat (default: 0.8)"
    )
    parser.add_argument(
        "--smooth", action="store_true", help="draw heat between cell centres instead of cells"
    )
    _add_look_options(parser)


def _add_look_options(parser: argparse.ArgumentParser) -> None:
    """How the map is painted, and what is drawn beside it."""
    parser.add_argument(
        "--style",
        choices=("image", "contours", "both"),
        default="image",
        help="of the heat: image, lines at 20, 40, 60, 80 %% of its maximum, or both",
    )
    parser.add_argument(
        "--class-colours",
        action="store_true",
        help="draw heat in the colour of its class, as the network's card says",
    )
    parser.add_argument(
        "--usual-places",
        action="store_true",
        help="blue lines around the places where the class usually has signals (its prior)",
    )
    parser.add_argument(
        "--common-scale",
        action="store_true",
        help="one colour scale for all maps of a spectrum that were made by one method",
    )


def page_of(args: argparse.Namespace) -> PageOptions:
    """The options of `add_picture_options`.

    Raises
    ------
    ValueError
        If they do not fit.
    """
    from nmrcam_qt.core.writers.request import PageOptions

    width, height = args.size
    return PageOptions(
        args.format,
        args.dpi,
        width,
        height,
        args.opacity,
        args.threshold,
        args.smooth,
        heat_style=args.style,
        class_colours=args.class_colours,
        usual_places=args.usual_places,
        common_scale=args.common_scale,
    )


def _additions(args: argparse.Namespace, page: PageOptions) -> Additions:
    """What pictures show beside maps; priors are those of the network that was named."""
    from nmrcam_qt.core.card_store import find_network
    from nmrcam_qt.core.usual_places import PriorShelf
    from nmrcam_qt.core.writers.additions import Additions

    def folder_of(card: Card) -> Path:
        return find_network(card.id if args.network == "auto" else args.network).folder

    return Additions(page, PriorShelf(folder_of))


def run(args: argparse.Namespace) -> int:
    """Explain all inputs; print what was written."""
    from nmrcam_qt.core.writers.files import make_folder
    from nmrcam_qt.ml.batch import LocalEngine, Request

    jobs = jobs_from(args)
    try:
        page = page_of(args)
    except ValueError as error:
        args.usage_error(str(error))
    word = args.class_id if args.class_id in CLASS_WORDS else ""
    request = Request(
        network=args.network,
        methods=args.method,
        classes=None if word else tuple(dict.fromkeys(args.class_id.split(","))),
        keep=word or ALL,
        layer=args.layer,
    )
    make_folder(args.out)
    progress = quiet_progress()
    printer = Printer(args.json, progress)
    try:
        engine = LocalEngine(args.device)
        work = Work(jobs, request, args.out, page, _additions(args, page))
        return explain_all(work, engine, printer, progress)
    finally:
        printer.close()


@dataclass(frozen=True, slots=True)
class Work:
    """What to explain, and where and how pictures are written."""

    jobs: list[Job]
    request: Request
    out: Path
    page: PageOptions
    additions: Additions


@dataclass(frozen=True, slots=True)
class Written:
    """One map and its two files."""

    explanation: Explanation
    picture: Path
    data: Path


def explain_all(work: Work, engine: Engine, printer: Printer, progress: Progress) -> int:
    """Do the jobs, write their files, print a result for each; the exit status."""
    from nmrcam_qt.core.writers.files import OutputNames
    from nmrcam_qt.ml.batch import run_batch

    names = OutputNames()
    status = OK
    for found in run_batch(work.jobs, work.request, engine, progress):
        outcome, written = write_outcome(found, work, names)
        printer.result(_record(outcome, written), _rows(outcome, written, printer))
        status = SOME_FAILED if outcome.error else status
    return status


def write_outcome(
    outcome: Outcome, work: Work, names: OutputNames
) -> tuple[Outcome, list[Written]]:
    """Write the files of one outcome; what fails becomes its error.

    Returns
    -------
    outcome : Outcome
        As given, or with an error.
    written : list of Written
        The files that were written.
    """
    from nmrcam_qt.core.writers.files import WriteError

    stem = names.stem(*_stems(outcome))
    if outcome.analysis is None:
        return outcome, []
    wanted = outcome.analysis.prediction.chosen(work.request.keep)
    if wanted and not outcome.analysis.explanations and outcome.analysis.unavailable:
        method, why = outcome.analysis.unavailable[0]
        name = Path(outcome.job.files[0]).name
        return replace(outcome, error=f"{name}: {method} is not available: {why}"), []
    written: list[Written] = []
    try:
        for explanation in outcome.analysis.explanations:
            written.append(_write(outcome, explanation, stem, names, work))
    except WriteError as error:
        return replace(outcome, error=str(error)), written
    return outcome, written


def _stems(outcome: Outcome) -> list[str]:
    """Of the files, or where those say nothing the names of the spectra."""
    from nmrcam_qt.core.writers.request import nameless

    stems = [Path(file).stem for file in outcome.job.files]
    for place, spectrum in enumerate(outcome.spectra):
        if nameless(Path(outcome.job.files[place]), spectrum.provenance.kind):
            stems[place] = spectrum.name
    return stems


def _write(
    outcome: Outcome, explanation: Explanation, stem: str, names: OutputNames, work: Work
) -> Written:
    """Write the picture and the arrays of one map."""
    from nmrcam_qt.core.writers.files import safe_name
    from nmrcam_qt.core.writers.maps import write_map
    from nmrcam_qt.core.writers.picture import write_picture
    from nmrcam_qt.core.writers.request import picture_request

    if outcome.card is None or outcome.analysis is None:
        raise ValueError("only an outcome with an analysis can be written")
    name = f"{stem}_{explanation.class_id}_{explanation.method}"
    if len(outcome.card.inputs) > 1:
        name += f"_{safe_name(explanation.input_name)}"
    name = names.file(name)
    picture, data = work.out / f"{name}.{work.page.format}", work.out / f"{name}.npz"
    spectrum = outcome.spectrum_of(explanation.input_name)
    prediction = outcome.analysis.prediction
    write_map(data, explanation)
    added = work.additions.of(outcome.card, explanation, outcome.analysis.explanations)
    write_picture(
        picture_request(picture, spectrum, outcome.card, prediction, explanation, work.page, added)
    )
    return Written(explanation, picture, data)


def _record(outcome: Outcome, written: list[Written]) -> dict[str, Any]:
    """The JSON object of `predict`, ``maps``, and in ``message`` why there may be none."""
    data = record(outcome)
    data["maps"] = [
        {
            "class": w.explanation.class_id,
            "method": w.explanation.method,
            "layer": w.explanation.layer,
            "input": w.explanation.input_name,
            "empty": w.explanation.empty,
            "unit": unit_of(w.explanation.method),
            "picture": str(w.picture),
            "data": str(w.data),
        }
        for w in written
    ]
    data["message"] = "" if written else none_present(outcome)
    return data


def none_present(outcome: Outcome) -> str:
    """That no class is said to be there, and what comes closest; empty where one is."""
    from nmrcam_qt.core.writers.request import score_text

    if outcome.analysis is None or outcome.card is None or outcome.analysis.prediction.present:
        return ""
    said, card = outcome.analysis.prediction, outcome.card
    best = f"{said.top} with a score of {score_text(said.score(said.top))}"
    return (
        f"{card.id} says that none of its {len(said.classes)} classes is present, so there is "
        f"none to explain; the best is {best} (present from {card.threshold(said.top):.3g}), "
        "which --class top explains"
    )


def _rows(outcome: Outcome, written: list[Written], printer: Printer) -> list[dict[str, str]]:
    """One line of the table per map."""
    from nmrcam_qt.core.writers.request import score_text

    first = {"file": files_text(outcome.job.files), "experiment": experiment_text(outcome)}
    if outcome.analysis is None or (outcome.error and not written):
        return [first | {"class": "failed"}]
    prediction = outcome.analysis.prediction
    if not written:
        why = [said] if (said := none_present(outcome)) else []
        return [first | {"class": "none", "notes": printer.note([*why, *warnings_of(outcome)])}]
    notes = printer.note(warnings_of(outcome))
    return [
        first
        | {
            "class": w.explanation.class_id,
            "score": score_text(prediction.score(w.explanation.class_id)),
            "method": w.explanation.method,
            "layer": w.explanation.layer,
            "map": "empty" if w.explanation.empty else "found",
            "picture": str(w.picture),
            "notes": notes,
        }
        for w in written
    ]


def method_ids(text: str) -> tuple[str, ...]:
    """Methods of a list with commas, or ``all`` that are made with every analysis.

    Raises
    ------
    argparse.ArgumentTypeError
        If one is unknown.
    """
    names = DEFAULT_METHODS if text == ALL else tuple(dict.fromkeys(text.split(",")))
    unknown = [name for name in names if name not in METHODS]
    if unknown:
        known = ", ".join(METHODS)
        raise argparse.ArgumentTypeError(f"no method {unknown[0]!r}; expected all or of {known}")
    return names


def size_mm(text: str) -> tuple[float, float]:
    """Width and height of ``180x130``.

    Raises
    ------
    argparse.ArgumentTypeError
        If it is no size.
    """
    try:
        width, height = (float(part) for part in text.lower().split("x"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; expected 180x130") from None
    return width, height
