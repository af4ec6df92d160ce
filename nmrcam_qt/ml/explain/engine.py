"""Explanations of one network: what can share one forward pass shares it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image, freeze
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.asking import Asking
from nmrcam_qt.ml.explain.compiled import Engine, Place, engine
from nmrcam_qt.ml.explain.even import even_evidence
from nmrcam_qt.ml.explain.methods import EVIDENCE, require_known
from nmrcam_qt.ml.explain.passes import TOP, Passed
from nmrcam_qt.ml.explain.plan import Plan, Unavailable, make_plan
from nmrcam_qt.ml.network import Network

__all__ = ["Engine", "Explained", "Place", "check_examples", "engine", "explain", "explain_batch"]


@dataclass(frozen=True, slots=True)
class Explained:
    """What `explain_batch` gives for n examples.

    Parameters
    ----------
    logits : float64 ``(n, n_classes)``
        From the same forward pass.
    explanations : tuple of length n of tuple of Explanation
        By class, then method, then input.
    unavailable : tuple of (method, reason)
        Methods that this network does not have at this layer.
    """

    logits: NDArray[np.float64]
    explanations: tuple[tuple[Explanation, ...], ...]
    unavailable: Unavailable


def explain(
    network: Network,
    examples: Sequence[Image],
    methods: Sequence[str],
    classes: str | Sequence[str],
    layer: str | None = None,
) -> tuple[list[Explanation], list[tuple[str, str]]]:
    """Explain one example.

    Parameters
    ----------
    network : Network
        What is explained.
    examples : sequence of float32 ``(H, W, C)``
        One array per input, in the card's order.
    methods : sequence of str
        Ids from `nmrcam_qt.core.methods.METHODS`.
    classes : "all", "top" or sequence of str
        Class ids.
    layer : str or None
        Where; None for the default layer of every input.

    Returns
    -------
    list of Explanation, list of (method, reason)

    Raises
    ------
    NetworkError, CardError, MethodError
        If there is no such layer, class or method, or the shapes do not fit.
    """
    wanted = classes if isinstance(classes, str) else [classes]
    done = explain_batch(network, [x[np.newaxis] for x in examples], methods, wanted, layer)
    return list(done.explanations[0]), list(done.unavailable)


def explain_batch(
    network: Network,
    examples: Sequence[Image],
    methods: Sequence[str],
    classes: str | Sequence[Sequence[str]],
    layer: str | None = None,
    progress: Progress = SILENT,
) -> Explained:
    """Explain n examples: one forward pass and one gradient for all that needs no more.

    Parameters
    ----------
    network : Network
        What is explained.
    examples : sequence of float32 ``(n, H, W, C)``
        One array per input, in the card's order.
    methods : sequence of str
        Ids from `nmrcam_qt.core.methods.METHODS`.
    classes : "all", "top" or sequence of n sequences of str
        Class ids, for each example its own.
    layer : str or None
        Where; None for the default layer of every input. Methods on the input itself make
        maps of the inputs that the layer sees.
    progress : Progress
        Told of the parts of methods that take long.

    Returns
    -------
    Explained

    Raises
    ------
    NetworkError, CardError, MethodError
        If there is no such layer, class or method, or the shapes do not fit.
    Cancelled
        By `progress`.
    """
    own = engine(network)
    check_examples(own.card, examples)
    chosen, counts = _chosen(own, classes, len(examples[0]))
    for method in methods:
        require_known(method)
    plan = make_plan(own, methods, layer)
    if not plan.usable or not chosen.size:
        empty: tuple[tuple[Explanation, ...], ...] = ((),) * len(examples[0])
        return Explained(_logits(own, examples), empty, plan.unavailable)
    passed = _passed(own, plan, examples, chosen)
    asking = Asking(own, plan, examples, progress)
    maps: list[tuple[Explanation, ...]] = []
    for part in passed:
        for row in range(len(part.logits)):
            maps.append(_explanations(own, part, row, counts[len(maps)], plan, asking, len(maps)))
    return Explained(
        np.concatenate([part.logits for part in passed]), tuple(maps), plan.unavailable
    )


def _passed(
    own: Engine, plan: Plan, examples: Sequence[Image], chosen: NDArray[np.int32]
) -> list[Passed]:
    """Logits and classes of all examples, with feature maps where a method needs them."""
    if plan.needs_maps:
        return own.run(examples, chosen, plan.places)
    logits = own.logits(examples)
    top = logits.argmax(axis=1).astype(np.int32)[:, np.newaxis]
    return [Passed(logits, np.where(chosen == TOP, top, chosen), (), ())]


def _explanations(
    own: Engine,
    part: Passed,
    row: int,
    count: int,
    plan: Plan,
    asking: Asking,
    number: int,
) -> tuple[Explanation, ...]:
    """All maps of one example: by class, then method, then input."""
    if not count:
        return ()
    # One example at a time keeps its arrays in the processor's cache.
    computed: dict[tuple[str, int], Array] = {}
    for place in range(len(plan.places)) if plan.by_gradient else ():
        maps, gradients = part.maps[place][row], part.gradients[place][row, :count]
        made = _by_gradient(plan.by_gradient, maps, gradients, part.even)
        computed |= {(method, place): values for method, values in made.items()}
    if plan.by_asking:
        maps_here = [maps[row] for maps in part.maps]
        computed |= asking.computed(number, part.chosen[row, :count], maps_here)
    kept: dict[tuple[int, bool], list[Image]] = {}
    images: dict[tuple[str, int], list[Image]] = {}
    for (method, place), values in computed.items():
        turned = plan.places_of(method)[place].spec.rows != "f1"
        same = id(values), turned
        if same not in kept:  # methods with the same evidence share its copies
            kept[same] = _kept(own, method, values, turned)
        images[method, place] = kept[same]
    return tuple(
        _explanation(own, place, method, part.chosen[row, k], images[method, n][k])
        for k in range(count)
        for method in plan.usable
        for n, place in enumerate(plan.places_of(method))
    )


def _by_gradient(
    methods: Sequence[str], maps: Array, gradients: Array, even: bool
) -> dict[str, Array]:
    """Evidence ``(n_classes, h, w)`` of the methods that need no more than these."""
    with np.errstate(over="ignore", invalid="ignore"):  # checked in _kept
        found = even_evidence(methods, maps, gradients[:, 0, 0]) if even else {}
        return found | {m: EVIDENCE[m](maps, gradients) for m in methods if m not in found}


def _kept(own: Engine, method: str, evidence: Array, turned: bool) -> list[Image]:
    """The map of every class, rows = F1, read-only and with memory of its own."""
    made = []
    for values in evidence.transpose(0, 2, 1) if turned else evidence:
        with np.errstate(over="ignore"):
            each = np.array(values, dtype=np.float32, order="C")
        if not np.isfinite(each).all():
            raise NetworkError(
                f"{own.card.id}: the network gives {method} maps that are not finite"
            )
        freeze(each)
        made.append(each)
    return made


def _explanation(
    own: Engine, place: Place, method: str, class_number: int, evidence: Image
) -> Explanation:
    return Explanation(
        evidence=evidence,
        f1=place.f1,
        f2=place.f2,
        input_name=place.spec.name,
        class_id=own.card.class_ids[class_number],
        method=method,
        layer=place.layer,
        network=own.card.id,
        network_sha256=own.sha256,
    )


def _chosen(
    own: Engine, classes: str | Sequence[Sequence[str]], n: int
) -> tuple[NDArray[np.int32], list[int]]:
    """Class numbers ``(n, s)``, padded with class 0, and how many count for each example."""
    ids = own.card.class_ids
    if classes == "top":
        return np.full((n, 1), TOP, dtype=np.int32), [1] * n
    if classes == "all":
        return np.tile(np.arange(len(ids), dtype=np.int32), (n, 1)), [len(ids)] * n
    if isinstance(classes, str) or len(classes) != n:
        raise NetworkError(f"classes {classes!r}: expected all, top, or one list for each example")
    for own_ids in classes:
        for class_id in own_ids:
            own.card.class_spec(class_id)
    counts = [len(own_ids) for own_ids in classes]
    chosen = np.zeros((n, max(counts, default=0)), dtype=np.int32)
    for row, own_ids in enumerate(classes):
        chosen[row, : len(own_ids)] = [ids.index(class_id) for class_id in own_ids]
    return chosen, counts


def check_examples(card: Card, examples: Sequence[Image]) -> None:
    """Refuse what is not one batch per input, all of one length, of the card's shapes.

    Raises
    ------
    NetworkError
        Which says what was given and what is expected.
    """
    if len(examples) != len(card.inputs):
        raise NetworkError(f"{card.id}: {len(examples)} inputs given; expected {len(card.inputs)}")
    for x, spec in zip(examples, card.inputs, strict=True):
        if x.shape[1:] != spec.shape or len(x) != len(examples[0]):
            raise NetworkError(
                f"{card.id}: input {spec.name} has shape {x.shape}; "
                f"expected {(len(examples[0]), *spec.shape)}"
            )


def _logits(own: Engine, examples: Sequence[Image]) -> NDArray[np.float64]:
    if not len(examples[0]):
        return np.zeros((0, len(own.card.classes)))
    return own.logits(examples)
