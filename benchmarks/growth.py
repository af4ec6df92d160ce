"""How time and memory grow: number of spectra, size of the picture, peaks, classes.

    python benchmarks/growth.py [--rounds 5] [--spectra N ...] [--out FILE]

CPU time, and for the number of spectra also the highest PSS of all processes of the command
(``nmrcam predict``, a process of its own). The *exponent* is the slope of a straight line through
the logarithms of both over the upper half of the sizes, where fixed parts (starting) weigh least: 1
is linear, 0 does not grow. The plots are ``docs/images/growth-*.png``.
"""

# ruff: noqa: E402 - threads are set before TensorFlow is loaded
from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import explain_speed  # noqa: F401 - sets the threads
import keras
import numpy as np
from bars import Row, cpu_seconds, row, script_parser, write_rows
from batch_memory import pss_kb, tree
from pictures_made import folder, picture

from nmrcam_qt.core.cards import Card, ClassSpec
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.study.plan import GRADIENT

LINEAR = 1.1
"""A slope up to this counts as linear: figures of a busy machine."""
SPECTRA = (10, 100, 1000, 10_000)
SIDES = (150, 300, 600, 1200, 2400)
PEAKS = (10, 40, 160, 640)
CLASSES = (3, 10, 50)


@dataclass(frozen=True)
class Curve:
    """One plot: what grows, against what."""

    name: str
    against: str
    unit: str
    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def exponent(self) -> float:
        """Slope over the upper half of the sizes on logarithmic axes."""
        upper = slice(len(self.x) // 2 if len(self.x) > 3 else len(self.x) - 2, None)
        return float(np.polyfit(np.log(self.x[upper]), np.log(self.y[upper]), 1)[0])

    @property
    def steepest(self) -> float:
        """The largest slope between neighbours."""
        return float(np.max(np.diff(np.log(self.y)) / np.diff(np.log(self.x))))


def of_spectra(counts: Sequence[int], network: str) -> list[Curve]:
    """CPU time and highest PSS of ``nmrcam predict``."""
    seconds, memory = [], []
    for count in counts:
        with tempfile.TemporaryDirectory() as place:
            folder(Path(place), count, size=(102, 150))
            used, most = predicted(Path(place), network)
        seconds.append(used)
        memory.append(most)
        print(f"{count} spectra: {used:.1f} s, {most:.0f} MB", flush=True)
    x = tuple(map(float, counts))
    return [
        Curve("spectra-time", "spectra", "s", x, tuple(seconds)),
        Curve("spectra-memory", "spectra", "MB", x, tuple(memory)),
    ]


def predicted(pictures: Path, network: str) -> tuple[float, float]:
    """CPU seconds and highest PSS, MB, of a process that scores a folder."""
    said = [sys.executable, "-m", "nmrcam_qt", "predict", str(pictures), "--network", network]
    child = subprocess.Popen([*said, "--json"], stdout=subprocess.DEVNULL, cwd=ROOT)
    most = used = 0.0
    while child.poll() is None:
        pids = tree(child.pid)
        most = max(most, sum(map(pss_kb, pids)) / 1024)
        used = max(used, ticks(child.pid))
        time.sleep(0.25)
    if child.returncode != 0:
        raise RuntimeError(f"predict: ended with status {child.returncode}")
    return used, most


def ticks(pid: int) -> float:
    """CPU seconds of a process so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def best(work: Callable[[], object], rounds: int) -> float:
    """Shortest CPU time of some calls, after one that is not counted; milliseconds."""
    work()
    return 1e3 * min(cpu_seconds(work) for _ in range(rounds))


def of_sizes(sides: Sequence[int], rounds: int) -> Curve:
    """Reading and preparing a picture, against its pixels."""
    network = Network.load(ROOT / "models" / "kuhn-hmbc")
    found = []
    with tempfile.TemporaryDirectory() as place:
        for side in sides:
            path = Path(place) / f"{side}_HMBC.png"
            picture(path, 1, (side * 2 // 3, side))
            found.append(best(lambda p=path: prepared(network.card, p), rounds))
    pixels = tuple(float(side * (side * 2 // 3)) for side in sides)
    return Curve("pixels-time", "pixels", "ms", pixels, tuple(found))


def prepared(card: Card, path: Path) -> object:
    """A picture, read and prepared."""
    return prepare_inputs(card, [read_spectrum(path)])


def of_peaks(numbers: Sequence[int], rounds: int, name: str) -> Curve:
    """Scores and all maps of a picture, against its peaks."""
    network = Network.load(ROOT / "models" / name)
    found = []
    with tempfile.TemporaryDirectory() as place:
        for number in numbers:
            path = Path(place) / f"{number}_HMBC.png"
            picture(path, 1, peaks=number)
            eaten = prepare_inputs(network.card, [read_spectrum(path)])
            found.append(
                best(lambda e=eaten: analyse_prepared(network, [e], GRADIENT, "all"), rounds)
            )
    x = tuple(map(float, numbers))
    return Curve(f"peaks-time-{name}", "peaks", "ms", x, tuple(found))


def of_classes(numbers: Sequence[int], rounds: int) -> Curve:
    """Scores and all maps of a spectrum by networks made for it, against their classes."""
    source = Network.load(ROOT / "models" / "kuhn-hmbc")
    found = []
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "made_HMBC.png"
        picture(path, 1)
        for number in numbers:
            network = with_classes(source, number)
            eaten = prepare_inputs(network.card, [read_spectrum(path)])
            found.append(
                best(lambda n=network, e=eaten: analyse_prepared(n, [e], GRADIENT, "all"), rounds)
            )
    return Curve("classes-time", "classes", "ms", tuple(map(float, numbers)), tuple(found))


def with_classes(source: Network, number: int) -> Network:
    """The same network with another last layer, for so many classes."""
    logits = keras.layers.Dense(number, name="logits")(source.model.layers[-2].output)
    classes = tuple(ClassSpec(f"c{i}", f"C{i}", "", "#000000") for i in range(number))
    card = replace(
        source.card, id=f"made-{number}", classes=classes, thresholds=(0.5,) * number, sha256=""
    )
    return Network(card, keras.Model(source.model.inputs, logits), "0" * 64)


def draw(curve: Curve, images: Path) -> None:
    """A small plot on logarithmic axes, with a line of slope 1."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6, 2.6), dpi=90, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    x, y = np.array(curve.x), np.array(curve.y)
    axes.loglog(x, y, "o-", color="#1f6f8b")
    axes.loglog(x, y[-1] * x / x[-1], "--", color="#999999", label="linear")
    axes.set_xlabel(curve.against)
    axes.set_ylabel(curve.unit)
    axes.set_ylim(min(y) / 2, max(y) * 2)
    axes.legend(frameon=False)
    images.mkdir(parents=True, exist_ok=True)
    figure.savefig(images / f"growth-{curve.name}.png")


def rows_of(curves: Sequence[Curve]) -> list[Row]:
    """The exponents."""
    return [
        row(
            "growth",
            f"{curve.name}: exponent over the {curve.against} ({curve.x[0]:,.0f} to "
            f"{curve.x[-1]:,.0f})",
            [curve.exponent],
            LINEAR,
            note=", ".join(f"{v:.3g}" for v in curve.y)
            + f" {curve.unit}; steepest between neighbours {curve.steepest:.2f}",
        )
        for curve in curves
    ]


def main() -> int:
    """Measure, print, write, draw."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--spectra", type=int, nargs="*", default=SPECTRA)
    parser.add_argument("--images", type=Path, default=ROOT / "docs" / "images")
    given = parser.parse_args()
    curves = [of_sizes(SIDES, given.rounds), of_classes(CLASSES, given.rounds)]
    curves += [of_peaks(PEAKS, given.rounds, name) for name in ("kuhn-hmbc", "hmbc-mix")]
    curves += of_spectra(given.spectra, "kuhn-hmbc") if given.spectra else []
    for curve in curves:
        draw(curve, given.images)
    write_rows("growth", rows_of(curves), given.out, curves=[asdict(curve) for curve in curves])
    return 0


if __name__ == "__main__":
    sys.exit(main())
