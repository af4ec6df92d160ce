"""What is shown is the very array that the network is fed with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ink_builders import measured
from window_builders import make_card, packed, picture

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.preprocessing import feed, prepare_inputs
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.network_view import network_view
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown, resolve

PEAKS = [(7.1, 120.0, 300), (3.3, 40.2, -200)]
EXCLUDED = Mask("x", (3.0, 3.6), (35.0, 45.0), excluded=True)


def shown(spectrum, card, network="auto"):
    session = Session()
    session.add([spectrum])
    session.select(session.at(0).id)
    session.set_view(network=network)
    return resolve(session, [card])


def card_for(**changes):
    card = make_card()
    spec = InputSpec("hsqc", Experiment.HSQC, (41, 60, 1), (0.0, 200.0), (10.0, 0.0))
    return replace(card, inputs=(replace(spec, **changes),))


SPECTRA = {
    "picture": pack(picture()),
    "list": packed(),
    "instrument": pack(replace(measured(PEAKS), experiment=Experiment.HSQC)),
    "masked": pack(replace(measured(PEAKS, masks=(EXCLUDED,)), experiment=Experiment.HSQC)),
}


@pytest.mark.parametrize("name", SPECTRA)
@pytest.mark.parametrize(
    "changes",
    [{}, {"background": 1}, {"rows": "f2", "shape": (60, 41, 3)}],
    ids=["plain", "paper", "turned"],
)
def test_it_is_what_the_network_is_fed_with(name, changes):
    spectrum, card = SPECTRA[name], card_for(**changes)
    seen = network_view(shown(spectrum, card))
    image, f1, f2 = seen.image()
    assert image.shape == (f1.size, f2.size) == (41, 60)
    assert image.any()
    fed = prepare_inputs(card, [spectrum.unpack()]).examples[0]
    np.testing.assert_array_equal(feed(image, card.inputs[0]), fed)


def test_masked_regions_are_blank_and_said():
    card = card_for()
    seen, masked = (network_view(shown(SPECTRA[n], card)) for n in ("instrument", "masked"))
    image, f1, f2 = seen.image()
    cell = f1.cell(40.2), f2.cell(3.3)
    assert image[cell] > 0.5
    assert masked.image()[0][cell] == 0
    assert seen.key != masked.key
    assert masked.heading.endswith("contours from 20 × noise  ·  1 region blank")
    assert "blank" not in seen.heading
    assert "noise" not in network_view(shown(SPECTRA["picture"], card)).heading


def test_of_a_pair_the_input_of_the_spectrum():
    card = make_card("both", (Experiment.HSQC, Experiment.HMBC))
    session = Session()
    session.add([pack(picture("a_HSQC")), pack(picture("a_HMBC", experiment=Experiment.HMBC))])
    session.set_view(network="both")
    for row, experiment in enumerate((Experiment.HSQC, Experiment.HMBC)):
        session.select(session.at(row).id)
        found = resolve(session, [card])
        assert found.plan is not None
        assert network_view(found).spec.experiment is experiment


def test_without_a_network_there_is_nothing_to_see():
    assert network_view(Shown()) is None
    assert network_view(shown(SPECTRA["picture"], card_for(), network="gone")) is None
