"""Contributions and the stability of maps as frames: nothing is lost, nothing broken gets in."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from contribution_builders import made_up, places_at
from window_builders import MAP_F1, MAP_F2

from nmrcam_qt.core.contributions import Contributions, InputContributions, MapStability
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.wire_findings import (
    contributions_frame,
    read_contributions,
    read_stability,
    stability_frame,
)

HUGE = 2**53 + 1


def there_and_back(frame: Frame) -> Frame:
    return read_frame(io.BytesIO(encode(frame)))


def same(a: Contributions, b: Contributions) -> None:
    about = ("network", "network_sha256", "classes", "repeats")
    assert [getattr(a, n) for n in about] == [getattr(b, n) for n in about]
    np.testing.assert_array_equal(a.logits, b.logits)
    np.testing.assert_array_equal(a.empty_logits, b.empty_logits)
    for x, y in zip(a.inputs, b.inputs, strict=True):
        assert x.input_name == y.input_name and list(x.heat) == list(y.heat)
        for name in ("ids", "h_ppm", "c_ppm"):
            np.testing.assert_array_equal(getattr(x.places, name), getattr(y.places, name))
        for name in ("drop", "cells", "rest"):
            np.testing.assert_array_equal(getattr(x, name), getattr(y, name))
        for method, share in x.heat.items():
            np.testing.assert_allclose(share, y.heat[method], rtol=1e-6)
    for x, y in zip(a.intervals, b.intervals, strict=True):
        for name in ("drop_low", "drop_high", "rank_low", "rank_high"):
            np.testing.assert_array_equal(getattr(x, name), getattr(y, name))


@pytest.mark.parametrize("repeats", [0, 20])
def test_contributions_come_back_as_they_were(repeats):
    found = made_up(repeats=repeats)
    same(read_contributions(there_and_back(contributions_frame(found))), found)


def test_drops_keep_every_digit_and_so_do_numbers_of_peaks():
    rng = np.random.default_rng(3)
    places = places_at(rng.uniform(1, 9, (40, 2)), first=HUGE)
    drop = rng.normal(0, 1e-7, (40, 3)) + 1.0  # ranks hang on what float32 would lose
    own = InputContributions("hsqc", places, drop, np.ones(40, int), np.full(3, 1 / 3))
    both = (own, replace(own, input_name="hmbc"))
    found = Contributions("n", "f" * 64, ("a", "b", "c"), np.full(3, 0.1), np.zeros(3), both)
    back = read_contributions(there_and_back(contributions_frame(found)))
    same(back, found)
    assert back.inputs[0].places.ids[0] == HUGE
    np.testing.assert_array_equal(back.ranks()[0], found.ranks()[0])


def test_float32_is_enough_where_nothing_is_lost():
    arrays = contributions_frame(made_up(drops=np.full((4, 3), 0.5))).arrays
    assert arrays[4].dtype == np.float32  # the drops


def moving() -> MapStability:
    low = np.zeros((MAP_F1.size, MAP_F2.size), np.float32)
    low[5, 7] = 0.4
    where = ("spectrum", "indole", "hirescam", "conv4")
    return MapStability(*where, MAP_F1, MAP_F2, low + 0.5, low, 0.43, 20)


def test_the_stability_of_a_map_comes_back():
    found = moving()
    back = read_stability(there_and_back(stability_frame(found)))
    assert (back.f1, back.f2, back.agreement) == (found.f1, found.f2, found.agreement)
    np.testing.assert_array_equal(back.mean, found.mean)
    np.testing.assert_array_equal(back.low, found.low)


@pytest.mark.parametrize(
    "broken",
    [
        {"classes": "abc"},
        {"classes": ["a"]},
        {"classes": ["a" * 5000, "b", "c"]},
        {"network": 5},
        {"repeats": True},
        {"repeats": -1},
        {"inputs": []},
        {"inputs": [{}] * 3},
        {"inputs": [{"name": "x", "ids": [1, 1, 2, 3], "cells": [1] * 4, "heat": []}]},
        {"inputs": [{"name": "x", "ids": [1, 2, 3, 4], "cells": [1, 1, 1, -1], "heat": []}]},
        {"inputs": [{"name": "x", "ids": [1.5, 2, 3, 4], "cells": [1] * 4, "heat": []}]},
        {"inputs": [{"name": "x", "ids": [2**70, 2, 3, 4], "cells": [1] * 4, "heat": []}]},
        {"inputs": None},
        {"intervals": False},
    ],
)
def test_broken_contributions_are_refused(broken):
    frame = contributions_frame(made_up(repeats=20))
    with pytest.raises(WireError):
        read_contributions(Frame({**frame.header, **broken}, frame.arrays))


def test_broken_arrays_of_contributions_are_refused():
    frame = contributions_frame(made_up(repeats=20))
    for number, array in enumerate(frame.arrays):
        for other in (array[:-1], array * np.float32(np.nan), np.zeros((), np.float32)):
            arrays = [*frame.arrays]
            arrays[number] = other
            with pytest.raises(WireError):
                read_contributions(Frame(frame.header, tuple(arrays)))
    for arrays in (frame.arrays[:-1], (*frame.arrays, frame.arrays[0])):
        with pytest.raises(WireError):
            read_contributions(Frame(frame.header, arrays))
    far = (*frame.arrays[:-1], np.full_like(frame.arrays[-1], 1e30))
    with pytest.raises(WireError, match="ranks of no peak"):
        read_contributions(Frame(frame.header, far))


@pytest.mark.parametrize(
    "broken",
    [
        {"map": ["a", "b", "c"]},
        {"map": None},
        {"axes": [[1.0, 2.0, 3]]},
        {"axes": [[1.0, 2.0, 3], [1.0, 2.0, "3"]]},
        {"agreement": float("nan")},
        {"agreement": 2.0},
        {"agreement": 1},
        {"repeats": "20"},
    ],
)
def test_a_broken_map_is_refused(broken):
    frame = stability_frame(moving())
    with pytest.raises(WireError):
        read_stability(Frame({**frame.header, **broken}, frame.arrays))
    with pytest.raises(WireError):
        read_stability(Frame(frame.header, frame.arrays[:1]))


def test_a_name_that_cannot_be_printed_is_refused():
    frame = contributions_frame(made_up())
    inputs = [{**frame.header["inputs"][0], "name": "a\x1b[2J"}]
    with pytest.raises(WireError, match="a name expected"):
        read_contributions(Frame({**frame.header, "inputs": inputs}, frame.arrays))


@pytest.mark.filterwarnings("error")
def test_heat_beyond_float32_is_refused_without_a_warning():
    huge = np.full((MAP_F1.size, MAP_F2.size), 1e308)
    found = MapStability("i", "c", "m", "l", MAP_F1, MAP_F2, huge * 0, huge * 0, 0.5, 2)
    frame = stability_frame(found)
    with pytest.raises(WireError, match="not finite"):
        read_stability(Frame(frame.header, (huge, huge)))
