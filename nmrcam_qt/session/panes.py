"""Which linked panes the window shows: by class, method, layer, or the spectra of a sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.results import Prediction
from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.items import AUTO, SessionItem, ViewSettings
from nmrcam_qt.session.method_choice import method_title
from nmrcam_qt.session.plan import Plan, choose_network, partner_of
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, has_maps, heading_of, resolve_for, resolve_plan

MAX_PANES = 12
"""More are too small to be read; the best scores are shown."""
FEW_CLASSES = 5
"""Classes that are shown of a network with too many, unless more than these are present."""
LAYOUT_TITLES = {
    "single": "One",
    "classes": "Every class",
    "methods": "Every method",
    "layers": "Every layer",
    "sample": "HSQC and HMBC of the sample",
}
"""What the layouts of `ViewSettings.layout` are called."""
COMPARED = "compared"
"""The layout of the window that compares methods and classes; no `ViewSettings.layout`."""
NOTHING_OPEN = "No spectrum is open."
NO_CLASS = "Choose a class first (keys 1–9): without one there is no map to compare."
NO_NETWORK = "No network can look at this spectrum."
NOT_ANALYSED = "Analyse the spectrum first (A)."
NO_PARTNER = "No other spectrum of this sample is open."


def resolve_panes(session: Session, cards: Sequence[Card]) -> tuple[Shown, ...]:
    """Find what every pane shows under the session's layout.

    Where the layout has nothing to compare (no class chosen, nothing analysed, no other
    spectrum of the sample) there is one pane, as in the layout "single".

    Parameters
    ----------
    session : Session
        Items, results, view settings.
    cards : sequence of Card
        The installed networks.

    Returns
    -------
    tuple of Shown
        At least one, at most `MAX_PANES`.
    """
    item, view = session.current, session.view
    own = resolve_for(session, cards, item, view)
    reason = layout_reason(session, own, view.layout)
    if item is None or reason or view.layout == "single":
        # Where the spectrum has nothing to say itself, it says why it is alone.
        return (replace(own, message=own.message or ("" if item is None else reason)),)
    if view.layout == "sample":
        return _of_sample(session, cards, item)
    plan = own.plan
    if plan is None:
        return (own,)
    return tuple(
        resolve_plan(session, item, replace(plan, layer=_layer(plan.card, changed)), changed)
        for changed in _views(own, view)
    )


def active_pane(session: Session, panes: Sequence[Shown]) -> int:
    """Index of the pane whose spectrum, class, method and layer are the session's."""
    view, current = session.view, session.current
    for index, pane in enumerate(panes):
        same_item = pane.item is not None and current is not None and pane.item.id == current.id
        if same_item and _same_choice(pane, view):
            return index
    return 0


def layout_reason(session: Session, shown: Shown, layout: str) -> str:
    """Why a layout has nothing to compare for what is shown; empty where it has.

    Parameters
    ----------
    session : Session
        For the other spectra of the sample.
    shown : Shown
        The present spectrum in one pane.
    layout : str
        One of `nmrcam_qt.session.items.LAYOUTS`.
    """
    if layout == "single":
        return ""
    if shown.item is None:
        return NOTHING_OPEN
    if layout == "sample":
        return "" if len(sample_items(session, shown.item)) > 1 else NO_PARTNER
    if shown.plan is None:
        return shown.refusal or NO_NETWORK
    if layout != "classes" and shown.view.class_id is None:
        return NO_CLASS
    # Layers can be analysed one by one; which methods there are only an analysis tells.
    return NOT_ANALYSED if layout != "layers" and shown.analysis is None else ""


def pane_heading(pane: Shown, layout: str) -> str:
    """What is special about one of several panes: class and score, method, layer, experiment."""
    if pane.item is None:
        return ""
    own = _class_and_score(pane)
    method = method_title(pane.view.method)
    special = {
        "classes": own or "Original",
        "methods": method,
        COMPARED: f"{method}  ·  {own}",
        "layers": _layer_title(pane),
    }
    if layout in special:
        return special[layout]
    label = pane.item.experiment.label if pane.item.experiment else "HSQC or HMBC?"
    parts = [label, pane.item.name]
    if pane.explanation is not None:
        parts.append(own)
    return "  ·  ".join(parts)


def _layer_title(pane: Shown) -> str:
    card = pane.plan.card if pane.plan is not None else None
    if pane.view.layer is None and card is not None:
        return f"{card.default_layer} (default)"
    return pane.view.layer or "default"


def common_heading(panes: Sequence[Shown], layout: str) -> str:
    """What all of several panes have in common; with one pane all there is to say."""
    first = panes[0]
    if len(panes) == 1 or first.item is None:
        return heading_of(first)
    method = method_title(first.view.method)
    label = first.item.experiment.label if first.item.experiment else "HSQC or HMBC?"
    parts = [first.item.name, label]
    layers = {p.explanation.layer for p in panes if p.explanation is not None}
    where = f" at {layers.pop()}" if len(layers) == 1 else ""
    if layout == COMPARED:
        return "  ·  ".join([*parts, where.removeprefix(" ")] if where else parts)
    if layout == "sample":
        return "  ·  ".join(["Spectra of one sample", f"{method}{where}"])
    if layout == "classes":
        return "  ·  ".join([*parts, f"{method}{where}"])
    scored = next((p for p in panes if p.analysis is not None), first)
    parts.append(_class_and_score(scored))
    parts.append(where.removeprefix(" ") if layout == "methods" else method)
    return "  ·  ".join(part for part in parts if part)


