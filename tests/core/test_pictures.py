"""Pictures of every kind become the same ink; broken ones one sentence."""

from __future__ import annotations

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import pictures
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment

PILLOW = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF", ".bmp": "BMP"}
ORIENTATION = 0x0112


def drawing(height=60, width=80):
    """White paper, a black blob at rows 10-19, columns 20-29."""
    pixels = np.full((height, width, 3), 255, np.uint8)
    pixels[10:20, 20:30] = 0
    return Image.fromarray(pixels)


def noise(height=60, width=80):
    rng = np.random.default_rng(1)
    return Image.fromarray(rng.integers(0, 255, (height, width, 3)).astype(np.uint8))


def saved(tmp_path, image, name="a.png", **how):
    path = tmp_path / name
    image.save(path, **how)
    return path


def assert_is_the_drawing(spectrum, tolerance=0.1):
    assert spectrum.intensity.shape == (60, 80)
    assert spectrum.intensity.dtype == np.float32
    assert spectrum.intensity[12:18, 22:28].min() > 1 - tolerance
    assert spectrum.intensity[40:, 40:].max() < tolerance


@pytest.mark.parametrize("suffix", PILLOW)
@pytest.mark.parametrize("mode", ["RGB", "L", "1", "P"])
def test_formats_and_modes(tmp_path, suffix, mode):
    if suffix == ".jpg" and mode in ("1", "P"):
        mode = "L"
    path = saved(tmp_path, drawing().convert(mode), f"a{suffix}")
    spectrum = read_picture(path)
    assert_is_the_drawing(spectrum)
    assert spectrum.provenance.format == f"{PILLOW[suffix]} picture"
    assert spectrum.provenance.notes == ()
    assert len(spectrum.provenance.sha256) == 64


@pytest.mark.parametrize("suffix", [".jpg", ".tif"])
def test_cmyk(tmp_path, suffix):
    assert_is_the_drawing(read_picture(saved(tmp_path, drawing().convert("CMYK"), f"a{suffix}")))


@pytest.mark.parametrize(
    ("dtype", "full", "suffix"),
    [
        (np.uint16, 65535, ".png"),
        (np.uint16, 65535, ".tif"),
        (np.int32, 65535, ".tif"),
        (np.float32, 1.0, ".tif"),
        (np.float32, 255.0, ".tif"),
    ],
)
def test_deep_pictures(tmp_path, dtype, full, suffix):
    grey = np.asarray(drawing().convert("L"), dtype=float) / 255 * full
    path = saved(tmp_path, Image.fromarray(grey.astype(dtype)), f"a{suffix}")
    assert_is_the_drawing(read_picture(path))


def test_values_that_are_not_finite_are_black_paper_safe(tmp_path):
    grey = np.ones((60, 80), np.float32)
    grey[10:20, 20:30] = 0
    grey[0, :3] = np.nan, np.inf, -np.inf
    spectrum = read_picture(saved(tmp_path, Image.fromarray(grey), "a.tif"))
    assert np.isfinite(spectrum.intensity).all()
    assert_is_the_drawing(spectrum)


def test_grey_levels_are_luminance(tmp_path):
    pixels = np.full((4, 4, 3), 255, np.uint8)
    pixels[0, :3] = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    ink = read_picture(saved(tmp_path, Image.fromarray(pixels))).intensity
    np.testing.assert_allclose(ink[0, :3], [1 - 0.299, 1 - 0.587, 1 - 0.114], atol=0.005)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_ground_is_white_paper(tmp_path, mode):
    image = drawing().convert("RGBA")
    alpha = np.where(np.asarray(drawing().convert("L")) < 128, 255, 0).astype(np.uint8)
    image.putalpha(Image.fromarray(alpha))
    assert_is_the_drawing(read_picture(saved(tmp_path, image.convert(mode))))


def test_transparent_colour_of_a_palette(tmp_path):
    image = drawing().convert("P")
    path = saved(tmp_path, image, transparency=image.getpixel((0, 0)))
    assert_is_the_drawing(read_picture(path))


def test_light_lines_on_a_transparent_ground(tmp_path):
    image = Image.new("RGBA", (80, 60), (255, 255, 255, 0))
    image.paste((255, 255, 200, 255), (20, 10, 30, 20))
    spectrum = read_picture(saved(tmp_path, image))
    assert_is_the_drawing(spectrum)
    assert any("transparent" in note for note in spectrum.provenance.notes)


def test_a_dark_background_is_inverted_and_said(tmp_path):
    dark = Image.fromarray(255 - np.asarray(drawing()))
    spectrum = read_picture(saved(tmp_path, dark))
    assert_is_the_drawing(spectrum)
    assert spectrum.provenance.notes == ("dark background noticed, picture inverted",)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_exif_orientation_is_applied_once(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]  # stored picture -> upright, clockwise
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(np.asarray(drawing()), turns)))
    spectrum = read_picture(saved(tmp_path, stored, f"a{suffix}", exif=exif))
    assert_is_the_drawing(spectrum)
    assert bool(spectrum.provenance.notes) == (orientation != 1)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_the_first_of_several_pages(tmp_path, suffix):
    path = saved(tmp_path, drawing(), f"a{suffix}", save_all=True, append_images=[noise(), noise()])
    spectrum = read_picture(path)
    assert_is_the_drawing(spectrum)
    assert spectrum.provenance.notes == ("the first of several pages or frames was read",)


