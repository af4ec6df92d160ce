"""Reused pages, own PNG files, painted pixels: quick, and never different from fresh ones."""

from __future__ import annotations

import base64
import io
import struct
from dataclasses import replace
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from builders import list_spectrum
from PIL import Image
from test_writers_picture import made

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers import picture
from nmrcam_qt.core.writers.picture import THUMBNAIL_PX, picture_bytes, thumbnail_bytes
from nmrcam_qt.core.writers.png import png_bytes
from nmrcam_qt.core.writers.raster import Grid, overlay, paint_heat, paint_ink
from nmrcam_qt.core.writers.request import PictureRequest
from nmrcam_qt.core.writers.signals import signed_ink


def various(kind: str) -> list[PictureRequest]:
    """Pictures that share pages and differ in everything that changes on one."""
    rng = np.random.default_rng(0)
    requests = [made(None, format=kind, dpi=50)]
    for i in range(6):
        evidence = (rng.normal(size=(21, 33)) * 10.0 ** (i - 3)).astype(np.float32)
        said = ("wide axes " * 10,) if i % 2 else ()
        name = "n" * (5 + 40 * (i % 3))
        requests.append(
            made(evidence, name, said, format=kind, dpi=50, smooth=i % 2 == 0, opacity=0.4 + i / 10)
        )
    requests.append(replace(requests[1], colormap="viridis", title="", subtitle="x" * 400))
    return requests


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_no_picture_depends_on_what_was_drawn_before(kind: str) -> None:
    requests = various(kind)
    fresh = []
    for request in requests:
        picture._pages.clear()
        fresh.append(picture_bytes(request))
    assert len(set(fresh)) == len(fresh)
    others = various("png" if kind == "svg" else "svg")
    order = np.random.default_rng(1).permutation(np.repeat(np.arange(len(requests)), 3))
    for i in order:
        picture_bytes(others[i])
        assert picture_bytes(requests[i]) == fresh[i], requests[i].title


def test_few_pages_are_kept_and_large_ones_never_together() -> None:
    for width in range(100, 120):
        picture_bytes(made(None, dpi=40, width_mm=float(width)))
    assert len(picture._pages) <= picture._MAX_PAGES
    for width in (400.0, 401.0, 402.0):
        picture_bytes(made(None, dpi=300, width_mm=width, height_mm=250.0))
    assert sum(page.n_pixels for page in picture._pages.values()) <= 30_000_000
    picture._pages.clear()


def test_the_png_is_what_was_given() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (37, 53, 3), dtype=np.uint8)
    read = Image.open(io.BytesIO(png_bytes(pixels, 300)))
    assert np.array_equal(np.asarray(read), pixels)
    assert read.info["dpi"] == pytest.approx((300, 300), abs=0.02)
    assert read.info["Software"] == "nmrcam"
    with pytest.raises(ValueError, match="RGB"):
        png_bytes(pixels[..., 0])


def test_the_file_says_its_resolution() -> None:
    blob = picture_bytes(made(None, dpi=300))
    at = blob.index(b"pHYs")
    assert struct.unpack(">IIB", blob[at + 4 : at + 13]) == (11811, 11811, 1)


def test_painted_and_matplotlib_pictures_agree() -> None:
    """The same page by matplotlib's own images: edges may differ, places may not."""
    evidence = np.random.default_rng(2).normal(size=(21, 33)).astype(np.float32)
    request = made(evidence, dpi=100, smooth=False)
    ours = np.asarray(Image.open(io.BytesIO(picture_bytes(request))).convert("RGB"), dtype=float)
    buffer = io.BytesIO()
    with picture._our_style():
        picture.draw(request).savefig(buffer, format="png", dpi=100)
    theirs = np.asarray(Image.open(buffer).convert("RGB"), dtype=float)
    assert ours.shape == theirs.shape
    differ = np.abs(ours - theirs).max(axis=2) > 24
    assert differ.mean() < 0.012  # edges of cells and letters


