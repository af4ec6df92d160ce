"""The furniture of a picture: axes, colour bar, texts. Made once per kind of page, reused.

Most of the time that matplotlib needs for a picture goes into making ticks and labels that
are the same in the next one. A `Page` keeps them; only texts and the colour bar's scale
change. Everything that changes is set anew for every picture, so that no picture depends
on the one before.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.common_scale import WORDS as COMMON_SCALE
from nmrcam_qt.core.heat_contours import SHARES, contours_of
from nmrcam_qt.core.writers.colours import LEVELS, line_colours, seen_colours
from nmrcam_qt.core.writers.mark_artists import OUTLINE, MarkArtists
from nmrcam_qt.core.writers.raster import Grid, sparse
from nmrcam_qt.core.writers.request import PictureRequest

MM = 1 / 25.4
LEFT_MM, RIGHT_MM, TOP_MM, BOTTOM_MM = 17.0, 25.0, 13.5, 13.0
BAR_GAP_MM, BAR_MM, LINE_MM = 3.0, 4.0, 3.4
TITLE_PT, TEXT_PT, SMALL_PT, LEAST_PT = 9.5, 8.0, 7.0, 4.0
LINE_PT = 1.0
"""Of lines of equal heat."""
WARNING = "#8c2d04"
MAX_WARNING_LINES = 5
CHARS_PER_MM = 0.74
"""Characters of `SMALL_PT` text that fit into a millimetre, so that lines are broken alike."""

Extent = tuple[float, float, float, float]
"""Left, right, bottom and top edge in ppm; row 0 of an image is at the top."""


@dataclass(frozen=True, slots=True)
class PageKey:
    """All that decides the furniture that does not change from picture to picture."""

    width_mm: float
    height_mm: float
    dpi: int
    n_lines: int
    has_legend: bool
    """Whether the uppermost of the lines is the legend of the outlines."""
    window: Extent
    map_window: Extent | None
    has_bar: bool
    has_lines: bool
    """Whether lines of equal heat are drawn."""
    has_marks: bool
    """Whether rings or outlines are drawn."""
    vector: bool
    """Whether matplotlib itself writes the file: pages of both ways are never mixed."""
    bar_label: str

    @property
    def box_mm(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the plot area."""
        bottom = BOTTOM_MM + LINE_MM * self.n_lines
        return (
            LEFT_MM,
            bottom,
            self.width_mm - LEFT_MM - RIGHT_MM,
            self.height_mm - bottom - TOP_MM,
        )


def key_of(request: PictureRequest) -> PageKey:
    """The kind of page that a picture needs."""
    heat, marks = request.top > 0, request.marks
    map_window = None
    if request.map_f1 is not None and request.map_f2 is not None and request.evidence is not None:
        map_window = extent(request.map_f1, request.map_f2, request)
    return PageKey(
        request.width_mm,
        request.height_mm,
        request.dpi,
        len(warning_lines(request)) + bool(marks.legend),
        bool(marks.legend),
        extent(request.f1, request.f2, request),
        map_window,
        heat,
        heat and request.heat_style != "image",
        marks.rings is not None or bool(marks.outlines),
        request.format != "png",
        _bar_label(request),
    )


def _bar_label(request: PictureRequest) -> str:
    """What the colour bar measures, and whether other maps share it."""
    own = 0.0 if request.evidence is None else float(request.evidence.max(initial=0))
    label = f"heat ({request.unit})"
    return f"{label}, {COMMON_SCALE}" if request.scale_top >= own > 0 else label


def extent(f1: Axis, f2: Axis, within: PictureRequest) -> Extent:
    """Outer edges of two axes.

    An axis of one cell has no width of its own: its receptive field is the whole
    picture, so it is drawn as wide as the spectrum.
    """
    first, last = (f1 if f1.size > 1 else within.f1).edges
    left, right = (f2 if f2.size > 1 else within.f2).edges
    return left, right, last, first


