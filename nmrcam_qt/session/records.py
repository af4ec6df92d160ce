"""What a project keeps of a spectrum, a sample and a result. Plain values, no Qt, no SQLite."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import AnalysisKey, ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum


class Flag(enum.StrEnum):
    """The user's mark on a spectrum."""

    NONE = ""
    CHECK = "to check"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """A sample: the spectra of one substance, usually its HSQC and its HMBC.

    Parameters
    ----------
    id : int
        Unique within the project, never used again.
    name : str
        What the sidebar shows above the spectra.
    """

    id: int
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class SpectrumRecord:
    """One spectrum as the project keeps it.

    Parameters
    ----------
    id : int
        Unique within the project, never used again.
    position : int
        Order as opened, ascending; unique.
    packed : PackedSpectrum
        The spectrum with its axes, experiment and provenance (path, sha256).
    title : str
        The user's name for it; empty for that of the file.
    sample : int or None
        Id of its sample; None for a spectrum on its own.
    tags : tuple of str
        Sorted, without repeats.
    note : str
        The user's text.
    flag : Flag
        The user's mark.
    embedded : bool
        Whether the project holds a copy of the spectrum; otherwise it is read from its
        source whenever it is needed, and only its thumbnail is kept.
    options : ReadOptions
        How the file was read, to read it again alike.
    picked : Handle[PickedPeaks] or None
        Peaks picked by program or hand, at the *file's* shifts (`PackedSpectrum.reference`
        moves them); None where nobody picked any.
    contour_base : float
        Height of the first contour over its default, 3 × MAD of the noise or that of t1 ridges.
    n_picked : int
        Number of `picked`, so that nothing is loaded to list spectra.
    """

    id: int
    position: int
    packed: PackedSpectrum
    title: str = ""
    sample: int | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    flag: Flag = Flag.NONE
    embedded: bool = True
    options: ReadOptions = field(default_factory=ReadOptions)
    picked: Handle[PickedPeaks] | None = None
    contour_base: float = 1.0
    n_picked: int = 0

    @property
    def name(self) -> str:
        """What the sidebar shows."""
        return self.title or self.packed.name


@dataclass(frozen=True, slots=True)
class ProjectOptions:
    """Choices that belong to the whole project.

    Parameters
    ----------
    embed : bool
        Whether spectra that are added from now on are copied into the project.
    """

    embed: bool = True


@dataclass(frozen=True, slots=True)
class ProjectState:
    """Where the user was: kept, but never undone.

    Parameters
    ----------
    current : int or None
        Id of the spectrum that is shown.
    view : ViewSettings
        All view settings, those of the undo stack too.
    """

    current: int | None = None
    view: ViewSettings = field(default_factory=ViewSettings)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """Something that was found out about a result and can be had again.

    Parameters
    ----------
    place : str
        Digest of the question; there is one answer to each.
    basis : str
        Digest of everything that the answer rests on.
    items : tuple of int
        Ids of the spectra; without them it goes.
    frame : Frame
        The answer.
    """

    place: str
    basis: str
    items: tuple[int, ...]
    frame: Frame


@dataclass(frozen=True, slots=True)
class ResultId:
    """What a result was made of: equal ids mean that it need not be made again.

    Parameters
    ----------
    key : AnalysisKey
        Network, items, layer.
    network_sha256 : str
        Digest of the weights. Another digest than that of the installed network makes the
        result *stale*: it is shown as such.
    basis : tuple of str
        For every item what the network saw of it: source digest, experiment and axes
        (`nmrcam_qt.session.results.basis_of`). A result whose basis is not that of its
        items is not shown; it is valid again when the change is undone.
    """

    key: AnalysisKey
    network_sha256: str
    basis: tuple[str, ...]
