"""Contributions over the inference process, and what breaks on the way."""

from __future__ import annotations

import numpy as np
import pytest
from builders import list_spectrum
from fake_engine import write_networks

from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.contributing import Question, contributions
from nmrcam_qt.core.contribution_repeats import RepeatSettings
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import Cancelled, EngineLost
from nmrcam_qt.core.painting import EMPTY, WHOLE, Painting, Row
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.regions import REST
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.wire_contributions import (
    logits_reply,
    painted_request,
    read_logits,
    read_painted,
)
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.workers.analyse_job import NotAnalysed
from nmrcam_qt.workers.contribution_job import (
    Contributed,
    ContributionJob,
    PairJob,
    PeakWork,
    SelectionJob,
)
from nmrcam_qt.workers.errors import JobError

POINTS = [(8.0, 30.0), (5.0, 100.0), (2.0, 160.0)]


def places(points):
    h, c = np.array(points, float).reshape(-1, 2).T
    return PeakPlaces(np.arange(len(h)) + 1, h, c)


@pytest.fixture
def card(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path))
    write_networks(tmp_path / "networks")
    return find_network("net-hsqc").card


class Context:
    def __init__(self):
        self.parts, self.steps, self.is_cancelled = [], [], False

    def step(self, done, total, text=""):
        self.steps.append((done, total, text))
        if self.is_cancelled:
            raise Cancelled

    def part(self, result):
        self.parts.append(result)


class Client:
    """Logits are the ink, through the same frames as over the pipe."""

    def __init__(self, trouble=None):
        self.asked, self._trouble = [], trouble or {}

    def start(self, _cancelled):
        if "start" in self._trouble:
            raise self._trouble["start"]

    def painted(self, card, painting, rows, cancelled):
        self.asked.append(len(rows))
        if self._trouble.get("painted"):
            raise self._trouble["painted"].pop()
        frame = over_the_pipe(painted_request(card.id, painting, rows))
        painting, rows = read_painted(frame, card.inputs)
        ink = sum(x.sum(axis=(1, 2, 3), dtype=np.float64) for x in painting.batch(rows))
        reply = over_the_pipe(logits_reply(np.stack([ink, -ink], axis=1)))
        return read_logits(reply, (len(rows), 2))

    def analyse(self, *_args, **_named):
        raise AssertionError("no maps were asked for")


def over_the_pipe(frame):
    import io

    return read_frame(io.BytesIO(encode(frame)))


def work(card, points=POINTS, peaks=None, name="made"):
    packed = pack(list_spectrum(points, name=name))
    return PeakWork(AnalysisKey(card.id, (1,), None), card, (packed,), (places(peaks or points),))


def test_a_job_gives_what_the_engine_gives_here(card):
    context, client = Context(), Client()
    job = ContributionJob(client, [work(card)])
    assert job.title == "Contributions of the peaks of made"
    assert job.run(context) == 1 and job.remaining() is None
    (part,) = context.parts
    assert isinstance(part, Contributed) and part.key == job.work[0].key
    found = part.contributions
    (own,) = found.inputs
    assert (found.network, found.classes) == (card.id, card.class_ids)
    np.testing.assert_allclose(own.drop.sum(axis=0) + own.rest, found.logits, rtol=1e-6)
    np.testing.assert_array_equal(found.empty_logits, 0)
    assert found.ranks()[0].min() == 1
    assert client.asked == [2 + len(POINTS)]
    assert context.steps[-1][:2] == (1, 1)


def test_a_broken_spectrum_leaves_the_others_and_can_be_tried_again(card):
    trouble = {"painted": [JobError("it crashed")]}
    context, client = Context(), Client(trouble)
    both = [work(card, name="bad"), work(card, name="good")]
    job = ContributionJob(client, both, ())
    assert job.run(context) == 1
    assert [type(p) for p in context.parts] == [NotAnalysed, Contributed]
    assert context.parts[0].name == "bad" and "crashed" in context.parts[0].reason
    again = job.remaining()
    assert again is not None and [w.name for w in again.work] == ["bad"]
    assert again.run(Context()) == 1


def test_an_engine_that_cannot_start_ends_the_job(card):
    client = Client({"start": JobError("no TensorFlow")})
    with pytest.raises(EngineLost, match="no TensorFlow"):
        ContributionJob(client, [work(card)]).run(Context())
    with pytest.raises(JobError, match="no TensorFlow"):
        SelectionJob(client, work(card), [[1]]).run(Context())


def test_cancelling_ends_the_job(card):
    context = Context()
    context.is_cancelled = True
    with pytest.raises(Cancelled):
        ContributionJob(Client(), [work(card)]).run(context)
    assert not context.parts


