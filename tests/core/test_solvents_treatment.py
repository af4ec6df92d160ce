"""Axes are moved and solvents left out before anything else sees a spectrum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from builders import list_spectrum
from ink_builders import measured

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.preprocessing import coverage_warnings, ink_on_grid
from nmrcam_qt.core.reference import Reference
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.treatment import OWN, Treatment, TreatmentError, shift, treated

SPEC = InputSpec("hmbc", Experiment.HMBC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
SAMPLE, CHCL3 = (3.5, 60.0, 300), (7.26, 77.16, 3000)


def in_chloroform(peaks, solvent="CDCl3"):
    return replace(measured(peaks), acquisition=Acquisition(solvent, 500.13))


@pytest.mark.parametrize(("text", "offset"), [("0.03", 0.03), ("-1", -1), ("7.24=7.26", 0.02)])
def test_shifts(text, offset):
    assert shift(text).offset == pytest.approx(offset)


@pytest.mark.parametrize("text", ["", "x", "1=", "=2", "nan", "inf", "1e9", "1=2=3"])
def test_what_is_no_shift(text):
    with pytest.raises(TreatmentError, match="is no shift"):
        shift(text)


def test_axes_and_peaks_move_together():
    reference = Reference(shift("0.5"), shift("-2"))
    spectrum = list_spectrum([(5.0, 100.0)])
    moved = treated(spectrum, Treatment(reference))
    assert moved.peaks.h_ppm[0] == 5.5
    assert moved.peaks.c_ppm[0] == 98.0
    assert moved.f2.first_ppm == spectrum.f2.first_ppm + 0.5
    assert moved.f1.last_ppm == spectrum.f1.last_ppm - 2
    assert moved.provenance.notes[-1] == "referenced by the user: ¹H +0.5 ppm, ¹³C -2 ppm"
    grid, other = ink_on_grid(moved, SPEC), ink_on_grid(spectrum, SPEC)
    assert grid[SPEC.f1.cell(98.0), SPEC.f2.cell(5.5)] == 1
    assert other[SPEC.f1.cell(98.0), SPEC.f2.cell(5.5)] < 1


@pytest.mark.parametrize("wanted", [OWN, "cdcl3", "Chloroform-d"])
def test_the_solvent_is_left_out(wanted):
    spectrum = in_chloroform([SAMPLE, CHCL3])
    grid = ink_on_grid(spectrum, SPEC)
    (warning,) = [t for t in coverage_warnings(spectrum, SPEC, grid) if "solvent" in t]
    assert "CHCl3 in CDCl3" in warning
    cleaned = treated(spectrum, Treatment(exclude=wanted))
    without = ink_on_grid(cleaned, SPEC)
    np.testing.assert_array_equal(without > 0.1, ink_on_grid(in_chloroform([SAMPLE]), SPEC) > 0.1)
    said = coverage_warnings(cleaned, SPEC, without)
    assert not any("solvent" in t for t in said)
    assert "Masked regions are blank to the network: CHCl3, TMS." in said
    assert cleaned.provenance.notes[-1] == "excluded from analysis: CHCl3, TMS"


def test_no_warning_without_a_signal_there():
    spectrum = in_chloroform([SAMPLE])
    said = coverage_warnings(spectrum, SPEC, ink_on_grid(spectrum, SPEC))
    assert not any("solvent" in text for text in said)


def test_an_unnamed_solvent_is_said():
    for name in ("", "moon dust"):
        same = treated(in_chloroform([SAMPLE], name), Treatment(exclude=OWN))
        assert same.masks == ()
        assert "names no solvent" in same.provenance.assumed[-1]
    with pytest.raises(TreatmentError, match="no solvent 'moon' is known; expected one of cdcl3"):
        treated(measured([]), Treatment(exclude="moon"))
