"""``nmrcam study``: what the options become, and what is printed."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from nmrcam_qt.cli import main, study


@pytest.fixture
def asked(monkeypatch):
    """A study that only says what it was asked for."""
    from nmrcam_qt.ml.study import run as study_run
    from nmrcam_qt.ml.study.results import StudyResults
    from nmrcam_qt.ml.study.text import Spent

    seen = []

    class Said:
        def __init__(self, settings, progress) -> None:
            seen.append(settings)

        def run(self):
            results = StudyResults(
                {}, (), {}, {}, {"a stage": Spent(61.0, 30.0), "another": Spent(2.0, 1.0)}, 0
            )
            return study_run.Finished(results, 7, 3)

    monkeypatch.setattr(study_run, "Study", Said)
    return seen


def test_the_options_reach_the_study_and_the_report_is_named(asked, tmp_path, capsys):
    words = ["study", "--data", "D", "--out", str(tmp_path), "--runs", "R", "--seed", "4"]
    words += ["--sample", "9", "--quick", "--jobs", "3", "--networks", "a", "b"]
    assert main.main(words) == 0
    (settings,) = asked
    assert (settings.data, settings.out, settings.runs) == (Path("D"), tmp_path, Path("R"))
    assert (settings.seed, settings.sample, settings.jobs, settings.quick) == (4, 9, 3, True)
    assert settings.networks == ("a", "b")
    printed = capsys.readouterr().out
    assert (
        "7 units of work, 3 of them done before" in printed and "63 s (processors 31 s)" in printed
    )
    assert str(tmp_path / "report.html") in printed and str(tmp_path / "report.pdf") in printed


def test_the_defaults_of_command_and_settings_agree(asked, tmp_path):
    from nmrcam_qt.ml.study.plan import StudySettings

    assert main.main(["study", "--data", "D", "--out", str(tmp_path)]) == 0
    assert asked == [StudySettings(Path("D"), tmp_path, jobs=2)]


def test_a_sample_of_none_is_refused():
    parser = argparse.ArgumentParser()
    study.add_parser(parser.add_subparsers())
    with pytest.raises(SystemExit):
        parser.parse_args(["study", "--data", "D", "--out", "O", "--sample", "0"])


def test_a_folder_without_data_is_one_sentence(tmp_path, capsys):
    assert main.main(["study", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert said.startswith("nmrcam: kuhn2021: no such folder")
