"""An empty map is called empty, and where peaks contribute all the same it is said how."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from contribution_builders import made_up
from window_builders import MAP_F1, MAP_F2, make_map

from nmrcam_qt.core.empty_map import (
    EMPTY_MAP,
    empty_map_sentence,
    empty_map_text,
    surest_drop,
)
from nmrcam_qt.core.methods import METHODS

NOTHING = np.full((MAP_F1.size, MAP_F2.size), -0.5, dtype=np.float32)


def one_peak(**told):
    return made_up(((7.0, 120.0),), **told)


def empty(method="gradcam", class_id="indole", **other):
    return make_map(class_id, method, NOTHING, **other)


def test_without_contributions_it_is_only_called_empty():
    assert empty_map_text(empty()) == EMPTY_MAP
    assert empty_map_sentence(empty()) == EMPTY_MAP.capitalize() + "."


def test_a_peak_that_contributes_is_no_contradiction_and_the_method_says_why():
    said = empty_map_text(empty(), made_up())
    assert said.startswith("empty map: Grad-CAM at conv4 shows nothing above zero for this class")
    assert "lowers its logit by up to 2.00: it averages the gradient" in said
    assert "small change" in empty_map_text(empty("hirescam"), made_up())
    assert " at " not in empty_map_text(empty("occlusion"), made_up()).split(" shows ")[0]
    assert "another network" not in empty_map_text(empty("unknown"), made_up())


@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_a_reason_of_its_own(method):
    assert "different questions" not in empty_map_text(empty(method), made_up())


def test_where_the_logit_is_the_sum_of_the_map_all_shared_methods_say_the_same():
    reasons = {
        empty_map_text(empty(m), made_up(), summed=True).split(": ", 2)[2]
        for m in ("cam", "gradcam", "hirescam", "layercam", "xgradcam")
    }
    assert len(reasons) == 1 and "each place adds by itself" in reasons.pop()
    assert "hangs together" in empty_map_text(empty("occlusion"), made_up(), summed=True)


def test_only_what_is_more_than_its_uncertainty_counts():
    """Without repeats a tenth of a logit unit, with them an interval above 0."""
    assert surest_drop(made_up(), empty()) == 2.0  # the fourth peak, of 9, is not seen
    assert surest_drop(one_peak(drops=[[0, 0.09, 0]]), empty()) is None
    assert surest_drop(one_peak(drops=[[0, 0.1, 0]]), empty()) == 0.1
    assert surest_drop(one_peak(drops=[[0, -3.0, 0]]), empty()) is None  # speaks against it
    assert surest_drop(made_up(repeats=20), empty()) == 2.0  # 1.5 to 3
    assert surest_drop(one_peak(drops=[[0, 0.4, 0]], repeats=20), empty()) is None  # -0.1 to 1.4
    narrow = one_peak(drops=[[0, 0.04, 0]], repeats=20)
    (around,) = narrow.intervals
    narrow = replace(narrow, intervals=(replace(around, drop_low=np.full((1, 3), 0.01)),))
    assert surest_drop(narrow, empty()) == 0.04


def test_other_inputs_and_classes_are_no_contradiction():
    assert surest_drop(made_up(), empty(input_name="hmbc")) is None
    assert surest_drop(made_up(), empty(class_id="other")) is None
