"""How long takes the cache, and how many examples a second does one core draw?

    python benchmarks/mixnets/simulator_speed.py --data ../shared/data

The caches go to a temporary folder unless ``--cache`` names one. Examples are mixtures of
1 to 6 compounds with the masks of all classes on a grid of 0.1 x 2 ppm and on a finer one.
``cpu`` is what the process itself took, ``wall`` what the clock said (the machine may be
busy with other things).
"""

from __future__ import annotations

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.simulate.cache import build_cache, load_cache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.substructures import CLASS_IDS

GRIDS = ((100, 100), (205, 300))


def speed(drawer: Drawer, n: int) -> dict[str, float]:
    """Examples a second."""
    rng = np.random.default_rng(0)
    cpu, wall = time.process_time(), time.perf_counter()
    for i in range(n):
        drawer.draw(rng, 1 + i % 6).substructure_masks()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"examples_per_s_cpu": round(n / cpu), "examples_per_s_wall": round(n / wall)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--n", type=int, default=600)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    report: dict = {"python": platform.python_version(), "examples": args.n}
    with tempfile.TemporaryDirectory() as folder:
        cpu, wall = time.process_time(), time.perf_counter()
        built = build_cache(args.data, args.cache or Path(folder))
        report["build_s"] = {
            "cpu": round(time.process_time() - cpu, 1),
            "wall": round(time.perf_counter() - wall, 1),
        }
        for made in built:
            cache = load_cache(made.path)
            report[cache.experiment.value] = {
                "rows": made.rows,
                "compounds": made.compounds,
                "refused_rows": made.refused,
                "kept": made.kept,
                "signals": made.signals,
                "megabytes": round(made.path.stat().st_size / 1e6, 2),
                "guessed_at_most_25_percent": int((cache.guessed() <= 0.25).sum()),
                "no_guess": int((cache.guessed() == 0).sum()),
                "classes": dict(
                    zip(CLASS_IDS, cache.label_matrix().sum(axis=0).tolist(), strict=True)
                ),
            } | {
                f"{rows}x{columns}": speed(
                    Drawer(
                        cache,
                        Axis.from_edges("13C", 0, 200, rows),
                        Axis.from_edges("1H", 10, 0, columns),
                    ),
                    args.n,
                )
                for rows, columns in GRIDS
            }
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
