"""Pictures of measured spectra show their contours; all others stay what they were."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from builders import list_spectrum

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contour_levels import Levels, shaded
from nmrcam_qt.core.noise import BASE_FACTOR, noise_level
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.core.writers.contour_raster import contour_layer
from nmrcam_qt.core.writers.export_types import Analysed
from nmrcam_qt.core.writers.picture import picture_bytes, thumbnail_bytes
from nmrcam_qt.core.writers.raster import Grid
from nmrcam_qt.core.writers.request import PageOptions, PictureRequest
from nmrcam_qt.core.writers.server import picture_frame, read_picture_request
from nmrcam_qt.core.writers.signals import drawn_signals

F1, F2 = Axis("13C", 0.0, 160.0, 300), Axis("1H", 10.0, 0.0, 400)
PEAK, NEGATIVE = (4.03, 77.7), (6.5, 40.0)


def measured():
    """A strong positive and a weaker negative peak on noise of 1."""
    image = np.random.default_rng(2).normal(0, 1, (F1.size, F2.size))
    for (h, c), height in ((PEAK, 500), (NEGATIVE, -60)):
        down = np.exp(-0.5 * ((F1.centres - c) / 2) ** 2)
        image += height * np.outer(down, np.exp(-0.5 * ((F2.centres - h) / 0.1) ** 2))
    provenance = Provenance("m", SourceKind.INSTRUMENT, "made")
    return Spectrum("m", image.astype(np.float32), F1, F2, Experiment.HSQC, provenance)


def request(spectrum, tmp_path, page=None, factor=1.0, **other):
    page = replace(page or PageOptions(), contour_factor=factor)
    intensity, base = drawn_signals(spectrum, page)
    return PictureRequest(
        tmp_path / "a.png",
        intensity,
        spectrum.f1,
        spectrum.f2,
        "title",
        contour_base=base,
        contour_ratio=page.contour_ratio,
        contour_levels=page.contour_levels,
        **other,
    )


def fine_grid(rows=600, columns=800):
    h = Axis.from_edges("1H", *F2.edges, columns).centres
    c = Axis.from_edges("13C", *F1.edges, rows).centres
    return Grid(0, 0, c, h)


def test_the_base_is_that_of_the_window(tmp_path):
    spectrum = measured()
    top = np.abs(spectrum.intensity).max()
    made = request(spectrum, tmp_path, PageOptions(contour_ratio=1.5, contour_levels=5), 2.0)
    wanted = 2 * BASE_FACTOR * noise_level(spectrum.intensity) / top
    assert made.contour_base == pytest.approx(wanted, rel=1e-5)
    assert (made.contour_ratio, made.contour_levels) == (1.5, 5)
    assert np.abs(made.intensity).max() == pytest.approx(1.0)


def test_contours_lie_around_their_peaks_in_the_colour_of_their_sign(tmp_path):
    grid = fine_grid()
    layer = contour_layer(grid, request(measured(), tmp_path, factor=2.0))
    painted = layer[..., 3] > 128
    red = painted & (layer[..., 0] > 120)
    black = painted & (layer[..., 0] < 60)
    for mask, (h, c), sigmas in ((black, PEAK, 3.4), (red, NEGATIVE, 2.3)):
        rows, columns = np.nonzero(mask)
        assert len(rows) > 50
        assert (np.abs(grid.h_ppm[columns] - h) < 0.1 * sigmas + 0.05).all()
        assert (np.abs(grid.c_ppm[rows] - c) < 2 * sigmas + 1).all()
        middle_h = (grid.h_ppm[columns].min() + grid.h_ppm[columns].max()) / 2
        middle_c = (grid.c_ppm[rows].min() + grid.c_ppm[rows].max()) / 2
        assert middle_h == pytest.approx(h, abs=0.7 * abs(F2.step))
        assert middle_c == pytest.approx(c, abs=0.7 * abs(F1.step))


@pytest.mark.parametrize("style", ["contours", "image"])
def test_both_styles_show_a_weak_peak(tmp_path, style):
    from PIL import Image as Pillow

    made = request(measured(), tmp_path, PageOptions(signal_style=style), factor=2.0)
    assert (made.contour_base > 0) == (style == "contours")
    pixels = np.asarray(Pillow.open(io.BytesIO(picture_bytes(made))).convert("RGB")).astype(int)
    assert (pixels[..., 0] - pixels[..., 1] > 50).sum() > 100


def test_an_image_is_blank_below_the_base_and_full_from_the_highest_level_on():
    image = np.array([[0, 5, 10, 20, 1000, -1000, -10, -5]], dtype=np.float32)
    shares = shaded(image, Levels(10.0, 2.0, 3))[0]
    assert list(shares[[0, 1, 7]]) == [0, 0, 0]
    assert 0 < shares[2] < shares[3] < shares[4] == 1
    assert shares[3] - shares[2] == pytest.approx(shares[4] - shares[3]), "levels are steps"
    assert shares[5] == -1 and shares[6] == -shares[2]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_every_format_is_written_and_the_same_twice(tmp_path, kind):
    made = request(measured(), tmp_path, format=kind, dpi=72)
    blob = picture_bytes(made)
    assert blob == picture_bytes(made)
    plain = PictureRequest(tmp_path / "a", made.intensity, F1, F2, "title", format=kind, dpi=72)
    assert blob != picture_bytes(plain)


def test_a_thumbnail_shows_both_signs(tmp_path):
    from PIL import Image as Pillow

    blob = thumbnail_bytes(request(measured(), tmp_path, factor=2.0))
    pixels = np.asarray(Pillow.open(io.BytesIO(blob)).convert("RGB")).astype(int)
    assert (pixels[..., 0] - pixels[..., 1] > 60).any() and (pixels.max(axis=2) < 100).any()


def test_requests_travel_with_their_contours_and_others_as_before(tmp_path):
    made = request(measured(), tmp_path, PageOptions(contour_ratio=1.7, contour_levels=4))
    back = read_picture_request(picture_frame(made))
    assert back.contour_base == made.contour_base
    assert (back.contour_ratio, back.contour_levels) == (1.7, 4)
    listed = request(list_spectrum([(7.0, 120.0)]), tmp_path)
    assert listed.contour_base == 0
    assert not [name for name in picture_frame(listed).header if name.startswith("contour")]


def test_what_cannot_be_drawn_is_refused(tmp_path):
    with pytest.raises(ValueError, match="ratio"):
        PageOptions(contour_ratio=0.5)
    with pytest.raises(ValueError, match="contours or image"):
        PageOptions(signal_style="oil")
    with pytest.raises(ValueError, match="positive"):
        replace(request(measured(), tmp_path), contour_base=-1.0)


def test_an_export_keeps_the_base_of_every_spectrum():
    page = PageOptions(contour_ratio=1.5)
    source = Analysed(("a", "b"), bases=(1.0, 2.5))
    assert [source.page_of(i, page).contour_factor for i in (0, 1, 2)] == [1.0, 2.5, 1.0]
    assert source.page_of(1, page).contour_ratio == 1.5


def test_a_session_exports_the_bases_and_another_base_is_another_export():
    from nmrcam_qt.core.writers.export_types import ExportSettings
    from nmrcam_qt.ml.export import item_of
    from nmrcam_qt.session.exporting import parts_of
    from nmrcam_qt.session.packing import pack
    from nmrcam_qt.session.session import Session

    session = Session()
    ids = session.add([pack(measured())])
    before = item_of(parts_of(session, ids, ())[0], ExportSettings())
    session.set_contour_base(ids[0], 1.96)
    after = item_of(parts_of(session, ids, ())[0], ExportSettings())
    assert (before.bases, after.bases) == ((1.0,), (1.96,))
    assert before.key != after.key
