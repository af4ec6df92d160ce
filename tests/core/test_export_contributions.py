"""Tables of what the peaks contribute beside exported pictures: written, kept, refused, resumed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from export_builders import FakePool, analysed
from window_builders import picture

from nmrcam_qt.core.class_words import ALL, PRESENT
from nmrcam_qt.core.contributing import Question, contributions
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import Cancelled, EngineLost, NetworkError
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.peak_places import places_in
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.writers import export, export_folder, manifest
from nmrcam_qt.core.writers.contribution_table import (
    ContributionTable,
    contribution_bytes,
    peak_lines,
)
from nmrcam_qt.core.writers.export import Exporter, ExportSummary
from nmrcam_qt.core.writers.export_contributions import PICKED
from nmrcam_qt.core.writers.export_folder import Existing, ExportError, foreign_files
from nmrcam_qt.core.writers.export_types import (
    Analysed,
    ExportSettings,
    Finished,
    PeaksAsked,
)
from nmrcam_qt.core.writers.files import write_aside
from nmrcam_qt.core.writers.manifest import JOURNAL, MANIFEST, read_earlier
from nmrcam_qt.core.writers.request import PageOptions

SETTINGS = ExportSettings(methods=("hirescam",), classes=ALL, contributions="csv")
TABLE = "a_contributions.csv"


@dataclass
class InkEngine:
    """Logits are 1, 2 and -1 times the ink; counts what it is asked, and may refuse."""

    trouble: list[Exception] = field(default_factory=list)
    asked: int = 0

    def painted(self, _network: str, painting: Painting, rows: Sequence[Row]) -> Any:
        self.asked += 1
        if self.trouble:
            raise self.trouble.pop(0)
        ink = sum(x.sum(axis=(1, 2, 3), dtype=np.float64) for x in painting.batch(rows))
        return np.stack([ink, 2 * ink, -ink], axis=1)

    def analyse(self, *_args: Any) -> Any:
        raise AssertionError("the maps are there already")


def places(*points: tuple[float, float]) -> PeakPlaces:
    h, c = np.array(points, float).reshape(-1, 2).T
    return PeakPlaces(np.arange(len(h)) + 1, h, c)


def with_peaks(name: str, engine: InkEngine, *picked: PeakPlaces, **given: Any) -> Analysed:
    return analysed(name, asked=PeaksAsked(engine, "net-hsqc", picked), **given)


def of_picture(engine: InkEngine, picked: PeakPlaces | None) -> Analysed:
    """A picture instead of a list, with these peaks."""
    made = with_peaks("a", engine)
    asked = PeaksAsked(engine, "net-hsqc", (picked,))
    return replace(made, spectra=(picture("a"),), asked=asked)


def run(
    folder: Path,
    sources: Sequence[Analysed | Finished],
    settings: ExportSettings = SETTINGS,
    existing: Existing = Existing.ERROR,
    **given: Any,
) -> ExportSummary:
    exporter = Exporter(folder, settings, FakePool(), existing)  # type: ignore[arg-type]
    return exporter.run(sources, len(sources), **given)


def again(folder: Path, engine: InkEngine, names: str = "a") -> ExportSummary:
    """A second run as the callers do it: finished spectra are not analysed."""
    exporter = Exporter(folder, SETTINGS, FakePool())  # type: ignore[arg-type]
    sources: list[Analysed | Finished] = []
    for name in names:
        record = exporter.finished(f"key of {name}")
        fresh: Callable[[], Analysed] = lambda name=name: with_peaks(name, engine)  # type: ignore[misc]  # noqa: E731
        sources.append(fresh() if record is None else Finished(record, fresh))
    return exporter.run(sources, len(sources))


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def test_the_table_beside_the_pictures(tmp_path: Path) -> None:
    summary = run(tmp_path, [with_peaks("a", InkEngine())])
    assert (summary.written, summary.tables, summary.failed) == (3, 1, ())
    assert "1 table of contributions" in summary.sentence
    found = rows(tmp_path / TABLE)
    assert [row["class"] for row in found] == ["fatty_acid", "indole", "steroid"]
    drops = [float(row["drop (logit)"]) for row in found]
    assert drops[1] == pytest.approx(2 * drops[0], rel=1e-4) and drops[0] > 0 > drops[2]
    assert all(0 <= float(row["heat hirescam"]) <= 1 for row in found)
    (item,) = json.loads((tmp_path / MANIFEST).read_text())["items"]
    assert item["contributions"]["file"] == TABLE
    assert item["contributions"]["sha256"] == digests(tmp_path)[TABLE]
    assert JOURNAL not in digests(tmp_path)


class ForAll(InkEngine):
    """Ink speaks for steroid, too, whose maps are empty."""

    def painted(self, network: str, painting: Painting, rows: Sequence[Row]) -> Any:
        return np.abs(super().painted(network, painting, rows))


def test_an_empty_map_beside_a_table_says_how_both_can_be(tmp_path: Path) -> None:
    """Also where the table is there already, and nobody asks the network again."""
    first, second = ForAll(), ForAll()
    summaries = [run(tmp_path, [with_peaks("a", first)]), again(tmp_path, second)]
    summaries.append(run(tmp_path, [with_peaks("a", second, key="another")]))
    assert first.asked and not second.asked
    for summary in summaries:
        (item,) = summary.items
        (said,) = [text for text in item.warnings if "empty map" in text]
        assert said.startswith("Steroid: empty map: HiResCAM at conv4 shows nothing above zero")
        assert "small change" in said
    assert "HiResCAM at conv4 shows nothing" in (tmp_path / "report.html").read_text("utf-8")
    (item,) = run(tmp_path / "other", [with_peaks("a", InkEngine())]).items
    assert not any("empty map" in text for text in item.warnings)  # speaks against steroid


def test_the_bytes_are_those_of_the_engine_for_contributions(tmp_path: Path) -> None:
    """The same as by `core.contributing`, whose maps are asked for there and given here."""
    source = with_peaks("a", InkEngine())
    run(tmp_path, [source], replace(SETTINGS, contributions="xlsx"))
    assert source.card is not None and source.analysis is not None
    where = (places_in(source.spectra[0]),)
    question = Question(source.card, prepare_inputs(source.card, source.spectra), where)
    maps = [e for e in source.analysis.explanations if e.method == "hirescam"]
    found = contributions(InkEngine(), question, maps=maps)
    table = ContributionTable(source.files, "net-hsqc", tuple(peak_lines(found)))
    expected = contribution_bytes([table], ".xlsx")
    assert (tmp_path / "a_contributions.xlsx").read_bytes() == expected


def test_classes_are_those_of_the_pictures(tmp_path: Path) -> None:
    run(tmp_path / "1", [with_peaks("a", InkEngine())], replace(SETTINGS, classes=PRESENT))
    assert {row["class"] for row in rows(tmp_path / "1" / TABLE)} == {"indole"}
    one = with_peaks("a", InkEngine())
    assert one.analysis is not None
    nothing = replace(one.analysis, prediction=replace(one.analysis.prediction, present=()))
    summary = run(
        tmp_path / "2", [replace(one, analysis=nothing)], replace(SETTINGS, classes=PRESENT)
    )
    assert (summary.written, summary.tables, summary.failed) == (0, 0, ())
    assert TABLE not in digests(tmp_path / "2")


def test_no_table_where_nobody_asked(tmp_path: Path) -> None:
    engine = InkEngine()
    summary = run(tmp_path, [with_peaks("a", engine)], replace(SETTINGS, contributions=""))
    assert engine.asked == 0 and summary.tables == 0 and TABLE not in digests(tmp_path)
    with pytest.raises(ValueError, match=r"'pdf'; expected csv or xlsx"):
        replace(SETTINGS, contributions="pdf")


def test_a_second_run_asks_nothing(tmp_path: Path) -> None:
    run(tmp_path, [with_peaks("a", InkEngine()), with_peaks("b", InkEngine())])
    before, engine = digests(tmp_path), InkEngine()
    summary = again(tmp_path, engine, "ab")
    assert (summary.written, summary.kept, summary.tables) == (0, 6, 2)
    assert engine.asked == 0 and digests(tmp_path) == before


def test_other_pictures_of_the_same_keep_the_table(tmp_path: Path) -> None:
    run(tmp_path, [with_peaks("a", InkEngine())])
    engine = InkEngine()
    summary = run(tmp_path, [with_peaks("a", engine)], replace(SETTINGS, page=PageOptions(dpi=90)))
    assert (summary.written, summary.tables, engine.asked) == (3, 1, 0)


@pytest.mark.parametrize("what", ["peaks", "classes", "ink", "weights", "format"])
def test_whatever_changes_makes_it_anew(tmp_path: Path, what: str) -> None:
    first = of_picture(InkEngine(), places((6.6, 50.0)))
    run(tmp_path, [first])
    engine, settings = InkEngine(), SETTINGS
    second = of_picture(engine, places((6.6, 50.0)))
    assert second.analysis is not None
    if what == "peaks":
        second = of_picture(engine, places((6.6, 50.0), (1.0, 20.0)))
    elif what == "ink":
        second = replace(second, spectra=(picture("a", rows=42),))
    elif what == "weights":
        said = replace(second.analysis.prediction, network_sha256="e" * 64)
        second = replace(second, analysis=replace(second.analysis, prediction=said))
    elif what == "classes":
        settings = replace(SETTINGS, classes=("indole",))
    else:
        settings = replace(SETTINGS, contributions="xlsx")
    assert run(tmp_path, [second], settings).tables == 1
    assert engine.asked > 0


def test_without_peaks_it_fails_alone_and_the_pictures_stay(tmp_path: Path) -> None:
    empty = replace(of_picture(InkEngine(), places()), key="key of none")
    summary = run(tmp_path, [empty, with_peaks("b", InkEngine())])
    (failed,) = summary.failed
    assert failed.error == "a: no contributions of its peaks: no peak was found in it"
    assert len(failed.pictures) == 3 and summary.written == 6 and summary.tables == 1
    assert TABLE not in digests(tmp_path)
    # It counts as unfinished: another run tries again.
    assert set(read_earlier(tmp_path).items) == {"key of b"}


@pytest.mark.parametrize(
    ("trouble", "said"),
    [(NetworkError("net: scores that are not finite"), "not finite"), (MemoryError(), "memory")],
)
def test_what_the_engine_cannot_do_fails_alone(
    tmp_path: Path, trouble: Exception, said: str
) -> None:
    engine = InkEngine([trouble])
    summary = run(tmp_path, [with_peaks(n, engine) for n in "ab"])
    (failed,) = summary.failed
    assert failed.error.startswith("a: no contributions of its peaks: ") and said in failed.error
    assert (summary.written, summary.tables) == (6, 1)


@pytest.mark.parametrize("error", [EngineLost("gone"), Cancelled()])
def test_who_is_lost_or_cancelled_ends_it_and_it_goes_on(tmp_path: Path, error: Exception) -> None:
    engine = InkEngine()
    first, second = with_peaks("a", engine), with_peaks("b", InkEngine([error]))
    with pytest.raises(type(error)):
        run(tmp_path, [first, second])
    summary = again(tmp_path, engine, "ab")
    assert summary.failed == () and summary.tables == 2 and summary.written + summary.kept == 6
    run(tmp_path / "fresh", [with_peaks(n, InkEngine()) for n in "ab"])
    for name, digest in digests(tmp_path / "fresh").items():
        assert digests_of(tmp_path, name) == digest, name


def digests_of(folder: Path, name: str) -> str:
    return hashlib.sha256((folder / name).read_bytes()).hexdigest()


def test_peaks_that_cannot_be_had(tmp_path: Path) -> None:
    asked = PeaksAsked(InkEngine(), "net-hsqc", problem="study.nmrcam: its peaks are broken")
    summary = run(tmp_path, [analysed("a", asked=asked)])
    assert "its peaks are broken" in summary.failed[0].error and summary.written == 3


def test_picked_by_program_is_said(tmp_path: Path) -> None:
    summary = run(tmp_path / "1", [of_picture(InkEngine(), None)])
    assert PICKED in summary.items[0].warnings and summary.tables == 1
    summary = run(tmp_path / "2", [of_picture(InkEngine(), places((6.6, 50.0)))])
    assert PICKED not in summary.items[0].warnings


def test_cancelled_while_peaks_are_asked(tmp_path: Path) -> None:
    class Cancelling:
        calls = 0

        def step(self, _done: int, _total: int, _text: str = "") -> None:
            self.calls += 1
            if engine.asked:
                raise Cancelled

    engine = InkEngine()
    with pytest.raises(Cancelled):
        run(tmp_path, [with_peaks("a", engine)], progress=Cancelling())
    assert engine.asked == 1 and TABLE not in digests(tmp_path)


def test_files_in_the_way(tmp_path: Path) -> None:
    (tmp_path / TABLE).write_bytes(b"mine")
    (tmp_path / "list.csv").write_bytes(b"no concern of ours")
    assert foreign_files(tmp_path, SETTINGS) == [TABLE]
    assert foreign_files(tmp_path, replace(SETTINGS, contributions="")) == []
    with pytest.raises(ExportError, match=TABLE):
        run(tmp_path, [with_peaks("a", InkEngine())])
    engine = InkEngine()
    skipped = run(tmp_path, [with_peaks("a", engine)], existing=Existing.SKIP)
    assert (skipped.skipped, skipped.tables, engine.asked) == (1, 0, 0)
    assert (tmp_path / TABLE).read_bytes() == b"mine"
    assert "key of a" not in read_earlier(tmp_path).items
    run(tmp_path, [with_peaks("a", InkEngine())], existing=Existing.OVERWRITE)
    assert (tmp_path / TABLE).read_bytes() != b"mine"
    assert foreign_files(tmp_path, SETTINGS) == []


def test_a_spectrum_of_that_name_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / TABLE).write_bytes(b"the only list")
    source = with_peaks("a", InkEngine(), path=str(tmp_path / TABLE))
    summary = run(tmp_path, [source], existing=Existing.OVERWRITE)
    assert (tmp_path / TABLE).read_bytes() == b"the only list" and summary.skipped == 1


def test_a_table_that_was_changed_is_not_overwritten(tmp_path: Path) -> None:
    run(tmp_path, [with_peaks("a", InkEngine())])
    (tmp_path / TABLE).write_bytes(b"my notes")
    with pytest.raises(ExportError, match=TABLE):
        again(tmp_path, InkEngine())
    (tmp_path / TABLE).unlink()
    summary = again(tmp_path, InkEngine())
    assert (summary.written, summary.kept, summary.tables) == (0, 3, 1)


def test_names_that_collide(tmp_path: Path) -> None:
    sources = [with_peaks("a", InkEngine(), path=f"{n}/a.csv") for n in range(2)]
    run(tmp_path, [replace(s, key=f"key {n}") for n, s in enumerate(sources)])
    assert (tmp_path / "a_contributions-2.csv").is_file()
    assert rows(tmp_path / "a_contributions-2.csv")[0]["file"] == "1/a.csv"


def test_what_is_left_over_stays_ours(tmp_path: Path) -> None:
    run(tmp_path, [with_peaks("a", InkEngine()), with_peaks("b", InkEngine())])
    run(tmp_path, [with_peaks("a", InkEngine())])
    assert (
        read_earlier(tmp_path).owned["b_contributions.csv"]
        == digests(tmp_path)["b_contributions.csv"]
    )
    assert foreign_files(tmp_path, SETTINGS) == []


@pytest.mark.parametrize("name", ["../x.csv", "/etc/passwd", "..\\x", ""])
def test_a_manifest_of_a_stranger_leads_nowhere(tmp_path: Path, name: str) -> None:
    run(tmp_path, [with_peaks("a", InkEngine())])
    data = json.loads((tmp_path / MANIFEST).read_text())
    data["items"][0]["contributions"]["file"] = name
    (tmp_path / MANIFEST).write_text(json.dumps(data))
    assert read_earlier(tmp_path).owned == {}


@pytest.mark.parametrize("said", ["a sentence", {"a": 1}, [1], None, [["a"]]])
def test_remarks_of_a_stranger_are_sentences_or_the_manifest_is_none(
    tmp_path: Path, said: object
) -> None:
    """A text would have become one remark for each of its letters."""
    run(tmp_path, [with_peaks("a", InkEngine())])
    data = json.loads((tmp_path / MANIFEST).read_text())
    data["items"][0]["contributions"]["remarks"] = said
    (tmp_path / MANIFEST).write_text(json.dumps(data))
    assert read_earlier(tmp_path).owned == {}


def test_manifests_of_before_are_read(tmp_path: Path) -> None:
    run(tmp_path, [analysed("a")], replace(SETTINGS, contributions=""))
    data = json.loads((tmp_path / MANIFEST).read_text())
    del data["items"][0]["contributions"]
    (tmp_path / MANIFEST).write_text(json.dumps(data))
    assert set(read_earlier(tmp_path).items) == {"key of a"}


def test_killed_before_any_write_nothing_of_ours_counts_as_foreign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    run(tmp_path / "whole", [with_peaks("a", InkEngine())])
    whole = digests(tmp_path / "whole")
    for at in range(len(whole)):
        folder, left = tmp_path / str(at), [at]

        def dying(path: Path, left: list[int] = left) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError
            return write_aside(path)

        with monkeypatch.context() as patch:
            for module in (export, export_folder, manifest):
                patch.setattr(module, "write_aside", dying)
            with pytest.raises(KilledError):
                run(folder, [with_peaks("a", InkEngine())])
        again(folder, InkEngine())
        assert digests(folder) == whole, at
