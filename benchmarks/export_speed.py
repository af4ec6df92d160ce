"""How much faster a batch of pictures is than drawing each alone with a fresh figure.

    python benchmarks/export_speed.py [--pictures 1000] [--rounds 5] [--formats png,svg,pdf]

In one run, alternating in blocks so that a busy machine hurts both:

* alone: for every picture a fresh `matplotlib.figure.Figure` with axes, two `imshow`, colour
  bar and texts, written with `savefig` to a file, one after the other in one process; the
  drawing code is that of nmrcam before batches (below, as it was), matplotlib is loaded and
  warm before the clock starts;
* batch: the export engine (`Exporter`) with a `DrawingPool` of one process per processor,
  from analysed spectra to written files; digests, thumbnails, journal, tables, manifest and
  report are part of the time, the start of the processes, too.

Both write PNG of 180 × 130 mm at 200 dpi of the same spectra (410 × 600 points) and maps.
Analysing is part of neither. The ratio is alone / batch per picture, by the clock: drawing side by
side is what the batch does.
"""

from __future__ import annotations

import io
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from bars import Row, row, script_parser, write_rows  # noqa: E402
from export_builders import spectrum_of  # noqa: E402
from window_builders import MAP_F1, MAP_F2, make_analysis, make_card, make_map  # noqa: E402

from nmrcam_qt.core.drawing import draw_peaks  # noqa: E402
from nmrcam_qt.core.spectrum import PeakList, Spectrum  # noqa: E402
from nmrcam_qt.core.writers.colours import on_paper, overlay_colours  # noqa: E402
from nmrcam_qt.core.writers.drawing_pool import DrawingPool, usable_processors  # noqa: E402
from nmrcam_qt.core.writers.export import Exporter  # noqa: E402
from nmrcam_qt.core.writers.export_types import Analysed, ExportSettings  # noqa: E402
from nmrcam_qt.core.writers.picture import METADATA, STYLE, ink_rgba  # noqa: E402
from nmrcam_qt.core.writers.request import (  # noqa: E402
    PageOptions,
    PictureRequest,
    picture_request,
)

TOPIC, BAR = "exports", 3.0
MM = 1 / 25.4
CLASSES = ("fatty_acid", "indole", "steroid")


def spectra(count: int, first: int) -> Iterator[Analysed]:
    """Spectra with ten peaks and three maps each, all different."""
    for number in range(first, first + count):
        rng = np.random.default_rng(number)
        made = spectrum_of(f"spectrum_{number:05d}")
        h, c = rng.uniform(0.5, 9.5, 10), rng.uniform(10, 190, 10)
        peaks = PeakList(h, c, np.ones(10))
        image = draw_peaks(peaks, made.f1, made.f2)
        spectrum = Spectrum(
            made.name, image, made.f1, made.f2, made.experiment, made.provenance, peaks
        )
        shape = (MAP_F1.size, MAP_F2.size)
        maps = [make_map(c, "hirescam", rng.normal(size=shape).astype(np.float32)) for c in CLASSES]
        yield Analysed(
            (made.provenance.path,),
            spectra=(spectrum,),
            card=make_card(),
            analysis=make_analysis(maps),
            key=str(number),
        )


def requests(source: Analysed, folder: Path, page: PageOptions) -> list[PictureRequest]:
    """The pictures of a spectrum."""
    assert source.analysis is not None and source.card is not None
    return [
        picture_request(
            folder / f"{source.spectra[0].name}_{e.class_id}.{page.format}",
            source.spectra[0],
            source.card,
            source.analysis.prediction,
            e,
            page,
        )
        for e in source.analysis.explanations
    ]


def fresh_figure(request: PictureRequest) -> bytes:
    """A picture the ordinary way: a new figure, matplotlib's images, colour bar, `savefig`."""
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        width, height = request.width_mm, request.height_mm
        figure = Figure(figsize=(width * MM, height * MM), dpi=request.dpi)
        FigureCanvasAgg(figure)
        box = (17.0, 16.4, width - 42.0, height - 29.9)
        axes = figure.add_axes((box[0] / width, box[1] / height, box[2] / width, box[3] / height))
        _images(axes, request, box)
        axes.set_xlim(10, 0)
        axes.set_ylim(200, 0)
        axes.set_xlabel("¹H (ppm)", fontsize=8)
        axes.set_ylabel("¹³C (ppm)", fontsize=8)
        axes.tick_params(labelsize=7, width=0.6, length=3)
        axes.minorticks_on()
        axes.tick_params(which="minor", width=0.4, length=1.5)
        table = on_paper(overlay_colours(request.colormap, request.opacity, request.threshold))
        assert request.evidence is not None
        scale = ScalarMappable(Normalize(0.0, float(request.evidence.max())), ListedColormap(table))
        place = ((box[0] + box[2] + 3) / width, box[1] / height, 4 / width, box[3] / height)
        bar = figure.colorbar(scale, cax=figure.add_axes(place))
        bar.set_label("heat (logit units)", fontsize=8)
        bar.ax.tick_params(labelsize=7, width=0.6, length=2.5)
        x = 17.0 / width
        figure.text(x, 1 - 4.2 / height, request.title, fontsize=9.5, weight="bold", va="center")
        figure.text(x, 1 - 9.2 / height, request.subtitle, fontsize=8, va="center")
        figure.text(x, 2.6 / height, " ".join(request.warnings), fontsize=7, va="center")
        buffer = io.BytesIO()
        kind = request.format
        figure.savefig(buffer, format=kind, dpi=request.dpi, metadata=METADATA[kind])
    return buffer.getvalue()


