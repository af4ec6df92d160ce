"""The job that checks maps: what is asked of the inference process, and what comes back."""

from __future__ import annotations

import pytest
from builders import list_spectrum
from explain_toys import spec

from nmrcam_qt.core.cards import Card, ClassSpec
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.map_check import MapCheck, MapsAsked
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.wire_checks import check_request, read_checks
from nmrcam_qt.ml.server import answer
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.workers.analyse_job import Work
from nmrcam_qt.workers.check_job import CheckJob

CARD = Card(
    id="toy",
    title="Toy",
    inputs=(spec((20, 30, 1)),),
    classes=tuple(ClassSpec(c, c, "", "#000000") for c in "ab"),
    head="sigmoid",
    thresholds=(0.5, 0.5),
    layers=("c1",),
    default_layer="c1",
    trained_on_mixtures=True,
)


class Engine:
    """Checks every map that it is asked for."""

    def place(self):
        return {}

    def check(self, network, prepared, asked, progress):
        assert prepared.examples[0].shape == (20, 30, 1)
        if "z" in asked.classes:
            raise CardError("no class 'z'")
        return tuple(
            MapCheck(
                c, m, "hsqc", network, asked.layer or "", 0.1, 0.2, (0.5, 0.4, 0.6), True, True, ()
            )
            for c in asked.classes
            for m in asked.methods
        )


class Client:
    """The way through frames to the server's answers, without a process."""

    def check(self, network, prepared, asked, cancelled):
        assert not cancelled()
        reply = answer(check_request(network, prepared, asked), Engine())
        if reply.header["ok"]:
            return read_checks(reply)
        raise CardError(reply.header["error"]["message"])


class Context:
    is_cancelled = False

    def __init__(self):
        self.steps = []

    def step(self, done, total, text=""):
        self.steps.append((done, total))

    def part(self, result):
        raise AssertionError


def job(*maps):
    work = Work(
        AnalysisKey("toy", (1,), "c1"),
        CARD,
        (pack(list_spectrum([(3.0, 60.0), (7.0, 120.0)], name="one")),),
    )
    return CheckJob(Client(), work, maps)


def test_the_maps_that_were_asked_for_come_back():
    context = Context()
    made = job(("a", "cam"), ("b", "gradcam"), ("a", "gradcam"))
    assert made.title == "Checking 3 maps of one"
    found = made.run(context)
    # The process checks all classes by all methods; (b, cam) was not asked for.
    assert {(c.class_id, c.method) for c in found} == {
        ("a", "cam"),
        ("b", "gradcam"),
        ("a", "gradcam"),
    }
    assert {(c.network, c.network_sha256) for c in found} == {("toy", "c1")}
    assert context.steps == [(0, 3), (3, 3)]


def test_an_error_of_the_process_is_one_sentence():
    with pytest.raises(CardError, match="no class 'z'"):
        job(("z", "cam")).run(Context())


def test_two_spectra_are_no_check():
    class Never:
        def check(self, *_):
            raise AssertionError

    frame = check_request("toy", _prepared(), MapsAsked(("cam",), ("a",)))
    frame.header["prepared"] = frame.header["prepared"] * 2
    twice = type(frame)(frame.header, frame.arrays * 2)
    said = answer(twice, Never()).header
    assert not said["ok"] and "2 spectra to check" in said["error"]["message"]


def _prepared():
    return prepare_inputs(CARD, [list_spectrum([(3.0, 60.0)])])
