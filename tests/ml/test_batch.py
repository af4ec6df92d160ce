"""The batch engine: order, batches, one failure alone, progress, cancel, flat memory."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from builders import list_spectrum
from fake_engine import FakeEngine, write_networks, write_picture

from nmrcam_qt.core import card_store
from nmrcam_qt.core.errors import Cancelled, EngineLost, NetworkError
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.ml import batch
from nmrcam_qt.ml.batch import (
    BATCH_SIZE,
    Job,
    LocalEngine,
    Outcome,
    Pace,
    Request,
    jobs_for,
    run_batch,
)


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))


class Watcher:
    """Keeps what it is told; cancels at a given step."""

    def __init__(self, cancel_at: int = -1) -> None:
        self.told: list[tuple[int, int, str]] = []
        self.cancel_at = cancel_at

    def step(self, done: int, total: int, text: str = "") -> None:
        self.told.append((done, total, text))
        if len(self.told) == self.cancel_at:
            raise Cancelled


def test_outcomes_come_in_order_in_batches(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{i:03}_hsqc.png", 1 + i % 5) for i in range(70)]
    engine = FakeEngine()
    done = list(run_batch(jobs_for(paths), Request(), engine))
    assert [o.job.files[0] for o in done] == [str(p) for p in paths]
    assert engine.calls == [BATCH_SIZE, BATCH_SIZE, 6]
    assert not any(o.error for o in done)
    ink = [o.analysis.prediction.logits[1] for o in done if o.analysis]
    assert ink[:5] == sorted(ink[:5]) and len(set(ink)) == 5
    assert ink[0] == ink[5] == ink[65]


def test_the_network_fits_the_experiment(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / name) for name in ("a_hsqc.png", "b_hmbc.png", "c_hsqc.png")]
    engine = FakeEngine()
    done = list(run_batch(jobs_for(paths), Request(), engine))
    assert [o.card.id for o in done if o.card] == ["net-hsqc", "net-hmbc", "net-hsqc"]
    assert engine.calls == [2, 1]


def test_an_unknown_experiment_fails_alone_and_names_the_option(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / "a.png"), write_picture(tmp_path / "b_hsqc.png")]
    bad, good = run_batch(jobs_for(paths), Request(), FakeEngine())
    assert "--experiment" in bad.error and "a.png" in bad.error
    assert bad.analysis is None and good.analysis is not None and not good.error
    said = ReadOptions(experiment=Experiment.HMBC)
    (settled,) = run_batch(jobs_for(paths[:1], options=said), Request(), FakeEngine())
    assert settled.card is not None and settled.card.id == "net-hmbc"


def test_a_given_network_takes_what_it_is_given(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a.png")
    (done,) = run_batch(jobs_for([path]), Request("net-hmbc"), FakeEngine())
    assert done.card is not None and done.card.id == "net-hmbc" and not done.error


def test_an_unknown_network_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="nothing-like-it"):
        run_batch(jobs_for([tmp_path / "a.png"]), Request("nothing-like-it"), FakeEngine())


def test_broken_files_fail_alone(tmp_path: Path) -> None:
    good = write_picture(tmp_path / "good_hsqc.png")
    broken = tmp_path / "broken_hsqc.png"
    broken.write_bytes(good.read_bytes()[:60])
    missing = tmp_path / "missing_hsqc.png"
    done = list(run_batch(jobs_for([broken, good, missing]), Request(), FakeEngine()))
    assert ["broken_hsqc.png" in done[0].error, done[1].error, "missing_hsqc" in done[2].error] == [
        True,
        "",
        True,
    ]


def test_one_that_the_network_cannot_take_fails_alone(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{i}_hsqc.png", int(i != 3)) for i in range(6)]
    done = list(run_batch(jobs_for(paths), Request(), FakeEngine()))
    assert [bool(o.error) for o in done] == [i == 3 for i in range(6)]
    assert "3_hsqc.png" in done[3].error and "no ink" in done[3].error


def test_a_pair_goes_to_the_network_with_two_inputs(tmp_path: Path) -> None:
    first, second = write_picture(tmp_path / "x1.png", 1), write_picture(tmp_path / "x2.png", 3)
    request = Request(methods=("hirescam",), classes=("indole",))
    (done,) = run_batch(jobs_for([], [(first, second)]), request, FakeEngine())
    assert not done.error and done.card is not None and done.card.id == "net-both"
    assert [s.experiment for s in done.spectra] == [Experiment.HSQC, Experiment.HMBC]
    assert done.analysis is not None
    assert [e.input_name for e in done.analysis.explanations] == ["hsqc", "hmbc"]
    assert done.spectrum_of("hmbc").provenance.path == str(second)


def test_a_pair_the_wrong_way_round_fails(tmp_path: Path) -> None:
    pair = (write_picture(tmp_path / "a_hmbc.png"), write_picture(tmp_path / "a_hsqc.png"))
    (done,) = run_batch(jobs_for([], [pair]), Request(), FakeEngine())
    assert "a_hmbc.png: this is HMBC, but it is given as the HSQC of a pair" in done.error


def test_the_place_in_a_pair_beats_the_name_of_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "hsqc"
    pair = (write_picture(folder / "a.png"), write_picture(folder / "b.png"))
    (done,) = run_batch(jobs_for([], [pair]), Request(), FakeEngine())
    assert not done.error
    assert [s.experiment for s in done.spectra] == [Experiment.HSQC, Experiment.HMBC]
    assert not any("folder" in text for s in done.spectra for text in s.provenance.assumed)


def test_a_pair_in_the_wrong_network_says_what_was_expected(tmp_path: Path) -> None:
    pair = (write_picture(tmp_path / "x1.png"), write_picture(tmp_path / "x2.png"))
    (done,) = run_batch(jobs_for([], [pair]), Request("net-hsqc"), FakeEngine())
    assert "expected HSQC" in done.error and "x1.png + x2.png" in done.error


def test_open_spectra_need_no_file() -> None:
    spectrum = list_spectrum([(7.0, 120.0)])
    (done,) = run_batch([Job((spectrum,))], Request(), FakeEngine())
    assert not done.error and done.spectra == (spectrum,)


def test_only_the_top_class_is_kept(tmp_path: Path) -> None:
    path = write_picture(tmp_path / "a_hsqc.png", 5)
    asked = Request(methods=("hirescam", "cam"), keep="top")
    (done,) = run_batch(jobs_for([path]), asked, FakeEngine())
    assert done.analysis is not None
    assert {e.class_id for e in done.analysis.explanations} == {done.analysis.prediction.top}
    assert done.analysis.unavailable == (("cam", "the head is not linear"),)


def test_a_known_problem_is_the_error() -> None:
    (done,) = run_batch([Job((Path("x"),), problem="x: empty")], Request(), FakeEngine())
    assert done.error == "x: empty"


def test_progress_is_told_and_cancels(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{i}_hsqc.png") for i in range(3)]
    watcher = Watcher()
    assert len(list(run_batch(jobs_for(paths), Request(), FakeEngine(), watcher))) == 3
    assert watcher.told[0] == (0, 3, "0_hsqc.png")
    assert watcher.told[-1][:2] == (3, 3)
    engine = FakeEngine()
    with pytest.raises(Cancelled):
        list(run_batch(jobs_for(paths), Request(), engine, Watcher(cancel_at=2)))
    assert engine.calls == []


def test_cancelling_inside_the_engine_is_no_failure(tmp_path: Path) -> None:
    class Stopped(FakeEngine):
        def analyse(self, *args: object, **kwargs: object) -> list[Analysis]:
            raise Cancelled

    path = write_picture(tmp_path / "a_hsqc.png")
    with pytest.raises(Cancelled):
        list(run_batch(jobs_for([path]), Request(), Stopped()))


def test_memory_stays_flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write_picture(tmp_path / f"{i:03}_hsqc.png") for i in range(100)]
    alive: list[weakref.ref[np.ndarray]] = []
    counts: list[int] = []

    def read(path: Path, options: ReadOptions) -> Spectrum:
        spectrum = read_spectrum(path, options)
        alive.append(weakref.ref(spectrum.intensity))
        gc.collect()
        counts.append(sum(ref() is not None for ref in alive))
        return spectrum

    monkeypatch.setattr(batch, "read_spectrum", read)
    for outcome in run_batch(jobs_for(paths), Request(), FakeEngine()):
        assert not outcome.error
        del outcome
    # A batch that is worked on, one that was read ahead, one that is being read.
    assert max(counts) <= 2 * BATCH_SIZE + 1
    assert len(counts) == 100


def test_reading_goes_on_while_the_network_computes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [write_picture(tmp_path / f"{i:03}_hsqc.png") for i in range(2 * BATCH_SIZE)]
    read: list[str] = []

    def remember(path: Path, options: ReadOptions) -> Spectrum:
        read.append(path.name)
        return read_spectrum(path, options)

    class Slow(FakeEngine):
        def analyse(self, *args: object, **named: object) -> list[Analysis]:
            deadline = time.monotonic() + 60
            while len(read) < 2 * BATCH_SIZE and time.monotonic() < deadline:
                time.sleep(0.005)
            ahead.append(len(read))
            return super().analyse(*args, **named)  # type: ignore[arg-type]

    ahead: list[int] = []
    monkeypatch.setattr(batch, "read_spectrum", remember)
    assert len(list(run_batch(jobs_for(paths), Request(), Slow()))) == len(paths)
    assert ahead[0] == 2 * BATCH_SIZE, "the second batch is read during the first"
    assert sorted(read) == [p.name for p in paths]


def test_no_more_bytes_are_read_ahead_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "BATCH_BYTES", 2 * 82 * 120 * 4 - 1)
    paths = [write_picture(tmp_path / f"{i:03}_hsqc.png") for i in range(12)]
    read: list[str] = []

    def remember(path: Path, options: ReadOptions) -> Spectrum:
        read.append(path.name)
        return read_spectrum(path, options)

    monkeypatch.setattr(batch, "read_spectrum", remember)
    outcomes = run_batch(jobs_for(paths), Request(), FakeEngine())
    next(outcomes)
    time.sleep(0.3)
    assert len(read) <= 5, "two in the batch, two ahead and the one that was begun"
    outcomes.close()


def test_the_reading_thread_ends_with_the_batch(tmp_path: Path) -> None:
    paths = [write_picture(tmp_path / f"{i}_hsqc.png") for i in range(9)]

    def readers() -> list[str]:
        return [t.name for t in threading.enumerate() if t.name == "read-ahead"]

    outcomes = run_batch(jobs_for(paths), Request(), FakeEngine(), pace=Pace(2, None))
    next(outcomes)
    outcomes.close()
    assert not readers()
    with pytest.raises(Cancelled):
        list(run_batch(jobs_for(paths), Request(), FakeEngine(), Watcher(cancel_at=3)))
    assert not readers()
    assert len(list(run_batch(jobs_for(paths), Request(), FakeEngine()))) == 9
    assert not readers()


def test_a_bug_while_reading_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [write_picture(tmp_path / f"{i}_hsqc.png") for i in range(3)]

    def broken(path: Path, options: ReadOptions) -> Spectrum:
        raise KeyError("a bug")

    monkeypatch.setattr(batch, "read_spectrum", broken)
    with pytest.raises(KeyError, match="a bug"):
        list(run_batch(jobs_for(paths), Request(), FakeEngine()))


def test_the_user_can_cancel_while_a_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()

    def slow(path: Path, options: ReadOptions) -> Spectrum:
        gate.wait(60)
        return read_spectrum(path, options)

    class Impatient(Watcher):
        def step(self, done: int, total: int, text: str = "") -> None:
            if len(self.told) == 2:
                gate.set()
                raise Cancelled
            super().step(done, total, text)

    monkeypatch.setattr(batch, "read_spectrum", slow)
    path = write_picture(tmp_path / "a_hsqc.png")
    with pytest.raises(Cancelled):
        list(run_batch(jobs_for([path]), Request(), FakeEngine(), Impatient()))


def test_a_lost_engine_ends_the_batch(tmp_path: Path) -> None:
    class Lost(FakeEngine):
        def analyse(self, *args: object, **kwargs: object) -> list[Analysis]:
            self.calls.append(1)
            raise EngineLost("gone")

    paths = [write_picture(tmp_path / f"{i}_hsqc.png") for i in range(5)]
    engine = Lost()
    with pytest.raises(EngineLost):
        list(run_batch(jobs_for(paths), Request(), engine))
    assert engine.calls == [1]


class Packed:
    """A source that counts how often it is opened."""

    def __init__(self, name: str) -> None:
        self.path, self.opened = name, 0

    def open(self) -> Spectrum:
        self.opened += 1
        return list_spectrum([(7.0, 120.0)], name=self.path)


def test_a_source_is_opened_once_and_each_job_may_want_something_else() -> None:
    sources = [Packed("a"), Packed("b"), Packed("c")]
    wanted = [
        None,
        Request(methods=("hirescam",), layer="conv"),
        Request("net-hsqc", classes=("indole",), methods=("gradcam",)),
    ]
    jobs = [Job((s,), request=w) for s, w in zip(sources, wanted, strict=True)]
    engine = FakeEngine()
    done = list(run_batch(jobs, Request(), engine))
    assert [s.opened for s in sources] == [1, 1, 1]
    assert engine.calls == [1, 1, 1]
    assert [len(o.analysis.explanations) for o in done if o.analysis] == [0, 2, 1]
    assert [o.job.files for o in done] == [("a",), ("b",), ("c",)]


def test_a_network_that_one_job_names_wrongly_fails_that_job() -> None:
    jobs = [Job((Packed("a"),), request=Request("nothing-like-it")), Job((Packed("b"),))]
    bad, good = run_batch(jobs, Request(), FakeEngine())
    assert "nothing-like-it" in bad.error and not good.error


def test_only_the_networks_that_are_given_are_chosen_from() -> None:
    entries = [e for e in card_store.installed_networks() if e.card.id == "net-hmbc"]
    (done,) = run_batch([Job((Packed("a"),))], Request(), FakeEngine(), networks=entries)
    assert "no installed network takes HSQC" in done.error


def test_no_jobs_no_outcomes() -> None:
    assert list(run_batch([], Request(), FakeEngine())) == []


def test_the_pace_follows_the_time_that_requests_take() -> None:
    pace = Pace(32, 0.4)
    sizes = []
    for _ in range(6):
        sizes.append(pace.size)
        pace.took(pace.size, 0.010 * pace.size)
    assert sizes == [4, 8, 16, 32, 32, 32]
    pace.took(32, 32 * 0.5)
    assert pace.size == 2, "a slow network; one alone costs as much as two"
    slow = Pace(32, 0.4)
    slow.took(4, 6.0)  # the network is loaded
    sizes = []
    for _ in range(6):
        slow.took(slow.size, 0.020 * slow.size)
        sizes.append(slow.size)
    assert sizes == [4, 8, 16, 16, 16, 16], "the loading is forgotten"
    fixed = Pace(32, None)
    fixed.took(32, 1e3)
    assert fixed.size == 32


def test_large_spectra_close_a_batch_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BATCH_BYTES", 3 * 82 * 120 * 4 - 1)
    paths = [write_picture(tmp_path / f"{i}_hsqc.png") for i in range(7)]
    engine = FakeEngine()
    list(run_batch(jobs_for(paths), Request(), engine))
    assert engine.calls == [3, 3, 1]


def test_an_engine_that_loses_a_result_is_noticed(tmp_path: Path) -> None:
    class Loses(FakeEngine):
        def analyse(
            self, network: str, prepared: Sequence[Prepared], *rest: object
        ) -> list[Analysis]:
            return super().analyse(network, prepared, *rest)[:-1]  # type: ignore[arg-type]

    paths = [write_picture(tmp_path / f"{i}_hsqc.png") for i in range(2)]
    with pytest.raises(ValueError, match="zip"):
        list(run_batch(jobs_for(paths), Request(), Loses()))


def test_a_failed_outcome_has_no_input() -> None:
    with pytest.raises(ValueError, match="no spectrum"):
        Outcome(Job((Path("x"),))).spectrum_of("hsqc")


def test_a_spectrum_alone_has_the_numbers_that_it_has_in_a_batch() -> None:
    """The window and the command line cut batches differently and draw the same pictures."""
    network = str(Path(__file__).resolve().parents[2] / "models" / "kuhn-hsqc")
    points = [[(1.0 + n, 20.0 + 15 * n), (7.2, 110.0 + n)] for n in range(5)]
    jobs = [Job((list_spectrum(p),)) for p in points]
    asked = Request(network, methods=("hirescam", "gradcam"))
    engine = LocalEngine()
    together = list(run_batch(jobs, asked, engine))
    alone = list(run_batch(jobs, asked, engine, pace=Pace(1, None)))
    for one, other in zip(alone, together, strict=True):
        assert one.analysis is not None and other.analysis is not None
        assert one.analysis.prediction.logits.tolist() == other.analysis.prediction.logits.tolist()
        maps = zip(one.analysis.explanations, other.analysis.explanations, strict=True)
        assert all(np.array_equal(a.evidence, b.evidence) for a, b in maps)


def test_importing_it_loads_no_tensorflow() -> None:
    code = (
        "import sys, nmrcam_qt.ml.batch;"
        "sys.exit(any(m in sys.modules for m in ('tensorflow', 'keras', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
