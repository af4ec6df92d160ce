"""Packing loses nothing and saves memory."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import list_spectrum
from hypothesis import given, settings
from hypothesis import strategies as st
from window_builders import picture, write_picture

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session import packing
from nmrcam_qt.session.packing import THUMBNAIL_SIZE, pack


def same(spectrum):
    made = pack(spectrum)
    again = made.unpack()
    np.testing.assert_array_equal(again.intensity, spectrum.intensity)
    assert again.intensity.dtype == np.float32
    for name in ("name", "f1", "f2", "experiment", "provenance", "peaks"):
        assert getattr(again, name) is getattr(spectrum, name)
    return made


def test_pictures_lists_and_signed_data_come_back_to_the_last_bit(tmp_path):
    same(read_picture(write_picture(tmp_path / "a_HSQC.png")))
    same(list_spectrum([(7.2, 120.0), (1.0, 14.0)]))
    signed = picture().intensity.copy()
    signed[3, 4] = -1e6
    same(replace(picture(), intensity=signed))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["codes", "inverse", "noise", "wide"]))
def test_any_array_comes_back(seed, kind):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 256, (17, 23)).astype(np.float32)
    values = {
        "codes": codes / np.float32(255),
        "inverse": np.float32(1) - codes / np.float32(255),
        "noise": rng.random((17, 23), dtype=np.float32),
        "wide": (rng.standard_normal((17, 23)) * 1e30).astype(np.float32),
    }[kind]
    base = picture(rows=17, columns=23)
    same(replace(base, intensity=values))


def test_a_real_picture_takes_a_twentieth(data_dir):
    path = next((data_dir / "kuhn2021" / "hmbc" / "train" / "indol").glob("*.jpg"))
    spectrum = read_picture(path)
    assert same(spectrum).nbytes * 20 < spectrum.intensity.nbytes


def test_a_made_picture_takes_a_twentieth():
    spectrum = list_spectrum([(7.2, 120.0), (1.0, 14.0), (3.3, 55.0)])
    assert same(spectrum).nbytes * 20 < spectrum.intensity.nbytes


def test_the_thumbnail_keeps_single_pixels_where_they_are():
    made = pack(picture(rows=410, columns=600))
    assert made.thumbnail.shape == THUMBNAIL_SIZE
    rows, columns = THUMBNAIL_SIZE
    corners = made.thumbnail[[0, 0, -1, -1], [0, -1, 0, -1]]
    assert (corners == 255).all()
    place = int(10.5 / 410 * rows), int(20.5 / 600 * columns)
    assert made.thumbnail[place] == 128
    with pytest.raises(ValueError, match="read-only"):
        made.thumbnail[0, 0] = 1


def test_ascending_axes_and_instrument_data_make_a_thumbnail():
    base = picture()
    turned = replace(
        base,
        f2=Axis.from_edges("1H", 0.0, 10.0, base.f2.size),
        intensity=base.intensity * 1e5,
        provenance=replace(base.provenance, kind=SourceKind.INSTRUMENT),
    )
    assert pack(turned).thumbnail.max() == 255


def test_large_spectra_are_reduced_for_the_screen_without_losing_a_peak(monkeypatch):
    monkeypatch.setattr(packing, "DISPLAY_POINTS", 1000)
    values = np.zeros((123, 207), dtype=np.float32)
    values[57, 101] = -0.75
    spectrum = replace(picture(rows=123, columns=207), intensity=values)
    made = same(spectrum)
    image, f1, f2 = made.display()
    assert image.size <= 1000
    assert (f1.edges, f2.edges) == (
        pytest.approx(spectrum.f1.edges),
        pytest.approx(spectrum.f2.edges),
    )
    row, column = f1.cell(spectrum.f1.ppm(57)), f2.cell(spectrum.f2.ppm(101))
    assert image[row, column] == pytest.approx(-0.75)
    assert np.count_nonzero(image) == 1
    monkeypatch.undo()
    small = pack(picture())
    assert small.display()[1] is small.f1
