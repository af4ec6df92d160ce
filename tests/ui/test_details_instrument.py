"""Details of measured data: how measured, referencing with its way back, masks, picks."""

from __future__ import annotations

import pytest
from instrument_builders import instrument, picks, some_masks
from window_builders import picture

from nmrcam_qt.core.reference import Affine
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.details_panel import DetailsPanel


@pytest.fixture
def session(qapp):
    made = Session()
    made.add([pack(instrument(name="inst")), pack(picture("c"))])
    return made


@pytest.fixture
def chosen():
    return [1]


@pytest.fixture
def panel(qtbot, session, chosen):
    made = DetailsPanel(session, lambda: chosen)
    made.resize(320, 700)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.hide()
    made.deleteLater()
    qtbot.wait(1)


def test_how_it_was_measured(panel):
    assert panel.acquisition.text().splitlines() == [
        "estragole",
        "CDCl3, 500.13 MHz ¹H, 125.76 MHz ¹³C",
        "hsqcedetgpsisp2.3, edited (CH₂ has the other sign)",
    ]
    assert panel.masks.isHidden()
    assert panel.picked.isHidden()
    assert panel.reference.text() == "As in the file."
    assert not panel.unreference.isEnabled()
    assert panel.unreference.toolTip() == "The axes are those of the file."


def test_masks_picks_and_reference_follow_the_session(session, panel, qtbot):
    session.set_masks([1], some_masks())
    session.set_excluded([1], "DMSO", True)
    session.set_picked(1, picks(43))
    session.set_reference([1], h=Affine(offset=0.031))
    qtbot.waitUntil(lambda: panel.picked.text() == "43 picked")
    assert panel.masks.text().splitlines() == [
        "DMSO: ¹H 2.4 to 2.6, ¹³C 38 to 41 ppm, excluded",
        "HDO: ¹H 4.6 to 4.9, ¹³C -10 to 200 ppm",
    ]
    assert panel.reference.text() == "¹H +0.031 ppm"
    assert "referenced by the user" not in panel.axes.text(), "said once"
    panel.unreference.click()
    qtbot.waitUntil(lambda: panel.reference.text() == "As in the file.")
    assert session.find(1).packed.reference.identity


def test_several_spectra(session, panel, chosen, qtbot):
    session.set_reference([2], h=Affine(offset=0.5))
    chosen[:] = [1, 2]
    panel.refresh()
    assert panel.reference.text() == "1 of 2 spectra: ¹H +0.5 ppm"
    assert panel.acquisition.isHidden()
    panel.unreference.click()
    assert session.find(2).packed.reference.identity


def test_a_picture_has_no_row_of_its_measurement(panel, chosen):
    chosen[:] = [2]
    panel.refresh()
    assert panel.acquisition.isHidden()
    assert not panel.reference.isHidden()
