"""Pictures of spectra: PNG, JPEG, TIFF, BMP become ink with assumed or given axes."""

from __future__ import annotations

import math
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.hues import TWO_COLOURS, rarer_colour
from nmrcam_qt.core.readers.jpeg_scans import MAX_SCANS, count_scans
from nmrcam_qt.core.readers.options import (
    DEFAULT_F1_WINDOW,
    DEFAULT_F2_WINDOW,
    ReadOptions,
    against_the_file,
    assumed_axes,
    experiment_from_name,
    file_sha256,
)
from nmrcam_qt.core.readers.pixels import rgb_of
from nmrcam_qt.core.spectrum import Image as Ink
from nmrcam_qt.core.spectrum import Provenance, SourceKind, Spectrum, freeze

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
MAX_PIXELS = 100_000_000
MAX_BYTES = 1_000_000_000
MIN_SIDE = 2
DARK_BELOW = 0.5
_DARK_GREY = 128
"""The first grey whose luminance is not below that."""
INVERTED = "dark background noticed, picture inverted"
EXPECTED = "a PNG, JPEG, TIFF or BMP picture"
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"II", b"MM", b"BM")
_STRIP_PIXELS = 4_000_000
_OPAQUE = 128
_COLOURLESS = ("1", "L", "LA", "La", "LAB")
"""Of LAB only the lightness is read."""
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""What Pillow raises on broken files (found by mutating pictures of every format)."""


class _WithoutWarnings:
    """Ignores warnings while any thread is inside; `warnings` itself keeps one state for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._kept = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._kept = warnings.catch_warnings()
                self._kept.__enter__()
                warnings.simplefilter("ignore")

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._kept.__exit__(None, None, None)


_WITHOUT_WARNINGS = _WithoutWarnings()