def test_svg_and_png_show_the_same_pixels_at_the_same_places() -> None:
    evidence = np.random.default_rng(3).normal(size=(21, 33)).astype(np.float32)
    svg = picture_bytes(made(evidence, dpi=72, format="svg", smooth=True)).decode()
    root = ET.fromstring(svg)  # noqa: S314 - our own
    images = [e for e in root.iter() if e.tag.endswith("}image")]
    found = max((Image.open(io.BytesIO(_data(e))).convert("RGB") for e in images), key=_pixels)
    plain = made(evidence, dpi=72, smooth=True)
    page = picture.Page(picture.key_of(plain))
    area = np.asarray(Image.open(io.BytesIO(picture_bytes(plain))).convert("RGB"))[
        page.grid().place
    ]
    assert found.size == area.shape[1::-1]
    same = (np.asarray(found) == area).all(axis=2)
    assert same.mean() > 0.95  # all but the frame, its ticks and the line around the map
    left, right, bottom, top = page.grid().extent
    assert (left, right) == pytest.approx((10, 0), abs=10 / page.grid().h_ppm.size)
    assert (top, bottom) == pytest.approx((0, 200), abs=200 / page.grid().c_ppm.size)


def _data(element: ET.Element) -> bytes:
    return base64.b64decode(element.attrib["{http://www.w3.org/1999/xlink}href"].partition(",")[2])


def _pixels(image: Image.Image) -> int:
    return image.size[0] * image.size[1]


@pytest.mark.parametrize("rising", [False, True])
def test_heat_and_ink_lie_at_their_ppm(rising: bool) -> None:
    """One hot cell and one point of ink, on axes that fall or rise with the index."""
    f1, f2 = Axis("13C", 0.5, 199.5, 200), Axis("1H", 9.95, 0.05, 100)
    m1, m2 = Axis("13C", 20.0, 180.0, 9), Axis("1H", 9.0, 1.0, 5)
    ink, heat = np.zeros((200, 100), np.float32), np.full((9, 5), -1.0, np.float32)
    ink[50, 30], heat[3, 1] = -1.0, 2.0  # 50.5 / 6.95 ppm; 80 / 7 ppm
    if rising:
        f2, m1 = Axis("1H", 0.05, 9.95, 100), Axis("13C", 180.0, 20.0, 9)
        ink, heat = ink[:, ::-1].copy(), heat[::-1].copy()
    base = made(None)
    request = replace(base, intensity=ink, f1=f1, f2=f2, evidence=heat, map_f1=m1, map_f2=m2)
    c, h = np.linspace(0, 200, 401)[:-1] + 0.25, 10 - (np.arange(400) + 0.5) / 40
    grid = Grid(0, 0, c, h)
    area = np.full((400, 400, 3), 255, dtype=np.uint8)
    paint_heat(area, grid, request, np.array([[255] * 3, [0, 0, 250]], dtype=np.uint8))
    rows, columns = np.nonzero(area[..., 0] == 0)
    assert (c[rows].min(), c[rows].max()) == pytest.approx((70.25, 89.75))
    assert (h[columns].min(), h[columns].max()) == pytest.approx((6.0125, 7.9875))
    paint_ink(area, grid, request)
    red = area[..., 0] > area[..., 2].astype(int) + 60
    assert np.average(c[np.nonzero(red)[0]]) == pytest.approx(50.5, abs=0.26)
    assert np.average(h[np.nonzero(red)[1]]) == pytest.approx(6.95, abs=0.02)


def test_no_peak_is_lost_in_a_thumbnail() -> None:
    spectrum = list_spectrum([(7.0, 120.0)], Experiment.HSQC)
    intensity = np.zeros_like(spectrum.intensity)
    intensity[123, 456] = 1.0
    request = replace(made(None), intensity=signed_ink(replace(spectrum, intensity=intensity)))
    small = np.asarray(Image.open(io.BytesIO(thumbnail_bytes(request))))
    assert small.shape[1::-1] == THUMBNAIL_PX
    assert int((small[..., 0] < 60).sum()) == 1


def test_layers_blend_like_paper() -> None:
    page = np.full((1, 3, 3), 200, dtype=np.uint8)
    layer = np.array([[[0, 0, 0, 0], [0, 100, 0, 255], [100, 100, 100, 128]]], dtype=np.uint8)
    overlay(page, layer)
    assert page.tolist() == [[[200] * 3, [0, 100, 0], [150] * 3]]
