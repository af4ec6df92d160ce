"""Contributions that were computed once are shown after reopening without being computed again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from contribution_builders import made_up
from instrument_builders import instrument
from test_contribution_window import KEY, POINTS, column, trigger
from window_builders import CARDS, make_analysis, make_map

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_table import Column
from nmrcam_qt.session.project import create_project
from nmrcam_qt.ui.contribution_asking import Kind
from nmrcam_qt.ui.contribution_collecting import Found
from nmrcam_qt.workers.jobs import FunctionJob

SAID = ["+2.00", "+0.02", "−1.00", "–"]


@pytest.fixture
def begin(make_window, finish, tmp_path, monkeypatch):
    """A window on a project, as the application begins it."""
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))

    def make(path):
        window = make_window()
        window.desk.begin(path, offer=False)
        finish(window)
        return window

    return make


@pytest.fixture
def asked(monkeypatch):
    """What jobs were begun for; they answer at once."""
    kinds = []

    def job(_self, under, _work, places):
        kinds.append(under.kind)
        at = list(zip(places[0].h_ppm, places[0].c_ppm, strict=True))
        found = replace(made_up(at), network_sha256=CARDS[0].sha256)
        return FunctionJob("made up", lambda _context: Found(found))

    monkeypatch.setattr("nmrcam_qt.ui.contribution_asking.ContributionAsker._job", job)
    return kinds


@pytest.fixture
def shown(finish, qtbot):
    """What the table says when there is no more to come."""

    def wait(window):
        desk = window.page.contributions
        for _ in range(2):
            finish(window)
            window.desk.store.flush(120)
            qtbot.waitUntil(lambda: not window.page.refresh_timer.isActive(), timeout=10_000)
            qtbot.waitUntil(lambda: not desk._timer.isActive(), timeout=10_000)
        finish(window)
        return column(window, Column.CONTRIBUTION)

    return wait


def test_what_was_computed_is_there_after_reopening(begin, shown, asked, tmp_path):
    path = tmp_path / "p.nmrcam"
    create_project(path).store.close()
    window = begin(path)
    spectrum = replace(instrument(rows=80, columns=160), experiment=Experiment.HSQC)
    (item,) = window.session.add([pack(spectrum)])
    window.session.select(item)
    peaks = tuple(Peak(n, h, c) for n, (h, c) in enumerate(POINTS, start=1))
    window.session.set_picked(item, PickedPeaks(peaks, next_id=9))
    window.session.store(replace(KEY, items=(item,)), make_analysis([make_map()]))
    shown(window)
    trigger(window, "contributions")
    assert shown(window) == SAID
    assert asked == [Kind.DROPS]
    window.close()
    again = begin(path)
    again.session.select(item)
    assert shown(again) == SAID
    assert asked == [Kind.DROPS], "computed again"
    assert again.page.peak_panel.strip.state.text() == ""
    again.session.set_masks((item,), (Mask("water", (4.6, 4.9), (-999.0, 999.0), True),))
    shown(again)
    assert asked == [Kind.DROPS, Kind.DROPS], "those of another spectrum were taken for it"
