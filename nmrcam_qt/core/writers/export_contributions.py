"""Tables of what the peaks contribute, beside the pictures of an export."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nmrcam_qt import __version__
from nmrcam_qt.core.cards import Card, card_to_json
from nmrcam_qt.core.contributing import Question, contributions
from nmrcam_qt.core.contributions import Contributions
from nmrcam_qt.core.empty_map import SUMMED, empty_map_text, surest_drop
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.peak_places import digest_of, needs_picking, places_in
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.writers.contribution_table import (
    ContributionTable,
    contribution_bytes,
    peak_lines,
)
from nmrcam_qt.core.writers.export_folder import CONTRIBUTIONS
from nmrcam_qt.core.writers.export_types import Analysed, ExportSettings, ItemRecord, PeaksAsked
from nmrcam_qt.core.writers.files import OutputNames
from nmrcam_qt.core.writers.naming import NamingTemplate

PICKED = "The peaks of the table of contributions were picked by program"
NO_PEAKS = "no peak was found in it"
_TEMPLATE = NamingTemplate("{name}" + CONTRIBUTIONS)


@dataclass(frozen=True, slots=True, eq=False)
class TableSource:
    """What the table of one spectrum or pair is made from.

    Parameters
    ----------
    source : Analysed
        The spectrum, with `PeaksAsked`.
    card : Card
        Of the network.
    analysis : Analysis
        Whose maps' heat is shared out among the peaks.
    asked : PeaksAsked
        Who computes, and which peaks.
    classes, methods : tuple of str
        Those of the pictures.
    suffix : {".csv", ".xlsx"}
        Of the file.
    """

    source: Analysed
    card: Card
    analysis: Analysis
    asked: PeaksAsked
    classes: tuple[str, ...]
    methods: tuple[str, ...]
    suffix: str

    @classmethod
    def of(cls, source: Analysed, settings: ExportSettings) -> TableSource | None:
        """Of a spectrum; None where no table is wanted, or it has none of the classes."""
        card, analysis, asked = source.card, source.analysis, source.asked
        if not settings.contributions or card is None or analysis is None or asked is None:
            return None
        classes = settings.chosen(analysis.prediction)
        if not classes:
            return None
        suffix = f".{settings.contributions}"
        return cls(source, card, analysis, asked, classes, settings.methods, suffix)

    @property
    def remarks(self) -> list[str]:
        """What is to be said beside the table."""
        spectra = enumerate(self.source.spectra)
        by_program = any(needs_picking(s, self.asked.picked_in(i)) for i, s in spectra)
        return [PICKED] if by_program and not self.asked.problem else []

    @property
    def digest(self) -> str:
        """Of everything that the table is made from, without making it."""
        prediction = self.analysis.prediction
        layers = sorted({(e.input_name, e.method, e.layer) for e in self._maps()})
        said = hashlib.sha256(card_to_json(self.card).encode())
        about = (__version__, self.suffix, prediction.network_sha256, self.classes, self.methods)
        said.update(repr((*about, layers, self.source.files)).encode("utf-8", "surrogatepass"))
        for index, spectrum in enumerate(self.source.spectra):
            picked = self.asked.picked_in(index)
            said.update((digest_of(picked) if picked is not None else "none").encode())
            for part in _seen(spectrum):
                said.update(part)
        return said.hexdigest()

    def found(self, progress: Progress) -> Contributions:
        """Ask the network.

        Parameters
        ----------
        progress : Progress
            Told what is done; cancels.

        Raises
        ------
        NmrCamError
            If there are no peaks, or the network cannot be asked about them.
        EngineLost, Cancelled
            As the engine.
        """
        if self.asked.problem:
            raise NetworkError(self.asked.problem)
        indices = [self.source.source_of(spec.name) for spec in self.card.inputs]
        places = tuple(
            places_in(self.source.spectra[i], self.asked.picked_in(i), progress) for i in indices
        )
        if not any(map(len, places)):
            raise NetworkError(NO_PEAKS)
        prepared = prepare_inputs(self.card, self.source.spectra)
        question = Question(self.card, prepared, places, self.asked.network)
        return contributions(self.asked.engine, question, progress=progress, maps=self._maps())

    def blob(self, found: Contributions) -> bytes:
        """The file."""
        lines = tuple(peak_lines(found, self.classes))
        table = ContributionTable(self.source.files, found.network, lines)
        return contribution_bytes([table], self.suffix)

    def remarks_on(self, found: Contributions) -> tuple[str, ...]:
        """How maps can be empty beside peaks that contribute; one sentence each."""
        summed = SUMMED not in dict(self.analysis.unavailable)
        empty = [e for e in self._maps() if e.empty and surest_drop(found, e) is not None]
        return tuple(
            f"{self.card.class_spec(e.class_id).title}: {empty_map_text(e, found, summed)}."
            for e in empty
        )

    def _maps(self) -> list[Explanation]:
        """Those of the pictures, in one order, whoever analysed."""
        classes, methods = self.classes, self.methods
        maps = self.analysis.explanations
        chosen = [e for e in maps if e.class_id in classes and e.method in methods]
        return sorted(chosen, key=lambda e: (methods.index(e.method), classes.index(e.class_id)))


def table_name(record: ItemRecord, suffix: str, names: OutputNames) -> str:
    """Name of the table of a spectrum or pair: its own name, whatever the pictures are called."""
    name = "+".join(dict.fromkeys(source.name for source in record.sources))
    return names.file(_TEMPLATE.stem({"name": name})) + suffix


@dataclass(frozen=True, slots=True)
class Asking:
    """Progress within a spectrum: the export tells its own again, so that it can be cancelled."""

    tell: Callable[[], None]

    def step(self, _done: int, _total: int, _text: str = "") -> None:
        """Raise where the user has cancelled."""
        self.tell()


def _seen(spectrum: Spectrum) -> Iterator[bytes]:
    """What a network sees of a spectrum, and where its peaks may be."""
    source = spectrum.provenance
    about = (source.kind, spectrum.experiment, spectrum.f1, spectrum.f2, spectrum.masks)
    yield repr((about, source.assumed, spectrum.acquisition)).encode("utf-8", "replace")
    yield spectrum.intensity.tobytes()
    if spectrum.peaks is not None:
        yield spectrum.peaks.h_ppm.tobytes()
        yield spectrum.peaks.c_ppm.tobytes()
