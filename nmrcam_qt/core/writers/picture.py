"""Annotated pictures in ppm, drawn by matplotlib without pyplot.

The same request gives the same bytes: no dates, a fixed salt for SVG ids, the fonts
that matplotlib brings. Text in SVG and PDF stays text.
"""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.writers.colours import (
    NEGATIVE_INK,
    POSITIVE_INK,
    on_paper,
    overlay_colours,
)
from nmrcam_qt.core.writers.files import write_aside
from nmrcam_qt.core.writers.request import PictureRequest

STYLE: Any = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "text.parse_math": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "nmrcam",
    "pdf.fonttype": 42,
    "axes.linewidth": 0.6,
    "xtick.direction": "out",
    "ytick.direction": "out",
    "axes.formatter.useoffset": False,
}
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": "nmrcam"},
    "svg": {"Date": None, "Creator": "nmrcam"},
    "pdf": {"CreationDate": None, "Creator": "nmrcam", "Producer": "nmrcam"},
}
MM = 1 / 25.4
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 17.0, 25.0, 13.5, 13.0
BAR_GAP_MM, BAR_MM, LINE_MM = 3.0, 4.0, 3.4
TITLE_PT, TEXT_PT, SMALL_PT, LEAST_PT = 9.5, 8.0, 7.0, 4.0
MAX_WARNING_LINES = 5
CHARS_PER_MM = 0.74
"""Characters of `SMALL_PT` text that fit into a millimetre, so that lines are broken alike."""


def write_picture(request: PictureRequest) -> None:
    """Draw a picture and write it.

    Parameters
    ----------
    request : PictureRequest
        What to draw and where.

    Raises
    ------
    WriteError
        If the file cannot be written.
    """
    blob = picture_bytes(request)
    with write_aside(request.path) as stream:
        stream.write(blob)


def picture_bytes(request: PictureRequest) -> bytes:
    """Draw a picture; the same request gives the same bytes."""
    buffer = io.BytesIO()
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        # A file name may hold characters that the font lacks: it shows boxes, no more.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = draw(request)
        figure.savefig(
            buffer,
            format=request.format,
            dpi=request.dpi,
            metadata=METADATA[request.format],
        )
    return buffer.getvalue()


def draw(request: PictureRequest) -> Figure:
    """The figure of a request: ink over heat, ppm axes, colour bar, title, warnings."""
    width, height = request.width_mm, request.height_mm
    figure = Figure(figsize=(width * MM, height * MM), dpi=request.dpi)
    FigureCanvasAgg(figure)
    lines = _warning_lines(request)
    bottom = BOTTOM_MM + LINE_MM * len(lines)
    box = (LEFT_MM, bottom, width - LEFT_MM - RIGHT_MM, height - bottom - TOP_MM)
    axes = figure.add_axes(_fractions(box, request))
    has_heat = _draw_heat(axes, request)
    _draw_ink(axes, request, box)
    _dress(axes, request)
    if has_heat:
        bar = (box[0] + box[2] + BAR_GAP_MM, box[1], BAR_MM, box[3])
        _draw_bar(figure, request, _fractions(bar, request))
    _draw_texts(figure, request, lines)
    return figure


def _fractions(
    box: tuple[float, float, float, float], request: PictureRequest
) -> tuple[float, float, float, float]:
    """Left, bottom, width and height in mm as fractions of the page."""
    width, height = request.width_mm, request.height_mm
    return box[0] / width, box[1] / height, box[2] / width, box[3] / height


def _extent(f1: Axis, f2: Axis, within: PictureRequest) -> tuple[float, float, float, float]:
    """Left, right, bottom and top *edge* in ppm; row 0 is at the top.

    An axis of one cell has no width of its own: its receptive field is the whole
    picture, so it is drawn as wide as the spectrum.
    """
    first, last = (f1 if f1.size > 1 else within.f1).edges
    left, right = (f2 if f2.size > 1 else within.f2).edges
    return left, right, last, first


def _draw_heat(axes: Axes, request: PictureRequest) -> bool:
    """The map at its own cells and a thin line around them; nothing where it is empty."""
    if request.evidence is None or request.map_f1 is None or request.map_f2 is None:
        return False
    left, right, bottom, top = _extent(request.map_f1, request.map_f2, request)
    corner, width, height = (left, bottom), right - left, top - bottom
    axes.add_patch(
        Rectangle(corner, width, height, fill=False, edgecolor="#b0b0b0", linewidth=0.5, zorder=3)
    )
    heat = np.maximum(request.evidence, np.float32(0))
    if not heat.any():
        return False
    table = overlay_colours(request.colormap, request.opacity, request.threshold)
    axes.imshow(
        heat,
        extent=(left, right, bottom, top),
        cmap=ListedColormap(table),
        vmin=0.0,
        vmax=float(heat.max()),
        # Bilinear between cell centres, clamped in the outer half cell, before colouring.
        interpolation="bilinear" if request.smooth else "nearest",
        interpolation_stage="data",
        aspect="auto",
        zorder=1,
    )
    return True


