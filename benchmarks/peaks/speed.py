"""How long picking takes beside one bare filter pass over the same points, in one run.

    python benchmarks/peaks/speed.py

A spectrum of 1024 x 2048 points with sixty lines, noise and ridges is picked five times in
turn with the bare work that any picker needs (one Gaussian filter and one maximum filter);
the figure is the ratio of the shortest times, of processor time of this process.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter, maximum_filter

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picking import pick_peaks
from nmrcam_qt.core.simulate.instrument import Lines, Recording, record
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

ROUNDS = 5


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    f1 = Axis.from_edges("13C", 160.0, 0.0, 1024)
    f2 = Axis.from_edges("1H", 11.0, -1.0, 2048)
    n = 60
    lines = Lines(
        rng.uniform(0, 10, n),
        rng.uniform(5, 155, n),
        10 ** rng.uniform(1, 3, n),
        rng.uniform(10, 26, n),
        rng.uniform(5, 25, n),
    )
    image = record(rng, lines, Recording(f1, f2, t1_noise=0.01))
    made = Provenance(path="made", kind=SourceKind.INSTRUMENT, format="made")
    spectrum = Spectrum("made", image, f1, f2, Experiment.HSQC, made)
    picked, bare, wall = [], [], []
    for _ in range(ROUNDS):
        start, clock = time.process_time(), time.perf_counter()
        found = pick_peaks(spectrum)
        picked.append(time.process_time() - start)
        wall.append(time.perf_counter() - clock)
        start = time.process_time()
        maximum_filter(np.abs(gaussian_filter(image, 2.0)), 3)
        bare.append(time.process_time() - start)
    figures = {
        "command": "python benchmarks/peaks/speed.py",
        "python": platform.python_version(),
        "points": list(image.shape),
        "peaks": len(found),
        "picking_over_bare_filters": round(min(picked) / min(bare), 2),
        "picking_processor_s": round(min(picked), 3),
        "picking_wall_s": round(min(wall), 3),
    }
    text = json.dumps(figures, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
