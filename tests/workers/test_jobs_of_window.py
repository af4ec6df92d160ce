"""Opening, analysing and saving, without Qt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from window_builders import CARDS, FAKE_SERVER, make_analysis, make_map, packed, picture

from nmrcam_qt.core.errors import (
    AmbiguousError,
    Cancelled,
    EngineLost,
    MethodError,
    ReadError,
)
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.workers.analyse_job import MAX_LOST, Analysed, AnalyseJob, NotAnalysed, Work
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.inference_client import InferenceClient, ServerState, ServerStatus
from nmrcam_qt.workers.open_job import (
    MAX_PER_PART,
    NotOpened,
    Opened,
    OpenJob,
    OpenRequest,
)
from nmrcam_qt.workers.save_job import PictureContent, SavePictureJob


class Context:
    """Records parts; cancels after some steps."""

    def __init__(self, cancel_after=10**9):
        self.parts, self.steps, self._left = [], [], cancel_after

    @property
    def is_cancelled(self):
        return self._left <= 0

    def step(self, done, total, text=""):
        self.steps.append((done, total))
        self._left -= 1
        if self._left < 0:
            raise Cancelled

    def part(self, result):
        self.parts.append(result)


def _read(path, options):
    if path.name.startswith("bad"):
        raise ReadError(path, "broken")
    if path.name.startswith("big"):
        raise MemoryError
    if path.name.startswith("odd") and options.columns is None:
        raise AmbiguousError(path, "Which?", ("hc", "ch"), "columns")
    if path.name.startswith("exp") and options.experiment is None:
        raise AmbiguousError(path, "Which experiment?", ("hsqc", "hmbc"), "experiment")
    return picture(path.name, experiment=options.experiment)


def _find(paths):
    (path,) = paths
    if path.name == "empty":
        return []
    if path.name == "gone":
        raise ReadError(path, "no such file")
    return [path / "1", path / "bad"] if path.name == "folder" else [path]


def test_open_reads_everything_it_can():
    names = ["a", "folder", "empty", "gone", "big", "odd"]
    context = Context()
    requests = [OpenRequest(Path(n)) for n in names]
    questions = OpenJob(requests, reader=_read, finder=_find).run(context)
    opened = [s.name for part in context.parts if isinstance(part, Opened) for s in part.spectra]
    assert opened == ["a", "1"]
    reasons = {p.path: p.reason for p in context.parts if isinstance(p, NotOpened)}
    assert reasons == {
        "empty": "empty: no spectrum in it; expected instrument data, pictures or peak lists",
        "gone": "gone: no such file",
        str(Path("folder/bad")): "bad: broken",
        "big": "big: not enough memory",
    }
    assert [(q.text, q.choices) for q in questions] == [("Which?", ("hc", "ch"))]


def test_what_could_not_be_opened_is_tried_again():
    broken = {"bad1", "bad2"}

    def read(path, options):
        if path.name in broken:
            raise ReadError(path, "broken")
        return picture(path.name)

    job = OpenJob([OpenRequest(Path(n)) for n in ("a", "bad1", "b", "bad2")], False, read)
    job.run(Context())
    broken.clear()
    again = Context()
    rest = job.remaining()
    rest.run(again)
    assert [s.name for p in again.parts for s in p.spectra] == ["bad1", "bad2"]
    assert rest.remaining() is None


def test_what_a_cancelled_job_did_not_open_is_left():
    job = OpenJob([OpenRequest(Path(str(n))) for n in range(10)], reader=_read, finder=_find)
    assert len(job.remaining()._requests) == 10, "before it ran"
    with pytest.raises(Cancelled):
        job.run(Context(cancel_after=4))
    assert [str(r.path) for r in job.remaining()._requests] == [str(n) for n in range(3, 10)]


def test_opened_spectra_come_with_their_options_and_not_too_many_at_once():
    context = Context()
    told = ReadOptions(f1_window=(0, 160))
    OpenJob([OpenRequest(Path(f"s{n}"), told) for n in range(70)], False, _read).run(context)
    assert sum(len(p.spectra) for p in context.parts) == 70
    assert all(len(p.spectra) == len(p.options) <= MAX_PER_PART for p in context.parts)
    assert {o for p in context.parts for o in p.options} == {told}


def test_answers_go_into_the_options():
    context = Context()
    known = OpenRequest(Path("odd"), ReadOptions(f1_window=(0, 160)))
    job = OpenJob([known, OpenRequest(Path("exp"))], search=False, reader=_read)
    questions = job.run(context)
    answered = [questions[0].answered("ch"), questions[1].answered("hmbc")]
    assert answered[0].options == ReadOptions(f1_window=(0, 160), columns="ch")
    assert answered[1].options == ReadOptions(experiment=Experiment.HMBC)
    assert OpenJob(answered, search=False, reader=_read).run(context) == ()
    opened = [s for part in context.parts if isinstance(part, Opened) for s in part.spectra]
    assert [s.experiment for s in opened] == [None, Experiment.HMBC]


def test_open_can_be_cancelled():
    requests = [OpenRequest(Path(str(n))) for n in range(100)]
    with pytest.raises(Cancelled):
        OpenJob(requests, reader=_read, finder=_find).run(Context(cancel_after=20))


class FakeClient:
    """Answers from a function; counts requests."""

    status = ServerStatus(ServerState.READY, "CPU")

    def __init__(self, answer):
        self.answer, self.requests, self.starts = answer, [], 0

    def start(self, cancelled=None):
        self.starts += 1
        return self.status

    def analyse(self, network, prepared, methods, classes=None, layer=None, cancelled=None):
        self.requests.append((network, len(prepared), layer))
        return self.answer(prepared)


def _work(n, card=CARDS[0], layer=None, first=0):
    return [
        Work(AnalysisKey(card.id, (i,), layer), card, (packed(f"s{i}"),))
        for i in range(first, first + n)
    ]


def _answer(prepared):
    return [make_analysis() for _ in prepared]


def test_analyses_come_in_batches_of_one_network_and_layer():
    client = FakeClient(_answer)
    work = _work(9) + _work(1, layer="conv1", first=9) + _work(1, CARDS[1], first=10)
    context = Context()
    assert AnalyseJob(client, work, ["gradcam"]).run(context) == 11
    assert client.requests == [
        ("net-hsqc", 4, None),
        ("net-hsqc", 5, None),
        ("net-hsqc", 1, "conv1"),
        ("net-hmbc", 1, None),
    ]
    assert [p.key.items[0] for p in context.parts] == list(range(11))
    assert all(isinstance(p, Analysed) for p in context.parts)


def test_the_window_uses_the_engine_of_the_command_line(monkeypatch):
    from nmrcam_qt.ml import batch

    asked = []
    real = batch.run_batch

    def spy(jobs, *rest, **named):
        asked.append(len(jobs))
        return real(jobs, *rest, **named)

    monkeypatch.setattr(batch, "run_batch", spy)
    assert AnalyseJob(FakeClient(_answer), _work(3), []).run(Context()) == 3
    assert asked == [3]


def test_spectra_are_unpacked_when_their_turn_comes(monkeypatch):
    from nmrcam_qt.ml.batch import BATCH_SIZE
    from nmrcam_qt.session.packing import PackedSpectrum

    opened, behind = [], []
    real = PackedSpectrum.unpack

    def unpack(self):
        opened.append(self.name)
        return real(self)

    monkeypatch.setattr(PackedSpectrum, "unpack", unpack)

    class Watch(Context):
        def part(self, result):
            super().part(result)
            behind.append(len(opened) - len(self.parts))

    assert AnalyseJob(FakeClient(_answer), _work(150), []).run(Watch()) == 150
    assert opened == [f"s{i}" for i in range(150)]
    assert max(behind) <= 2 * BATCH_SIZE + 1


def test_what_cannot_be_prepared_fails_alone():
    client = FakeClient(_answer)
    pair = CARDS[2]
    bad = Work(AnalysisKey(pair.id, (1, 2), None), pair, (packed("x"), packed("y")))
    good = Work(
        AnalysisKey(pair.id, (3, 4), None), pair, (packed("x"), packed("y", Experiment.HMBC))
    )
    context = Context()
    job = AnalyseJob(client, [bad, good], [])
    assert job.run(context) == 1
    assert isinstance(context.parts[0], NotAnalysed)
    assert context.parts[0].piece == "x + y"
    assert "HSQC + HMBC" in context.parts[0].reason
    assert client.requests == [("net-pair", 1, None)]
    assert job.remaining().keys == (bad.key,)


def test_known_errors_fail_every_spectrum_with_its_own_sentence():
    def refuse(prepared):
        raise MethodError("no such method")

    context = Context()
    client = FakeClient(refuse)
    assert AnalyseJob(client, _work(5), []).run(context) == 0
    assert [p.reason for p in context.parts] == ["no such method"] * 5
    # The batch of four at once, then one by one; the last alone.
    assert [n for _, n, _ in client.requests] == [4, 1, 1, 1, 1, 1]


def test_a_spectrum_that_breaks_the_process_fails_alone():
    poison = prepare_inputs(CARDS[0], [packed("s2", points=((1.0, 20.0),)).unpack()])

    def crash(prepared):
        if any(np.array_equal(p.examples[0], poison.examples[0]) for p in prepared):
            raise JobError("it ended")
        return _answer(prepared)

    work = _work(6)
    key = work[2].key
    work[2] = Work(key, CARDS[0], (packed("s2", points=((1.0, 20.0),)),))
    context = Context()
    job = AnalyseJob(FakeClient(crash), work, [])
    assert job.run(context) == 5
    assert [type(p) for p in context.parts] == [
        NotAnalysed if i == 2 else Analysed for i in range(6)
    ]
    assert context.parts[2] == NotAnalysed(key, "s2", "it ended")
    assert job.remaining().keys == (key,)


def test_a_process_that_is_gone_for_good_fails_the_job():
    def crash(prepared):
        raise JobError("it ended")

    client = FakeClient(crash)
    job = AnalyseJob(client, _work(50), [])
    with pytest.raises(EngineLost, match="it ended"):
        job.run(Context())
    assert len(client.requests) == MAX_LOST, "not fifty starts of TensorFlow"
    assert len(job.remaining().work) == 50


def test_a_process_that_cannot_start_fails_the_job_at_once():
    class NoStart(FakeClient):
        def start(self, cancelled=None):
            super().start()
            raise JobError("no TensorFlow")

    client = NoStart(_answer)
    with pytest.raises(EngineLost, match="no TensorFlow"):
        AnalyseJob(client, _work(50), []).run(Context())
    assert client.starts == 1 and not client.requests


def test_what_is_left_of_a_cancelled_job_can_be_done_later():
    class Stops(Context):
        def part(self, result):
            super().part(result)
            if len(self.parts) == 4:
                raise Cancelled

    job = AnalyseJob(FakeClient(_answer), _work(12), ["gradcam"])
    context = Stops()
    with pytest.raises(Cancelled):
        job.run(context)
    rest, again = job.remaining(), Context()
    assert [k.items[0] for k in rest.keys] == list(range(4, 12))
    assert rest.run(again) == 8 and rest.remaining() is None


def test_the_inference_process_gets_what_prepare_gives():
    client = InferenceClient(FAKE_SERVER, request_timeout_s=120)
    context = Context()
    try:
        assert AnalyseJob(client, _work(1), ["hirescam", "cam"]).run(context) == 1
    finally:
        client.close()
    analysis = context.parts[0].analysis
    eaten = prepare_inputs(CARDS[0], [packed("s0").unpack()]).examples[0].sum()
    assert analysis.explanations[0].evidence[5, 7] == pytest.approx(1 + float(eaten))


def _content(explanation=None, analysed=True):
    return PictureContent(
        pack(picture()),
        CARDS[0] if analysed else None,
        make_analysis().prediction if analysed else None,
        explanation,
        0.8,
        0.1,
        "plasma_r",
    )


def test_pictures_are_drawn_by_a_process_of_their_own(tmp_path):
    from PIL import Image

    path = tmp_path / "out.png"
    SavePictureJob(path, _content(make_map())).run(Context())
    with Image.open(path) as image:
        colours = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
    assert (np.ptp(colours, axis=1) > 60).any(), "no heat in the picture"
    plain = tmp_path / "plain.svg"
    SavePictureJob(plain, _content(analysed=False)).run(Context())
    text = plain.read_text(encoding="utf-8")
    assert "picture.png" in text
    assert "not analysed" in text


def test_a_saved_picture_has_the_name_that_the_user_gave(tmp_path):
    for content in (_content(make_map()), _content(analysed=False)):
        named = replace(content, name="Fraction 7")
        SavePictureJob(tmp_path / "named.svg", named).run(Context())
        text = (tmp_path / "named.svg").read_text(encoding="utf-8")
        assert "Fraction 7" in text
        assert "picture.png" not in text


def test_pictures_that_cannot_be_saved_say_why(tmp_path):
    with pytest.raises(JobError, match="png, svg, pdf"):
        SavePictureJob(tmp_path / "x.gif", _content()).run(Context())
    with pytest.raises(JobError, match=r"x\.png"):
        SavePictureJob(tmp_path / "none" / "x.png", _content()).run(Context())
    assert list(tmp_path.iterdir()) == []