def read_picture(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read a picture of a spectrum: ink = 1 - luminance (ITU-R BT.601), 0..1.

    Transparent pixels lie on white paper, on black where only light lines are drawn
    on a transparent ground. A picture whose median luminance is below 0.5 has a dark
    background and is inverted. A picture is turned as its EXIF orientation says (as
    every viewer shows it). Of several pages or frames the first is read. The
    provenance tells each of these. Ink of the rarer of two colours of contours is negative
    (`core.readers.hues`); everything else is positive.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF or BMP, up to 100 megapixels, checked before decoding.
    options : ReadOptions, optional
        Windows in ppm at the picture's *outer edges*; without them 10-0 ppm
        (¹H) and 0-200 ppm (¹³C) are assumed and the provenance says so.

    Raises
    ------
    ReadError
        If it is no such picture, broken, cut short or too large.
    """
    options = options or ReadOptions()
    f2_window = _window(path, options.f2_window, DEFAULT_F2_WINDOW)
    f1_window = _window(path, options.f1_window, DEFAULT_F1_WINDOW)
    _check_bytes(path)
    ink, picture_format, notes = _read_ink(path)
    freeze(ink)
    assumed = assumed_axes(options)
    experiment = options.experiment
    assumed += against_the_file(experiment, path, None)
    if experiment is None:
        experiment, said = experiment_from_name(path)
        assumed += [said] if said else []
    return Spectrum(
        name=path.stem,
        intensity=ink,
        f1=Axis.from_edges("13C", *f1_window, ink.shape[0]),
        f2=Axis.from_edges("1H", *f2_window, ink.shape[1]),
        experiment=experiment,
        provenance=Provenance(
            path=str(path),
            kind=SourceKind.PICTURE,
            format=f"{picture_format} picture",
            sha256=file_sha256(path),
            assumed=tuple(assumed),
            notes=tuple(notes),
            axes_assumed=options.f2_window is None or options.f1_window is None,
        ),
    )


def _window(
    path: Path, given: tuple[float, float] | None, default: tuple[float, float]
) -> tuple[float, float]:
    if given is None:
        return default
    if given[0] == given[1] or not all(math.isfinite(edge) for edge in given):
        raise ReadError(path, f"the window {given[0]:g}:{given[1]:g} ppm has no extent")
    return given


def _check_bytes(path: Path) -> None:
    try:
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ReadError(path, f"cannot be read ({reason})") from None
    if size > MAX_BYTES:
        raise ReadError(path, f"a file of {size / 1e6:.0f} MB", "at most 1000 MB")


def _read_ink(path: Path) -> tuple[Ink, str, list[str]]:
    """Ink -1..1, float32 ``(height, width)``, the picture's format, and notes."""
    try:
        # Pillow warns above 89 megapixels (our own limit is checked before decoding)
        # and about small faults in metadata.
        with _WITHOUT_WARNINGS:
            ink, picture_format, notes = _decode(path)
    except Image.DecompressionBombError:
        raise ReadError(path, "the picture is too large", "at most 100 megapixels") from None
    except UnidentifiedImageError:
        raise ReadError(path, _unidentified(path), EXPECTED) from None
    except MemoryError:
        raise ReadError(path, "the picture needs more memory than there is") from None
    except _BROKEN as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ReadError(path, f"the picture is broken ({reason})", EXPECTED) from None
    return ink, picture_format, notes


def _unidentified(path: Path) -> str:
    """Pillow does not tell a picture cut short from none at all; its first bytes do."""
    with path.open("rb") as handle:
        head = handle.read(16)
    return "the picture is broken or cut short" if head.startswith(_MAGIC) else "not a picture"


def _decode(path: Path) -> tuple[Ink, str, list[str]]:
    """Ink, the picture's format, and notes; of colours only their signs are kept."""
    with Image.open(path, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            found = f"a picture of {width}×{height} pixels"
            raise ReadError(path, found, "at most 100 megapixels")
        if min(width, height) < MIN_SIDE:
            raise ReadError(path, f"the picture has {width}×{height} pixels", "at least 2×2")
        picture_format = "JPEG" if image.format == "MPO" else image.format or "picture"
        if picture_format == "JPEG" and count_scans(path) > MAX_SCANS:
            raise ReadError(path, f"a JPEG picture of more than {MAX_SCANS} scans")
        notes = []
        if getattr(image, "is_animated", False):
            notes.append("the first of several pages or frames was read")
        if image.getexif().get(ExifTags.Base.Orientation, 1) in range(2, 9):
            notes.append("turned as its EXIF orientation says")
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        if image.mode.startswith("I") or image.mode == "F":
            ink, more = _ink_of_numbers(np.array(image, dtype=np.float32))
            return ink, picture_format, notes + more
        light_lines = _light_lines_on_nothing(image)
        if light_lines:
            notes.append("light lines on a transparent ground, drawn on black")
        grey = _grey(image, paper=0 if light_lines else 255)
        dark = int(np.count_nonzero(grey < _DARK_GREY)) * 2 > grey.size
        ink = _ink_of_grey(grey, dark)
        notes += [INVERTED] if dark else []
        notes += _give_signs(image, ink, grey, dark)
        return ink, picture_format, notes


def _give_signs(image: Image.Image, ink: Ink, grey: NDArray[np.uint8], dark: bool) -> list[str]:
    """Make the ink of the rarer of two colours negative; what is said of it."""
    if image.mode in _COLOURLESS:
        return []
    levels = _ink_of_grey(np.arange(256, dtype=np.uint8), dark)
    rare = rarer_colour(_colours(image), grey, levels)
    if rare is None:
        return []
    np.negative(ink, out=ink, where=rare)
    return [TWO_COLOURS]


def _ink_of_grey(grey: NDArray[np.uint8], dark: bool) -> Ink:
    """Luminance 0..1 on a dark background, else 1 - luminance."""
    ink = grey.astype(np.float32)
    ink /= np.float32(255)
    return ink if dark else np.subtract(np.float32(1), ink, out=ink)


def _ink_of_numbers(ink: Ink) -> tuple[Ink, list[str]]:
    """The same of a picture of numbers, in place: up to 1, 255, 65535 or its largest."""
    np.nan_to_num(ink, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.maximum(ink, 0, out=ink)
    top = float(ink.max())
    full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0
    ink /= np.float32(max(full, top))
    if np.count_nonzero(ink < DARK_BELOW) * 2 > ink.size:
        return ink, [INVERTED]
    return np.subtract(np.float32(1), ink, out=ink), []


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture in strips of at most 4 megapixels, each with its first row."""
    width, height = image.size
    rows = max(1, _STRIP_PIXELS // width)
    if rows >= height:
        yield 0, image  # not even copied
        return
    for top in range(0, height, rows):
        yield top, image.crop((0, top, width, min(top + rows, height)))


def _colours(image: Image.Image) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Red, green and blue, strip by strip."""
    for top, strip in _strips(image):
        plain = _with_alpha(strip, image) if _has_alpha(image) else strip
        yield top, rgb_of(plain if plain.mode == "RGB" else plain.convert("RGB"))


def _has_alpha(image: Image.Image) -> bool:
    return image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info


def _light_lines_on_nothing(image: Image.Image) -> bool:
    """Whether most of the picture is transparent and most of the rest is light."""
    if not _has_alpha(image):
        return False
    clear = opaque = light = 0
    for _, strip in _strips(image):
        rgba = _with_alpha(strip, image)
        drawn = np.asarray(rgba.getchannel("A")) >= _OPAQUE
        grey = np.asarray(rgba.convert("RGB").convert("L"))
        clear += int((~drawn).sum())
        opaque += int(drawn.sum())
        light += int((grey[drawn] >= _OPAQUE).sum())
    return clear > opaque > 0 and 2 * light > opaque


def _with_alpha(strip: Image.Image, image: Image.Image) -> Image.Image:
    if "transparency" in image.info:
        strip.info["transparency"] = image.info["transparency"]
    return strip.convert("RGBA")


def _grey(image: Image.Image, paper: int) -> NDArray[np.uint8]:
    """Luminance 0..255 on paper of one grey, made strip by strip to spare memory."""
    grey = np.empty((image.height, image.width), dtype=np.uint8)
    for top, strip in _strips(image):
        if image.mode == "LAB":
            flat = strip.getchannel(0)
        elif _has_alpha(image):
            rgba = _with_alpha(strip, image)
            ground = Image.new("RGBA", rgba.size, (paper, paper, paper, 255))
            flat = Image.alpha_composite(ground, rgba).convert("L")
        elif image.mode in ("L", "1", "RGB"):
            flat = strip.convert("L")
        else:
            flat = strip.convert("RGB").convert("L")
        if strip is image:
            return np.asarray(flat)
        grey[top : top + strip.height] = np.asarray(flat)
    return grey
