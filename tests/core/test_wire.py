"""Frames: what goes in comes out; what is no frame is refused before memory is taken."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from window_builders import make_analysis, make_map

from nmrcam_qt.core import wire
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.wire import MAGIC, PREFIX, Frame, WireError, encode, read_frame
from nmrcam_qt.core.wire_results import (
    analyse_request,
    analyses_reply,
    read_analyses,
    read_prepared,
)


class Dribble(io.RawIOBase):
    """A pipe that gives one to three bytes at a time, except for the prefix."""

    def __init__(self, data):
        self._data = io.BytesIO(data)
        self._first = True

    def read(self, size=-1):
        few = size if self._first else min(size, 3)
        self._first = False
        return self._data.read(few)


def through(frame):
    return read_frame(Dribble(encode(frame)))


def test_arrays_and_header_come_back():
    arrays = (
        np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::-1],
        np.array([1.5, -0.0, 1e300]),
        np.zeros((0, 4), dtype=np.float32),
        np.array(3, dtype=np.uint8),
        np.arange(4, dtype=">f4"),
    )
    back = through(Frame({"op": "x", "text": "¹H é"}, arrays))
    assert dict(back.header) == {"op": "x", "text": "¹H é"}
    for before, after in zip(arrays, back.arrays, strict=True):
        np.testing.assert_array_equal(before, after)
        assert before.shape == after.shape
        assert not after.flags.writeable
    assert back.arrays[4].dtype == np.dtype("<f4")


def test_end_of_stream_and_several_frames():
    stream = io.BytesIO(encode(Frame({"n": 1})) + encode(Frame({"n": 2})))
    assert [read_frame(stream).header["n"] for _ in range(2)] == [1, 2]
    assert read_frame(stream) is None


def _frame(header, payload=b""):
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return PREFIX.pack(MAGIC, len(raw), len(payload)) + raw + payload


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"NM", "ended within a frame"),
        (b"HTTP/1.1 200 OK\r\n\r\n", "expected a frame"),
        (PREFIX.pack(MAGIC, 2**32 - 1, 0), "at most"),
        (PREFIX.pack(MAGIC, 2, 2**63), "at most"),
        (_frame(b"[1]"), "no JSON object"),
        (_frame(b"{"), "not JSON"),
        (_frame(b"[" * 100_000), "not JSON"),
        (_frame({"arrays": [["<f4", [2]]]}, b"1234"), "expected 8"),
        (_frame({"arrays": []}, b"1234"), "expected 0"),
        (_frame({"arrays": [["|O", [1]]]}, b"12345678"), "describes an array"),
        (_frame({"arrays": [["<f4", [-1]]]}), "describes an array"),
        (_frame({"arrays": [["<f4", [True]]]}, b"1234"), "describes an array"),
        (_frame({"arrays": [["<f4", [1] * 9]]}, b"1234"), "describes an array"),
        (_frame({"arrays": {"a": 1}}), "list of arrays"),
        (_frame({"arrays": [["<f4", [2]]]}, b"12345678")[:-1], "ended within a frame"),
    ],
)
def test_what_is_no_frame_is_refused(raw, said):
    with pytest.raises(WireError, match=said):
        read_frame(io.BytesIO(raw))


def test_limits_hold_for_the_writer_too(monkeypatch):
    monkeypatch.setattr(wire, "MAX_PAYLOAD_BYTES", 7)
    with pytest.raises(WireError, match="at most 7"):
        encode(Frame({}, (np.zeros(2, dtype=np.float32),)))
    with pytest.raises(WireError, match="do not travel"):
        encode(Frame({}, (np.array([object()]),)))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.integers(0, 100))
def test_rubbish_never_raises_anything_else(rubbish, keep):
    good = encode(Frame({"op": "x"}, (np.arange(3.0),)))
    for raw in (rubbish, good[:keep] + rubbish, MAGIC + rubbish):
        with contextlib.suppress(WireError):
            read_frame(io.BytesIO(raw))


def test_requests_and_replies_travel():
    prepared = [
        Prepared((np.ones((2, 3, 1), np.float32), np.zeros((2, 3, 1), np.float32)), ("a", "b")),
        Prepared((np.full((2, 3, 1), 0.5, np.float32),) * 2, (), fits=False),
    ]
    request = through(analyse_request("net", prepared, ["cam"], None, "conv4"))
    again = read_prepared(request)
    assert [(p.warnings, p.fits) for p in again] == [(("a", "b"), True), ((), False)]
    np.testing.assert_array_equal(again[1].examples[1], prepared[1].examples[1])
    assert (request.header["layer"], request.header["classes"]) == ("conv4", None)
    given_ = make_analysis([make_map(), make_map("steroid")], unavailable=[("cam", "no head")])
    given_ = replace(given_, prediction=replace(given_.prediction, worth="Much."))
    (back,) = read_analyses(through(analyses_reply([given_])))
    assert back.prediction.sentences == ("Made up.", "Much.")
    assert back.prediction.scores.tolist() == given_.prediction.scores.tolist()
    assert back.unavailable == (("cam", "no head"),)
    for before, after in zip(given_.explanations, back.explanations, strict=True):
        np.testing.assert_array_equal(before.evidence, after.evidence)
        assert (before.f1, before.f2) == (after.f1, after.f2)
        assert (before.class_id, before.method) == (after.class_id, after.method)


def test_broken_requests_and_replies_are_one_sentence():
    good = analyses_reply([make_analysis([make_map()])])
    with pytest.raises(WireError, match="broken reply"):
        read_analyses(Frame(good.header, good.arrays[:-1]))
    with pytest.raises(WireError, match="broken reply"):
        read_analyses(Frame({}))
    request = analyse_request(
        "n", [Prepared((np.ones((1, 1, 1), np.float32),), ())], [], None, None
    )
    with pytest.raises(WireError, match="broken request"):
        read_prepared(Frame(request.header))
    with pytest.raises(WireError, match="more arrays"):
        read_prepared(Frame(request.header, request.arrays * 2))


@pytest.mark.parametrize("count", [float("inf"), float("nan"), 10**30, -1, None, "x"])
def test_a_number_of_inputs_that_is_none_is_refused(count):
    with pytest.raises(WireError):
        read_prepared(Frame({"prepared": [[count, [], True]]}, (np.zeros(3, np.float32),)))


def test_a_sentence_does_not_repeat_megabytes_of_a_frame():
    header = json.dumps({"arrays": ["x" * 1_000_000]}).encode()
    blob = PREFIX.pack(MAGIC, len(header), 0) + header
    with pytest.raises(WireError, match="describes an array as 'xxx") as said:
        read_frame(io.BytesIO(blob))
    assert len(str(said.value)) < 200
