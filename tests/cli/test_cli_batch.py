"""``nmrcam batch``: files, projects, going on, questions, Ctrl-C; never a changed project."""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, write_networks, write_picture

from nmrcam_qt.cli import OK, SOME_FAILED, USAGE
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.ml import batch
from nmrcam_qt.ml.batch import Job, Request, run_batch
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.project import create_project
from nmrcam_qt.session.session import Session

SMALL = ["--dpi", "40", "--out", "out", "--processes", "1"]
FIXED = ["manifest.json", "report.html", "scores.csv", "scores.xlsx"]


class CountingEngine(FakeEngine):
    asked = 0

    def analyse(self, network: str, prepared: Any, *args: Any) -> Any:
        CountingEngine.asked += len(prepared)
        return super().analyse(network, prepared, *args)


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    CountingEngine.asked = 0
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": CountingEngine())
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def written(folder: str = "out") -> list[str]:
    return sorted(p.name for p in Path(folder).iterdir())


def digests(folder: str) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in Path(folder).iterdir()}


def test_a_folder_with_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "in" / "a_hsqc.png", 5)
    write_picture(tmp_path / "in" / "b_hmbc.png", 1)
    argv = ["batch", "in", "--class", "all", "--method", "hirescam,gradcam", *SMALL]
    assert main(argv) == OK
    pictures = [
        f"{stem}_{c}_{m}.png"
        for stem in ("a_hsqc", "b_hmbc")
        for c in ("fatty_acid", "indole")
        for m in ("hirescam", "gradcam")
    ]
    assert written() == sorted(pictures + FIXED)
    assert "2 spectra, 8 pictures written" in capsys.readouterr().out
    data = json.loads(Path("out/manifest.json").read_text())
    digest = hashlib.sha256((tmp_path / "in" / "a_hsqc.png").read_bytes()).hexdigest()
    assert data["items"][0]["sources"][0]["sha256"] == digest


def test_the_second_run_asks_no_network(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a_hsqc.png", "b_hsqc.png"):
        write_picture(tmp_path / "in" / name, 5)
    assert main(["batch", "in", *SMALL]) == OK
    before, CountingEngine.asked = digests("out"), 0
    assert main(["batch", "in", *SMALL]) == OK
    assert CountingEngine.asked == 0 and digests("out") == before
    assert "2 from an earlier export kept" in capsys.readouterr().out
    write_picture(tmp_path / "in" / "c_hsqc.png", 4)
    write_picture(tmp_path / "in" / "b_hsqc.png", 6)  # changed
    assert main(["batch", "in", *SMALL]) == OK
    assert CountingEngine.asked == 2
    assert main(["batch", "in", "--threshold", "0.3", *SMALL]) == OK
    assert CountingEngine.asked == 5


def test_another_network_version_is_computed_anew(tmp_path: Path) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    assert main(["batch", "a_hsqc.png", *SMALL]) == OK
    card = tmp_path / "models" / "net-hsqc" / "card.json"
    card.write_text(card.read_text().replace("ab" * 32, "cd" * 32))
    CountingEngine.asked = 0
    assert main(["batch", "a_hsqc.png", *SMALL]) == OK
    assert CountingEngine.asked == 1


def test_what_fails_fails_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    Path("bad_hsqc.png").write_bytes(b"no picture")
    argv = ["batch", "a_hsqc.png", "bad_hsqc.png", "none_hsqc.png", "--json", *SMALL]
    assert main(argv) == SOME_FAILED
    said = capsys.readouterr()
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert [bool(line["error"]) for line in lines] == [False, True, True]
    assert "bad_hsqc.png" in said.err and "none_hsqc.png" in said.err
    assert Path(lines[0]["pictures"][0]).is_file()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--template", "{nam}"], "unknown field {nam}; known are {name}"),
        (["--template", "a/{name}"], "not every system"),
        (["--class", "sugar"], "no network has a class 'sugar'"),
        (["--method", "magic"], "no method 'magic'"),
        (["--dpi", "5"], "5 dpi lies outside"),
        (["--processes", "0"], "at least 1"),
        (["--size", "1x1"], "outside 80..1000"),
    ],
)
def test_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], argv: list[str], said: str
) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    with pytest.raises(SystemExit) as caught:
        main(["batch", "a_hsqc.png", *SMALL, *argv])
    assert caught.value.code == USAGE
    assert said in capsys.readouterr().err
    assert not Path("out").exists()


def test_files_in_the_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_picture(tmp_path / "a_hsqc.png", 5)
    Path("out").mkdir()
    mine = Path("out/a_hsqc_indole_hirescam.png")
    mine.write_bytes(b"mine")
    assert main(["batch", "a_hsqc.png", *SMALL]) == USAGE  # not on a terminal: an error
    said = capsys.readouterr().err
    assert mine.name in said and "overwrite or to skip" in said and mine.read_bytes() == b"mine"
    for answers, expected in (("c\n", 130), ("", 130), ("what\ns\n", OK), ("o\n", OK)):
        monkeypatch.setattr(sys, "stdin", io.StringIO(answers))
        assert main(["batch", "a_hsqc.png", "--existing", "ask", *SMALL]) == expected
        assert (mine.read_bytes() == b"mine") == (answers != "o\n")
    assert "holds files that are from no export" in capsys.readouterr().err
    # Now they are ours: nobody is asked again.
    assert main(["batch", "a_hsqc.png", *SMALL]) == OK


