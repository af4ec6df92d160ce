"""Analysed spectra for an export: finished ones are passed on, stored results are used,
the rest goes to the network in batches. Importable without TensorFlow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from nmrcam_qt import __version__
from nmrcam_qt.core.card_store import NetworkEntry
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.writers.export_types import ALL, PRESENT, Analysed, ExportSettings, Finished
from nmrcam_qt.core.writers.export_types import ItemRecord as Record
from nmrcam_qt.ml.batch import run_batch
from nmrcam_qt.ml.batch_types import Engine, Job, Outcome, Request, Source
from nmrcam_qt.ml.pace import Pace


@dataclass(frozen=True, slots=True, eq=False)
class ExportItem:
    """One spectrum or pair to export.

    Parameters
    ----------
    job : Job
        How to analyse it.
    key : str
        Digest of what goes in (`export_key`); empty where it cannot be known beforehand.
    names : tuple of str
        The user's names for the spectra; empty for those of the files.
    sample : str
        Of its sample; empty for none.
    card : Card or None
        Of the network that `stored` is of.
    stored : callable or None
        Loads a result that is there already; it may lack maps.
    bases : tuple of float
        Base of the contours of each spectrum over its default.
    """

    job: Job
    key: str = ""
    names: tuple[str, ...] = ()
    sample: str = ""
    card: Card | None = None
    stored: Callable[[], Analysis] | None = None
    bases: tuple[float, ...] = ()


class Part(Protocol):
    """A spectrum or pair of a session (`nmrcam_qt.session.exporting.ExportPart`)."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """The spectra, in the order of the network's inputs."""

    @property
    def names(self) -> tuple[str, ...]:
        """The user's names for them; empty for those of the files."""

    @property
    def sample(self) -> str:
        """Of their sample; empty for none."""

    @property
    def basis(self) -> tuple[str, ...]:
        """Digest of what the network sees of each."""

    @property
    def card(self) -> Card | None:
        """Of the network; None where none fits."""

    @property
    def load(self) -> Callable[[], Analysis] | None:
        """Loads a result that is there already."""

    @property
    def problem(self) -> str:
        """Why it cannot be exported; empty where it can."""

    @property
    def bases(self) -> tuple[float, ...]:
        """Base of the contours of each over its default."""


def item_of(part: Part, settings: ExportSettings) -> ExportItem:
    """A part of a session as an item: one way for the window and the command line."""
    sources = [(s.path, b) for s, b in zip(part.sources, part.basis, strict=True)]
    cards = [part.card] if part.card is not None else []
    contours = [f"contours {base:.9g}" for base in part.bases if base != 1]
    network = part.card.id if part.card is not None else settings.network
    return ExportItem(
        job=Job(
            part.sources,
            problem=part.problem,
            request=Request(network, settings.methods, layer=settings.layer),
        ),
        key=export_key(settings, sources, [*part.names, part.sample, *contours], cards),
        names=part.names,
        sample=part.sample,
        card=part.card,
        stored=part.load,
        bases=part.bases,
    )


def export_key(
    settings: ExportSettings,
    sources: Sequence[tuple[str, ...]],
    names: Sequence[str],
    networks: Sequence[Card],
) -> str:
    """Digest of all that decides what is exported of a spectrum or pair.

    Parameters
    ----------
    settings : ExportSettings
        What and how.
    sources : sequence of tuple of str
        Per spectrum: path, digest and whatever says how it is read.
    names : sequence of str
        The user's names and the sample's.
    networks : sequence of Card
        Those that it may be analysed with.
    """
    cards = sorted((c.id, c.sha256) for c in networks)
    said = (__version__, sorted(settings.to_json().items()), list(sources), list(names), cards)
    return hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()


def analysed(
    items: Sequence[ExportItem],
    settings: ExportSettings,
    engine: Engine,
    finished: Callable[[str], Record | None],
    progress: Progress = SILENT,
    networks: Sequence[NetworkEntry] | None = None,
    pace: Pace | None = None,
) -> Generator[Analysed | Finished, None, None]:
    """Spectra with their results, in order, as they are ready.

    Parameters
    ----------
    items : sequence of ExportItem
        What to export.
    settings : ExportSettings
        Methods, network, layer. All classes are always asked for: what a network says of
        one must not depend on which others were wanted.
    engine : Engine
        Who computes.
    finished : callable
        What an earlier export left, by key (`nmrcam_qt.core.writers.export.Exporter`).
    progress : Progress
        Cancels by raising.
    networks : sequence of NetworkEntry, optional
        What there is to choose from; the installed networks by default.
    pace : Pace, optional
        How many spectra are asked for at once.

    Yields
    ------
    Analysed or Finished
    """
    request = Request(settings.network, settings.methods, None, False, settings.layer)

    def compute(jobs: Sequence[Job]) -> Iterator[Outcome]:
        return run_batch(jobs, request, engine, progress, networks=networks, pace=pace)

    def redo(item: ExportItem) -> Analysed:
        found = _stored(item, settings)
        return found or _analysed(item, next(compute([item.job])))

    records = [finished(item.key) for item in items]
    pairs = list(zip(items, records, strict=True))
    fresh = [item.job for item, record in pairs if record is None and item.stored is None]
    outcomes = run_batch(fresh, request, engine, progress, networks=networks, pace=pace)
    with closing(outcomes):
        for number, (item, record) in enumerate(pairs):
            records[number] = None  # not kept longer than needed
            if record is not None:
                yield Finished(record, lambda item=item: redo(item))  # type: ignore[misc]
            elif item.stored is not None:
                yield redo(item)
            else:
                yield _analysed(item, next(outcomes))


def _stored(item: ExportItem, settings: ExportSettings) -> Analysed | None:
    """The stored result, where it has all the maps that are wanted."""
    if item.stored is None or item.card is None or item.job.problem:
        return None
    try:
        analysis = item.stored()
        if not _covers(analysis, settings):
            return None
        spectra = tuple(_open(source) for source in item.job.sources)
    except NmrCamError:
        return None  # the analysis says why the spectrum or the result cannot be had
    files, key, bases = item.job.files, item.key, item.bases
    return Analysed(
        files, item.names, item.sample, spectra, item.card, analysis, key=key, bases=bases
    )


def _open(source: object) -> Spectrum:
    if isinstance(source, Spectrum):
        return source
    if isinstance(source, Source):
        return source.open()
    raise TypeError(f"a stored result needs an open spectrum, not {source!r}")


def _covers(analysis: Analysis, settings: ExportSettings) -> bool:
    """Whether no map is missing that could be had."""
    prediction = analysis.prediction
    wanted = {ALL: prediction.classes, PRESENT: prediction.present}
    if isinstance(settings.classes, tuple):
        classes = tuple(c for c in settings.classes if c in prediction.classes)
    else:
        classes = wanted.get(settings.classes, (prediction.top,))
    have = {(e.class_id, e.method) for e in analysis.explanations}
    without = {method for method, _ in analysis.unavailable}
    return all(
        (class_id, method) in have
        for class_id in classes
        for method in settings.methods
        if method not in without
    )


def _analysed(item: ExportItem, outcome: Outcome) -> Analysed:
    return Analysed(
        item.job.files,
        item.names,
        item.sample,
        outcome.spectra,
        outcome.card,
        outcome.analysis,
        outcome.error,
        item.key,
        item.bases,
    )
