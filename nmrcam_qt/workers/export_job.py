"""Exporting many spectra: the engine of the command line, in a job. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from nmrcam_qt.core.card_store import NetworkEntry
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import EngineLost
from nmrcam_qt.core.writers.drawing_pool import DrawingPool
from nmrcam_qt.core.writers.export import Exporter, ExportSummary
from nmrcam_qt.core.writers.export_folder import Existing
from nmrcam_qt.core.writers.export_types import ExportSettings
from nmrcam_qt.session.exporting import ExportPart
from nmrcam_qt.workers.analyse_job import ClientEngine
from nmrcam_qt.workers.contribution_job import PaintClient
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import JobContext


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the user chose in the dialog.

    Parameters
    ----------
    items : tuple of int
        Ids of the spectra.
    settings : ExportSettings
        What is exported of each, and how.
    folder : Path
        Where to.
    existing : Existing
        What becomes of files there that are from no export.
    """

    items: tuple[int, ...]
    settings: ExportSettings
    folder: Path
    existing: Existing = Existing.ERROR


class ExportJob:
    """Export spectra; gives an `ExportSummary`. A second run goes on where this one ended.

    Parameters
    ----------
    client : InferenceClient
        Analyses what has no result yet.
    parts : sequence of ExportPart
        What to export (`nmrcam_qt.session.exporting.parts_of`).
    request : ExportRequest
        How and where to.
    cards : sequence of Card
        The installed networks.
    processes : int, optional
        How many draw; one per processor by default.
    """

    unit = "spectra"

    def __init__(
        self,
        client: InferenceClient,
        parts: Sequence[ExportPart],
        request: ExportRequest,
        cards: Sequence[Card],
        processes: int | None = None,
    ) -> None:
        self._client = client
        self._parts = tuple(parts)
        self._request = request
        self._cards = tuple(cards)
        self._processes = processes
        self._done = False

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        count = len(self._parts)
        spectra = "1 spectrum" if count == 1 else f"{count} spectra"
        return f"Exporting {spectra} to {self._request.folder.name}"

    def remaining(self) -> ExportJob | None:
        """The same again: what is finished is kept."""
        if self._done:
            return None
        return ExportJob(self._client, self._parts, self._request, self._cards, self._processes)

    def run(self, context: JobContext) -> ExportSummary:
        """Do it."""
        from nmrcam_qt.ml.batch import BATCH_SIZE, Pace
        from nmrcam_qt.ml.export import NetworkDigests, analysed, item_of, with_peaks

        request = self._request
        networks = tuple(NetworkEntry(c, Path(c.id), True) for c in self._cards)
        context.step(0, len(self._parts), "looking for what is finished")
        digests = NetworkDigests(request.settings)
        items = [item_of(part, request.settings, digests) for part in self._parts]
        try:
            with DrawingPool(self._processes) as pool:
                exporter = Exporter(
                    request.folder, request.settings, pool, request.existing, self._titles()
                )
                sources = analysed(
                    items,
                    request.settings,
                    ClientEngine(self._client, context),
                    exporter.finished,
                    _CancelOnly(context),
                    networks,
                    Pace(BATCH_SIZE),
                )
                painter = partial(PaintClient, self._client, context)
                sources = with_peaks(sources, items, painter, networks)
                with closing(sources):
                    summary = exporter.run(sources, len(self._parts), context)
        except EngineLost as error:
            raise JobError(str(error)) from None
        self._done = not summary.failed
        return summary

    def _titles(self) -> Mapping[str, str]:
        return {c.id: c.title for card in self._cards for c in card.classes}


class _CancelOnly:
    """Progress of the analysis: the export tells its own."""

    def __init__(self, context: JobContext) -> None:
        self._context = context

    def step(self, done: int, total: int, text: str = "") -> None:
        """Raise where the user has cancelled."""
        if self._context.is_cancelled:
            self._context.step(done, total, text)


def failures(summary: ExportSummary) -> list[tuple[str, str]]:
    """Sentence and path of everything that failed in an export."""
    return [(item.error, item.sources[0].path if item.sources else "") for item in summary.failed]
