"""What is made of a spectrum before it is drawn; everything here runs outside the window's
thread."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QPainterPath

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contour_levels import (
    DEFAULT_COUNT,
    DEFAULT_RATIO,
    Levels,
    bounded,
    crowned,
    first_level,
    shaded,
)
from nmrcam_qt.core.contours import Contours, Tile, pool, trace_contours
from nmrcam_qt.core.noise import noise_level
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.session.items import SessionItem, ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.plot_values import Ink
from nmrcam_qt.workers.display_worker import DisplayWorker, Prepared, Shelf, Work

POOLED = (2, 4)
"""Coarser grids for the overview, in the order they are made before the full one."""
POOL_FROM = 512
"""Samples along the longer side of the smallest spectrum that has coarser grids."""
COARSEST_PX = 1.25
"""Pixels of the screen that a sample of a coarse grid may cover."""
_ELEMENT_BYTES = 24
"""Of a `QPainterPath`."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an image for contours comes from.

    Parameters
    ----------
    key : hashable
        Equal keys mean equal images.
    load : callable
        Gives the image with its axes; called outside the window's thread, may raise
        `NmrCamError`.
    image_key : hashable
        Equal where only the axes moved: what is shown stays until its successor is there.
        None for `key`.
    """

    key: Hashable
    load: Callable[[], Ink]
    image_key: Hashable = None

    def same_image(self, other: Source) -> bool:
        """Whether another source has the same image, on whatever axes."""
        if self.image_key is None or other.image_key is None:
            return self.key == other.key
        return self.image_key == other.image_key


def source_of(packed: PackedSpectrum) -> Source:
    """A packed spectrum as a source."""
    # The handle stays the same when the project is saved; another referencing moves the axes.
    return Source((packed.payload, packed.display_axes), packed.display, packed.payload)


@dataclass(frozen=True, slots=True)
class ContourScale:
    """Which contours are wanted.

    Parameters
    ----------
    factor : float
        Base over its default, see `core.contour_levels.first_level`.
    ratio : float
        Each level over the one before.
    count : int
        Levels of each sign.
    """

    factor: float = 1.0
    ratio: float = DEFAULT_RATIO
    count: int = DEFAULT_COUNT


DEFAULT_SCALE = ContourScale()


def scale_of(item: SessionItem, settings: ViewSettings) -> ContourScale:
    """Contours of a spectrum: its own base, ratio and number of the view."""
    return ContourScale(item.record.contour_base, settings.contour_ratio, settings.contour_levels)


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """An image with what is needed to choose levels.

    Parameters
    ----------
    image : float32 ``(f1.size, f2.size)``
        Intensity.
    f1, f2 : Axis
        Its axes.
    noise : float
        Standard deviation of the noise; 0 where there is none.
    top : float
        Largest magnitude.
    base : float
        Default height of the first contour, from `core.contour_levels.first_level`.
    """

    image: Image
    f1: Axis
    f2: Axis
    noise: float
    top: float
    base: float

    @property
    def ink(self) -> Ink:
        """Image and axes."""
        return self.image, self.f1, self.f2

    @property
    def nbytes(self) -> int:
        """Bytes of the image."""
        return self.image.nbytes

    def levels(self, scale: ContourScale) -> Levels:
        """The levels that are wanted."""
        return crowned(Levels(self.base * scale.factor, scale.ratio, scale.count), self.top)


@dataclass(frozen=True, slots=True, eq=False)
class PathTile:
    """The lines of a tile as paths, from the lowest level up: negative or not, level, path."""

    h_ppm: tuple[float, float]
    c_ppm: tuple[float, float]
    paths: tuple[tuple[bool, int, QPainterPath], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PathGrid:
    """All tiles of one grid; `h_step`, `c_step`: extent of a sample of it, ppm."""

    pooled: int
    h_step: float
    c_step: float
    tiles: tuple[PathTile, ...]
    n_vertices: int


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """Contours that are ready to be drawn.

    Parameters
    ----------
    surface : Surface
        What they were traced on.
    levels : Levels
        Heights that were drawn.
    wanted : Levels
        Heights that were wanted: a lower base where it was raised to remain drawable.
    grids : tuple of PathGrid
        From the coarsest to the finest; the finest may not be there yet.
    """

    surface: Surface
    levels: Levels
    wanted: Levels
    grids: tuple[PathGrid, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of the paths and of the image, which lives as long as they do."""
        return self.surface.nbytes + _ELEMENT_BYTES * sum(grid.n_vertices for grid in self.grids)


