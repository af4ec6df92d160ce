"""The window's export: stored results are used, bytes are those of the command line."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from window_builders import CARDS, FAKE_SERVER, make_analysis, make_map, packed

from nmrcam_qt.cli.main import main
from nmrcam_qt.core.card_store import installed_networks
from nmrcam_qt.core.cards import CARD_NAME, PRIOR_NAME, Card, card_to_json
from nmrcam_qt.core.class_priors import prior_axes, prior_bytes
from nmrcam_qt.core.class_words import ALL
from nmrcam_qt.core.errors import Cancelled, ProjectError
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.samples import sample_paths
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers.export_folder import ExportError
from nmrcam_qt.core.writers.export_types import ExportSettings
from nmrcam_qt.core.writers.request import PageOptions
from nmrcam_qt.ml.export import item_of
from nmrcam_qt.session.exporting import parts_of
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.export_job import ExportJob, ExportRequest, failures
from nmrcam_qt.workers.inference_client import InferenceClient

TABLES = {"png": "csv", "svg": "xlsx", "pdf": ""}
SETTINGS = ExportSettings(methods=("hirescam",), classes=ALL, page=PageOptions(dpi=40))


class Context:
    def __init__(self, cancel_at: int = 10**9) -> None:
        self.steps: list[tuple[int, int]] = []
        self._at = cancel_at

    @property
    def is_cancelled(self) -> bool:
        return bool(self.steps) and self.steps[-1][0] >= self._at

    def step(self, done: int, total: int, text: str = "") -> None:
        self.steps.append((done, total))
        if done >= self._at:
            raise Cancelled

    def part(self, result: object) -> None:
        raise AssertionError(f"no parts expected, got {result!r}")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("FAKE_TROUBLE", str(tmp_path / "trouble"))
    made = InferenceClient(FAKE_SERVER, request_timeout_s=120)
    yield made
    made.close()


class Unused:
    """A client that must not be asked."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the inference process was asked: {name}")


def filled(*names: str) -> tuple[Session, tuple[int, ...]]:
    session = Session()
    return session, session.add([packed(name) for name in names])


def job(client: object, session: Session, ids, folder: Path, settings=SETTINGS) -> ExportJob:  # type: ignore[no-untyped-def]
    parts = parts_of(session, ids, CARDS)
    request = ExportRequest(tuple(ids), settings, folder)
    return ExportJob(client, parts, request, CARDS, processes=1)  # type: ignore[arg-type]


def test_what_is_stored_is_not_computed_again(tmp_path: Path) -> None:
    session, ids = filled("a", "b")
    maps = [make_map(c) for c in ("fatty_acid", "indole", "steroid")]
    for item_id in ids:
        session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis(maps))
    session.rename(ids[1], "Mine")
    context = Context()
    summary = job(Unused(), session, ids, tmp_path).run(context)
    assert (summary.written, summary.failed) == (6, ())
    assert (tmp_path / "Mine_indole_hirescam.png").is_file()
    assert context.steps[-1] == (2, 2)
    again = job(Unused(), session, ids, tmp_path)
    assert again.run(Context()).kept == 6
    assert again.remaining() is None


def test_the_rest_is_computed_in_order(tmp_path: Path, client: InferenceClient) -> None:
    session, ids = filled("a", "b", "c", "d")
    stored = make_analysis([make_map(c) for c in ("fatty_acid", "indole", "steroid")])
    scores_only = make_analysis()
    session.store(AnalysisKey("net-hsqc", (ids[1],), None), stored)
    session.store(AnalysisKey("net-hsqc", (ids[2],), None), scores_only)
    summary = job(client, session, ids, tmp_path).run(Context())
    assert [item.name for item in summary.items] == ["a", "b", "c", "d"]
    assert (summary.written, summary.failed) == (12, ())


def test_stale_results_are_not_used(tmp_path: Path, client: InferenceClient) -> None:
    session, ids = filled("a")
    session.store(AnalysisKey("net-hsqc", ids, None), make_analysis([make_map("indole")]))
    session.set_networks({"net-hsqc": "e" * 64})
    (part,) = parts_of(session, ids, CARDS)
    assert part.stored is None


