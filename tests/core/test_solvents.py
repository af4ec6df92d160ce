"""Solvents are recognised however they are spelt, and their masks lie where they show."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.solvents import (
    C_HALF_PPM,
    H_HALF_PPM,
    REFERENCES,
    SOLVENTS,
    masks_for,
    reference_signals,
    references_for,
    solvent_named,
)
from nmrcam_qt.core.spectrum import Experiment

SPELLINGS = {
    "CDCl3": "cdcl3",
    "cdcl3": "cdcl3",
    "CHLOROFORM-D": "cdcl3",
    "CDCl3_SPE": "cdcl3",
    "Chloroform-d1": "cdcl3",
    "CDCl₃": "cdcl3",
    "DMSO": "dmso",
    "DMSO-D6": "dmso",
    "dmso-d₆": "dmso",
    "(CD3)2SO": "dmso",
    "Dimethyl sulfoxide-d6": "dmso",
    "MeOD": "cd3od",
    "METHANOL-D3": "cd3od",
    "Methanol-d4": "cd3od",
    "CD3OD_SPE": "cd3od",
    "cd3od": "cd3od",
    "D2O": "d2o",
    "D2O_salt": "d2o",
    "H2O+D2O": "d2o",
    "90% H2O / 10% D2O": "d2o",
    "DEUTERIUM OXIDE": "d2o",
    "Acetone": "acetone",
    "ACETONE-D6": "acetone",
    "(CD3)2CO": "acetone",
    "C6D6": "c6d6",
    "BENZENE-D6": "c6d6",
    "CD3CN": "cd3cn",
    "ACETONITRILE-D3": "cd3cn",
    "CD3CN_SPE": "cd3cn",
    "CD2Cl2": "cd2cl2",
    "METHYLENE-CHLORIDE-D2": "cd2cl2",
    "Pyr": "pyridine",
    "PYRIDINE-D5": "pyridine",
    "THF": "thf",
    "TETRAHYDROFURAN-D8": "thf",
    "Tol": "toluene",
    "TOLUENE-D8": "toluene",
    "TFA": "tfa",
    "TFA-D": "tfa",
    "DMF": "dmf",
    "Dioxane": "dioxane",
    "DSS": "dss",
    "DSS-d6": "dss",
    "TMS": "tms",
    "CDCl3 + TMS": "cdcl3",
}


@pytest.mark.parametrize(("text", "wanted"), SPELLINGS.items())
def test_spellings(text: str, wanted: str) -> None:
    found = solvent_named(text)
    assert found is not None
    assert found.id == wanted


@pytest.mark.parametrize("text", ["", "none", "d6", "urine", "+", "ethanol-ish", "%", "D"])
def test_what_names_no_solvent(text: str) -> None:
    assert solvent_named(text) is None


def test_every_name_leads_to_its_own_solvent() -> None:
    for solvent in (*SOLVENTS, *REFERENCES):
        for text in (solvent.id, solvent.title, *solvent.spellings):
            assert solvent_named(text) is solvent


def test_hsqc_mask_is_the_cross_peak() -> None:
    (mask,) = masks_for(solvent_named("CDCl3"), Experiment.HSQC)
    assert mask.name == "CHCl3"
    assert mask.h_ppm == pytest.approx((7.26 - H_HALF_PPM, 7.26 + H_HALF_PPM))
    assert mask.c_ppm == pytest.approx((77.16 - C_HALF_PPM, 77.16 + C_HALF_PPM))
    assert not mask.excluded


def test_hmbc_mask_reaches_over_the_doublet() -> None:
    """The methyl of DSS shows 118 Hz apart: at 500 MHz 0.118 ppm to either side."""
    made = masks_for(
        solvent_named("D2O"), Experiment.HMBC, 500.0, [solvent_named("DSS")], excluded=True
    )
    methyl = next(mask for mask in made if mask.name == "DSS, Si(CH3)3")
    assert methyl.excluded
    assert methyl.holds(np.array([-0.118, 0.0, 0.118]), np.zeros(3)).all()
    assert methyl.h_ppm[1] == pytest.approx(0.118 + H_HALF_PPM)
    unknown = masks_for(solvent_named("CDCl3"), Experiment.HMBC)[0]
    known = masks_for(solvent_named("CDCl3"), Experiment.HMBC, 600.0)[0]
    assert unknown.h_ppm[1] > known.h_ppm[1]


def test_water_is_a_streak_only_where_it_is_strong() -> None:
    (water,) = masks_for(solvent_named("D2O"), Experiment.HSQC)
    assert water.holds(np.full(3, 4.79), np.array([0.0, 100.0, 200.0])).all()
    assert not water.holds(np.array([5.22]), np.array([94.8])).any()  # an anomeric proton
    assert len(masks_for(solvent_named("DMSO"), Experiment.HSQC)) == 1


def test_references_of_solvents() -> None:
    assert [s.name for s in reference_signals(solvent_named("CDCl3"))] == ["TMS", "CHCl3"]
    assert reference_signals(solvent_named("D2O"))[0].name == "DSS, Si(CH3)3"
    assert {"TMS", "DMSO-d5", "CHCl3"} <= {s.name for s in reference_signals(None)}
    assert [s.name for s in reference_signals(solvent_named("TMS"))] == ["TMS"]
    assert [one.id for one in references_for(solvent_named("D2O"))] == ["dss"]
    assert references_for(solvent_named("DSS")) == ()


def test_measured_shifts_of_bmrb(data_dir) -> None:
    """The table against the peaks of calibrated HSQC: what we mask is where it shows."""
    import csv
    import gzip

    folder = data_dir / "bmrb2d"
    with (folder / "manifest.csv").open() as lines:
        sure = {
            row["file"]
            for row in csv.DictReader(lines)
            if row["cal_conf"] == "A"
            and row["experiment_true"] == "HSQC"
            and row["q_unusable"] == "0"
        }
    with gzip.open(folder / "peaks.csv.gz", "rt") as lines:
        rows = [row for row in csv.DictReader(lines) if row["file"] in sure]
    h = np.array([float(row["h_ppm"]) for row in rows])
    c = np.array([float(row["c_ppm"]) for row in rows])
    for name in ("DSS", "CDCl3"):
        for signal in solvent_named(name).signals:
            near = (abs(h - signal.h_ppm) < 0.12) & (abs(c - signal.c_ppm) < 1.5)
            assert near.sum() >= 8
            assert np.median(h[near]) == pytest.approx(signal.h_ppm, abs=0.02)
            assert np.median(c[near]) == pytest.approx(signal.c_ppm, abs=0.25)
