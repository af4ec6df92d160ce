"""Contours of measured spectra as pixels: the levels and lines of the window, drawn by Agg."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path as LinePath
from matplotlib.transforms import Affine2D

from nmrcam_qt.core.contour_levels import Levels, bounded, crowned
from nmrcam_qt.core.contours import Contours, Lines, trace_contours
from nmrcam_qt.core.writers.raster import (
    NEGATIVE_INK,
    POSITIVE_INK,
    Grid,
    Pixels,
)
from nmrcam_qt.core.writers.request import PictureRequest

LINE_PT, LEAST_PX = 0.35, 0.6
"""Width of a line, and what it has at least, so that it is seen in a thumbnail."""
MOST_POOLED = 16
DPI = 72.0


def paint_contours(area: Pixels, grid: Grid, request: PictureRequest) -> None:
    """Paint the contours of a spectrum over what is there.

    Parameters
    ----------
    area : uint8 ``(rows, columns, 3)``
        The plot area; changed in place.
    grid : Grid
        Its ppm.
    request : PictureRequest
        With a contour base above 0.
    """
    layer = contour_layer(grid, request)
    # Not `overlay`: the area is a part of a page and has no flat view.
    rows, columns = np.nonzero(layer[..., 3])
    seen = layer[rows, columns].astype(np.uint32)
    alpha = seen[:, 3:]
    mixed = area[rows, columns].astype(np.uint32) * (255 - alpha) + seen[:, :3] * alpha
    area[rows, columns] = ((mixed + 127) // 255).astype(np.uint8)


def contour_layer(grid: Grid, request: PictureRequest) -> Pixels:
    """The contours alone, uint8 ``(rows, columns, 4)`` with straight alpha."""
    rows, columns = grid.c_ppm.size, grid.h_ppm.size
    wanted = Levels(request.contour_base, request.contour_ratio, request.contour_levels)
    highest = float(np.abs(request.intensity).max(initial=0))
    levels = bounded(request.intensity, crowned(wanted, highest))
    pooled = _pooled(request, rows, columns)
    traced = trace_contours(request.intensity, request.f1, request.f2, levels, pooled)
    renderer = RendererAgg(columns, rows, DPI)  # type: ignore[no-untyped-call]
    _draw(renderer, traced, _onto(grid), max(LEAST_PX, LINE_PT / 72 * request.dpi))
    made: Pixels = np.array(renderer.buffer_rgba())  # type: ignore[no-untyped-call]
    return made


def _pooled(request: PictureRequest, rows: int, columns: int) -> int:
    """Samples per traced sample: no finer than the pixels show."""
    per_pixel = min(request.f1.size / rows, request.f2.size / columns)
    pooled = 1
    while pooled * 2 <= per_pixel * 1.25 and pooled < MOST_POOLED:
        pooled *= 2
    return pooled


def _onto(grid: Grid) -> Affine2D:
    """From ppm to pixels; Agg counts them from the bottom."""
    left, right, bottom, top = grid.extent
    columns, rows = grid.h_ppm.size, grid.c_ppm.size
    made = Affine2D().translate(-left, -bottom)
    return made.scale(columns / (right - left), rows / (top - bottom))


def _draw(renderer: RendererAgg, traced: Contours, onto: Affine2D, width_px: float) -> None:
    gc = renderer.new_gc()
    gc.set_linewidth(width_px)
    gc.set_antialiased(True)
    for tile in traced.tiles:
        for lines in tile.lines:
            colour = NEGATIVE_INK if lines.negative else POSITIVE_INK
            red, green, blue = (part / 255 for part in colour)
            gc.set_foreground((red, green, blue, 1.0), isRGBA=True)
            renderer.draw_path(gc, _path(lines), onto)  # type: ignore[no-untyped-call]
    gc.restore()


def _path(lines: Lines) -> LinePath:
    codes = np.full(len(lines.points), LinePath.LINETO, dtype=LinePath.code_type)
    codes[lines.offsets[:-1].astype(np.intp)] = LinePath.MOVETO
    return LinePath(lines.points, codes)