def test_a_selection(card):
    said = SelectionJob(Client(), work(card), [[1, 3]]).run(Context())
    np.testing.assert_allclose(said.only_logits + said.without_logits, said.logits, rtol=1e-6)
    assert said.selected == 2 and said.unseen == 0
    assert said.only_scores.sum() == pytest.approx(1)


def request(card):
    prepared = prepare_inputs(card, [list_spectrum(POINTS)])
    painting = Painting.of_peaks(card, prepared, [places(POINTS)])
    rows = [WHOLE, EMPTY, Row(((0, REST),)), Row(((0, 0), (0, 2)), only=True)]
    return painting, rows, over_the_pipe(painted_request(card.id, painting, rows))


def test_paintings_travel(card):
    painting, rows, frame = request(card)
    again, found = read_painted(frame, card.inputs)
    assert found == rows
    np.testing.assert_array_equal(again.regions[0].labels, painting.regions[0].labels)
    for a, b in zip(again.batch(rows), painting.batch(rows), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "broken",
    [
        {"counts": [3, 3]},
        {"counts": ["3"]},
        {"counts": [True]},
        {"counts": [1]},
        {"counts": [-1]},
        {"counts": None},
        {"rows": [[False, [[0, -1]]]]},
        {"rows": [[False, [[0, 3]]]]},
        {"rows": [[False, [[1, 0]]]]},
        {"rows": [[False, [[0, 0.0]]]]},
        {"rows": [[False, [[0, -2.0]]]]},
        {"rows": [[0, []]]},
        {"rows": [[False, 5]]},
        {"rows": "all"},
        {"rows": [[False, []]] * 5000},
    ],
)
def test_broken_requests_are_refused(card, broken):
    _, _, frame = request(card)
    with pytest.raises(WireError):
        read_painted(Frame({**frame.header, **broken}, frame.arrays), card.inputs)


def test_broken_arrays_are_refused(card):
    _, _, frame = request(card)
    example, labels = frame.arrays
    for arrays in (
        (example,),
        (example, labels, labels),
        (example[:5], labels),
        (example, labels[:5]),
        (example, labels + 0.5),
        (example, labels + 100),
        (example, labels * np.float32(np.nan)),
        (example * np.float32(np.inf), labels),
        (example.astype(np.float64), labels),
    ):
        with pytest.raises(WireError):
            read_painted(Frame(frame.header, arrays), card.inputs)
    for reply in (Frame({}), Frame({}, (np.zeros((2, 3)),)), logits_reply(np.full((2, 2), np.nan))):
        with pytest.raises(WireError):
            read_logits(reply, (2, 2))


def test_a_question_names_the_network(card):
    prepared = prepare_inputs(card, [list_spectrum(POINTS, Experiment.HSQC)])
    question = Question(card, prepared, (places(POINTS),), network="some/folder")
    names = []

    class Engine(Client):
        def painted(self, network, painting, rows):
            names.append(network)
            return np.zeros((len(rows), 2))

    contributions(Engine(), question)
    assert names == ["some/folder"] and Question(card, prepared, ()).name == card.id


def test_with_repeats_a_spectrum_comes_twice(card):
    context = Context()
    job = ContributionJob(Client(), [work(card)], repeats=RepeatSettings(repeats=3))
    assert job.run(context) == 1
    first, second = context.parts
    assert not first.contributions.intervals and second.contributions.repeats == 3
    (own,) = second.contributions.intervals
    assert (own.drop_low <= own.drop_high).all()
    np.testing.assert_array_equal(
        second.contributions.inputs[0].drop, first.contributions.inputs[0].drop
    )
    assert "repeats" in {text for _, _, text in context.steps}


def test_pairs_of_selected_and_of_the_strongest_peaks(card):
    context, client = Context(), Client()
    job = PairJob(client, work(card), [(0, 1), (0, 3)])
    assert job.title == "Pairs of the 2 selected peaks of made"
    found = job.run(context)
    assert [peak.id for peak in found.peaks] == [1, 3] and client.asked == [5]
    np.testing.assert_allclose(found.interaction, 0, atol=1e-3)  # the logit is the ink
    found = PairJob(client, work(card), class_id=card.class_ids[0]).run(context)
    assert len(found.peaks) == 3 and len(found.pairs) == 3
    assert {text for _, _, text in context.steps} == {"peaks"}
    with pytest.raises(JobError, match="no TensorFlow"):
        PairJob(Client({"start": JobError("no TensorFlow")}), work(card)).run(Context())
    context.is_cancelled = True
    with pytest.raises(Cancelled):
        PairJob(Client(), work(card)).run(context)
