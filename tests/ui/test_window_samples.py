"""The window opens every sample, or says in its list of problems what a file is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.spectrum import SourceKind

OPENED = {
    "exam2d_HC 3 – hsqcedetgpsp.3": "HSQC",
    "estragole_hsqc": "HSQC",
    "estragole_hmbc": "HMBC",
}
REFUSED = ("a 1D ¹H spectrum", "the raw data (FIDs)", "¹H–¹H COSY (pulse program iufcosy-pr)")


@pytest.fixture
def opened(window, finish, samples_dir: Path):
    window.workbench.open([samples_dir])
    finish(window, timeout=60_000)
    return window


def test_samples_open_in_the_window(opened, finish, qtbot):
    session = opened.session
    measured = {
        item.name: item.experiment.label
        for item in session.items
        if item.packed.provenance.kind is SourceKind.INSTRUMENT
    }
    assert measured == OPENED
    lists = [i for i in session.items if i.packed.provenance.kind is SourceKind.PEAK_LIST]
    assert len(lists) == 14
    said = " ".join(f"{problem.path} {problem.text}" for problem in session.problems)
    for part in REFUSED:
        assert part in said
    # Each is drawn, and so is what the network sees of it.
    for item in session.items:
        if item.packed.provenance.kind is not SourceKind.INSTRUMENT:
            continue
        session.set_view(network_view=False)
        session.select(item.id)
        finish(opened)
        qtbot.waitUntil(lambda: opened.view.ink is not None, timeout=20_000)
        assert opened.view.signals_.trouble == ""
        session.set_view(network_view=True)
        finish(opened)
        layer = opened.page.panes.network.layer_of(opened.view)
        qtbot.waitUntil(lambda seen=layer: seen.seen is not None, timeout=20_000)
        assert 0.0005 < (layer.seen.image > 0.3).mean() < 0.02
        assert "contours from 20 × noise" in opened.view.heading.text()


def test_masks_of_the_solvent_are_marked_when_it_opens(opened):
    """CDCl3 is named by the file; nothing is excluded without being asked."""
    item = next(i for i in opened.session.items if i.name == "estragole_hsqc")
    names = {mask.name for mask in item.packed.masks}
    assert "CHCl3" in names
    assert all(isinstance(mask, Mask) and not mask.excluded for mask in item.packed.masks)