def _images(axes: Any, request: PictureRequest, box: tuple[float, ...]) -> None:
    assert request.evidence is not None
    assert request.map_f1 is not None and request.map_f2 is not None
    (top, bottom), (left, right) = request.map_f1.edges, request.map_f2.edges
    corner = (left, bottom)
    axes.add_patch(Rectangle(corner, right - left, top - bottom, fill=False, edgecolor="#b0b0b0"))
    heat = np.maximum(request.evidence, 0)
    axes.imshow(
        heat,
        extent=(left, right, bottom, top),
        cmap=ListedColormap(overlay_colours(request.colormap, request.opacity, request.threshold)),
        vmin=0.0,
        vmax=float(heat.max()),
        interpolation="bilinear" if request.smooth else "nearest",
        interpolation_stage="data",
        aspect="auto",
        zorder=1,
    )
    pixels = [max(2, round(side * MM * request.dpi)) for side in box[2:]]
    axes.imshow(
        ink_rgba(request.intensity, request.f1, request.f2, pixels[1], pixels[0]),
        extent=(10, 0, 200, 0),
        interpolation="antialiased",
        aspect="auto",
        zorder=2,
    )


def alone(count: int, first: int, folder: Path, page: PageOptions) -> float:
    """Seconds for these pictures, each with a fresh figure."""
    begun = time.perf_counter()
    for source in spectra(count, first):
        for request in requests(source, folder, page):
            request.path.write_bytes(fresh_figure(request))
    return time.perf_counter() - begun


def batch(count: int, first: int, folder: Path, page: PageOptions) -> float:
    """Seconds for these pictures by the export engine."""
    settings = ExportSettings(methods=("hirescam",), classes="all", page=page)
    begun = time.perf_counter()
    with DrawingPool() as pool:
        summary = Exporter(folder, settings, pool).run(spectra(count, first), count)
    assert summary.written == 3 * count and not summary.failed
    return time.perf_counter() - begun


def memory_mib() -> float:
    """Resident memory of this process now, MiB; nan where that cannot be asked."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measure(pictures: int, page: PageOptions, rounds: int) -> tuple[Row, list[float]]:
    """Both ways in turn, in blocks; resident memory after each block, MiB."""
    per_block = max(1, round(pictures / 3 / rounds))
    times: dict[str, list[float]] = {"alone": [], "batch": []}
    memory = []
    with tempfile.TemporaryDirectory() as name:
        fresh_figure(next(iter(requests(next(spectra(1, 10**6)), Path(name), page))))
        for block in range(rounds):
            ways = [("alone", alone), ("batch", batch)]
            for way, draw in ways if block % 2 else ways[::-1]:
                folder = Path(name) / f"{way}{block}"
                folder.mkdir()
                seconds = draw(per_block, block * per_block, folder, page)
                times[way].append(seconds / (3 * per_block))
                memory.append(round(memory_mib(), 1))
    ratios = [a / b for a, b in zip(times["alone"], times["batch"], strict=True)]
    one, other = (1e3 * statistics.median(times[way]) for way in ("alone", "batch"))
    said = f"{one:.0f} and {other:.0f} ms a picture, {usable_processors()} processors"
    what = f"{3 * per_block * rounds:,} pictures, {page.format.upper()}"
    name = f"{what}: each alone with a fresh figure / by the export"
    return row(TOPIC, name, ratios, BAR, at_least=True, note=said), memory


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--pictures", type=int, default=1000)
    parser.add_argument("--formats", default="png,svg,pdf")
    given = parser.parse_args()
    rows, memory = [], {}
    for kind in given.formats.split(","):
        pictures = given.pictures if kind == "png" else max(30, given.pictures // 5)
        page = PageOptions(format=kind, smooth=True)
        made, memory[kind] = measure(pictures, page, given.rounds)
        rows.append(made)
    write_rows("export_speed", rows, given.out, memory_mib=memory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
