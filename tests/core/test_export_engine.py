"""The export engine: what is written, kept, refused, gone on with, and never half done."""

from __future__ import annotations

import csv
import errno
import hashlib
import io
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from export_builders import FakePool, analysed

from nmrcam_qt.core.class_words import ALL, PRESENT, TOP
from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.writers import export, export_folder
from nmrcam_qt.core.writers.drawing_pool import DrawingPool
from nmrcam_qt.core.writers.export import Exporter, ExportSummary
from nmrcam_qt.core.writers.export_folder import Existing, ExportError, foreign_files
from nmrcam_qt.core.writers.export_types import (
    Analysed,
    ExportSettings,
    Finished,
    ItemRecord,
    SourceRecord,
)
from nmrcam_qt.core.writers.files import WriteError, write_aside
from nmrcam_qt.core.writers.manifest import JOURNAL, MANIFEST, read_earlier
from nmrcam_qt.core.writers.naming import NamingTemplate
from nmrcam_qt.core.writers.picture import picture_bytes
from nmrcam_qt.core.writers.request import Added, PageOptions, picture_request

SETTINGS = ExportSettings(methods=("hirescam", "gradcam"), classes=ALL)
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "+1",
    "-2",
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "\udcff\ud800",
    "\u202egnp.exe",
    "CON",
    "n" * 400,
    "中文 é",
    "a\tb\r\nc",
    "${name}{class}",
]


def run(
    folder: Path,
    sources: Iterable[Analysed | Finished],
    settings: ExportSettings = SETTINGS,
    pool: FakePool | None = None,
    existing: Existing = Existing.ERROR,
    progress: object = None,
) -> ExportSummary:
    exporter = Exporter(folder, settings, pool or FakePool(), existing)  # type: ignore[arg-type]
    given = [progress] if progress is not None else []
    return exporter.run(list(sources), 3, *given)  # type: ignore[arg-type]


def again(folder: Path, names: Iterable[str], settings: ExportSettings = SETTINGS) -> ExportSummary:
    """A second run as the callers do it: finished spectra are not analysed."""
    pool = FakePool()
    exporter = Exporter(folder, settings, pool)  # type: ignore[arg-type]
    sources: list[Analysed | Finished] = []
    for name in names:
        record = exporter.finished(f"key of {name}")
        if record is None:
            sources.append(analysed(name))
        else:
            sources.append(Finished(record, lambda name=name: analysed(name)))
    return exporter.run(sources, len(sources))


