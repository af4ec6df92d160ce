"""Which compounds of DeepSAT are taken for steroids: those that share their skeleton?

    python benchmarks/mixnets/neighbours.py --data ../shared/data \\
        --run ../runs/mixnets/final-hsqc --out benchmarks/mixnets/neighbours.json

Left-out compounds of all folds, pure: AUROC of steroids against compounds with four or more
fused carbocycles (triterpenes and the like) and against all others.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np
from rdkit import Chem

from nmrcam_qt.core.metrics.ranking import roc_auc
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.mix_figures import joined, read_folds

FUSED = 4


def fused_carbocycles(smiles: str) -> int:
    """Rings of carbon alone in the largest group that shares bonds."""
    mol = Chem.MolFromSmiles(smiles)
    rings = [
        set(ring)
        for ring in mol.GetRingInfo().AtomRings()
        if all(mol.GetAtomWithIdx(a).GetSymbol() == "C" for a in ring)
    ]
    largest, left = 0, list(range(len(rings)))
    while left:
        group = [left.pop()]
        for mine in group:
            for other in left[:]:
                if len(rings[mine] & rings[other]) > 1:
                    group.append(other)
                    left.remove(other)
        largest = max(largest, len(group))
    return largest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    with (args.data / "deepsat_hsqc" / "manifest.csv").open(encoding="utf-8-sig") as handle:
        smiles = {row["inchikey14"]: row["smiles"] for row in csv.DictReader(handle)}
    folds = read_folds(args.run)
    cases = joined([fold["deepsat_hsqc +0"] for fold in folds])
    k = CLASS_IDS.index("steroid")
    logits, mine = cases.logits[:, k], cases.labels[:, k]
    fused = np.array([fused_carbocycles(smiles[c]) >= FUSED for c in cases.compounds])
    other = np.flatnonzero(~mine)
    top = other[np.argsort(-logits[other])][: max(1, round(0.005 * len(other)))]
    found = {
        "n": {
            "steroids": int(mine.sum()),
            "fused": int((fused & ~mine).sum()),
            "others": int((~fused & ~mine).sum()),
        },
        "auroc against fused": round(roc_auc(logits[mine], logits[fused & ~mine]), 4),
        "auroc against others": round(roc_auc(logits[mine], logits[~fused & ~mine]), 4),
        "highest .5 % of the others": {"n": len(top), "fused": int(fused[top].sum())},
    }
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
