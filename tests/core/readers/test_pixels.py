"""Pixels that Pillow lends are those that it copies, and stay when the picture goes."""

from __future__ import annotations

import gc

import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.core.readers import pixels
from nmrcam_qt.core.readers.pixels import rgb_of


def made(height: int, width: int, seed: int = 0) -> Image.Image:
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize("size", [(2, 2), (41, 60), (1, 300), (2100, 2200)])
def test_the_numbers_of_a_copy(size):
    image = made(*size)  # the last is too large for one piece of Pillow's memory
    found = rgb_of(image)
    np.testing.assert_array_equal(found[..., :3], np.asarray(image))
    assert not found.flags.writeable


def test_they_stay_when_the_picture_is_gone():
    wanted = np.asarray(made(200, 300)).copy()
    found = rgb_of(made(200, 300))
    gc.collect()
    others = [made(200, 300, seed) for seed in range(1, 20)]
    np.testing.assert_array_equal(found[..., :3], wanted)
    assert len(others) == 19


def test_files_parts_and_other_pillows(tmp_path, monkeypatch):
    image = made(50, 70)
    for name in ("a.png", "a.bmp", "a.tif", "a.jpg"):
        image.save(tmp_path / name)
        with Image.open(tmp_path / name) as opened:
            opened.load()
            np.testing.assert_array_equal(rgb_of(opened)[..., :3], np.asarray(opened))
    part = image.crop((3, 4, 30, 40))
    np.testing.assert_array_equal(rgb_of(part)[..., :3], np.asarray(part))
    grey = image.convert("L")
    np.testing.assert_array_equal(rgb_of(grey), np.asarray(grey))
    monkeypatch.setattr(pixels, "_lent", lambda image: None)
    np.testing.assert_array_equal(rgb_of(image), np.asarray(image))