def files(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_pictures_tables_report_and_manifest(tmp_path: Path) -> None:
    summary = run(tmp_path / "new" / "out", [analysed("a"), analysed("b")])
    out = tmp_path / "new" / "out"
    pictures = [f"{n}_{c}_{m}.png" for n in "ab" for c in ("fatty_acid", "indole", "steroid")
                for m in ("gradcam", "hirescam")]  # fmt: skip
    fixed = ["manifest.json", "report.html", "scores.csv", "scores.xlsx"]
    assert files(out) == sorted(pictures + fixed)
    assert (summary.written, summary.kept, summary.skipped, summary.failed) == (12, 0, 0, ())
    data = json.loads((out / MANIFEST).read_text("ascii"))
    assert data["settings"]["methods"] == ["hirescam", "gradcam"]
    assert data["nmrcam"]
    (one, _) = data["items"]
    assert one["sources"][0]["sha256"] == "ab" * 32
    assert one["network_sha256"] == "f" * 64
    for item in data["items"]:
        for picture in item["pictures"]:
            assert picture["sha256"] == digest(out / picture["file"])
            assert picture["layer"] == "conv4" and picture["class"] and picture["method"]
    for name in ("scores.csv", "scores.xlsx", "report.html"):
        assert data["files"][name] == digest(out / name)


@pytest.mark.parametrize(
    ("classes", "found"),
    [(ALL, 6), (PRESENT, 2), (TOP, 2), (("steroid",), 2), (("steroid", "unknown"), 2)],
)
def test_which_classes(tmp_path: Path, classes: str | tuple[str, ...], found: int) -> None:
    summary = run(tmp_path, [analysed("a")], replace(SETTINGS, classes=classes))
    assert summary.written == found
    assert summary.failed == ()


def test_a_class_that_the_network_does_not_have(tmp_path: Path) -> None:
    summary = run(tmp_path, [analysed("a")], replace(SETTINGS, classes=("sugar",)))
    (failed,) = summary.failed
    assert "no class sugar; it knows fatty_acid, indole, steroid" in failed.error


def test_methods_that_are_not_available(tmp_path: Path) -> None:
    some = run(tmp_path / "1", [analysed("a")], replace(SETTINGS, methods=("cam", "hirescam")))
    assert some.written == 3 and "cam is not available: the head is not linear" in " ".join(
        some.items[0].warnings
    )
    none = run(tmp_path / "2", [analysed("a")], replace(SETTINGS, methods=("cam",)))
    assert "cam is not available" in none.failed[0].error
    # Of a method that nobody asked for nothing is said.
    assert "cam" not in " ".join(run(tmp_path / "3", [analysed("a")]).items[0].warnings)


def test_a_failed_spectrum_fails_alone_and_stands_in_every_table(tmp_path: Path) -> None:
    broken = Analysed(("dir/b.png",), error="b.png: no picture")
    summary = run(tmp_path, [analysed("a"), broken, analysed("c")])
    assert summary.written == 12
    assert [item.error for item in summary.failed] == ["b.png: no picture"]
    rows = list(csv.DictReader((tmp_path / "scores.csv").open(encoding="utf-8-sig")))
    assert [row["error"] for row in rows] == ["", "b.png: no picture", ""]
    assert float(rows[0]["score_indole"]) == 0.7


def test_a_broken_picture_fails_alone(tmp_path: Path) -> None:
    pool = FakePool(broken=("b_indole_hirescam",))
    summary = run(tmp_path, [analysed("a"), analysed("b")], pool=pool)
    assert summary.written == 11
    assert summary.failed[0].error == "b_indole_hirescam.png: it broke"
    # What failed is tried again, what is there is kept.
    second = again(tmp_path, "ab")
    assert (second.written, second.kept, second.failed) == (1, 11, ())


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tmp_path: Path, name: str) -> None:
    sample = replace(analysed("x", path=f"dir/{name}.csv"), names=(name,), sample=name)
    settings = replace(SETTINGS, template=NamingTemplate("{name}_{sample}_{class}_{method}"))
    summary = run(tmp_path, [sample, replace(sample, key="other")], settings)
    assert summary.written == 12 and not summary.failed
    assert len(files(tmp_path)) == 16
    for cell in csv_cells(tmp_path / "scores.csv"):
        assert not cell.startswith(("=", "+", "-", "@"))
    book = openpyxl.load_workbook(tmp_path / "scores.xlsx")
    for row in book.active.iter_rows(min_row=2):
        assert all(cell.data_type in ("s", "n") for cell in row)
        assert not any(cell.hyperlink for cell in row)
    html = (tmp_path / "report.html").read_text("utf-8")
    assert "<script>alert" not in html and "<img src=x" not in html
    assert html.count("<script") == 2
    record = read_earlier(tmp_path).items["other"]
    assert record.sources[0].path == f"dir/{name}.csv"


def csv_cells(path: Path) -> list[str]:
    text = path.read_bytes().decode("utf-8-sig")
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def test_a_second_run_keeps_everything(tmp_path: Path) -> None:
    run(tmp_path, [analysed("a"), analysed("b")])
    before = {p.name: (p.stat().st_mtime_ns, digest(p)) for p in tmp_path.glob("*.png")}
    whole = {name: digest(tmp_path / name) for name in files(tmp_path)}
    second = again(tmp_path, "ab")
    assert (second.written, second.kept) == (0, 12)
    assert {p.name: (p.stat().st_mtime_ns, digest(p)) for p in tmp_path.glob("*.png")} == before
    assert {name: digest(tmp_path / name) for name in files(tmp_path)} == whole


