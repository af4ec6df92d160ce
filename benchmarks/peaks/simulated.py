"""Precision and recall of picking on simulated instrument spectra.

    python benchmarks/peaks/simulated.py --data ../shared/data --part report

Compounds of nmrshiftdb2 are split by the first block of their InChIKey (SHA-256, first
byte even: "tune", odd: "report"); everything in `core/picking` was settled on the first
half. Each compound is one spectrum of 2048 x 1024 points at 500 MHz with Lorentz-Gauss
lines of 10 to 26 Hz (¹H) and a ¹³C resolution of 200 to 320 increments, thermal noise,
t1 ridges of 0 to 1 % of every line, in 40 % a solvent line
of 100 times the S/N (and its ridge of up to ten times the noise), in 30 % a water streak of
3 to 30 times the noise, in 10 % truncated (sinc) lines along ¹³C, and what lies beyond
0..160 ppm (HSQC) folded in. Half of the HSQC is edited, half of the HMBC is magnitude; a
third of the one-bond pairs of an HMBC leaks as doublets. S/N is that of the *weakest* line
over the thermal noise.

Truth closer than one line width of the same sign is one peak, met at any of its lines or
at their weighted mean. Tolerance 0.02 ppm ¹H and 0.3 ppm ¹³C, one to one.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
from matching import bootstrap, matched
from scenes import Scene, caches, scene

from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.picking import PickSettings, pick_peaks, with_doublets
from nmrcam_qt.core.spectrum import Experiment

TOLERANCE = (0.02, 0.3)
CROWD = {"below 1.5": (0, 1.5), "1.5 to 3": (1.5, 3.0), "3 and more": (3.0, np.inf)}
MET, TRUE, PICKED = range(3)


def judge(made: Scene, settings: PickSettings) -> tuple[list[int], dict]:
    """Counts of one spectrum, and what went wrong."""
    picked = pick_peaks(made.spectrum, settings)
    places = np.array([(p.h_ppm, p.c_ppm) for p in picked.peaks]).reshape(-1, 2)
    members = [np.concatenate([m, made.truth[i : i + 1, :2]]) for i, m in enumerate(made.members)]
    pairs = matched(places, members, TOLERANCE)
    signs = sum(np.sign(picked.peaks[i].height) == np.sign(made.truth[j, 2]) for i, j in pairs)
    met, right = {j for _, j in pairs}, {i for i, _ in pairs}
    wrong = {
        "missed": [j for j in range(len(made.truth)) if j not in met],
        "extra": [i for i in range(len(places)) if i not in right],
        "signs": int(signs),
        "picked": picked,
        "pairs": pairs,
    }
    return [len(pairs), len(made.truth), len(places)], wrong


def true_hsqc(made: Scene) -> PickedPeaks:
    """The true peaks of the HSQC as picked ones, for the doublets of the HMBC."""
    peaks = tuple(Peak(i + 1, float(h), float(c)) for i, (h, c) in enumerate(made.hsqc))
    return PickedPeaks(peaks, next_id=len(peaks) + 1)


def doublets(made: Scene, pairs: list[tuple[int, int]], kinds: list[PeakKind]) -> np.ndarray:
    """One-bond lines that were picked, said to be such among them, and said in all."""
    true = [made.kinds[j] is PeakKind.ONE_BOND for _, j in pairs]
    said = [kinds[i] is PeakKind.ONE_BOND for i, _ in pairs]
    right = sum(t and s for t, s in zip(true, said, strict=True))
    return np.array([sum(true), right, sum(k is PeakKind.ONE_BOND for k in kinds)])


def run(data: Path, part: str, n: int, snrs: list[float], settings: PickSettings) -> dict:
    """All figures of one half of the compounds."""
    stores = caches(data, part, n)
    out: dict = {}
    for experiment, store in stores.items():
        out[experiment.value] = {"compounds": len(store)}
        for snr in snrs:
            out[experiment.value][f"snr_{snr:g}"] = _figures(store, snr, settings)
    return out


def _figures(store, snr: float, settings: PickSettings) -> dict:
    rows, names, signs, seconds = [], [], 0, 0.0
    by_about: dict = defaultdict(lambda: np.zeros(3))
    crowd: dict = {name: np.zeros(2) for name in CROWD}
    bonds = {"alone": np.zeros(3), "with_hsqc": np.zeros(3)}
    for i in range(len(store)):
        made = scene(store, i, snr, 1)
        if made is None:
            continue
        start = time.perf_counter()
        counts, wrong = judge(made, settings)
        seconds += time.perf_counter() - start
        signs += wrong["signs"]
        rows.append(counts)
        missed = np.isin(np.arange(len(made.truth)), wrong["missed"])
        for name, (low, high) in CROWD.items():
            inside = (made.apart >= low) & (made.apart < high)
            crowd[name] += (np.sum(inside & ~missed), np.sum(inside))
        if store.experiment is Experiment.HMBC:
            helped = with_doublets(wrong["picked"], made.spectrum, true_hsqc(made))
            for key, one in (("alone", wrong["picked"]), ("with_hsqc", helped)):
                bonds[key] += doublets(made, wrong["pairs"], [p.kind for p in one.peaks])
        names.append(store.compounds[i])
        for key, value in made.about.items():
            if isinstance(value, bool | str):
                by_about[f"{key}={value}"] += counts
    table = np.array(rows, float)
    groups = np.array(names)
    figures = {
        "spectra": len(table),
        "true_peaks": int(table[:, TRUE].sum()),
        "recall": bootstrap(table, (MET, TRUE), groups),
        "precision": bootstrap(table, (MET, PICKED), groups),
        "signs_right": round(float(signs / max(table[:, MET].sum(), 1)), 4),
        "seconds_each": round(seconds / max(len(table), 1), 2),
        "recall_by_line_widths_to_the_next_peak": {
            name: [round(float(a / max(b, 1)), 4), int(b)] for name, (a, b) in crowd.items()
        },
        "parts": {
            key: {"recall": round(v[0] / v[1], 3), "precision": round(v[0] / v[2], 3)}
            for key, v in sorted(by_about.items())
        },
    }
    if store.experiment is Experiment.HMBC:
        figures["one_bond_lines"] = int(bonds["alone"][0])
        for key, (true, right, said) in bonds.items():
            figures[f"one_bond_{key}"] = {
                "recognised": round(right / max(true, 1), 3),
                "right_of_said": round(right / max(said, 1), 3),
            }
    return figures


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--part", choices=("tune", "report"), default="tune")
    parser.add_argument("--compounds", type=int, default=100)
    parser.add_argument("--snr", type=float, nargs="+", default=[5.0, 10.0, 20.0])
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    settings = PickSettings()
    figures = {
        "command": f"python benchmarks/peaks/simulated.py --data ../shared/data --part {args.part}"
        f" --compounds {args.compounds} --snr {' '.join(f'{snr:g}' for snr in args.snr)}",
        "python": platform.python_version(),
        "part": args.part,
        "tolerance_ppm": TOLERANCE,
        "settings": {"min_snr": settings.min_snr},
        **run(args.data, args.part, args.compounds, args.snr, settings),
    }
    text = json.dumps(figures, indent=1, default=str)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
