"""`make bench`: what runs, what becomes of failures, and the table made of the results."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "benchmarks"))

import bars  # noqa: E402
import render  # noqa: E402
import run  # noqa: E402

ROWS = [
    bars.row("starting", "window / bare", [1.31, 1.2, 1.24], 1.25),
    bars.row("starting", "a | b", [1235.0], unit="MB", note="told"),
    bars.row("window", "times faster", [50.0, 52.0, 49.0], 60, at_least=True),
]
PAGE = f"before\n\n{render.BEGIN}\nstale\n{render.END}\n\nafter\n"


@pytest.fixture
def results(tmp_path):
    bars.write_rows("some", ROWS, tmp_path / "some.json", extra=1)
    (tmp_path / "other.json").write_text('{"ratios": {}}')
    (tmp_path / "list.json").write_text("[]")
    return tmp_path


def test_rows_by_topic_beside_their_bars(results):
    found = render.read_results(results)
    assert [(r.name, r.rows) for r in found] == [("some", tuple(ROWS))]
    text = render.table(found)
    assert "1 of 2 bars are met; missed, with **no** below: window 1." in text
    assert "| window / bare | ≤ 1.25 | 1.24 [1.2, 1.31] | 3 | yes |" in text
    assert "| a \\| b (told) | – | 1,235 MB | 1 | – |" in text
    assert "| times faster | ≥ 60 | 50 [49, 52] | 3 | **no** |" in text
    assert text.index("### Starting") < text.index("### Window")


def test_the_command_that_is_kept_has_no_path_of_this_machine(tmp_path, monkeypatch):
    called = ["/a/b/some.py", "--rounds", "5", "--out", "/a/x.json", "--data", "/a/kuhn2021"]
    monkeypatch.setattr(sys, "argv", called)
    kept = json.loads(bars.write_rows("some", ROWS, tmp_path / "some.json").read_text())
    assert kept["command"] == "python benchmarks/some.py --rounds 5 --data kuhn2021"


def test_what_stands_outside_of_the_markers_stays(results):
    made = render.rendered(PAGE, render.read_results(results))
    assert made.startswith("before\n\n" + render.BEGIN)
    assert made.endswith(render.END + "\n\nafter\n")
    assert "stale" not in made
    assert render.rendered(made, render.read_results(results)) == made


@pytest.mark.parametrize("page", ["", render.BEGIN, render.END + render.BEGIN, PAGE + PAGE])
def test_a_page_without_its_markers_is_refused(page):
    with pytest.raises(ValueError, match="expected one line"):
        render.rendered(page, [])


def test_rows_of_another_form_are_refused(tmp_path):
    (tmp_path / "odd.json").write_text(json.dumps({"rows": [{"what": "x"}]}))
    with pytest.raises(ValueError, match=r"odd\.json"):
        render.read_results(tmp_path)


def test_the_committed_page_is_made_of_the_committed_results():
    page = render.PAGE.read_text("utf-8")
    assert render.rendered(page, render.read_results(bars.RESULTS)) == page


def test_the_check_says_what_is_out_of_date(results, tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    asked = ["--results", str(results), "--page", str(page)]
    assert render.main([*asked, "--check"]) == 1
    assert "make performance" in capsys.readouterr().out
    assert page.read_text() == PAGE
    assert render.main(asked) == 0
    assert render.main([*asked, "--check"]) == 0


def test_only_scripts_that_keep_rows_run(tmp_path):
    (tmp_path / "one.py").write_text("from bars import write_rows\nwrite_rows('one', [])\n")
    (tmp_path / "two.py").write_text("def write_rows(): ...\n")
    assert run.scripts(tmp_path) == ["one"]
    assert "bars" not in run.scripts()
    assert set(run.QUICK) <= set(run.scripts())


def test_a_failure_is_told_and_stops_no_other(tmp_path, capfd):
    made = tmp_path / "made"
    commands = {
        "bad": [sys.executable, "-c", "raise SystemExit(3)"],
        "good": [sys.executable, "-c", f"open({str(made)!r}, 'w')"],
    }
    found = run.run_all(commands)
    assert [(each.name, each.status) for each in found] == [("bad", 3), ("good", 0)]
    assert made.exists()
    assert run.report(found) == 1
    assert "FAILED (exit status 3)" in capfd.readouterr().out
    assert run.report(found[1:]) == 0


def test_a_quick_look_is_short_and_writes_elsewhere(tmp_path):
    (words,) = [run.command("startup", tmp_path, quick=True)]
    assert words[-2:] == list(run.QUICK["startup"])
    assert str(tmp_path / "startup.json") in words
    assert run.QUICK_RESULTS != bars.RESULTS
    assert run.QUICK["startup"][0] not in run.command("startup", tmp_path, quick=False)


def test_every_script_that_keeps_rows_has_a_short_form():
    assert set(run.QUICK) == set(run.scripts())
    assert set(run.FULL) | set(run.STUDY) <= set(run.scripts())


def test_the_pictures_of_the_study_are_taken_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("NMRCAM_DATA", str(tmp_path))
    assert "--pictures" not in run.command("throughput", tmp_path, quick=False)
    (tmp_path / "kuhn2021").mkdir()
    words = run.command("throughput", tmp_path, quick=False)
    assert words[-2:] == ["--pictures", str(tmp_path / "kuhn2021")]
    assert "--pictures" not in run.command("startup", tmp_path, quick=False)


@pytest.mark.parametrize("quick", [True, False])
@pytest.mark.parametrize("name", run.scripts())
def test_scripts_know_the_words_they_are_called_with(name, quick, tmp_path):
    """Parsed as the script does it; nothing is measured."""
    words = run.command(name, tmp_path, quick)
    options = {word for word in words if word.startswith("--")}
    text = (run.SCRIPTS / f"{name}.py").read_text("utf-8")
    shared = {"--rounds", "--out"} if "script_parser(" in text else set()
    known = shared | set(re.findall(r'add_argument\("(--[a-z]+)"', text))
    assert options <= known
