"""Does a measured spectrum reach a network as its picture would?

    python benchmarks/ink/ink.py --data ../shared/data

Three comparisons, all with the shipped networks of one experiment. ``dp`` is the mean over
the classes of |p(picture) - p(ink)|, ``agree`` the share of spectra with the same top class.

* ``drawn``: spectra simulated from calibrated peaks of BMRB; the same contours drawn by
  matplotlib, saved as PNG, and read as a picture. Both ways must give the same.
* ``bmrb``: real pictures of BMRB (calibrated axes) against spectra simulated from the peaks
  recorded in them. Heights follow from the contours' areas, widths are those of the median
  peak, and noise, t1 ridges on the columns of the strongest peaks and a water streak are
  added.
* ``study``: pictures of the study (kuhn2021) against spectra simulated from BMRB's calibrated
  list of the same entry. ``fitting`` are those whose pictures lie on 10-0 / 0-200 ppm
  (see ``peak_width.py``); the rest shows what the study's axes cost.
* ``deepsat``: BMRB's HSQC pictures against spectra simulated from DeepSAT's HSQC list of the
  same compound: other spectrometers, solvents and references.

``naive`` is what nmrcam did before: magnitude over its maximum, resampled. ``solvent`` adds
a signal 1000 times as high as the strongest of the sample at 2.50/39.5 ppm to the spectrum
(and its mask to neither): how much one solvent changes the answer. ``list`` is the peak list
drawn as Gaussians, which knows nothing of heights and noise.

The networks saw some of these compounds in training. Nothing here says how good they are.
"""

from __future__ import annotations

import argparse
import csv
import json
import platform
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "tests")]

from ink_builders import plotted  # noqa: E402
from peak_width import bmrb_lists, same_spectrum, scores  # noqa: E402

from nmrcam_qt.core.axis import Axis  # noqa: E402
from nmrcam_qt.core.datasets import kuhn_entries, open_dataset  # noqa: E402
from nmrcam_qt.core.drawing import draw_peaks  # noqa: E402
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, ink_on_grid  # noqa: E402
from nmrcam_qt.core.readers.pictures import read_picture  # noqa: E402
from nmrcam_qt.core.resample import area_maximum  # noqa: E402
from nmrcam_qt.core.spectrum import (  # noqa: E402
    Experiment,
    PeakList,
    Provenance,
    SourceKind,
    Spectrum,
)
from nmrcam_qt.ml.network import Network  # noqa: E402

F1, F2 = Axis.from_edges("13C", 205.0, -5.0, 512), Axis.from_edges("1H", 10.5, -0.5, 1024)
FWHM_H, FWHM_C = 0.045, 2.0
"""So that contours of a peak three times the base are as large as BMRB's isolated peaks."""
MEASURED = Provenance("simulated", SourceKind.INSTRUMENT, "simulated")
SOLVENT = (2.50, 39.5)
T1_NOISE, STREAK_PPM, STREAK = 0.004, 4.79, 15.0
MOST = 150
"""Spectra of one comparison."""


@dataclass(frozen=True)
class Both:
    """One spectrum both ways: grids of ink by name; ``picture`` is what is compared with."""

    grids: dict[str, np.ndarray]


def simulate(
    h: np.ndarray, c: np.ndarray, heights: np.ndarray, seed: int, artefacts: bool = True
) -> Spectrum:
    """Gaussian peaks in noise of unit standard deviation, with t1 ridges and a water streak."""
    rng = np.random.default_rng(seed)
    image = rng.normal(0, 1, (F1.size, F2.size))
    down = np.exp(-4 * np.log(2) * ((F1.centres[:, None] - c) / FWHM_C) ** 2)
    across = np.exp(-4 * np.log(2) * ((F2.centres[:, None] - h) / FWHM_H) ** 2)
    image += (down * heights) @ across.T
    if artefacts:
        ridge = T1_NOISE * (np.abs(heights) * across).sum(axis=1)
        water = STREAK * np.exp(-(((F2.centres - STREAK_PPM) / 0.02) ** 2))
        image += rng.normal(0, 1, image.shape) * (ridge + water)
    return Spectrum("simulated", image, F1, F2, None, MEASURED)


def naive(spectrum: Spectrum, spec) -> np.ndarray:
    """Magnitude over its maximum."""
    size = np.abs(spectrum.intensity)
    return area_maximum(size / size.max(), spectrum.f1, spectrum.f2, spec.f1, spec.f2)


