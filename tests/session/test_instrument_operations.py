"""Picked peaks, masks, referencing and contour bases: changes that are undone exactly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instrument_builders import instrument, picks, some_masks
from project_builders import make_spectrum

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.reference import AS_FILED, Affine, Reference
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.changes import merged
from nmrcam_qt.session.events import ChangeMade, ItemChanged
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_editing import Place, with_peak
from nmrcam_qt.session.referencing import affine_text, with_reference
from nmrcam_qt.session.results import basis_of
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shifts import to_file, to_user


@pytest.fixture
def session():
    """A session of instrument data, a picture and a peak list, and its changes."""
    made = Session()
    made.add(
        [
            pack(instrument(name="estragole_hsqc")),
            pack(make_spectrum(1)),
            pack(make_spectrum(3, peaks=True)),
        ]
    )
    made.steps = []
    made.events = []
    made.subscribe(lambda e: made.steps.append(e.change) if isinstance(e, ChangeMade) else None)
    made.subscribe(made.events.append)
    return made


class TestPicked:
    def test_peaks_come_back_and_the_step_says_how_many(self, session):
        ids = [item.id for item in session.items]
        session.set_picked(ids[0], picks(43))
        assert session.find(ids[0]).picked == picks(43)
        assert session.find(ids[0]).record.n_picked == 43
        assert session.picked(ids[0]) == picks(43)
        assert session.find(ids[1]).picked is None
        assert [step.text for step in session.steps] == ["Pick 43 peaks in estragole_hsqc"]
        session.apply(session.steps[0].inverse())
        assert session.find(ids[0]).picked is None
        assert session.find(ids[0]).record.n_picked == 0

    def test_the_same_peaks_are_no_change(self, session):
        first = session.items[0].id
        session.set_picked(first, picks(5))
        session.set_picked(first, picks(5))
        session.set_picked(session.items[1].id, None)
        session.set_picked(999, picks(5))
        assert len(session.steps) == 1

    def test_none_picked_is_not_nobody_picked(self, session):
        first = session.items[0].id
        session.set_picked(first, PickedPeaks())
        assert session.find(first).picked == PickedPeaks()
        session.set_picked(first, None)
        assert session.find(first).picked is None
        assert len(session.steps) == 2

    @pytest.mark.parametrize(
        ("edit", "text"),
        [
            (lambda p: replace(p, peaks=p.peaks[1:]), "Delete a peak of"),
            (lambda p: replace(p, peaks=p.peaks[:1]), "Delete 4 peaks of"),
            (lambda p: with_peak(p, Place(3.0, 30.0, 1.0))[0], "Add a peak to"),
            (
                lambda p: replace(p, peaks=(*p.peaks[:4], replace(p.peaks[4], label="C-5"))),
                "Edit a peak of",
            ),
            (lambda p: picks(7, seed=2), "Pick 7 peaks in"),
            (lambda p: picks(4, seed=2), "Pick 4 peaks in"),
            (lambda p: None, "Remove the picked peaks of"),
        ],
    )
    def test_a_step_says_what_was_done(self, session, edit, text):
        first = session.items[0].id
        session.set_picked(first, picks(5))
        session.set_picked(first, edit(session.find(first).picked))
        assert session.steps[-1].text == f"{text} estragole_hsqc"

    def test_own_text(self, session):
        session.set_picked(session.items[0].id, picks(2), text="Import 2 peaks")
        assert session.steps[-1].text == "Import 2 peaks"

    def test_peaks_are_kept_at_the_shifts_of_the_file_and_move_with_the_axes(self, session):
        first = session.items[0].id
        session.set_reference([first], h=Affine(offset=0.25), c=Affine(2.0, 1.0))
        session.set_picked(first, PickedPeaks((Peak(1, 3.25, 61.0, c_width_ppm=4.0),), next_id=2))
        (kept,) = session.find(first).record.picked.get().peaks
        assert (kept.h_ppm, kept.c_ppm, kept.c_width_ppm) == (3.0, 30.0, 2.0)
        session.reset_reference([first])
        (shown,) = session.find(first).picked.peaks
        assert (shown.h_ppm, shown.c_ppm, shown.c_width_ppm) == (3.0, 30.0, 2.0)

    def test_a_job_that_began_before_the_axes_moved_gives_its_reference(self, session):
        first = session.items[0].id
        began = session.find(first).packed.reference
        session.set_reference([first], h=Affine(offset=0.5))
        session.set_picked(first, PickedPeaks((Peak(1, 3.0, 30.0),), next_id=2), reference=began)
        assert session.find(first).picked.peaks[0].h_ppm == 3.5

    def test_editing_one_peak_leaves_the_others_to_the_last_bit(self, session):
        first = session.items[0].id
        session.set_picked(first, picks(30))
        session.set_reference([first], h=Affine(1.01, 0.1234), c=Affine(0.99, -0.777))
        for turn in range(20):
            peaks = session.find(first).picked
            moved = replace(peaks.peaks[0], h_ppm=1.0 + turn / 7, by_hand=True)
            session.set_picked(first, replace(peaks, peaks=(moved, *peaks.peaks[1:])))
        kept = session.find(first).record.picked.get()
        assert kept.peaks[1:] == picks(30).peaks[1:]

    def test_peaks_that_cannot_be_read_are_a_problem_and_no_crash(self, session):
        def broken():
            raise ProjectError("the peaks are broken")

        first = session.items[0].id
        session.set_picked(first, picks(3))
        session.find(first).record.picked.settle(broken)
        assert session.find(first).picked is None
        assert session.picked(first) is None
        assert session.picked(first) is None
        assert [problem.text for problem in session.problems] == ["the peaks are broken"]
        session.set_picked(first, picks(4))
        assert len(session.picked(first)) == 4

    def test_only_the_item_is_told_of(self, session):
        first = session.items[0].id
        session.set_picked(first, picks(3))
        assert session.events[:-1] == [ItemChanged(first)]
        packed = session.find(first).packed
        session.set_contour_base(first, 2.0)
        assert session.find(first).packed is packed, "nothing that is heavy was made anew"


class TestShifts:
    @settings(max_examples=60, deadline=None)
    @given(st.floats(0.5, 2), st.floats(-20, 20), st.floats(0.5, 2), st.floats(-20, 20))
    def test_there_and_back(self, hs, ho, cs, co):
        reference = Reference(Affine(hs, ho), Affine(cs, co))
        peaks = picks(12)
        shown = to_user(peaks, reference)
        back = to_file(shown, reference)
        for one, other in zip(back.peaks, peaks.peaks, strict=True):
            assert one.h_ppm == pytest.approx(other.h_ppm, abs=1e-9)
            assert one.c_ppm == pytest.approx(other.c_ppm, abs=1e-9)
            assert one.h_width_ppm == pytest.approx(other.h_width_ppm, rel=1e-12)
        assert to_file(shown, reference, peaks) == peaks

    def test_as_filed_nothing_is_made(self):
        peaks = picks(3)
        assert to_user(peaks, AS_FILED) is peaks
        assert to_file(peaks, AS_FILED) is peaks


class TestMasks:
    def test_masks_of_several_spectra_and_back(self, session):
        ids = [item.id for item in session.items]
        before = [item.packed for item in session.items]
        session.set_masks(ids, some_masks())
        assert all(item.packed.masks == some_masks() for item in session.items)
        assert all(item.packed.unpack().masks == some_masks() for item in session.items)
        assert session.steps[-1].text == "Set masks of 3 spectra"
        session.apply(session.steps[-1].inverse())
        assert [item.packed for item in session.items] == before

    def test_the_same_masks_are_no_change(self, session):
        first = session.items[0].id
        session.set_masks([first], some_masks())
        session.set_masks([first], list(some_masks()))
        session.set_masks([session.items[1].id], ())
        assert len(session.steps) == 1

    def test_excluding_says_what(self, session):
        first = session.items[0].id
        session.set_masks([first], some_masks())
        session.set_excluded([first], "HDO", True)
        assert [m.excluded for m in session.find(first).packed.masks] == [True, False]
        session.set_excluded([first], None, True)
        assert [m.excluded for m in session.find(first).packed.masks] == [True, True]
        session.set_excluded([first], None, False)
        session.set_masks([first], ())
        assert [step.text for step in session.steps[1:]] == [
            "Exclude HDO from estragole_hsqc",
            "Exclude DMSO from estragole_hsqc",
            "Include 2 masks again in estragole_hsqc",
            "Remove the masks of estragole_hsqc",
        ]

    def test_only_excluded_masks_make_results_invalid(self, session):
        packed = session.items[0].packed
        bare = basis_of(packed)
        drawn = replace(packed, masks=some_masks())
        assert basis_of(drawn) == bare
        out = tuple(replace(mask, excluded=True) for mask in some_masks())
        assert basis_of(replace(packed, masks=out)) != bare
        renamed = tuple(replace(mask, name="x") for mask in reversed(out))
        assert basis_of(replace(packed, masks=renamed)) == basis_of(replace(packed, masks=out))
        assert basis_of(replace(packed, masks=out[:1])) != basis_of(replace(packed, masks=out))

    def test_too_many_or_too_far_is_refused_and_changes_nothing(self, session):
        first = session.items[0].id
        with pytest.raises(ValueError, match="201 masks"):
            session.set_masks([first], [Mask("x", (0, 1), (0, 1))] * 201)
        with pytest.raises(ValueError, match="too far"):
            session.set_masks([first], [Mask("x", (0, 1e300), (0, 1))])
        with pytest.raises(ValueError, match="no extent"):
            session.set_masks([first], [Mask("x", (0, 1e-12), (0, 1))])
        assert session.steps == []

    def test_names_are_lines(self, session):
        first = session.items[0].id
        session.set_masks([first], [Mask("a\nb\u202e" + "x" * 300, (0, 1), (0, 1))])
        (mask,) = session.find(first).packed.masks
        assert len(mask.name) == 200
        assert mask.name.startswith("a b?x")


class TestReference:
    def test_axes_display_axes_peaks_and_note_follow(self, session):
        first, _, third = (item.id for item in session.items)
        before = session.find(first).packed
        peaks = session.find(third).packed.peaks
        session.set_reference([first, third], h=Affine(offset=0.031), c=Affine(1.0002, -0.4))
        packed = session.find(first).packed
        assert packed.f2.first_ppm == pytest.approx(before.f2.first_ppm + 0.031, abs=1e-12)
        assert packed.f2.last_ppm == pytest.approx(before.f2.last_ppm + 0.031, abs=1e-12)
        assert packed.f1.first_ppm == pytest.approx(before.f1.first_ppm * 1.0002 - 0.4, abs=1e-12)
        assert packed.display()[1:] == (packed.f1, packed.f2)
        assert packed.unpack().f1 == packed.f1
        assert packed.provenance.notes[-1] == (
            "referenced by the user: ¹H +0.031 ppm, ¹³C ×1.0002 −0.4 ppm"
        )
        moved = session.find(third).packed.peaks
        np.testing.assert_allclose(moved.h_ppm, peaks.h_ppm + 0.031)
        np.testing.assert_allclose(moved.c_ppm, peaks.c_ppm * 1.0002 - 0.4)
        assert session.steps[-1].text == "Reference 2 spectra"

    def test_a_second_one_is_composed_after_the_first(self, session):
        first = session.items[0].id
        file_axis = session.find(first).packed.f1
        session.set_reference([first], c=Affine(1.5, 2.0))
        session.set_reference([first], c=Affine(0.5, -1.0))
        packed = session.find(first).packed
        assert packed.reference.c == Affine(0.75, 0.0)
        assert packed.f1.first_ppm == file_axis.first_ppm * 0.75
        assert len([n for n in packed.provenance.notes if n.startswith("referenced")]) == 1

    def test_back_to_the_file_is_exact_and_results_are_valid_again(self, session):
        first = session.items[0].id
        before = session.find(first).packed
        for shift in (0.1, 0.7, -0.3):
            session.set_reference([first], h=Affine(1.1, shift), c=Affine(0.9, shift))
        assert basis_of(session.find(first).packed) != basis_of(before)
        session.reset_reference([first])
        after = session.find(first).packed
        for name in ("f1", "f2", "display_axes", "provenance", "reference", "filed"):
            assert getattr(after, name) == getattr(before, name), name
        assert basis_of(after) == basis_of(before)
        assert session.steps[-1].text == "Set back the axes of estragole_hsqc"
        session.reset_reference([first])
        session.set_reference([first], h=Affine())
        assert len(session.steps) == 4

    def test_undo_and_redo(self, session):
        ids = [item.id for item in session.items]
        before = [item.packed for item in session.items]
        session.set_reference(ids, h=Affine(offset=1.0))
        after = [item.packed for item in session.items]
        session.apply(session.steps[0].inverse())
        assert [item.packed for item in session.items] == before
        session.apply(session.steps[0])
        assert [item.packed for item in session.items] == after

    def test_a_picture_with_two_points_on_both_axes_is_assumed_no_longer(self, session):
        second = session.items[1].id
        file = session.find(second).packed
        assert file.provenance.axes_assumed
        session.set_reference([second], h=Affine.through((7.0, 1.0), (7.3, 0.9)))
        source = session.find(second).packed.provenance
        assert source.axes_assumed
        assert source.assumed == ("¹³C axis assumed 0–200 ppm",)
        session.set_reference([second], c=Affine.through((20.0, 150.0), (22.0, 155.0)))
        source = session.find(second).packed.provenance
        assert not source.axes_assumed
        assert source.assumed == ()
        session.reset_reference([second])
        assert session.find(second).packed.provenance == file.provenance

    def test_a_shift_alone_leaves_a_picture_assumed(self, session):
        second = session.items[1].id
        session.set_reference([second], h=Affine(offset=0.1), c=Affine(offset=1))
        source = session.find(second).packed.provenance
        assert source.axes_assumed
        assert source.assumed == ("axes assumed 10–0 / 0–200 ppm",)

    def test_windows_take_the_place_of_a_reference(self, session):
        second = session.items[1].id
        session.set_reference([second], h=Affine(1.2, 0.1))
        session.set_windows([second], (11.0, -1.0), (0.0, 220.0))
        packed = session.find(second).packed
        assert packed.reference == AS_FILED
        assert packed.filed is None
        assert packed.f2.edges == pytest.approx((11.0, -1.0))
        assert not any(note.startswith("referenced") for note in packed.provenance.notes)
        session.apply(session.steps[-1].inverse())
        assert session.find(second).packed.reference.h == Affine(1.2, 0.1)

    def test_an_axis_where_no_spectrum_is_is_refused_and_nothing_changes(self, session):
        ids = [item.id for item in session.items]
        with pytest.raises(ValueError, match="too far"):
            session.set_reference(ids, h=Affine(offset=1e7))
        with pytest.raises(ValueError, match="no extent"):
            session.set_reference(ids, c=Affine(1e-12))
        assert session.steps == []

    def test_experiment_and_relink_keep_all_that_the_user_said(self, session):
        first = session.items[0].id
        session.set_reference([first], h=Affine(offset=0.5))
        session.set_masks([first], some_masks())
        session.set_picked(first, picks(4))
        session.set_contour_base(first, 3.0)
        session.set_experiment([first], Experiment.HMBC)
        fresh = instrument(seed=9, name="estragole_hsqc")
        fresh = replace(fresh, experiment=None, acquisition=Acquisition("DMSO", 500.0))
        session.relink(first, pack(fresh))
        item = session.find(first)
        assert item.experiment is Experiment.HMBC
        assert item.packed.acquisition.solvent == "DMSO"
        assert item.packed.masks == some_masks()
        assert item.packed.f2.first_ppm == fresh.f2.first_ppm + 0.5
        assert item.packed.filed.f2 == fresh.f2
        assert len(item.picked) == 4
        assert item.record.contour_base == 3.0

    def test_a_file_that_was_found_again_stays_found_when_set_back(self, session):
        """The job that looks for moved files gives back what was shown, on another path."""
        first = session.items[0].id
        session.set_reference([first], h=Affine(offset=0.5))
        shown = session.find(first).packed
        found = replace(shown, provenance=replace(shown.provenance, path="/new/2rr"))
        session.relink(first, found)
        assert session.find(first).path == "/new/2rr"
        assert session.find(first).packed.reference.h == Affine(offset=0.5)
        session.reset_reference([first])
        assert session.find(first).path == "/new/2rr"
        assert session.find(first).packed.f2 == shown.filed.f2

    @pytest.mark.parametrize(
        ("affine", "text"),
        [
            (Affine(offset=0.031), "+0.031 ppm"),
            (Affine(1.0002), "×1.0002"),
            (Affine(2.0, -0.5), "×2 −0.5 ppm"),
            (Affine(), "+0 ppm"),
        ],
    )
    def test_words(self, affine, text):
        assert affine_text(affine) == text

    def test_the_identity_changes_no_object_of_the_axes(self):
        packed = pack(instrument())
        same = with_reference(packed, AS_FILED)
        assert same.f1 is packed.f1
        assert same.provenance is packed.provenance


class TestContourBase:
    def test_a_turn_of_the_wheel_is_one_step(self, session):
        first = session.items[0].id
        for factor in (1.1, 1.2, 1.3):
            session.set_contour_base(first, factor)
        whole = merged(merged(*session.steps[:2]), session.steps[2])
        assert whole.text == "Change the contours of estragole_hsqc"
        assert session.find(first).record.contour_base == 1.3
        session.apply(whole.inverse())
        assert session.find(first).record.contour_base == 1.0

    @pytest.mark.parametrize(("asked", "got"), [(0.0, 1e-3), (-5, 1e-3), (1e9, 1e3), (2, 2.0)])
    def test_it_is_clipped(self, session, asked, got):
        first = session.items[0].id
        session.set_contour_base(first, asked)
        assert session.find(first).record.contour_base == got

    def test_what_is_no_number_is_refused(self, session):
        with pytest.raises(ValueError, match="no height"):
            session.set_contour_base(session.items[0].id, float("nan"))

    def test_the_base_is_nothing_that_a_network_sees(self, session):
        first = session.items[0].id
        before = basis_of(session.find(first).packed)
        session.set_contour_base(first, 5.0)
        assert basis_of(session.find(first).packed) == before


def test_a_handle_that_is_shared_is_loaded_once():
    from nmrcam_qt.session.shifts import picked_in

    calls = []

    def load():
        calls.append(1)
        return picks(3)

    handle = Handle(load=load)
    for _ in range(5):
        picked_in(handle, AS_FILED)
    assert len(calls) == 1


@pytest.mark.parametrize("scale, offset", [(1.0, 900_000.0), (5_000.0, 0.0), (1e-6, 999_999.0)])
def test_peaks_of_a_spectrum_that_is_referenced_far_away_can_be_kept(scale, offset):
    """A project of a stranger may say so; picking there ended in an error of the program."""
    session = Session()
    (number,) = session.add([pack(instrument())])
    session.set_reference([number], h=Affine(scale, offset))
    f2 = session.find(number).packed.f2
    wanted = PickedPeaks((Peak(1, f2.ppm(3.0), 50.0), Peak(2, f2.ppm(9.0), 60.0)), next_id=3)
    session.set_picked(number, wanted)
    got = session.find(number).picked
    np.testing.assert_allclose([p.h_ppm for p in got.peaks], [p.h_ppm for p in wanted.peaks])
    with pytest.raises(ValueError, match="is no peak"):
        session.set_picked(number, PickedPeaks((Peak(1, 1e12, 50.0),), next_id=2))
