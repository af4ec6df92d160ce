"""``nmrcam contributions INPUT…``: what every peak contributes to every class."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.contribution_pairs import (
    Pairs,
    check_pairs,
    pair_records,
    pair_row,
    pairs_of,
)
from nmrcam_qt.cli.explain import DEFAULT_METHOD, method_ids, none_present
from nmrcam_qt.cli.options import add_input_options, jobs_from
from nmrcam_qt.cli.output import Printer, files_text, record, warnings_of
from nmrcam_qt.cli.predict import quiet_progress
from nmrcam_qt.core.class_words import ALL, CLASS_WORDS, TOP

if TYPE_CHECKING:
    from nmrcam_qt.core.contributing import PaintEngine, Question
    from nmrcam_qt.core.contribution_repeats import RepeatSettings
    from nmrcam_qt.core.contributions import Contributions
    from nmrcam_qt.core.progress import Progress
    from nmrcam_qt.core.writers.contribution_table import ContributionTable, PairTable, PeakLine
    from nmrcam_qt.ml.batch import Outcome

PICKED = "The peaks were picked by program; see nmrcam peaks."
STRAYS = "!: the rank of the spectrum as it is lies outside of its interval; trust the interval."
DROP = "drop (logit)"
NO_PEAKS = "No peak was found: everything is ink of no peak."


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "contributions",
        help="say what every peak contributes to every class",
        description="For every peak: by how much a class's logit drops when the peak is painted "
        "with background (negative: the peak speaks against the class), its rank, its share of all "
        "drops added up without their signs, and its share of the map's heat. Peaks are those of "
        "the list; those of pictures and instrument data are picked by program.",
    )
    add_input_options(parser)
    parser.add_argument(
        "--class",
        dest="class_id",
        default=TOP,
        metavar="ID|top|present|all",
        help="class, several with commas; present: every class that the network says is there "
        "(default: top)",
    )
    parser.add_argument(
        "--method",
        type=method_ids,
        default=(DEFAULT_METHOD,),
        metavar="M|all",
        help=f"maps whose heat is shared out, several with commas (default: {DEFAULT_METHOD})",
    )
    parser.add_argument("--layer", help="of the maps (default: that of the network's card)")
    _add_more(parser)
    parser.set_defaults(run=run)


def _add_more(parser: argparse.ArgumentParser) -> None:
    """How many peaks, how often, and where to."""
    parser.add_argument(
        "--repeats",
        type=_count,
        default=0,
        metavar="N",
        help="95 %% intervals from N slightly different spectra, 20 or more (default: none)",
    )
    parser.add_argument("--seed", type=_count, default=0, help="of the repeats (default: 0)")
    parser.add_argument(
        "--top",
        type=_count,
        metavar="N",
        help="print at most N peaks of each class; with --pairs: pair the N strongest of each "
        "(default: 12)",
    )
    parser.add_argument(
        "--pairs",
        action="store_true",
        help="what the strongest peaks contribute two by two: together, each alone, and the "
        "difference",
    )
    parser.add_argument(
        "-o", "--out", type=Path, metavar="FILE", help="write all peaks or pairs as .csv or .xlsx"
    )


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Ask the network about all inputs; print and write what the peaks contribute."""
    from nmrcam_qt.core.writers.contribution_table import (
        SUFFIXES,
        write_contributions,
        write_pairs,
    )
    from nmrcam_qt.ml.batch import LocalEngine, Request, run_batch

    if args.out is not None and args.out.suffix.lower() not in SUFFIXES:
        args.usage_error(f"-o {args.out}: expected a file that ends in {' or '.join(SUFFIXES)}")
    check_pairs(args)
    wish = _Wish(args, _settings(args))
    jobs = jobs_from(args)
    engine, progress = LocalEngine(args.device), quiet_progress()
    printer = Printer(args.json, progress)
    status = OK
    all_told: list[_Told] = []
    try:
        for found in run_batch(jobs, Request(args.network), engine, progress):
            outcome, told = _one(found, wish, engine, progress)
            if told is not None:
                all_told.append(told)
            printer.result(
                _record(outcome, told, args.top), _rows(outcome, told, args.top, printer)
            )
            status = SOME_FAILED if outcome.error else status
        if args.out is not None and args.pairs:
            write_pairs(args.out, [told.pair_table for told in all_told])
        elif args.out is not None:
            write_contributions(args.out, [told.table for told in all_told])
    finally:
        printer.close()
    return status