def grids_of(spectrum: Spectrum, h, c, heights, seed: int, spec) -> dict[str, np.ndarray]:
    """A simulated spectrum every way, with and without a huge solvent."""
    place = [np.append(a, b) for a, b in ((h, SOLVENT[0]), (c, SOLVENT[1]))]
    flooded = simulate(*place, np.append(heights, 1000 * np.abs(heights).max()), seed)
    peaks = PeakList(h, c, np.ones(len(h)))
    return {
        "ink": ink_on_grid(spectrum, spec),
        "naive": naive(spectrum, spec),
        "ink, solvent": ink_on_grid(flooded, spec),
        "naive, solvent": naive(flooded, spec),
        "list": draw_peaks(peaks, spec.f1, spec.f2),
    }


def heights_of(areas: np.ndarray) -> np.ndarray:
    """Heights whose lowest contour (20 × noise) has these areas in ppm²."""
    over = np.exp(areas * 4 * np.log(2) / (np.pi * FWHM_H * FWHM_C))
    return 20 * np.clip(over, 1.2, 300)


def usual_heights(n: int, rng: np.random.Generator) -> np.ndarray:
    """Heights of peaks of which nobody knows them: 30 to 1000 times the noise."""
    return 10 ** rng.uniform(1.5, 3, n)


