"""Records of an export in the making: of a spectrum, and of its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.writers.additions import Additions
from nmrcam_qt.core.writers.export_types import (
    Analysed,
    ContributionRecord,
    ExportSettings,
    ItemRecord,
    PictureRecord,
)
from nmrcam_qt.core.writers.request import PageOptions, PictureRequest, picture_request


@dataclass(slots=True)
class OpenItem:
    """A spectrum whose pictures are being drawn.

    Parameters
    ----------
    record : ItemRecord
        What is known of it, from `record_of`.
    pictures : list of PictureRecord
        Those that are there.
    problems, remarks : list of str
        What fails it, and what else is to be said; one sentence each.
    contributions : ContributionRecord or None
        Its table, where it is there.
    """

    record: ItemRecord
    pictures: list[PictureRecord] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    contributions: ContributionRecord | None = None

    def closed(self) -> ItemRecord:
        """The record when everything is there, or failed."""
        return replace(
            self.record,
            pictures=tuple(self.pictures),
            contributions=self.contributions,
            error=". ".join(filter(None, [self.record.error, *self.problems])),
            warnings=tuple(dict.fromkeys([*self.record.warnings, *self.remarks])),
        )

    def left_out(self, name: str) -> None:
        """A file of this name was in the way: not finished, another run may overwrite it."""
        self.record = replace(self.record, key="")
        self.remarks.append(f"{name} was there before and was left as it is")


def record_of(source: Analysed) -> ItemRecord:
    """What is known of a spectrum before its pictures are drawn."""
    sources = source.sources
    name = " + ".join(dict.fromkeys(s.name or Path(s.path).name for s in sources))
    record = ItemRecord(source.key, name, source.sample, sources, error=source.error)
    if source.analysis is None:
        return replace(record, network=source.card.id if source.card else "")
    said = source.analysis.prediction
    return replace(
        record,
        network=said.network,
        network_sha256=said.network_sha256,
        classes=said.classes,
        scores=tuple(float(s) for s in said.scores),
        present=said.present,
        warnings=said.sentences,
    )


def picture_of(source: Analysed, explanation: Explanation, index: int) -> PictureRecord:
    """What is known of a picture before it is drawn.

    Raises
    ------
    ValueError
        If the spectrum was not analysed.
    """
    if source.analysis is None or source.card is None:
        raise ValueError("only what was analysed can be drawn")
    prediction = source.analysis.prediction
    return PictureRecord(
        file="",
        sha256="",
        request="",
        source=index,
        class_id=explanation.class_id,
        method=explanation.method,
        layer=explanation.layer,
        input=explanation.input_name,
        score=prediction.score(explanation.class_id),
        present=explanation.class_id in prediction.present,
        empty=explanation.empty,
        threshold=source.card.threshold(explanation.class_id),
    )


def maps_of(source: Analysed, settings: ExportSettings, item: OpenItem) -> list[Explanation]:
    """The maps that are to be drawn of a spectrum; what is missing is said in `item`."""
    analysis, wanted = source.analysis, settings.methods
    if analysis is None:
        return []
    missing = [f"{m} is not available: {w}" for m, w in analysis.unavailable if m in wanted]
    if missing and len(missing) == len(wanted):
        item.problems.append(missing[0])
    else:
        item.remarks += missing
    known = analysis.prediction.classes
    if isinstance(settings.classes, tuple) and not set(settings.classes) & set(known):
        item.problems.append(
            f"{item.record.network} has no class {' or '.join(settings.classes)}; "
            f"it knows {', '.join(known)}"
        )
    # In one order, whoever analysed: names that collide are numbered in it.
    chosen = [e for e in analysis.explanations if settings.wants(analysis, e)]
    return sorted(chosen, key=lambda e: (known.index(e.class_id), wanted.index(e.method)))


@dataclass(frozen=True, slots=True)
class Drawing:
    """The maps of one spectrum or pair that are drawn.

    Parameters
    ----------
    source : Analysed
        Spectrum and result.
    maps : list of Explanation
        From `maps_of`.
    additions : Additions
        What is shown beside them.
    """

    source: Analysed
    maps: list[Explanation]
    additions: Additions

    def request(
        self, explanation: Explanation, index: int, path: Path, page: PageOptions
    ) -> PictureRequest:
        """The picture of one of the maps, on the spectrum of this number.

        Raises
        ------
        ValueError
            If the spectrum was not analysed.
        """
        source = self.source
        if source.card is None or source.analysis is None:
            raise ValueError("only what was analysed can be drawn")
        name = source.name_of(index)
        return picture_request(
            path,
            source.spectra[index],
            source.card,
            source.analysis.prediction,
            explanation,
            source.page_of(index, page),
            self.additions.of(source.card, explanation, self.maps, name),
        )