def test_pairs_are_exported_once(client: InferenceClient, tmp_path: Path) -> None:
    session = Session()
    ids = session.add([packed("x hsqc"), packed("x hmbc", Experiment.HMBC), packed("y hsqc")])
    parts = parts_of(session, ids, CARDS, "net-pair")
    assert [len(p.packed) for p in parts] == [2, 1]
    assert "needs HSQC + HMBC of one sample" in parts[1].problem
    assert parts[0].sample
    assert parts_of(session, [99], CARDS) == []
    request = ExportRequest(ids, replace(SETTINGS, network="net-pair"), tmp_path)
    summary = ExportJob(client, parts[1:], request, CARDS, 1).run(Context())
    assert [sentence for sentence, _ in failures(summary)] == [parts[1].problem]


def test_a_cancelled_export_goes_on(tmp_path: Path, client: InferenceClient) -> None:
    session, ids = filled(*"abcdef")
    first = job(client, session, ids, tmp_path)
    with pytest.raises(Cancelled):
        first.run(Context(cancel_at=2))
    assert not list(tmp_path.glob("*.part"))
    left = first.remaining()
    assert left is not None and left.title == f"Exporting 6 spectra to {tmp_path.name}"
    summary = left.run(Context())
    assert summary.kept + summary.written == 18 and summary.kept > 0


def installed_with_places(home: Path, ink: float) -> Card:
    """Install the network with usual places: a block of so much ink, and one cell of 1."""
    card = CARDS[0]
    rows, columns = (axis.size for axis in prior_axes(card.inputs[0]))
    block = np.zeros((rows, columns), np.float32)
    block[rows // 4 : rows // 2, columns // 4 : columns // 2] = ink
    block[-1, -1] = 1.0
    blob = prior_bytes(card, [[block, block, block]])
    folder = home / "networks" / card.id
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PRIOR_NAME).write_bytes(blob)
    card = replace(card, prior_sha256=hashlib.sha256(blob).hexdigest(), prior_from="made up")
    (folder / CARD_NAME).write_text(card_to_json(card), encoding="utf-8")
    return card


@pytest.mark.parametrize("places", [True, False])
def test_other_usual_places_renew_the_pictures_that_show_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: bool
) -> None:
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    session, ids = filled("a", "b")
    maps = [make_map(c) for c in ("fatty_acid", "indole", "steroid")]
    for item_id in ids:
        session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis(maps))
    page = PageOptions(dpi=40, usual_places=places)
    request = ExportRequest(ids, replace(SETTINGS, page=page), tmp_path / "out")

    def export(card: Card) -> tuple[int, int]:
        parts = parts_of(session, ids, [card])
        summary = ExportJob(Unused(), parts, request, [card], 1).run(Context())  # type: ignore[arg-type]
        assert not summary.failed
        return summary.written, summary.kept

    first = installed_with_places(tmp_path / "home", 0.2)
    assert export(first) == (6, 0)
    assert export(first) == (0, 6)
    other = installed_with_places(tmp_path / "home", 0.9)
    assert export(other) == ((6, 0) if places else (0, 6))
    # The file alone, which the card does not vouch for: it is refused, and the pictures say so.
    (tmp_path / "home" / "networks" / "net-hsqc" / PRIOR_NAME).write_bytes(b"something else")
    assert export(other) == ((6, 0) if places else (0, 6))


def test_files_in_the_way_are_one_sentence(tmp_path: Path) -> None:
    session, ids = filled("a")
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(ExportError, match=r"report\.html"):
        job(Unused(), session, ids, tmp_path).run(Context())


class Painting:
    """A client that is only asked about painted peaks: logits are the ink."""

    def __init__(self, *trouble: Exception) -> None:
        self.asked, self._trouble = 0, list(trouble)

    def start(self, _cancelled: object) -> None:
        pass

    def painted(self, card, painting, rows, _cancelled):  # type: ignore[no-untyped-def]
        self.asked += 1
        if self._trouble:
            raise self._trouble.pop(0)
        ink = sum(x.sum(axis=(1, 2, 3), dtype=np.float64) for x in painting.batch(rows))
        return np.outer(ink, np.arange(len(card.classes)) + 1.0)


def stored(*names: str) -> tuple[Session, tuple[int, ...]]:
    """Spectra with results, so that only their peaks are to be asked about."""
    session, ids = filled(*names)
    maps = [make_map(c) for c in ("fatty_acid", "indole", "steroid")]
    for item_id in ids:
        session.store(AnalysisKey("net-hsqc", (item_id,), None), make_analysis(maps))
    return session, ids


WITH_TABLES = replace(SETTINGS, contributions="csv")


