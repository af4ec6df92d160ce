"""Instrument spectra, picked peaks and masks for the tests of session and project file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.reference import Affine, Reference
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.session.referencing import with_reference

ACQUISITION = Acquisition("CDCl3", 500.13, 125.76, "hsqcedetgpsisp2.3", "estragole", True, False)


def instrument(seed=0, rows=64, columns=128, name="inst", peaks=8, noise=1.0) -> Spectrum:
    """Noise with Gaussian peaks of both signs, as instrument data come."""
    rng = np.random.default_rng(seed)
    image = rng.normal(0, noise, (rows, columns)).astype(np.float32)
    y, x = np.mgrid[:rows, :columns]
    for n in range(peaks):
        row, column = rng.uniform(3, rows - 3), rng.uniform(3, columns - 3)
        height = 10 ** rng.uniform(1.5, 4) * (-1 if n % 3 == 0 else 1)
        sharp = np.exp(-(((y - row) / 1.5) ** 2) - ((x - column) / 2.5) ** 2)
        image += (height * sharp).astype(np.float32)
    return Spectrum(
        name=name,
        intensity=image,
        f1=Axis("13C", 160.0, -5.0, rows),
        f2=Axis("1H", 11.0, -0.5, columns),
        experiment=Experiment.HSQC,
        provenance=Provenance(
            f"/data/{name}/pdata/1/2rr",
            SourceKind.INSTRUMENT,
            "Bruker processed data",
            f"{seed + 77:064x}",
        ),
        acquisition=ACQUISITION,
    )


def picks(count, seed=1) -> PickedPeaks:
    """So many peaks, all kinds among them."""
    rng = np.random.default_rng(seed)
    kinds = list(PeakKind)
    made = tuple(
        Peak(
            id=n + 1,
            h_ppm=float(rng.uniform(0, 10)),
            c_ppm=float(rng.uniform(0, 150)),
            height=float(rng.normal(0, 1e5)),
            h_width_ppm=float(rng.uniform(0.001, 0.1)),
            c_width_ppm=float(rng.uniform(0.1, 1)),
            volume=float(rng.normal(0, 1e6)),
            snr=float(rng.uniform(3, 1000)),
            kind=kinds[n % len(kinds)],
            by_hand=n % 5 == 4,
            label=f"C-{n}" if n % 4 == 0 else "",
        )
        for n in range(count)
    )
    return PickedPeaks(made, noise=1.5, base=4.5, next_id=count + 3)


def some_masks() -> tuple[Mask, ...]:
    """Two regions, drawn only."""
    return (
        Mask("HDO", (4.6, 4.9), (-10.0, 200.0)),
        Mask("DMSO", (2.4, 2.6), (38.0, 41.0)),
    )


def instrument_record(record_id, **other) -> SpectrumRecord:
    """Instrument data with all that a user can say of them."""
    packed = pack(instrument(seed=record_id, rows=24, columns=32, name=f"inst {record_id}"))
    out = tuple(replace(m, excluded=m.name == "HDO") for m in some_masks())
    reference = Reference(Affine(offset=0.031), Affine(1.0002, -0.4))
    fields = {
        "picked": Handle(picks(11, seed=record_id)),
        "n_picked": 11,
        "contour_base": 2.5,
    } | other
    shown = replace(with_reference(packed, reference), masks=out)
    return SpectrumRecord(record_id, record_id, shown, **fields)
