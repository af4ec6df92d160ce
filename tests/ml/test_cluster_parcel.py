"""Networks as parcels, and what a worker does with what arrives; without a cluster."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_engine import FakeEngine, write_networks

from nmrcam_qt.core.errors import EngineLost, NetworkError
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.wire import Frame, WireError, encode
from nmrcam_qt.core.wire_results import analyse_request, failure, read_analyses
from nmrcam_qt.ml import batch, cluster_worker
from nmrcam_qt.ml.batch import Job, Pace, Request, run_batch
from nmrcam_qt.ml.batch_types import StreamEngine
from nmrcam_qt.ml.cluster_parcel import Parcel, holds, pack, unpack


@pytest.fixture
def net(tmp_path: Path) -> Path:
    write_networks(tmp_path / "models")
    folder = tmp_path / "models" / "net-hsqc"
    (folder / "architecture.json").write_text("{}")
    (folder / "weights.npz").write_bytes(bytes(range(256)))
    (folder / "evil.py").write_text("raise SystemExit")
    return folder


def parcel_of(names: list[str], content: bytes = b"x") -> Parcel:
    arrays = tuple(np.frombuffer(content, np.uint8) for _ in names)
    blob = encode(Frame({"files": names}, arrays))
    return Parcel(hashlib.sha256(blob).hexdigest(), blob)


def test_a_parcel_is_the_three_files_and_nothing_else(net: Path, tmp_path: Path) -> None:
    parcel = pack(net)
    assert pack(net) == parcel and holds(net, parcel.sha256)
    for _ in range(2):  # a second time it takes the place of the first
        made = unpack(parcel, tmp_path / "home")
    assert made.name == parcel.sha256
    assert sorted(p.name for p in made.iterdir()) == [
        "architecture.json",
        "card.json",
        "weights.npz",
    ]
    assert [p.name for p in made.parent.iterdir()] == [made.name]
    assert (made / "weights.npz").read_bytes() == bytes(range(256))
    (made / "weights.npz").write_bytes(b"another")
    assert not holds(made, parcel.sha256)


@pytest.mark.parametrize("name", ["../card.json", "evil.py", "/etc/passwd", ""])
def test_a_parcel_writes_no_other_files(tmp_path: Path, name: str) -> None:
    with pytest.raises(NetworkError, match="arrived with the files"):
        unpack(parcel_of([name]), tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_damaged_parcels_are_refused(net: Path, tmp_path: Path) -> None:
    good = pack(net)
    with pytest.raises(NetworkError, match="is no sha256"):
        unpack(Parcel("../up", good.blob), tmp_path / "home")
    with pytest.raises(NetworkError, match="arrived damaged"):
        unpack(Parcel(good.sha256, good.blob[:-1] + b"?"), tmp_path / "home")
    for blob in (b"", b"junk", good.blob[:100]):
        with pytest.raises(NetworkError, match="arrived"):
            unpack(Parcel(hashlib.sha256(blob).hexdigest(), blob), tmp_path / "home")
    with pytest.raises(NetworkError, match="arrived with the files"):
        unpack(parcel_of(["card.json", "card.json"]), tmp_path / "home")
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(NetworkError, match="cannot be kept"):
        unpack(good, tmp_path / "file")


def test_frames_travel_compressed_and_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = Frame({"a": 1}, (np.zeros((300, 200), np.float32),))
    blob = cluster_worker.packed(frame)
    assert len(blob) < 2000 < frame.arrays[0].nbytes
    back = cluster_worker.unpacked(blob)
    assert back.header["a"] == 1 and np.array_equal(back.arrays[0], frame.arrays[0])
    for broken in (b"", b"junk", blob[:-5], zlib.compress(b""), None, {"a": 1}, "text"):
        with pytest.raises(WireError):
            cluster_worker.unpacked(broken)
    monkeypatch.setattr(cluster_worker, "MAX_HEADER_BYTES", 100)
    monkeypatch.setattr(cluster_worker, "MAX_PAYLOAD_BYTES", 1000)
    with pytest.raises(WireError, match="larger than any frame"):
        cluster_worker.unpacked(blob)


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A worker's functions in this process, with an engine that computes nothing."""
    home = tmp_path / "scratch"
    monkeypatch.setattr(cluster_worker, "_engine", FakeEngine)
    monkeypatch.setattr(cluster_worker, "_home", lambda *_: home)
    monkeypatch.setattr(cluster_worker, "_address", lambda: "tcp://here")
    yield home
    cluster_worker._seen.clear()


