"""How the cost of a project grows with its spectra, and that of contributions with the peaks.

    python benchmarks/growth-project.py [--rounds 5] [--out FILE] [--picture FILE] [--redraw]

Series of medians, least and most over the rounds, with the exponent of a straight line through
the logarithms: over all sizes, and over the upper half of them, where what a project costs at
all no longer hides the growth. 1 is linear, and the bar of the upper half is 1.1: 0.1 is what
five rounds on a busy machine leave open. Opening and making every row are processor time of a
process of its own, memory what that process holds then over the empty project; contributions are
everything the program does for all classes of kuhn-hsqc, one thread. `docs/images` has the plot.
"""

from __future__ import annotations

import argparse
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

import numpy as np  # noqa: E402
from bars import RESULTS, Row, cpu_seconds, row, script_parser, write_rows  # noqa: E402

SPECTRA = (0, 10, 30, 100, 300, 1_000, 3_000, 10_000)
PEAKS = (5, 10, 20, 40, 80, 160)
BAR = 1.1
PICTURE = ROOT / "docs" / "images" / "growth-project.png"


@dataclass(frozen=True)
class Series:
    """One cost over one size: medians of the rounds, and how steep they are."""

    what: str
    over: str
    unit: str
    x: list[int]
    y: list[float]
    rounds: list[list[float]]
    exponent: float | None = None
    """where it is known and the rounds are not"""

    @property
    def steepness(self) -> float:
        """Median exponent over the upper half of the sizes."""
        return median(self.exponents(True)) if self.exponent is None else self.exponent

    def exponents(self, upper: bool) -> list[float]:
        """Of each round: the slope of a line through the logarithms."""
        first = len(self.x) // 2 if upper else 0
        return [
            float(np.polyfit(np.log(self.x[first:]), np.log(found[first:]), 1)[0])
            for found in self.rounds
        ]


def series(
    what: str, over: str, unit: str, x: tuple[int, ...], rounds: list[list[float]]
) -> Series:
    """Rounds of values for each size."""
    middle = [median(values) for values in zip(*rounds, strict=True)]
    return Series(what, over, unit, list(x), middle, rounds)


def child(path: Path) -> None:
    """Open a project, make every row, print what it took."""
    from nmrcam_qt.session.listing import Listing
    from nmrcam_qt.session.project import open_project
    from nmrcam_qt.session.session import Session

    began = time.process_time()
    opened = open_project(path)
    session = Session(opened.content, opened.store)
    listing = Listing(session)
    opening = time.process_time() - began
    while listing.warm(500):
        pass
    making = time.process_time() - began
    gc.collect()
    held = next(x for x in Path("/proc/self/status").read_text().splitlines() if "VmRSS" in x)
    found = {"opening": 1e3 * opening, "making": 1e3 * making, "mb": int(held.split()[1]) / 1024}
    print(json.dumps(found))
    opened.store.close()


