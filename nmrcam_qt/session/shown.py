"""What the window shows for the present item: plan, scores, map, or a sentence why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.items import ItemState, SessionItem
from nmrcam_qt.session.plan import Plan, find_map, make_plan
from nmrcam_qt.session.session import Session


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
    """

    item: SessionItem | None = None
    plan: Plan | None = None
    refusal: str = ""
    analysis: Analysis | None = None
    explanation: Explanation | None = None
    message: str = ""


def resolve(session: Session, cards: Sequence[Card]) -> Shown:
    """Find what the window shows under the session's view settings.

    Parameters
    ----------
    session : Session
        Items, results, view settings.
    cards : sequence of Card
        The installed networks.
    """
    item = session.current
    if item is None:
        return Shown(refusal="No spectrum is open.")
    try:
        plan = make_plan(session, item, cards)
    except NetworkError as error:
        return Shown(item, refusal=str(error), message=_without_plan(session, str(error)))
    analysis = session.analysis(plan.key)
    class_id = session.view.class_id
    if class_id is None:
        return Shown(item, plan, analysis=analysis)
    if analysis is None:
        return Shown(item, plan, message=_not_analysed(item, plan))
    if class_id not in plan.card.class_ids:
        text = f"{plan.card.title} has no class {class_id.replace('_', ' ')}."
        return Shown(item, plan, analysis=analysis, message=text)
    found = find_map(analysis, plan.card, item, class_id, session.view.method)
    if found is None:
        message = _no_map(analysis, plan, session.view.method)
    else:
        message = _not_said(analysis, plan, found)
    return Shown(item, plan, analysis=analysis, explanation=found, message=message)


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


def method_reason(shown: Shown, method: str) -> str:
    """Why a method gives no map here; empty where it does or nobody knows yet."""
    if shown.analysis is None:
        return ""
    return dict(shown.analysis.unavailable).get(method, "")


def _not_said(analysis: Analysis, plan: Plan, found: Explanation) -> str:
    """Every map fills its colours; that of a class that is not there must not convince."""
    if found.empty or found.class_id in analysis.prediction.present:
        return ""
    title = plan.card.class_spec(found.class_id).title
    return f"The network does not say {title}: the map shows what little speaks for it."


def _without_plan(session: Session, refusal: str) -> str:
    return refusal if session.view.class_id is not None else ""


def _not_analysed(item: SessionItem, plan: Plan) -> str:
    if item.state is ItemState.WAITING:
        return "Analysis is under way …"
    if item.state is ItemState.FAILED:
        return f"The analysis failed: {item.error}"
    where = f" at layer {plan.layer}" if plan.layer else ""
    return f"Not analysed with {plan.card.title}{where} yet: press Analyse (A)."


def _no_map(analysis: Analysis, plan: Plan, method: str) -> str:
    info = METHODS.get(method)
    title = info.title if info is not None else method
    reason = dict(analysis.unavailable).get(method)
    if reason is not None:
        return f"{title} is not available here: {reason}"
    if analysis.explanations and len(plan.items) > 1:
        return "At this layer the map lies on the other spectrum of the pair."
    if analysis.explanations:
        return f"No {title} map was made: press Analyse (A)."
    return "The maps of this spectrum were dropped to save memory: press Analyse (A)."
