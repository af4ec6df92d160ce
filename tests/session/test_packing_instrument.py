"""Measured data: packed without loss by byte planes; a thumbnail that shows signals, not noise."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from instrument_builders import instrument

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.session.block import PLAIN, PLANES, Block
from nmrcam_qt.session.packing import DISPLAY_POINTS, pack
from nmrcam_qt.session.thumbnail import THUMBNAIL_SIZE, contour_ink, thumbnail_of


@settings(max_examples=80, deadline=None)
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
def test_any_array_comes_back(values):
    block = Block.pack(values)
    np.testing.assert_array_equal(block.unpack(), values)
    assert block.unpack().dtype == np.float32


def test_noise_is_packed_by_planes_and_smaller_than_zlib_makes_it():
    values = instrument(rows=256, columns=256).intensity
    block = Block.pack(values)
    assert block.levels == PLANES
    assert len(block.blob) < 0.95 * len(zlib.compress(values.tobytes(), 1))


def test_what_is_mostly_empty_stays_as_it_was():
    values = np.zeros((200, 300), np.float32)
    values[::7, ::11] = np.float32(-3.3)
    block = Block.pack(values)
    assert block.levels == PLAIN
    assert len(block.blob) * 20 < values.nbytes
    np.testing.assert_array_equal(block.unpack(), values)


@pytest.mark.parametrize(
    "blob",
    [b"", b"x", zlib.compress(bytes(15)), zlib.compress(bytes(17)), zlib.compress(bytes(10**7), 9)],
)
def test_planes_of_strangers_are_refused(blob):
    with pytest.raises(ProjectError, match="points are broken"):
        Block(blob, (2, 2), PLANES).unpack()
    nan = np.full((2, 2), np.nan, np.float32).view(np.uint8).reshape(-1, 4).T.tobytes()
    with pytest.raises(ProjectError, match="no numbers"):
        Block(zlib.compress(nan), (2, 2), PLANES).unpack()


def test_data_of_two_thousand_squared_are_shown_as_they_are():
    assert DISPLAY_POINTS == 2048 * 2048
    spectrum = instrument(rows=512, columns=1024)
    packed = pack(spectrum)
    image, f1, f2 = packed.display()
    np.testing.assert_array_equal(image, spectrum.intensity)
    assert (f1, f2) == (spectrum.f1, spectrum.f2)
    assert packed.acquisition is spectrum.acquisition
    assert packed.unpack().acquisition is spectrum.acquisition


def planted(rows=512, columns=1024, noise=1.0, height=60.0, cells=((10, 20), (30, 50))):
    """Noise with one sharp signal in the middle of each of these cells of the thumbnail."""
    base = instrument(rows=rows, columns=columns, peaks=0, noise=noise)
    image = base.intensity.copy()
    for n, (row, column) in enumerate(cells):
        y = int((row + 0.5) * rows / THUMBNAIL_SIZE[0])
        x = int((column + 0.5) * columns / THUMBNAIL_SIZE[1])
        image[y - 1 : y + 2, x - 1 : x + 2] = height * (-1) ** n
    return replace(base, intensity=image)


def shown(spectrum):
    return {tuple(map(int, cell)) for cell in np.argwhere(thumbnail_of(spectrum) > 0)}


class TestThumbnail:
    def test_noise_alone_is_paper(self):
        assert shown(planted(cells=())) == set()

    @pytest.mark.parametrize("height", [15.0, 60.0, 1e6])
    def test_signals_of_both_signs_are_there_and_nothing_else(self, height):
        assert shown(planted(height=height)) == {(10, 20), (30, 50)}

    def test_a_strong_solvent_does_not_hide_the_rest(self):
        spectrum = planted(cells=((10, 20), (30, 50), (40, 10)))
        image = spectrum.intensity.copy()
        image[90, 700:704] = 1e6
        found = shown(replace(spectrum, intensity=image))
        assert {(10, 20), (30, 50), (40, 10)} <= found
        assert len(found) <= 5

    def test_a_ridge_is_not_drawn_but_a_signal_on_it_is(self):
        spectrum = planted(height=2000.0, cells=((10, 20),))
        image = spectrum.intensity.copy()
        rng = np.random.default_rng(3)
        image[:, 284:298] += rng.normal(0, 40, (512, 14)).astype(np.float32)
        found = shown(replace(spectrum, intensity=image))
        assert (10, 20) in found
        assert len(found) < 8

    def test_grey_grows_in_steps(self):
        size = np.zeros(THUMBNAIL_SIZE, np.float32)
        size.flat[::5] = np.random.default_rng(0).permutation(np.geomspace(0.1, 100, 692))
        ink = contour_ink(size, 0.0)
        assert ink.min() == 0
        assert ink.max() == pytest.approx(1)
        assert 5 <= len(np.unique(ink)) <= 10

    def test_nothing_at_all(self):
        assert not contour_ink(np.zeros(THUMBNAIL_SIZE, np.float32), 0.0).any()
        assert not contour_ink(np.zeros(THUMBNAIL_SIZE, np.float32), 1.0).any()

    def test_a_spectrum_without_noise(self):
        spectrum = planted(noise=0.0)
        assert shown(spectrum) == {(10, 20), (30, 50)}


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_ink_with_signs_stays_eight_bits(codes, inverted, seed):
    if inverted:
        ink = np.float32(1) - (255 - codes).astype(np.float32) / np.float32(255)
    else:
        ink = codes.astype(np.float32) / np.float32(255)
    negative = np.random.default_rng(seed).random(codes.shape) < 0.3
    ink = np.negative(ink, out=ink, where=negative & (ink > 0))
    block = Block.pack(ink)
    assert abs(block.levels) in (255, 510)
    assert (abs(block.levels) == 510) == bool((ink < 0).any())
    made = block.unpack()
    np.testing.assert_array_equal(made, ink)
    np.testing.assert_array_equal(np.signbit(made), np.signbit(ink))
    size = codes.size + ((codes.size + 7) // 8 if abs(block.levels) == 510 else 0)
    assert len(zlib.decompress(block.blob)) == size


@pytest.mark.parametrize("n", [0, 4, 6])
def test_signs_of_strangers_are_refused(n):
    with pytest.raises(ProjectError, match="points are broken"):
        Block(zlib.compress(bytes(n)), (2, 2), -510).unpack()
