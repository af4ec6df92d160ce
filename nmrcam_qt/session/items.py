"""What a session holds: items, keys of analyses, problems, view settings."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nmrcam_qt.core.contour_levels import DEFAULT_COUNT, DEFAULT_RATIO
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.results import Prediction
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.shifts import picked_or_none

if TYPE_CHECKING:  # records are made of the keys and settings below
    from nmrcam_qt.session.records import Flag, SpectrumRecord

AUTO = "auto"
DEFAULT_METHOD = "hirescam"


class ItemState(enum.StrEnum):
    """How far an item is."""

    NEW = "not analysed"
    WAITING = "waiting"
    ANALYSED = "analysed"
    FAILED = "failed"


class SourceState(enum.StrEnum):
    """Whether the file that a spectrum came from is still what it was."""

    UNCHECKED = "not checked"
    PRESENT = "present"
    MISSING = "missing"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True, eq=False)
class SessionItem:
    """One spectrum of the session: what is kept of it, and how far it is.

    Parameters
    ----------
    record : SpectrumRecord
        What the project keeps.
    state : ItemState
        How far it is.
    prediction : Prediction or None
        Scores of the newest valid result, of whichever network.
    error : str
        Why the latest analysis failed; one sentence.
    source : SourceState
        Whether the file is still what it was; not kept.
    stale : bool
        Whether `prediction` was made by another version of the network than the
        installed one.
    several : bool
        Whether other networks have valid results beside `prediction`.
    """

    record: SpectrumRecord
    state: ItemState = ItemState.NEW
    prediction: Prediction | None = None
    error: str = ""
    source: SourceState = SourceState.UNCHECKED
    stale: bool = False
    several: bool = False

    @property
    def id(self) -> int:
        """Unique within the project, never used again."""
        return self.record.id

    @property
    def packed(self) -> PackedSpectrum:
        """The spectrum."""
        return self.record.packed

    @property
    def picked(self) -> PickedPeaks | None:
        """Picked peaks at the *user's* shifts (on the axes of `packed`), loaded when needed.

        None where nobody picked any, and where the project cannot give them (`Session.picked`
        also says why).
        """
        return picked_or_none(self.record.picked, self.record.packed.reference)

    @property
    def name(self) -> str:
        """What the sidebar shows: the user's title, else the name of the file."""
        return self.record.name

    @property
    def path(self) -> str:
        """The file as the user named it."""
        return self.record.packed.provenance.path

    @property
    def experiment(self) -> Experiment | None:
        """HSQC, HMBC, or None where nobody knows."""
        return self.record.packed.experiment

    @property
    def tags(self) -> tuple[str, ...]:
        """The user's tags, sorted."""
        return self.record.tags

    @property
    def note(self) -> str:
        """The user's text."""
        return self.record.note

    @property
    def flag(self) -> Flag:
        """The user's mark."""
        return self.record.flag

    @property
    def sample(self) -> int | None:
        """Id of its sample; None for a spectrum on its own."""
        return self.record.sample


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
        One of `core.writers.request.HEAT_STYLES`: the map as an image, as contours of heat,
        or both.
    class_colours : bool
        Whether the map has the class's own colour instead of `colour_map`.
    layout : str
        One of `LAYOUTS`: one pane, or linked panes side by side.
    signal_style : str
        One of `core.writers.request.SIGNAL_STYLES`: how instrument data are drawn.
    contour_ratio : float
        Each contour level over the one before; above 1.
    contour_levels : int
        Number of contour levels of each sign.
    projections : bool
        Whether skyline projections stand above and beside the spectrum.
    traces : bool
        Whether the row and column under the cursor are drawn as 1D traces.
    overlays : tuple of int
        Ids of spectra that are drawn over the present one.
    difference : bool
        Whether the first of `overlays` is subtracted instead of drawn.
    difference_fitted : bool
        Whether it is scaled to the common signal before; otherwise it is taken as it is.
    show_peaks : bool
        Whether picked peaks are marked.
    show_masks : bool
        Whether the regions of solvent and reference are greyed.
    network_view : bool
        Whether the ink that the network sees is shown instead of the spectrum.
    usual_places : bool
        Whether lines show where the class usually has its signals (its prior).
    contributions : bool
        Whether the table of peaks has the columns of what each contributes to the class.
    peak_marks : str
        One of `PEAK_MARKS`: plain marks, ranks by contribution, or the class each speaks for.
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
    signal_style: str = "contours"
    contour_ratio: float = DEFAULT_RATIO
    contour_levels: int = DEFAULT_COUNT
    projections: bool = False
    traces: bool = False
    overlays: tuple[int, ...] = ()
    difference: bool = False
    difference_fitted: bool = True
    show_peaks: bool = True
    show_masks: bool = True
    network_view: bool = False
    usual_places: bool = False
    contributions: bool = False
    peak_marks: str = "plain"


MOST_OVERLAYS = 50
LAYOUTS = ("single", "classes", "methods", "layers", "sample")
"""One pane; one per class, method or layer; the HSQC and HMBC of a sample."""
PEAK_MARKS = ("plain", "ranks", "classes")
NAVIGATION = (
    "class_id",
    "method",
    "layout",
    "signal_style",
    "projections",
    "traces",
    "overlays",
    "difference",
    "difference_fitted",
    "show_peaks",
    "show_masks",
    "network_view",
    "usual_places",
    "contributions",
    "peak_marks",
)
"""View settings that say where the user looks: kept, but not on the undo stack."""
