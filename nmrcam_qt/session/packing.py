"""Spectra packed in memory: a thousand of them must not need a gigabyte.

A float32 picture of 600×410 points takes 1 MB. Packed without loss it takes 10–60 kB:
pictures have 256 grey levels, most of a spectrum is empty, and zlib does the rest. The file
is not needed again, so moving it away or unplugging its disk loses nothing. A thumbnail and,
for very large pictures, a reduced image for the screen are made at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.readers.options import with_given_axes
from nmrcam_qt.core.reference import AS_FILED, Reference, referenced
from nmrcam_qt.core.spectrum import (
    Experiment,
    Image,
    PeakList,
    Provenance,
    SourceKind,
    Spectrum,
    freeze,
)
from nmrcam_qt.session.block import Block
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.thumbnail import THUMBNAIL_SIZE, signed_maximum, thumbnail_of

__all__ = [
    "DISPLAY_POINTS",
    "THUMBNAIL_SIZE",
    "Block",
    "Filed",
    "PackedSource",
    "PackedSpectrum",
    "Payload",
    "filed_of",
    "pack",
    "with_windows",
]

DISPLAY_POINTS = 1 << 22
"""2048 × 2048 points of measured data are shown as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Payload:
    """The heavy part of a packed spectrum.

    Parameters
    ----------
    full : Block
        ``intensity`` of the spectrum.
    display : Block or None
        A reduced image for the screen, where the full one is very large.
    peaks : PeakList or None
        Where the source is a peak list.
    """

    full: Block
    display: Block | None = None
    peaks: PeakList | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the packed arrays."""
        return len(self.full.blob) + (len(self.display.blob) if self.display else 0)


@dataclass(frozen=True, slots=True)
class Filed:
    """What referencing replaces, as the file has it.

    Parameters
    ----------
    f1, f2, display_axes, provenance
        As in `PackedSpectrum`.
    """

    f1: Axis
    f2: Axis
    display_axes: tuple[Axis, Axis]
    provenance: Provenance


@dataclass(frozen=True, slots=True, eq=False)
class PackedSpectrum:
    """A `Spectrum` without its float32 array: light, its payload may still be in the file.

    Parameters
    ----------
    name, f1, f2, experiment, provenance
        As in `Spectrum`.
    payload : Handle[Payload]
        Arrays and peaks.
    picture : Handle[bytes]
        The thumbnail's bytes, row by row.
    n_peaks : int or None
        Number of peaks, None where the source is no peak list.
    display_axes : (Axis, Axis)
        F1 and F2 axis of the image for the screen.
    acquisition : Acquisition or None
        How it was measured.
    reference : Reference
        From the file's ppm to the user's. `f1`, `f2` and `display_axes` are the user's;
        the peaks of the payload are the file's, `peaks` and `unpack` give the user's.
    masks : tuple of Mask
        Regions of solvent and reference, at the user's ppm.
    filed : Filed or None
        Axes and provenance of the file; None where `reference` changes nothing.
    """

    name: str
    f1: Axis
    f2: Axis
    experiment: Experiment | None
    provenance: Provenance
    payload: Handle[Payload]
    picture: Handle[bytes]
    n_peaks: int | None
    display_axes: tuple[Axis, Axis]
    acquisition: Acquisition | None = None
    reference: Reference = AS_FILED
    masks: tuple[Mask, ...] = ()
    filed: Filed | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the packed arrays that are in memory."""
        payload, picture = self.payload.in_memory, self.picture.in_memory
        return (payload.nbytes if payload else 0) + (len(picture) if picture else 0)

    @property
    def peaks(self) -> PeakList | None:
        """Where the source is a peak list."""
        found = None if self.n_peaks is None else self.payload.get().peaks
        return found if found is None else referenced(found, self.reference)

    @property
    def thumbnail(self) -> NDArray[np.uint8]:
        """Ink, uint8 ``THUMBNAIL_SIZE``, 0 (paper) to 255, rows F1 and columns F2 as drawn."""
        return np.frombuffer(self.picture.get(), dtype=np.uint8).reshape(THUMBNAIL_SIZE)

    def unpack(self) -> Spectrum:
        """The spectrum as it was read, to the last bit.

        Raises
        ------
        NmrCamError
            If it lies in a file that cannot be read.
        """
        payload = self.payload.get()
        return Spectrum(
            name=self.name,
            intensity=payload.full.unpack(),
            f1=self.f1,
            f2=self.f2,
            experiment=self.experiment,
            provenance=self.provenance,
            peaks=None if payload.peaks is None else referenced(payload.peaks, self.reference),
            acquisition=self.acquisition,
            masks=self.masks,
        )

    def display(self) -> tuple[Image, Axis, Axis]:
        """Image for the screen with its F1 and F2 axes: at most `DISPLAY_POINTS` points.

        Larger spectra are reduced by area maximum, so that no peak vanishes.

        Raises
        ------
        NmrCamError
            If it lies in a file that cannot be read.
        """
        payload = self.payload.get()
        image = (payload.display or payload.full).unpack()
        freeze(image)
        return (image, *self.display_axes)