@dataclass(frozen=True, slots=True)
class _Wish:
    """What is wanted of every input."""

    args: argparse.Namespace
    repeats: RepeatSettings | None

    def classes(self, outcome: Outcome) -> tuple[str, ...] | None:
        """Class ids, None for all; raises `CardError` where the network has none of a name."""
        wanted = self.args.class_id
        if wanted == ALL or outcome.analysis is None or outcome.card is None:
            return None
        if wanted in CLASS_WORDS:
            return outcome.analysis.prediction.chosen(wanted)
        return tuple(outcome.card.class_spec(c).id for c in dict.fromkeys(wanted.split(",")))


@dataclass(frozen=True, slots=True)
class _Told:
    """What was found of one input."""

    contributions: Contributions
    table: ContributionTable
    notes: tuple[str, ...]
    pairs: tuple[Pairs, ...] | None = None
    """None where they were not asked for"""
    classes: tuple[str, ...] = ()
    """those that were asked about; none where every class that is present was, and none is"""

    @property
    def pair_table(self) -> PairTable:
        """All pairs, for a file."""
        from nmrcam_qt.core.writers.contribution_table import PairTable

        lines = tuple((each.class_id, line) for each in self.pairs or () for line in each.lines)
        return PairTable(self.table.files, self.table.network, lines)


def _settings(args: argparse.Namespace) -> RepeatSettings | None:
    """How repeats are made; usage error where the numbers make no sense."""
    from nmrcam_qt.core.contribution_repeats import FEWEST, RepeatSettings

    if 0 < args.repeats < FEWEST:
        said = f"{args.repeats} repeats give no 95 % interval; expected at least {FEWEST}"
        return args.usage_error(f"--repeats: {said}")  # type: ignore[no-any-return]  # it raises
    try:
        return RepeatSettings(args.repeats, args.seed) if args.repeats else None
    except ValueError as error:
        return args.usage_error(f"--repeats: {error}")  # type: ignore[no-any-return]  # it raises


def _one(
    outcome: Outcome, wish: _Wish, engine: PaintEngine, progress: Progress
) -> tuple[Outcome, _Told | None]:
    """Contributions of one input; what fails becomes its error."""
    from nmrcam_qt.core.errors import Cancelled, NmrCamError
    from nmrcam_qt.core.writers.contribution_table import ContributionTable, peak_lines

    if outcome.analysis is None or outcome.card is None:
        return outcome, None
    pairs = None
    try:
        classes = wish.classes(outcome)
        question, notes = _question(outcome, wish, progress)
        found = _asked(question, wish, engine, progress)
        if wish.args.pairs:
            chosen = found.classes if classes is None else classes
            pairs = pairs_of(engine, question, found, chosen, wish.args.top, progress)
    except Cancelled:
        raise
    except NmrCamError as error:
        return replace(outcome, error=f"{files_text(outcome.job.files)}: {error}"), None
    if classes == ():
        notes = (none_present(outcome),)
    lines = tuple(peak_lines(found, classes))
    table = ContributionTable(outcome.job.files, found.network, lines)
    return outcome, _Told(found, table, notes, pairs, found.classes if classes is None else classes)


def _asked(
    question: Question, wish: _Wish, engine: PaintEngine, progress: Progress
) -> Contributions:
    from nmrcam_qt.core.contributing import contributions
    from nmrcam_qt.core.contribution_repeats import repeated

    args = wish.args
    methods = () if args.pairs else args.method
    found = contributions(engine, question, methods, args.layer, progress)
    if wish.repeats is not None:
        found = repeated(engine, question, wish.repeats, progress=progress).added_to(found)
    return found


def _question(
    outcome: Outcome, wish: _Wish, progress: Progress
) -> tuple[Question, tuple[str, ...]]:
    """Which peaks of which spectra, and what is to be said of them."""
    from nmrcam_qt.core.contributing import Question
    from nmrcam_qt.core.errors import NetworkError
    from nmrcam_qt.core.peak_places import needs_picking, places_in
    from nmrcam_qt.core.preprocessing import prepare_inputs

    card, args = outcome.card, wish.args
    if card is None:
        raise NetworkError("no network")
    prepared = prepare_inputs(card, outcome.spectra)
    spectra = [outcome.spectrum_of(spec.name) for spec in card.inputs]
    places = tuple(places_in(spectrum, progress=progress) for spectrum in spectra)
    network = card.id if args.network == "auto" else args.network
    notes = [PICKED] if any(needs_picking(spectrum, None) for spectrum in spectra) else []
    notes += [] if any(map(len, places)) else [NO_PEAKS]
    return Question(card, prepared, places, network), tuple(notes)