def test_added_spectra_renumber_nothing_by_force(tmp_path: Path) -> None:
    """A new spectrum in front takes a name away from an old one: both are right afterwards."""
    run(tmp_path, [replace(analysed("x", path="1/x.csv"), key="key of x")])
    pool = FakePool()
    exporter = Exporter(tmp_path, SETTINGS, pool)  # type: ignore[arg-type]
    old = exporter.finished("key of x")
    assert old is not None
    new = replace(analysed("x", path="0/x.csv", strength=5.0), key="new")
    redo = Finished(old, lambda: replace(analysed("x", path="1/x.csv"), key="key of x"))
    summary = exporter.run([new, redo], 2)
    names = [p.file for p in summary.items[1].pictures]
    assert all(name.endswith("-2.png") for name in names)
    assert (summary.written, summary.kept) == (10, 2)  # an empty map looks the same for both
    for item in summary.items:
        for picture in item.pictures:
            assert picture.sha256 == digest(tmp_path / picture.file)


def test_changed_settings_are_drawn_anew(tmp_path: Path) -> None:
    run(tmp_path, [analysed("a")])
    summary = run(tmp_path, [analysed("a")], replace(SETTINGS, page=PageOptions(dpi=100)))
    assert (summary.written, summary.kept) == (6, 0)
    summary = run(
        tmp_path, [analysed("a", strength=3.0)], replace(SETTINGS, page=PageOptions(dpi=100))
    )
    assert (summary.written, summary.kept) == (4, 2)  # the empty maps are what they were


def test_a_picture_that_was_changed_is_not_overwritten_without_leave(tmp_path: Path) -> None:
    run(tmp_path, [analysed("a")])
    (tmp_path / "a_indole_hirescam.png").write_bytes(b"edited by hand")
    with pytest.raises(ExportError, match=r"a_indole_hirescam\.png: is in .* already"):
        again(tmp_path, "a")
    (tmp_path / "a_indole_hirescam.png").unlink()
    summary = again(tmp_path, "a")
    assert (summary.written, summary.kept) == (1, 5)


@pytest.mark.parametrize("name", ["a_indole_gradcam.png", "scores.csv", "manifest.json"])
def test_files_in_the_way(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"mine")
    assert foreign_files(tmp_path, SETTINGS) == [name]
    with pytest.raises(ExportError, match=name):
        run(tmp_path, [analysed("a")])
    assert (tmp_path / name).read_bytes() == b"mine"
    skipped = run(tmp_path, [analysed("a")], existing=Existing.SKIP)
    assert (tmp_path / name).read_bytes() == b"mine"
    assert skipped.skipped == (1 if name.endswith("png") else 0)
    run(tmp_path, [analysed("a")], existing=Existing.OVERWRITE)
    assert (tmp_path / name).read_bytes() != b"mine"
    assert foreign_files(tmp_path, SETTINGS) == []


def test_a_folder_that_is_not_there_holds_nothing_foreign(tmp_path: Path) -> None:
    assert foreign_files(tmp_path / "none", SETTINGS) == []
    (tmp_path / "other.svg").write_bytes(b"x")
    assert foreign_files(tmp_path, SETTINGS) == []


class CancelAt:
    def __init__(self, at: int) -> None:
        self.at = at

    def step(self, done: int, total: int, text: str = "") -> None:
        self.at -= 1
        if self.at < 0:
            raise Cancelled


def test_a_cancelled_run_is_gone_on_with(tmp_path: Path) -> None:
    names = [chr(ord("a") + i) for i in range(6)]
    with pytest.raises(Cancelled):
        run(tmp_path, [analysed(n) for n in names], progress=CancelAt(3))
    assert JOURNAL in files(tmp_path) and MANIFEST not in files(tmp_path)
    assert not [n for n in files(tmp_path) if n.endswith(".part")]
    done = len(list(tmp_path.glob("*.png")))
    assert 6 <= done < 36
    summary = again(tmp_path, names)
    assert summary.kept == done and summary.written == 36 - done
    assert JOURNAL not in files(tmp_path)
    fresh = run(tmp_path / "fresh", [analysed(n) for n in names])
    assert fresh.items == summary.items
    for name in files(tmp_path / "fresh"):
        assert digest(tmp_path / "fresh" / name) == digest(tmp_path / name), name


