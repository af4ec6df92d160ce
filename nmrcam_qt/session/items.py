"""What a session holds: items, keys of analyses, problems, view settings."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from nmrcam_qt.core.results import Prediction
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.packing import PackedSpectrum

AUTO = "auto"
DEFAULT_METHOD = "hirescam"


class ItemState(enum.StrEnum):
    """How far an item is."""

    NEW = "not analysed"
    WAITING = "waiting"
    ANALYSED = "analysed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, eq=False)
class SessionItem:
    """One spectrum of the session.

    Parameters
    ----------
    id : int
        Unique within the session, never used again.
    packed : PackedSpectrum
        The spectrum.
    state : ItemState
        How far it is.
    prediction : Prediction or None
        The latest scores, of whichever network.
    error : str
        Why the latest analysis failed; one sentence.
    """

    id: int
    packed: PackedSpectrum
    state: ItemState = ItemState.NEW
    prediction: Prediction | None = None
    error: str = ""

    @property
    def name(self) -> str:
        """What the sidebar shows."""
        return self.packed.name

    @property
    def path(self) -> str:
        """The file as the user named it."""
        return self.packed.provenance.path

    @property
    def experiment(self) -> Experiment | None:
        """HSQC, HMBC, or None where nobody knows."""
        return self.packed.experiment


@dataclass(frozen=True, slots=True)
class AnalysisKey:
    """Which analysis: network, items in the order of its inputs, layer of the maps.

    A layer of None means the network's default, for two inputs that of each of them.
    """

    network: str
    items: tuple[int, ...]
    layer: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that went wrong and left everything else working."""

    text: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """What the user chose to see.

    Parameters
    ----------
    network : str
        Network id or "auto".
    method : str
        Id of the explanation method.
    layer : str or None
        None for the network's default.
    class_id : str or None
        None for *Original*: no map.
    opacity : float
        0..1, of the map.
    threshold : float
        0..1 of the map's maximum; less heat is not painted.
    colour_map : str
        Name of a perceptual colour map.
    smooth : bool
        Whether the map is drawn bilinear between cell centres, or as cells.
    heat_style : str
        One of `HEAT_STYLES`: the map as an image, as contours of heat, or both.
    class_colours : bool
        Whether the map has the class's own colour instead of `colour_map`.
    layout : str
        One of `LAYOUTS`: one pane, or linked panes side by side.
    """

    network: str = AUTO
    method: str = DEFAULT_METHOD
    layer: str | None = None
    class_id: str | None = None
    opacity: float = 0.8
    threshold: float = 0.1
    colour_map: str = "plasma"
    smooth: bool = True
    heat_style: str = "image"
    class_colours: bool = False
    layout: str = "single"


HEAT_STYLES = ("image", "contours", "both")
LAYOUTS = ("single", "classes", "methods", "layers", "sample")
"""One pane; one per class, method or layer; the HSQC and HMBC of a sample."""
NAVIGATION = ("class_id", "method", "layout")
"""View settings that say where the user looks: kept, but not on the undo stack."""
