"""Heat on the signals themselves is seen through their ink; other ink stays as black as it was."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Picture
from window_builders import make_map

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_on_ink import FAINT, heated, lies_on_ink
from nmrcam_qt.core.wire import encode, read_frame
from nmrcam_qt.core.writers.export_types import request_digest
from nmrcam_qt.core.writers.picture import picture_bytes
from nmrcam_qt.core.writers.request import PictureRequest
from nmrcam_qt.core.writers.server import picture_frame, read_picture_request

F1, F2 = Axis.from_edges("13C", 0.0, 200.0, 410), Axis.from_edges("1H", 10.0, 0.0, 600)
CELLS = Axis.from_edges("13C", 0.0, 200.0, 205), Axis.from_edges("1H", 10.0, 0.0, 300)
HOT, COLD = (slice(200, 210), slice(150, 162)), (slice(300, 310), slice(400, 412))


def ink():
    made = np.zeros((410, 600), np.float32)
    made[HOT] = made[COLD] = 1
    return made


def on_samples(place=HOT, value=2.0):
    """A map on cells of two by two samples."""
    evidence = np.zeros((205, 300), np.float32)
    rows, columns = (slice(s.start // 2, s.stop // 2) for s in place)
    evidence[rows, columns] = value
    return make_map(evidence=evidence, f1=CELLS[0], f2=CELLS[1])


def test_small_cells_with_their_heat_on_signals():
    assert lies_on_ink(on_samples(), ink(), F1, F2)
    assert lies_on_ink(on_samples(), -ink(), F1, F2)
    blank = slice(100, 110), slice(150, 162)
    assert not lies_on_ink(on_samples(blank), ink(), F1, F2)
    assert not lies_on_ink(on_samples(value=0.0), ink(), F1, F2)  # empty
    some = on_samples().evidence.copy()
    some[0, :60] = 0.1  # 6 of 66 in all beside the signals: still mostly on them
    assert lies_on_ink(replace(on_samples(), evidence=some), ink(), F1, F2)
    some[0, :60] = 0.2
    assert not lies_on_ink(replace(on_samples(), evidence=some), ink(), F1, F2)


def test_large_cells_are_hidden_by_no_signal():
    coarse = make_map()  # 21 x 33 cells
    everywhere = np.ones((410, 600), np.float32)
    assert not lies_on_ink(coarse, everywhere, F1, F2)


def test_heated_samples_by_hand():
    mask = heated(on_samples(), F1, F2, 1.0)
    assert mask[HOT].all() and mask.sum() == 10 * 12
    assert not heated(on_samples(), F1, F2, 2.0).any()
    beyond = Axis.from_edges("13C", -20.0, 220.0, 24), F2
    assert not heated(on_samples(), *beyond, 0.0)[[0, -1]].any()


def request(faint: bool, **more) -> PictureRequest:
    shown = on_samples()
    return PictureRequest(
        Path("a.png"), ink(), F1, F2, "t", evidence=shown.evidence, map_f1=CELLS[0],
        map_f2=CELLS[1], faint_ink=faint, dpi=100, **more,
    )  # fmt: skip


def colours_at(made: PictureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Of a pixel in the middle of the hot and of the cold signal."""
    from nmrcam_qt.core.writers.page import key_of
    from nmrcam_qt.core.writers.picture import _page

    pixels = np.asarray(Picture.open(io.BytesIO(picture_bytes(made))).convert("RGB"), int)
    grid = _page(key_of(made)).grid()
    found = []
    for rows, columns in (HOT, COLD):
        c = F1.centres[rows].mean()
        h = F2.centres[columns].mean()
        row = grid.top + int(np.abs(grid.c_ppm - c).argmin())
        column = grid.left + int(np.abs(grid.h_ppm - h).argmin())
        found.append(pixels[row, column])
    return found[0], found[1]


def test_heat_shows_through_ink_in_pictures():
    hot, cold = colours_at(request(True))
    before, same = colours_at(request(False))
    assert (before == 0).all() and (cold == 0).all() and (same == 0).all()
    table = colours_of(request(True))
    assert np.abs(hot - table * (1 - FAINT)).max() <= 2


def colours_of(made: PictureRequest) -> np.ndarray:
    """The colour of the map's maximum on paper."""
    from nmrcam_qt.core.writers.colours import seen_colours

    return seen_colours(made)[-1].astype(int)


def test_below_the_threshold_no_ink_is_faint():
    weak = replace(request(True), threshold=1.0)
    assert (colours_at(weak)[0] == 0).all()


def test_the_digest_of_other_pictures_stays():
    header = picture_frame(request(False)).header
    assert "faint_ink" not in header
    assert request_digest(request(False)) != request_digest(request(True))
    frame = read_frame(io.BytesIO(encode(picture_frame(request(True)))))
    assert frame is not None and read_picture_request(frame).faint_ink


@pytest.mark.parametrize("smooth", [False, True])
def test_smooth_or_not(smooth):
    hot, cold = colours_at(request(True, smooth=smooth))
    assert hot.max() > 80 and (cold == 0).all()
