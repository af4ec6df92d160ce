"""Slow maps stay when the spectrum is analysed anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from window_builders import MAP_F1, MAP_F2, make_analysis, make_map, packed

from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.merging import with_earlier_maps
from nmrcam_qt.session.session import Session


def another(class_id="indole", method="hirescam"):
    evidence = np.full((MAP_F1.size, MAP_F2.size), 3.0, np.float32)
    return make_map(class_id, method, evidence)


def places(analysis):
    return {(each.method, each.class_id) for each in analysis.explanations}


def test_what_was_not_asked_for_stays():
    earlier = make_analysis(
        [make_map(method="rise"), make_map("steroid")], unavailable=[("cam", "a")]
    )
    new = make_analysis([another()], unavailable=[("cam", "b")])
    both = with_earlier_maps(new, earlier)
    assert places(both) == {("hirescam", "indole"), ("rise", "indole"), ("hirescam", "steroid")}
    assert both.unavailable == (("cam", "b"),)
    assert with_earlier_maps(new, None) is new


def test_where_both_have_a_map_the_new_one_counts():
    both = with_earlier_maps(make_analysis([another()]), make_analysis([make_map()]))
    assert [float(each.evidence.max()) for each in both.explanations] == [3.0]


def test_what_is_refused_now_goes_and_what_was_refused_then_does_too():
    refused = make_analysis(unavailable=[("hirescam", "no")])
    assert not with_earlier_maps(refused, make_analysis([make_map()])).explanations
    both = with_earlier_maps(make_analysis([make_map()]), refused)
    assert both.unavailable == ()


def test_of_other_weights_nothing_is_taken():
    other = make_analysis([make_map()])
    other = replace(other, prediction=replace(other.prediction, network_sha256="0" * 64))
    with pytest.raises(ValueError, match="do not belong"):
        with_earlier_maps(make_analysis(), other)


def test_the_session_keeps_them_for_the_same_spectrum_and_weights_only():
    session = Session()
    session.add([packed()])
    key = AnalysisKey("net-hsqc", (1,), None)
    session.store(key, make_analysis([make_map(method="rise")]))
    session.store(key, make_analysis([make_map()]))
    assert places(session.analysis(key)) == {("rise", "indole"), ("hirescam", "indole")}
    newer = make_analysis([make_map()])
    newer = replace(newer, prediction=replace(newer.prediction, network_sha256="0" * 64))
    session.store(key, newer)
    assert places(session.analysis(key)) == {("hirescam", "indole")}
