"""The report as PDF, laid out by matplotlib: text stays text, one page after the other."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from PIL import Image as Pillow

from nmrcam_qt.core.writers.picture import METADATA, STYLE
from nmrcam_qt.ml.study.document import Block, Document, Heading, Paragraph, Plate, Table

WIDTH, HEIGHT, MARGIN = 8.27, 11.69, 0.65
"""A4, inches."""
TEXT_PT, SMALL_PT, TABLE_PT = 9.0, 7.5, 7.0
_HEADING_PT = {1: 16.0, 2: 13.0, 3: 10.0}
_LEADING = 1.4
_EM = 0.53
"""Mean width of a character of running text, in its size."""
_BOLD = 1.15
"""How much wider bold text is."""
_TABLE_EM = 0.6
"""The same for a table, where digits and bold headers prevail."""


class _Pages:
    """Where the next line goes; a new page where it does not fit."""

    def __init__(self, pdf: PdfPages) -> None:
        self._pdf = pdf
        self._figure: Figure | None = None
        self._number = 0
        self._y = 0.0

    @property
    def left(self) -> float:
        """Inches that are left on the page."""
        return self._y - MARGIN if self._figure is not None else 0.0

    def need(self, inches: float) -> None:
        """Begin a page where so much does not fit on this one."""
        if self._figure is None or inches > self.left:
            self.end()
            self._figure = Figure(figsize=(WIDTH, HEIGHT))
            self._number += 1
            self._y = HEIGHT - MARGIN
            self._figure.text(0.5, 0.3 / HEIGHT, str(self._number), fontsize=8, ha="center")

    def end(self) -> None:
        """Write the page."""
        if self._figure is not None:
            self._pdf.savefig(self._figure)  # type: ignore[no-untyped-call]
            self._figure = None

    def line(self, text: str, size: float, weight: str = "normal", x: float = MARGIN) -> None:
        """One line of text."""
        height = size * _LEADING / 72
        self.need(height)
        self._put(x, text, size, weight)
        self._y -= height

    def cells(
        self, texts: Sequence[str], places: Sequence[float], size: float, weight: str
    ) -> None:
        """One row of a table."""
        height = size * _LEADING / 72
        self.need(height)
        for text, x in zip(texts, places, strict=True):
            self._put(x, text, size, weight)
        self._y -= height

    def gap(self, inches: float) -> None:
        """Leave room."""
        self._y -= inches

    def picture(self, path: Path, inches: float) -> None:
        """A PNG over the width of the text, `inches` high."""
        self.need(inches)
        if self._figure is None:
            return
        with Pillow.open(path) as source:
            pixels = np.asarray(source.convert("RGB"))
        across = (WIDTH - 2 * MARGIN) / WIDTH
        box = (MARGIN / WIDTH, (self._y - inches) / HEIGHT, across, inches / HEIGHT)
        axes = self._figure.add_axes(box)
        axes.imshow(pixels, aspect="auto", interpolation="none")
        axes.set_axis_off()
        self._y -= inches

    def _put(self, x: float, text: str, size: float, weight: str) -> None:
        if self._figure is not None:
            y = (self._y - size / 72) / HEIGHT
            self._figure.text(x / WIDTH, y, text, fontsize=size, fontweight=weight)


def pdf_bytes(document: Document, folder: Path) -> bytes:
    """The report as PDF; the same report gives the same bytes.

    Parameters
    ----------
    document : Document
        What it says.
    folder : Path
        Where its pictures are named from.
    """
    buffer = io.BytesIO()
    with (
        mpl.rc_context(STYLE),
        PdfPages(buffer, metadata=METADATA["pdf"] | {"Title": document.title}) as pdf,
    ):
        pages = _Pages(pdf)
        _text(pages, document.title, _HEADING_PT[1], "bold")
        for block in document.blocks:
            _block(pages, block, folder)
        pages.end()
    return buffer.getvalue()


def _block(pages: _Pages, block: Block, folder: Path) -> None:
    if isinstance(block, Heading):
        pages.need(1.0)
        pages.gap(0.15)
        _text(pages, block.text, _HEADING_PT[block.level], "bold")
    elif isinstance(block, Paragraph):
        _text(pages, block.text, TEXT_PT, "bold" if block.strong else "normal")
    elif isinstance(block, Plate):
        _plate(pages, block, folder)
    else:
        _table(pages, block)


def _plate(pages: _Pages, plate: Plate, folder: Path) -> None:
    """Title, picture, caption and table on one page."""
    width, height = plate.size
    inches = (WIDTH - 2 * MARGIN) * height / width
    caption = _wrapped(plate.caption, SMALL_PT)
    lines = len(caption) * SMALL_PT + (len(plate.table.rows) + 1) * TABLE_PT + 2 * TEXT_PT
    pages.need(inches + lines * _LEADING / 72 + 0.35)
    pages.line(plate.title, _HEADING_PT[3], "bold")
    pages.picture(folder / plate.picture, inches)
    for line in caption:
        pages.line(line, SMALL_PT)
    _table(pages, plate.table)


def _table(pages: _Pages, table: Table) -> None:
    """Columns as wide as their longest cell; a table that is too wide is set smaller."""
    pages.need(min(4, len(table.rows) + 2) * TABLE_PT * _LEADING / 72 + 0.2)
    if table.title:
        _text(pages, table.title, TEXT_PT, "bold")
    longest = [
        max(len(c) for c in column) for column in zip(table.columns, *table.rows, strict=True)
    ]
    wanted = np.array([(n + 2) * TABLE_PT * _TABLE_EM / 72 for n in longest])
    scale = min(1.0, (WIDTH - 2 * MARGIN) / float(wanted.sum()))
    places = (MARGIN + np.concatenate([[0.0], np.cumsum(wanted * scale)[:-1]])).tolist()
    size = TABLE_PT * scale
    pages.cells(table.columns, places, size, "bold")
    for row in table.rows:
        pages.cells(row, places, size, "normal")
    _text(pages, table.note, SMALL_PT)
    pages.gap(0.12)


def _text(pages: _Pages, text: str, size: float, weight: str = "normal") -> None:
    """A paragraph, broken into lines."""
    width = size * _BOLD if weight == "bold" else size
    for line in _wrapped(text, width) if text else ():
        pages.line(line, size, weight)
    pages.gap(0.06)


def _wrapped(text: str, size: float) -> list[str]:
    """Lines that fit between the margins."""
    return textwrap.wrap(text, int((WIDTH - 2 * MARGIN) * 72 / (size * _EM)))
