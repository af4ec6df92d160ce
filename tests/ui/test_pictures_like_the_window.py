"""Saved pictures are painted as the view is: style, class colours, lines, first map."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from window_builders import make_map, packed

from nmrcam_qt.core.writers import colours as paper
from nmrcam_qt.core.writers.request import PictureRequest
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.ui import heat, theme
from nmrcam_qt.ui.map_layer import MapLayer
from nmrcam_qt.workers.save_job import content_request

WHITE = "#ffffff"
COLOURS = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#000000", "#ffffff")


def parts(colour):
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)])


@pytest.mark.parametrize("colour", COLOURS)
def test_class_colours_on_paper_are_those_of_the_window(colour):
    assert abs(parts(paper.legible(colour)) - parts(theme.legible(colour, WHITE))).max() <= 2
    ours = paper.on_paper(paper.class_colours(colour, 0.8, 0.1))[:, :3] * 255
    shown = heat.on_paper(heat.class_colours(theme.legible(colour, WHITE), 0.8, 0.1))
    assert abs(ours - shown).max() <= 3


@pytest.mark.parametrize("colour", ["", "#56b4e9"])
@pytest.mark.parametrize("style", ["contours", "both"])
def test_lines_on_paper_have_the_colours_of_the_window(style, colour, qtbot):
    view = ViewSettings(heat_style=style, class_colours=bool(colour))
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    layer = MapLayer(plot)
    layer.apply(view)
    layer.show(make_map(), (make_map().f1, make_map().f2), class_colour=colour)
    shown = dict(layer._lines(layer._table(), WHITE))
    axes = packed("a").unpack()
    request = PictureRequest(
        path="a.png",
        intensity=axes.intensity,
        f1=axes.f1,
        f2=axes.f2,
        title="",
        heat_style=style,
        class_colour=colour,
    )
    drawn = paper.line_colours(request)
    assert [share for share, _ in drawn] == list(shown) == [0.2, 0.4, 0.6, 0.8]
    for share, found in drawn:
        assert abs(parts(found) - parts(shown[share])).max() <= 8, share  # a step of darkening
    light = [int(parts(found).sum()) for _, found in drawn]
    if colour or style == "both":  # one colour: less heat is paler
        assert light[0] > light[1] > light[-1] - 1
    weak = dict(paper.line_colours(replace(request, opacity=0.2)))
    assert all(parts(weak[share]).sum() > parts(found).sum() + 100 for share, found in drawn)


def test_a_saved_picture_takes_the_style_of_the_view(window, finish, tmp_path):
    window.session.add([packed("a")])
    window.session.select(1)
    window.commands.analyse()
    finish(window)
    window.session.set_view(heat_style="both", class_colours=True)
    finish(window)
    content = window.workbench.picture_content()
    request = content_request(tmp_path / "a.svg", content)
    assert request.heat_style == "both"
    assert request.class_colour == content.card.class_spec(content.explanation.class_id).colour
    window.commands.export()
    page = window.commands.export_dialog._page()
    assert (page.heat_style, page.class_colours) == ("both", True)
    window.commands.export_dialog.reject()


def test_usual_places_and_the_common_scale_are_saved_as_they_are_shown(window, finish, tmp_path):
    window.session.add([packed("a")])
    window.session.select(1)
    window.commands.analyse()
    finish(window)
    window.session.set_view(layout="classes")
    window.page.panes.set_options(common_scale=True)
    finish(window)
    tops = [p.explanation.heat.max() for p in window.page.panes.panes if p.explanation is not None]
    request = content_request(tmp_path / "a.svg", window.workbench.picture_content())
    assert request.scale_top == max(tops) and request.marks.legend == ""
    window.session.set_view(layout="single", usual_places=True)
    finish(window)
    request = content_request(tmp_path / "a.svg", window.workbench.picture_content())
    assert request.scale_top == 0 and request.marks.legend.startswith("no prior")
    window.commands.export()
    dialog = window.commands.export_dialog
    assert dialog._page().usual_places and not dialog._page().common_scale
    dialog.common.setChecked(True)
    assert dialog._page().common_scale
    dialog.reject()


def test_the_first_analysis_of_a_session_shows_a_map(window, finish):
    """Scores alone do not say where to click; afterwards Original is the user's own choice."""
    window.session.add([packed("a"), packed("b")])
    window.session.select(1)
    assert window.session.view.class_id is None
    window.commands.analyse()
    finish(window)
    assert window.session.view.class_id == window.session.at(0).prediction.top
    window.session.set_view(class_id=None)
    window.commands.analyse_all()
    finish(window)
    assert window.session.view.class_id is None