@dataclass(frozen=True, slots=True, eq=False)
class Shades:
    """An image that is ready to be drawn.

    Parameters
    ----------
    surface : Surface
        Where it is from.
    codes : uint8 ``(f1.size, f2.size)``
        128 is nothing; up to 255 positive, down to 1 negative signals. What lies below the
        base is nothing, what lies above the highest contour as strong as that.
    levels : Levels
        Base and top.
    coarse : tuple of (int, uint8 array)
        For the overview, the coarsest first: samples per point along each axis, and the
        codes of the strongest of them, so that no peak gets lost.
    """

    surface: Surface
    codes: NDArray[np.uint8]
    levels: Levels
    coarse: tuple[tuple[int, NDArray[np.uint8]], ...] = ()

    @property
    def nbytes(self) -> int:
        """Bytes of the codes and of the image, which lives as long as they do."""
        return (
            self.surface.nbytes + self.codes.nbytes + sum(codes.nbytes for _, codes in self.coarse)
        )

    def detail(self, h_per_px: float, c_per_px: float) -> tuple[int, NDArray[np.uint8]]:
        """The coarsest codes whose points still are as small as a pixel."""
        h, c = abs(self.surface.f2.step), abs(self.surface.f1.step)
        for pooled, codes in self.coarse:
            if pooled * h <= COARSEST_PX * h_per_px and pooled * c <= COARSEST_PX * c_per_px:
                return pooled, codes
        return 1, self.codes


def surface_of(source: Source, shelf: Shelf, progress: Progress) -> Surface:
    """The image of a source with its noise, loaded once."""
    key = ("surface", source.key)
    known = shelf.get(key)
    if isinstance(known, Surface):
        return known
    image, f1, f2 = source.load()
    progress.step(0, 1)
    top = float(max(image.max(initial=0), -image.min(initial=0)))
    noise = noise_level(image)
    made = Surface(image, f1, f2, noise, top, first_level(image, noise, top))
    shelf.put(key, made)
    return made


def contour_key(source: Source, scale: ContourScale) -> Hashable:
    """Under which contours are kept and arrive."""
    return ("contours", source.key, scale)


def ask_contours(
    worker: DisplayWorker, owner: Hashable, source: Source, scale: ContourScale
) -> tuple[Hashable, Prepared | None]:
    """Have contours made; the key under which they arrive, and what is there already."""
    key = contour_key(source, scale)
    return key, worker.ask(owner, key, _contour_work(source, scale, worker.shelf))


def ask_shades(
    worker: DisplayWorker, owner: Hashable, source: Source, scale: ContourScale
) -> tuple[Hashable, Prepared | None]:
    """Have an image made; as `ask_contours`."""
    key = ("shades", source.key, scale)
    return key, worker.ask(owner, key, _shade_work(source, scale, worker.shelf))


def _contour_work(source: Source, scale: ContourScale, shelf: Shelf) -> Work:
    def work(progress: Progress) -> Iterator[Prepared]:
        surface = surface_of(source, shelf, progress)
        wanted = surface.levels(scale)
        levels = bounded(surface.image, wanted)
        grids: list[PathGrid] = []
        large = max(surface.image.shape) >= POOL_FROM
        for pooled in (*POOLED, 1) if large else (1,):
            traced = trace_contours(*surface.ink, levels, pooled, progress=progress)
            grids.append(_paths(traced, progress))
            grids.sort(key=lambda grid: -grid.pooled)
            if pooled != POOLED[-1]:  # where the finer one is shown, it is no news
                yield Drawing(surface, levels, wanted, tuple(grids))

    return work


def _shade_work(source: Source, scale: ContourScale, shelf: Shelf) -> Work:
    def work(progress: Progress) -> Iterator[Prepared]:
        surface = surface_of(source, shelf, progress)
        levels = surface.levels(scale)
        codes = shade(surface.image, levels)
        coarse = tuple((by, _strongest(codes, by)) for by in sorted(POOLED, reverse=True))
        yield Shades(surface, codes, levels, coarse)

    return work


def shade(image: Image, levels: Levels) -> NDArray[np.uint8]:
    """Codes of `Shades` for an image, uint8 of its shape."""
    codes = 128 + np.rint(127 * shaded(image, levels))
    made: NDArray[np.uint8] = codes.astype(np.uint8)
    return made


def _strongest(codes: NDArray[np.uint8], by: int) -> NDArray[np.uint8]:
    """Of every square of codes the one that is furthest from nothing."""
    high, low = pool(codes, by, np.maximum), pool(codes, by, np.minimum)
    made: NDArray[np.uint8] = np.where(high >= 256 - low.astype(np.int16), high, low)
    return made


def _paths(traced: Contours, progress: Progress) -> PathGrid:
    tiles = []
    for tile in traced.tiles:
        progress.step(0, 1)
        tiles.append(_path_tile(tile))
    return PathGrid(traced.pooled, traced.h_step, traced.c_step, tuple(tiles), traced.n_vertices)


def _path_tile(tile: Tile) -> PathTile:
    import pyqtgraph  # not for the first paint

    paths = []
    for lines in tile.lines:
        joined = np.ones(len(lines.points), dtype=np.int32)
        joined[lines.offsets[1:].astype(np.intp) - 1] = 0
        points = lines.points
        path = pyqtgraph.arrayToQPath(points[:, 0], points[:, 1], connect=joined, finiteCheck=False)
        paths.append((lines.negative, lines.level, path))
    return PathTile(tile.h_ppm, tile.c_ppm, tuple(paths))
