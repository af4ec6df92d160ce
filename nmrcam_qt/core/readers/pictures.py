"""Pictures of spectra: PNG, JPEG, TIFF, BMP become ink with assumed or given axes."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import (
    DEFAULT_F1_WINDOW,
    DEFAULT_F2_WINDOW,
    ReadOptions,
    experiment_from_name,
    file_sha256,
)
from nmrcam_qt.core.spectrum import Image as Ink
from nmrcam_qt.core.spectrum import Provenance, SourceKind, Spectrum

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp")
FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
MAX_PIXELS = 100_000_000
MIN_SIDE = 2
DARK_BELOW = 0.5
EXPECTED = "a PNG, JPEG, TIFF or BMP picture"


def read_picture(path: Path, options: ReadOptions | None = None) -> Spectrum:
    """Read a picture of a spectrum: ink = 1 - luminance (ITU-R BT.601), 0..1.

    Transparent pixels lie on white paper. A picture whose median luminance is
    below 0.5 has a dark background and is inverted; the provenance says so.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF or BMP, up to 100 megapixels.
    options : ReadOptions, optional
        Windows in ppm at the picture's *outer edges*; without them 10-0 ppm
        (¹H) and 0-200 ppm (¹³C) are assumed and the provenance says so.

    Raises
    ------
    ReadError
        If it is no such picture, broken or too large.
    """
    options = options or ReadOptions()
    sha256 = file_sha256(path)
    luminance, picture_format = _luminance(path)
    notes: list[str] = []
    if float(np.median(luminance)) < DARK_BELOW:
        notes.append("dark background noticed, picture inverted")
        ink = luminance
    else:
        ink = np.subtract(np.float32(1), luminance, out=luminance)
    f2_window = options.f2_window or DEFAULT_F2_WINDOW
    f1_window = options.f1_window or DEFAULT_F1_WINDOW
    assumed = _assumed_axes(options)
    experiment = options.experiment
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
            sha256=sha256,
            assumed=tuple(assumed),
            notes=tuple(notes),
            axes_assumed=options.f2_window is None or options.f1_window is None,
        ),
    )


def _assumed_axes(options: ReadOptions) -> list[str]:
    """Say which window nobody gave."""
    if options.f2_window is None and options.f1_window is None:
        return ["axes assumed 10–0 / 0–200 ppm"]
    if options.f2_window is None:
        return ["¹H axis assumed 10–0 ppm"]
    if options.f1_window is None:
        return ["¹³C axis assumed 0–200 ppm"]
    return []


def _luminance(path: Path) -> tuple[Ink, str]:
    """Luminance 0..1, float32 ``(height, width)``, and the picture's format."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _decode(path)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ReadError(path, "the picture is too large", "at most 100 megapixels") from None
    except UnidentifiedImageError:
        raise ReadError(path, "not a picture", EXPECTED) from None
    except MemoryError:
        raise ReadError(path, "the picture needs more memory than there is") from None
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, IndexError) as error:
        raise ReadError(path, f"the picture is broken ({error})", EXPECTED) from None


def _decode(path: Path) -> tuple[Ink, str]:
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    with Image.open(path, formats=FORMATS) as image:
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise Image.DecompressionBombError
        if min(width, height) < MIN_SIDE:
            raise ReadError(path, f"the picture has {width}×{height} pixels", "at least 2×2")
        return _to_luminance(image), image.format or "picture"


def _to_luminance(image: Image.Image) -> Ink:
    """Composite on white and take the luminance; 16-bit and float pictures are scaled."""
    if image.mode.startswith("I") or image.mode == "F":
        values = np.asarray(image, dtype=np.float32)
        values = np.where(np.isfinite(values), values, np.float32(0))
        top = float(values.max())
        full = 1.0 if top <= 1 else 255.0 if top <= 255 else 65535.0
        return np.asarray(np.clip(values / np.float32(max(full, top)), 0, 1), dtype=np.float32)
    if image.mode in ("LA", "PA", "RGBA", "La", "RGBa") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        paper = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        image = Image.alpha_composite(paper, rgba)
    grey = np.asarray(image.convert("L"), dtype=np.float32)
    return grey / np.float32(255)
