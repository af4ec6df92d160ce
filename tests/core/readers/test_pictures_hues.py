"""Contours of two colours: the rarer one is negative, and the ink is what it was."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from nmrcam_qt.core.picking import PickSettings, Signs, pick_peaks
from nmrcam_qt.core.preprocessing import ink
from nmrcam_qt.core.readers.hues import TWO_COLOURS, _middle, rarer_colour, two_hues
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.writers.signals import signed_ink

BLUE, BROWN, GREEN, YELLOW = "#004d80", "#803300", "#00aa00", "#e8d000"
COMMON = ((60, 50), (150, 50), (60, 130))
RARE = (170, 120)


def contours(common=BLUE, rare=BROWN, paper="white", size=(240, 180), mode="RGB", more=()):
    """Soft double rings, three of one colour and one of another."""
    large = Image.new("RGB", (4 * size[0], 4 * size[1]), paper)
    pen = ImageDraw.Draw(large)
    for (x, y), colour in [*((place, common) for place in COMMON), (RARE, rare), *more]:
        for radius in (5, 9):
            box = [4 * (x - radius), 4 * (y - radius), 4 * (x + radius), 4 * (y + radius)]
            pen.ellipse(box, outline=colour, width=5)
    return large.resize(size, Image.Resampling.LANCZOS).convert(mode)


def saved(tmp_path, image, name="a.png", **how):
    path = tmp_path / name
    image.save(path, **how)
    return path


def read(path):
    return read_picture(path, ReadOptions(None, (10, 0), (0, 200)))


def around(spectrum, place, reach=12):
    x, y = place
    return spectrum.intensity[y - reach : y + reach + 1, x - reach : x + reach + 1]


@pytest.mark.parametrize("paper", ["white", "black", "#fffbe8"])
@pytest.mark.parametrize("pair", [(BLUE, BROWN), (BROWN, BLUE), ("#ff4040", "#4060ff")])
def test_the_rarer_colour_is_negative(tmp_path, pair, paper):
    if paper == "black":
        pair = tuple(
            "#" + "".join(f"{255 - int(c[i : i + 2], 16):02x}" for i in (1, 3, 5)) for c in pair
        )
    spectrum = read(saved(tmp_path, contours(*pair, paper=paper)))
    assert TWO_COLOURS in spectrum.provenance.notes
    strong = np.abs(spectrum.intensity) > 0.2
    for place in COMMON:
        there = around(spectrum, place)
        assert there.max() > 0.3
        assert there.min() >= 0
    there = around(spectrum, RARE)
    assert strong.sum() > 400
    assert (there[np.abs(there) > 0.2] < 0).all()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".bmp"])
def test_ink_is_that_of_the_grey_picture(tmp_path, suffix):
    path = saved(tmp_path, contours(), f"a{suffix}")
    spectrum = read(path)
    assert spectrum.intensity.min() < -0.3
    with Image.open(path) as image:
        grey = read(saved(tmp_path, image.convert("L"), "grey.png"))
    assert grey.intensity.min() == 0
    np.testing.assert_array_equal(np.abs(spectrum.intensity), grey.intensity)
    np.testing.assert_array_equal(ink(spectrum), ink(grey))
    assert not np.signbit(spectrum.intensity[spectrum.intensity == 0]).any()


def test_saved_pictures_show_the_signs(tmp_path):
    spectrum = read(saved(tmp_path, contours()))
    np.testing.assert_array_equal(signed_ink(spectrum), spectrum.intensity)


@pytest.mark.parametrize("mode", ["P", "RGBA", "CMYK"])
def test_colours_of_every_mode(tmp_path, mode):
    image = contours()
    if mode == "P":
        image = image.quantize(64)
    path = saved(tmp_path, image if mode == "P" else image.convert(mode), "a.tif")
    assert (around(read(path), RARE).min()) < -0.3


def test_lines_on_nothing(tmp_path):
    opaque = contours()
    image = opaque.convert("RGBA")
    image.putalpha(Image.eval(opaque.convert("L"), lambda v: 255 - v))
    spectrum = read(saved(tmp_path, image))
    assert around(spectrum, RARE).min() < -0.3
    assert around(spectrum, COMMON[0]).min() >= 0


RAINBOW = [
    ((x, y), f"hsl({17 * (x + 3 * y) % 360}, 100%, 40%)")
    for x in range(30, 220, 40)
    for y in (90, 160)
]


@pytest.mark.parametrize(
    ("common", "rare", "more"),
    [
        (BLUE, BLUE, ()),
        ("black", "black", ()),
        (BLUE, "#3080b0", ()),  # a lighter shade
        ("black", "#c00000", ()),  # a frame and text are black: one colour says nothing
        (BLUE, BROWN, RAINBOW),
    ],
    ids=["one", "grey", "shades", "grey and one", "rainbow"],
)
def test_without_two_colours_nothing_is_negative(tmp_path, common, rare, more):
    spectrum = read(saved(tmp_path, contours(common, rare, more=more)))
    assert spectrum.intensity.min() >= 0
    assert TWO_COLOURS not in spectrum.provenance.notes


def test_a_photograph_has_no_signs(tmp_path):
    rng = np.random.default_rng(0)
    pixels = np.where(rng.random((80, 90, 1)) < 0.5, (0, 70, 130), (130, 60, 0)).astype(np.uint8)
    assert read(saved(tmp_path, Image.fromarray(pixels))).intensity.min() >= 0


def test_noise_of_a_jpeg_is_no_colour(tmp_path):
    for quality in (30, 60, 90):
        path = saved(tmp_path, contours(BLUE, BLUE), "a.jpg", quality=quality)
        assert read(path).intensity.min() >= 0


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=48, max_size=48 * 40), st.integers(1, 12))
def test_any_pixels_keep_their_ink(data, width):
    n = len(data) // 3 // width
    if n < 2 or width < 2:
        return
    pixels = np.frombuffer(data[: n * width * 3], np.uint8).reshape(n, width, 3)
    values = np.asarray(Image.fromarray(pixels).convert("L"))
    rare = rarer_colour([(0, pixels)], values, np.arange(256, dtype=np.float32) / 255)
    assert rare is None or (rare.shape == values.shape and not rare[values == 0].any())


@given(st.binary(min_size=1, max_size=60))
def test_the_middle_of_bytes_is_their_median(data):
    values = np.frombuffer(data, np.uint8)
    assert np.mean(_middle(values)) == np.median(values)


def test_two_hues_are_told_by_their_middles():
    histogram = np.zeros(36)
    histogram[[0, 35]] = 50, 50  # about 0 degrees, across the end of the circle
    histogram[20] = 30
    found = two_hues(histogram, histogram)
    assert found is not None
    assert min(found.common, 360 - found.common) < 1
    assert found.rare == pytest.approx(205)
    histogram[8:14] = 20
    assert two_hues(histogram, histogram) is None
    assert two_hues(np.zeros(36), np.zeros(36)) is None


def touching():
    """A ring of each colour, one at the other's edge."""
    return contours(more=[((COMMON[0][0] + 18, COMMON[0][1] + 3), BROWN)])


