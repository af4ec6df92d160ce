"""Frozen, read-only, checked at the boundary."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from builders import list_spectrum, peak_list

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum

F1 = Axis.from_edges("13C", 0, 200, 4)
F2 = Axis.from_edges("1H", 10, 0, 5)
FROM = Provenance(path="x.png", kind=SourceKind.PICTURE, format="PNG picture")


def make(shape=(4, 5), f1=F1, f2=F2):
    return Spectrum("x", np.zeros(shape), f1, f2, None, FROM)


def test_arrays_are_copied_and_read_only():
    values = np.zeros((4, 5))
    spectrum = Spectrum("x", values, F1, F2, None, FROM)
    values[0, 0] = 7
    assert spectrum.intensity[0, 0] == 0
    assert spectrum.intensity.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        spectrum.intensity[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        spectrum.name = "y"


def test_shape_must_match_axes():
    with pytest.raises(ValueError, match="does not match axes"):
        make(shape=(5, 4))


def test_axes_must_not_be_swapped():
    with pytest.raises(ValueError, match="F1 must be 13C"):
        make(shape=(5, 4), f1=F2, f2=F1)


def test_with_experiment_changes_only_that():
    before = list_spectrum([(1.0, 20.0)], experiment=None)
    after = before.with_experiment(Experiment.HMBC)
    assert after.experiment is Experiment.HMBC
    assert before.experiment is None
    np.testing.assert_array_equal(after.intensity, before.intensity)
    assert after.peaks is before.peaks


def test_peak_lists_are_checked():
    peaks = peak_list([(1.0, 20.0), (2.0, 30.0)])
    assert len(peaks) == 2
    assert peaks.annotation == ("", "")
    assert not peaks.h_ppm.flags.writeable
    with pytest.raises(ValueError, match="not finite"):
        PeakList(np.array([np.nan]), np.array([1.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="shape"):
        PeakList(np.array([1.0]), np.array([1.0, 2.0]), np.array([1.0]))
    with pytest.raises(ValueError, match="annotation"):
        PeakList(np.array([1.0]), np.array([1.0]), np.array([1.0]), ("a", "b"))


def test_only_what_somebody_could_write_into_is_copied():
    axes = Axis("13C", 0.0, 100.0, 3), Axis("1H", 10.0, 0.0, 4)
    where = Provenance("a.png", SourceKind.PICTURE, "PNG picture")
    whole = np.ones((3, 4), np.float32)
    view = whole[:]
    view.setflags(write=False)
    assert Spectrum("a", view, *axes, None, where).intensity is not view
    kept = Spectrum("a", whole, *axes, None, where)
    whole[:] = 0
    assert kept.intensity.all()
    assert kept.with_experiment(Experiment.HSQC).intensity is kept.intensity


def test_experiment_labels():
    assert [e.label for e in Experiment] == ["HSQC", "HMBC"]
