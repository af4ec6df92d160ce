"""The real inference process: device, blocked imports, the same numbers as in process."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from builders import list_spectrum

from nmrcam_qt.core.cards import Card, InputSpec, card_to_json
from nmrcam_qt.core.child_process import NICE
from nmrcam_qt.core.errors import Cancelled, NetworkError
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.wire import Frame, encode, read_frame
from nmrcam_qt.ml import server
from nmrcam_qt.workers.inference_client import InferenceClient

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """A small network with random weights in a user's folder of networks."""
    import keras

    from nmrcam_qt.ml.recipes import CLASS_SPECS
    from nmrcam_qt.ml.weights import save_weights

    home = tmp_path_factory.mktemp("home")
    folder = home / "networks" / "toy"
    folder.mkdir(parents=True)
    keras.utils.set_random_seed(5)
    entry = keras.Input((41, 60, 1), name="spectrum")
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv1")(entry)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    x = keras.layers.Conv2D(6, 3, activation="relu", name="conv2")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    model = keras.Model(entry, keras.layers.Dense(3, name="logits")(x))
    (folder / "architecture.json").write_text(json.dumps(model.get_config()), encoding="utf-8")
    sha256 = save_weights(model, folder / "weights.npz")
    spec = InputSpec("spectrum", Experiment.HSQC, (41, 60, 1), (0.0, 200.0), (10.0, 0.0))
    card = Card(
        "toy",
        "Toy",
        (spec,),
        CLASS_SPECS,
        "softmax",
        (0.5,) * 3,
        ("conv1", "conv2"),
        "conv2",
        False,
        sha256=sha256,
    )
    (folder / "card.json").write_text(card_to_json(card), encoding="utf-8")
    return home, card


@pytest.fixture
def client(toy, monkeypatch):
    monkeypatch.setenv("NMRCAM_HOME", str(toy[0]))
    made = InferenceClient()
    yield made
    made.close()


def test_the_process_gives_the_numbers_of_this_process(client, toy):
    from nmrcam_qt.ml.inference import analyse_prepared
    from nmrcam_qt.ml.registry import load

    status = client.start()
    assert status.device in ("CPU", "GPU")
    assert {"tensorflow", "keras", "python"} <= set(status.versions)
    card = toy[1]
    spectra = [list_spectrum([(7.2, 120.0)]), list_spectrum([(1.2, 30.0), (3.5, 60.0)])]
    prepared = [prepare_inputs(card, [s]) for s in spectra]
    methods = ["gradcam", "hirescam", "layercam"]
    far = client.analyse("toy", prepared, methods)
    near = analyse_prepared(load("toy"), prepared, methods)
    for a, b in zip(far, near, strict=True):
        np.testing.assert_allclose(a.prediction.logits, b.prediction.logits, rtol=1e-5, atol=1e-6)
        assert len(a.explanations) == len(b.explanations) == 9
        for x, y in zip(a.explanations, b.explanations, strict=True):
            assert (x.class_id, x.method, x.f1, x.f2) == (y.class_id, y.method, y.f1, y.f2)
            np.testing.assert_allclose(x.evidence, y.evidence, rtol=1e-4, atol=1e-6)
    with pytest.raises(NetworkError, match="no network 'nowhere'"):
        client.analyse("nowhere", prepared, methods)
    with pytest.raises(NetworkError, match="conv9"):
        client.analyse("toy", prepared, methods, layer="conv9")
    assert len(client.analyse("toy", prepared[:1], [], layer="conv1")) == 1


PROBE = """
import os, sys
from nmrcam_qt.ml import server

class Engine(server.KerasEngine):
    def hello(self):
        found = dict(super().hello())
        import tensorflow as tf
        found["threads"] = tf.config.threading.get_intra_op_parallelism_threads()
        found["nice"] = os.nice(0)
        found["loaded"] = sorted({name.partition(".")[0] for name in sys.modules})
        print("this must not reach the pipe")
        return found

raise SystemExit(server.main(Engine))
"""