@pytest.mark.parametrize("cut", [1, 40, 700])
def test_a_journal_that_was_cut_is_read_up_to_there(tmp_path: Path, cut: int) -> None:
    with pytest.raises(Cancelled):
        run(tmp_path, [analysed("a"), analysed("b")], progress=CancelAt(1))
    journal = tmp_path / JOURNAL
    journal.write_bytes(journal.read_bytes()[:-cut])
    for picture in tmp_path.glob("*.png"):  # a line is written before its file
        if picture.name not in read_earlier(tmp_path).owned:
            picture.unlink()
    summary = again(tmp_path, "ab")
    assert summary.kept + summary.written == 12
    assert read_earlier(tmp_path).items.keys() == {"key of a", "key of b"}


def test_killed_between_two_files_nothing_of_ours_counts_as_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die before every single write in turn; the next run must never refuse or ask."""
    sources = [analysed("a")]
    total = run(tmp_path / "whole", sources).written + 4

    class KilledError(BaseException):
        pass

    for at in range(total):
        folder = tmp_path / str(at)
        left = [at]

        def dying(path: Path, left: list[int] = left):  # type: ignore[no-untyped-def]
            left[0] -= 1
            if left[0] < 0:
                raise KilledError
            return write_aside(path)

        for module in (export, export_folder):
            monkeypatch.setattr(module, "write_aside", dying)
        with monkeypatch.context() as patch:
            from nmrcam_qt.core.writers import manifest

            patch.setattr(manifest, "write_aside", dying)
            with pytest.raises(KilledError):
                run(folder, sources)
        monkeypatch.undo()
        summary = again(folder, "a")
        assert summary.written + summary.kept == 6
        for name in files(tmp_path / "whole"):
            assert digest(folder / name) == digest(tmp_path / "whole" / name), (at, name)


def test_a_full_disk_ends_it_with_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full(path: Path):  # type: ignore[no-untyped-def]
        calls.append(path)
        if len(calls) > 3:
            raise WriteError(path, "No space left on device", errno.ENOSPC)
        return write_aside(path)

    monkeypatch.setattr(export, "write_aside", full)
    with pytest.raises(NmrCamError, match="No space left on device"):
        run(tmp_path, [analysed("a"), analysed("b")])
    assert len(calls) == 4
    monkeypatch.undo()
    assert again(tmp_path, "ab").kept == 3


def test_a_file_that_cannot_be_written_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: Path):  # type: ignore[no-untyped-def]
        if path.name == "a_indole_hirescam.png":
            raise WriteError(path, "used by another program", errno.EACCES)
        return write_aside(path)

    monkeypatch.setattr(export, "write_aside", locked)
    summary = run(tmp_path, [analysed("a"), analysed("b")])
    assert summary.written == 11
    assert "used by another program" in summary.failed[0].error


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format": "nmrcam export", "version": 1}',
        '{"format": "nmrcam export", "version": 1, "items": [1], "files": {}, "earlier": {}}',
        "[" * 100_000,
    ],
)
def test_a_broken_manifest_is_no_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    (tmp_path / JOURNAL).write_text(text + "\n")
    assert not read_earlier(tmp_path).owned
    with pytest.raises(ExportError, match=MANIFEST):
        run(tmp_path, [analysed("a")])


def test_what_is_no_part_any_more_stays_ours(tmp_path: Path) -> None:
    run(tmp_path, [analysed("a"), analysed("b")])
    run(tmp_path, [analysed("a")])
    data = json.loads((tmp_path / MANIFEST).read_text())
    assert len(data["earlier"]) == 6 and all(name.startswith("b_") for name in data["earlier"])
    assert run(tmp_path, [analysed("b"), analysed("a")]).written >= 6


def test_names_that_collide_are_numbered(tmp_path: Path) -> None:
    settings = replace(SETTINGS, template=NamingTemplate("{name}"))
    run(tmp_path, [analysed("a")], settings)
    names = sorted(p.name for p in tmp_path.glob("*.png"))
    assert names == ["a-2.png", "a-3.png", "a-4.png", "a-5.png", "a-6.png", "a.png"]


def test_the_order_of_maps_does_not_matter(tmp_path: Path) -> None:
    settings = replace(SETTINGS, template=NamingTemplate("{name}"))
    one = analysed("a")
    assert one.analysis is not None
    turned = replace(
        one, analysis=replace(one.analysis, explanations=one.analysis.explanations[::-1])
    )
    run(tmp_path / "1", [one], settings)
    run(tmp_path / "2", [turned], settings)
    for name in files(tmp_path / "1"):
        assert digest(tmp_path / "1" / name) == digest(tmp_path / "2" / name)


def test_no_table_and_no_report(tmp_path: Path) -> None:
    run(tmp_path, [analysed("a")], replace(SETTINGS, table=False, report=False, classes=TOP))
    assert [n for n in files(tmp_path) if not n.endswith("png")] == [MANIFEST]
    # A report wanted later needs thumbnails: the pictures are made again, but not asked about.
    assert run(tmp_path, [analysed("a")], replace(SETTINGS, classes=TOP)).written == 2


def test_few_pictures_are_waited_for_at_a_time(tmp_path: Path) -> None:
    """Memory stays flat: spectra are taken when there is room for their pictures."""
    taken = []

    def sources():  # type: ignore[no-untyped-def]
        for i in range(20):
            taken.append(len(list(tmp_path.glob("*.png"))))
            yield analysed(f"s{i}")

    exporter = Exporter(tmp_path, SETTINGS, FakePool())  # type: ignore[arg-type]
    exporter.run(sources(), 20)
    assert all(written >= 6 * i - 6 for i, written in enumerate(taken))


def test_with_real_drawing(tmp_path: Path) -> None:
    settings = replace(SETTINGS, classes=TOP, page=PageOptions(dpi=50))
    one = replace(analysed("a"), names=("My sample",))
    with DrawingPool(2) as pool:
        summary = Exporter(tmp_path, settings, pool).run([one], 1)
    assert summary.written == 2 and one.card is not None and one.analysis is not None
    explanation = next(
        e for e in one.analysis.explanations if (e.class_id, e.method) == ("indole", "gradcam")
    )
    request = picture_request(
        Path("x.png"),
        one.spectra[0],
        one.card,
        one.analysis.prediction,
        explanation,
        settings.page,
        Added("My sample"),
    )
    assert request.title.startswith("My sample")
    assert (tmp_path / "My sample_indole_gradcam.png").read_bytes() == picture_bytes(request)


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="no method is chosen"):
        ExportSettings(methods=())
    with pytest.raises(ValueError, match="no method 'x'"):
        ExportSettings(methods=("x",))
    with pytest.raises(ValueError, match="names no classes"):
        ExportSettings(classes="some")
    assert SourceRecord("a").sha256 == ""


def test_spectra_of_pairs_are_counted_each() -> None:
    lone, pair = ItemRecord("", "a", sources=(SourceRecord("a"),)), (SourceRecord("b"),) * 2
    said = ExportSummary(Path("x"), (lone, ItemRecord("", "b", sources=pair)), 3, 0, 0, ()).sentence
    assert said == "3 spectra (1 pair), 3 pictures written"
    assert ExportSummary(Path("x"), (lone,), 1, 0, 0, ()).sentence.startswith("1 spectrum, ")
    both = (ItemRecord("", "b", sources=pair),) * 2
    assert ExportSummary(Path("x"), both, 0, 0, 0, ()).sentence.startswith("4 spectra (2 pairs), ")
    none = ItemRecord("", "c", sources=lone.sources, classes=("a",), scores=(0.1,))
    said = ExportSummary(Path("x"), (lone, none), 3, 0, 0, ()).sentence
    assert said == "2 spectra, 3 pictures written, 1 without a picture: none of the classes"
    assert ExportSummary(Path("x"), (none,), 0, 0, 1, ()).without == 0  # a file was in the way