def _class_and_score(pane: Shown) -> str:
    """For example "Indole 0.981"; without the score where nobody has measured it."""
    class_id, card = pane.view.class_id, pane.plan.card if pane.plan is not None else None
    if class_id is None or card is None or class_id not in card.class_ids:
        return ""
    title = card.class_spec(class_id).title
    prediction = pane.analysis.prediction if pane.analysis is not None else None
    if prediction is None or class_id not in prediction.classes:
        return title
    return f"{title} {score_text(prediction.score(class_id))}"


def sample_items(session: Session, item: SessionItem) -> list[SessionItem]:
    """The spectra of an item's sample, HSQC first; at least the item itself."""
    partner = partner_of(session, item)
    found = {item.id: item}
    if partner is not None:
        found[partner.id] = partner
    for member in _members(session, item):
        found[member.id] = member
    order = sorted(found.values(), key=lambda one: (_rank(one), session.row(one.id) or 0))
    return order[:MAX_PANES]


def _members(session: Session, item: SessionItem) -> list[SessionItem]:
    """Spectra of the same sample as grouped by the user or by name."""
    if item.sample is None:
        return []
    found = (session.find(member) for member in session.members(item.sample))
    return [member for member in found if member is not None]


def _rank(item: SessionItem) -> str:
    """HSQC before HMBC before unknown ones."""
    return {"HSQC": "0", "HMBC": "1"}.get(item.experiment.label if item.experiment else "", "2")


def _of_sample(session: Session, cards: Sequence[Card], item: SessionItem) -> tuple[Shown, ...]:
    """Every spectrum of the sample; under its own network where the chosen one is not for it."""
    return tuple(_of_member(session, cards, one) for one in sample_items(session, item))


def _of_member(session: Session, cards: Sequence[Card], item: SessionItem) -> Shown:
    shown = resolve_for(session, cards, item, session.view)
    experiment = item.experiment
    if shown.plan is None or experiment is None or experiment in shown.plan.card.experiments:
        return shown
    try:
        card = choose_network(AUTO, item, cards)
    except NetworkError:
        return shown
    if len(card.inputs) > 1:
        return shown
    layer = _layer(card, session.view)
    return resolve_plan(session, item, Plan(card, (item.id,), layer), session.view)


def _views(own: Shown, view: ViewSettings) -> list[ViewSettings]:
    """Settings of every pane, in order; the chosen one is always among them."""
    card = own.plan.card if own.plan is not None else None
    if card is None:
        return [view]
    if view.layout == "classes":
        return [replace(view, class_id=class_id) for class_id in _classes(own, card)]
    if view.layout == "methods":
        there = [m for m in METHODS if m == view.method or has_maps(own, m)]
        return [replace(view, method=method) for method in there[:MAX_PANES]]
    return [replace(view, layer=layer) for layer in _layers(own, card)]


def _classes(own: Shown, card: Card) -> list[str | None]:
    """*Original* and the classes; of too many those that are present, and the next best."""
    kept = list(card.class_ids)
    if len(kept) > MAX_PANES - 1 and own.analysis is not None:
        prediction = own.analysis.prediction
        best = sorted(kept, key=lambda c: _unlikely(prediction, c))
        chosen = [own.view.class_id] if own.view.class_id in kept else []
        first = list(dict.fromkeys([*chosen, *best]))
        # Small panes hide the maps: nobody needs one for each class that is not there.
        said = len(set(chosen).union(prediction.present))
        wanted = set(first[: min(max(said, FEW_CLASSES), MAX_PANES - 1)])
        kept = [class_id for class_id in kept if class_id in wanted]
    return [None, *kept[: MAX_PANES - 1]]


def _unlikely(prediction: Prediction, class_id: str) -> tuple[bool, float]:
    """Sorts the classes that are present first, each group by its scores."""
    known = class_id in prediction.classes
    return class_id not in prediction.present, -prediction.score(class_id) if known else 0.0


def _layers(own: Shown, card: Card) -> list[str | None]:
    """Layers from the input to the head; for a pair those of this spectrum's input."""
    names = list(card.layers)
    if len(card.inputs) > 1 and own.item is not None:
        # Only the names tell: the graph of a network is not known here.
        others = tuple(
            f"{spec.name}{mark}"
            for spec in card.inputs
            if spec.experiment is not own.item.experiment
            for mark in "_-"
        )
        names = [name for name in names if not name.startswith(others)] or names
    names = names[-MAX_PANES:]
    return [None if _is_default(card, name) else name for name in names]


def _is_default(card: Card, layer: str | None) -> bool:
    """Whether the default of a network of one input; a pair has a default for every input."""
    return layer == card.default_layer and len(card.inputs) == 1


def _layer(card: Card, view: ViewSettings) -> str | None:
    return view.layer if view.layer in card.layers else None


def _same_choice(pane: Shown, view: ViewSettings) -> bool:
    """Whether a pane has the session's class, method and layer (the default has two names)."""
    card = pane.plan.card if pane.plan is not None else None
    layers = {
        None if card is not None and _is_default(card, layer) else layer
        for layer in (pane.view.layer, view.layer)
    }
    same = (pane.view.class_id, pane.view.method) == (view.class_id, view.method)
    return same and len(layers) == 1
