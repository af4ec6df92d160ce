"""What the window shows for the present item: plan, scores, map, or a sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contributions import Contributions
from nmrcam_qt.core.empty_map import EMPTY_MAP, SUMMED, empty_map_text, sentence
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.items import ItemState, SessionItem, ViewSettings
from nmrcam_qt.session.plan import Plan, find_map, make_plan
from nmrcam_qt.session.session import Session

COMPUTE_KEY = "Ctrl+M"
"""What makes the chosen map where it is not part of an analysis."""
NOTHING_TO_COMPARE = "Analyse the spectrum first (A): without scores there is nothing to compare."
OTHER_OF_PAIR = "At this layer the map lies on the other spectrum of the pair."


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What belongs on the screen.

    Parameters
    ----------
    item : SessionItem or None
        The present spectrum.
    plan : Plan or None
        What *Analyse* would do.
    refusal : str
        Why it cannot; one sentence, empty where there is a plan.
    analysis : Analysis or None
        The result for the plan.
    explanation : Explanation or None
        The chosen map.
    message : str
        What to write over the spectrum; empty where there is nothing to say.
    view : ViewSettings
        The settings for which this was found: class, method, layer.
    overlays : tuple of SessionItem
        What is drawn over the spectrum, from the lowest to the uppermost.
    minus : SessionItem or None
        What is subtracted from it.
    busy : bool
        Whether a job makes just this map.
    empty : str
        What is said of an empty map (`nmrcam_qt.core.empty_map`), the beginning of `message`.
    """

    item: SessionItem | None = None
    plan: Plan | None = None
    refusal: str = ""
    analysis: Analysis | None = None
    explanation: Explanation | None = None
    message: str = ""
    view: ViewSettings = field(default_factory=ViewSettings)
    overlays: tuple[SessionItem, ...] = ()
    minus: SessionItem | None = None
    busy: bool = False
    empty: str = ""

    @property
    def prediction(self) -> Prediction | None:
        """The scores; None where nobody has asked for them."""
        return self.analysis.prediction if self.analysis is not None else None

    @property
    def present(self) -> tuple[str, ...]:
        """Ids of the classes that the network calls present."""
        return self.prediction.present if self.prediction is not None else ()

    @property
    def analysable(self) -> bool:
        """Whether a map is wanted, there is a plan, and nobody has carried it out yet."""
        return (
            self.plan is not None
            and self.view.class_id is not None
            and self.analysis is None
            and self.item is not None
            and self.item.state is not ItemState.WAITING
        )

    @property
    def computable(self) -> bool:
        """Whether there are scores, but nobody has made the chosen map, and it can be made.

        Slow methods are not part of an analysis; their maps are made on demand.
        """
        if self.plan is None or self.analysis is None or self.explanation is not None:
            return False
        known = self.view.class_id in self.plan.card.class_ids
        return known and not _map_refused(self.analysis, self.plan, self.view)


def resolve(session: Session, cards: Sequence[Card]) -> Shown:
    """Find what the window shows under the session's view settings.

    Parameters
    ----------
    session : Session
        Items, results, view settings.
    cards : sequence of Card
        The installed networks.
    """
    return resolve_for(session, cards, session.current, session.view)


def resolve_for(
    session: Session, cards: Sequence[Card], item: SessionItem | None, view: ViewSettings
) -> Shown:
    """What belongs on the screen for one spectrum under settings of its own.

    Parameters
    ----------
    session : Session
        Items and results.
    cards : sequence of Card
        The installed networks.
    item : SessionItem or None
        The spectrum.
    view : ViewSettings
        Class, method, layer. The network is the session's.
    """
    if item is None:
        return Shown(refusal="No spectrum is open.", view=view)
    try:
        plan = make_plan(session, item, cards)
    except NetworkError as error:
        message = str(error) if view.class_id is not None else ""
        return Shown(item, refusal=str(error), message=message, view=view)
    plan = replace(plan, layer=view.layer if view.layer in plan.card.layers else None)
    return resolve_plan(session, item, plan, view)


def resolve_plan(session: Session, item: SessionItem, plan: Plan, view: ViewSettings) -> Shown:
    """Like `resolve_for` for a plan that is known."""
    plan, analysis = _find_analysis(session, plan)
    shown = Shown(item, plan, analysis=analysis, view=view)
    class_id = view.class_id
    if class_id is None:
        return shown
    if analysis is None:
        return replace(shown, message=_not_analysed(item, plan))
    if class_id not in plan.card.class_ids:
        text = f"{plan.card.title} has no class {class_id.replace('_', ' ')}."
        return replace(shown, message=text)
    found = find_map(analysis, plan.card, item, class_id, view.method)
    if found is None:
        return replace(shown, message=_no_map(analysis, plan, view))
    if found.empty:
        return replace(shown, explanation=found, message=sentence(EMPTY_MAP), empty=EMPTY_MAP)
    return replace(shown, explanation=found, message=_not_said(analysis, plan, found))


