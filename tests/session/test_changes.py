"""Changes as values, and how several become one."""

from __future__ import annotations

import pytest
from window_builders import packed

from nmrcam_qt.session.changes import Change, Replaced, id_of, merged
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.records import ProjectOptions, SampleRecord, SpectrumRecord
from nmrcam_qt.session.session import Session

A, B, C = (SampleRecord(1, name) for name in "abc")


def test_the_inverse_of_the_inverse_is_the_change():
    record = SpectrumRecord(1, 1, packed())
    change = Change(
        "x",
        (Replaced(None, record),),
        (Replaced(A, B), Replaced(None, SampleRecord(2, "d"))),
        Replaced(ViewSettings(), ViewSettings(opacity=0.1)),
        Replaced(ProjectOptions(), ProjectOptions(embed=False)),
        "key",
    )
    back = change.inverse()
    assert (back.spectra[0].before, back.spectra[0].after) == (record, None)
    assert [id_of(s) for s in back.samples] == [2, 1], "from the last to the first"
    assert back.view.after == ViewSettings()
    assert back.options.after == ProjectOptions()
    assert (back.text, back.merge_key) == ("x", "key")
    assert back.inverse().samples[0].before is A


def test_merging_keeps_the_first_before_and_the_last_after():
    one = Change("one", samples=(Replaced(A, B),), merge_key="k")
    two = Change("two", samples=(Replaced(B, C),), merge_key="k")
    whole = merged(one, two)
    assert [(s.before, s.after) for s in whole.samples] == [(A, C)]
    assert (whole.text, whole.merge_key) == ("two", "k")


def test_what_came_and_went_is_left_out():
    one = Change("one", samples=(Replaced(None, A),), merge_key="k")
    two = Change("two", samples=(Replaced(A, None),), merge_key="k")
    assert merged(one, two).samples == ()


def test_parts_of_only_one_of_them_stay():
    view = Replaced(ViewSettings(), ViewSettings(opacity=0.3))
    one = Change("one", view=view, merge_key="k")
    two = Change("two", options=Replaced(ProjectOptions(), ProjectOptions(False)), merge_key="k")
    assert merged(one, two).view is view
    assert merged(one, two).options is two.options


@pytest.mark.parametrize(("first", "second"), [("", ""), ("a", "b"), ("a", "")])
def test_only_changes_with_the_same_key_are_merged(first, second):
    with pytest.raises(ValueError, match="two steps"):
        merged(Change("x", merge_key=first), Change("y", merge_key=second))


def test_a_replacement_of_nothing_has_no_id():
    with pytest.raises(ValueError, match="neither"):
        id_of(Replaced(None, None))


def test_a_change_that_does_not_follow_is_refused_and_harms_nothing():
    session = Session()
    session.add([packed("a")])
    record = session.at(0).record
    for wrong in [
        Change("again", (Replaced(None, record),)),
        Change("gone", (Replaced(SpectrumRecord(9, 9, packed()), None),)),
        Change("sample", samples=(Replaced(A, B),)),
    ]:
        with pytest.raises(ValueError, match="does not fit"):
            session.apply(wrong)
    assert [item.record for item in session.items] == [record]
    assert not session.samples
