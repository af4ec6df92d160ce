"""Learning curves of the mixture networks: losses against steps, from the logs of their runs.

    python benchmarks/mixnets/curves.py --run HSQC=../runs/mixnets/final-hsqc \\
        --run HMBC=../runs/mixnets/final-hmbc --run "HSQC, twice as long=../runs/mixnets/long-hsqc"

keeps the losses in ``curves.json`` and draws ``docs/images/mixnet-curves.png``; without a run it
draws what is kept. Every mixture of the pretraining is drawn once and never again, so that its
loss is that on unseen mixtures of trained compounds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
PICTURE = HERE.parents[1] / "docs" / "images" / "mixnet-curves.png"
STEPS = 100
"""Per epoch, in all runs (`token_feed.TokenFeedSettings.steps`)."""
SHOWN = {
    "classes_loss": "which classes are there?",
    "pairs_loss": "one compound or two?",
    "cells_loss": "whose is the signal?",
}
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")
SMOOTH = 3
"""Epochs of the running mean that is drawn; what is kept is not smoothed."""


def history(folder: Path) -> dict[str, list[float]]:
    """Losses of a pretraining after every 100 steps; of an epoch done twice the last counts."""
    text = (folder / "pretrained" / "log.jsonl").read_text(encoding="utf-8")
    rows = {row["epoch"]: row for row in map(json.loads, text.splitlines())}
    epochs = sorted(rows)
    found = {"steps": [float(STEPS * e) for e in epochs]}
    return found | {name: [rows[e][name] for e in epochs] for name in SHOWN}


def draw(curves: dict[str, dict[str, list[float]]], path: Path) -> None:
    """One panel for each loss."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.6, 3.2), dpi=100, layout="constrained")
    for axes, (name, title) in zip(figure.subplots(1, len(SHOWN)), SHOWN.items(), strict=True):
        for (run, found), colour in zip(curves.items(), COLOURS, strict=False):
            steps, loss = np.array(found["steps"]), np.array(found[name])
            mean = np.convolve(loss, np.full(SMOOTH, 1 / SMOOTH), "valid")
            axes.plot(steps[SMOOTH - 1 :], mean, color=colour, label=run, linewidth=1.4)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("steps of 64 mixtures", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)
    figure.axes[0].set_ylabel("loss (nats)", fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--run", action="append", default=[], metavar="NAME=DIR")
    parser.add_argument("--data", type=Path, default=Path(__file__).with_suffix(".json"))
    parser.add_argument("--out", type=Path, default=PICTURE)
    args = parser.parse_args()
    curves: dict[str, Any] = {}
    if args.run:
        named = (text.split("=", 1) for text in args.run)
        curves = {name: history(Path(folder)) for name, folder in named}
        args.data.write_text(json.dumps(curves) + "\n", encoding="utf-8")
    else:
        curves = json.loads(args.data.read_text(encoding="utf-8"))
    draw(curves, args.out)
    print(args.out, {name: found["steps"][-1] for name, found in curves.items()})


if __name__ == "__main__":
    main()