def with_contributions(shown: Shown, found: Contributions) -> Shown:
    """A pane whose empty map is explained beside what the peaks contribute; others stay.

    Parameters
    ----------
    shown : Shown
        The pane.
    found : Contributions
        Of the peaks of its spectrum, as it is now, by the network of its map.
    """
    if shown.explanation is None or shown.analysis is None or not shown.empty:
        return shown
    summed = SUMMED not in dict(shown.analysis.unavailable)
    text = empty_map_text(shown.explanation, found, summed)
    message = shown.message.replace(sentence(shown.empty), sentence(text), 1)
    return replace(shown, message=message, empty=text)


def _find_analysis(session: Session, plan: Plan) -> tuple[Plan, Analysis | None]:
    """The result of a plan; that of the default layer also where the layer is named."""
    analysis = session.analysis(plan.key)
    if analysis is None and plan.layer == plan.card.default_layer and len(plan.card.inputs) == 1:
        unnamed = replace(plan, layer=None)
        found = session.analysis(unnamed.key)
        if found is not None:
            return unnamed, found
    return plan, analysis


def heading_of(shown: Shown) -> str:
    """One line above the plot: spectrum, experiment, and whose map is shown."""
    if shown.item is None:
        return ""
    label = shown.item.experiment.label if shown.item.experiment else "HSQC or HMBC?"
    parts = [shown.item.name, label]
    if shown.explanation is not None and shown.plan is not None and shown.analysis is not None:
        found = shown.explanation
        score = score_text(shown.analysis.prediction.score(found.class_id))
        title = shown.plan.card.class_spec(found.class_id).title
        info = METHODS.get(found.method)
        parts.append(f"{title}, score {score}")
        parts.append(f"{info.title if info is not None else found.method} at {found.layer}")
    return "  ·  ".join(parts)


def has_maps(shown: Shown, method: str) -> bool:
    """Whether maps of a method were made for what is shown, for any class."""
    found = shown.analysis.explanations if shown.analysis is not None else ()
    return any(each.method == method for each in found)


def method_reason(shown: Shown, method: str) -> str:
    """Why a method gives no map here; empty where it does or nobody knows yet."""
    if shown.analysis is None:
        return ""
    return dict(shown.analysis.unavailable).get(method, "")


def _not_said(analysis: Analysis, plan: Plan, found: Explanation) -> str:
    """Every map fills its colours; that of a class that is not there must not convince."""
    if found.class_id in analysis.prediction.present:
        return ""
    title = plan.card.class_spec(found.class_id).title
    score = analysis.prediction.score(found.class_id)
    threshold = plan.card.threshold(found.class_id)
    below = f" ({score_text(score)}, needs {threshold:.3g})" if score < threshold else ""
    # The figures first: one of several panes shows only the beginning.
    return f"Not called present{below}: the map shows what little speaks for {title}."


def _not_analysed(item: SessionItem, plan: Plan) -> str:
    if item.state is ItemState.WAITING:
        return "Analysis is under way …"
    if item.state is ItemState.FAILED:
        return f"The analysis failed: {item.error}"
    where = f" at layer {plan.layer}" if plan.layer else ""
    return f"Not analysed with {plan.card.title}{where} yet: press Analyse (A)."


def _no_map(analysis: Analysis, plan: Plan, view: ViewSettings) -> str:
    info = METHODS.get(view.method)
    title = info.title if info is not None else view.method
    reason = dict(analysis.unavailable).get(view.method)
    if reason is not None:
        return f"{title} is not available here: {reason}"
    if _map_refused(analysis, plan, view):
        return OTHER_OF_PAIR
    if analysis.explanations:
        return f"{title} is not computed for this class yet: press Compute ({COMPUTE_KEY})."
    return "The maps of this spectrum were dropped to save memory: press Analyse (A)."


def _map_refused(analysis: Analysis, plan: Plan, view: ViewSettings) -> bool:
    """Whether a map was tried and there is none here; of a pair it may lie on the other one."""
    wanted = view.class_id, view.method
    tried = any((each.class_id, each.method) == wanted for each in analysis.explanations)
    return view.method in dict(analysis.unavailable) or (tried and len(plan.items) > 1)
