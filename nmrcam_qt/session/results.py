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
    """What a network sees of a spectrum, as a short digest: source, experiment, axes."""
    # Plain numbers: those of numpy are written in another way, and after reopening they are plain.
    axes = [
        (a.nucleus, float(a.first_ppm), float(a.last_ppm), int(a.size))
        for a in (packed.f1, packed.f2)
    ]
    source = packed.provenance
    said = repr((source.sha256, source.path if not source.sha256 else "", packed.experiment, axes))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]
