"""Analysed spectra and a pool that draws nothing, for quick tests of exports."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from builders import list_spectrum
from window_builders import CLASSES, make_analysis, make_card, make_map

from nmrcam_qt.core.spectrum import Experiment, Provenance, Spectrum
from nmrcam_qt.core.writers.drawing_pool import DrawingError, Drawn
from nmrcam_qt.core.writers.export_types import Analysed
from nmrcam_qt.core.writers.request import PictureRequest

METHODS = ("hirescam", "gradcam")


@dataclass
class FakePool:
    """Draws at once: bytes that name what was drawn."""

    size: int = 2
    drawn: list[str] = field(default_factory=list)
    broken: tuple[str, ...] = ()

    def submit(self, request: PictureRequest) -> Future[Drawn]:
        future: Future[Drawn] = Future()
        name = Path(request.path).name
        self.drawn.append(name)
        if any(text in name for text in self.broken):
            future.set_exception(DrawingError("it broke"))
        else:
            said = f"{request.title}|{request.subtitle}|{request.dpi}".encode("utf-8", "replace")
            future.set_result(Drawn(b"picture:" + said, b"\x89PNG thumb"))
        return future


def spectrum_of(name: str, path: str | None = None, experiment=Experiment.HSQC) -> Spectrum:
    made = list_spectrum([(7.0, 120.0)], experiment, name)
    source = made.provenance
    changed = Provenance(path or f"{name}.csv", source.kind, source.format, "ab" * 32)
    return Spectrum(
        made.name, made.intensity, made.f1, made.f2, made.experiment, changed, made.peaks
    )


def analysed(name: str = "a", path: str | None = None, strength: float = 2.0, **given) -> Analysed:
    maps = []
    for class_id in CLASSES:
        for method in METHODS:
            evidence = np.full((21, 33), -1.0, dtype=np.float32)
            if class_id != "steroid":
                evidence[5, 7] = strength
            maps.append(make_map(class_id, method, evidence))
    spectrum = spectrum_of(name, path)
    return Analysed(
        files=(spectrum.provenance.path,),
        spectra=(spectrum,),
        card=make_card(),
        analysis=make_analysis(maps, unavailable=(("cam", "the head is not linear"),)),
        key=given.pop("key", f"key of {name}"),
        **given,
    )
