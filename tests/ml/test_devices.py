"""GPUs by a double: growth, batch by measured memory, halving, and going on on the CPU."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest

from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.ml import server
from nmrcam_qt.ml.devices import MARGIN, MOST, PROBE, Accelerator, DeviceError, Place, Trouble
from nmrcam_qt.ml.local_engine import LocalEngine
from nmrcam_qt.ml.tensorflow_devices import NO_LIBRARIES, WITHOUT_CUDA, TensorFlowDevices

MB = 1 << 20


class ExhaustedError(Exception):
    """Too little memory."""


class GoneError(Exception):
    """The card has fallen off the bus."""


class Double:
    """One GPU of some megabytes; work takes some for each example."""

    def __init__(self, there=1, size=1000 * MB, each=10 * MB, why="", known=True):
        self.there, self.size, self.each, self.why, self.known = there, size, each, why, known
        self.held = self.most = 100 * MB  # weights
        self.said, self.batches, self.lost, self.broken = [], [], False, ""

    def gpus(self):
        return self.there

    def unusable(self):
        return self.why

    def name(self):
        return "Double 9000"

    def grow(self):
        self.said.append("grow")
        if self.broken:
            raise DeviceError(self.broken)

    def hide(self):
        self.said.append("hide")

    def limit(self):
        return self.size if self.known else None

    def used(self):
        return self.held

    def peak(self):
        return self.most

    def forget_peak(self):
        self.most = self.held

    def errors(self):
        return (ExhaustedError, GoneError, ZeroDivisionError)

    def trouble(self, error):
        return {ExhaustedError: Trouble.MEMORY, GoneError: Trouble.LOST}.get(type(error))

    def leave(self):
        self.said.append("leave")

    @contextlib.contextmanager
    def on_cpu(self):
        self.said.append("cpu")
        there, self.there = self.there, 0
        yield
        self.there = there

    def work(self, items):
        """Doubles numbers; on the GPU it takes memory."""
        self.batches.append(len(items))
        if self.there:
            if self.lost:
                raise GoneError
            self.most = self.held + self.each * len(items)
            if self.most > self.size:
                raise ExhaustedError
        return [2 * item for item in items]


def accelerator(double, wanted="auto"):
    notes = []
    made = Accelerator(double, wanted, notes.append)
    made.set_up()
    return made, notes


def test_memory_grows_and_the_gpu_is_named():
    double = Double()
    made, notes = accelerator(double)
    assert made.place == Place("GPU", "Double 9000")
    assert double.said == ["grow"]
    assert notes == []


def test_the_batch_follows_from_the_memory_of_a_small_one():
    double = Double()
    made, notes = accelerator(double)
    assert made.all("a", list(range(200)), double.work) == [2 * n for n in range(200)]
    fitting = int(MARGIN * 900 / 10)
    assert double.batches == [PROBE, fitting, fitting, 200 - PROBE - 2 * fitting]
    assert made.all("a", [1, 2, 3], double.work) == [2, 4, 6]  # known by now
    assert double.batches[-1] == 3
    made.all("b", list(range(9)), double.work)  # other work is measured anew
    assert double.batches[-2:] == [PROBE, 7]
    assert notes == []


def test_never_more_than_is_sensible_and_never_less_than_one():
    double = Double(each=1)
    made, _ = accelerator(double)
    made.all("a", list(range(1000)), double.work)
    assert max(double.batches) == MOST
    tight = Double(size=120 * MB, each=10 * MB)
    made, _ = accelerator(tight)
    made.all("a", list(range(5)), tight.work)
    assert tight.batches == [PROBE, 1, 1, 1]


def test_halved_until_it_fits_where_memory_is_not_known():
    double = Double(known=False)
    made, notes = accelerator(double)
    assert made.all("a", list(range(300)), double.work) == [2 * n for n in range(300)]
    assert double.batches[:4] == [PROBE, MOST, MOST // 2, MOST // 4]  # 64 of 10 MB fit into 900
    assert notes == []
    assert made.place.device == "GPU"


def test_where_one_does_not_fit_the_cpu_goes_on_with_one_sentence():
    double = Double(each=5000 * MB)
    made, notes = accelerator(double)
    assert made.all("a", [1, 2, 3], double.work) == [2, 4, 6]
    assert double.batches == [PROBE, 1, 3]
    assert double.said == ["grow", "leave", "cpu"]
    assert made.place.device == "CPU"
    assert notes == [made.place.note]
    assert "too little memory" in notes[0]
    assert made.all("a", [4], double.work) == [8]
    assert len(notes) == 1


def test_a_lost_gpu_costs_no_result():
    double = Double()
    made, notes = accelerator(double)
    done = made.all("a", list(range(10)), double.work)
    double.lost = True
    assert made.all("a", list(range(10)), double.work) == done
    assert "does not answer" in notes[0]
    assert made.whole(lambda: double.work([1])) == [2]
    assert double.said[-1] == "cpu"


def test_whole_work_falls_back_too():
    double = Double()
    made, notes = accelerator(double)
    double.lost = True
    assert made.whole(lambda: double.work([1, 2])) == [2, 4]
    assert len(notes) == 1


def test_other_errors_are_not_the_gpus():
    double = Double()
    made, notes = accelerator(double)

    def work(items):
        return [1 // 0 for _ in items]

    for asked in (lambda: made.all("a", [1], work), lambda: made.whole(lambda: work([1]))):
        with pytest.raises(ZeroDivisionError):
            asked()
    assert made.place.device == "GPU"
    assert notes == []


def test_why_a_gpu_cannot_be_used_is_said_once():
    made, notes = accelerator(Double(there=0, why=NO_LIBRARIES))
    assert made.place.device == "CPU"
    assert notes == [f"{NO_LIBRARIES} Networks are computed on the CPU."]
    assert made.all("a", [1], list) == [1]
    double = Double()
    double.broken = "The GPU cannot be set up (busy)."
    made, notes = accelerator(double)
    assert notes[0].startswith("The GPU cannot be set up (busy).")
    assert double.said == ["grow", "hide"]
    _, notes = accelerator(Double(there=0))
    assert notes == []  # who has none need not be told


def test_the_users_choice():
    double = Double()
    made, notes = accelerator(double, "cpu")
    assert (made.place.device, double.said, notes) == ("CPU", ["hide"], [])
    with pytest.raises(DeviceError, match="no GPU that TensorFlow can see"):
        accelerator(Double(there=0), "gpu")
    with pytest.raises(DeviceError, match="pip install"):
        accelerator(Double(there=0, why=WITHOUT_CUDA), "gpu")
    with pytest.raises(ValueError, match="expected one of"):
        Accelerator(Double(), "tpu")


def test_the_command_line_is_told(capsys):
    engine = LocalEngine(devices=Double(there=0, why=NO_LIBRARIES))
    engine.start()
    engine.start()
    assert capsys.readouterr().err.count(NO_LIBRARIES) == 1


def test_the_window_is_told_of_a_gpu_that_is_lost_meanwhile(monkeypatch):
    from nmrcam_qt.core.wire import Frame
    from nmrcam_qt.core.wire_results import analyse_request

    monkeypatch.setattr(server, "start_tensorflow", dict)
    double = Double()
    engine = server.KerasEngine(devices=double)
    hello = server.answer(Frame({"op": "hello", "id": 1}), engine).header
    assert (hello["device"], hello["device_name"], hello["note"]) == ("GPU", "Double 9000", "")

    class Network:
        def analyse(self, *_asked):
            double.work([1])
            return []

    monkeypatch.setattr(engine, "_engine", lambda _name: Network())
    double.lost = True
    prepared = (Prepared((np.zeros((2, 2, 1), np.float32),), ()),)
    reply = server.answer(analyse_request("n", prepared, (), None, None), engine).header
    assert reply["ok"]
    assert reply["device"] == "CPU"
    assert "does not answer" in reply["note"]


def test_what_errors_of_tensorflow_mean():
    import tensorflow as tf

    devices = TensorFlowDevices()
    errors = tf.errors
    means = [
        (errors.ResourceExhaustedError, "OOM when allocating tensor", Trouble.MEMORY),
        (errors.InternalError, "CUDA_ERROR_OUT_OF_MEMORY: out of memory", Trouble.MEMORY),
        (errors.InternalError, "CUDA error: device-side assert", Trouble.LOST),
        (errors.UnavailableError, "GPU is lost", Trouble.LOST),
        (errors.InternalError, "shapes differ", None),
        (errors.InvalidArgumentError, "cuda has nothing to do with it", None),
    ]
    for kind, text, meaning in means:
        error = kind(None, None, text)
        assert isinstance(error, devices.errors())
        assert devices.trouble(error) is meaning
    assert not isinstance(ValueError(), devices.errors())


def test_without_a_gpu_tensorflow_says_so(monkeypatch, tmp_path):
    from nmrcam_qt.ml import tensorflow_devices

    devices = TensorFlowDevices()
    if devices.gpus():
        pytest.skip("there is a GPU")
    monkeypatch.setattr(tensorflow_devices, "DRIVER", tmp_path / "nvidia0")
    assert devices.unusable() == ""
    (tmp_path / "nvidia0").touch()
    assert devices.unusable() in (NO_LIBRARIES, WITHOUT_CUDA)
    assert devices.limit() is None
    with devices.on_cpu():
        import tensorflow as tf

        assert "CPU:0" in tf.constant(1.0).device