class Page:
    """A figure with its furniture.

    Parameters
    ----------
    key : PageKey
        Sizes and windows.
    """

    def __init__(self, key: PageKey) -> None:
        self._key = key
        self.figure = Figure(figsize=(key.width_mm * MM, key.height_mm * MM), dpi=key.dpi)
        self.canvas = FigureCanvasAgg(self.figure)
        self.axes = self.figure.add_axes(self._fractions(key.box_mm))
        _dress(self.axes, key)
        self._bar = self._make_bar() if key.has_bar else None
        self._over = self._make_over() if key.has_lines or key.has_marks else None
        self._lines = self._make_lines(self._over) if key.has_lines and self._over else ()
        self._bar_lines = self._make_bar_lines() if key.has_lines else ()
        self._marks = MarkArtists(self._over) if key.has_marks and self._over else None
        self._texts = self._make_texts()
        self._static: tuple[NDArray[np.intp], NDArray[np.uint8]] | None = None

    def fill(self, request: PictureRequest) -> None:
        """Set everything that belongs to one picture."""
        lines = warning_lines(request)
        room = (self._key.width_mm - LEFT_MM - 2) * MM * self._key.dpi
        said = [request.title, request.subtitle, *reversed(lines)]
        said += [request.marks.legend] if request.marks.legend else []
        # Named, because a text would else remember that of the last file, SVG or other.
        renderer = self.canvas.get_renderer()  # type: ignore[no-untyped-call]
        sizes = [TITLE_PT, TEXT_PT, *([SMALL_PT] * self._key.n_lines)]
        for text, content, size in zip(self._texts, said, sizes, strict=True):
            text.set_text(content)
            text.set_fontsize(size)
            _fit(text, room, renderer)
        if self._bar is not None and request.evidence is not None:
            bar, gradient = self._bar
            top = request.top
            bar.set_ylim(0.0, top)
            gradient.set_extent((0.0, 1.0, 0.0, top))
            gradient.set_data(seen_colours(request)[::-1, None, :])
            self._fill_lines(request, top)
        if self._marks is not None:
            self._marks.fill(request.marks)

    def _fill_lines(self, request: PictureRequest, top: float) -> None:
        """Lines of equal heat over the spectrum, and their levels in the colour bar."""
        heat, f1, f2 = request.evidence, request.map_f1, request.map_f2
        if not self._lines or heat is None or f1 is None or f2 is None:
            return
        colours = dict(line_colours(request))
        contours = contours_of(np.maximum(heat, np.float32(0)), f1, f2, top)
        for line, mark, contour in zip(self._lines, self._bar_lines, contours, strict=True):
            line.set_data(contour.h_ppm, contour.c_ppm)
            mark.set_ydata([contour.share * top] * 2)
            for artist in (line, mark):
                artist.set_visible(contour.share in colours)
                artist.set_color(colours.get(contour.share, "none"))

    def layers(self) -> list[tuple[NDArray[np.intp], NDArray[np.uint8]]]:
        """What lies over the painted plot area, as `nmrcam_qt.core.writers.raster.sparse`.

        First what is the same in every picture of this page, drawn once; then what
        `fill` has set.
        """
        if self._static is None:
            self._static = self._drawn(static=True)
        return [self._static, self._drawn(static=False)]

    def _drawn(self, static: bool) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """The static or the changing artists alone, on a transparent page."""
        changing = [*self._texts, *([self._bar[0]] if self._bar is not None else [])]
        changing += [self._over] if self._over is not None else []
        self.axes.set_visible(static)
        for artist in changing:
            artist.set_visible(not static)
        self.figure.patch.set_visible(False)
        self.axes.patch.set_visible(False)
        self.canvas.draw()  # type: ignore[no-untyped-call]
        return sparse(np.asarray(self.canvas.buffer_rgba()))  # type: ignore[no-untyped-call]

    @property
    def size_px(self) -> tuple[int, int]:
        """Height and width of the page in pixels."""
        width, height = self.canvas.get_width_height()
        return height, width

    @property
    def n_pixels(self) -> int:
        """Pixels of the page."""
        height, width = self.size_px
        return height * width

    def grid(self) -> Grid:
        """The pixels whose centres lie in the plot area."""
        height, _ = self.size_px
        box = self.axes.bbox
        columns = np.arange(round(box.x0), round(box.x1))
        rows = np.arange(height - round(box.y1), height - round(box.y0))
        left, right = self.axes.get_xlim()
        bottom, top = self.axes.get_ylim()
        h = left + (columns + 0.5 - box.x0) / box.width * (right - left)
        c = bottom + (height - rows - 0.5 - box.y0) / box.height * (top - bottom)
        return Grid(int(rows[0]), int(columns[0]), c, h)

    def _fractions(
        self, box: tuple[float, float, float, float]
    ) -> tuple[float, float, float, float]:
        """Left, bottom, width and height in mm as fractions of the page."""
        width, height = self._key.width_mm, self._key.height_mm
        return box[0] / width, box[1] / height, box[2] / width, box[3] / height

    def _make_bar(self) -> tuple[Axes, AxesImage]:
        """The colours as they are seen on the paper, in units of the map."""
        left, bottom, width, height = self._key.box_mm
        place = (left + width + BAR_GAP_MM, bottom, BAR_MM, height)
        bar = self.figure.add_axes(self._fractions(place))
        blank = np.zeros((LEVELS, 1, 3), dtype=np.uint8)
        gradient = bar.imshow(blank, extent=(0, 1, 0, 1), aspect="auto", interpolation="nearest")
        bar.set_xlim(0, 1)
        bar.set_xticks([])
        bar.yaxis.tick_right()
        bar.yaxis.set_label_position("right")
        bar.set_ylabel(self._key.bar_label, fontsize=TEXT_PT)
        bar.tick_params(labelsize=SMALL_PT, width=0.6, length=2.5)
        bar.yaxis.get_offset_text().set_fontsize(SMALL_PT)
        return bar, gradient

    def _make_over(self) -> Axes:
        """An empty plot area over the spectrum, for lines of equal heat and marks."""
        over = self.figure.add_axes(self._fractions(self._key.box_mm), label="lines")
        over.set_axis_off()
        over.set_xlim(self.axes.get_xlim())
        over.set_ylim(self.axes.get_ylim())
        return over

    def _make_lines(self, over: Axes) -> tuple[Line2D, ...]:
        """Empty lines of equal heat."""
        made = tuple(Line2D([], [], linewidth=LINE_PT, solid_joinstyle="round") for _ in SHARES)
        for line in made:
            over.add_line(line)
        return made

    def _make_bar_lines(self) -> tuple[Line2D, ...]:
        """A mark in the colour bar for every level."""
        made = tuple(Line2D([0, 1], [0, 0], linewidth=LINE_PT) for _ in SHARES)
        if self._bar is not None:
            for line in made:
                self._bar[0].add_line(line)
        return made

    def _make_texts(self) -> list[Text]:
        """Title and subtitle above, warnings below, from the lowest line upwards."""
        key = self._key
        place: Callable[..., Text] = self.figure.text
        x = LEFT_MM / key.width_mm
        above = [1 - 4.2 / key.height_mm, 1 - 9.2 / key.height_mm]
        texts = [
            place(x, above[0], "", weight="bold", va="center"),
            place(x, above[1], "", color="#404040", va="center"),
        ]
        for number in range(key.n_lines):
            y = (2.6 + LINE_MM * number) / key.height_mm
            legend = key.has_legend and number == key.n_lines - 1
            texts.append(place(x, y, "", color=OUTLINE if legend else WARNING, va="center"))
        return texts


