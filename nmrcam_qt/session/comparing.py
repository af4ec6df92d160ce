"""All methods and classes of one spectrum beside each other: which panes, which rows. No Qt."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.map_check import MapCheck
from nmrcam_qt.core.map_comparison import MapComparison, MapFigures
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.checking import CheckBook, check_key
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.method_choice import is_slow
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, has_maps, resolve_plan

MOST_CLASSES = 3
"""Classes that are chosen at first; the user may choose more."""
MOST_SHOWN = 48
"""Maps as pictures; more cannot be told apart. The table has no limit."""
NO_TRUTH = (
    "Nobody knows which signals are the class's here, so these figures cannot say which map is "
    "right: maps that agree can be wrong together. A map is worth something only where it says "
    "more than where the class usually has its signals (View > Usual places); how often a "
    "network's maps do, and by how much, is in its summary and in docs/networks.md."
)
NOTHING_APART = (
    "No ink AUC: the signals of {name} lie on none of this spectrum's, or on all of them. It is "
    "not in this sample, or the two are not on one ppm scale."
)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One map of the comparison.

    Parameters
    ----------
    pane : Shown
        What would be shown of it.
    figures : MapFigures or None
        Where its heat lies; None where there is no map or nobody has measured it yet.
    check : MapCheck or None
        Its checks; None where nobody made them.
    checking : bool
        Whether it is being checked.
    """

    pane: Shown
    figures: MapFigures | None = None
    check: MapCheck | None = None
    checking: bool = False

    @property
    def method(self) -> str:
        """Id of the method."""
        return self.pane.view.method

    @property
    def class_id(self) -> str:
        """Id of the class."""
        return self.pane.view.class_id or ""

    @property
    def title(self) -> str:
        """What the class is called."""
        plan = self.pane.plan
        known = plan is not None and self.class_id in plan.card.class_ids
        return plan.card.class_spec(self.class_id).title if known and plan else self.class_id

    @property
    def state(self) -> str:
        """Why there is no map, or that it is empty, in a few words; empty for a map."""
        pane = self.pane
        if pane.explanation is not None:
            return "empty" if pane.explanation.empty else ""
        if pane.busy:
            return "being computed"
        return "not computed" if pane.computable else "not available"


def first_classes(shown: Shown) -> tuple[str, ...]:
    """Classes to begin with: the chosen one, those that are present, else the best.

    Returns
    -------
    tuple of str
        In the order of the network; at most `MOST_CLASSES`, or as many as are present. Empty
        where nothing was analysed.
    """
    if shown.analysis is None or shown.plan is None:
        return ()
    prediction = shown.analysis.prediction
    ids = [c for c in shown.plan.card.class_ids if c in prediction.classes]
    ranked = sorted(ids, key=lambda c: (c not in prediction.present, -prediction.score(c)))
    chosen = [shown.view.class_id] if shown.view.class_id in ids else []
    wanted = list(dict.fromkeys([*chosen, *ranked]))[:MOST_CLASSES]
    return tuple(c for c in ids if c in wanted)


def first_methods(shown: Shown) -> tuple[str, ...]:
    """Methods to begin with: those whose maps are there, and the chosen one."""
    return tuple(m for m in METHODS if has_maps(shown, m) or m == shown.view.method)


def pure_spectra(session: Session, item: SessionItem) -> tuple[SessionItem, ...]:
    """Open spectra of the same experiment that may be a pure compound of an item."""
    return tuple(
        other
        for other in session.items
        if other.id != item.id
        and other.experiment is item.experiment
        and other.packed.provenance.kind is not SourceKind.MIXTURE
    )


def known_part(session: Session, item: SessionItem) -> SessionItem | None:
    """Of a mixture that was made of open spectra the first part; None where nobody knows.

    `core.mixtures.mix` names its parts, the compound that carries the class first.
    """
    if item.packed.provenance.kind is not SourceKind.MIXTURE:
        return None
    first = item.path.split(" + ")[0]
    return next((other for other in pure_spectra(session, item) if other.path == first), None)


def truth_note(
    pure: SessionItem | None, comparison: MapComparison | None = None, card: Card | None = None
) -> str:
    """What the figures can say, with the pure spectrum and without.

    Parameters
    ----------
    pure : SessionItem or None
        The spectrum of the pure compound.
    comparison : MapComparison or None
        The figures.
    card : Card or None
        Of the network, for its priors.
    """
    if pure is None:
        return NO_TRUTH
    if comparison is not None and all(math.isnan(each.ink_auc) for each in comparison.maps):
        return NOTHING_APART.format(name=pure.name)
    return (
        f"Ink AUC: whether the heat tells the signals of {pure.name} from all others, as far as "
        "both spectra lie on one scale; 0.5 is chance. Prior: the same for where the class usually "
        "has its signals. A map is worth something only where it says more than that (gain above "
        f"0). {_prior_words(card)}"
    )


