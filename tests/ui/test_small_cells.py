"""Maps whose cells are smaller than the screen's pixels can be seen, and stay where they are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from window_builders import make_map, packed

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.ui.heat import SEEN_PX, map_image, reach_of, widened
from nmrcam_qt.ui.spectrum_view import SpectrumView

F1, F2 = Axis.from_edges("13C", 0, 200, 200), Axis.from_edges("1H", 10, 0, 200)
ROW, COLUMN = 120, 55


def fine_map():
    evidence = np.zeros((200, 200), dtype=np.float32)
    evidence[ROW, COLUMN] = 2.0
    evidence[ROW + 40, COLUMN] = 1.0
    return make_map(evidence=evidence, f1=F1, f2=F2)


@pytest.fixture
def view(qtbot):
    made = SpectrumView()
    qtbot.addWidget(made)
    made.resize(260, 220)
    made.show()
    qtbot.waitExposed(made)
    made.show_spectrum(packed("a_HSQC"))
    return made


@pytest.mark.parametrize("smooth", [False, True])
def test_a_small_cell_is_widened_about_itself(view, smooth):
    view.apply_settings(ViewSettings(smooth=smooth))
    shown = fine_map()
    view.show_map(shown)
    painted, own = view.heat_item.image, map_image(shown, smooth)
    assert painted.shape == own.shape and painted.max() == own.max()
    steps = own.shape[0] // F1.size
    rows, columns = np.nonzero(painted > 1.5)
    for found, cell, pixels in (
        (rows, ROW, view.box.height() / painted.shape[0]),
        (columns, COLUMN, view.box.width() / painted.shape[1]),
    ):
        assert found.mean() == pytest.approx(cell * steps + (steps - 1) / 2, abs=0.51)
        assert (np.ptp(found) + 1) * pixels >= 0.6 * SEEN_PX
    # The weaker one keeps its own height.
    assert np.isclose(painted, own[(ROW + 30) * steps :].max()).any()
    # What the cursor reads is the map, not the picture of it.
    assert view.read_out(F2.ppm(COLUMN + 4), F1.ppm(ROW)).heat == 0


def test_zoomed_in_the_cells_are_what_they_are(view):
    view.apply_settings(ViewSettings(smooth=False))
    shown = fine_map()
    view.show_map(shown)
    assert (view.heat_item.image > 0).sum() > 2
    view.box.setRange(xRange=(7, 7.5), yRange=(115, 125), padding=0)
    assert (view.heat_item.image == shown.heat).all()
    view.box.setRange(xRange=(0, 10), yRange=(0, 200), padding=0)
    assert (view.heat_item.image > 0).sum() > 2
    view.resize(1500, 1200)
    view.box.setRange(xRange=(2, 8), yRange=(60, 160), padding=0)
    assert (view.heat_item.image == shown.heat).all()


@given(
    st.integers(1, 7), st.integers(1, 9), st.integers(0, 9), st.integers(0, 9), st.integers(0, 99)
)
def test_widened_is_the_highest_within_reach(n_rows, n_columns, down, across, seed):
    image = np.random.default_rng(seed).random((n_rows, n_columns), dtype=np.float32)
    kept = image.copy()
    made = widened(image, down, across)
    for row in range(n_rows):
        for column in range(n_columns):
            near = image[
                max(row - down, 0) : row + down + 1, max(column - across, 0) : column + across + 1
            ]
            assert made[row, column] == near.max()
    assert (image == kept).all()


def test_how_far():
    assert reach_of(SEEN_PX, SEEN_PX) == 0
    assert reach_of(1.0, 1.0) == 1
    assert reach_of(0.5, 0.5) == 3  # seven samples of half a pixel
    assert reach_of(1.0, 0.25) == 4
    assert reach_of(0.0, 0.0) == 0


@pytest.mark.parametrize(
    ("method", "unit"), [("hirescam", "logit"), ("gradcam++", "arbitrary units")]
)
def test_the_colour_bar_names_the_unit_of_the_method(view, method, unit):
    view.show_map(make_map(method=method))
    assert view.bar.note == f"heat ({unit})"
