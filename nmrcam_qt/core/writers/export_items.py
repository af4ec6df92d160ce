"""Records of an export in the making: of a spectrum, and of its pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.writers.export_types import (
    Analysed,
    ContributionRecord,
    ItemRecord,
    PictureRecord,
)


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