def _draw_ink(
    axes: Axes, request: PictureRequest, box_mm: tuple[float, float, float, float]
) -> None:
    """The spectrum as transparent ink over the map, at most as fine as the page."""
    columns = max(2, round(box_mm[2] * MM * request.dpi))
    rows = max(2, round(box_mm[3] * MM * request.dpi))
    axes.imshow(
        ink_rgba(request.intensity, request.f1, request.f2, rows, columns),
        extent=_extent(request.f1, request.f2, request),
        interpolation="antialiased",
        aspect="auto",
        zorder=2,
    )


def ink_rgba(intensity: Image, f1: Axis, f2: Axis, rows: int, columns: int) -> NDArray[np.uint8]:
    """Signed ink as a picture of at most `rows` × `columns`, in which no peak is lost.

    Returns
    -------
    uint8 ``(n_rows, n_columns, 4)``
        Black for positive, red for negative signals; alpha is the strength.
    """
    positive = _shrink(np.maximum(intensity, 0), f1, f2, rows, columns)
    negative = _shrink(np.maximum(-intensity, 0), f1, f2, rows, columns)
    rgba = np.empty((*positive.shape, 4), dtype=np.uint8)
    rgba[..., :3] = np.where((negative > positive)[..., None], NEGATIVE_INK, POSITIVE_INK)
    rgba[..., 3] = np.rint(np.clip(np.maximum(positive, negative), 0, 1) * 255)
    return rgba


def _shrink(values: Image, f1: Axis, f2: Axis, rows: int, columns: int) -> Image:
    """Area maximum onto the page's pixels where the spectrum is finer than they are."""
    to_f1 = Axis.from_edges("13C", *f1.edges, rows) if f1.size > rows else f1
    to_f2 = Axis.from_edges("1H", *f2.edges, columns) if f2.size > columns else f2
    if to_f1 is f1 and to_f2 is f2:
        return values
    return area_maximum(values, f1, f2, to_f1, to_f2)


def _dress(axes: Axes, request: PictureRequest) -> None:
    """Both ppm axes descend: ¹H to the right, ¹³C upwards."""
    left, right, bottom, top = _extent(request.f1, request.f2, request)
    axes.set_xlim(max(left, right), min(left, right))
    axes.set_ylim(max(bottom, top), min(bottom, top))
    axes.set_xlabel("¹H (ppm)", fontsize=TEXT_PT)
    axes.set_ylabel("¹³C (ppm)", fontsize=TEXT_PT)
    axes.tick_params(labelsize=SMALL_PT, width=0.6, length=3)
    axes.minorticks_on()
    axes.tick_params(which="minor", width=0.4, length=1.5)


def _draw_bar(
    figure: Figure, request: PictureRequest, place: tuple[float, float, float, float]
) -> None:
    """The colours as they are seen on the paper, in units of the logit."""
    table = overlay_colours(request.colormap, request.opacity, request.threshold)
    top = float(np.max(request.evidence)) if request.evidence is not None else 1.0
    scale = ScalarMappable(Normalize(0.0, top), ListedColormap(on_paper(table)))
    bar = figure.colorbar(scale, cax=figure.add_axes(place))
    bar.set_label("heat (logit units)", fontsize=TEXT_PT)
    bar.ax.tick_params(labelsize=SMALL_PT, width=0.6, length=2.5)
    bar.ax.yaxis.get_offset_text().set_fontsize(SMALL_PT)
    bar.outline.set_linewidth(0.6)


def _draw_texts(figure: Figure, request: PictureRequest, lines: list[str]) -> None:
    """Title and subtitle above, warnings below, each no wider than the page."""
    place: Callable[..., Text] = figure.text
    x = LEFT_MM / request.width_mm
    y = 1 - 4.2 / request.height_mm
    title = place(x, y, request.title, fontsize=TITLE_PT, weight="bold", va="center")
    y = 1 - 9.2 / request.height_mm
    subtitle = place(x, y, request.subtitle, fontsize=TEXT_PT, color="#404040", va="center")
    texts = [title, subtitle]
    for number, line in enumerate(reversed(lines)):
        y = (2.6 + LINE_MM * number) / request.height_mm
        texts.append(place(x, y, line, fontsize=SMALL_PT, color="#8c2d04", va="center"))
    room = (request.width_mm - LEFT_MM - 2) * MM * request.dpi
    for text in texts:
        _fit(text, room)


def _fit(text: Text, room_px: float) -> None:
    """Make a text smaller until it fits; below the least size it is cut."""
    width = text.get_window_extent().width
    if width > room_px:
        text.set_fontsize(max(LEAST_PT, float(text.get_fontsize()) * room_px / width * 0.99))
    whole = text.get_text()
    keep = len(whole)
    while keep > 1 and text.get_window_extent().width > room_px:
        keep = keep * 9 // 10
        text.set_text(whole[:keep] + "…")


def _warning_lines(request: PictureRequest) -> list[str]:
    """Warnings broken into lines; what does not fit is counted, not dropped silently."""
    room = max(20, int((request.width_mm - LEFT_MM - 2) * CHARS_PER_MM))
    text = " ".join(f"{w[:1].upper()}{w[1:]}." for w in request.warnings)
    lines = textwrap.wrap(text, room, initial_indent="⚠ ")
    if len(lines) > MAX_WARNING_LINES:
        lines = lines[:MAX_WARNING_LINES]
        lines[-1] = lines[-1][: room - 1] + "…"
    return lines