def _dress(axes: Axes, key: PageKey) -> None:
    """Both ppm axes descend: ¹H to the right, ¹³C upwards; a thin line around the map."""
    left, right, bottom, top = key.window
    axes.set_xlim(max(left, right), min(left, right))
    axes.set_ylim(max(bottom, top), min(bottom, top))
    axes.set_xlabel("¹H (ppm)", fontsize=TEXT_PT)
    axes.set_ylabel("¹³C (ppm)", fontsize=TEXT_PT)
    axes.tick_params(labelsize=SMALL_PT, width=0.6, length=3)
    axes.minorticks_on()
    axes.tick_params(which="minor", width=0.4, length=1.5)
    if key.map_window is not None:
        left, right, bottom, top = key.map_window
        axes.add_patch(
            Rectangle(
                (left, bottom),
                right - left,
                top - bottom,
                fill=False,
                edgecolor="#b0b0b0",
                linewidth=0.5,
                zorder=3,
            )
        )


def _fit(text: Text, room_px: float, renderer: RendererAgg) -> None:
    """Make a text smaller until it fits; below the least size it is cut."""

    def width() -> float:
        return float(text.get_window_extent(renderer).width)

    whole_width = width()
    if whole_width > room_px:
        text.set_fontsize(max(LEAST_PT, float(text.get_fontsize()) * room_px / whole_width * 0.99))
    whole = text.get_text()
    keep = len(whole)
    while keep > 1 and width() > room_px:
        keep = keep * 9 // 10
        text.set_text(whole[:keep] + "…")


def warning_lines(request: PictureRequest) -> list[str]:
    """Warnings broken into lines; what does not fit is counted, not dropped silently."""
    room = max(20, int((request.width_mm - LEFT_MM - 2) * CHARS_PER_MM))
    text = " ".join(f"{w[:1].upper()}{w[1:]}." for w in request.warnings)
    lines = textwrap.wrap(text, room, initial_indent="⚠ ")
    if len(lines) > MAX_WARNING_LINES:
        lines = lines[:MAX_WARNING_LINES]
        lines[-1] = lines[-1][: room - 1] + "…"
    return lines
