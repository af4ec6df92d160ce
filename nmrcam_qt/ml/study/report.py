"""The report's parts in their order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import nmrcam_qt
from nmrcam_qt.ml.evaluation_data import limits_of
from nmrcam_qt.ml.registry import load
from nmrcam_qt.ml.study.conclusion import conclusion
from nmrcam_qt.ml.study.document import Block, Document, Heading, Paragraph, Plate
from nmrcam_qt.ml.study.figures import plate
from nmrcam_qt.ml.study.further import further
from nmrcam_qt.ml.study.plan import (
    CHECKS,
    EVERYTHING,
    EXPERIMENTS,
    FIGURES,
    POOLS,
    ROLES,
    SAMPLE,
    StudySettings,
)
from nmrcam_qt.ml.study.results import StudyResults
from nmrcam_qt.ml.study.summary import summary
from nmrcam_qt.ml.study.tables import (
    DELETED_NOTE,
    PEAKS_NOTE,
    WHERE_NOTE,
    before_table,
    calibrated_tables,
    deletion_tables,
    network_table,
    peak_tables,
    published_table,
    recognition_table,
    time_table,
    where_tables,
)

TITLE = "Which signals did the network look at? The thesis's section 8, measured"
AXES = (
    "Known defect of the data: the study's pictures carry no ppm axes; here they are put on 10–0 "
    "ppm ¹H and 0–200 ppm ¹³C, as in the thesis: assumed axes. That is about true for HMBC and "
    "wrong for HSQC; the published HSQC mixtures, for example, reach from about 14 to −3 ppm and "
    "from −39 to 180 ppm (benchmarks/mixnets/published_axes.json). Every HSQC figure below carries "
    "this error, whichever network looks. Ours were trained on true ppm and see these pictures out "
    "of place; the study's were trained on pictures of the very same displacement."
)
TRUTH = (
    "Whose signals are whose is known because the mixtures are made here: the pixelwise darkest of "
    "the target's picture and the foreign ones, brought to its grid by ppm. The pool of foreign "
    "compounds changes the figures and is named with each of them."
)
QUICK = "A quick run: a few spectra of everything, to see that it works. Its figures mean nothing."


def document(
    results: StudyResults, asked: StudySettings, guessed: Mapping[int, tuple[str, ...]]
) -> Document:
    """The whole report.

    Parameters
    ----------
    results : StudyResults
        What was measured.
    asked : StudySettings
        What was asked for.
    guessed : mapping of figure number to entries
        Foreign compounds of the figures whose axes are a guess.
    """
    blocks = (
        *_opening(results, asked),
        *_plates(results, asked, guessed),
        *_measurements(results, asked),
    )
    return Document(TITLE, blocks)


def _opening(results: StudyResults, asked: StudySettings) -> Iterator[Block]:
    if asked.quick:
        yield Paragraph(QUICK, strong=True)
    yield Heading("What comes out")
    yield Paragraph(summary(results))
    yield from (Paragraph(conclusion(results, pool)) for pool in POOLS)
    more = further(results)
    if more:
        yield Paragraph(more)
    yield before_table(results)
    yield Heading("What must be known of it")
    yield Paragraph(AXES, strong=True)
    for network, sentences in _limits(asked).items():
        yield Paragraph(f"{network}: {' '.join(sentences)}")
    yield Paragraph(TRUTH)
    yield network_table(results)


def _limits(asked: StudySettings) -> dict[str, tuple[str, ...]]:
    """What the cards say that a network cannot be trusted with."""
    cards = [load(asked.network(role, e)).card for e in EXPERIMENTS for role in ROLES]
    return {card.id: limits_of(card) for card in cards if limits_of(card)}


def _plates(
    results: StudyResults, asked: StudySettings, guessed: Mapping[int, tuple[str, ...]]
) -> Iterator[Heading | Plate]:
    titles = {0: "Pure compounds", 1: "One foreign compound", 2: "Two foreign compounds"}
    for count, title in titles.items():
        yield Heading(f"The thesis's figures: {title.lower()}")
        for plan in FIGURES:
            if len(plan.foreign) == count:
                yield plate(plan, results.figures[plan.number], asked.out, guessed[plan.number])


def _measurements(results: StudyResults, asked: StudySettings) -> Iterator[Block]:
    yield Heading("Every held-out compound")
    yield recognition_table(results)
    yield Paragraph(WHERE_NOTE)
    yield from where_tables(results, EVERYTHING)
    yield Paragraph(PEAKS_NOTE)
    yield from peak_tables(results, EVERYTHING)
    yield Heading("On true ppm axes")
    yield Paragraph(
        "Because the study's HSQC pictures are out of place, the same question is asked of the "
        "calibrated spectra of bmrb2d."
    )
    yield from calibrated_tables(results)
    yield Heading("On a sample: what takes long")
    yield Paragraph(
        f"Deletion, random weights and the slow methods cost many passes for each map: they were "
        f"measured on a sample of {_size(results)} spectra, drawn with seed {asked.seed}, those of "
        "no class included, each mixed with one foreign compound."
    )
    yield Paragraph(DELETED_NOTE)
    yield from deletion_tables(results)
    yield from where_tables(results, SAMPLE)
    yield from peak_tables(results, SAMPLE)
    yield Heading("The published mixtures")
    yield published_table(results)
    yield Heading("How it was made")
    yield Paragraph(f"nmrcam {nmrcam_qt.__version__}, nmrcam study, seed {asked.seed}.")
    yield time_table(results)


def _size(results: StudyResults) -> int:
    sizes = [int(report["n"]) for unit, report in results.units if unit.kind == CHECKS]
    return max(sizes, default=0)