def _shown(told: _Told, top: int | None) -> list[PeakLine]:
    """The first lines of each class."""
    counts: dict[str, int] = {}
    shown = []
    for line in told.table.lines:
        counts[line.class_id] = counts.get(line.class_id, 0) + 1
        if top is None or counts[line.class_id] <= top:
            shown.append(line)
    return shown


def _record(outcome: Outcome, told: _Told | None, top: int | None) -> dict[str, Any]:
    """The JSON object of one input."""
    data = record(outcome)
    if told is None:
        return data
    found = told.contributions
    data["logits"] = dict(zip(found.classes, found.logits.tolist(), strict=True))
    data["empty_logits"] = dict(zip(found.classes, found.empty_logits.tolist(), strict=True))
    data["ink_of_no_peak"] = {
        own.input_name: dict(zip(found.classes, own.rest.tolist(), strict=True))
        for own in found.inputs
    }
    data["repeats"], data["notes"] = found.repeats, list(told.notes)
    if told.pairs is not None:
        data["notes"] += [each.note for each in told.pairs]
        data["pairs"] = pair_records(told.pairs)
        return data
    data["peaks"] = [
        {
            "input": line.input_name,
            "peak": line.peak,
            "h_ppm": line.h_ppm,
            "c_ppm": line.c_ppm,
            "class": line.class_id,
            "drop": line.drop,
            "drop_interval": line.drop_interval,
            "share": line.share,
            "rank": line.rank if line.seen else None,
            "rank_interval": line.rank_interval if line.seen else None,
            "seen": line.seen,
            "heat": dict(line.heat),
        }
        for line in _shown(told, top)
    ]
    return data


def _rows(
    outcome: Outcome, told: _Told | None, top: int | None, printer: Printer
) -> list[dict[str, str]]:
    """Lines of the printed table."""
    first = {"file": files_text(outcome.job.files)}
    if told is None:
        return [first | {"class": "failed"}]
    if told.pairs is not None:
        return _pair_rows(outcome, told, printer)
    shown = _shown(told, top)
    said = [STRAYS] if any(map(_strays, shown)) else []
    notes = printer.note([*told.notes, *said, *warnings_of(outcome)])
    rows = [first | _row(line) | {"notes": notes} for line in shown]
    none = "no peaks" if told.classes else "none"
    return rows or [first | {"class": none, "notes": notes}]


def _pair_rows(outcome: Outcome, told: _Told, printer: Printer) -> list[dict[str, str]]:
    """Lines of the printed table of pairs."""
    from nmrcam_qt.core.contribution_pairs import EXPLAINED

    first = {"file": files_text(outcome.job.files)}
    said = [each.note for each in told.pairs or ()]
    notes = printer.note([EXPLAINED, *said, *told.notes, *warnings_of(outcome)])
    one_input = len(told.contributions.inputs) == 1
    rows = [
        first | pair_row(each.class_id, line, one_input) | {"notes": notes}
        for each in told.pairs or ()
        for line in each.lines
    ]
    none = "no pairs" if told.classes else "none"
    return rows or [first | {"class": none, "notes": notes}]


def _strays(line: PeakLine) -> bool:
    """Whether the interval of the repeats does not hold the rank."""
    ends = line.rank_interval if line.seen else None
    return ends is not None and not ends[0] <= line.rank <= ends[1]


def _row(line: PeakLine) -> dict[str, str]:
    place = {
        "input": line.input_name,
        "peak": str(line.peak),
        "1H ppm": f"{line.h_ppm:.3f}",
        "13C ppm": f"{line.c_ppm:.2f}",
        "class": line.class_id,
    }
    if not line.seen:
        return place | {DROP: "not seen"}
    row = place | {
        DROP: f"{line.drop:+.3f}",
        "share": f"{100 * line.share:+.1f} %",
        "rank": str(line.rank),
    }
    if line.rank_interval is not None and line.drop_interval is not None:
        best, worst = line.rank_interval
        row["rank"] += f" [{best}-{worst}]"
        row["rank"] += " !" if _strays(line) else ""
        row[DROP] += " [{:+.3f}, {:+.3f}]".format(*line.drop_interval)
    return row | {f"heat {method}": f"{100 * share:.1f} %" for method, share in line.heat}
