"""Sentences about contributions of peaks, and rows of the explained selection. No Qt."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contribution_pairs import (
    FEWEST_PEAKS,
    AskedPeak,
    PairDrops,
    meaning_of,
    pair_lines,
)
from nmrcam_qt.core.contributions import MapStability, SelectionScores
from nmrcam_qt.core.results import Prediction
from nmrcam_qt.session.contributing import Contributed, signed

STAYS = 0.8
"""Agreement of repeats from which a map is said to stay."""
MOST_ROWS = 12


def headline(
    found: Contributed, chosen: bool, repeats: int = 0, prediction: Prediction | None = None
) -> str:
    """What the columns are about.

    Parameters
    ----------
    found : Contributed
        What is shown.
    chosen : bool
        Whether the user chose the class; else it is the top one.
    repeats : int
        How many repeats the intervals rest on; 0 for none.
    prediction : Prediction or None
        Of the same network; it says whether the class is present.
    """
    column, whole = found.column, found.contributions
    which = "" if chosen else " (the top class)"
    unseen = int((found.own.cells == 0).sum())
    parts = [
        f"Contributions to {found.title}{which}: its logit is {signed(float(whole.logits[column]))}"
        f", without any signal {signed(float(whole.empty_logits[column]))}.",
        f"Ink that is of no peak contributes {signed(float(found.own.rest[column]))}.",
    ]
    if prediction is not None and found.class_id not in prediction.present:
        parts.insert(1, "The network does not call it present.")
    if len(whole.inputs) > 1:
        parts.append(f"Ranks count the {found.count} peaks of both spectra.")
    if unseen:
        peaks = "1 peak is" if unseen == 1 else f"{unseen} peaks are"
        parts.append(f"{peaks} not seen by the network.")
    if repeats:
        parts.append(f"Intervals: 95 % of {repeats} repeats.")
        if found.strayed:
            parts.append("Where ! stands, the rank is outside of its interval: trust the interval.")
    return " ".join(parts)


def stability_text(found: MapStability, empty: bool = False) -> str:
    """How far the map moves, one sentence.

    Parameters
    ----------
    found : MapStability
        What the repeats say.
    empty : bool
        Whether the map of the spectrum as it is is empty.
    """
    if found.empty:
        return f"The map is empty in all {found.repeats} repeats."
    if empty:
        return f"In some of {found.repeats} slightly different spectra the map is not empty."
    said = f"agreement {found.agreement:z.2f} over {found.repeats} repeats"
    if found.agreement >= STAYS:
        return f"The map stays: {said}."
    return f"The map moves: {said}. Only the heat that stays is in colour, the rest is grey."


@dataclass(frozen=True, slots=True)
class SelectionRow:
    """Scores of one class with all peaks, only the selected ones, and without them.

    Parameters
    ----------
    title, colour : str
        Of the class.
    scores : (all, only, without)
        0..1.
    logits : (all, only, without)
        In units of the logit.
    present : (all, only, without)
        Whether each score reaches the class's threshold.
    """

    title: str
    colour: str
    scores: tuple[float, float, float]
    logits: tuple[float, float, float]
    present: tuple[bool, bool, bool]


def selection_rows(
    found: SelectionScores, card: Card, first: Collection[str] = ()
) -> tuple[SelectionRow, ...]:
    """One row per class: those of `first`, then those whose scores change most.

    Parameters
    ----------
    found : SelectionScores
        The answer of the network.
    card : Card
        Of the network.
    first : collection of str
        Ids of classes that come first: the one that is shown, those that are present.
    """
    scores = np.stack([found.scores, found.only_scores, found.without_scores], axis=1)
    logits = np.stack([found.logits, found.only_logits, found.without_logits], axis=1)
    spread = logits.max(axis=1) - logits.min(axis=1)
    numbers = sorted(
        range(len(found.classes)),
        key=lambda n: (found.classes[n] not in first, -float(spread[n])),
    )
    rows = []
    for number in numbers[:MOST_ROWS]:
        spec = card.class_spec(found.classes[number])
        threshold = card.threshold(spec.id)
        own = [float(value) for value in scores[number]]
        units = [float(value) for value in logits[number]]
        rows.append(
            SelectionRow(
                spec.title,
                spec.colour,
                (own[0], own[1], own[2]),
                (units[0], units[1], units[2]),
                (own[0] >= threshold, own[1] >= threshold, own[2] >= threshold),
            )
        )
    return tuple(rows)


@dataclass(frozen=True, slots=True)
class PairRow:
    """What two peaks contribute together and alone, for the class that is shown.

    Parameters
    ----------
    peaks : str
        Their numbers.
    ids : tuple of int
        Those on the input that is shown.
    together, alone, interaction, meaning : str
        Drops in units of the logit, and what they mean.
    tip : str
        Where the peaks are.
    """

    peaks: str
    ids: tuple[int, ...]
    together: str
    alone: str
    interaction: str
    meaning: str
    tip: str


def pair_rows(found: PairDrops, class_id: str, number: int) -> tuple[PairRow, ...]:
    """One row per pair, those that interact most first.

    Parameters
    ----------
    found : PairDrops
        The answer of the network.
    class_id : str
        The class that is shown.
    number : int
        Which input of the network the spectrum is.
    """
    inputs = len({peak.number for peak in found.peaks}) > 1
    rows = []
    for line in pair_lines(found, class_id):
        both = (line.first, line.second)
        alone = (line.alone_first, line.alone_second)
        places = [
            f"{_name(peak, inputs)}: {peak.h_ppm:.2f} / {peak.c_ppm:.1f} ppm, "
            f"alone {signed(drop)}{'' if peak.seen else ' (not seen by the network)'}"
            for peak, drop in zip(both, alone, strict=True)
        ]
        rows.append(
            PairRow(
                " + ".join(_name(peak, inputs) for peak in both),
                tuple(peak.id for peak in both if peak.number == number),
                signed(line.together),
                "/".join(map(signed, alone)),
                signed(line.interaction),
                line.meaning.value,
                "\n".join([*places, f"together {signed(line.together)}: {line.meaning.value}"]),
            )
        )
    return tuple(rows)


def _name(peak: AskedPeak, with_input: bool) -> str:
    return f"{peak.id} {peak.input_name.upper()}" if with_input else str(peak.id)


def pairs_text(found: PairDrops, card: Card, class_id: str, selected: bool, chosen_for: str) -> str:
    """What was asked, and what all these peaks do together.

    Parameters
    ----------
    found : PairDrops
        The answer of the network.
    card : Card
        Of the network.
    class_id : str
        The class that is shown.
    selected : bool
        Whether the user selected the peaks; else they are the strongest.
    chosen_for : str
        For which class they are the strongest.
    """
    title, n = card.class_spec(class_id).title, len(found.peaks)
    if n < FEWEST_PEAKS:
        seen = "only one peak" if n else "no peak"
        return f"The network sees {seen}: there is no pair."
    which = f"the {n} selected peaks"
    if not selected:
        other = "" if chosen_for == class_id else f" for {card.class_spec(chosen_for).title}"
        which = f"the {n} strongest peaks{other}"
    text = f"{title}: {which}, two by two."
    if n > FEWEST_PEAKS:
        column = found.classes.index(class_id)
        alone, together = found.alone[:, column], float(found.whole[column])
        said = meaning_of(together, alone.tolist()).value
        text += (
            f" All together {signed(together)}, the sum of each alone "
            f"{signed(float(alone.sum()))}: {said}."
        )
    return text


def selection_text(found: SelectionScores) -> str:
    """What was asked: how many peaks, and how many of them the network does not see."""
    peaks = "1 selected peak" if found.selected == 1 else f"{found.selected} selected peaks"
    if not found.unseen:
        return f"Scores with only the {peaks}, and without:"
    return f"Scores with only the {peaks} ({found.unseen} not seen by the network), and without:"
