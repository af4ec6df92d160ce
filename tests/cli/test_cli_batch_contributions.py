"""``nmrcam batch --contributions``: the tables of ``nmrcam contributions`` and of the window."""

from __future__ import annotations

import csv
import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_engine import FakeEngine, write_networks, write_picture

from nmrcam_qt.cli import OK, SOME_FAILED, USAGE
from nmrcam_qt.cli.main import main
from nmrcam_qt.core import card_store
from nmrcam_qt.core.picked import Peak, PickedPeaks
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.ml import batch
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.project import create_project
from nmrcam_qt.session.session import Session

LIST = "1H,13C\n8.0,30.0\n5.0,100.0\n12.5,60.0\n2.0,160.0\n"
SMALL = ["--dpi", "40", "--out", "out", "--processes", "1"]


class CountingEngine(FakeEngine):
    painted_rows = 0

    def painted(self, network: str, painting: Any, rows: Any) -> Any:
        CountingEngine.painted_rows += len(rows)
        return super().painted(network, painting, rows)


@pytest.fixture(autouse=True)
def networks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_networks(tmp_path / "models")
    CountingEngine.painted_rows = 0
    monkeypatch.setattr(card_store, "models_dir", lambda: tmp_path / "models")
    monkeypatch.setattr(batch, "LocalEngine", lambda _device="auto": CountingEngine())
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for kind in ("hsqc", "hmbc"):
        (tmp_path / f"a_{kind}.csv").write_text(LIST)


def digests() -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in Path("out").iterdir()}


def peaks_in(path: str) -> set[int]:
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        return {int(row["peak"]) for row in csv.DictReader(stream)}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_bytes_of_the_command_for_one(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["batch", "a_hsqc.csv", "--class", "all", *SMALL, "--contributions", kind]
    assert main(argv) == OK
    assert "1 table of contributions" in capsys.readouterr().out
    assert main(["contributions", "a_hsqc.csv", "--class", "all", "-o", f"alone.{kind}"]) == OK
    made = Path("out", f"a_hsqc_contributions.{kind}").read_bytes()
    assert made == Path(f"alone.{kind}").read_bytes()


def test_csv_is_what_is_meant_and_a_second_run_asks_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    argv = ["batch", "a_hsqc.csv", "a_hmbc.csv", *SMALL, "--contributions"]
    assert main(argv) == OK
    before, asked = digests(), CountingEngine.painted_rows
    assert {n for n in before if "contributions" in n} == {
        "a_hsqc_contributions.csv",
        "a_hmbc_contributions.csv",
    }
    assert asked > 0
    capsys.readouterr()
    assert main([*argv[:-1], "--json", argv[-1]]) == OK
    assert CountingEngine.painted_rows == asked and digests() == before
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["contributions"] == str(Path("out", "a_hsqc_contributions.csv"))


def test_tables_are_added_to_pictures_that_are_there() -> None:
    argv = ["batch", "a_hsqc.csv", "--class", "indole", *SMALL]
    assert main(argv) == OK
    picture = Path("out", "a_hsqc_indole_hirescam.png")
    before = picture.stat().st_mtime_ns
    assert main([*argv, "--contributions"]) == OK
    assert picture.stat().st_mtime_ns == before
    assert Path("out", "a_hsqc_contributions.csv").is_file()


def test_pairs_have_one_table_for_both() -> None:
    argv = ["batch", "--pair", "a_hsqc.csv", "a_hmbc.csv", *SMALL, "--contributions"]
    assert main(argv) == OK
    with Path("out/a_hsqc+a_hmbc_contributions.csv").open(encoding="utf-8-sig") as stream:
        found = list(csv.DictReader(stream))
    assert {row["input"] for row in found} == {"hsqc", "hmbc"}
    assert {row["file"] for row in found} == {"a_hsqc.csv + a_hmbc.csv"}


def test_a_cluster_is_refused_with_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["batch", "a_hsqc.csv", *SMALL, "--scheduler", "tcp://x:1", "--contributions"])
    assert caught.value.code == USAGE
    assert "not computed on a cluster" in capsys.readouterr().err
    assert not Path("out").exists()


def test_another_format_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["batch", "a_hsqc.csv", *SMALL, "--contributions", "pdf"])
    assert caught.value.code == USAGE and "'csv', 'xlsx'" in capsys.readouterr().err


def project(tmp_path: Path, picked: PickedPeaks | None) -> Path:
    """A project of one picture with these peaks."""
    opened = create_project(tmp_path / "study.nmrcam")
    session = Session(opened.content, opened.store)
    (item,) = session.add([pack(read_spectrum(write_picture(tmp_path / "p_hsqc.png", 5)))])
    if picked is not None:
        session.set_picked(item, picked)
    assert opened.store.close()
    return tmp_path / "study.nmrcam"


BY_HAND = PickedPeaks((Peak(7, 8.25, 24.0, by_hand=True), Peak(9, 8.25, 54.0)), next_id=10)


def test_the_peaks_of_a_project_are_those_that_were_picked(tmp_path: Path) -> None:
    path = project(tmp_path, BY_HAND)
    before = path.read_bytes()
    assert main(["batch", str(path), *SMALL, "--contributions"]) == OK
    assert peaks_in("out/p_hsqc_contributions.csv") == {7, 9}
    assert path.read_bytes() == before
    # Other peaks make another table, and nothing else.
    asked = CountingEngine.painted_rows
    path.unlink()
    project(tmp_path, replace(BY_HAND, peaks=BY_HAND.peaks[:1]))
    assert main(["batch", str(path), *SMALL, "--contributions"]) == OK
    assert peaks_in("out/p_hsqc_contributions.csv") == {7}
    assert CountingEngine.painted_rows > asked


def test_where_nobody_picked_the_program_does_as_for_the_file(tmp_path: Path) -> None:
    path = project(tmp_path, None)
    assert main(["batch", str(path), *SMALL, "--contributions"]) == OK
    made = Path("out/p_hsqc_contributions.csv").read_bytes()
    argv = ["batch", str(tmp_path / "p_hsqc.png"), "--out", "out2", *SMALL[:2]]
    assert main([*argv, "--contributions"]) == OK
    assert Path("out2/p_hsqc_contributions.csv").read_bytes() == made
    data = json.loads(Path("out2/manifest.json").read_text())
    assert any("picked by program" in said for said in data["items"][0]["warnings"])


def test_all_peaks_deleted_fails_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = project(tmp_path, PickedPeaks(next_id=10))
    argv = ["batch", str(path), "a_hsqc.csv", *SMALL, "--contributions"]
    assert main(argv) == SOME_FAILED
    assert "no contributions of its peaks: no peak was found in it" in capsys.readouterr().err
    assert Path("out/p_hsqc_indole_hirescam.png").is_file()
    assert Path("out/a_hsqc_contributions.csv").is_file()
    assert not Path("out/p_hsqc_contributions.csv").exists()
