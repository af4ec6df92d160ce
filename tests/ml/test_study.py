"""The study on a twin of its data: figures, resuming, the report's two forms, its sentences."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from study_builders import study_twin

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml import evaluation_peaks, evaluation_report
from nmrcam_qt.ml.registry import load
from nmrcam_qt.ml.study import plan as study_plan
from nmrcam_qt.ml.study import run as study_run
from nmrcam_qt.ml.study import work
from nmrcam_qt.ml.study.apart import do_apart
from nmrcam_qt.ml.study.conclusion import ABOVE, BELOW, EQUAL, UNKNOWN, against, conclusion
from nmrcam_qt.ml.study.document import Document, Heading, Paragraph, Table
from nmrcam_qt.ml.study.further import further, verdict
from nmrcam_qt.ml.study.html_report import html_bytes
from nmrcam_qt.ml.study.pdf_report import pdf_bytes
from nmrcam_qt.ml.study.placement import Placed, stretched
from nmrcam_qt.ml.study.plan import (
    FIGURES,
    LARGE_POOL,
    OURS,
    POOLS,
    SEED,
    STUDY_POOL,
    Unit,
    units,
)
from nmrcam_qt.ml.study.results import StudyResults
from nmrcam_qt.ml.study.run import Study
from nmrcam_qt.ml.study.summary import summary
from nmrcam_qt.ml.study.text import Estimate, Ran, estimate, share
from nmrcam_qt.ml.study.work import key_of
from nmrcam_qt.ml.study.world import World

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # Intervals are tested elsewhere; a thousand draws of each figure are most of the time.
        patch.setattr(evaluation_report, "N_RESAMPLES", 20)
        # One compiled network with random weights instead of six.
        patch.setattr(evaluation_peaks, "stages", lambda layers: [tuple(layers)])
        patch.setattr(study_plan, "slow_methods", lambda: ("eigencam", "occlusion"))
        yield study_twin(tmp_path_factory.mktemp("study"))


class Stopping:
    """Cancels at the unit that is named."""

    def __init__(self, at: str) -> None:
        self.at, self.seen = at, []

    def step(self, done: int, total: int, text: str = "") -> None:
        self.seen.append(text)
        if self.at and self.at in text:
            raise Cancelled


@pytest.fixture(scope="module")
def finished(asked):
    """Stopped in the middle, then finished; what the first half left behind."""
    with pytest.raises(Cancelled):
        Study(asked, Stopping("ours-hsqc-study-gradient")).run()
    left = {p.name: p.stat().st_mtime_ns for p in (asked.out / "work").iterdir()}
    assert not (asked.out / "report.html").exists()
    return Study(asked, Stopping("")).run(), left


def test_the_list_of_the_thesis_figures():
    assert len(FIGURES) == 23 and [f.number for f in FIGURES] == list(range(1, 24))
    assert len({f.name for f in FIGURES}) == 23
    pure = {(f.class_id, f.experiment, f.method) for f in FIGURES if not f.foreign}
    assert len(pure) == 12
    assert {f.target for f in FIGURES} == {"bmse000643", "bmse000364", "bmse000489"}
    mixed = {
        (f.class_id, f.experiment.label, tuple(int(x[4:]) for x in f.foreign), f.method)
        for f in FIGURES
        if f.foreign
    }
    assert mixed == {
        ("fatty_acid", "HMBC", (123,), "gradcam"),
        ("indole", "HMBC", (54,), "gradcam"),
        ("steroid", "HSQC", (138,), "gradcam"),
        ("fatty_acid", "HSQC", (54,), "gradcam++"),
        ("steroid", "HMBC", (78,), "gradcam++"),
        ("indole", "HSQC", (123,), "gradcam++"),
        ("fatty_acid", "HSQC", (78, 138), "gradcam"),
        ("indole", "HSQC", (123, 138), "gradcam"),
        ("steroid", "HMBC", (54, 123), "gradcam"),
        ("steroid", "HSQC", (54, 78), "gradcam++"),
        ("indole", "HMBC", (54, 138), "gradcam++"),
    }


def test_foreign_compounds_are_placed_by_ppm_and_guessed_axes_are_named(asked):
    world = World(asked.kuhn, asked.bmrb)
    plan = next(f for f in FIGURES if len(f.foreign) == 2 and f.foreign[0] == "bmse000123")
    scene = world.scene(plan)
    assert scene.guessed == ("bmse000123",)
    assert scene.mixture.distractor.any() and scene.mixture.target.any()
    assert scene.entry.id == plan.target
    alone = world.scene(replace(plan, foreign=("bmse000138",))).mixture
    spectrum = alone.spectrum
    rows, columns = np.nonzero(alone.distractor)
    # bmse000138's spots lie around pixel (33, 44) of its own picture: (61 - 44)/6.2, 33/0.23 ppm.
    assert spectrum.f2.centres[columns].mean() == pytest.approx((61 - 44) / 6.2, abs=0.8)
    assert spectrum.f1.centres[rows].mean() == pytest.approx(33 / 0.23, abs=25)


def test_a_stopped_run_goes_on_without_doing_anything_twice(asked, finished):
    done, left = finished
    assert done.reused == len(left) > 23
    for name, stamp in left.items():
        assert (asked.out / "work" / name).stat().st_mtime_ns == stamp
    again = Study(asked, Stopping("")).run()
    assert again.reused == again.units == done.units
    said = f"{done.units} of {done.units} units had been finished before"
    assert said in (asked.out / "report.html").read_text("utf-8")
    before = json.loads((asked.out / "results.json").read_text("utf-8"))
    assert before["units"] == json.loads(json.dumps(dict(before["units"])))


def test_other_settings_are_computed_again(asked, finished, monkeypatch):
    asked_for = []
    monkeypatch.setattr(
        study_run, "evaluate", lambda settings, stage: asked_for.append(settings) or {"x": 1}
    )
    study = Study(replace(asked, seed=5, out=asked.out.parent / "other"), Stopping(""))
    study.do("seed-hsqc-study-gradient")
    assert [s.seed for s in asked_for] == [5]
    assert "seed-hsqc-study-gradient" not in study.missing()
    other = Study(replace(asked, seed=6, out=asked.out.parent / "other"), Stopping(""))
    assert "seed-hsqc-study-gradient" in other.missing()


def test_the_key_of_a_unit_knows_all_that_it_depends_on(asked, monkeypatch):
    settings = units(asked)[0].settings
    key = key_of(settings)
    assert key_of(settings) == key
    other = settings.data.parent / "elsewhere"
    changed = {
        "foreign_rule": "none" if settings.foreign_rule != "none" else "study",
        "only_foreign": not settings.only_foreign,
        "slow_sample": settings.slow_sample + 1,
        "trained_on": (*settings.trained_on, other),
        "foreign": (*settings.foreign, other),
        "truth": "atoms",
    }
    keys = {key_of(replace(settings, **{name: value})) for name, value in changed.items()}
    assert key not in keys and len(keys) == len(changed)
    entry = work.find_network(settings.network)
    strict = replace(entry.card, thresholds=tuple(0.9 for _ in entry.card.classes))
    monkeypatch.setattr(work, "find_network", lambda name: replace(entry, card=strict))
    assert key_of(settings) != key


def test_units_apart_are_those_of_one_process(asked, finished):
    names = ["seed-hsqc-study-placement", "seed-hmbc-study-placement"]
    apart = replace(asked, out=asked.out.parent / "apart", jobs=2)
    said = Stopping("")
    do_apart(apart, names, said)
    assert said.seen
    for name in names:
        here, there = (
            json.loads((folder.out / "work" / f"{name}.json").read_text("utf-8"))
            for folder in (asked, apart)
        )
        assert here["key"] == there["key"]
        assert here["result"]["rows"] == there["result"]["rows"]
    assert not set(names) & set(Study(apart).missing())


def test_a_unit_that_fails_apart_is_one_sentence(asked):
    gone = replace(
        asked, seed_networks=("nowhere", "nowhere"), out=asked.out.parent / "gone", jobs=2
    )
    with pytest.raises(NmrCamError, match="nowhere"):
        do_apart(gone, ["seed-hsqc-study-placement"], Stopping(""))


def test_both_reports_hold_every_figure(asked, finished):
    page = (asked.out / "report.html").read_text("utf-8")
    sources = re.findall(r'<img src="([^"]+)"', page)
    assert len(sources) == 23 and all((asked.out / s).is_file() for s in sources)
    assert "<script" not in page and not re.search(r'(src|href)="(https?:)?//', page)
    for plan in FIGURES:
        assert f"Figure {plan.number}. " in page
        with Image.open(asked.out / "pictures" / f"{plan.name}.png") as picture:
            assert picture.mode == "P" and picture.size[0] > 1000
    assert page.count("assumed axes (calibration C, a guess)") == sum(
        "bmse000123" in f.foreign for f in FIGURES
    )
    pdf = (asked.out / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Subtype /Image") == 23


def test_figures_show_the_networks_as_shipped_and_the_one_that_never_saw_the_target(finished):
    for plan in FIGURES:
        rows = finished[0].results.figures[plan.number]
        networks = [(r.network, r.state, r.method) for r in rows]
        kind = plan.experiment.value
        assert networks[0] == (f"seed-{kind}", "as shipped", plan.method)
        assert networks[1][2] == "cam"
        assert len(rows) == (3 if plan.experiment is HSQC else 2)
        assert all((r.ink_auc is None) == (not plan.foreign) for r in rows)


def test_every_pool_and_network_is_measured_and_named(asked, finished):
    results = finished[0].results
    names = {unit.name for unit, _ in results.units}
    assert names == {u.name for u in units(asked)}
    page = (asked.out / "report.html").read_text("utf-8")
    assert "foreign compounds: the data set&#x27;s own compounds of no class (2 compounds)" in page
    for unit, report in results.units:
        if unit.kind == "gradient":
            assert bool(report["folds"]) == (unit.role == SEED and unit.experiment is HSQC)
    for role in (SEED, OURS):
        assert len(results.placements[role, HSQC, STUDY_POOL]) > 0


def test_a_stretched_map_covers_the_whole_input_and_its_cells_move_outwards(asked):
    network = load(asked.seed_networks[0])
    spec = network.card.inputs[0]
    cells = Explanation(
        np.ones((2, 4), np.float32),
        Axis("13C", 60.0, 140.0, 2),
        Axis("1H", 8.0, 2.0, 4),
        "hsqc",
        "indole",
        "hirescam",
        "conv4",
        "n",
        "0",
    )
    wide = stretched(cells, spec)
    # 200 ppm in two cells: centres at 50 and 150; 10 ppm in four: 8.75 … 1.25.
    assert wide.f1.centres == pytest.approx([50, 150])
    assert wide.f2.centres == pytest.approx([8.75, 6.25, 3.75, 1.25])
    assert (wide.evidence == cells.evidence).all()


def placed(method, right, wide=None, prior=0.6):
    return [
        Placed(f"t{i}", f"c{i}", 1, method, right[i], (wide or right)[i], prior) for i in range(8)
    ]


def results_of(**maps):
    rows = {(SEED, HSQC, STUDY_POOL): [], (OURS, HSQC, STUDY_POOL): []}
    for name, (values, wide) in maps.items():
        rows[OURS if name == "cam" else SEED, HSQC, STUDY_POOL] += placed(name, values, wide)
    return StudyResults({}, (), rows, {}, {}, 0)


def test_the_conclusion_says_what_the_figures_say():
    noise = [0.02, -0.02, 0.01, -0.01, 0.03, -0.03, 0.0, 0.0]
    at = lambda level: [level + n for n in noise]  # noqa: E731
    said = conclusion(
        results_of(gradcam=(at(0.5), None), hirescam=(at(0.7), at(0.6)), cam=(at(0.8), None)),
        STUDY_POOL,
    )
    assert "50% [49–51] in HSQC" in said and "no better than the coin: the thesis is right" in said
    assert "Part of the failure is the method" in said and "gains 10 points in HSQC" in said
    assert "HiResCAM on the study's networks is better than that by 10 points in HSQC" in said
    assert "That is more than the study's networks with HiResCAM (10 points in HSQC)" in said
    assert "They know more than the usual places in HSQC" in said
    assert "HMBC" not in said


def test_a_sentence_that_the_figures_contradict_is_not_written():
    noise = [0.02, -0.02, 0.01, -0.01, 0.03, -0.03, 0.0, 0.0]
    at = lambda level: [level + n for n in noise]  # noqa: E731
    said = conclusion(
        results_of(gradcam=(at(0.8), None), hirescam=(at(0.6), None), cam=(at(0.95), None)),
        STUDY_POOL,
    )
    assert "better than the coin" in said and "thesis is right" not in said
    assert "Part of the failure" not in said and "stretching" not in said
    assert "show no more than that in HSQC" in said
    worse = conclusion(results_of(cam=(at(0.5), None), hirescam=(at(0.7), None)), STUDY_POOL)
    assert "That is less than" in worse and "is not shown in HSQC" in worse


def both_pools(**maps):
    """The same figures in HSQC and HMBC and in both pools."""
    one = results_of(**maps).placements
    rows = {
        (role, e, p): one[role, HSQC, STUDY_POOL]
        for role in (SEED, OURS)
        for e in (HSQC, HMBC)
        for p in POOLS
    }
    return StudyResults({}, (), rows, {}, {}, 0)


def test_the_summary_says_what_all_cases_say():
    noise = [0.02, -0.02, 0.01, -0.01, 0.03, -0.03, 0.0, 0.0]
    at = lambda level: [level + n for n in noise]  # noqa: E731
    said = summary(
        both_pools(gradcam=(at(0.5), None), hirescam=(at(0.65), None), cam=(at(0.8), None))
    )
    assert "gets 50 %, close to the coin: about these maps the thesis is right" in said
    assert "HiResCAM, with every cell at its place, gets 65 %" in said
    assert "gets 60 %. So these networks know little more" in said
    assert "They rank signals better than the study's with HiResCAM do." in said
    assert "20 % are ranked the wrong way round" in said and "is shown in" not in said
    assert "empty paper" not in said  # nobody measured it here


def test_the_summary_leaves_out_what_is_not_so():
    noise = [0.02, -0.02, 0.01, -0.01, 0.03, -0.03, 0.0, 0.0]
    at = lambda level: [level + n for n in noise]  # noqa: E731
    said = summary(
        both_pools(gradcam=(at(0.8), None), hirescam=(at(0.8), None), cam=(at(0.6), None))
    )
    assert "the thesis is right" not in said and "Part of that is the method" not in said
    assert "know little more" not in said
    assert "They do not rank signals better" in said and "is shown in 0 of 4 cases" in said


def sampled(**units):
    """Results of evaluations alone: kind and role to figures by method, or by class."""
    rows = []
    for name, found in units.items():
        kind, role = name.split("_")
        unit = Unit(role, HSQC, LARGE_POOL, kind, None)
        by_class = {c: {"+1": {"cam": f}} for c, f in found.items()}
        rows.append((unit, {"localisation": {"+1": found}, "localisation_by_class": by_class}))
    return StudyResults({}, tuple(rows), {}, {}, {}, 0)


def figures(ci=0.02, **values):
    return {**values, "ci": {n: [v - ci, v + ci] for n, v in values.items()}}


def test_faithful_maps_slow_methods_and_true_axes_are_told_by_their_figures():
    results = sampled(
        checks_seed={
            "hirescam": figures(ink_auc=0.6, deletion_better=0.95, randomised=0.2),
            "gradcam": figures(ink_auc=0.5, deletion_better=0.6, randomised=0.7),
        },
        sample_seed={"rise": figures(ink_auc=0.55), "occlusion": figures(ink_auc=0.58)},
        calibrated_ours={
            "indole": figures(ink_auc=0.8, prior=0.6, gain=0.4),
            "steroid": figures(ink_auc=0.8, prior=0.8, gain=0.01),
        },
    )
    said = further(results)
    assert "HiResCAM does show what the study's networks use" in said
    assert (
        "95% [93–97] of random orders" in said and "shuffled weights .20, of Grad-CAM .70" in said
    )
    assert "none of the 2 slow methods" in said and "best Occlusion by signal, 58%" in said
    assert "80% [78–82] for indole (usual places 60%) and 80%" in said
    ruled = verdict(results)
    assert "holds for indole in HSQC, and is not shown for steroid in HSQC." in ruled


def test_no_claim_of_faithful_maps_where_they_are_not():
    results = sampled(
        checks_seed={
            "hirescam": figures(ink_auc=0.6, deletion_better=0.5, randomised=0.2),
            "gradcam": figures(ink_auc=0.5, deletion_better=0.6, randomised=0.7),
        },
        sample_seed={"rise": figures(ink_auc=0.75)},
        calibrated_ours={"steroid": figures(ink_auc=0.8, prior=0.8, gain=-0.1)},
    )
    said = further(results)
    assert "does show" not in said and "RISE by signal ranks signals best" in said
    assert verdict(results).endswith("is not shown for any class.")
    assert further(sampled()) == "" and verdict(sampled()) == ""


def test_intervals_and_their_place():
    assert against(Estimate(0.6, 0.55, 0.65), 0.5) == ABOVE
    assert against(Estimate(0.5, 0.45, 0.55), 0.5) == EQUAL
    assert against(Estimate(0.4, 0.35, 0.45), 0.5) == BELOW
    assert against(Estimate(None), 0.5) == UNKNOWN
    one = estimate([0.25, None, 0.75], ["a", "b", "c"], 0)
    assert (one.mean, one.low, one.high) == (0.5, 0.25, 0.75)
    assert [share(v) for v in (None, 0.5, -0.052, 1.0, 0.999)] == [
        "–",
        ".50",
        "-.05",
        "1.00",
        "1.00",
    ]


def test_the_run_says_how_long_it_took_and_what_was_there():
    assert "took 24 min by the clock with --jobs 2;" in str(Ran(1430.0, 2, 58, 0))
    assert "none of 58 units had been" in str(Ran(1430.0, 2, 58, 0))
    assert "7 of 58 units had been finished before" in str(Ran(1430.0, 2, 58, 7))


def test_differences_are_of_the_same_cases():
    results = results_of(gradcam=([0.5] * 8, None), hirescam=([0.7] * 8, None))
    rows = results.placements[SEED, HSQC, STUDY_POOL]
    rows.append(Placed("t9", "c9", 2, "hirescam", 0.0, 0.0, 0.6))  # no Grad-CAM of this one
    from nmrcam_qt.ml.study.results import BEST, THESIS

    found = results.difference(BEST, THESIS, HSQC, STUDY_POOL)
    assert found.mean == pytest.approx(0.2)
    assert results.placed(BEST, HSQC, STUDY_POOL).mean == pytest.approx(0.7 * 8 / 9)


def test_texts_of_strangers_are_escaped_and_the_same_report_has_the_same_bytes(tmp_path):
    nasty = '<script>alert(1)</script> & "x"'
    table = Table(nasty, (nasty,), ((nasty,),), nasty)
    made = Document(nasty, (Heading(nasty), Paragraph(nasty, strong=True), table))
    page = html_bytes(made).decode()
    assert "<script" not in page and page.count("&lt;script&gt;") >= 8
    assert pdf_bytes(made, tmp_path) == pdf_bytes(made, tmp_path)
    with pytest.raises(ValueError, match="a row of 2, 1 columns"):
        Table("t", ("a",), (("1", "2"),))


def test_the_thesis_compounds_are_in_the_real_folders(data_dir):
    world = World(data_dir / "kuhn2021", data_dir / "bmrb2d")
    for plan in FIGURES:
        assert world.guessed(plan) == tuple(n for n in plan.foreign if n == "bmse000123")
    assert world.scene(FIGURES[12]).mixture.distractor.any()
