"""``nmrcam batch PROJECT|INPUT… --out DIR``: pictures of many spectra, tables, report."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.cli import OK, SOME_FAILED
from nmrcam_qt.cli.explain import add_map_options, add_picture_options, page_of
from nmrcam_qt.cli.options import add_input_options, jobs_from
from nmrcam_qt.cli.predict import quiet_progress
from nmrcam_qt.core.class_words import CLASS_WORDS
from nmrcam_qt.core.plain_text import one_line

if TYPE_CHECKING:
    from nmrcam_qt.core.card_store import NetworkEntry
    from nmrcam_qt.core.cards import Card
    from nmrcam_qt.core.contributing import PaintEngine
    from nmrcam_qt.core.treatment import Treatment
    from nmrcam_qt.core.writers.export import ExportSummary
    from nmrcam_qt.core.writers.export_folder import Existing
    from nmrcam_qt.core.writers.export_types import ExportSettings, ItemRecord
    from nmrcam_qt.ml.batch import Engine, Job, Pace
    from nmrcam_qt.ml.export import ExportItem, NetworkDigests

    Painter = Callable[[Card], PaintEngine]

PROJECT_SUFFIX = ".nmrcam"
ASK = "ask"
TABLE_FORMATS = ("csv", "xlsx")
FOUND = "{folder} holds files that are from no export: {names}."
ON_A_CLUSTER = (
    "--contributions are not computed on a cluster; run the command without --scheduler "
    "afterwards: pictures that are there are kept, and the tables are added"
)
QUESTION = "If a file of this export has the same name: [o]verwrite it, [s]kip it, or [c]ancel? "


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "batch",
        help="export pictures of many spectra with tables and a report",
        description="For every spectrum, class and method an annotated picture; scores.csv, "
        "scores.xlsx, manifest.json and report.html beside them. Inputs may be projects "
        "(*.nmrcam, only read), pictures, peak lists, and folders. A second run with the "
        "same --out goes on where the first one ended.",
    )
    add_input_options(parser)
    _add_choices(parser)
    add_picture_options(parser)
    parser.set_defaults(run=run)


def _add_choices(parser: argparse.ArgumentParser) -> None:
    """Which pictures, their names, and what else."""
    add_map_options(
        parser,
        class_help="classes to draw, several with commas; present: those that the network says "
        "are there (default: top)",
    )
    parser.add_argument(
        "--template",
        default="{name}_{class}_{method}",
        metavar="TEXT",
        help="names of the pictures, of {name}, {experiment}, {class}, {method}, {layer}, "
        "{network}, {sample}, {number} (default: {name}_{class}_{method})",
    )
    _add_tables(parser)
    parser.add_argument(
        "--existing",
        choices=(ASK, "overwrite", "skip", "error"),
        help="what becomes of files in DIR that are in the way and from no export (default: "
        "ask on a terminal, else error)",
    )
    parser.add_argument(
        "--processes", type=int, metavar="N", help="that draw (default: one per processor)"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="compute on the Dask cluster of this scheduler, for example tcp://127.0.0.1:8786 "
        "(default: on this machine)",
    )


def _add_tables(parser: argparse.ArgumentParser) -> None:
    """What is written beside the pictures."""
    parser.add_argument(
        "--contributions",
        nargs="?",
        choices=TABLE_FORMATS,
        const=TABLE_FORMATS[0],
        default="",
        help="beside the pictures of every spectrum a table of what each of its peaks "
        "contributes to the same classes (default where the format is left out: csv; see "
        "nmrcam contributions)",
    )
    parser.add_argument("--no-table", dest="table", action="store_false", help="no tables")
    parser.add_argument("--no-report", dest="report", action="store_false", help="no HTML report")


def run(args: argparse.Namespace) -> int:
    """Export everything; print what was written."""
    from nmrcam_qt.core.card_store import find_network, installed_networks
    from nmrcam_qt.core.writers.drawing_pool import DrawingPool
    from nmrcam_qt.core.writers.export import Exporter
    from nmrcam_qt.ml.batch import AUTO
    from nmrcam_qt.ml.export import analysed, with_peaks

    settings = _settings(args)
    entries = installed_networks() if args.network == AUTO else [find_network(args.network)]
    _check_classes(args, settings, entries)
    existing = _existing(args, settings)
    progress = quiet_progress()
    titles = {c.id: c.title for entry in entries for c in entry.card.classes}
    with _items(args, settings, entries) as items:
        try:
            with _engine(args) as (engine, pace, painter), DrawingPool(args.processes) as pool:
                exporter = Exporter(args.out, settings, pool, existing, titles)
                sources = analysed(
                    items, settings, engine, exporter.finished, networks=entries, pace=pace
                )
                if painter is not None:
                    sources = with_peaks(sources, items, painter, entries)
                with closing(sources):
                    summary = exporter.run(sources, len(items), progress)
        finally:
            progress.close()
    _say(summary, args.json)
    return SOME_FAILED if summary.failed else OK


@contextmanager
def _engine(args: argparse.Namespace) -> Iterator[tuple[Engine, Pace | None, Painter | None]]:
    """Who computes, how many spectra it is asked for at once, and who is asked about peaks."""
    from nmrcam_qt.ml.batch import LocalEngine, Pace

    if not args.scheduler:
        local = LocalEngine(args.device)
        yield local, None, lambda _card: local
        return
    from nmrcam_qt.ml.cluster_engine import BATCH_SIZE, ClusterEngine

    with ClusterEngine(args.scheduler) as cluster:
        yield cluster, Pace(BATCH_SIZE, None), None
        for notice in cluster.notices:
            print(one_line(f"nmrcam: {notice}"), file=sys.stderr)


def _settings(args: argparse.Namespace) -> ExportSettings:
    """The options as settings; usage error where they do not fit."""
    from nmrcam_qt.core.writers.export_types import ExportSettings
    from nmrcam_qt.core.writers.naming import NamingTemplate, TemplateError

    word = args.class_id if args.class_id in CLASS_WORDS else ""
    classes = tuple(dict.fromkeys(c for c in args.class_id.split(",") if c))
    if args.processes is not None and args.processes < 1:
        args.usage_error("--processes: at least 1")
    if args.contributions and args.scheduler:
        args.usage_error(ON_A_CLUSTER)
    try:
        return ExportSettings(
            methods=args.method,
            classes=word or classes,
            page=page_of(args),
            template=NamingTemplate(args.template),
            network=args.network,
            layer=args.layer,
            table=args.table,
            report=args.report,
            contributions=args.contributions,
        )
    except (ValueError, TemplateError) as error:
        return args.usage_error(str(error))  # type: ignore[no-any-return]  # it raises


def _check_classes(
    args: argparse.Namespace, settings: ExportSettings, entries: Sequence[NetworkEntry]
) -> None:
    """A class that no network has is a slip of the keyboard."""
    if isinstance(settings.classes, str):
        return
    known = list(dict.fromkeys(c for entry in entries for c in entry.card.class_ids))
    for class_id in settings.classes:
        if class_id not in known:
            args.usage_error(
                f"--class: no network has a class {class_id!r}; expected top, present, all or "
                f"of {', '.join(known)}"
            )


def _existing(args: argparse.Namespace, settings: ExportSettings) -> Existing:
    """What becomes of files that are in the way; asked once."""
    from nmrcam_qt.core.writers.export_folder import Existing, foreign_files

    chosen = args.existing or (ASK if sys.stdin.isatty() and sys.stderr.isatty() else "error")
    if chosen != ASK:
        return Existing(chosen)
    foreign = foreign_files(args.out, settings)
    if not foreign:
        return Existing.ERROR
    names = ", ".join(foreign[:3]) + (f" and {len(foreign) - 3} more" if len(foreign) > 3 else "")
    answers = {"o": Existing.OVERWRITE, "s": Existing.SKIP}
    print(one_line(FOUND.format(folder=args.out, names=names)), file=sys.stderr)
    while True:
        print(QUESTION, end="", file=sys.stderr, flush=True)
        answer = sys.stdin.readline().strip().lower()[:1]
        if answer in answers:
            return answers[answer]
        if answer in ("c", ""):
            raise KeyboardInterrupt


@contextmanager
def _items(
    args: argparse.Namespace, settings: ExportSettings, entries: Sequence[NetworkEntry]
) -> Iterator[list[ExportItem]]:
    """What is to be exported; projects stay open meanwhile."""
    from nmrcam_qt.ml.export import NetworkDigests
    from nmrcam_qt.session.project import open_project

    digests = NetworkDigests(settings)
    projects = [p for p in args.inputs if p.suffix.lower() == PROJECT_SUFFIX and not p.is_dir()]
    args.inputs = [p for p in args.inputs if p not in projects]
    jobs = jobs_from(args) if args.inputs or args.pair or not projects else []
    opened = []
    try:
        items = []
        for path in dict.fromkeys(projects):
            project = open_project(path, read_only=True)
            opened.append(project.store)
            for notice in project.notices:
                print(one_line(f"nmrcam: {path.name}: {notice}"), file=sys.stderr)
            items += _project_items(project.content, settings, entries, digests)
        yield items + [_file_item(job, settings, entries, digests) for job in jobs]
    finally:
        for store in opened:
            store.close()


def _project_items(
    content: object,
    settings: ExportSettings,
    entries: Sequence[NetworkEntry],
    digests: NetworkDigests,
) -> list[ExportItem]:
    """The spectra of a project, with the results that it holds."""
    from nmrcam_qt.ml.export import item_of
    from nmrcam_qt.session.exporting import parts_of
    from nmrcam_qt.session.session import Session
    from nmrcam_qt.session.store import ProjectContent

    if not isinstance(content, ProjectContent):
        raise TypeError("expected the content of a project")
    session = Session(content)
    cards = [entry.card for entry in entries]
    session.set_networks({card.id: card.sha256 for card in cards})
    ids = [item.id for item in session.items]
    parts = parts_of(session, ids, cards, settings.network, settings.layer)
    return [item_of(part, settings, digests) for part in parts]


def _file_item(
    job: Job,
    settings: ExportSettings,
    entries: Sequence[NetworkEntry],
    digests: NetworkDigests,
) -> ExportItem:
    from nmrcam_qt.ml.export import ExportItem, export_key

    how = repr((job.options, job.is_pair, *_treatments(job)))
    read = [(file, _digest(Path(file)), how) for file in job.files]
    if job.problem or not all(digest for _, digest, _ in read):
        return ExportItem(job)
    networks = [digests.of(entry.card) for entry in entries]
    return ExportItem(job, export_key(settings, read, [], networks))


def _treatments(job: Job) -> list[Treatment]:
    """What is done to the spectra of a job; nothing for files as they are."""
    from nmrcam_qt.cli.treated_file import TreatedFile

    return [source.treatment for source in job.sources if isinstance(source, TreatedFile)][:1]


def _digest(path: Path) -> str:
    """sha256 of a file; empty for what is no file: a folder of instrument data."""
    from nmrcam_qt.core.errors import ReadError
    from nmrcam_qt.core.readers.options import file_sha256

    if not path.is_file():
        return ""
    try:
        return file_sha256(path)
    except ReadError:
        return ""


def _say(summary: ExportSummary, as_json: bool) -> None:
    """One JSON object per spectrum, or a few lines; errors go to stderr."""
    for item in summary.items:
        if as_json:
            print(json.dumps(_record(item, summary.folder)))
        if item.error:
            print(one_line(f"nmrcam: {item.error}"), file=sys.stderr)
    if as_json:
        return
    print(summary.sentence)
    for name in summary.files:
        print(one_line(str(summary.folder / name)))


def _record(item: ItemRecord, folder: Path) -> dict[str, object]:
    """The JSON object of one spectrum."""
    table = item.contributions
    return {
        "files": [source.path for source in item.sources],
        "name": item.name,
        "network": item.network or None,
        "scores": dict(zip(item.classes, item.scores, strict=True)),
        "present": list(item.present),
        "pictures": [str(folder / picture.file) for picture in item.pictures],
        "contributions": str(folder / table.file) if table is not None else None,
        "warnings": list(item.warnings),
        "error": item.error or None,
    }
