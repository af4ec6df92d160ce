"""Which drawn peak width makes a peak list look to the networks like its picture?

For every compound that is both a picture of the study (kuhn2021) and a calibrated
BMRB peak list (bmrb2d), the list is drawn with every width of a small grid, and
picture and list are given to the study's network of that experiment:

    python benchmarks/peak_width.py --data ../shared/data

Figures, as means over the spectra of both experiments and, apart, per experiment:

* ``dp``: mean over the classes of |p(picture) - p(list)|,
* ``agree``: share of spectra with the same top class,
* ``ink``: ratio of the summed ink, list over picture (median),
* ``area``: ratio of the cells with ink > 0.1, list over picture (median).

The networks were trained on these very pictures, so ``dp`` says how alike the two
drawings are to the network and nothing about how good the network is.

Pairs of which less than ``MIN_OVERLAP`` of the list's peaks lie on the picture's ink,
wherever they are moved by up to ``MAX_MOVE`` cells, are counted and left out: their
pictures do not lie on 10-0 / 0-200 ppm. So are
33 of the 34 HSQC training pictures that can be compared (tryptophan's, bmse000050, spans
about 11.3 to -1.6 / -2 to 154 ppm, others other windows), so that the widths are measured
on HMBC all but alone.

``contours`` is the size of the contours themselves: the median bounding box, in ppm, of
BMRB's peaks that are a connected component of their own.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import platform
from collections import defaultdict
from pathlib import Path

import numpy as np

from nmrcam_qt.core.datasets import kuhn_entries
from nmrcam_qt.core.drawing import FWHM_C_PPM, FWHM_H_PPM, draw_peaks
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, feed, ink_on_grid
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment, PeakList
from nmrcam_qt.ml.network import Network

ROOT = Path(__file__).resolve().parents[1]
MIN_OVERLAP = 0.5
MAX_MOVE = 8
WIDTHS_H = (0.02, 0.04, 0.06, 0.08, 0.10, 0.14)
WIDTHS_C = (0.6, 1.2, 1.8, 2.4, 3.2, 4.0)


def bmrb_lists(folder: Path) -> dict[tuple[str, Experiment], PeakList]:
    """Calibrated BMRB peak lists by (entry, experiment); the first of an entry's."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    wanted = {
        row["file"]: (row["bmse"], Experiment[row["experiment_true"]])
        for row in rows
        if row["experiment_true"] in ("HSQC", "HMBC")
        and row["cal_conf"] in ("A", "B")
        and row["q_unusable"] == "0"
        and row["q_f1mirror"] == "0"
    }
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with gzip.open(folder / "peaks.csv.gz", "rt", newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["file"] in wanted:
                points[row["file"]].append((float(row["h_ppm"]), float(row["c_ppm"])))
    lists: dict[tuple[str, Experiment], PeakList] = {}
    for file, key in wanted.items():
        if file in points and key not in lists:
            array = np.array(points[file])
            lists[key] = PeakList(array[:, 0], array[:, 1], np.ones(len(array)))
    return lists


def contour_sizes(folder: Path) -> dict[str, dict[str, float]]:
    """Median bounding box of isolated peaks, ppm, per experiment."""
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        rows = {row["file"]: row for row in csv.DictReader(handle)}
    sizes: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with gzip.open(folder / "peaks.csv.gz", "rt", newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            entry = rows[row["file"]]
            if entry["cal_conf"] not in ("A", "B") or row["area"] != f"{row['comp_area']}.0":
                continue
            width = (int(row["bx1"]) - int(row["bx0"]) + 1) / float(entry["x_per_ppm"])
            height = (int(row["by1"]) - int(row["by0"]) + 1) / float(entry["y_per_ppm"])
            sizes[entry["experiment_true"]].append((width, height))
    found = {}
    for experiment in Experiment:
        width, height = np.median(np.array(sizes[experiment.label]), axis=0)
        found[experiment.value] = {
            "h_ppm": round(float(width), 3),
            "c_ppm": round(float(height), 2),
            "n": len(sizes[experiment.label]),
        }
    return found


def same_spectrum(picture: np.ndarray, drawn: np.ndarray) -> bool:
    """Whether the list's peaks lie on the picture's ink, up to a small move."""
    there, here = picture > INK_THRESHOLD, drawn == 1
    moves = range(-MAX_MOVE, MAX_MOVE + 1)
    best = max((there & np.roll(here, (i, j), (0, 1))).sum() for i in moves for j in moves)
    return bool(best >= MIN_OVERLAP * max(int(here.sum()), 1))


def measure(data: Path, models: Path) -> dict[str, object]:
    """All figures."""
    lists = bmrb_lists(data / "bmrb2d")
    per_width: dict[tuple[float, float], dict[Experiment, list[tuple[float, ...]]]] = {
        (h, c): defaultdict(list) for h in WIDTHS_H for c in WIDTHS_C
    }
    counts, apart = {}, {}
    for experiment in Experiment:
        network = Network.load(models / f"kuhn-{experiment.value}")
        spec = network.card.inputs[0]
        pairs = [
            (ink_on_grid(read_picture(entry.files[experiment]), spec), lists[entry.id, experiment])
            for entry in kuhn_entries(data / "kuhn2021")
            if (entry.id, experiment) in lists and entry.published_class
        ]
        fitting = [p for p in pairs if same_spectrum(p[0], draw_peaks(p[1], spec.f1, spec.f2))]
        apart[experiment.value] = len(pairs) - len(fitting)
        if not fitting:
            continue
        pairs = fitting
        counts[experiment.value] = len(pairs)
        pictures = np.stack([grid for grid, _ in pairs])
        truth = scores(network, pictures)
        for width, found in per_width.items():
            drawn = np.stack([draw_peaks(peaks, spec.f1, spec.f2, *width) for _, peaks in pairs])
            guess = scores(network, drawn)
            for i in range(len(pairs)):
                found[experiment].append(
                    (
                        float(np.abs(guess[i] - truth[i]).mean()),
                        float(guess[i].argmax() == truth[i].argmax()),
                        float(drawn[i].sum() / pictures[i].sum()),
                        float((drawn[i] > INK_THRESHOLD).sum())
                        / float((pictures[i] > INK_THRESHOLD).sum()),
                    )
                )
    table = []
    for (h, c), found in per_width.items():
        row: dict[str, object] = {"fwhm_h_ppm": h, "fwhm_c_ppm": c}
        row.update(figures([*found[Experiment.HSQC], *found[Experiment.HMBC]]))
        row.update({e.value: figures(found[e]) for e in Experiment if found[e]})
        table.append(row)
    return {
        "command": "python benchmarks/peak_width.py --data ../shared/data",
        "python": platform.python_version(),
        "networks": {e.value: Network.load(models / f"kuhn-{e.value}").sha256 for e in Experiment},
        "n": counts,
        "left_out": apart,
        "contours": contour_sizes(data / "bmrb2d"),
        "chosen": {"fwhm_h_ppm": FWHM_H_PPM, "fwhm_c_ppm": FWHM_C_PPM},
        "table": table,
    }


def scores(network: Network, grids: np.ndarray) -> np.ndarray:
    """Scores ``(n, classes)`` of ink grids ``(n, f1, f2)``."""
    spec = network.card.inputs[0]
    examples = np.stack([feed(grid, spec) for grid in grids])
    return network.scores(network.logits([examples]))


def figures(found: list[tuple[float, ...]]) -> dict[str, float]:
    """Means (and medians of the ratios) over spectra."""
    array = np.array(found)
    return {
        "dp": round(float(array[:, 0].mean()), 4),
        "agree": round(float(array[:, 1].mean()), 4),
        "ink": round(float(np.median(array[:, 2])), 3),
        "area": round(float(np.median(array[:, 3])), 3),
    }


def main() -> None:
    """Measure, print, write the JSON beside this script."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--models", type=Path, default=ROOT / "models")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    result = measure(args.data, args.models)
    print(f"spectra: {result['n']}, left out: {result['left_out']}")
    print(f"contours: {result['contours']}")
    for row in sorted(result["table"], key=lambda r: r["dp"]):
        print(
            f"{row['fwhm_h_ppm']:.2f} x {row['fwhm_c_ppm']:.1f} ppm: |dp| {row['dp']:.3f}, "
            f"same top class {row['agree']:.2f}, ink {row['ink']:.2f}, area {row['area']:.2f}"
        )
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
