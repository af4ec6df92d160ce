"""Saved pictures are painted as the view is: style, class colours, lines, first map."""

from __future__ import annotations

import numpy as np
import pytest
from window_builders import packed

from nmrcam_qt.core.writers import colours as paper
from nmrcam_qt.core.writers.request import PictureRequest
from nmrcam_qt.ui import heat, theme
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


@pytest.mark.parametrize("style", ["contours", "both"])
def test_lines_on_paper_have_the_colours_of_the_window(style, qtbot):
    table = heat.overlay_colours("plasma", 0.8, 0.1)
    strongest = heat.line_colour(table, 1.0, WHITE)
    axes = packed("a").unpack()
    request = PictureRequest(
        path="a.png",
        intensity=axes.intensity,
        f1=axes.f1,
        f2=axes.f2,
        title="",
        heat_style=style,
    )
    for share, colour in paper.line_colours(request):
        own = strongest if style == "both" else heat.line_colour(table, share, WHITE)
        assert abs(parts(colour) - parts(own)).max() <= 8, share  # a step of darkening


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