@dataclass(frozen=True, slots=True)
class PackedSource:
    """A packed spectrum as a source of the batch engine: unpacked when its turn comes."""

    packed: PackedSpectrum

    @property
    def path(self) -> str:
        """The file as the user named it."""
        return self.packed.provenance.path

    def open(self) -> Spectrum:
        """Unpack it.

        Raises
        ------
        NmrCamError
            If it lies in a file that cannot be read.
        """
        return self.packed.unpack()


def pack(spectrum: Spectrum) -> PackedSpectrum:
    """Pack a spectrum and make its thumbnail; meant for a worker thread."""
    display, axes = None, (spectrum.f1, spectrum.f2)
    if spectrum.intensity.size > DISPLAY_POINTS:
        axes = _reduced(spectrum.f1, spectrum.f2)
        display = Block.pack(signed_maximum(spectrum, *axes))
    return PackedSpectrum(
        name=spectrum.name,
        f1=spectrum.f1,
        f2=spectrum.f2,
        experiment=spectrum.experiment,
        provenance=spectrum.provenance,
        payload=Handle(Payload(Block.pack(spectrum.intensity), display, spectrum.peaks)),
        picture=Handle(thumbnail_of(spectrum).tobytes()),
        n_peaks=None if spectrum.peaks is None else len(spectrum.peaks),
        display_axes=axes,
        acquisition=spectrum.acquisition,
        masks=spectrum.masks,
    )


def filed_of(packed: PackedSpectrum) -> Filed:
    """Axes and provenance of a spectrum as its file has them; a file that moved is where it is."""
    filed, now = packed.filed, packed.provenance
    if filed is None:
        return Filed(packed.f1, packed.f2, packed.display_axes, now)
    then = filed.provenance
    if (then.path, then.sha256, then.format) == (now.path, now.sha256, now.format):
        return filed
    moved = replace(then, path=now.path, sha256=now.sha256, format=now.format)
    return replace(filed, provenance=moved)


def with_windows(
    packed: PackedSpectrum, f2_window: tuple[float, float], f1_window: tuple[float, float]
) -> PackedSpectrum:
    """The same picture on axes that the user gave; the file is not needed.

    They take the place of a reference: nothing of it is left.

    Parameters
    ----------
    packed : PackedSpectrum
        A picture; instrument data and peak lists have axes of their own.
    f2_window, f1_window : (first, last)
        ppm at the picture's outer left/right and top/bottom edges.

    Raises
    ------
    ValueError
        If it is no picture, or a window has no extent.
    """
    if packed.provenance.kind is not SourceKind.PICTURE:
        raise ValueError(f"{packed.name} is no picture")
    display_f1, display_f2 = packed.display_axes
    read = filed_of(packed).provenance
    return replace(
        packed,
        f1=Axis.from_edges("13C", *f1_window, packed.f1.size),
        f2=Axis.from_edges("1H", *f2_window, packed.f2.size),
        provenance=with_given_axes(read, f2_window, f1_window),
        display_axes=(
            Axis.from_edges("13C", *f1_window, display_f1.size),
            Axis.from_edges("1H", *f2_window, display_f2.size),
        ),
        reference=AS_FILED,
        filed=None,
    )


def _reduced(f1: Axis, f2: Axis) -> tuple[Axis, Axis]:
    """Axes over the same window with at most `DISPLAY_POINTS` points."""
    factor = (f1.size * f2.size / DISPLAY_POINTS) ** 0.5
    rows = min(f1.size, max(1, int(f1.size / factor)))
    columns = min(f2.size, max(1, DISPLAY_POINTS // rows))
    return (
        Axis.from_edges("13C", *f1.edges, rows),
        Axis.from_edges("1H", *f2.edges, columns),
    )
