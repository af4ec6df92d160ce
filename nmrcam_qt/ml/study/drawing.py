"""One figure of the thesis as a picture: two maps on ppm axes, whose signals are whose."""

from __future__ import annotations

import io

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image as Pillow
from scipy.ndimage import maximum_filter

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.empty_map import EMPTY_MAP
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.mixtures import Mask, Mixture
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.writers.colours import overlay_colours
from nmrcam_qt.core.writers.picture import STYLE, ink_rgba
from nmrcam_qt.ml.study.figure_maps import FigureMaps, MapRow

SIZE_INCH, DPI = (11.0, 4.7), 140
N_COLOURS = 96
"""Of the picture's palette: a tenth of the size of full colour, and nothing is lost to the eye."""
COLORMAP, OPACITY, THRESHOLD = "YlOrRd", 0.85, 0.05
LEAST_CELL = (3.0, 0.15)
"""¹³C and ¹H, ppm: about 5 × 8 pixels of a panel."""
TARGET, FOREIGN = "#0047c2", "#1a1a1a"
_H, _C = (10.0, 0.0), (200.0, 0.0)
"""What is shown, left to right and bottom to top, ppm."""


def figure_png(maps: FigureMaps, class_title: str, mark: str) -> bytes:
    """A figure as a PNG with a palette.

    Parameters
    ----------
    maps : FigureMaps
        What it shows.
    class_title : str
        For people.
    mark : str
        What must be known of the ppm axes, in the picture itself; empty for nothing.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=SIZE_INCH, dpi=DPI, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplots(1, 2, sharey=True)
        for one, row, explanation in zip(axes, maps.rows, maps.panels, strict=False):
            _panel(one, maps.scene.mixture, row, explanation, class_title)
        axes[0].set_ylabel("¹³C (ppm)")
        _legend(figure, bool(maps.scene.mixture.distractor.any()), mark)
        canvas.draw()  # type: ignore[no-untyped-call]
        drawn = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
        pixels = drawn[..., :3]
    palette = Pillow.fromarray(np.ascontiguousarray(pixels)).quantize(
        N_COLOURS, Pillow.Quantize.MEDIANCUT, dither=Pillow.Dither.NONE
    )
    buffer = io.BytesIO()
    palette.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _panel(
    axes: Axes, mixture: Mixture, row: MapRow, explanation: Explanation | None, class_title: str
) -> None:
    spectrum = mixture.spectrum
    if explanation is not None and not explanation.empty:
        _heat(axes, explanation)
    else:
        axes.text(0.5, 0.03, row.missing or EMPTY_MAP, transform=axes.transAxes, ha="center")
    axes.imshow(
        ink_rgba(spectrum.intensity, spectrum.f1, spectrum.f2, 800, 1200),
        extent=_extent(spectrum.f1, spectrum.f2),
        aspect="auto",
        alpha=0.55,
        interpolation="antialiased",
    )
    _outline(axes, mixture.target, spectrum.f1, spectrum.f2, TARGET)
    _outline(axes, mixture.distractor, spectrum.f1, spectrum.f2, FOREIGN)
    axes.set_xlim(*_H)
    axes.set_ylim(*_C)
    axes.set_xlabel("¹H (ppm)")
    said = "called present" if row.present else "not called present"
    axes.set_title(
        f"{row.network}: {METHODS[row.method].title} of {class_title}\n"
        f"score {row.score:.3f}, {said}",
        fontsize=9.5,
    )


def _heat(axes: Axes, explanation: Explanation) -> None:
    """The map on its own cells, each at its ppm."""
    heat = _seen(explanation)
    axes.imshow(
        heat,
        extent=_extent(explanation.f1, explanation.f2),
        cmap=ListedColormap(overlay_colours(COLORMAP, OPACITY, THRESHOLD)),
        vmin=0.0,
        vmax=float(heat.max()),
        interpolation="bilinear",
        interpolation_stage="data",
        aspect="auto",
    )


def _seen(explanation: Explanation) -> Image:
    """Heat with cells that are smaller than `LEAST_CELL` widened, or they could not be seen."""
    steps = (abs(explanation.f1.step) / LEAST_CELL[0], abs(explanation.f2.step) / LEAST_CELL[1])
    size = [2 * int(np.ceil(max(0.0, 1 / step - 1) / 2)) + 1 for step in steps]
    heat = explanation.heat
    return np.asarray(maximum_filter(heat, size)) if max(size) > 1 else heat


def _outline(axes: Axes, mask: Mask, f1: Axis, f2: Axis, colour: str) -> None:
    """Lines around the pixels of a mask."""
    if mask.any():
        axes.contour(
            f2.centres, f1.centres, mask.astype(np.float32), [0.5], colors=colour, linewidths=0.8
        )


def _extent(f1: Axis, f2: Axis) -> tuple[float, float, float, float]:
    return (*f2.edges, f1.edges[1], f1.edges[0])


def _legend(figure: Figure, mixed: bool, mark: str) -> None:
    lines = [Line2D([], [], color=TARGET, label="signals of the class's compound")]
    if mixed:
        lines.append(Line2D([], [], color=FOREIGN, label="foreign signals"))
    figure.legend(handles=lines, loc="outside lower left", ncols=2, frameon=False, fontsize=8)
    if mark:
        figure.legend(
            handles=[Line2D([], [], linestyle="none", label=mark)],
            loc="outside lower right",
            frameon=False,
            fontsize=8,
            labelcolor="#a4262c",
            handlelength=0,
        )
