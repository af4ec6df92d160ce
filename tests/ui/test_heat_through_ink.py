"""In the window as in pictures: heat that lies on the signals shows through their ink."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from window_builders import make_map, picture

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.heat_on_ink import FAINT
from nmrcam_qt.core.progress import SILENT
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.network_view import NetworkView
from nmrcam_qt.session.packing import pack
from nmrcam_qt.ui.network_layer import NetworkLayer
from nmrcam_qt.ui.spectrum_view import SpectrumView

F1, F2 = Axis.from_edges("13C", 0.0, 200.0, 205), Axis.from_edges("1H", 10.0, 0.0, 300)


@pytest.fixture
def view(qtbot):
    made = SpectrumView()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    packed = pack(picture(rows=205, columns=300))
    made.show_spectrum(packed, ink=packed.display())
    return made


def fine(value=2.0):
    """Heat on the sample with ink 0.5, at (10, 20)."""
    evidence = np.zeros((205, 300), np.float32)
    evidence[10, 20] = value
    return make_map(evidence=evidence, f1=F1, f2=F2)


def inks(view):
    image = view.ink_item.image
    return float(image[10, 20]), float(image[0, 0])


def test_ink_is_faint_where_heat_is_painted_and_as_it_was_without(view):
    assert inks(view) == (0.5, 1.0)
    view.show_map(fine())
    assert inks(view) == (pytest.approx(0.5 * FAINT), 1.0)
    view.set_original(True)  # the key for the original
    assert inks(view) == (0.5, 1.0)
    view.set_original(False)
    assert inks(view) == (pytest.approx(0.5 * FAINT), 1.0)
    view.apply_settings(ViewSettings(heat_style="contours"))
    assert inks(view) == (0.5, 1.0)
    view.apply_settings(ViewSettings(threshold=1.0))  # nothing is painted
    assert inks(view) == (0.5, 1.0)
    view.apply_settings(ViewSettings())
    view.show_map(None)
    assert inks(view) == (0.5, 1.0)


def test_ink_over_large_cells_stays(view):
    view.show_map(make_map())
    assert inks(view) == (0.5, 1.0)


def test_another_spectrum_has_its_own_ink(view):
    view.show_map(fine())
    other = pack(picture("other", rows=205, columns=300))
    view.show_spectrum(other, ink=other.display())
    view.show_map(None)
    assert inks(view) == (0.5, 1.0)


class AtOnce(QObject):
    """Makes what is asked for when it is asked for."""

    arrived = Signal(object, object)

    def ask(self, _asker, _key, work):
        return next(work(SILENT))

    def give_up(self, _asker):
        """Nothing is under way."""


def test_the_key_for_the_original_shows_all_of_what_the_network_sees(view):
    spec = InputSpec("in", Experiment.HSQC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
    packed = pack(picture(rows=205, columns=300))
    worker = AtOnce()
    layer = NetworkLayer(view, worker)  # the card is not asked
    layer.show(NetworkView(packed, None, spec))
    ink = float(layer.item.image[10, 20])
    assert ink > 0
    view.show_map(fine())
    layer.show_through()
    assert float(layer.item.image[10, 20]) == pytest.approx(FAINT * ink)
    view.set_original(True)
    assert float(layer.item.image[10, 20]) == ink
    view.set_original(False)
    assert float(layer.item.image[10, 20]) == pytest.approx(FAINT * ink)
