"""What the peaks of a spectrum say for and against classes, as the window shows it. No Qt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contribution_pairs import PairDrops
from nmrcam_qt.core.contributions import (
    LEAST_TO_SPEAK,
    Contributions,
    InputContributions,
    MapStability,
)
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.results import Explanation, Prediction

UNKNOWN = "–"
NOT_COMPUTED = "Not computed for this peak yet."
MASKED = "The network does not see it: it lies in a region that is excluded."
OUTSIDE = "The network does not see it: it lies outside of the network's window."
NO_INK = "The network does not see it: there is no ink in its place."


@dataclass(frozen=True, slots=True)
class Basis:
    """What contributions rest on: other spectra, axes, masks, weights or peaks need new ones.

    Parameters
    ----------
    network, network_sha256 : str
        Which weights.
    items : tuple of int
        Ids of the spectra in the order of the network's inputs.
    spectra : tuple of str or None
        `Session.bases` of them.
    peaks : tuple of str
        `digest_of` their peaks.
    classes : tuple of str
        Ids of the network's classes.
    """

    network: str
    network_sha256: str
    items: tuple[int, ...]
    spectra: tuple[str | None, ...]
    peaks: tuple[str, ...]
    classes: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, tuple[int, ...]]:
        """Network and spectra: there is one result for each, the newest."""
        return self.network, self.items


@dataclass(frozen=True, slots=True)
class PeakSays:
    """What one peak contributes to one class.

    Parameters
    ----------
    drop : float
        By how much the class's logit drops without the peak; negative: it speaks against.
    largest : float
        Largest ``|drop|`` of all peaks for this class, bounds of intervals included, so that
        bars have one scale; above 0.
    rank : int
        By drop among all peaks of the network's inputs, 1 is the highest.
    heat : float or None
        Share of the map's heat in the peak's region, 0..1; None where the method gives no map.
    seen : bool
        Whether the network sees the peak at all.
    drops : (low, high) or None
        Interval of the drop over repeats; None before they were computed.
    ranks : (low, high) or None
        Interval of the rank.
    """

    drop: float
    largest: float
    rank: int
    heat: float | None
    seen: bool
    drops: tuple[float, float] | None = None
    ranks: tuple[int, int] | None = None

    @property
    def strays(self) -> bool:
        """Whether the rank in the spectrum as it is lies outside of the repeats' interval."""
        return self.ranks is not None and not self.ranks[0] <= self.rank <= self.ranks[1]


