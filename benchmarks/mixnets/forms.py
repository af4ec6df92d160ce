"""One compound as picture, peak list and instrument spectrum: does a network say the same?

    python benchmarks/mixnets/forms.py --network models/hsqc-mix --data ../shared/data \\
        --samples ../shared/samples --limit 40 --out benchmarks/mixnets/forms-hsqc.json

Pairs, each read, prepared and judged as the product does it:

* *list*: pictures of bmrb2d (calibration A or B) against the peaks recorded of them, read from
  a CSV file, with the same masks over reference and CHCl3;
* *picked*: the same pictures against the peaks that nmrcam picks in them, read likewise;
* *instrument*: measured sample spectra against the peaks that nmrcam picks in them.

* *widths*: of the first kind, the same list drawn narrower on the network's grid: is it the size
  of the drawn signals that makes the difference?

Of every class: median and 90th percentile of |delta p|, share of at most .1, share with the same
decision by the card's threshold. A picture and its peaks stem from one measurement: what differs
is the form alone. Whether a network was trained on a spectrum hardly matters for this figure,
but says the same of both.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from published import REFERENCE

from nmrcam_qt.core.datasets import Entry, open_dataset
from nmrcam_qt.core.drawing import FWHM_C_PPM, FWHM_H_PPM, draw_peaks
from nmrcam_qt.core.errors import NetworkError, NmrCamError
from nmrcam_qt.core.picked import PeakKind
from nmrcam_qt.core.picking.pick import pick_peaks
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, blanked, feed, ink_on_grid
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.ml.quiet import load_quietly

NEAR = 0.1
WIDTHS = (0.5, 0.75, 1.0)
KINDS = ("list", "picked", "instrument")
CALIBRATED = ("calibration A", "calibration B")
SAMPLES = (
    "instrument/jcamp/estragole_hsqc.dx",
    "instrument/jcamp/estragole_hmbc.dx",
    "instrument/jcamp/butyl_acrylate_hsqced_raw.dx",
    "instrument/bruker_raw/exam2d_HC/3",
)
Pair = tuple[str, str, Spectrum, Spectrum]
Peaks = Sequence[tuple[float, float]]


def recorded_peaks(folder: Path, names: set[str]) -> dict[str, list[tuple[float, float]]]:
    """1H and 13C ppm of the recorded peaks of some pictures of bmrb2d."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with gzip.open(folder / "peaks.csv.gz", "rt", newline="", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            if row["file"] in names:
                found[row["file"]].append((float(row["h_ppm"]), float(row["c_ppm"])))
    return found


def as_list(peaks: Peaks, experiment: Experiment, folder: Path, name: str) -> Spectrum:
    """Peaks written to a file and read again, as a user's list would be."""
    path = folder / f"{Path(name).stem}.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["1H (ppm)", "13C (ppm)", "Intensity"])
        writer.writerows((f"{h:.4f}", f"{c:.4f}", 1) for h, c in peaks)
    return read_spectrum(path, ReadOptions(experiment=experiment, columns="hc"))


def picked(spectrum: Spectrum) -> list[tuple[float, float]]:
    """1H and 13C ppm of the signals that nmrcam picks."""
    peaks = pick_peaks(spectrum).peaks
    return [(p.h_ppm, p.c_ppm) for p in peaks if p.kind is not PeakKind.DOUBTFUL]


def chosen(entries: Sequence[Entry], limit: int, seed: int) -> list[Entry]:
    """One spectrum of each of `limit` compounds, drawn by the seed."""
    usable = [e for e in entries if e.note in CALIBRATED]
    rng = np.random.default_rng(seed)
    first: dict[str, Entry] = {}
    for i in rng.permutation(len(usable)):
        first.setdefault(usable[i].compound, usable[i])
    return list(first.values())[:limit]


def picture_pairs(
    data: Path, experiment: Experiment, limit: int, seed: int, scratch: Path
) -> Iterator[Pair]:
    """Pictures of bmrb2d, each against its recorded and its picked peaks."""
    dataset = open_dataset(data / "bmrb2d")
    entries = chosen(dataset.having([experiment]), limit, seed)
    recorded = recorded_peaks(data / "bmrb2d", {e.id for e in entries})
    for entry in entries:
        drawn = dataset.load(entry, experiment)
        # Read again by the product, on the calibrated axes, masked as a user would mask it.
        edges = ReadOptions(experiment, drawn.f2.edges, drawn.f1.edges)
        picture = replace(read_spectrum(entry.files[experiment], edges), masks=REFERENCE)
        forms = {"list": recorded[entry.id], "picked": picked(picture)}
        for kind, peaks in forms.items():
            if peaks:
                other = as_list(peaks, experiment, scratch, entry.id)
                yield kind, entry.id, picture, replace(other, masks=REFERENCE)


def sample_pairs(samples: Path, experiment: Experiment, scratch: Path) -> Iterator[Pair]:
    """Measured spectra against the peaks that are picked in them."""
    for name in SAMPLES:
        path = samples / name
        if not path.exists():
            continue
        try:
            spectrum = read_spectrum(path)
        except NmrCamError as error:
            print(f"  left out, {name}: {error}")
            continue
        if spectrum.experiment is experiment:
            peaks = picked(spectrum)
            if peaks:
                yield "instrument", name, spectrum, as_list(peaks, experiment, scratch, path.name)