def test_nothing_heavy_that_is_not_needed():
    with subprocess.Popen(
        [sys.executable, "-c", PROBE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
    ) as child:
        child.stdin.write(encode(Frame({"op": "hello", "id": 1})))
        child.stdin.flush()
        header = read_frame(child.stdout).header
        rest, stderr = child.communicate(timeout=60)
    assert child.returncode == 0
    assert rest == b""
    assert b"this must not reach the pipe" in stderr
    assert header["ok"] is True
    assert header["threads"] == 1
    assert header["nice"] >= min(19, NICE)
    assert "tensorflow" in header["loaded"]
    for name in ("matplotlib", "sklearn", "PySide6", "pyqtgraph"):
        assert name not in header["loaded"]


class Engine:
    def hello(self):
        return {"device": "CPU"}

    def place(self):
        return {}

    def analyse(self, network, prepared, methods, classes, layer, progress):
        raise ValueError(network)


def test_serving_in_process():
    replies = io.BytesIO()
    frames = [
        {"op": "hello", "id": 1},
        {"op": "nonsense", "id": 2},
        {"op": "analyse", "id": 3},
        {"op": "analyse", "id": 4, "network": "n", "methods": [], "prepared": []},
        {"op": "quit", "id": 5},
        {"op": "hello", "id": 6},
    ]
    requests = io.BytesIO(b"".join(encode(Frame(f)) for f in frames))
    assert server.serve(requests, replies, Engine()) == 0
    replies.seek(0)
    said = []
    while (frame := read_frame(replies)) is not None:
        said.append((frame.header["id"], frame.header["ok"]))
        kind = frame.header.get("error", {}).get("type")
        assert kind == {2: "WireError", 3: "WireError", 4: "Bug"}.get(frame.header["id"])
    assert said == [(1, True), (2, False), (3, False), (4, False)]


def test_a_broken_stream_ends_the_process_with_1():
    assert server.serve(io.BytesIO(b"rubbish that is no frame"), io.BytesIO(), Engine()) == 1
    assert server.serve(io.BytesIO(), io.BytesIO(), Engine()) == 0


class FakeKeras:
    def hello(self):
        return {"device": "CPU"}

    def place(self):
        return {}

    def analyse(self, network, prepared, methods, classes, layer, progress):
        return []


@pytest.mark.parametrize("requests", [1, 3])
def test_a_request_in_hand_when_the_window_goes_is_answered_first(requests):
    """The end of the stream right behind a request must not be taken for idleness."""

    class Slow(FakeKeras):
        def hello(self):
            time.sleep(0.05)
            return {"device": "CPU"}

    for _ in range(20):
        frames = b"".join(encode(Frame({"op": "hello", "id": n})) for n in range(requests))
        replies = io.BytesIO()
        assert server.serve(io.BytesIO(frames), replies, Slow()) == 0
        replies.seek(0)
        assert [read_frame(replies).header["id"] for _ in range(requests)] == list(range(requests))


def test_after_quit_nothing_ends_the_process(monkeypatch):
    ended = []
    monkeypatch.setattr(server, "GRACE_S", 0.05)
    monkeypatch.setattr(server.os, "_exit", ended.append)
    frames = encode(Frame({"op": "quit", "id": 1})) + encode(Frame({"op": "hello", "id": 2}))
    assert server.serve(io.BytesIO(frames), io.BytesIO(), FakeKeras()) == 0
    time.sleep(0.3)
    assert ended == []


def test_work_that_goes_on_after_the_window_is_abandoned(monkeypatch):
    ended = threading.Event()
    going_on = threading.Event()
    monkeypatch.setattr(server, "GRACE_S", 0.05)
    monkeypatch.setattr(server.os, "_exit", lambda status: (ended.set(), going_on.set()))

    class Hanging(FakeKeras):
        def hello(self):
            going_on.wait(60)
            return {}

    frames = encode(Frame({"op": "hello", "id": 1}))
    server.serve(io.BytesIO(frames), io.BytesIO(), Hanging())
    assert ended.is_set()


def test_the_process_paints_peaks_as_this_process_does(client, toy):
    from peak_questions import contributions as here

    from nmrcam_qt.core.contributing import Question, contributions
    from nmrcam_qt.core.contributions import PeakPlaces
    from nmrcam_qt.ml.registry import load
    from nmrcam_qt.workers.contribution_job import PaintClient

    card = toy[1]
    points = [(2.0, 30.0), (5.0, 100.0), (7.5, 160.0)]
    places = PeakPlaces(np.arange(3), *np.array(points).T)
    prepared = prepare_inputs(card, [list_spectrum(points)])

    class Context:
        is_cancelled = False

    there = PaintClient(client, Context(), card)
    found = contributions(there, Question(card, prepared, (places,)), ("hirescam",))
    expected = here(load("toy"), prepared, [places], ("hirescam",))
    np.testing.assert_allclose(found.inputs[0].drop, expected.inputs[0].drop, atol=1e-5)
    np.testing.assert_allclose(
        found.inputs[0].heat["hirescam"], expected.inputs[0].heat["hirescam"], atol=1e-5
    )
    assert found.network_sha256 == expected.network_sha256 == card.sha256
    assert np.abs(found.inputs[0].drop).max() > 0


def test_a_cancel_ends_the_request_that_it_names():
    """It is read while the work goes on; the next request is answered."""
    begun = threading.Event()

    class Long(FakeKeras):
        def analyse(self, network, prepared, methods, classes, layer, progress):
            begun.set()
            for number in range(6000):
                progress.step(number, 6000)
                time.sleep(0.01)
            return []

    class Requests(io.BytesIO):
        """The cancel comes when the work has begun."""

        def read(self, size=-1):
            if self.tell() >= first:
                begun.wait(60)
            return super().read(size)

    analyse = {"op": "analyse", "network": "n", "methods": [], "prepared": []}
    frames = [
        {**analyse, "id": 1},
        {"op": "cancel", "id": 7},
        {"op": "cancel", "id": 1},
        {"op": "hello", "id": 2},
    ]
    blobs = [encode(Frame(frame)) for frame in frames]
    first = len(blobs[0])
    replies, began = io.BytesIO(), time.monotonic()
    assert server.serve(Requests(b"".join(blobs)), replies, Long()) == 0
    assert time.monotonic() - began < 40, "the whole work takes 60 s"
    replies.seek(0)
    said = [read_frame(replies).header for _ in range(2)]
    assert [(h["id"], h["ok"]) for h in said] == [(1, False), (2, True)]
    assert said[0]["error"]["type"] == "Cancelled"


@pytest.mark.parametrize("most", [0, 2, 5])
def test_a_check_and_painting_can_be_cancelled_on_the_way(toy, monkeypatch, most):
    from nmrcam_qt.core.contributing import Question
    from nmrcam_qt.core.contributions import PeakPlaces
    from nmrcam_qt.core.map_check import MapsAsked
    from nmrcam_qt.core.painting import WHOLE
    from nmrcam_qt.core.wire_checks import check_request
    from nmrcam_qt.core.wire_contributions import painted_request

    class After:
        """Cancels after some steps."""

        def __init__(self):
            self.left = most

        def step(self, _done, _total, _text=""):
            self.left -= 1
            if self.left < 0:
                raise Cancelled

    monkeypatch.setenv("NMRCAM_HOME", str(toy[0]))
    points = [(2.0, 30.0), (5.0, 100.0), (7.5, 160.0), (1.0, 60.0), (9.0, 20.0)]
    prepared = prepare_inputs(toy[1], [list_spectrum(points)])
    monkeypatch.setattr(server, "start_tensorflow", dict)  # it is set up in this process
    engine = server.KerasEngine()
    asked = MapsAsked(("hirescam", "rise"), toy[1].class_ids)
    reply = server.answer(check_request("toy", prepared, asked), engine, After())
    assert reply.header["error"]["type"] == "Cancelled"
    places = PeakPlaces(np.arange(5), *np.array(points).T)
    painting = Question(toy[1], prepared, (places,)).painting()
    rows = [WHOLE] * 200
    reply = server.answer(painted_request("toy", painting, rows), engine, After())
    assert reply.header["error"]["type"] == "Cancelled"