def projects(folder: Path, rounds: int) -> list[Series]:
    """Opening, making every row, memory and size of projects."""
    from project_file import DISTINCT, a_picture, make

    from nmrcam_qt.session.packing import pack

    packed = [pack(a_picture(seed)) for seed in range(DISTINCT)]
    paths = {size: folder / f"{size}.nmrcam" for size in SPECTRA}
    for size, path in paths.items():
        make(path, size, packed)
    found: list[dict[int, dict[str, float]]] = []
    for _ in range(rounds):
        found.append({})
        for size, path in paths.items():
            command = [sys.executable, __file__, "--child", str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[-1][size] = json.loads(done.stdout.splitlines()[-1])
    sizes = SPECTRA[1:]

    def of(
        what: str, unit: str, value: Callable[[dict[int, dict[str, float]], int], float]
    ) -> Series:
        return series(what, "spectra", unit, sizes, [[value(r, n) for n in sizes] for r in found])

    # A project of ten spectra takes no memory that could be told from chance.
    return [
        of("opening a project", "ms", lambda r, n: r[n]["opening"]),
        of("… and making every row", "ms", lambda r, n: r[n]["making"]),
        of("memory over an empty project", "MB", lambda r, n: max(r[n]["mb"] - r[0]["mb"], 0.05)),
        of("file", "MB", lambda _, n: paths[n].stat().st_size / 1e6),
    ]


def contributing(rounds: int) -> Series:
    """Contributions of more and more peaks."""
    import peak_occlusion

    from nmrcam_qt.core.contributing import Question, contributions
    from nmrcam_qt.ml.contributions import NetworkEngine
    from nmrcam_qt.ml.network import Network

    network = Network.load(ROOT / "models" / "kuhn-hsqc")
    questions = []
    for count in PEAKS:
        peak_occlusion.PEAKS = count
        prepared, places = peak_occlusion.spectra(network)
        questions.append(Question(network.card, prepared, tuple(places)))
    for question in questions:
        contributions(NetworkEngine(network), question)
    found = []
    for _ in range(rounds):
        found.append(
            [
                1e3 * cpu_seconds(lambda q=q: contributions(NetworkEngine(network), q))
                for q in questions
            ]
        )
    return series("contributions of peaks", "peaks", "ms", PEAKS, found)


def rows_of(all_of_them: list[Series]) -> list[Row]:
    """The exponents beside the bar."""
    rows = []
    for each in all_of_them:
        steep = median(each.exponents(upper=False))
        ends = f"{each.x[0]:,} to {each.x[-1]:,} {each.over}"
        note = (
            f"{each.y[0]:.3g} to {each.y[-1]:.3g} {each.unit}, {ends}; over all sizes {steep:.2f}"
        )
        what = f"{each.what}: exponent over the {each.over}"
        rows.append(row("growth", what, each.exponents(upper=True), BAR, note=note))
    return rows


def plot(all_of_them: list[Series], path: Path) -> None:
    """Both axes logarithmic, a linear cost dotted."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 6.2), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, 3).ravel()
    for axes, each in zip(grid, all_of_them, strict=False):
        least, most = (list(map(f, zip(*each.rounds, strict=True))) for f in (min, max))
        axes.fill_between(each.x, least, most, alpha=0.25, linewidth=0)
        axes.plot(each.x, each.y, marker="o", markersize=3)
        linear = each.y[-1] * np.array(each.x) / each.x[-1]
        axes.plot(each.x, linear, ":", color="0.5", label="linear")
        axes.set(xscale="log", yscale="log", xlabel=each.over, ylabel=each.unit)
        axes.set_ylim(bottom=min(least) / 2)
        # Two lines: beside a long one the exponent would be cut off.
        axes.set_title(f"{each.what}\nexponent {each.steepness:.2f}", fontsize=8)
        axes.grid(True, alpha=0.3)
    grid[0].legend(fontsize=8)
    for axes in grid[len(all_of_them) :]:
        axes.set_visible(False)
    figure.savefig(path, dpi=100, metadata={"Software": None})


def kept_series(path: Path = RESULTS / "growth-project.json") -> list[Series]:
    """What was measured last; of results without their rounds the medians alone."""
    found = json.loads(path.read_text("utf-8"))["series"]
    names = ("what", "over", "unit", "x", "y")
    return [Series(*(e[n] for n in names), e.get("rounds", [e["y"]]), e["exponent"]) for e in found]


def main() -> None:
    """Measure, plot, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--redraw", action="store_true", help="the picture of the last results")
    given = parser.parse_args()
    if given.child is not None:
        child(given.child)
        return
    if given.redraw:
        plot(kept_series(), given.picture)
        return
    with tempfile.TemporaryDirectory() as folder:
        found = projects(Path(folder), given.rounds)
    found.append(contributing(given.rounds))
    plot(found, given.picture)
    kept = [
        asdict(each)
        | {"y": [float(f"{y:.4g}") for y in each.y]}
        | {"rounds": [[float(f"{y:.4g}") for y in values] for values in each.rounds]}
        | {"exponent": round(median(each.exponents(upper=True)), 3)}
        | {"exponent_over_all": round(median(each.exponents(upper=False)), 3)}
        for each in found
    ]
    write_rows("growth-project", rows_of(found), given.out, series=kept)


if __name__ == "__main__":
    main()
