"""Results of networks as the project keeps them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from nmrcam_qt.core.results import Analysis, Prediction
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.records import ResultId


@dataclass(frozen=True, slots=True, eq=False)
class ResultRecord:
    """One result.

    Parameters
    ----------
    id : ResultId
        What it was made of.
    prediction : Prediction
        Scores.
    handle : Handle[Analysis]
        Scores and maps.
    made : str
        When, ISO 8601 in UTC.
    version : str
        Of nmrcam.
    """

    id: ResultId
    prediction: Prediction
    handle: Handle[Analysis]
    made: str = ""
    version: str = ""


def basis_of(packed: PackedSpectrum) -> str:
    """What a network sees of a spectrum, as a short digest.

    Source, experiment, axes (the user's), and the regions that are excluded; the order and
    the names of masks make no difference, nor do those that are only drawn.
    """
    # Plain numbers: those of numpy are written in another way, and after reopening they are plain.
    axes = [
        (a.nucleus, float(a.first_ppm), float(a.last_ppm), int(a.size))
        for a in (packed.f1, packed.f2)
    ]
    source = packed.provenance
    seen: tuple[object, ...] = (
        source.sha256,
        source.path if not source.sha256 else "",
        packed.experiment,
        axes,
    )
    blank = sorted({(*mask.h_ppm, *mask.c_ppm) for mask in packed.masks if mask.excluded})
    if blank:  # the digests of spectra without stay what they were in older projects
        seen = (*seen, [tuple(map(float, edges)) for edges in blank])
    said = repr(seen)
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
