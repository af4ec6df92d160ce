"""Lines of equal heat and class colours in pictures: those of the window."""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PillowImage

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.heat_contours import SHARES, contours_of
from nmrcam_qt.core.writers import export_types
from nmrcam_qt.core.writers.colours import heat_table, legible, line_colours, seen_colours
from nmrcam_qt.core.writers.page import Page, key_of
from nmrcam_qt.core.writers.picture import picture_bytes, thumbnail_bytes
from nmrcam_qt.core.writers.request import HEAT_STYLES, PageOptions, PictureRequest
from nmrcam_qt.core.writers.server import picture_frame, read_picture_request
from nmrcam_qt.session import items

GREEN = "#009e73"


def request(**changes):
    """A hill of 2 logit units around 5 ppm (¹H) and 100 ppm (¹³C), no ink."""
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 40), Axis.from_edges("1H", 10.0, 0.0, 60)
    map_f1, map_f2 = Axis.from_edges("13C", 20.0, 180.0, 41), Axis.from_edges("1H", 9.0, 1.0, 41)
    c, h = map_f1.centres[:, None], map_f2.centres[None, :]
    evidence = 2 - np.hypot((c - 100) / 40, (h - 5) / 2)
    made = PictureRequest(
        path=Path("a.png"),
        intensity=np.zeros((40, 60), dtype=np.float32),
        f1=f1,
        f2=f2,
        title="a",
        evidence=evidence.astype(np.float32),
        map_f1=map_f1,
        map_f2=map_f2,
        smooth=True,
        dpi=100,
    )
    return replace(made, **changes)


def pixels(blob):
    return np.asarray(PillowImage.open(io.BytesIO(blob)).convert("RGB"))


def test_pictures_begin_with_the_style_of_the_window_and_have_no_unknown_one():
    assert items.ViewSettings().heat_style == HEAT_STYLES[0] == PageOptions().heat_style
    with pytest.raises(ValueError, match="not one of image"):
        request(heat_style="fire")
    with pytest.raises(ValueError, match="not one of image"):
        PageOptions(heat_style="fire")
    with pytest.raises(ValueError, match="not #rrggbb"):
        request(class_colour="green")


def test_a_line_lies_at_its_level_in_ppm():
    """The hill falls by one logit unit in 2 ppm (¹H) or 40 ppm (¹³C)."""
    made = request(heat_style="contours")
    page = Page(key_of(made))
    page.fill(made)
    lines = page.figure.axes[-1].lines
    assert len(lines) == len(SHARES)
    for line, share in zip(lines, SHARES, strict=True):
        h, c = (np.asarray(values) for values in line.get_data())
        inside = np.isfinite(h) & (abs(h - 5) < 3.8) & (abs(c - 100) < 76)
        radius = np.hypot((c[inside] - 100) / 40, (h[inside] - 5) / 2)
        assert radius == pytest.approx(2 - 2 * share, abs=0.03)


def test_lines_stand_where_the_picture_says(tmp_path):
    """The pixel of a line, read back through the plot area, has the ppm of its level."""
    made = request(heat_style="contours", class_colour=GREEN)
    page = Page(key_of(made))
    page.fill(made)
    grid = page.grid()
    area = pixels(picture_bytes(made))[grid.place].astype(int)
    row = int(abs(grid.c_ppm - 100).argmin())
    green = area[row, :, 1] - area[row, :, 0] > 60
    ppm = grid.h_ppm[green]
    expected = np.array([5 + side * 2 * (2 - 2 * s) for s in SHARES for side in (-1, 1)])
    assert ppm.size >= 8
    for place in expected:
        assert abs(ppm - place).min() < 1.5 * abs(grid.h_ppm[1] - grid.h_ppm[0])
    assert all(abs(expected - place).min() < 0.06 for place in ppm)


def test_contours_alone_leave_the_paper_white_and_say_their_levels_in_the_bar():
    alone, both, image = (request(heat_style=s) for s in ("contours", "both", "image"))
    assert (seen_colours(alone) == 255).all()
    assert (seen_colours(both) == seen_colours(image)).all()
    coloured = [float((pixels(picture_bytes(r)) != 255).any(axis=2).mean()) for r in (alone, both)]
    assert coloured[0] < 0.1 < coloured[1]
    page = Page(key_of(alone))
    page.fill(alone)
    marks = [line.get_ydata()[0] for line in page.figure.axes[1].lines]
    assert marks == pytest.approx([2 * float(alone.evidence.max()) / 2 * s for s in SHARES])


def test_levels_below_the_threshold_are_left_out():
    shares = [share for share, _ in line_colours(request(heat_style="both", threshold=0.5))]
    assert shares == [0.6, 0.8]
    assert line_colours(request()) == ()
    first, *rest = [colour for _, colour in line_colours(request(heat_style="both"))]
    assert len(set(rest)) == 1 and first > rest[0]  # paler, as the heat below it
    assert len({colour for _, colour in line_colours(request(heat_style="contours"))}) == 4


def test_a_class_colour_only_grows_in_opacity():
    table = heat_table(request(class_colour=GREEN, opacity=0.6, threshold=0.25))
    assert len(np.unique(table[:, :3], axis=0)) == 1
    assert table[-1, 3] == pytest.approx(0.6)
    assert (table[:64, 3] == 0).all() and (np.diff(table[64:, 3]) > 0).all()


@pytest.mark.parametrize("style", HEAT_STYLES)
@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_request_gives_the_same_bytes(style, kind):
    made = request(heat_style=style, class_colour=GREEN, format=kind)
    first = picture_bytes(made)
    picture_bytes(request(heat_style="both", format=kind, title="another"))
    picture_bytes(request(format=kind, evidence=np.zeros((41, 41), dtype=np.float32)))
    assert hashlib.sha256(picture_bytes(made)).digest() == hashlib.sha256(first).digest()


def test_lines_in_an_svg_are_lines():
    made = request(heat_style="both", class_colour=GREEN, format="svg", opacity=1.0)
    svg = picture_bytes(made).decode()
    drawn = [len(re.findall(f"stroke: {colour}", svg)) for _, colour in line_colours(made)]
    assert drawn == [2] * len(SHARES)  # over the spectrum and in the colour bar


def test_thumbnails_show_the_style_too():
    plain, lines = (pixels(thumbnail_bytes(request(heat_style=s))) for s in ("image", "contours"))
    assert 0 < (lines != 255).any(axis=2).mean() < (plain != 255).any(axis=2).mean() / 2


def test_the_style_reaches_the_drawing_process_and_the_digest():
    made = request(heat_style="both", class_colour=GREEN)
    back = read_picture_request(picture_frame(made))
    assert (back.heat_style, back.class_colour) == ("both", GREEN)
    digests = {
        export_types.request_digest(r) for r in (request(), made, request(heat_style="both"))
    }
    assert len(digests) == 3


def test_a_map_of_one_row_has_no_lines():
    one = Axis.from_edges("13C", 0.0, 200.0, 1)
    heat = np.ones((1, 41), dtype=np.float32)
    assert all(not c.h_ppm.size for c in contours_of(heat, one, request().map_f2, 1.0))
    blob = picture_bytes(request(heat_style="contours", evidence=heat, map_f1=one))
    assert pixels(blob).shape[0] > 100


def test_light_colours_are_darkened_for_paper():
    assert legible("#000000") == "#000000"
    assert legible(GREEN) == GREEN
    assert legible("#ffff00") != "#ffff00"
