"""Folders of made-up pictures of spectra for measurements; nothing of anybody's data."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.spectrum import PeakList

PEAKS = 30


def picture(path: Path, seed: int, size: tuple[int, int] = (410, 600), peaks: int = PEAKS) -> None:
    """A grey PNG of random peaks, rows × columns in pixels."""
    rng = np.random.default_rng(seed)
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, size[0]), Axis.from_edges("1H", 10.0, 0.0, size[1])
    made = PeakList(rng.uniform(0.5, 9.5, peaks), rng.uniform(10, 190, peaks), np.ones(peaks))
    ink = np.clip(np.abs(draw_peaks(made, f1, f2)), 0, 1)
    Image.fromarray(np.rint(255 * (1 - ink)).astype(np.uint8)).save(path)


def folder(
    where: Path, count: int, different: int = 100, size: tuple[int, int] = (410, 600)
) -> list[Path]:
    """`count` pictures ``made_00000_HMBC.png``, of which `different` are no links to others.

    Every file is read, decoded and computed for itself: the program does not know.
    """
    where.mkdir(parents=True, exist_ok=True)
    paths = [where / f"made_{number:05}_HMBC.png" for number in range(count)]
    for number, path in enumerate(paths):
        if number < different:
            picture(path, number, size)
        else:
            os.link(paths[number % different], path)
    return paths