def test_touching_contours_of_two_signs_are_two_peaks(tmp_path):
    spectrum = read(saved(tmp_path, touching()))
    picked = pick_peaks(spectrum)
    negative = [p for p in picked.peaks if p.height < 0]
    assert len(picked) == 5
    assert len(negative) == 2
    assert all(p.volume < 0 for p in negative)
    x, y = COMMON[0][0] + 18, COMMON[0][1] + 3
    want = float(spectrum.f2.ppm(float(x))), float(spectrum.f1.ppm(float(y)))
    assert any(
        abs(p.h_ppm - want[0]) < abs(spectrum.f2.step) * 1.5
        and abs(p.c_ppm - want[1]) < abs(spectrum.f1.step) * 1.5
        for p in negative
    )
    for signs, n in ((Signs.POSITIVE, 3), (Signs.NEGATIVE, 2)):
        assert len(pick_peaks(spectrum, PickSettings(signs=signs))) == n


def test_yellow_contours_are_as_good_as_dark_ones(tmp_path):
    """The threshold of each colour is a part of its own darkest ink."""
    picked = pick_peaks(read(saved(tmp_path, contours(BLUE, YELLOW))))
    assert sorted(np.sign([p.height for p in picked.peaks])) == [-1, 1, 1, 1]


def test_reading_needs_no_second_look_at_the_file(tmp_path):
    made = io.BytesIO()
    contours().save(made, "PNG")
    path = tmp_path / "a.png"
    path.write_bytes(made.getvalue())
    spectrum = read(path)
    path.unlink()
    assert len(pick_peaks(spectrum)) == 4
