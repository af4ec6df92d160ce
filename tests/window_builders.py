"""Cards, sessions and windows with a made-up engine, for the tests of the upper layers."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
from builders import list_spectrum

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.session.packing import PackedSpectrum, pack

FAKE_SERVER = [sys.executable, str(Path(__file__).parent / "workers" / "fake_server.py")]
CLASSES = ("fatty_acid", "indole", "steroid")
MAP_F1 = Axis("13C", 18.5 * 200 / 205, 178.5 * 200 / 205, 21)
MAP_F2 = Axis("1H", 10 - 19 / 30, 10 - 275 / 30, 33)


def own_time() -> float:
    """Seconds of the clock less those in which this thread was ready and others were served.

    Linux counts these; elsewhere it is the clock.
    """
    counted = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
    try:
        return time.perf_counter() - int(counted.read_text().split()[1]) / 1e9
    except OSError:
        return time.perf_counter()


def make_card(network="net-hsqc", experiments=(Experiment.HSQC,), layers=("conv1", "conv4")):
    pair = len(experiments) > 1
    if pair:
        layers = tuple(f"{e.value}_{name}" for name in layers for e in experiments)
    return Card(
        id=network,
        title=f"Network {network}",
        inputs=tuple(
            InputSpec(e.value if pair else "spectrum", e, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
            for e in experiments
        ),
        classes=tuple(
            ClassSpec(c, c.replace("_", " ").title(), "rule", "#e69f00") for c in CLASSES
        ),
        head="softmax",
        thresholds=(0.5,) * 3,
        layers=layers,
        default_layer=layers[-1],
        trained_on_mixtures=False,
    )


CARDS = (
    make_card(),
    make_card("net-hmbc", (Experiment.HMBC,)),
    make_card("net-pair", (Experiment.HSQC, Experiment.HMBC)),
)


def picture(name="picture", rows=41, columns=60, experiment=Experiment.HSQC) -> Spectrum:
    """A picture with ink 1 in its corners and 0.5 at (row 10, column 20)."""
    image = np.zeros((rows, columns), dtype=np.float32)
    image[[0, 0, -1, -1], [0, -1, 0, -1]] = 1
    image[10, 20] = 0.5
    return Spectrum(
        name,
        image,
        Axis.from_edges("13C", 0.0, 200.0, rows),
        Axis.from_edges("1H", 10.0, 0.0, columns),
        experiment,
        Provenance(
            f"/data/{name}.png",
            SourceKind.PICTURE,
            "PNG picture",
            "0" * 64,
            ("axes assumed 10–0 / 0–200 ppm",),
            axes_assumed=True,
        ),
    )


def packed(name="made", experiment=Experiment.HSQC, points=((7.2, 120.0),)) -> PackedSpectrum:
    return pack(list_spectrum(list(points), experiment, name))


def make_map(class_id="indole", method="hirescam", evidence=None, f1=MAP_F1, f2=MAP_F2, **other):
    if evidence is None:
        evidence = np.zeros((f1.size, f2.size), dtype=np.float32)
        evidence[5, 7] = 2.0
    given = {"input_name": "spectrum", "layer": "conv4", "network": "net-hsqc"} | other
    return Explanation(
        evidence, f1, f2, class_id=class_id, method=method, network_sha256="f" * 64, **given
    )


def make_analysis(maps=(), scores=(0.1, 0.7, 0.2), present=("indole",), unavailable=()):
    prediction = Prediction(
        "net-hsqc", "f" * 64, CLASSES, np.log(scores), np.array(scores), present, ("Made up.",)
    )
    return Analysis(prediction, tuple(maps), tuple(unavailable))


def write_picture(path: Path, dark_pixel=(40, 100)) -> Path:
    """A small PNG with one black pixel."""
    from PIL import Image

    grey = np.full((82, 120), 255, dtype=np.uint8)
    grey[dark_pixel] = 0
    Image.fromarray(grey).save(path)
    return path