def test_tables_of_contributions_by_the_inference_process(tmp_path: Path) -> None:
    session, ids = stored("a", "b")
    client = Painting()
    summary = job(client, session, ids, tmp_path, WITH_TABLES).run(Context())
    assert (summary.written, summary.tables, summary.failed) == (6, 2, ())
    assert (tmp_path / "a_contributions.csv").is_file() and client.asked == 2
    again = job(Unused(), session, ids, tmp_path, WITH_TABLES).run(Context())
    assert (again.kept, again.tables) == (6, 2)


def test_a_crash_over_peaks_fails_that_spectrum_and_three_end_the_job(tmp_path: Path) -> None:
    session, ids = stored("a", "b")
    client = Painting(JobError("The inference process stopped."))
    summary = job(client, session, ids, tmp_path / "1", WITH_TABLES).run(Context())
    ((said, _),) = failures(summary)
    assert said == "a: no contributions of its peaks: The inference process stopped."
    assert (summary.written, summary.tables) == (6, 1)
    session, ids = stored(*"abcd")
    broken = Painting(*[JobError("The inference process stopped.") for _ in range(9)])
    with pytest.raises(JobError, match="stopped"):
        job(broken, session, ids, tmp_path / "2", WITH_TABLES).run(Context())
    assert broken.asked == 3


def test_peaks_that_the_project_cannot_give(tmp_path: Path) -> None:
    def broken() -> PickedPeaks:
        raise ProjectError("study.nmrcam: the peaks of a are broken")

    session, ids = stored("a")
    parts = [replace(p, picked=(Handle(load=broken),)) for p in parts_of(session, ids, CARDS)]
    request = ExportRequest(ids, WITH_TABLES, tmp_path)
    made = ExportJob(Painting(), parts, request, CARDS, processes=1)  # type: ignore[arg-type]
    ((said, _),) = failures(made.run(Context()))
    assert "the peaks of a are broken" in said
    assert (tmp_path / "a_indole_hirescam.png").is_file()
    # Without tables nobody asks for them.
    assert item_of(parts[0], SETTINGS).peak_problem == ""


def test_an_inference_process_that_cannot_start(tmp_path: Path) -> None:
    session, ids = filled("a")
    client = InferenceClient(["/no/such/program"])
    with pytest.raises(JobError, match="inference process"):
        job(client, session, ids, tmp_path).run(Context())
    client.close()


def test_the_window_and_the_command_line_write_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real networks; the window's way by the inference process, with spectra packed."""
    monkeypatch.setenv("NMRCAM_HOME", str(tmp_path / "home"))
    # Of two compounds: the window takes both spectra of one as a pair, the command line only
    # with --pair.
    wanted = ("tryptophan_hsqc.csv", "isoleucine_hmbc.csv")
    paths = [p for p in sample_paths() if p.name in wanted]
    assert len(paths) == 2
    classes = ("fatty_acid", "indole", "steroid")  # all shipped networks have these
    session = Session()
    ids = session.add([pack(read_spectrum(p, ReadOptions())) for p in paths])
    cards = [entry.card for entry in installed_networks()]
    client = InferenceClient()
    try:
        for kind in ("png", "svg", "pdf"):
            page = PageOptions(format=kind, dpi=60, colormap="plasma_r")
            settings = ExportSettings(
                methods=("hirescam",), classes=classes, page=page, contributions=TABLES[kind]
            )
            request = ExportRequest(ids, settings, tmp_path / "window" / kind)
            ExportJob(client, parts_of(session, ids, cards), request, cards, 1).run(Context())
    finally:
        client.close()
    for kind in ("png", "svg", "pdf"):
        argv = ["batch", *map(str, paths), "--class", ",".join(classes)]
        argv += ["--format", kind, "--dpi", "60", "--processes", "1"]
        argv += ["--contributions", TABLES[kind]] if TABLES[kind] else []
        assert main([*argv, "--out", str(tmp_path / "cli" / kind)]) == 0
        window = {p.name: p.read_bytes() for p in (tmp_path / "window" / kind).glob(f"*.{kind}")}
        console = {p.name: p.read_bytes() for p in (tmp_path / "cli" / kind).glob(f"*.{kind}")}
        assert len(window) == 6
        assert window == console
        found = [
            {p.name: p.read_bytes() for p in (tmp_path / who / kind).glob("*_contributions.*")}
            for who in ("window", "cli")
        ]
        assert len(found[0]) == (2 if TABLES[kind] else 0)
        assert found[0] == found[1]