def bmrb_points(folder: Path) -> dict[str, np.ndarray]:
    """Peaks by picture: ¹H, ¹³C, area in ppm²."""
    import gzip

    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        rows = {row["file"]: row for row in csv.DictReader(handle)}
    found = defaultdict(list)
    with gzip.open(folder / "peaks.csv.gz", "rt", newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            entry = rows[row["file"]]
            if entry["cal_conf"] in ("A", "B"):
                scale = float(entry["x_per_ppm"]) * float(entry["y_per_ppm"])
                area = float(row["area"]) / scale
                found[row["file"]].append((float(row["h_ppm"]), float(row["c_ppm"]), area))
    return {file: np.array(points) for file, points in found.items()}


def drawn_pairs(lists: Iterable[np.ndarray], spec, folder: Path) -> list[Both]:
    """Simulated spectra and what matplotlib makes of them."""
    made = []
    for seed, points in enumerate(lists):
        h, c = points[:, 0], points[:, 1]
        heights = usual_heights(len(h), np.random.default_rng(seed))
        # Within a factor of 20 no foot is cut off, so that the base is one number.
        spectrum = simulate(h, c, np.minimum(heights, 390), seed, artefacts=False)
        path = folder / "picture.png"
        plotted(spectrum, path, 20.0)
        grids = {"picture": ink_on_grid(read_picture(path), spec)}
        made.append(Both(grids | {"ink": ink_on_grid(spectrum, spec)}))
    return made


def bmrb_pairs(data: Path, experiment: Experiment, spec, points: dict) -> list[Both]:
    """Real calibrated pictures and spectra simulated from their peaks."""
    dataset = open_dataset(data / "bmrb2d")
    made = []
    for seed, entry in enumerate(dataset.having([experiment])):
        found = points.get(entry.id)
        if found is None or len(made) == MOST:
            continue
        # The dataset paints reference and CHCl3 with background.
        keep = ~((np.abs(found[:, 0]) < 0.2) & (np.abs(found[:, 1]) < 5))
        keep &= ~((np.abs(found[:, 0] - 7.26) < 0.2) & (np.abs(found[:, 1] - 77.2) < 2))
        if not keep.any():
            continue
        h, c, heights = found[keep, 0], found[keep, 1], heights_of(found[keep, 2])
        picture = ink_on_grid(dataset.load(entry, experiment), spec)
        spectrum = simulate(h, c, heights, seed)
        grids = grids_of(spectrum, h, c, heights, seed, spec)
        made.append(Both({"picture": picture} | grids))
    return made


def study_pairs(data: Path, experiment: Experiment, spec) -> dict[str, list[Both]]:
    """Pictures of the study and spectra simulated from BMRB's list of the same entry."""
    lists = bmrb_lists(data / "bmrb2d")
    made: dict[str, list[Both]] = {"fitting": [], "other axes": []}
    for seed, entry in enumerate(kuhn_entries(data / "kuhn2021")):
        peaks = lists.get((entry.id, experiment))
        if peaks is None or not entry.published_class:
            continue
        picture = ink_on_grid(read_picture(entry.files[experiment]), spec)
        heights = usual_heights(len(peaks), np.random.default_rng(seed))
        spectrum = simulate(peaks.h_ppm, peaks.c_ppm, heights, seed)
        grids = grids_of(spectrum, peaks.h_ppm, peaks.c_ppm, heights, seed, spec)
        fits = same_spectrum(picture, draw_peaks(peaks, spec.f1, spec.f2))
        made["fitting" if fits else "other axes"].append(Both({"picture": picture} | grids))
    return made


def deepsat_pairs(data: Path, spec) -> list[Both]:
    """BMRB's HSQC pictures and spectra simulated from DeepSAT's list of the compound."""
    lists = open_dataset(data / "deepsat_hsqc")
    by_compound = {entry.compound: entry for entry in lists.entries}
    pictures, made, seen = open_dataset(data / "bmrb2d"), [], set()
    for seed, entry in enumerate(pictures.having([Experiment.HSQC])):
        other = by_compound.get(entry.compound)
        if other is None or entry.compound in seen or len(made) == MOST:
            continue
        seen.add(entry.compound)
        peaks = lists.load(other, Experiment.HSQC).peaks
        heights = usual_heights(len(peaks), np.random.default_rng(seed))
        heights *= np.where(peaks.intensity < 0, -1, 1)
        spectrum = simulate(peaks.h_ppm, peaks.c_ppm, heights, seed)
        picture = ink_on_grid(pictures.load(entry, Experiment.HSQC), spec)
        grids = grids_of(spectrum, peaks.h_ppm, peaks.c_ppm, heights, seed, spec)
        made.append(Both({"picture": picture} | grids))
    return made


def figures(network: Network, pairs: list[Both]) -> dict[str, object]:
    """|Δp|, agreement and ink of every way, against the picture."""
    if not pairs:
        return {"n": 0}
    truth = scores(network, np.stack([pair.grids["picture"] for pair in pairs]))
    said: dict[str, object] = {"n": len(pairs)}
    for name in pairs[0].grids:
        if name == "picture":
            continue
        guess = scores(network, np.stack([pair.grids[name] for pair in pairs]))
        dp = np.abs(guess - truth).mean(axis=1)
        same = guess.argmax(axis=1) == truth.argmax(axis=1)
        inks = [
            (pair.grids[name] > INK_THRESHOLD).sum()
            / max((pair.grids["picture"] > INK_THRESHOLD).sum(), 1)
            for pair in pairs
        ]
        said[name] = {
            "dp": round(float(dp.mean()), 4),
            "dp_median": round(float(np.median(dp)), 4),
            "dp_p90": round(float(np.percentile(dp, 90)), 4),
            "agree": round(float(same.mean()), 3),
            "area_ratio": round(float(np.median(inks)), 3),
        }
    return said


def measure(data: Path, models: Path, say: Callable[[str], object]) -> dict[str, object]:
    """All figures."""
    points = bmrb_points(data / "bmrb2d")
    dataset = open_dataset(data / "bmrb2d")
    result: dict[str, object] = {}
    for experiment in Experiment:
        network = Network.load(models / f"kuhn-{experiment.value}")
        spec = network.card.inputs[0]
        ids = [entry.id for entry in dataset.having([experiment]) if entry.id in points]
        with tempfile.TemporaryDirectory() as folder:
            drawn = drawn_pairs([points[i] for i in ids[:MOST:3]], spec, Path(folder))
        found: dict[str, object] = {"drawn": figures(network, drawn)}
        found["bmrb"] = figures(network, bmrb_pairs(data, experiment, spec, points))
        for name, pairs in study_pairs(data, experiment, spec).items():
            found[f"study, {name}"] = figures(network, pairs)
        if experiment is Experiment.HSQC:
            found["deepsat"] = figures(network, deepsat_pairs(data, spec))
        result[experiment.value] = {"network": network.sha256, **found}
        for name, one in found.items():
            say(f"{experiment.label} {name}: {json.dumps(one)}")
    return result


def main() -> None:
    """Measure, print, write the JSON beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    result = {
        "command": "python benchmarks/ink/ink.py --data ../shared/data",
        "python": platform.python_version(),
        "line_widths_ppm": {"h": FWHM_H, "c": FWHM_C},
        **measure(args.data, args.models, print),
    }
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
