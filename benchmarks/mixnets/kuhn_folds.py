"""kuhn2021's pictures of pure compounds, each by the fold that left its compound out.

    python benchmarks/mixnets/kuhn_folds.py --run ../runs/mixnets/final-hmbc \\
        --network models/hmbc-mix --out benchmarks/mixnets/kuhn-folds-hmbc.json

Labels are corrected (by structure). The pictures carry no axes: *assumed* is 10-0 / 0-200 ppm;
*referenced* are those whose source is in bmrb2d with a true calibration (A or B): the profiles of
both pictures along each axis are laid over each other (scale and shift of the highest
correlation), and the axes carried over, with the reference and CHCl3 masked. Pictures whose
source is mirrored along 13C or unusable in bmrb2d are counted apart. *Together*: the cases of
bmrb2d in the run (`cases.npz`) and these pictures, everything in the probabilities of the fold's
network, calibrated on the other folds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from published import REFERENCE

from nmrcam_qt.core.datasets import CLASSES, Dataset, Entry, open_dataset, read_rows
from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.metrics.ranking import auroc, recall_at_fpr
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.ml.quiet import load_quietly

CALIBRATED = ("calibration A", "calibration B")
SCALES = np.linspace(0.4, 1.2, 401)
"""Pixels of a picture of kuhn2021 for one of bmrb2d."""
ALIKE = 0.7
"""Correlation of the profiles, along both axes, above which the pictures are of one source."""
RESAMPLES = 1000
Floats = NDArray[np.float64]


def laid_over(source: Floats, profile: Floats) -> tuple[float, float, float]:
    """Correlation, and where the profile's outer edges lie in the source, in samples."""
    best = (-1.0, 0.0, 0.0)
    wanted = profile - profile.mean()
    for scale in SCALES:
        size = round(len(source) * scale)
        drawn = np.interp((np.arange(size) + 0.5) / scale - 0.5, np.arange(len(source)), source)
        drawn -= drawn.mean()
        length = 2 * (size + len(wanted))
        product = np.fft.rfft(drawn, length).conj() * np.fft.rfft(wanted, length)
        found = np.fft.irfft(product, length)
        shift = int(np.argmax(found))
        alike = found[shift] / max(np.sqrt((drawn**2).sum() * (wanted**2).sum()), 1e-9)
        if alike > best[0]:
            first = -(shift - length if shift > length // 2 else shift)
            best = (alike, first / scale - 0.5, (first + len(wanted)) / scale - 0.5)
    return best


def referenced(picture: Spectrum, source: Spectrum) -> tuple[float, ReadOptions]:
    """How alike a picture and its source are, and the picture's true axes."""
    edges, alike = [], 1.0
    for axis, of in ((0, source.f2), (1, source.f1)):
        profiles = (s.intensity.max(axis=axis).astype(np.float64) for s in (source, picture))
        found, first, last = laid_over(*profiles)
        alike = min(alike, found)
        edges.append((of.ppm(first), of.ppm(last)))
    return alike, ReadOptions(picture.experiment, edges[0], edges[1])


def spectra(data: Path, experiment: Experiment) -> list[tuple[Entry, str, Spectrum]]:
    """Every picture on assumed axes, and on true ones where they are known; pure compounds."""
    study, bmrb = open_dataset(data / "kuhn2021"), open_dataset(data / "bmrb2d")
    sources = {e.accession: e for e in bmrb.having([experiment]) if e.note in CALIBRATED}
    found = []
    for entry in study.having([experiment]):
        if not entry.labels:
            continue
        picture = study.load(entry, experiment)
        found.append((entry, "assumed", picture))
        true = _referenced(entry, picture, bmrb, sources)
        if true is not None:
            found.append((entry, "referenced", true))
    return found


def _referenced(
    entry: Entry, picture: Spectrum, bmrb: Dataset, sources: dict[str, Entry]
) -> Spectrum | None:
    source = sources.get(entry.id)
    if source is None:
        return None
    alike, options = referenced(picture, bmrb.load(source, picture.experiment))
    if alike < ALIKE:
        return None
    path = entry.files[picture.experiment]
    return replace(read_picture(path, options), masks=REFERENCE)


def mirrored(data: Path, experiment: Experiment) -> set[str]:
    """Entries whose source is mirrored along 13C, or unusable, in bmrb2d."""
    rows = read_rows(data / "bmrb2d" / "manifest.csv")
    bad = [r for r in rows if r["q_f1mirror"] == "1" or r["q_unusable"] == "1"]
    return {r["bmse"] for r in bad if r["experiment_true"] == experiment.label}


def rows_of(run_folder: Path, name: str, data: Path) -> tuple[list[dict[str, Any]], Any]:
    """Probabilities of the three classes of every picture; the run's own cases of bmrb2d."""
    from nmrcam_qt.ml.inference import analyse
    from nmrcam_qt.ml.mix_folds import read_mix_folds
    from nmrcam_qt.ml.registry import load

    run, card = read_mix_folds(run_folder), load(name).card
    experiment = card.experiments[0]
    pictures, bad = spectra(data, experiment), mirrored(data, experiment)
    rows = []
    for fold in range(run.n_folds):
        mine = [p for p in pictures if run.fold(p[0]) == fold]
        results = analyse(run.network(fold, card), [[s] for _, _, s in mine]) if mine else []
        for (entry, axes, spectrum), result in zip(mine, results, strict=True):
            rows.append(
                {
                    "id": entry.id,
                    "compound": entry.compound,
                    "fold": fold,
                    "axes": axes,
                    "source_mirrored_or_unusable": entry.id in bad,
                    "f2_ppm": np.round(spectrum.f2.edges, 2).tolist(),
                    "f1_ppm": np.round(spectrum.f1.edges, 1).tolist(),
                    "truth": [entry.labels[c] for c in CLASSES],
                    "p": [round(result.prediction.score(c), 5) for c in CLASSES],
                }
            )
    return rows, own_cases(run_folder)


def own_cases(run_folder: Path) -> list[dict[str, Any]]:
    """bmrb2d's pure spectra as the run judged them, calibrated on the other folds."""
    from nmrcam_qt.ml.mix_figures import joined, measured_names, read_folds
    from nmrcam_qt.ml.mixnet_calibration import fit_calibration

    folds, rows = read_folds(run_folder), []
    names = measured_names(folds)
    for k, fold in enumerate(folds):
        others = joined([f[n] for i, f in enumerate(folds) if i != k for n in names])
        cases = fold["bmrb2d +0"]
        p = fit_calibration(others.logits, others.labels)(cases.logits)
        for compound, one, truth in zip(cases.compounds, p, cases.labels, strict=True):
            name = compound.decode() if isinstance(compound, bytes) else compound
            rows.append({"compound": name, "p": one[:3].tolist(), "truth": truth[:3].tolist()})
    return rows


def figures(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """AUROC of each class, their mean with an interval, recall at a false-positive rate of .5 %."""
    if not rows:
        return {"n": 0}
    p, truth = np.array([r["p"] for r in rows]), np.array([r["truth"] for r in rows])

    def mean(chosen: Any) -> float:
        return float(np.mean([auroc(p[chosen, i], truth[chosen, i]) for i in range(len(CLASSES))]))

    compounds = [r["compound"] for r in rows]
    each = {
        c: {
            "n": int(truth[:, i].sum()),
            "auroc": round(auroc(p[:, i], truth[:, i]), 4),
            "recall_at_fpr": round(recall_at_fpr(p[:, i], truth[:, i], 0.005), 4),
        }
        for i, c in enumerate(CLASSES)
    }
    interval = bootstrap_interval(compounds, mean, 0, RESAMPLES)
    return {
        "n": len(rows),
        "compounds": len(set(compounds)),
        "mean_auroc": round(mean(slice(None)), 4),
        "interval": [round(v, 4) for v in interval],
        "classes": each,
    }


def report(rows: Sequence[dict[str, Any]], own: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures of kuhn2021 by axes and source, and together with bmrb2d."""
    by = {axes: [r for r in rows if r["axes"] == axes] for axes in ("assumed", "referenced")}
    true = {r["id"]: r for r in by["referenced"]}
    good = [true.get(r["id"], r) for r in by["assumed"] if not r["source_mirrored_or_unusable"]]
    bad = [r for r in by["assumed"] if r["source_mirrored_or_unusable"]]
    return {
        "kuhn2021, all, assumed axes": figures(by["assumed"]),
        "kuhn2021, source mirrored or unusable, assumed axes": figures(bad),
        "kuhn2021, those referenced, assumed axes": figures(
            [r for r in by["assumed"] if r["id"] in true]
        ),
        "kuhn2021, those referenced, true axes": figures(by["referenced"]),
        "kuhn2021, source not mirrored, true axes where known": figures(good),
        "bmrb2d alone": figures(own),
        "bmrb2d and kuhn2021, source not mirrored": figures([*own, *good]),
        "bmrb2d and kuhn2021, all": figures([*own, *good, *bad]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--network", required=True, metavar="ID|DIR")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, metavar="JSON")
    args = parser.parse_args()
    load_quietly()
    rows, own = rows_of(args.run, args.network, args.data)
    found = {"network": args.network, "figures": report(rows, own), "rows": rows}
    print(json.dumps(found["figures"], indent=1))
    if args.out is not None:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
