"""What Quantus 0.6 gives for the maps of `tests/quantus_cases.py`.

Quantus brings 240 MB of packages (OpenCV with its libraries, scikit-image, networkx) that nothing
else here needs, so that the tests compare with the figures that this script wrote. To write them
anew, in an environment of its own:

    pip install quantus==0.6.0
    python benchmarks/quantus_parity.py
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import quantus
from quantus.functions.similarity_func import correlation_spearman

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))
from quantus_cases import N_CASES, SHAPE, linear_case, map_case  # noqa: E402

OUT = ROOT / "tests" / "data" / "quantus" / "parity.json"
PLAIN: dict[str, Any] = {"disable_warnings": True, "abs": False, "normalise": False}


class Linear:
    """What `PixelFlipping` needs of a model."""

    def __init__(self, weights: np.ndarray) -> None:
        self._weights = weights

    def shape_input(self, x: np.ndarray, *_: Any, **__: Any) -> np.ndarray:
        return x

    def predict(self, x: np.ndarray) -> np.ndarray:
        return (x.reshape(len(x), -1) @ self._weights)[:, np.newaxis]


def of_map(heat: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """Localisation metrics of one map."""
    a, s = heat[np.newaxis, np.newaxis].astype(float), target[np.newaxis, np.newaxis]
    metrics = {
        "pointing_game": quantus.PointingGame(**PLAIN),
        "relevance_mass": quantus.RelevanceMassAccuracy(**PLAIN),
        "relevance_rank": quantus.RelevanceRankAccuracy(**PLAIN),
        "auc": quantus.AUC(**PLAIN),
    }
    return {
        name: number(np.asarray(m.evaluate_batch(a_batch=a, s_batch=s), dtype=float)[0])
        for name, m in metrics.items()
    }


def of_linear(seed: int) -> dict[str, Any]:
    """Logits as inputs are painted with 0 in the order of the attribution."""
    case = linear_case(seed)
    shape = (1, 1, 1, len(case.weights))
    flipping = quantus.PixelFlipping(features_in_step=1, perturb_baseline=0.0, **PLAIN)
    found = flipping.evaluate_batch(
        model=Linear(case.weights),
        x_batch=np.ones(shape),
        y_batch=np.zeros(1, dtype=int),
        a_batch=case.attribution.reshape(shape),
    )
    return {"logits": [number(v) for v in np.asarray(found)[0]]}


def number(value: float) -> float | None:
    """JSON has no NaN."""
    return float(value) if np.isfinite(value) else None


def main() -> None:
    """Write the figures."""
    warnings.simplefilter("ignore")
    cases = [map_case(seed) for seed in range(N_CASES)]
    target = cases[0].target
    found = {
        "quantus": quantus.__version__,
        "maps": [
            of_map(c.heat, c.target)
            | {"spearman": number(correlation_spearman(c.heat.ravel(), c.other.ravel()))}
            for c in cases
        ],
        "linear": [of_linear(seed) for seed in range(N_CASES)],
        "empty map": of_map(np.zeros(SHAPE), target)
        | {"spearman": number(correlation_spearman(np.zeros(9), np.arange(9.0)))},
        "no target": of_map(cases[0].heat, np.zeros(SHAPE, bool)),
    }
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
