"""A real Dask cluster on loopback: the same bytes as here, whatever happens to its workers."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from cluster_builders import Cluster
from fake_engine import FakeEngine, write_networks, write_picture
from importing_files import write_small

from nmrcam_qt.cli import USAGE
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.core.errors import Cancelled, EngineLost
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.batch import Pace, Request, jobs_for, run_batch
from nmrcam_qt.ml.cluster_engine import ClusterEngine

COUNT = 48
FAR = ["--class", "all", "--method", "hirescam", "--dpi", "40", "--processes", "1"]
ARGV = ["batch", "in", "--network", "small", *FAR]
DYING = """
from dying_engine import DyingEngine
from nmrcam_qt.ml import cluster_worker
cluster_worker._engine = DyingEngine
"""


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


def test_a_worker_is_killed_and_the_bytes_are_those_of_this_machine(
    tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_small(home / "networks" / "small", (Experiment.HSQC,))
    for i in range(COUNT):
        write_picture(tmp_path / "in" / f"{i:03}_hsqc.png", 1 + i % 7)
    (tmp_path / "in" / "017_hsqc.png").write_bytes(b"no picture")
    failed_alone = main([*ARGV, "--out", "local"])
    said = capsys.readouterr()
    with Cluster(tmp_path / "cluster") as cluster:
        victim, _ = cluster.add_worker(), cluster.add_worker()
        killed: list[int] = []

        def kill_midway() -> None:
            while not killed and victim.poll() is None:
                if (n := len(list(Path("far").glob("*.png")))) >= 8:
                    victim.kill()
                    killed.append(n)
                    cluster.add_worker()
                time.sleep(0.01)

        killer = threading.Thread(target=kill_midway)
        killer.start()
        try:
            assert main([*ARGV, "--out", "far", "--scheduler", cluster.address]) == failed_alone
        finally:
            killed.append(-1)
            killer.join()
        assert 8 <= killed[0] < 2 * (COUNT - 8), cluster.said()
        assert victim.wait(60) == -signal.SIGKILL
        assert "Remove worker" in cluster.said()
    assert digests(Path("far")) == digests(Path("local"))
    assert len(digests(Path("far"))) == 2 * (COUNT - 1) + 4
    again = capsys.readouterr()
    assert (again.out.replace("far", "local"), again.err) == (said.out, said.err)


@pytest.fixture(scope="module")
def fast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Workers that compute nothing, and die of one certain spectrum; nannies restart them."""
    folder = tmp_path_factory.mktemp("dying")
    (folder / "preload.py").write_text(DYING, encoding="utf-8")
    made = Cluster(folder, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1")
    with made as cluster:
        for _ in range(2):
            cluster.add_worker("--nanny", "--preload", str(folder / "preload.py"))
        yield cluster


@pytest.fixture
def cards(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")


def written(tmp_path: Path, count: int, deadly: tuple[int, ...] = ()) -> list[Path]:
    return [
        write_picture(tmp_path / f"{i:03}_hsqc.png", 9 if i in deadly else 1 + i % 5)
        for i in range(count)
    ]


@pytest.mark.usefixtures("cards")
def test_what_kills_workers_is_named_and_the_others_go_on(tmp_path: Path, fast: Cluster) -> None:
    paths = written(tmp_path, 24, deadly=(6,))
    expected = list(run_batch(jobs_for(paths), Request(), FakeEngine()))
    with ClusterEngine(fast.address) as engine:
        done = list(run_batch(jobs_for(paths), Request(), engine, pace=Pace(4, None)))
    assert [o.job.files for o in done] == [(str(p),) for p in paths]
    assert [i for i, o in enumerate(done) if o.error] == [6], [o.error for o in done]
    assert "006_hsqc.png: 2 workers of the cluster were lost over it" in done[6].error
    for mine, theirs in zip(expected, done, strict=True):
        if theirs.analysis is not None:
            assert mine.analysis is not None
            assert np.array_equal(
                mine.analysis.prediction.logits, theirs.analysis.prediction.logits
            )
            assert mine.analysis.prediction.sentences == theirs.analysis.prediction.sentences


@pytest.mark.usefixtures("cards")
def test_the_network_is_sent_once_to_every_worker(tmp_path: Path, fast: Cluster) -> None:
    paths = written(tmp_path, 40)
    request = Request("net-hmbc")  # no other test sends it
    with ClusterEngine(fast.address) as engine:
        deadline = time.monotonic() + 120
        while engine.room() < 4 and time.monotonic() < deadline:
            time.sleep(0.1)  # an earlier test may have killed one
        for _ in range(2):
            done = list(run_batch(jobs_for(paths), request, engine, pace=Pace(2, None)))
            assert not any(o.error for o in done)
            assert len(engine.installed) == len(set(engine.installed)) == 2
    with ClusterEngine(fast.address) as later:
        list(run_batch(jobs_for(paths), request, later, pace=Pace(2, None)))
        assert later.installed == []  # they have kept it
    assert engine.notices == ()


@pytest.mark.usefixtures("cards")
def test_cancelling_leaves_the_cluster_usable(tmp_path: Path, fast: Cluster) -> None:
    class Impatient:
        def step(self, done: int, total: int, text: str = "") -> None:
            if done == 3:
                raise Cancelled

    paths = written(tmp_path, 20)
    with ClusterEngine(fast.address) as engine:
        outcomes = run_batch(jobs_for(paths), Request(), engine, Impatient(), pace=Pace(2, None))
        with pytest.raises(Cancelled):
            list(outcomes)
        done = list(run_batch(jobs_for(paths), Request(), engine, pace=Pace(2, None)))
    assert len(done) == 20 and not any(o.error for o in done)


@pytest.mark.usefixtures("cards")
def test_ctrl_c_ends_the_command_in_one_sentence(
    tmp_path: Path, home: Path, fast: Cluster, children_heed_ctrl_c: None
) -> None:
    shutil.copytree(tmp_path / "models", home / "networks")
    for i in range(400):
        write_picture(tmp_path / "in" / f"{i:03}_hsqc.png", 1 + i % 5)
    argv = ["batch", "in", "--network", "net-hsqc", *FAR, "--out", "out"]
    command = [sys.executable, "-m", "nmrcam_qt", *argv]
    with subprocess.Popen(
        [*command, "--scheduler", fast.address], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        deadline = time.monotonic() + 200
        while len(list(Path("out").glob("*.png"))) < 3 and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        said = child.communicate(timeout=120)[1].decode()
    assert child.returncode == 130, said
    assert "interrupted" in said and "Traceback" not in said and "distributed" not in said
    assert not Path("out/manifest.json").exists()


@pytest.mark.usefixtures("cards")
def test_a_cluster_without_workers_is_given_up(tmp_path: Path) -> None:
    paths = written(tmp_path, 3)
    with Cluster(tmp_path / "empty") as cluster:
        engine = ClusterEngine(cluster.address, connect_s=60.0, patience_s=0.5)
        with engine, pytest.raises(EngineLost, match="has had no worker for"):
            list(run_batch(jobs_for(paths), Request(), engine, pace=Pace(2, None)))
        engine = ClusterEngine(cluster.address, connect_s=60.0)
        cluster.processes[0].kill()
        with engine, pytest.raises(EngineLost, match="is gone"):
            list(run_batch(jobs_for(paths), Request(), engine, pace=Pace(2, None)))


@pytest.mark.usefixtures("cards")
def test_nobody_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png")
    with pytest.raises(EngineLost, match=r"no Dask scheduler answers at 'tcp://127.0.0.1:9'"):
        ClusterEngine("tcp://127.0.0.1:9", connect_s=0.5)
    for address in ("", "nonsense://x", "127.0.0.1:99999999", "tcp://"):
        with pytest.raises(EngineLost, match="no Dask scheduler answers"):
            ClusterEngine(address, connect_s=0.5)
    assert main(["batch", "a_hsqc.png", "--out", "out", "--scheduler", "nonsense://x"]) == USAGE
    assert "no Dask scheduler answers at 'nonsense://x'" in capsys.readouterr().err


@pytest.mark.usefixtures("cards")
def test_without_dask_one_sentence_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    write_picture(tmp_path / "a_hsqc.png")
    argv = ["batch", "a_hsqc.png", "--out", "out", "--scheduler", "tcp://127.0.0.1:1"]
    assert main(argv) == USAGE
    assert "pip install 'nmrcam[distributed]'" in capsys.readouterr().err


def test_dask_is_loaded_only_where_it_is_asked_for() -> None:
    program = (
        "import sys, json; import nmrcam_qt.cli.main as m; m.build_parser();"
        "import nmrcam_qt.ml.batch, nmrcam_qt.ml.cluster_engine;"
        "print(json.dumps([n for n in ('distributed', 'dask', 'tensorflow') if n in sys.modules]))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert json.loads(out.stdout) == []