def test_names_and_formats(tmp_path: Path) -> None:
    write_picture(tmp_path / "é 中_hsqc.png", 5)
    argv = ["batch", "é 中_hsqc.png", "--format", "svg", "--template", "{number:03}-{experiment}"]
    assert main([*argv, "--no-report", "--no-table", *SMALL]) == OK
    assert written() == ["001-hsqc.svg", "manifest.json"]
    assert b"<text" in Path("out/001-hsqc.svg").read_bytes()


def make_project(tmp_path: Path, analyse: bool) -> Path:
    """A project of two pictures, one of them renamed, with results or without."""
    opened = create_project(tmp_path / "study.nmrcam")
    session = Session(opened.content, opened.store)
    spectra = [
        read_spectrum(write_picture(tmp_path / "src" / f"{n}_hsqc.png", k))
        for n, k in (("a", 5), ("b", 1))
    ]
    ids = session.add([pack(s) for s in spectra])
    session.rename(ids[1], "My b")
    if analyse:
        request = Request("net-hsqc", ("hirescam", "gradcam"))
        for item_id, spectrum in zip(ids, spectra, strict=True):
            (outcome,) = run_batch([Job((spectrum,))], request, FakeEngine())
            assert outcome.analysis is not None
            session.store(AnalysisKey("net-hsqc", (item_id,), None), outcome.analysis)
    assert opened.store.close()
    return tmp_path / "study.nmrcam"


@pytest.mark.parametrize("analysed", [True, False])
def test_a_project_is_only_read(tmp_path: Path, analysed: bool) -> None:
    path = make_project(tmp_path, analysed)
    before = (
        path.read_bytes(),
        path.stat().st_mtime_ns,
        sorted(p.name for p in tmp_path.iterdir()),
    )
    assert main(["batch", str(path), *SMALL]) == OK
    assert CountingEngine.asked == (0 if analysed else 2)
    now = (path.read_bytes(), path.stat().st_mtime_ns, sorted(p.name for p in tmp_path.iterdir()))
    assert now[:2] == before[:2] and [n for n in now[2] if n != "out"] == before[2]
    assert written() == sorted(
        ["My b_fatty_acid_hirescam.png", *FIXED, "a_hsqc_indole_hirescam.png"]
    )
    # A method that the stored results lack is computed.
    CountingEngine.asked = 0
    assert main(["batch", str(path), "--method", "layercam", *SMALL]) == OK
    assert CountingEngine.asked == 2


def test_a_project_and_its_files_give_the_same_pictures(tmp_path: Path) -> None:
    path = make_project(tmp_path, True)
    assert main(["batch", str(path), *SMALL]) == OK
    argv = ["batch", str(tmp_path / "src"), *SMALL]
    argv[argv.index("out")] = "out2"
    assert main(argv) == OK
    same = "a_hsqc_indole_hirescam.png"
    assert Path("out", same).read_bytes() == Path("out2", same).read_bytes()


def test_what_is_no_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.nmrcam").write_bytes(b"no project")
    assert main(["batch", "x.nmrcam", *SMALL]) == USAGE
    assert "x.nmrcam" in capsys.readouterr().err


def test_help_names_the_fields(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["batch", "--help"])
    assert "{experiment}" in capsys.readouterr().out


SCRIPT = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from fake_engine import FakeEngine
from nmrcam_qt.core import card_store
from nmrcam_qt.ml import batch
from nmrcam_qt.cli.main import main
card_store.models_dir = lambda: Path({models!r})
batch.LocalEngine = lambda _device: FakeEngine()
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals as on POSIX")
@pytest.mark.usefixtures("children_heed_ctrl_c")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_interrupted_at_any_moment_it_leaves_whole_files_and_goes_on(
    tmp_path: Path, number: signal.Signals
) -> None:
    for i in range(8):
        write_picture(tmp_path / "in" / f"s{i}_hsqc.png", 5)
    script = SCRIPT.format(
        tests=str(Path(__file__).resolve().parents[1]), models=str(tmp_path / "models")
    )
    argv = [sys.executable, "-c", script, "batch", "in", "--class", "all", *SMALL]
    for pause in (0.9,) if number is signal.SIGKILL else (0.1, 1.0):
        process = subprocess.Popen(argv, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 300  # a busy machine
        while not Path("out").is_dir() and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(pause)
        ended = process.poll()
        process.send_signal(number)
        status = process.wait(300)
        if ended is None and number is signal.SIGINT:
            # Python itself takes the signal when everything is written and it is ending.
            over = status == -signal.SIGINT and "manifest.json" in written()
            assert status in (130, 0) or over
            assert not [n for n in written() if n.endswith(".part")]
        for path in Path("out").glob("*.png"):
            assert path.read_bytes()[-8:-4] == b"IEND"
    assert main(argv[3:]) == OK
    clean = [*argv[3:]]
    clean[clean.index("out")] = "clean"
    assert main(clean) == OK
    assert digests("out") == digests("clean")  # half files of a killed run are gone, too