@dataclass(frozen=True, eq=False)
class Contributed:
    """Contributions of the peaks of one spectrum, for the class that is shown.

    Parameters
    ----------
    contributions : Contributions
        Of the network, for all of its inputs and classes.
    card : Card
        Of the network.
    number : int
        Which of its inputs the spectrum is.
    class_id : str
        The class that is shown.
    method : str
        Whose map's heat is shown.
    masks : tuple of Mask
        Of the spectrum.
    """

    contributions: Contributions
    card: Card
    number: int
    class_id: str
    method: str
    masks: tuple[Mask, ...] = ()

    @property
    def own(self) -> InputContributions:
        """Those of this spectrum."""
        return self.contributions.inputs[self.number]

    @property
    def column(self) -> int:
        """Of the class, in the arrays."""
        return self.contributions.classes.index(self.class_id)

    @property
    def title(self) -> str:
        """Of the class."""
        return self.card.class_spec(self.class_id).title

    @property
    def colour(self) -> str:
        """Of the class, ``#rrggbb``."""
        return self.card.class_spec(self.class_id).colour

    @cached_property
    def rows(self) -> Mapping[int, int]:
        """Row in the arrays by id of the peak."""
        return {peak: row for row, peak in enumerate(self.own.places.ids.tolist())}

    @cached_property
    def ranks(self) -> NDArray[np.int64]:
        """Rank of every peak of this spectrum by drop, among the peaks of all inputs."""
        made: NDArray[np.int64] = self.contributions.ranks()[self.number][:, self.column]
        return made

    @cached_property
    def count(self) -> int:
        """Peaks of all inputs."""
        return sum(len(each.places) for each in self.contributions.inputs)

    @cached_property
    def largest(self) -> float:
        """Largest ``|drop|`` of all inputs, bounds of intervals included; above 0."""
        column, found = self.column, self.contributions
        bounds = [np.abs(each.drop[:, column]) for each in found.inputs]
        for interval in found.intervals:
            bounds += [np.abs(interval.drop_low[:, column]), np.abs(interval.drop_high[:, column])]
        return float(np.concatenate(bounds).max(initial=0.0)) or 1.0

    def says(self, peak_id: int) -> PeakSays | None:
        """What a peak contributes to the class; None where nobody computed it."""
        row, column = self.rows.get(peak_id), self.column
        if row is None:
            return None
        share = self.own.heat.get(self.method)
        drops = ranks = None
        if self.contributions.intervals:
            found = self.contributions.intervals[self.number]
            drops = float(found.drop_low[row, column]), float(found.drop_high[row, column])
            ranks = int(found.rank_low[row, column]), int(found.rank_high[row, column])
        return PeakSays(
            drop=float(self.own.drop[row, column]),
            largest=self.largest,
            rank=int(self.ranks[row]),
            heat=None if share is None else float(share[row, column]),
            seen=bool(self.own.cells[row]),
            drops=drops,
            ranks=ranks,
        )

    def why_unseen(self, peak_id: int) -> str:
        """Why the network does not see a peak; empty where it does."""
        row = self.rows.get(peak_id)
        if row is None:
            return NOT_COMPUTED
        if self.own.cells[row]:
            return ""
        places, spec = self.own.places, self.card.inputs[self.number]
        h_ppm, c_ppm = places.h_ppm[row : row + 1], places.c_ppm[row : row + 1]
        if spec.f1.cell(float(c_ppm[0])) is None or spec.f2.cell(float(h_ppm[0])) is None:
            return OUTSIDE
        if any(mask.excluded and mask.holds(h_ppm, c_ppm)[0] for mask in self.masks):
            return MASKED
        return NO_INK

    def tip(self, peak_id: int) -> str:
        """What a peak contributes to each class, in lines; why nothing where it is not seen."""
        unseen = self.why_unseen(peak_id)
        if unseen:
            return unseen
        row = self.rows[peak_id]
        drops = self.own.drop[row]
        order = np.argsort(-drops, kind="stable")
        lines = ["Without this peak the logit of each class drops by"]
        for column in order.tolist():
            class_id = self.contributions.classes[column]
            mark = "  (shown)" if class_id == self.class_id else ""
            title = self.card.class_spec(class_id).title
            lines.append(f"  {signed(float(drops[column]))}  {title}{mark}")
        return "\n".join([*lines, *self._sure_lines(peak_id)])

    def _sure_lines(self, peak_id: int) -> list[str]:
        """What the repeats say of a peak; nothing before there are any."""
        says = self.says(peak_id)
        if says is None or says.drops is None or says.ranks is None:
            return []
        low, high = map(signed, says.drops)
        lines = [
            f"{self.title} in 95 % of {self.contributions.repeats} repeats: drop {low} to {high}, "
            f"rank {says.ranks[0]} to {says.ranks[1]}"
        ]
        if says.strays:
            lines.append(
                f"Rank {says.rank} is that of the spectrum as it is. Small changes nearly always "
                "give another: trust the interval."
            )
        return lines

    @cached_property
    def strayed(self) -> int:
        """Seen peaks of this spectrum whose rank lies outside of its interval."""
        if not self.contributions.intervals:
            return 0
        around, column = self.contributions.intervals[self.number], self.column
        low, high = around.rank_low[:, column], around.rank_high[:, column]
        outside = (self.ranks < low) | (self.ranks > high)
        return int((outside & (self.own.cells > 0)).sum())

    def speakers(self, among: Collection[str]) -> NDArray[np.intp]:
        """For every peak of this spectrum the class that it speaks for most; -1 for none.

        A peak speaks for the class whose logit drops most without it, where that is at least
        `LEAST_TO_SPEAK`.

        Parameters
        ----------
        among : collection of str
            Ids of the classes that are asked about; none for all.
        """
        classes = self.contributions.classes
        columns = [n for n, known in enumerate(classes) if not among or known in among]
        drops = self.own.drop[:, columns]
        if not drops.size:
            return np.full(len(self.own.places), -1, dtype=np.intp)
        best = drops.argmax(axis=1)
        enough = np.take_along_axis(drops, best[:, np.newaxis], axis=1)[:, 0] >= LEAST_TO_SPEAK
        made: NDArray[np.intp] = np.where(enough, np.array(columns)[best], -1)
        return made


def class_shown(
    chosen: str | None,
    contributions: Contributions | PairDrops,
    prediction: Prediction | None,
) -> str:
    """The class whose contributions are shown: the chosen one, else the top one.

    Parameters
    ----------
    chosen : str or None
        That of the view settings.
    contributions : Contributions or PairDrops
        What there is to show.
    prediction : Prediction or None
        Of the same network; it says which classes are present.
    """
    if chosen in contributions.classes:
        return str(chosen)
    if prediction is not None and prediction.top in contributions.classes:
        return prediction.top
    return contributions.classes[int(np.argmax(contributions.logits))]


def signed(value: float) -> str:
    """A drop in units of the logit: ``"+1.25"``; a true minus."""
    text = f"{abs(value):.2f}"
    if float(text) == 0.0:
        return "0.00"
    return ("+" if value > 0 else "−") + text


def drop_text(says: PeakSays | None) -> str:
    """What the column *Contribution* says."""
    return UNKNOWN if says is None or not says.seen else signed(says.drop)


def rank_text(says: PeakSays | None) -> str:
    """What the column *Rank* says: ``"3"``, or ``"3 [2–5]"`` where repeats were made.

    An exclamation mark follows where the interval does not hold the rank.
    """
    if says is None or not says.seen:
        return UNKNOWN
    if says.ranks is None:
        return str(says.rank)
    text = f"{says.rank} [{says.ranks[0]}–{says.ranks[1]}]"
    return f"{text} !" if says.strays else text


def heat_text(says: PeakSays | None) -> str:
    """What the column *Heat* says: a share of the map in per cent."""
    if says is None or not says.seen or says.heat is None:
        return UNKNOWN
    percent = 100 * says.heat
    return f"{percent:.0f} %" if percent >= 9.95 or percent == 0 else f"{percent:.1f} %"


def lasting(shown: Explanation, moves: MapStability) -> Explanation | None:
    """What of a map stays; None where the repeats have other cells.

    Parameters
    ----------
    shown : Explanation
        The map.
    moves : MapStability
        How far it moves.
    """
    if (moves.f1, moves.f2) != (shown.f1, shown.f2):
        return None
    return replace(shown, evidence=moves.low)