def measure(network: Any, pairs: Iterator[Pair]) -> list[dict[str, Any]]:
    """Probabilities of both forms of every pair, and how much ink each gives the network."""
    from nmrcam_qt.ml.inference import analyse

    rows = []
    spec = network.card.inputs[0]
    for kind, name, one, other in pairs:
        first, second = (a.prediction for a in analyse(network, [[one], [other]]))
        inked = [int((ink_on_grid(s, spec) > INK_THRESHOLD).sum()) for s in (one, other)]
        rows.append(
            {
                "kind": kind,
                "name": name,
                "inked_cells": inked,
                "p": [np.round(p.scores, 4).tolist() for p in (first, second)],
                "present": [list(p.present) for p in (first, second)],
            }
        )
    return rows


def widths(network: Any, pairs: Sequence[Pair]) -> dict[str, Any]:
    """|delta p| between pictures and their recorded lists drawn at several widths."""
    spec = network.card.inputs[0]
    inks = [ink_on_grid(one, spec) for _, _, one, _ in pairs]
    wanted = network.scores(network.logits([np.stack([feed(i, spec) for i in inks])]))
    found = {}
    for factor in WIDTHS:
        sizes = factor * FWHM_H_PPM, factor * FWHM_C_PPM
        drawn = [
            blanked(
                np.abs(draw_peaks(s.peaks, spec.f1, spec.f2, *sizes)), spec.f1, spec.f2, s.masks
            )
            for _, _, _, s in pairs
        ]
        p = network.scores(network.logits([np.stack([feed(i, spec) for i in drawn])]))
        inked = [
            ((i > INK_THRESHOLD).sum() + 1) / ((j > INK_THRESHOLD).sum() + 1)
            for i, j in zip(drawn, inks, strict=True)
        ]
        delta = np.abs(p - wanted)
        found[f"{factor:g}"] = {
            "ink_ratio_median": round(float(np.median(inked)), 3),
            "p90": round(float(np.quantile(delta, 0.9)), 4),
            "share_near": round(float(np.mean(delta <= NEAR)), 4),
            "spectra_near": round(float(np.mean(delta.max(axis=1) <= NEAR)), 4),
        }
    return found


def summary(class_ids: Sequence[str], rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures by kind of pair and class; ``all`` pools the classes."""
    found: dict[str, Any] = {}
    for kind in KINDS:
        mine = [r for r in rows if r["kind"] == kind]
        if not mine:
            continue
        p = np.array([r["p"] for r in mine], dtype=np.float64)
        said = np.array([[[c in s for c in class_ids] for s in r["present"]] for r in mine])
        delta, same = np.abs(p[:, 0] - p[:, 1]), said[:, 0] == said[:, 1]
        found[kind] = {
            "n": len(mine),
            "ink_ratio_median": round(
                float(np.median([(b + 1) / (a + 1) for a, b in (r["inked_cells"] for r in mine)])),
                3,
            ),
            "spectra_near": round(float(np.mean(delta.max(axis=1) <= NEAR)), 4),
            "all": _figures(delta.ravel(), same.ravel()),
            **{c: _figures(delta[:, i], same[:, i]) for i, c in enumerate(class_ids)},
        }
    return found


def _figures(delta: np.ndarray, same: np.ndarray) -> dict[str, float]:
    return {
        "median": round(float(np.median(delta)), 4),
        "p90": round(float(np.quantile(delta, 0.9)), 4),
        "share_near": round(float(np.mean(delta <= NEAR)), 4),
        "same_decision": round(float(np.mean(same)), 4),
    }


def table(found: dict[str, Any]) -> str:
    """For people."""
    lines = [f"{found['network']} ({found['experiment']})"]
    for kind, figures in found["forms"].items():
        lines.append(f"  {kind}: {figures['n']} pairs, ink {figures['ink_ratio_median']:.2f} x")
        for name, f in figures.items():
            if isinstance(f, dict):
                lines.append(
                    f"    {name:<20} |dp| median {f['median']:.3f}  90 % {f['p90']:.3f}  "
                    f"<= {NEAR:g}: {f['share_near']:.0%}  same decision {f['same_decision']:.0%}"
                )
    for factor, f in found["list drawn at other widths"].items():
        lines.append(
            f"  list at {factor} of the width: ink {f['ink_ratio_median']:.2f} x, <= {NEAR:g}: "
            f"{f['share_near']:.0%}, all classes of a spectrum {f['spectra_near']:.0%}"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--network", required=True, metavar="ID|DIR")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--samples", type=Path, default=Path("../shared/samples"))
    parser.add_argument("--limit", type=int, default=40, help="compounds of bmrb2d")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="JSON")
    args = parser.parse_args()
    load_quietly()
    from nmrcam_qt.ml.registry import load

    network = load(args.network)
    card = network.card
    if len(card.inputs) != 1:
        raise NetworkError(f"{card.id}: expected a network of one input")
    experiment = card.inputs[0].experiment
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        pairs = list(picture_pairs(args.data, experiment, args.limit, args.seed, scratch))
        rows = measure(network, iter(pairs))
        narrower = widths(network, [p for p in pairs if p[0] == "list"])
        rows += measure(network, sample_pairs(args.samples, experiment, scratch))
    found = {
        "network": card.id,
        "sha256": network.sha256,
        "experiment": experiment.value,
        "limit": args.limit,
        "seed": args.seed,
        "forms": summary(card.class_ids, rows),
        "list drawn at other widths": narrower,
        "rows": rows,
    }
    print(table(found))
    if args.out is not None:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
