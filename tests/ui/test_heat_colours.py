"""Contours lie where the heat is; colours rise with it on either paper."""

from __future__ import annotations

import time

import numpy as np
import pytest
from PySide6.QtGui import QColor
from window_builders import MAP_F1, MAP_F2, make_map

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.ui.heat import (
    LEVELS,
    class_colours,
    ink_colours,
    line_colour,
    on_paper,
    overlay_colours,
    signed_ink_colours,
)
from nmrcam_qt.ui.heat_contours import SHARES, heat_contours
from nmrcam_qt.ui.plot_values import COLOUR_MAPS
from nmrcam_qt.ui.theme import DARK, LIGHT, SHAPE_CONTRAST, contrast, legible


def luminance(table):
    linear = np.where(
        table / 255 <= 0.04045, table / 255 / 12.92, ((table / 255 + 0.055) / 1.055) ** 2.4
    )
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def test_the_contour_of_one_hot_cell_is_exactly_where_its_heat_is_half():
    """Half a cell off would be 0.13 ppm in ¹H and 3.9 ppm in ¹³C here."""
    (half,) = heat_contours(make_map(), 2.0, (0.5,))
    h, c = MAP_F2.ppm(7), MAP_F1.ppm(5)
    dh, dc = abs(MAP_F2.step) / 2, abs(MAP_F1.step) / 2
    wanted = {(h - dh, c), (h + dh, c), (h, c - dc), (h, c + dc)}
    found = {(round(x, 9), round(y, 9)) for x, y in zip(half.h_ppm, half.c_ppm, strict=True)}
    assert found == {(round(x, 9), round(y, 9)) for x, y in wanted}


@pytest.mark.parametrize(
    ("f1", "f2"),
    [(MAP_F1, MAP_F2), (Axis("13C", 178.0, 18.0, 21), Axis("1H", 1.0, 9.0, 33))],
    ids=["descending", "ascending"],
)
def test_every_vertex_has_the_heat_of_its_level(f1, f2):
    random = np.random.default_rng(3)
    evidence = random.normal(size=(f1.size, f2.size)).astype(np.float32)
    shown = make_map(evidence=evidence, f1=f1, f2=f2)
    top = float(shown.heat.max())
    for contour in heat_contours(shown, top):
        there = np.isfinite(contour.h_ppm)
        assert there.sum() >= 8
        # Vertices lie on the grid lines through the centres, where the image is linear, too.
        heat = shown.heat_at(contour.c_ppm[there], contour.h_ppm[there])
        np.testing.assert_allclose(heat, contour.share * top, atol=2e-5 * top)


def test_heat_at_the_rim_has_contours_up_to_the_cells_edge_and_no_further():
    evidence = np.zeros((MAP_F1.size, MAP_F2.size), dtype=np.float32)
    evidence[0, :] = 1.0
    (half,) = heat_contours(make_map(evidence=evidence), 1.0, (0.5,))
    assert half.h_ppm.max() == pytest.approx(max(MAP_F2.edges), abs=1e-9)
    assert half.h_ppm.min() == pytest.approx(min(MAP_F2.edges), abs=1e-9)
    np.testing.assert_allclose(half.c_ppm, MAP_F1.ppm(0.5), atol=1e-9)
    every = heat_contours(make_map(evidence=np.abs(evidence) + 0.3), 1.3)
    for contour in every:
        assert not (contour.c_ppm < min(MAP_F1.edges) - 1e-9).any()


def test_levels_are_shares_of_the_scale_not_of_the_map():
    weak = heat_contours(make_map(), 20.0)
    assert all(contour.h_ppm.size == 0 for contour in weak), "a maximum of 2 on a scale of 20"
    assert [contour.share for contour in weak] == list(SHARES)


def test_a_single_row_has_no_contours():
    single = make_map(
        evidence=np.ones((1, 5), dtype=np.float32),
        f1=Axis("13C", 100.0, 100.0, 1),
        f2=Axis("1H", 9.0, 1.0, 5),
    )
    assert all(contour.h_ppm.size == 0 for contour in heat_contours(single, 1.0))


def test_contours_of_a_map_take_a_few_milliseconds():
    random = np.random.default_rng(1)
    shown = make_map(evidence=random.normal(size=(21, 33)).astype(np.float32))
    heat_contours(shown, 1.0)
    began = time.process_time()
    for _ in range(20):
        heat_contours(shown, 3.0)
    assert (time.process_time() - began) / 20 < 0.005


@pytest.mark.parametrize("name", COLOUR_MAPS)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_more_heat_is_ever_farther_from_the_paper(name, theme):
    seen = luminance(on_paper(overlay_colours(name, 1.0, 0.0, theme.dark), theme.paper))
    steps = np.diff(seen)
    assert (steps >= -2e-3).all() if theme.dark else (steps <= 2e-3).all()
    assert abs(seen[-1] - seen[0]) > 0.25, "weak and strong heat look alike"


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("colour", ["#e69f00", "#56b4e9", "#009e73", "#f0e442"])
def test_a_class_ramp_rises_to_the_colour_of_its_class(colour, theme):
    own = legible(colour, theme.paper)
    table = class_colours(own, 1.0, 0.1)
    seen = on_paper(table, theme.paper)
    assert (table[: int(0.1 * LEVELS), 3] == 0).all()
    assert QColor(*(int(part) for part in seen[-1])).name() == own
    steps = np.diff(luminance(seen))
    assert (steps >= -1e-3).all() if theme.dark else (steps <= 1e-3).all()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", COLOUR_MAPS)
def test_contour_lines_can_be_seen(name, theme):
    table = overlay_colours(name, 0.8, 0.0, theme.dark)
    for share in SHARES:
        assert contrast(line_colour(table, share, theme.paper), theme.paper) >= SHAPE_CONTRAST


def test_ink_is_visible_on_the_strongest_heat():
    for theme in (LIGHT, DARK):
        for name in COLOUR_MAPS:
            seen = on_paper(overlay_colours(name, 0.8, 0.0, theme.dark), theme.paper)
            strongest = QColor(*(int(part) for part in seen[-1])).name()
            assert contrast(strongest, theme.ink) > 1.9, (theme.dark, name)


def test_signs_have_colours_of_their_own():
    table = signed_ink_colours("#f2f4f7", "#ff8f7d")
    assert tuple(table[0]) == (255, 143, 125, 255)
    assert tuple(table[-1]) == (242, 244, 247, 255)
    assert table[LEVELS // 2, 3] <= 1
    assert tuple(ink_colours("#f2f4f7")[-1]) == (242, 244, 247, 255)
    assert ink_colours()[0, 3] == 0
