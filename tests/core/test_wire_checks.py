"""Checks of maps over the wire: as they were, or refused."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest

from nmrcam_qt.core.map_check import MapCheck, MapsAsked
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.wire_checks import check_request, checks_reply, read_asked, read_checks
from nmrcam_qt.core.wire_results import read_prepared

ASKED = MapsAsked(("cam", "gradcam"), ("indole",), "conv4", 3)
CHECK = MapCheck(
    "indole", "cam", "hsqc", "net", "0" * 64, 0.25, 0.3, (0.5, 0.4, 0.6), True, False, ("A.", "B.")
)
OPEN = replace(
    CHECK,
    randomised=math.nan,
    deletion=math.nan,
    deletion_random=(math.nan,) * 3,
    passes_randomisation=None,
    passes_deletion=None,
)


def _sent(frame: Frame) -> Frame:
    found = read_frame(io.BytesIO(encode(frame)))
    assert found is not None
    return found


@pytest.mark.parametrize("asked", [ASKED, replace(ASKED, layer=None, seed=0)])
def test_requests_arrive(asked):
    prepared = Prepared((np.ones((4, 5, 1), np.float32),), ("a warning",))
    frame = _sent(check_request("net", prepared, asked))
    assert frame.header["op"] == "check" and frame.header["network"] == "net"
    assert read_asked(frame) == asked
    (found,) = read_prepared(frame)
    assert (found.examples[0] == 1).all() and found.warnings == ("a warning",)


def test_checks_arrive_with_what_is_not_known():
    first, second = read_checks(_sent(checks_reply([CHECK, OPEN])))
    assert first == CHECK
    assert second.passes_randomisation is None and second.passes_deletion is None
    assert all(math.isnan(v) for v in (second.randomised, second.deletion))
    assert all(math.isnan(v) for v in second.deletion_random)
    assert read_checks(_sent(checks_reply([]))) == ()


@pytest.mark.parametrize(
    "change",
    [
        {"passes": [1, 0]},
        {"passes": [True]},
        {"sentences": "A."},
        {"sentences": [3]},
        {"class_id": 7},
        {"method": None},
    ],
)
def test_broken_checks_are_refused(change):
    frame = checks_reply([CHECK])
    with pytest.raises(WireError):
        read_checks(Frame({"checks": [frame.header["checks"][0] | change]}, frame.arrays))


@pytest.mark.parametrize(
    "frame",
    [
        Frame({}, ()),
        Frame({"checks": []}, ()),
        Frame({"checks": [{}]}, (np.zeros((1, 5)),)),
        Frame({"checks": []}, (np.zeros((1, 5)),)),
        Frame({"checks": [7]}, (np.zeros((1, 5)),)),
    ],
)
def test_broken_replies_are_refused(frame):
    with pytest.raises(WireError):
        read_checks(frame)


@pytest.mark.parametrize(
    "change", [{"seed": -1}, {"seed": True}, {"layer": 3}, {"methods": "cam"}, {"classes": None}]
)
def test_broken_requests_are_refused(change):
    header = {"methods": ["cam"], "classes": ["a"], "layer": None, "seed": 0}
    assert read_asked(Frame(header)) == MapsAsked(("cam",), ("a",))
    with pytest.raises(WireError):
        read_asked(Frame(header | change))
