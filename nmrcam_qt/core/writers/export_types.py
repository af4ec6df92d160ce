"""What goes into an export and what it leaves: settings, analysed spectra, records."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nmrcam_qt import __version__
from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.class_words import CLASS_WORDS, TOP
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.writers.contribution_table import SUFFIXES
from nmrcam_qt.core.writers.naming import DEFAULT_TEMPLATE, NamingTemplate
from nmrcam_qt.core.writers.request import PageOptions, PictureRequest
from nmrcam_qt.core.writers.server import picture_frame

if TYPE_CHECKING:  # who only reads settings need not know how peaks are painted
    from nmrcam_qt.core.contributing import PaintEngine
    from nmrcam_qt.core.contributions import PeakPlaces

DEFAULT_METHOD = "hirescam"
CONTRIBUTION_FORMATS = tuple(suffix.removeprefix(".") for suffix in SUFFIXES)
"""Tables of what the peaks contribute."""


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What is exported of every spectrum, and how.

    Parameters
    ----------
    methods : tuple of str
        Ids of explanation methods, at least one.
    classes : str or tuple of str
        "all", "present" (those that the network says are there), "top", or class ids.
    page : PageOptions
        Format, dpi, size in mm, colours.
    template : NamingTemplate
        Names of the files.
    network : str
        Network id or "auto".
    layer : str or None
        None for the card's default.
    table, report : bool
        Whether to write the tables of scores and the HTML report.
    contributions : str
        One of `CONTRIBUTION_FORMATS`: beside the pictures of every spectrum a table of what its
        peaks contribute to the same classes; empty for none.

    Raises
    ------
    ValueError
        If there is no method or no class, or one of them or the table is unknown.
    """

    methods: tuple[str, ...] = (DEFAULT_METHOD,)
    classes: str | tuple[str, ...] = TOP
    page: PageOptions = field(default_factory=PageOptions)
    template: NamingTemplate = field(default_factory=lambda: NamingTemplate(DEFAULT_TEMPLATE))
    network: str = "auto"
    layer: str | None = None
    table: bool = True
    report: bool = True
    contributions: str = ""

    def __post_init__(self) -> None:
        unknown = [m for m in self.methods if m not in METHODS]
        if unknown or not self.methods:
            known = ", ".join(METHODS)
            said = f"no method {unknown[0]!r}" if unknown else "no method is chosen"
            raise ValueError(f"{said}; expected some of {known}")
        if not self.classes or (isinstance(self.classes, str) and self.classes not in CLASS_WORDS):
            raise ValueError(
                f"{self.classes or 'nothing'!r} names no classes; expected "
                f"{', '.join(CLASS_WORDS)} or class ids"
            )
        if self.contributions and self.contributions not in CONTRIBUTION_FORMATS:
            raise ValueError(
                f"no table of contributions is {self.contributions!r}; expected "
                f"{' or '.join(CONTRIBUTION_FORMATS)}"
            )

    def chosen(self, prediction: Prediction) -> tuple[str, ...]:
        """Ids of the classes that are exported of a spectrum, in the network's order."""
        return prediction.chosen(self.classes)

    def wants(self, analysis: Analysis, explanation: Explanation) -> bool:
        """Whether this map is to be drawn."""
        if explanation.method not in self.methods:
            return False
        return explanation.class_id in self.chosen(analysis.prediction)

    def to_json(self) -> dict[str, Any]:
        """For the manifest."""
        page = self.page
        return {
            "network": self.network,
            "methods": list(self.methods),
            "classes": self.classes if isinstance(self.classes, str) else list(self.classes),
            "layer": self.layer,
            "template": self.template.text,
            "format": page.format,
            "dpi": page.dpi,
            "width_mm": page.width_mm,
            "height_mm": page.height_mm,
            "colormap": page.colormap.removesuffix("_r"),
            "opacity": page.opacity,
            "threshold": page.threshold,
            "smooth": page.smooth,
            "heat_style": page.heat_style,
            "class_colours": page.class_colours,
            "signal_style": page.signal_style,
            "contour_ratio": page.contour_ratio,
            "contour_levels": page.contour_levels,
            "usual_places": page.usual_places,
            "common_scale": page.common_scale,
            "contributions": self.contributions,
        }


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A file that a result comes from.

    Parameters
    ----------
    path, sha256 : str
        As it was read; the digest is empty where there is none.
    experiment : str
        "HSQC", "HMBC" or empty.
    f2, f1 : (first, last)
        ppm at the outer edges.
    assumed : tuple of str
        What was assumed in reading it.
    name : str
        What the user calls the spectrum.
    """

    path: str
    sha256: str = ""
    experiment: str = ""
    f2: tuple[float, float] = (0.0, 0.0)
    f1: tuple[float, float] = (0.0, 0.0)
    assumed: tuple[str, ...] = ()
    name: str = ""

    @classmethod
    def of(cls, spectrum: Spectrum, name: str = "") -> SourceRecord:
        """The record of an open spectrum; `name` where the user gave it one."""
        source = spectrum.provenance
        f2, f1 = (tuple(round(p, 6) + 0.0 for p in a.edges) for a in (spectrum.f2, spectrum.f1))
        experiment = spectrum.experiment.label if spectrum.experiment else ""
        return cls(
            source.path,
            source.sha256,
            experiment,
            (f2[0], f2[1]),
            (f1[0], f1[1]),
            source.assumed,
            name or spectrum.name,
        )


@dataclass(frozen=True, slots=True)
class PictureRecord:
    """One picture of the export.

    Parameters
    ----------
    file, sha256 : str
        Its name in the folder and the digest of its bytes.
    request : str
        Digest of everything that was drawn and how; another one means another picture.
    source : int
        Which of the item's sources is drawn.
    class_id, method, layer, input : str
        The map.
    score : float
        Of the class, 0..1.
    present : bool
        Whether the network says that the class is there.
    empty : bool
        Whether the map is empty.
    threshold : float or None
        From which score the network says so; None where it is not known.
    thumbnail : bytes
        A small PNG for the report.
    """

    file: str
    sha256: str
    request: str
    source: int
    class_id: str
    method: str
    layer: str
    input: str
    score: float
    present: bool
    empty: bool
    threshold: float | None = None
    thumbnail: bytes = b""


@dataclass(frozen=True, slots=True)
class ContributionRecord:
    """The table of what the peaks of one spectrum or pair contribute.

    Parameters
    ----------
    file, sha256 : str
        Its name in the folder and the digest of its bytes.
    request : str
        Digest of everything that it was made from; another one means another table.
    remarks : tuple of str
        What is to be said beside it; one sentence each.
    """

    file: str
    sha256: str
    request: str
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One spectrum or pair of the export, with its scores and pictures.

    Parameters
    ----------
    key : str
        Digest of what went in; empty where it cannot be known beforehand.
    name, sample : str
        For people.
    sources : tuple of SourceRecord
        One, or the two of a pair.
    network, network_sha256 : str
        Empty where it failed.
    classes, scores, present : tuple
        What the network says.
    warnings : tuple of str
        One sentence each.
    error : str
        One sentence; empty when all went well.
    pictures : tuple of PictureRecord
        In their order.
    contributions : ContributionRecord or None
        The table beside them; None where none was wanted or none could be made.
    """

    key: str
    name: str
    sample: str = ""
    sources: tuple[SourceRecord, ...] = ()
    network: str = ""
    network_sha256: str = ""
    classes: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()
    present: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    pictures: tuple[PictureRecord, ...] = ()
    contributions: ContributionRecord | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PeaksAsked:
    """Who is asked what the peaks of a spectrum or pair contribute, and about which peaks.

    Parameters
    ----------
    engine : PaintEngine
        Who computes.
    network : str
        Id or folder by which it knows the network.
    picked : tuple of PeakPlaces or None
        Peaks that somebody has picked in each spectrum; None, or left out, for nobody: then
        those of its list, or picked by program (`nmrcam_qt.core.peak_places.places_in`).
    problem : str
        Why they cannot be had; empty where they can.
    """

    engine: PaintEngine
    network: str
    picked: tuple[PeakPlaces | None, ...] = ()
    problem: str = ""

    def picked_in(self, index: int) -> PeakPlaces | None:
        """What somebody has picked in one of the spectra."""
        return self.picked[index] if index < len(self.picked) else None


