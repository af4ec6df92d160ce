"""A folder of a stranger as the place of an export: nothing waits, nothing leads out of it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from export_builders import FakePool, analysed

from nmrcam_qt.core.class_words import ALL
from nmrcam_qt.core.writers.export import Exporter, ExportSummary
from nmrcam_qt.core.writers.export_folder import Existing, ExportError, foreign_files
from nmrcam_qt.core.writers.export_types import ExportSettings, Finished
from nmrcam_qt.core.writers.files import OutputNames, WriteError, safe_name
from nmrcam_qt.core.writers.manifest import JOURNAL, MANIFEST, read_earlier
from nmrcam_qt.core.writers.naming import MAX_STEM_BYTES, NamingTemplate

SETTINGS = ExportSettings(methods=("hirescam", "gradcam"), classes=ALL)
PICTURE = "a_fatty_acid_hirescam.png"
posix = pytest.mark.skipif(os.name == "nt", reason="links and pipes of POSIX")


def run(folder: Path, existing: Existing = Existing.ERROR) -> ExportSummary:
    return Exporter(folder, SETTINGS, FakePool(), existing).run([analysed()], 1)  # type: ignore[arg-type]


def manifest(folder: Path, **said: object) -> None:
    base = {"format": "nmrcam export", "version": 1, "items": [], "earlier": {}, "files": {}}
    (folder / MANIFEST).write_text(json.dumps(base | said))


def edit(folder: Path, **said: object) -> ExportSummary:
    """Export, have a stranger change every picture of the manifest, export again."""
    run(folder)
    data = json.loads((folder / MANIFEST).read_text())
    for picture in data["items"][0]["pictures"]:
        picture.update(said)
    (folder / MANIFEST).write_text(json.dumps(data))
    exporter = Exporter(folder, SETTINGS, FakePool(), Existing.OVERWRITE)  # type: ignore[arg-type]
    record = exporter.finished("key of a")
    source = analysed() if record is None else Finished(record, analysed)
    return exporter.run([source], 1)


@posix
@pytest.mark.parametrize("name", ["/dev/zero", "../outside", "..", "a/b", "a\\b", "C:x", ""])
def test_a_manifest_that_leads_out_of_its_folder_is_none(tmp_path: Path, name: str) -> None:
    manifest(tmp_path, earlier={name: "00"})
    assert read_earlier(tmp_path).owned == {}
    with pytest.raises(ExportError, match=MANIFEST):
        run(tmp_path)
    assert run(tmp_path, Existing.OVERWRITE).written == 6


@posix
@pytest.mark.parametrize("name", [MANIFEST, "report.html", "scores.csv", PICTURE])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.png").write_bytes(b"mine")
    os.mkfifo(tmp_path / name)
    assert "x.png" in foreign_files(tmp_path, SETTINGS)
    with pytest.raises(ExportError, match=name):
        run(tmp_path)
    assert run(tmp_path, Existing.OVERWRITE).written == 6
    assert (tmp_path / name).is_file()


@posix
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_journal_that_is_no_file_is_not_written_into(tmp_path: Path, kind: str) -> None:
    victim, folder = tmp_path / "bashrc", tmp_path / "out"
    victim.write_text("export A=1\nexport B=2")
    folder.mkdir()
    if kind == "link":
        (folder / JOURNAL).symlink_to(victim)
    elif kind == "pipe":
        os.mkfifo(folder / JOURNAL)
    else:
        (folder / JOURNAL).mkdir()
    with pytest.raises(WriteError, match="a link, a folder or a device"):
        run(folder, Existing.OVERWRITE)
    assert victim.read_text() == "export A=1\nexport B=2"


@posix
def test_links_are_asked_about_and_replaced_not_followed(tmp_path: Path) -> None:
    victim, folder = tmp_path / "mine.png", tmp_path / "out"
    victim.write_bytes(b"mine")
    folder.mkdir()
    (folder / PICTURE).symlink_to(victim)
    (folder / "scores.csv").symlink_to(folder / "nowhere")
    manifest(folder, earlier={PICTURE: "", "scores.csv": ""})
    assert foreign_files(folder, SETTINGS) == [PICTURE, "scores.csv"]
    with pytest.raises(ExportError):
        run(folder)
    run(folder, Existing.OVERWRITE)
    assert victim.read_bytes() == b"mine"
    assert not (folder / PICTURE).is_symlink()
    assert not (folder / "nowhere").exists()


@pytest.mark.parametrize(
    "said", [{"source": 7}, {"source": -1}, {"score": "nan"}, {"score": "1e999"}, {"file": "../a"}]
)
def test_a_manifest_that_was_changed_does_not_end_the_export(
    tmp_path: Path, said: dict[str, object]
) -> None:
    summary = edit(tmp_path, **said)
    assert summary.written + summary.kept == 6
    assert not summary.failed


def test_a_network_that_is_no_text_does_not_end_the_export(tmp_path: Path) -> None:
    run(tmp_path)
    text = (tmp_path / MANIFEST).read_text()
    (tmp_path / MANIFEST).write_text(text.replace('"network": "', '"network": "\\ud800'))
    exporter = Exporter(tmp_path, SETTINGS, FakePool())  # type: ignore[arg-type]
    record = exporter.finished("key of a")
    assert record is not None
    assert exporter.run([Finished(record, analysed)], 1).kept == 6


def test_names_of_a_megabyte_take_no_time() -> None:
    start = time.process_time()
    values = dict.fromkeys(("name", "experiment", "class", "method", "sample"), "e\u0301" * 500_000)
    stem = NamingTemplate("{name}_{class}").stem({**values, "number": 1})
    assert len(stem.encode()) <= MAX_STEM_BYTES
    assert len(safe_name("n/" * 500_000).encode()) == 120
    assert time.process_time() - start < 5


def test_ten_thousand_of_one_name_take_no_time() -> None:
    names, start = OutputNames(), time.process_time()
    assert names.file("x-3") == "x-3"
    made = [names.file("x") for _ in range(10_000)]
    assert made[:4] == ["x", "x-2", "x-4", "x-5"]
    assert len(set(made)) == 10_000
    assert time.process_time() - start < 5


def test_a_spectrum_is_never_overwritten_by_its_own_picture(tmp_path: Path) -> None:
    """The template ``{name}``, and a user who has older pictures in mind."""
    source = tmp_path / "a.png"
    source.write_bytes(b"the spectrum")
    settings = ExportSettings(
        methods=("hirescam",), classes="top", template=NamingTemplate("{name}")
    )
    exporter = Exporter(tmp_path, settings, FakePool(), Existing.OVERWRITE)  # type: ignore[arg-type]
    summary = exporter.run([analysed("a", str(source))], 1)
    assert source.read_bytes() == b"the spectrum"
    assert (summary.written, summary.skipped) == (0, 1)
    assert "a.png was there before and was left as it is" in summary.items[0].warnings
