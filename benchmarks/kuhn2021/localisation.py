"""Where the maps of the study's networks lie, in mixtures of compounds they never saw.

    nmrcam train kuhn-hsqc --data ../shared/data/kuhn2021 --out ../runs/kuhn-hsqc
    nmrcam train kuhn-hmbc --data ../shared/data/kuhn2021 --out ../runs/kuhn-hmbc
    nmrcam train kuhn-combined --data ../shared/data/kuhn2021 --out ../runs/kuhn-combined
    python benchmarks/kuhn2021/localisation.py --runs ../runs --data ../shared/data

writes beside itself, each with its command,

* ``localisation-<experiment>.json``: 82 held-out targets, each seen by the network of the
  fold that was trained without its compound (10 folds, repeat 0), mixed with 1 and 2
  compounds of no class of bmrb2d and of the study;
* ``localisation-<experiment>-none.json``: the same with the study's four compounds of no
  class alone, drawn like the targets; for the combined network only these, as pairs;
* ``localisation-<experiment>-bmrb2d.json``, ``localisation-hsqc-deepsat.json``: the shipped
  networks on other spectra, of compounds that they were not trained on;

and prints the ink AUC beside what was measured before. ``--table`` prints only.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

HERE = Path(__file__).parent
METHODS = ("gradcam", "gradcam++", "layercam", "hirescam", "xgradcam")
BEFORE = {
    "hmbc": {"gradcam": 0.51, "gradcam++": 0.49, "layercam": 0.63, "hirescam": 0.68, "prior": 0.72},
    "hsqc": {"gradcam": 0.48, "gradcam++": 0.48, "layercam": 0.56, "hirescam": 0.65, "prior": 0.61},
}
"""Measured when the program was designed, mixtures of 1 and 2 foreign compounds together."""


def commands(runs: Path, data: Path) -> list[list[str]]:
    """Arguments of ``nmrcam`` for every report."""
    here = os.path.relpath(HERE)  # no machine paths in the reports
    kuhn, bmrb = str(data / "kuhn2021"), str(data / "bmrb2d")
    found = []
    for name in ("hsqc", "hmbc"):
        start = ["evaluate", "--network", f"kuhn-{name}", "--data"]
        folds = ["--folds", str(runs / f"kuhn-{name}" / "folds")]
        stem = f"{here}/localisation-{name}"
        found += [
            [*start, kuhn, *folds, "--foreign", bmrb, "--out", f"{stem}.json"],
            [*start, kuhn, *folds, "--out", f"{stem}-none.json"],
            [*start, bmrb, "--trained-on", kuhn, "--out", f"{stem}-bmrb2d.json"],
        ]
    both = ["evaluate", "--network", "kuhn-combined", "--data", kuhn]
    folds = ["--folds", str(runs / "kuhn-combined" / "folds")]
    found.append([*both, *folds, "--out", f"{here}/localisation-combined-none.json"])
    deepsat = ["--data", str(data / "deepsat_hsqc"), "--trained-on", kuhn]
    out = ["--out", f"{here}/localisation-hsqc-deepsat.json"]
    return [*found, ["evaluate", "--network", "kuhn-hsqc", *deepsat, *out]]


def table() -> str:
    """Ink AUC with its interval and gain over the prior, of every report that is there."""
    lines = [f"{'report':<32} {'':<3} {'method':<10} ink AUC (95 %)      prior  gain   before"]
    for path in sorted(HERE.glob("localisation*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        before = BEFORE.get(report["network"].removeprefix("kuhn-"), {}) if report["folds"] else {}
        for n, methods in report["localisation"].items():
            for method in METHODS if n != "+0" else ():
                found = methods[method]
                low, high = found["ci"]["ink_auc"]
                lines.append(
                    f"{path.stem:<32} {n:<3} {method:<10} {found['ink_auc']:.3f} ({low:.3f}–"
                    f"{high:.3f})  {found['prior']:.3f}  {found['gain']:+.2f}  "
                    f"{before.get(method, '–')}"
                )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=Path, default=Path("../runs"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--table", action="store_true", help="print what is there")
    args = parser.parse_args()
    if not args.table:
        from nmrcam_qt.cli.main import main as nmrcam

        for words in commands(args.runs, args.data):
            if nmrcam(words) != 0:
                raise SystemExit(f"failed: nmrcam {' '.join(words)}")
    print(table())


if __name__ == "__main__":
    main()
