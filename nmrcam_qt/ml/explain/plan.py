"""Which of the wanted methods a network has, and where their maps lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.ml.explain.compiled import Engine, Place
from nmrcam_qt.ml.explain.methods import EVIDENCE, require, require_on_input

Unavailable = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be computed.

    Parameters
    ----------
    places : tuple of Place
        Cells of the layers, for methods on feature maps.
    inputs : tuple of Place
        Samples of the inputs, for methods on the input itself.
    usable : tuple of str
        Methods, in the order in which they were asked for.
    unavailable : tuple of (method, reason)
        The others.
    """

    places: tuple[Place, ...]
    inputs: tuple[Place, ...]
    usable: tuple[str, ...]
    unavailable: Unavailable

    @property
    def by_gradient(self) -> tuple[str, ...]:
        """Methods that need feature maps and gradients of one pass, and no more."""
        return tuple(method for method in self.usable if method in EVIDENCE)

    @property
    def by_asking(self) -> tuple[str, ...]:
        """Methods that ask the network again."""
        return tuple(method for method in self.usable if method not in EVIDENCE)

    @property
    def needs_maps(self) -> bool:
        """Whether a method needs feature maps."""
        return any(not METHODS[method].on_input for method in self.usable)

    def places_of(self, method: str) -> tuple[Place, ...]:
        """Where the maps of a method lie."""
        return self.inputs if METHODS[method].on_input else self.places


def make_plan(own: Engine, methods: Sequence[str], layer: str | None) -> Plan:
    """Places, the methods that can be had there, and the others with the reason.

    Parameters
    ----------
    own : Engine
        Of the network.
    methods : sequence of str
        Ids from `nmrcam_qt.core.methods.METHODS`.
    layer : str or None
        Where; None for the default layer of every input.

    Raises
    ------
    NetworkError
        If there is no such layer.
    """
    places: tuple[Place, ...] = ()
    nowhere = ""
    try:
        places = own.places(layer)
    except MethodError as error:
        nowhere = str(error)
    usable, reasons = [], []
    for method in methods:
        try:
            if METHODS[method].on_input:
                require_on_input(method, own.model)
            elif nowhere:
                raise MethodError(nowhere)
            for place in places if not METHODS[method].on_input else ():
                require(method, own.graph, place.output)
            usable.append(method)
        except MethodError as error:
            reasons.append((method, str(error)))
    seen = own.input_places(places if layer is not None else ())
    return Plan(places, seen, tuple(usable), tuple(reasons))
