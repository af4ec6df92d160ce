"""From spectra to network inputs; every peak lands in the cell its ppm says."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict

import numpy as np
import pytest
from builders import list_spectrum, peak_list
from PIL import Image

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.mixtures import mix
from nmrcam_qt.core.preprocessing import (
    KNOWN_MIXTURE_WARNING,
    MIXTURE_WARNING,
    coverage_warnings,
    feed,
    ink,
    ink_on_grid,
    prepare,
    prepare_inputs,
)
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC


def spec(experiment=HSQC, **changes):
    values = {
        "name": experiment.value,
        "experiment": experiment,
        "shape": (205, 300, 1),
        "f1_window_ppm": (0.0, 200.0),
        "f2_window_ppm": (10.0, 0.0),
    }
    return InputSpec(**(values | changes))


def card(*inputs, mixtures=False):
    return Card(
        id="toy",
        title="Toy",
        inputs=inputs,
        classes=(ClassSpec("a", "A", "", "#000000"),),
        head="sigmoid",
        thresholds=(0.5,),
        layers=("conv1",),
        default_layer="conv1",
        trained_on_mixtures=mixtures,
    )


def assert_in_their_cells(spectrum, target):
    """Every peak is full in its cell, and nothing is far from any peak."""
    grid = ink_on_grid(spectrum, target)
    h, c = spectrum.peaks.h_ppm, spectrum.peaks.c_ppm
    inside = 0
    for x, y in zip(h, c, strict=True):
        if not (0 <= x <= 10 and 0 <= y <= 200):
            continue
        row, column = int(y / 200 * 205 + 1e-9), int((10 - x) / 10 * 300 + 1e-9)
        assert grid[min(row, 204), min(column, 299)] == 1, (x, y)
        inside += 1
    for row, column in np.argwhere(grid > 0.5):
        near = (abs(h - target.f2.centres[column]) < 0.06) & (abs(c - target.f1.centres[row]) < 2.2)
        assert near.any()
    return inside


def test_generated_lists_land_in_their_cells(tmp_path):
    rng = np.random.default_rng(5)
    for number in range(50):
        points = np.column_stack([rng.uniform(0.01, 9.99, 25), rng.uniform(0.1, 199.9, 25)])
        path = tmp_path / f"list{number}_hsqc.csv"
        rows = "\n".join(f"{h:.4f},{c:.3f}" for h, c in points)
        path.write_text("1H,13C\n" + rows, encoding="utf-8")
        assert assert_in_their_cells(read_spectrum(path), spec()) == 25


def test_fifty_real_lists_land_in_their_cells(data_dir, tmp_path):
    lists = defaultdict(list)
    source = data_dir / "deepsat_hsqc" / "peaks.csv.gz"
    with gzip.open(source, "rt", newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            lists[row["file"]].append((row["c_ppm"], row["h_ppm"], row["intensity"]))
            if len(lists) > 50:
                break
    total = 0
    for name, rows in list(lists.items())[:50]:
        path = tmp_path / name
        table = "\n".join(",".join(row) for row in rows)
        path.write_text("13C,1H,Intensity\n" + table, encoding="utf-8")
        spectrum = read_spectrum(path)
        assert len(spectrum.peaks) == len(rows)
        total += assert_in_their_cells(spectrum, spec())
    assert total > 500


def test_a_picture_of_one_pixel_lands_in_its_cell(tmp_path):
    pixels = np.full((410, 600), 255, np.uint8)
    pixels[101, 317] = 0
    path = tmp_path / "one_hsqc.png"
    Image.fromarray(pixels).save(path)
    grid = ink_on_grid(read_spectrum(path), spec())
    assert np.argwhere(grid).tolist() == [[50, 158]]
    assert grid[50, 158] == 1


def test_background_orientation_and_channels():
    spectrum = list_spectrum([(5.0, 100.0)])
    plain = prepare(spectrum, spec())
    assert plain.shape == (205, 300, 1)
    white = prepare(spectrum, spec(background=1))
    np.testing.assert_allclose(white, 1 - plain, atol=1e-6)
    turned = prepare(spectrum, spec(rows="f2", shape=(300, 205, 3)))
    assert turned.shape == (300, 205, 3)
    np.testing.assert_array_equal(turned[:, :, 2], plain[:, :, 0].T)
    assert feed(np.zeros((205, 300), np.float32), spec()).shape == (205, 300, 1)


def test_negative_peaks_are_ink_too():
    spectrum = list_spectrum([(5.0, 100.0)])
    negative = Spectrum(
        "n",
        -spectrum.intensity,
        spectrum.f1,
        spectrum.f2,
        HSQC,
        spectrum.provenance,
        peak_list([(5.0, 100.0)], intensity=-3.0),
    )
    np.testing.assert_array_equal(ink(negative), ink(spectrum))
    np.testing.assert_array_equal(prepare(negative, spec()), prepare(spectrum, spec()))


def test_instrument_data_are_inked_above_their_base():
    f1, f2 = Axis.from_edges("13C", 0, 200, 2), Axis.from_edges("1H", 10, 0, 2)
    source = Provenance("x", SourceKind.INSTRUMENT, "raw")
    spectrum = Spectrum("x", np.array([[5, -10], [0, 2]]), f1, f2, HSQC, source)
    np.testing.assert_array_equal(ink(spectrum), [[1, 1], [0, 1]])
    empty = Spectrum("x", np.zeros((2, 2)), f1, f2, HSQC, source)
    assert not ink(empty).any()


@pytest.mark.parametrize(
    ("spectrum", "expected"),
    [
        (list_spectrum([(5.0, 100.0)]), []),
        (list_spectrum([(5.0, 100.0)], HMBC), ["trained on HSQC, this is HMBC"]),
        (list_spectrum([]), ["No signal"]),
        (list_spectrum([(5.0, 100.0), (11.0, 50.0)]), ["50% of the signal"]),
        (list_spectrum([(11.0, 50.0)]), ["100% of the signal", "No signal"]),
    ],
)
def test_what_limits_trust_is_said(spectrum, expected):
    said = coverage_warnings(spectrum, spec(), ink_on_grid(spectrum, spec()))
    assert len(said) == len(expected)
    for text, part in zip(said, expected, strict=True):
        assert part in text


def test_assumptions_become_warnings(tmp_path):
    path = tmp_path / "a_hsqc.png"
    Image.new("L", (60, 40), 255).save(path)
    prepared = prepare_inputs(card(spec()), [read_spectrum(path)])
    assert prepared.warnings[0] == "axes assumed 10–0 / 0–200 ppm."
    assert prepared.warnings[-1] == MIXTURE_WARNING
    assert not prepared.examples[0].flags.writeable


def test_pairs_go_to_their_inputs_in_any_order():
    two = card(spec(HSQC), spec(HMBC), mixtures=True)
    hsqc, hmbc = list_spectrum([(5.0, 100.0)]), list_spectrum([(1.0, 10.0)], HMBC)
    forth, back = prepare_inputs(two, [hsqc, hmbc]), prepare_inputs(two, [hmbc, hsqc])
    for one, other in zip(forth.examples, back.examples, strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(forth.examples[0], prepare(hsqc, spec()))
    assert forth.warnings == ()
    for wrong in ([hsqc], [hsqc, hsqc], [hsqc, list_spectrum([(1.0, 10.0)], None)]):
        with pytest.raises(NetworkError, match="expected HSQC"):
            prepare_inputs(two, wrong)


def test_a_known_mixture_is_warned_of_as_one(tmp_path):
    path = tmp_path / "a_hsqc.csv"
    path.write_text("# mixture: two lists united\n1H,13C\n5.0,100.0\n1.2,20.0\n")
    spectrum = read_spectrum(path)
    assert prepare_inputs(card(spec()), [spectrum]).warnings[-1] == KNOWN_MIXTURE_WARNING
    assert prepare_inputs(card(spec(), mixtures=True), [spectrum]).warnings == ()
    ours = mix(list_spectrum([(5.0, 100.0)]), [list_spectrum([(1.0, 20.0)])]).spectrum
    assert KNOWN_MIXTURE_WARNING in prepare_inputs(card(spec()), [ours]).warnings
