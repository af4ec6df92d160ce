"""Annotated pictures in ppm, drawn by matplotlib without pyplot.

The same request gives the same bytes: no dates, a fixed salt for SVG ids, the fonts
that matplotlib brings. Text in SVG and PDF stays text.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.writers.colours import (
    NEGATIVE_INK,
    POSITIVE_INK,
    heat_table,
    line_colours,
    seen_colours,
)
from nmrcam_qt.core.writers.contour_raster import contour_layer, paint_contours
from nmrcam_qt.core.writers.files import write_aside
from nmrcam_qt.core.writers.page import MM, Page, PageKey, extent, key_of
from nmrcam_qt.core.writers.png import png_bytes
from nmrcam_qt.core.writers.raster import (
    Grid,
    Pixels,
    overlay_sparse,
    paint_heat,
    paint_ink,
    paint_lines,
)
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
THUMBNAIL_PX = (128, 88)
"""Width and height of a thumbnail."""
_MAX_PAGES, _MAX_PAGE_PIXELS = 8, 30_000_000
"""Kinds of page that are kept; each holds four bytes per pixel."""
_pages: OrderedDict[PageKey, Page] = OrderedDict()


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
    """Draw a picture; the same request gives the same bytes, whatever was drawn before."""
    with _our_style():
        if request.format == "png":
            return _png(request)
        return _vector(request)


@contextlib.contextmanager
def _our_style() -> Iterator[None]:
    """Nothing that a user or another library has set changes a picture."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        # A file name may hold characters that the font lacks: it shows boxes, no more.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def _png(request: PictureRequest) -> bytes:
    """Paint the plot area with numpy, lay the furniture over it."""
    page = _page(key_of(request))
    page.fill(request)
    pixels = np.full((*page.size_px, 3), 255, dtype=np.uint8)
    grid = page.grid()
    _paint(pixels[grid.place], grid, request)
    for places, colours in page.layers():
        overlay_sparse(pixels, places, colours)
    return png_bytes(pixels, request.dpi)


def _vector(request: PictureRequest) -> bytes:
    """SVG or PDF: the plot area as one image, everything else as lines and live text."""
    page = _page(key_of(request))
    page.fill(request)
    grid = page.grid()
    area = np.full((grid.c_ppm.size, grid.h_ppm.size, 3), 255, dtype=np.uint8)
    _paint(area, grid, request)
    # Not interpolated: the pixels are those of the PNG, at the places that they have there.
    image = AxesImage(page.axes, extent=grid.extent, interpolation="none", zorder=1)
    image.set_data(area)
    image.set_clip_path(page.axes.patch)
    page.axes.add_image(image)
    buffer = io.BytesIO()
    try:
        page.figure.savefig(
            buffer,
            format=request.format,
            dpi=request.dpi,
            metadata=METADATA[request.format],
        )
    finally:
        image.remove()
    return buffer.getvalue()


def _page(key: PageKey) -> Page:
    """A page of this kind, made once; the longest unused of too many are forgotten."""
    page = _pages.pop(key, None) or Page(key)
    _pages[key] = page
    while len(_pages) > 1 and (
        len(_pages) > _MAX_PAGES or sum(p.n_pixels for p in _pages.values()) > _MAX_PAGE_PIXELS
    ):
        _pages.popitem(last=False)
    return page


def _paint(area: Pixels, grid: Grid, request: PictureRequest, small: bool = False) -> None:
    """Heat and signals; a small picture has no room for rings and shows the ink of a list."""
    if request.heat_style != "contours":
        paint_heat(area, grid, request, seen_colours(request))
    if request.contour_base:
        paint_contours(area, grid, request)
    elif small or request.marks.rings is None:
        paint_ink(area, grid, request)


def thumbnail_bytes(request: PictureRequest) -> bytes:
    """The plot area alone as a small PNG, in which no peak is lost."""
    width, height = THUMBNAIL_PX
    left, right, bottom, top = extent(request.f1, request.f2, request)
    h = np.linspace(max(left, right), min(left, right), 2 * width + 1)[1::2]
    c = np.linspace(min(bottom, top), max(bottom, top), 2 * height + 1)[1::2]
    area = np.full((height, width, 3), 255, dtype=np.uint8)
    _paint(area, Grid(0, 0, c, h), request, small=True)
    if request.heat_style == "contours":  # lines on an image would hide the peaks here
        paint_lines(area, Grid(0, 0, c, h), request, line_colours(request))
    return png_bytes(area)


def draw(request: PictureRequest) -> Figure:
    """The figure of a request: ink over heat, ppm axes, colour bar, title, warnings.

    For whoever wants to go on with matplotlib: it places heat and ink itself.
    """
    page = Page(key_of(request))
    page.fill(request)
    limits = page.axes.axis()
    _draw_heat(page.axes, request)
    if request.marks.rings is None:
        _draw_ink(page.axes, request)
    page.axes.axis(limits)
    return page.figure


def _draw_heat(axes: Axes, request: PictureRequest) -> None:
    """The map at its own cells; nothing where it is empty or drawn as lines alone."""
    if request.heat_style == "contours":
        return
    if request.evidence is None or request.map_f1 is None or request.map_f2 is None:
        return
    heat = np.maximum(request.evidence, np.float32(0))
    if not heat.any():
        return
    table = heat_table(request)
    axes.imshow(
        heat,
        extent=extent(request.map_f1, request.map_f2, request),
        cmap=ListedColormap(table),
        vmin=0.0,
        vmax=request.top,
        # Bilinear between cell centres, clamped in the outer half cell, before colouring.
        interpolation="bilinear" if request.smooth else "nearest",
        interpolation_stage="data",
        aspect="auto",
        zorder=1,
    )


def _draw_ink(axes: Axes, request: PictureRequest) -> None:
    """The spectrum as transparent ink over the map, at most as fine as the page."""
    box_mm = key_of(request).box_mm
    columns = max(2, round(box_mm[2] * MM * request.dpi))
    rows = max(2, round(box_mm[3] * MM * request.dpi))
    left, right, bottom, top = extent(request.f1, request.f2, request)
    if request.contour_base:
        h, c = (
            Axis.from_edges("1H", left, right, columns),
            Axis.from_edges("13C", top, bottom, rows),
        )
        rgba = contour_layer(Grid(0, 0, c.centres, h.centres), request)
    else:
        rgba = ink_rgba(request.intensity, request.f1, request.f2, rows, columns)
    axes.imshow(
        rgba,
        extent=(left, right, bottom, top),
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
