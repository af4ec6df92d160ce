"""Picking in a job: every spectrum once, HSQCs first, nothing of the user's work lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import list_spectrum
from instrument_builders import instrument

from nmrcam_qt.core import picking
from nmrcam_qt.core.errors import Cancelled, ProjectError
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.reference import Affine
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.peak_editing import Place, with_peak
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.jobs import Keepable, PieceFailed
from nmrcam_qt.workers.pick_job import NotPicked, Partner, PeaksFound, PickJob, PickTarget


class Context:
    def __init__(self, cancel_after=10**9):
        self.parts, self.steps, self._left = [], [], cancel_after

    is_cancelled = False

    def step(self, done, total, text=""):
        self.steps.append((done, total, text))
        self._left -= 1
        if self._left < 0:
            self.is_cancelled = True
            raise Cancelled

    def part(self, result):
        self.parts.append(result)


def one_peak(h_ppm=5.0, c_ppm=80.0, name="one", experiment=Experiment.HSQC):
    made = instrument(peaks=0, name=name)
    image = np.array(made.intensity)
    image[made.f1.cell(c_ppm), made.f2.cell(h_ppm)] = 1e5
    return replace(made, intensity=image, experiment=experiment)


def target(item_id, packed, partner=None):
    return PickTarget(item_id, packed.name, packed, partner)


def strongest(part):
    return max(part.peaks.peaks, key=lambda peak: abs(peak.height))


@pytest.fixture
def handed(monkeypatch):
    """What the picker is handed as the HSQC, by experiment; it finds one peak in each."""
    seen = []

    def pick(spectrum, settings, hsqc=None, progress=None):
        seen.append((spectrum.experiment, settings, hsqc))
        return PickedPeaks((Peak(1, 1.0, 10.0),), next_id=2)

    monkeypatch.setattr(picking, "pick_peaks", pick)
    return seen


def test_peaks_are_found_where_they_are():
    context = Context()
    summary = PickJob([target(7, pack(one_peak()))]).run(context)
    (part,) = context.parts
    assert part.item_id == 7
    peak = strongest(part)
    assert (peak.h_ppm, peak.c_ppm) == (pytest.approx(5.0, abs=0.1), pytest.approx(80.0, abs=2.7))
    assert (summary.spectra, summary.peaks) == (1, len(part.peaks))
    assert context.steps[-1][:2] == (1, 1)


def test_the_file_keeps_its_own_shifts_whatever_the_user_does_meanwhile():
    session = Session()
    (item_id,) = session.add([pack(one_peak())])
    before = session.find(item_id).packed
    plain, moved = Context(), Context()
    PickJob([target(item_id, before)]).run(plain)
    session.set_reference((item_id,), h=Affine(offset=0.5), c=Affine(1.01, -3.0))
    PickJob([target(item_id, session.find(item_id).packed)]).run(moved)
    as_filed, referenced = strongest(plain.parts[0]), strongest(moved.parts[0])
    assert referenced.h_ppm == pytest.approx(as_filed.h_ppm, abs=1e-9)
    assert referenced.c_ppm == pytest.approx(as_filed.c_ppm, abs=1e-9)
    session.set_reference((item_id,), h=Affine(offset=1.0))
    moved.parts[0].keep(session, "key")
    shown = max(session.find(item_id).picked.peaks, key=lambda peak: abs(peak.height))
    assert shown.h_ppm == pytest.approx(as_filed.h_ppm + 1.5, abs=1e-9)
    assert shown.c_ppm == pytest.approx(as_filed.c_ppm * 1.01 - 3.0, abs=1e-9)


def test_peaks_edited_by_hand_stay_when_the_spectrum_is_picked_again():
    session = Session()
    (item_id,) = session.add([pack(one_peak())])
    mine, added = with_peak(PickedPeaks(), Place(1.0, 20.0, 3.0), "mine")
    session.set_picked(item_id, mine)
    context = Context()
    PickJob([target(item_id, session.find(item_id).packed)]).run(context)
    context.parts[0].keep(session, "key")
    assert added in session.find(item_id).picked.peaks
    assert len(session.find(item_id).picked) == len(context.parts[0].peaks) + 1
    anew = PickJob([target(item_id, session.find(item_id).packed)], keep_edited=False)
    anew.run(context)
    context.parts[1].keep(session, "key")
    assert not any(peak.by_hand for peak in session.find(item_id).picked.peaks)


def test_a_spectrum_that_is_gone_is_passed_over():
    session = Session()
    PeaksFound(99, PickedPeaks(), True).keep(session, "key")
    assert not session.problems


def test_hsqc_is_picked_first_and_handed_to_the_hmbc(handed):
    hsqc = pack(one_peak(name="hsqc"))
    hmbc = pack(one_peak(name="hmbc", experiment=Experiment.HMBC))
    context = Context()
    PickJob([target(2, hmbc, Partner(1, hsqc, None)), target(1, hsqc)]).run(context)
    assert [part.item_id for part in context.parts] == [1, 2]
    assert [one[0] for one in handed] == [Experiment.HSQC, Experiment.HMBC]
    assert handed[0][2] is None
    assert [peak.h_ppm for peak in handed[1][2].peaks] == [1.0]


def test_an_hsqc_that_is_picked_already_is_not_picked_again(handed):
    hsqc = pack(one_peak(name="hsqc"))
    hmbc = pack(one_peak(name="hmbc", experiment=Experiment.HMBC))
    known = PickedPeaks((Peak(4, 3.0, 30.0),), next_id=5)
    PickJob([target(2, hmbc, Partner(1, hsqc, known))]).run(Context())
    assert [one[0] for one in handed] == [Experiment.HMBC]
    assert handed[0][2] is known


def test_the_peaks_of_a_list_serve_as_the_hsqc(handed):
    hsqc = pack(list_spectrum([(7.1, 120.0), (2.0, 30.0)]))
    hmbc = pack(one_peak(name="hmbc", experiment=Experiment.HMBC))
    PickJob([target(2, hmbc, Partner(1, hsqc, None))]).run(Context())
    assert [one[0] for one in handed] == [Experiment.HMBC]
    assert [(p.h_ppm, p.c_ppm) for p in handed[0][2].peaks] == [(7.1, 120.0), (2.0, 30.0)]


def test_without_one_bond_doublets_no_hsqc_is_needed(handed):
    hmbc = pack(one_peak(name="hmbc", experiment=Experiment.HMBC))
    broken = replace(hmbc, payload=Handle(load=_broken))
    settings = PickSettings(one_bond=False)
    PickJob([target(2, hmbc, Partner(1, broken, None))], settings).run(Context())
    assert [one[1:] for one in handed] == [(settings, None)]


def _broken():
    raise ProjectError("its points are gone")


def test_a_broken_spectrum_leaves_the_others_working_and_can_be_tried_again():
    good = pack(one_peak())
    bad = replace(good, payload=Handle(load=_broken))
    context, session = Context(), Session()
    job = PickJob([target(1, bad), target(2, good)])
    assert job.run(context).spectra == 1
    failed, found = context.parts
    assert isinstance(failed, PieceFailed)
    assert isinstance(failed, Keepable)
    assert isinstance(found, Keepable)
    assert failed == NotPicked("one", "its points are gone")
    failed.keep(session, "")
    assert session.problems[0].text == "one: its points are gone"
    rest = job.remaining()
    assert [t.item_id for t in rest._targets] == [1]
    assert rest.title == "Picking peaks of one"


def test_a_job_that_did_everything_has_nothing_left():
    job = PickJob([target(2, pack(one_peak()))])
    job.run(Context())
    assert job.remaining() is None


def test_cancelling_keeps_what_was_picked_and_leaves_the_rest():
    targets = [target(n, pack(one_peak(name=f"s{n}"))) for n in range(3)]
    job, context = PickJob(targets), Context(cancel_after=6)
    with pytest.raises(Cancelled):
        job.run(context)
    done = [part.item_id for part in context.parts]
    assert 0 < len(done) < 3
    assert [t.item_id for t in job.remaining()._targets] == [n for n in range(3) if n not in done]


def test_progress_never_goes_back():
    context = Context()
    PickJob([target(n, pack(one_peak(name=f"s{n}"))) for n in range(3)]).run(context)
    done = [step[0] for step in context.steps]
    assert done == sorted(done)
    assert {step[1] for step in context.steps} == {3}
    assert any(text.startswith("s1") for _, _, text in context.steps)


def test_the_summary_is_a_sentence():
    one = PickJob([target(1, pack(one_peak()))], PickSettings(min_snr=1e4)).run(Context())
    assert one.sentence == "1 peak picked."
    none = PickJob([target(1, pack(one_peak()))], PickSettings(min_snr=1e9)).run(Context())
    assert none.sentence == "0 peaks picked."