def test_axes_are_assumed_and_said(tmp_path):
    spectrum = read_picture(saved(tmp_path, drawing(), "x_HSQC.png"))
    assert spectrum.provenance.axes_assumed
    assert spectrum.provenance.assumed == ("axes assumed 10–0 / 0–200 ppm",)
    assert spectrum.f2.edges == pytest.approx((10, 0), abs=1e-9)
    assert spectrum.f1.edges == pytest.approx((0, 200), abs=1e-9)
    assert spectrum.experiment is Experiment.HSQC


def test_a_given_window_is_at_the_outer_edges(tmp_path):
    options = ReadOptions(f2_window=(8.0, 0.0), f1_window=(0.0, 120.0))
    spectrum = read_picture(saved(tmp_path, drawing()), options)
    assert not spectrum.provenance.axes_assumed
    assert spectrum.provenance.assumed == ()
    assert spectrum.f2.first_ppm == pytest.approx(8 - 0.05)
    assert spectrum.f1.first_ppm == pytest.approx(1.0)
    half = read_picture(saved(tmp_path, drawing()), ReadOptions(f2_window=(8.0, 0.0)))
    assert half.provenance.axes_assumed
    assert half.provenance.assumed == ("¹³C axis assumed 0–200 ppm",)


@pytest.mark.parametrize("window", [(5.0, 5.0), (0.0, float("nan"))])
def test_windows_without_extent_are_refused(tmp_path, window):
    with pytest.raises(ReadError, match="no extent"):
        read_picture(saved(tmp_path, drawing()), ReadOptions(f2_window=window))


@pytest.mark.parametrize("suffix", PILLOW)
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_cut_short_is_refused(tmp_path, suffix, part):
    whole = io.BytesIO()
    noise(200, 200).save(whole, PILLOW[suffix])
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(whole.getvalue()[: int(len(whole.getvalue()) * part)])
    with pytest.raises(ReadError, match=r"cut\..*: the picture is broken"):
        read_picture(path)


@pytest.mark.parametrize("compression", ["tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff(tmp_path, compression):
    whole = io.BytesIO()
    drawing().save(whole, "TIFF", compression=compression)
    path = tmp_path / "a.tif"
    path.write_bytes(whole.getvalue())
    assert_is_the_drawing(read_picture(path))
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pytest.raises(ReadError):
        read_picture(path)


def png_header(width, height):
    """A PNG that only claims its size: nothing can be decoded."""
    body = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + body
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", len(body)) + chunk
    return start + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\x10IDAT"


@pytest.mark.parametrize("size", [(10_001, 10_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, size, monkeypatch):
    def load(self):
        raise AssertionError("decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    path = tmp_path / "huge.png"
    path.write_bytes(png_header(*size))
    with pytest.raises(ReadError, match="100 megapixels"):
        read_picture(path)


def test_large_pictures_are_read_in_silence_and_pillow_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4_000)  # Pillow warns from there to twice that
    truncated = ImageFile.LOAD_TRUNCATED_IMAGES
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert_is_the_drawing(read_picture(saved(tmp_path, drawing())))
    assert caught == []
    assert (4_000, truncated) == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_strips_join_without_a_seam(tmp_path, monkeypatch):
    path = saved(tmp_path, noise(97, 80).convert("RGBA"))
    whole = read_picture(path).intensity
    monkeypatch.setattr(pictures, "_STRIP_PIXELS", 700)
    np.testing.assert_array_equal(read_picture(path).intensity, whole)


def test_one_pixel_is_no_spectrum(tmp_path):
    with pytest.raises(ReadError, match="1×1 pixels"):
        read_picture(saved(tmp_path, Image.new("L", (1, 1)), "a.bmp"))


def test_missing_files(tmp_path):
    with pytest.raises(ReadError, match="cannot be read"):
        read_picture(tmp_path / "none.png")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(PILLOW)), st.data())
def test_mutated_pictures_give_a_picture_or_one_sentence(tmp_path, suffix, data):
    whole = io.BytesIO()
    noise(12, 10).save(whole, PILLOW[suffix])
    mutated = bytearray(whole.getvalue())
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / f"m{suffix}"
    path.write_bytes(bytes(mutated))
    try:
        spectrum = read_picture(path)
    except ReadError as error:
        assert "\n" not in str(error)
    else:
        assert np.isfinite(spectrum.intensity).all()
        assert 0 <= spectrum.intensity.min() <= spectrum.intensity.max() <= 1
