"""The published mixtures and the forms of one compound: what the benchmark scripts do."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.mix_data import published_compounds

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks" / "mixnets"))
forms = pytest.importorskip("forms")
kuhn_folds = pytest.importorskip("kuhn_folds")
picture_axes = pytest.importorskip("picture_axes")
published = pytest.importorskip("published")

KNOWN = np.array([[0.0, 0.0], [8.14, 152.6], [5.9, 90.2], [3.9, 64.2], [4.4, 73.3], [6.05, 91.0]])


def test_axes_are_found_from_the_known_signals_among_others():
    """A picture of 12.3 to -2.4 ppm and -25 to 182 ppm with nine foreign signals."""
    width, height = 600, 410
    f2, f1 = (12.3, -2.4), (-25.0, 182.0)
    rng = np.random.default_rng(4)
    others = np.stack([rng.uniform(0.5, 9, 9), rng.uniform(5, 150, 9)], axis=1)
    peaks = np.concatenate([KNOWN, others])
    x = (peaks[:, 0] - f2[0]) / (f2[1] - f2[0]) * width - 0.5
    y = (peaks[:, 1] - f1[0]) / (f1[1] - f1[0]) * height - 0.5
    found = picture_axes.fit(KNOWN, np.stack([x, y], axis=1), (height, width))
    assert found.matched == len(KNOWN) and found.rms_h < 1e-6
    assert found.f2_ppm == pytest.approx(f2, abs=0.01)
    assert found.f1_ppm == pytest.approx(f1, abs=0.1)
    with pytest.raises(ValueError, match="no axes fit"):
        picture_axes.fit(KNOWN, np.array([[3.0, 3.0]]), (height, width))


def test_spots_are_at_their_centres_largest_first():
    ink = np.zeros((60, 600), np.float32)
    ink[10:13, 100:105] = 1
    ink[40, 300:302] = 1
    assert picture_axes.spots(ink).tolist() == [[102.0, 11.0], [300.5, 40.0]]


def kuhn_table(folder: Path) -> Path:
    """Corrected labels of three entries, one of them without a structure."""
    (folder / "kuhn2021").mkdir()
    rows = [
        "id,published_class,hmbc_file,hsqc_file,inchikey14,fatty_acid,indole,steroid",
        "bmse000364,indol,a,a,INDOLE,0,1,0",
        "bmse000544,none,a,a,PALMITATE,1,0,1",
        "bmse000491,none,a,a,,,,",
        "bmse000314,fattyacids,a,a,OTHER,1,0,0",
    ]
    (folder / "kuhn2021" / "compounds.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def test_labels_are_those_of_all_compounds_in_a_mixture(tmp_path):
    data = kuhn_table(tmp_path)
    found = {m.key: m for m in published.mixtures(data, Experiment.HMBC)}
    assert len(found) == 15 and all(m.counted for m in found.values())
    plain = found["hmbc/test/indol/364_60_61_72_491_HMBC.jpg"]
    assert plain.truth == {"indole"}
    worst = found["hmbc/test/indol/364_60_61_72_491_544_HMBC.jpg"]
    assert worst.truth == {"indole", "fatty_acid", "steroid"}


def test_compounds_in_the_pictures_that_have_a_structure(tmp_path):
    data = kuhn_table(tmp_path)
    with pytest.raises(ReadError, match="holds no test pictures"):
        published_compounds(data)
    folder = data / "kuhn2021" / "hmbc" / "test"
    for name in ("indol/364_60_61_72_491_544_HMBC.jpg", "none/bmse000544_1H_13C_HMBC.jpg"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).touch()
    assert published_compounds(data) == {b"INDOLE", b"PALMITATE"}


def test_the_fifteen_and_their_compounds_are_in_the_data(data_dir):
    for experiment in Experiment:
        found = published.mixtures(data_dir, experiment)
        assert sum(m.counted for m in found) == 15 and all(m.path.is_file() for m in found)
    axes = picture_axes.read_axes()
    keys = [m.key for e in Experiment for m in published.mixtures(data_dir, e) if m.counted]
    assert set(keys) <= set(axes)
    assert all(axes[k].matched >= 5 for k in keys)


def test_only_the_exact_set_is_right():
    def row(present: list[str], truth: list[str], counted: bool = True) -> dict:
        return {
            **{"picture": "hsqc/test/indol/x.jpg", "axes": "assumed", "counted": counted},
            **{"right": present == truth, "top_right": True},
        }

    rows = [row(["indole"], ["indole"]), row(["indole"], ["indole", "steroid"]), row([], [], False)]
    found = published.summary(rows)["assumed"]
    assert (found["right"], found["of"], found["by_class"]["indol"]) == (1, 2, 1)
    assert (found["further_right"], found["further_of"]) == (1, 1)


def test_a_list_is_read_back_as_it_was_written(tmp_path):
    spectrum = forms.as_list([(7.26, 128.4), (1.2, 14.1)], Experiment.HSQC, tmp_path, "a.png")
    assert spectrum.peaks.h_ppm.tolist() == [7.26, 1.2]
    assert spectrum.peaks.c_ppm.tolist() == [128.4, 14.1]
    assert spectrum.experiment is Experiment.HSQC


def test_figures_of_forms_by_hand():
    def row(first: float, second: float, said: tuple[list[str], list[str]]) -> dict:
        p = [[first, 0.5], [second, 0.5]]
        return {"kind": "list", "p": p, "present": list(said), "inked_cells": [9, 19]}

    rows = [row(0.9, 0.85, (["a"], ["a"])), row(0.2, 0.6, ([], ["a"])), row(0.1, 0.1, ([], []))]
    found = forms.summary(["a", "b"], rows)["list"]
    assert (found["n"], found["ink_ratio_median"]) == (3, 2.0)
    assert found["a"]["median"] == 0.05 and found["a"]["share_near"] == pytest.approx(
        2 / 3, abs=1e-4
    )
    assert found["a"]["same_decision"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["b"]["p90"] == 0 and found["all"]["same_decision"] == pytest.approx(
        5 / 6, abs=1e-4
    )


def test_a_picture_cut_out_of_another_one_is_found_in_it():
    """600 of 0.75 pixels per pixel of the source, from its pixel 120 on."""
    rng = np.random.default_rng(2)
    at, scale, first = rng.uniform(130, 900, 15), 0.75, 120.0

    def profile(places, size, width):
        return np.exp(-0.5 * ((np.arange(size)[:, np.newaxis] - places) / width) ** 2).max(axis=1)

    source = profile(at, 1133, 4.0)
    picture = profile((at + 0.5 - first) * scale - 0.5, 600, 4.0 * scale)
    alike, left, right = kuhn_folds.laid_over(source, picture)
    assert alike > 0.9
    assert left == pytest.approx(first - 0.5, abs=1.5)
    assert right == pytest.approx(first + 600 / scale - 0.5, abs=1.5)


def test_classes_are_counted_over_spectra_and_intervals_over_compounds():
    rows = [
        {"compound": f"C{i // 2}", "p": [i / 12, 1 - i / 12, 0.5], "truth": [i > 5, i > 5, i > 5]}
        for i in range(12)
    ]
    found = kuhn_folds.figures(rows)
    assert (found["n"], found["compounds"]) == (12, 6)
    assert [found["classes"][c]["auroc"] for c in found["classes"]] == [1.0, 0.0, 0.5]
    assert found["mean_auroc"] == 0.5
    assert kuhn_folds.figures([]) == {"n": 0}