def _prior_words(card: Card | None) -> str:
    """What the prior is made of."""
    if card is None or not card.prior_sha256:
        return "This network came without priors, so that its maps stand beside no bar."
    return (
        f"The prior: {card.prior_from}. For one of these compounds it is a harder bar than it "
        "should be."
    )


def compared_panes(
    session: Session, shown: Shown, methods: Sequence[str], classes: Sequence[str]
) -> tuple[Shown, ...]:
    """A pane for each method and class, class after class within a method.

    Parameters
    ----------
    session : Session
        With the results.
    shown : Shown
        The spectrum with its plan and analysis, as the window shows it.
    methods, classes : sequence of str
        The rows and columns of the grid.
    """
    plan, item = shown.plan, shown.item
    if plan is None or item is None:
        return ()
    return tuple(
        resolve_plan(session, item, plan, replace(shown.view, method=method, class_id=class_id))
        for method in methods
        for class_id in classes
    )


def maps_of(panes: Sequence[Shown]) -> tuple[Explanation, ...]:
    """The maps of panes that have one."""
    return tuple(pane.explanation for pane in panes if pane.explanation is not None)


def rows_of(
    session: Session,
    panes: Sequence[Shown],
    comparison: MapComparison | None,
    book: CheckBook,
    checking: Collection[object] = (),
) -> tuple[Compared, ...]:
    """The rows of the table.

    Parameters
    ----------
    session : Session
        For what the checks rest on.
    panes : sequence of Shown
        From `compared_panes`.
    comparison : MapComparison or None
        Of their maps; None before it was made.
    book : CheckBook
        Checks that were made.
    checking : collection of CheckKey
        Maps that are being checked.
    """
    made = []
    for pane in panes:
        key = check_key(session, pane)
        number = None
        if comparison is not None and pane.explanation is not None:
            number = comparison.find(pane.explanation.class_id, pane.explanation.method)
        figures = comparison.maps[number] if comparison is not None and number is not None else None
        made.append(Compared(pane, figures, book.find(key), key is not None and key in checking))
    return tuple(made)


@dataclass(frozen=True, slots=True, eq=False)
class AgreementTable:
    """How far the methods agree for one class.

    Parameters
    ----------
    methods : tuple of str
        Rows and columns.
    ranks, tops : float64 ``(n, n)``
        Spearman ρ over the inked samples, share of the hottest peaks in common; NaN where a
        map is empty.
    """

    methods: tuple[str, ...]
    ranks: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    tops: np.ndarray[tuple[int, int], np.dtype[np.float64]]


def agreement_of(comparison: MapComparison | None, class_id: str) -> AgreementTable:
    """The part of a comparison that belongs to one class."""
    maps = comparison.maps if comparison is not None else ()
    numbers = [i for i, each in enumerate(maps) if each.class_id == class_id]
    none = np.zeros((0, 0))
    if comparison is None or not numbers:
        return AgreementTable((), none, none)
    part = np.ix_(numbers, numbers)
    return AgreementTable(
        tuple(maps[i].method for i in numbers),
        comparison.rank_agreement[part],
        comparison.top_agreement[part],
    )


def missing_maps(panes: Sequence[Shown]) -> tuple[Shown, ...]:
    """Panes whose map can be made and is not."""
    return tuple(pane for pane in panes if pane.computable and not pane.busy)


def missing_text(panes: Sequence[Shown]) -> str:
    """How many maps are missing, for a button; empty where none is."""
    missing = missing_maps(panes)
    if not missing:
        return ""
    slow = {pane.view.method for pane in missing if is_slow(pane.view.method)}
    count = "1 map" if len(missing) == 1 else f"{len(missing)} maps"
    methods = "1 slow method" if len(slow) == 1 else f"{len(slow)} slow methods"
    return f"Compute {count}" + (f" ({methods})" if slow else "")


def to_check(unchecked: Sequence[Shown]) -> tuple[Shown, ...]:
    """Of maps that were not checked the cheap ones; the slow ones where no other is left.

    For a check a map is made three times more, by random networks.
    """
    cheap = tuple(pane for pane in unchecked if not is_slow(pane.view.method))
    return cheap or tuple(unchecked)


def heading_of_comparison(shown: Shown, comparison: MapComparison | None) -> str:
    """What is compared, and what a map that is the same everywhere would score."""
    if shown.item is None:
        return ""
    parts = [shown.plan.card.title if shown.plan is not None else shown.item.name]
    if comparison is not None:
        flat: Mapping[str, float] = {
            "on signals": comparison.ink_share,
            "far from any": comparison.blank_share,
        }
        said = " and ".join(f"{share:.1%} {where}" for where, share in flat.items())
        parts.append(f"{comparison.peaks} peaks; a map that is the same everywhere has {said}")
    return "  ·  ".join(parts)
