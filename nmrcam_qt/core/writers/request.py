"""What a picture shows: everything that the drawing needs, and nothing else."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contour_levels import DEFAULT_COUNT, DEFAULT_RATIO, Levels
from nmrcam_qt.core.empty_map import EMPTY_MAP
from nmrcam_qt.core.heat_on_ink import lies_on_ink
from nmrcam_qt.core.methods import LOGIT, unit_of
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.results import Explanation, Prediction
from nmrcam_qt.core.spectrum import Image, SourceKind, Spectrum
from nmrcam_qt.core.writers.marks import NO_MARKS, Marks, marks_of
from nmrcam_qt.core.writers.signals import drawn_signals

if TYPE_CHECKING:  # priors are read where usual places are wanted
    from nmrcam_qt.core.usual_places import UsualPlaces

FORMATS = ("png", "svg", "pdf")
DEFAULT_SIZE_MM = (180.0, 130.0)
DEFAULT_DPI = 200
DEFAULT_COLORMAP, DEFAULT_OPACITY, DEFAULT_THRESHOLD = "plasma", 0.8, 0.1
"""What the window starts with, so that both write the same picture."""
HEAT_STYLES = ("image", "contours", "both")
"""The map as an image, as lines of equal heat, or both."""
SIGNAL_STYLES = ("contours", "image")
"""Instrument data with contours, or as an image."""
MIN_MM, MAX_MM = 80.0, 1000.0
MIN_DPI, MAX_DPI = 36, 1200
MAX_PICTURE_PIXELS = 120_000_000
MAX_LABEL = 64
LOGIT_UNITS = "logit units"


@dataclass(frozen=True, slots=True, eq=False)
class PictureRequest:
    """One picture to draw.

    Parameters
    ----------
    path : Path
        File to make or replace; its folder must exist.
    intensity : float32 ``(f1.size, f2.size)``
        Signed ink, -1..1.
    f1, f2 : Axis
        ¹³C and ¹H axes of `intensity`.
    title, subtitle : str
        Two lines above the picture. What cannot be printed becomes ``?``: matplotlib
        fails at a lone surrogate, and an SVG with a control character is no XML.
    warnings : tuple of str
        Lines below it, likewise.
    evidence : float32 ``(map_f1.size, map_f2.size)`` or None
        The map; None draws the spectrum alone.
    map_f1, map_f2 : Axis or None
        Cell centres of the map.
    threshold : float
        Heat below this share (0..1) of the map's maximum is not drawn.
    opacity : float
        Of the map, 0..1.
    colormap : str
        A matplotlib colour map.
    smooth : bool
        Draw the map bilinear in ppm between cell centres instead of as cells.
    heat_style : {"image", "contours", "both"}
        The map as an image, as lines of equal heat, or both.
    unit : str
        Of the map; stands at its colour bar.
    scale_top : float
        Where the colour scale ends that the map shares with others, in units of the map; 0, or
        what is less than the map's maximum, for a scale of its own.
    faint_ink : bool
        Draw the ink faintly where heat is painted: the map lies on the signals themselves
        (`nmrcam_qt.core.heat_on_ink`).
    class_colour : str
        ``#rrggbb``: the map in this colour instead of the colour map; empty for the latter.
    contour_base : float
        Height of the first contour of the spectrum, in units of `intensity`; 0 draws the
        spectrum as ink.
    contour_ratio : float
        Each contour over the one before.
    contour_levels : int
        Number of contours of each sign.
    marks : Marks
        Rings at peaks, which take the place of the ink, and outlines.
    format : {"png", "svg", "pdf"}
        Picture format.
    dpi : int
        Pixels per inch of a PNG and of the images inside SVG and PDF.
    width_mm, height_mm : float
        Outer size.

    Raises
    ------
    ValueError
        If shapes, sizes or the format do not fit.
    """

    path: Path
    intensity: Image
    f1: Axis
    f2: Axis
    title: str
    subtitle: str = ""
    warnings: tuple[str, ...] = ()
    evidence: Image | None = None
    map_f1: Axis | None = None
    map_f2: Axis | None = None
    threshold: float = DEFAULT_THRESHOLD
    opacity: float = DEFAULT_OPACITY
    colormap: str = DEFAULT_COLORMAP
    smooth: bool = False
    heat_style: str = HEAT_STYLES[0]
    unit: str = LOGIT_UNITS
    scale_top: float = 0.0
    faint_ink: bool = False
    class_colour: str = ""
    contour_base: float = 0.0
    contour_ratio: float = DEFAULT_RATIO
    contour_levels: int = DEFAULT_COUNT
    marks: Marks = NO_MARKS
    format: str = "png"
    dpi: int = DEFAULT_DPI
    width_mm: float = DEFAULT_SIZE_MM[0]
    height_mm: float = DEFAULT_SIZE_MM[1]

    def __post_init__(self) -> None:
        object.__setattr__(self, "title", one_line(self.title))
        object.__setattr__(self, "subtitle", one_line(self.subtitle))
        object.__setattr__(self, "unit", one_line(self.unit))
        object.__setattr__(self, "warnings", tuple(map(one_line, self.warnings)))
        _check_array("intensity", self.intensity, self.f1, self.f2)
        if self.evidence is not None:
            _check_array("evidence", self.evidence, self.map_f1, self.map_f2)
        _check_page(self.format, self.dpi, self.width_mm, self.height_mm)
        _check_shares(threshold=self.threshold, opacity=self.opacity)
        _check_style(self.heat_style)
        if not (math.isfinite(self.scale_top) and self.scale_top >= 0):
            raise ValueError(f"a colour scale cannot end at {self.scale_top:g}")
        if self.contour_base != 0:
            Levels(self.contour_base, self.contour_ratio, self.contour_levels)
        if self.class_colour and re.fullmatch("#[0-9a-fA-F]{6}", self.class_colour) is None:
            raise ValueError(f"the class colour {self.class_colour!r} is not #rrggbb")

    @property
    def top(self) -> float:
        """Where the colour scale ends, in units of the map; 0 for an empty map or none."""
        own = 0.0 if self.evidence is None else float(self.evidence.max(initial=0))
        return max(own, self.scale_top) if own > 0 else 0.0


def _check_style(heat_style: str) -> None:
    if heat_style not in HEAT_STYLES:
        raise ValueError(f"style {heat_style!r} of the map is not one of {', '.join(HEAT_STYLES)}")


def _check_shares(**shares: float) -> None:
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} {share:g} lies outside 0..1")


def _check_array(name: str, values: Image, f1: Axis | None, f2: Axis | None) -> None:
    if f1 is None or f2 is None or values.shape != (f1.size, f2.size):
        raise ValueError(f"{name} {values.shape} does not match its axes")


def _check_page(picture_format: str, dpi: int, width_mm: float, height_mm: float) -> None:
    """Refuse a format that is unknown and a page that would fill the memory."""
    if picture_format not in FORMATS:
        raise ValueError(f"picture format {picture_format!r} is not one of {', '.join(FORMATS)}")
    if not MIN_DPI <= dpi <= MAX_DPI:
        raise ValueError(f"{dpi} dpi lies outside {MIN_DPI}..{MAX_DPI}")
    for size in (width_mm, height_mm):
        if not (math.isfinite(size) and MIN_MM <= size <= MAX_MM):
            raise ValueError(f"a side of {size:g} mm lies outside {MIN_MM:g}..{MAX_MM:g} mm")
    if width_mm * height_mm * (dpi / 25.4) ** 2 > MAX_PICTURE_PIXELS:
        raise ValueError(f"{width_mm:g}×{height_mm:g} mm at {dpi} dpi is too large a picture")


@dataclass(frozen=True, slots=True)
class PageOptions:
    """How pictures are written: format, dpi, size in mm, and how the map is painted.

    `colormap` is a matplotlib colour map, given either way round; `class_colours` paints
    every map in the colour that the network's card gives to its class instead. Measured
    spectra (instrument data) are drawn with contours, the first of them at `contour_factor`
    times its default, or as an image where `signal_style` says so. `usual_places` outlines
    where the class usually has its signals; `common_scale` gives maps of one spectrum, method and
    network one colour scale.
    """

    format: str = "png"
    dpi: int = DEFAULT_DPI
    width_mm: float = DEFAULT_SIZE_MM[0]
    height_mm: float = DEFAULT_SIZE_MM[1]
    opacity: float = DEFAULT_OPACITY
    threshold: float = DEFAULT_THRESHOLD
    smooth: bool = False
    colormap: str = DEFAULT_COLORMAP
    heat_style: str = HEAT_STYLES[0]
    class_colours: bool = False
    signal_style: str = SIGNAL_STYLES[0]
    contour_factor: float = 1.0
    contour_ratio: float = DEFAULT_RATIO
    contour_levels: int = DEFAULT_COUNT
    usual_places: bool = False
    common_scale: bool = False

    def __post_init__(self) -> None:
        _check_page(self.format, self.dpi, self.width_mm, self.height_mm)
        _check_shares(threshold=self.threshold, opacity=self.opacity)
        _check_style(self.heat_style)
        if self.signal_style not in SIGNAL_STYLES:
            raise ValueError(
                f"style {self.signal_style!r} of the spectrum is not contours or image"
            )
        Levels(self.contour_factor, self.contour_ratio, self.contour_levels)


@dataclass(frozen=True, slots=True, eq=False)
class Added:
    """What a picture shows beside the spectrum and its map.

    `name` is the user's for the spectrum, empty for that of its file; `usual` outlines where the
    class usually has its signals, None for no outlines; `scale_top` is as in `PictureRequest`;
    `empty` what is said where the map is empty (`nmrcam_qt.core.empty_map`).
    """

    name: str = ""
    usual: UsualPlaces | None = None
    scale_top: float = 0.0
    empty: str = EMPTY_MAP


def picture_request(
    path: Path,
    spectrum: Spectrum,
    card: Card,
    prediction: Prediction,
    explanation: Explanation | None,
    page: PageOptions | None = None,
    added: Added | None = None,
) -> PictureRequest:
    """The picture of a spectrum with what a network says and where it looked.

    Parameters
    ----------
    path : Path
        File to make.
    spectrum : Spectrum
        The one the map lies on (of a pair: that of the map's input).
    card, prediction : Card, Prediction
        Of the network, and its scores.
    explanation : Explanation or None
        The map; None draws the spectrum with the top class in the title.
    page : PageOptions, optional
        Format and size.
    added : Added, optional
        The user's name for the spectrum, usual places, a scale that is shared.

    Returns
    -------
    PictureRequest
    """
    page, added = page or PageOptions(), added or Added()
    intensity, base = drawn_signals(spectrum, page)
    marks = marks_of(spectrum, added.usual)
    inked = base == 0 and marks.rings is None
    return PictureRequest(
        path=path,
        intensity=intensity,
        f1=spectrum.f1,
        f2=spectrum.f2,
        title=_title(added.name or _file_name(spectrum), card, prediction, explanation),
        subtitle=_subtitle(card, explanation),
        warnings=_warnings(spectrum, prediction, explanation, added.empty),
        evidence=None if explanation is None else explanation.evidence,
        map_f1=None if explanation is None else explanation.f1,
        map_f2=None if explanation is None else explanation.f2,
        threshold=page.threshold,
        opacity=page.opacity,
        colormap=page.colormap,
        smooth=page.smooth,
        heat_style=page.heat_style,
        unit=_unit(explanation),
        scale_top=added.scale_top,
        faint_ink=inked and _hides_heat(spectrum, intensity, explanation, page),
        class_colour=_class_colour(card, explanation, page),
        contour_base=base,
        contour_ratio=page.contour_ratio,
        contour_levels=page.contour_levels,
        marks=marks,
        **_sheet(page),
    )


def _sheet(page: PageOptions) -> dict[str, Any]:
    return {name: getattr(page, name) for name in ("format", "dpi", "width_mm", "height_mm")}


def _class_colour(card: Card, explanation: Explanation | None, page: PageOptions) -> str:
    """The colour of the class, where its map is to have it."""
    if explanation is None or not page.class_colours:
        return ""
    return card.class_spec(explanation.class_id).colour


def _hides_heat(
    spectrum: Spectrum, intensity: Image, explanation: Explanation | None, page: PageOptions
) -> bool:
    """Whether the image of a map lies on the ink that is drawn over it."""
    if explanation is None or page.heat_style == "contours":
        return False
    return lies_on_ink(explanation, intensity, spectrum.f1, spectrum.f2)


def _unit(explanation: Explanation | None) -> str:
    """What the heat of a map is measured in; not all methods give shares of the logit."""
    unit = LOGIT if explanation is None else unit_of(explanation.method)
    return LOGIT_UNITS if unit == LOGIT else unit


def printable(text: str, longest: int = MAX_LABEL) -> str:
    """Text for a title: one line, nothing unprintable, the middle left out where too long."""
    safe = text.encode("utf-8", "replace").decode("utf-8")
    line = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in safe)
    line = " ".join(line.split())
    if len(line) <= longest:
        return line
    head = (longest - 1) * 2 // 3
    return line[:head] + "…" + line[head + 1 - longest :]


def _file_name(spectrum: Spectrum) -> str:
    """Of the file, or where that says nothing the name that the reader found."""
    path = Path(spectrum.provenance.path)
    if nameless(path, spectrum.provenance.kind):
        return spectrum.name
    return path.name or spectrum.name


def nameless(path: Path, kind: SourceKind) -> bool:
    """Whether a file is called like those of all other measurements: ``ser``, ``2rr``, ``fid``."""
    return kind is SourceKind.INSTRUMENT and not path.suffix


def _title(name: str, card: Card, prediction: Prediction, explanation: Explanation | None) -> str:
    class_id = prediction.top if explanation is None else explanation.class_id
    title = printable(card.class_spec(class_id).title)
    return f"{printable(name)}  ·  {title}, score {score_text(prediction.score(class_id))}"


def _subtitle(card: Card, explanation: Explanation | None) -> str:
    parts = [f"network {card.id}"]
    if explanation is not None:
        parts += [explanation.method, f"layer {printable(explanation.layer)}"]
        if len(card.inputs) > 1:
            parts.append(f"input {printable(explanation.input_name)}")
    return "  ·  ".join(parts)


def _warnings(
    spectrum: Spectrum, prediction: Prediction, explanation: Explanation | None, empty: str
) -> tuple[str, ...]:
    said = [empty] if explanation is not None and explanation.empty else []
    warned = [clause.rstrip(".") for clause in prediction.sentences]
    said += [c for c in spectrum.provenance.assumed if not any(c in text for text in warned)]
    return tuple(dict.fromkeys([*said, *warned]))


def score_text(score: float) -> str:
    """A score as it is printed: no network is certain, so none reads 0.000 or 1.000."""
    if score < 0.0005:
        return "<0.001"
    if score >= 0.9995:
        return ">0.999"
    return f"{score:.3f}"
