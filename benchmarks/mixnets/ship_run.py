"""Make a network's folder from a run, for ``nmrcam evaluate`` and the window.

    python benchmarks/mixnets/ship_run.py --runs ../runs/mixnets --experiment hsqc \\
        --base b1 --out ../runs/mixnets/networks/hsqc-b1

With ``--tuned NAME`` temperatures, shifts and thresholds come from the left-out compounds of
the folds of ``finetune.py``; the weights are the base's, or a fold's with ``--fold K``.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from finetune import FOREIGN, joined, network_settings, read_cases
from pretrain import LIFT

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mixnet import ATTENTION, build_mixnet, input_of, lift_scores
from nmrcam_qt.ml.mixnet_calibration import fit_calibration, threshold_at
from nmrcam_qt.ml.mixnet_shipping import calibrate_head, ship_mixnet
from nmrcam_qt.ml.mixnet_training import read_state

MAX_FPR = 0.005


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=Path, default=Path("../runs/mixnets"))
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--base", required=True)
    parser.add_argument("--tuned")
    parser.add_argument("--fold", type=int)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    base = args.runs / f"{args.experiment}-{args.base}"
    saved = json.loads((base / "report.json").read_text(encoding="utf-8"))
    settings = network_settings(saved["settings"]["network"])
    tuned = args.runs / f"{args.experiment}-{args.base}-{args.tuned}"
    state = base if args.fold is None else tuned / f"fold{args.fold}"
    weights, _, epochs = read_state(state / "state.npz")
    spec = input_of(Experiment(args.experiment), settings)
    model = build_mixnet(spec, settings)
    model.set_weights(weights)
    if settings.pooling == ATTENTION:
        lift_scores(model, LIFT)
    thresholds = [0.5] * len(CLASS_IDS)
    if args.tuned:
        found = [read_cases(p) for p in sorted(tuned.glob("fold*/cases.npz"))]
        sets = sorted({name.split(" ")[0] for name in found[-1]} - {"simulated"})
        cases = joined([f[f"{s} +{n}"] for f in found for s in sets for n in FOREIGN])
        fitted = fit_calibration(cases.logits, cases.labels)
        calibrate_head(model, fitted.temperatures, fitted.shifts)
        p = fitted(cases.logits)
        thresholds = [
            threshold_at(p[:, i], cases.labels[:, i], MAX_FPR) for i in range(len(CLASS_IDS))
        ]
    training = {"run": state.name, "epochs": epochs, "state": "groundwork, not a release"}
    card = ship_mixnet(model, spec, args.out, np.round(thresholds, 4), training, {})
    print(card.id, card.sha256, dict(zip(CLASS_IDS, card.thresholds, strict=True)))


if __name__ == "__main__":
    main()
