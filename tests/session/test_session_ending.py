"""A session is emptied a few entries at a time."""

from __future__ import annotations

from collections import OrderedDict

from window_builders import list_spectrum

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.ending import emptied
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.session import Session


def test_every_kind_of_holder_in_small_steps():
    holders = [list(range(25)), {n: n for n in range(9)}, set(range(11)), OrderedDict(a=1), []]
    sizes = [sum(map(len, holders))]
    for _ in emptied(holders, at_once=10):
        sizes.append(sum(map(len, holders)))
        assert 0 < sizes[-2] - sizes[-1] <= 10
    assert sizes[-1] == 0
    assert holders == [[], {}, set(), {}, []]


def test_a_session_has_nothing_left():
    session = Session()
    spectra = [list_spectrum([(n, 50.0)], Experiment.HSQC, f"s {n}") for n in range(1, 8)]
    session.add([pack(spectrum) for spectrum in spectra])
    assert len(session.items) == 7
    for _ in emptied(session.holders(), at_once=2):
        pass
    assert len(session) == 0
    assert not session.samples
    assert session.current is None
