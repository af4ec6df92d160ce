"""Maps on demand: one request for each, kept beside those that are there; and their figures."""

from __future__ import annotations

import numpy as np
import pytest
from window_builders import CARDS, FAKE_SERVER, MAP_F1, make_analysis, make_map, packed

from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import Cancelled, EngineLost, MethodError
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.network_view import NetworkView
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.analyse_job import Work
from nmrcam_qt.workers.compare_job import CompareJob
from nmrcam_qt.workers.inference_client import InferenceClient, ServerState, ServerStatus
from nmrcam_qt.workers.jobs import Keepable, PieceFailed
from nmrcam_qt.workers.maps_job import MapsJob, MapsMade, NotMade, Wanted

KEY = AnalysisKey("net-hsqc", (1,), None)
NO_PEAKS = PeakPlaces(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))


class Client:
    """Answers at once; some methods break."""

    status = ServerStatus(ServerState.READY, "CPU")

    def __init__(self, broken=(), lost=()):
        self.asked, self._broken, self._lost = [], broken, lost

    def start(self, cancelled):
        return self.status

    def analyse(self, network, prepared, methods, classes, layer, cancelled):
        (method,) = methods
        self.asked.append((network, method, classes, layer, len(prepared)))
        if method in self._lost:
            raise EngineLost("gone")
        if method in self._broken:
            raise MethodError(f"{method}: no")
        return [make_analysis([make_map(c, method) for c in classes or ("indole", "steroid")])]


class Context:
    def __init__(self, cancel_after=10**9):
        self.parts, self.texts, self._left = [], [], cancel_after

    is_cancelled = False

    def step(self, done, total, text=""):
        self.texts.append(text)
        self._left -= 1
        if self._left < 0:
            self.is_cancelled = True
            raise Cancelled

    def part(self, result):
        self.parts.append(result)


@pytest.fixture
def session():
    made = Session()
    made.add([packed()])
    made.select(1)
    made.store(KEY, make_analysis([make_map()]))
    return made


WANTED = (Wanted("rise", None, "RISE"), Wanted("smoothgrad", ("indole",), "SmoothGrad, Indole"))


def job(session, client, wanted=WANTED):
    work = Work(KEY, CARDS[0], (session.find(1).packed,))
    return MapsJob(client, work, session.bases(KEY), wanted)


def places(session):
    return {(e.method, e.class_id) for e in session.analysis(KEY).explanations}


def test_every_request_is_kept_beside_what_is_there(session):
    client, context = Client(), Context()
    assert job(session, client).run(context) == 2
    assert client.asked == [
        ("net-hsqc", "rise", None, None, 1),
        ("net-hsqc", "smoothgrad", ("indole",), None, 1),
    ]
    for part in context.parts:
        assert isinstance(part, Keepable)
        part.keep(session, "job 1")
    assert places(session) == {
        ("hirescam", "indole"),
        ("rise", "indole"),
        ("rise", "steroid"),
        ("smoothgrad", "indole"),
    }
    assert "SmoothGrad, Indole" in context.texts


def test_nothing_is_kept_of_a_spectrum_that_is_another_one_now(session):
    context = Context()
    job(session, Client()).run(context)
    session.set_windows((1,), (11.0, -1.0), (0.0, 220.0))
    moved = session.bases(KEY)
    part = MapsMade(KEY, ("other",), context.parts[0].analysis)
    part.keep(session, "")
    assert session.bases(KEY) == moved
    assert ("rise", "indole") not in places(session)


def test_one_that_breaks_leaves_the_others_working_and_can_be_retried(session):
    context, made = Context(), job(session, Client(broken=("rise",)))
    assert made.run(context) == 1
    failed, _ = context.parts
    assert isinstance(failed, NotMade)
    assert isinstance(failed, PieceFailed)
    failed.keep(session, "")
    assert session.problems[-1].text == "RISE of made: rise: no"
    again = made.remaining()
    assert [each.method for each in again.left] == ["rise"]
    assert again.title == "Computing RISE of made"
    assert made.title == "Computing maps of made"


def test_cancelling_and_a_lost_engine_end_it(session):
    made = job(session, Client())
    context = Context(cancel_after=2)
    with pytest.raises(Cancelled):
        made.run(context)
    assert [part.analysis.explanations[0].method for part in context.parts] == ["rise"]
    assert [each.method for each in made.remaining().left] == ["smoothgrad"]
    with pytest.raises(EngineLost):
        job(session, Client(lost=("rise",))).run(Context())
    done = job(session, Client(), ())
    done.run(Context())
    assert done.remaining() is None


def test_through_the_real_process(session):
    client, context = InferenceClient(FAKE_SERVER, request_timeout_s=120), Context()
    try:
        assert job(session, client).run(context) == 2
    finally:
        client.close()
    assert {part.analysis.explanations[0].method for part in context.parts} == {
        "rise",
        "smoothgrad",
    }


@pytest.mark.parametrize("listed", [True, False])
def test_figures_are_measured_on_what_the_network_sees(session, listed):
    evidence = np.zeros((21, 33), np.float32)
    evidence[MAP_F1.cell(120.0)] = 1
    seen = NetworkView(session.find(1).packed, CARDS[0], CARDS[0].inputs[0])
    one = PeakPlaces(np.array([1]), np.array([7.2]), np.array([120.0]))
    maps = [make_map("indole", "a", evidence), make_map("indole", "b", np.zeros_like(evidence))]
    compare = CompareJob("made", seen, maps, one if listed else NO_PEAKS)
    found = compare.run(Context())
    assert compare.title == "Comparing the maps of made"
    assert found.peaks == 1
    assert found.maps[0].half == 1
    assert 0 < found.maps[0].on_signals < 0.1
    assert found.maps[1].empty