def asked(sha256: str, value: float = 1.0) -> bytes:
    example = np.full((41, 60, 1), value, np.float32)
    request = analyse_request(sha256, [Prepared((example,), ())], ("hirescam",), None, None)
    return cluster_worker.packed(request)


def test_a_worker_says_that_a_network_is_missing_or_was_changed(net: Path, worker: Path) -> None:
    parcel = pack(net)
    reply = cluster_worker.unpacked(cluster_worker.run(asked(parcel.sha256)))
    assert reply.header["missing"] is True and reply.header["worker"] == "tcp://here"
    assert cluster_worker.install(parcel.sha256, parcel.blob) == ""
    reply = cluster_worker.unpacked(cluster_worker.run(asked(parcel.sha256)))
    assert failure(reply) is None and len(read_analyses(reply)) == 1
    assert reply.header["versions"] == cluster_worker.versions()
    (worker / parcel.sha256 / "weights.npz").write_bytes(b"another")
    reply = cluster_worker.unpacked(cluster_worker.run(asked(parcel.sha256)))
    assert reply.header["missing"] is True
    assert "arrived damaged" in cluster_worker.install(parcel.sha256, b"junk")


def test_known_errors_of_a_worker_are_replies(net: Path, worker: Path) -> None:
    parcel = pack(net)
    cluster_worker.install(parcel.sha256, parcel.blob)
    reply = cluster_worker.unpacked(cluster_worker.run(asked(parcel.sha256, 0.0)))
    assert failure(reply) == (NetworkError, "net-hsqc: no ink")


class Streaming(FakeEngine):
    """Answers late, and out of order."""

    def __init__(self, room: int, lost_at: int = -1) -> None:
        super().__init__()
        self.places, self.most, self.dropped, self.lost_at = room, 0, 0, lost_at
        self.open: list[Late] = []

    def room(self) -> int:
        return self.places

    def submit(self, *args: object) -> Late:
        self.open.append(Late(self, args))
        self.most = max(self.most, len(self.open))
        return self.open[-1]


class Late:
    def __init__(self, engine: Streaming, args: tuple[object, ...]) -> None:
        self.engine, self.args, self.polls = engine, args, 0

    def done(self) -> bool:
        return False

    def take(self, timeout_s: float) -> list[Analysis] | None:
        self.polls += 1
        if self.polls < 3:
            return None
        self.engine.open.remove(self)
        if len(self.engine.calls) == self.engine.lost_at:
            raise EngineLost("gone")
        return self.engine.analyse(*self.args)  # type: ignore[arg-type]

    def drop(self) -> None:
        self.engine.dropped += 1


def jobs(count: int, blank: tuple[int, ...] = ()) -> list[Job]:
    from builders import list_spectrum

    made = [[] if i in blank else [(7.0, 20.0 + i)] for i in range(count)]
    return [Job((list_spectrum(points, name=f"s{i}"),)) for i, points in enumerate(made)]


@pytest.fixture
def cards(net: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nmrcam_qt.core import card_store

    monkeypatch.setattr(card_store, "models_dir", lambda: net.parent)


@pytest.mark.usefixtures("cards")
def test_several_batches_are_under_way_and_come_in_order() -> None:
    engine = Streaming(3)
    assert isinstance(engine, StreamEngine) and not isinstance(FakeEngine(), StreamEngine)
    done = list(run_batch(jobs(21, blank=(5,)), Request(), engine, pace=Pace(2, None)))
    assert [o.job.files[0] for o in done] == [f"s{i}.csv" for i in range(21)]
    assert [i for i, o in enumerate(done) if o.error] == [5] and "no ink" in done[5].error
    assert engine.most == 3 and engine.dropped == 0
    assert engine.calls.count(1) == 3  # the two of its batch, alone, and the last of all


@pytest.mark.usefixtures("cards")
def test_what_is_under_way_is_bounded_in_bytes_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "BYTES_UNDER_WAY", 2_500_000)  # two spectra
    engine = Streaming(100)
    assert len(list(run_batch(jobs(12), Request(), engine, pace=Pace(1, None)))) == 12
    assert engine.most == 3


@pytest.mark.usefixtures("cards")
def test_what_is_under_way_is_dropped_when_it_ends_early() -> None:
    engine = Streaming(4, lost_at=2)
    outcomes = run_batch(jobs(20), Request(), engine, pace=Pace(2, None))
    with pytest.raises(EngineLost):
        list(outcomes)
    assert engine.dropped == 4 and len(engine.open) == 3
    engine = Streaming(4)
    outcomes = run_batch(jobs(20), Request(), engine, pace=Pace(2, None))
    next(outcomes)
    outcomes.close()
    assert engine.dropped == 3
