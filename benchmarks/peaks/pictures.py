"""Recall of the recorded peaks of bmrb2d by picking in its pictures.

    python benchmarks/peaks/pictures.py --data ../shared/data --part report

Pictures with `cal_conf` A that `core.datasets_pictures` would use (no TOCSY, nothing
unusable, no mirrored HMBC, nothing folded), read by the ordinary picture reader with the
axes of their calibration and picked with the default settings. The recorded peaks were made
from the same pictures by contour rings with their colours. The reader tells two colours apart
too and counts the rarer one as negative; recall of peaks of either recorded sign is reported
apart, and of those met whether the picked sign is the recorded one (`signs_right`).

Compounds are split by the first block of their InChIKey as in `simulated.py`; everything in
`core/picking/rings.py` was settled on the half "tune". One to one within the tolerance.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import platform
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from matching import bootstrap, matched

from nmrcam_qt.core.datasets_pictures import ONE_BOND, Calibration
from nmrcam_qt.core.picking import pick_peaks
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment

TOLERANCES = {"0.05/1.0": (0.05, 1.0), "0.03/0.7": (0.03, 0.7), "0.05/1.5": (0.05, 1.5)}
"""Half a ring is 0.03 to 0.04 ppm by 1.2 to 1.5 ppm (`peak_width.json`); a pixel of the
pictures is 0.013 or 0.017 ppm by 0.34 ppm."""
MET, TRUE, PICKED = range(3)


def usable(data: Path, part: str) -> list[dict[str, str]]:
    """Rows of the manifest of one half."""
    with (data / "bmrb2d" / "manifest.csv").open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    kept = []
    for row in rows:
        hmbc = row["experiment_true"] == "HMBC"
        good = row["cal_conf"] == "A" and row["q_unusable"] == "0" and row["q_folded13C"] == "0"
        good &= (hmbc and row["q_f1mirror"] == "0") or row["experiment_true"] in ONE_BOND
        even = hashlib.sha256(row["inchikey14"].encode()).digest()[0] % 2 == 0
        if good and even == (part == "tune"):
            kept.append(row)
    return kept


def recorded(data: Path, files: set[str]) -> dict[str, list[tuple[float, float, str]]]:
    """Recorded peaks by file: ¹H, ¹³C, sign."""
    found: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    path = data / "bmrb2d" / "peaks.csv.gz"
    with gzip.open(path, "rt", newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["file"] in files:
                found[row["file"]].append((float(row["h_ppm"]), float(row["c_ppm"]), row["sign"]))
    return found


def picked(data: Path, row: dict[str, str]) -> np.ndarray:
    """Peaks of one picture, float64 ``(n, 3)``: ¹H, ¹³C, sign."""
    path = data / "bmrb2d" / "images" / row["file"]
    calibration = Calibration(*(float(row[k]) for k in ("x0", "x_per_ppm", "y0", "y_per_ppm")))
    f1, f2 = calibration.axes((791, 1133))
    experiment = Experiment.HMBC if row["experiment_true"] == "HMBC" else Experiment.HSQC
    spectrum = read_spectrum(path, ReadOptions(experiment, f2.edges, f1.edges))
    if spectrum.intensity.shape != (791, 1133):
        raise SystemExit(f"{path.name} has another size")
    peaks = pick_peaks(spectrum).peaks
    return np.array([(p.h_ppm, p.c_ppm, np.sign(p.height)) for p in peaks]).reshape(-1, 3)


def figures(rows: list[dict[str, str]], places: dict, truth: dict, name: str) -> dict:
    """Recall and picks per recorded peak of some pictures."""
    counts, by_sign, signs = [], defaultdict(lambda: [0, 0]), [0, 0]
    for row in rows:
        true = truth.get(row["file"], [])
        members = [np.array([peak[:2]]) for peak in true]
        pairs = matched(places[row["file"]], members, TOLERANCES[name])
        met = {j for _, j in pairs}
        if any(sign == "-" for _, _, sign in true):
            right = [(places[row["file"]][i, 2] < 0) == (true[j][2] == "-") for i, j in pairs]
            signs[0] += sum(right)
            signs[1] += len(right)
        for j, (_, _, sign) in enumerate(true):
            by_sign[sign][0] += j in met
            by_sign[sign][1] += 1
        counts.append((len(pairs), len(true), len(places[row["file"]])))
    table = np.array(counts, float)
    groups = np.array([row["inchikey14"] or row["file"] for row in rows])
    return {
        "recall": bootstrap(table, (MET, TRUE), groups),
        "picks_per_recorded": bootstrap(table, (PICKED, TRUE), groups),
        "recall_by_sign": {s: [round(a / b, 4), b] for s, (a, b) in sorted(by_sign.items())},
        "signs_right": [round(signs[0] / signs[1], 4) if signs[1] else None, signs[1]],
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=("tune", "report"), default="tune")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rows = usable(args.data, args.part)
    truth = recorded(args.data, {row["file"] for row in rows})
    start = time.perf_counter()
    places = {row["file"]: picked(args.data, row) for row in rows}
    seconds = time.perf_counter() - start
    sets = {
        "all": rows,
        "hsqc": [r for r in rows if r["experiment_true"] != "HMBC"],
        "hmbc": [r for r in rows if r["experiment_true"] == "HMBC"],
    }
    made = {
        "command": "python benchmarks/peaks/pictures.py --data ../shared/data --part " + args.part,
        "python": platform.python_version(),
        "part": args.part,
        "pictures": len(rows),
        "compounds": len({r["inchikey14"] for r in rows}),
        "recorded_peaks": sum(len(t) for t in truth.values()),
        "seconds_each": round(seconds / max(len(rows), 1), 3),
        "tolerance_ppm": {
            name: {key: figures(part, places, truth, name) for key, part in sets.items()}
            for name in TOLERANCES
        },
    }
    text = json.dumps(made, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