@dataclass(frozen=True, slots=True, eq=False)
class Analysed:
    """A spectrum or pair that is ready to be drawn, or an error.

    Parameters
    ----------
    files : tuple of str
        As the user named them.
    names : tuple of str
        The user's names for the spectra, in their order; empty for those of the files.
    sample : str
        Of its sample; empty for none.
    spectra : tuple of Spectrum
        One, or the two of a pair; empty where reading failed.
    card : Card or None
        Of the network.
    analysis : Analysis or None
        What it says.
    error : str
        One sentence; empty when all went well.
    key : str
        As in `ItemRecord`.
    bases : tuple of float
        Base of the contours over its default, of every spectrum; 1 where left out.
    asked : PeaksAsked or None
        For the contributions of its peaks; None where they are not wanted.
    """

    files: tuple[str, ...]
    names: tuple[str, ...] = ()
    sample: str = ""
    spectra: tuple[Spectrum, ...] = ()
    card: Card | None = None
    analysis: Analysis | None = None
    error: str = ""
    key: str = ""
    bases: tuple[float, ...] = ()
    asked: PeaksAsked | None = None

    @property
    def sources(self) -> tuple[SourceRecord, ...]:
        """Records of the spectra, or of the files where they could not be read."""
        if not self.spectra:
            return tuple(SourceRecord(f, name=self.name_of(i)) for i, f in enumerate(self.files))
        return tuple(SourceRecord.of(s, self.name_of(i)) for i, s in enumerate(self.spectra))

    def name_of(self, index: int) -> str:
        """The user's name for one of the spectra; empty where there is none."""
        return self.names[index] if index < len(self.names) else ""

    def page_of(self, index: int, page: PageOptions) -> PageOptions:
        """The page with the contours that the user chose for one of the spectra."""
        factor = self.bases[index] if index < len(self.bases) else 1.0
        return replace(page, contour_factor=page.contour_factor * factor)

    def source_of(self, input_name: str) -> int:
        """Which of the spectra went into the input of this name."""
        inputs = {i.name: i.experiment for i in self.card.inputs} if self.card else {}
        wanted = inputs.get(input_name)
        found = [i for i, s in enumerate(self.spectra) if s.experiment is wanted]
        return found[0] if found and len(self.spectra) > 1 else 0


@dataclass(frozen=True, slots=True, eq=False)
class Finished:
    """A spectrum or pair that an earlier export has finished with the same settings.

    Parameters
    ----------
    record : ItemRecord
        What it left.
    redo : callable
        Analyses it after all; for the case that its files cannot be kept.
    """

    record: ItemRecord
    redo: Callable[[], Analysed]


def request_digest(request: PictureRequest) -> str:
    """Digest of what a picture shows and of what draws it; its path is left out."""
    frame = picture_frame(request)
    header = {k: v for k, v in frame.header.items() if k not in ("path", "id", "op")}
    header["colormap"] = request.colormap.removesuffix("_r")
    said = hashlib.sha256(repr((__version__, sorted(header.items()))).encode())
    for array in frame.arrays:
        said.update(repr((array.dtype.str, array.shape)).encode())
        said.update(array.tobytes())
    return said.hexdigest()
