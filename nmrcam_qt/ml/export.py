"""Analysed spectra for an export: finished ones are passed on, stored results are used,
the rest goes to the network in batches. Importable without TensorFlow.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from nmrcam_qt import __version__
from nmrcam_qt.core.card_store import NetworkEntry, find_network, installed_networks
from nmrcam_qt.core.cards import PRIOR_NAME, Card, card_to_json
from nmrcam_qt.core.contributing import PaintEngine
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import NetworkError, NmrCamError
from nmrcam_qt.core.peak_places import digest_of
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.writers.export_types import Analysed, ExportSettings, Finished, PeaksAsked
from nmrcam_qt.core.writers.export_types import ItemRecord as Record
from nmrcam_qt.core.writers.manifest import file_digest
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
    picked : tuple of PeakPlaces or None
        Peaks that somebody has picked in each spectrum, for tables of contributions.
    peak_problem : str
        Why they cannot be had; one sentence, empty where they can.
    """

    job: Job
    key: str = ""
    names: tuple[str, ...] = ()
    sample: str = ""
    card: Card | None = None
    stored: Callable[[], Analysis] | None = None
    bases: tuple[float, ...] = ()
    picked: tuple[PeakPlaces | None, ...] = ()
    peak_problem: str = ""


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

    def places(self) -> tuple[PeakPlaces | None, ...]:
        """Where somebody has picked peaks in each; None for nobody. Raises `NmrCamError`."""


class NetworkDigests:
    """Digests of all that pictures take from a network: its card, and its usual places if wanted.

    Each network is looked at once, so that thousands of spectra cost no more.

    Parameters
    ----------
    settings : ExportSettings
        Whether usual places are wanted.
    """

    def __init__(self, settings: ExportSettings) -> None:
        self._with_places = settings.page.usual_places
        self._known: dict[str, tuple[Card, str]] = {}

    def of(self, card: Card) -> str:
        """Of one network, as it is on disk now."""
        known = self._known.get(card.id)
        if known is None or known[0] is not card:
            known = self._known[card.id] = card, self._made(card)
        return known[1]

    def _made(self, card: Card) -> str:
        # The file and not only the digest that the card has of it: one that does not fit the card
        # is refused, and pictures say so.
        places = _prior_digest(card) if self._with_places else ""
        return hashlib.sha256(f"{places} {card_to_json(card)}".encode()).hexdigest()


def _prior_digest(card: Card) -> str:
    """Of the file of usual places; empty where there is none."""
    try:
        return file_digest(find_network(card.id).folder / PRIOR_NAME)
    except NetworkError:
        return ""


def item_of(
    part: Part, settings: ExportSettings, digests: NetworkDigests | None = None
) -> ExportItem:
    """A part of a session as an item: one way for the window and the command line."""
    sources = [(s.path, b) for s, b in zip(part.sources, part.basis, strict=True)]
    digests = digests or NetworkDigests(settings)
    networks = [digests.of(part.card)] if part.card is not None else []
    contours = [f"contours {base:.9g}" for base in part.bases if base != 1]
    network = part.card.id if part.card is not None else settings.network
    picked, problem = _picked(part, settings)
    peaks = [f"peaks {digest_of(p) if p is not None else 'none'}" for p in picked]
    key = export_key(settings, sources, [*part.names, part.sample, *contours, *peaks], networks)
    return ExportItem(
        job=Job(
            part.sources,
            problem=part.problem,
            request=Request(network, settings.methods, layer=settings.layer),
        ),
        key="" if problem else key,
        names=part.names,
        sample=part.sample,
        card=part.card,
        stored=part.load,
        bases=part.bases,
        picked=picked,
        peak_problem=problem,
    )


def _picked(part: Part, settings: ExportSettings) -> tuple[tuple[PeakPlaces | None, ...], str]:
    """The peaks of a part, or why they cannot be had; nothing is loaded that is not needed."""
    if not settings.contributions:
        return (), ""
    try:
        return part.places(), ""
    except NmrCamError as error:
        return (), str(error)


def export_key(
    settings: ExportSettings,
    sources: Sequence[tuple[str, ...]],
    names: Sequence[str],
    networks: Sequence[str],
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
    networks : sequence of str
        `NetworkDigests` of those that it may be analysed with.
    """
    made_of = (list(sources), list(names), sorted(networks))
    said = (__version__, sorted(settings.to_json().items()), *made_of)
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
    request = Request(settings.network, settings.methods, layer=settings.layer)

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


def with_peaks(
    sources: Generator[Analysed | Finished, None, None],
    items: Sequence[ExportItem],
    painter: Callable[[Card], PaintEngine],
    networks: Sequence[NetworkEntry] | None = None,
) -> Generator[Analysed | Finished, None, None]:
    """The same spectra with who is asked what their peaks contribute; nobody is asked yet.

    Parameters
    ----------
    sources : generator
        From `analysed`; closed with this one.
    items : sequence of ExportItem
        The same as there.
    painter : callable
        Who computes, by network; called once for each.
    networks : sequence of NetworkEntry, optional
        As there.

    Yields
    ------
    Analysed or Finished
    """
    engines: dict[str, tuple[PaintEngine, str]] = {}

    def asked(item: ExportItem, source: Analysed) -> Analysed:
        card = source.card
        if card is None or source.analysis is None:
            return source
        if card.id not in engines:
            entries = installed_networks() if networks is None else networks
            named = (str(e.folder) for e in entries if e.card.id == card.id)
            engines[card.id] = painter(card), next(named, card.id)
        return replace(source, asked=PeaksAsked(*engines[card.id], item.picked, item.peak_problem))

    def again(item: ExportItem, source: Finished) -> Finished:
        return Finished(source.record, lambda: asked(item, source.redo()))

    with closing(sources):
        for item, source in zip(items, sources, strict=True):
            yield again(item, source) if isinstance(source, Finished) else asked(item, source)


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
    have = {(e.class_id, e.method) for e in analysis.explanations}
    without = {method for method, _ in analysis.unavailable}
    return all(
        (class_id, method) in have
        for class_id in settings.chosen(prediction)
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
