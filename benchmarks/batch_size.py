"""How many spectra should go to the inference process at once? Throughput and latency.

    python benchmarks/batch_size.py [--spectra 64] [--rounds 3] [--out FILE]

The real inference process (one thread) computes all methods and classes of made-up spectra
for every installed network, in requests of 1 to 32. A request cannot be interrupted: whoever
cancels and starts anew waits for its longest. *paced* is what the window does
(`nmrcam_qt.ml.pace`): the batch engine from packed pictures to results, reading included, and
*overlap* the share of the shorter of reading and computing that costs no time of its own.
"""

# ruff: noqa: E402 - the package is found from a checkout, too
from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.card_store import NetworkEntry, installed_networks
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.workers.analyse_job import AnalyseJob, Work
from nmrcam_qt.workers.inference_client import InferenceClient

SIZES = (1, 4, 8, 16, 32)
F1, F2 = Axis.from_edges("13C", 0.0, 200.0, 410), Axis.from_edges("1H", 10.0, 0.0, 600)


class Context:
    """Takes parts; never cancels."""

    is_cancelled = False

    def __init__(self) -> None:
        self.times: list[float] = []

    def step(self, done: int, total: int, text: str = "") -> None:
        """Nothing to show."""

    def part(self, result: object) -> None:
        """When it came."""
        self.times.append(time.perf_counter())


def made(experiment: Experiment, seed: int) -> PackedSpectrum:
    """A picture of 30 random peaks."""
    rng = np.random.default_rng(seed)
    peaks = PeakList(rng.uniform(0.5, 9.5, 30), rng.uniform(10, 190, 30), np.ones(30))
    ink = np.clip(np.abs(draw_peaks(peaks, F1, F2)), 0, 1)
    grey = np.rint(ink * 255).astype(np.float32) / np.float32(255)
    source = Provenance(f"made_{seed}.png", SourceKind.PICTURE, "made", f"{seed:064}")
    return pack(Spectrum(f"made {seed}", grey, F1, F2, experiment, source))


def measure(client: InferenceClient, entry: NetworkEntry, n: int, rounds: int) -> dict[str, Any]:
    """One network."""
    card = entry.card
    packed = [tuple(made(e, 2 * i + k) for k, e in enumerate(card.experiments)) for i in range(n)]
    began = time.perf_counter()
    prepared = [prepare_inputs(card, [p.unpack() for p in group]) for group in packed]
    reading = time.perf_counter() - began
    client.analyse(card.id, prepared[:1], DEFAULT_METHODS)
    found: dict[str, Any] = {}
    for size in SIZES:
        each, longest = [], []
        for _ in range(rounds):
            times = []
            for start in range(0, n, size):
                began = time.perf_counter()
                client.analyse(card.id, prepared[start : start + size], DEFAULT_METHODS)
                times.append(time.perf_counter() - began)
            each.append(1e3 * sum(times) / n)
            longest.append(1e3 * max(times))
        found[str(size)] = {
            "ms_per_spectrum": round(statistics.median(each), 1),
            "longest_request_ms": round(statistics.median(longest)),
        }
    found["paced"] = paced(client, entry, packed, rounds, reading)
    return found


def paced(
    client: InferenceClient,
    entry: NetworkEntry,
    packed: list[tuple[PackedSpectrum, ...]],
    rounds: int,
    reading: float,
) -> dict[str, float]:
    """The job of the window."""
    n = len(packed)
    work = [
        Work(AnalysisKey(entry.card.id, (i,), None), entry.card, group)
        for i, group in enumerate(packed)
    ]
    computing = _computing(client)
    totals, longest, overlaps = [], [], []
    for _ in range(rounds):
        computing.clear()
        context, began = Context(), time.perf_counter()
        AnalyseJob(client, work, DEFAULT_METHODS).run(context)
        total = time.perf_counter() - began
        totals.append(1e3 * total / n)
        longest.append(1e3 * max(computing))
        spent = sum(computing)
        overlaps.append((reading + spent - total) / min(reading, spent))
    return {
        "ms_per_spectrum": round(statistics.median(totals), 1),
        "longest_request_ms": round(statistics.median(longest)),
        "reading_ms_per_spectrum": round(1e3 * reading / n, 1),
        "overlap": round(statistics.median(overlaps), 2),
    }


def _computing(client: InferenceClient) -> list[float]:
    """Seconds of every request from now on."""
    times: list[float] = []
    analyse = type(client).analyse

    def timed(*args: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = analyse(client, *args, **named)
        times.append(time.perf_counter() - began)
        return result

    client.analyse = timed  # type: ignore[method-assign]
    return times


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spectra", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/batch_size.json")
    args = parser.parse_args()
    result: dict[str, Any] = {
        "command": f"python benchmarks/batch_size.py --spectra {args.spectra} "
        f"--rounds {args.rounds}",
        "cores": os.cpu_count(),
    }
    for entry in installed_networks():
        client = InferenceClient()
        try:
            client.start()
            result[entry.card.id] = measure(client, entry, args.spectra, args.rounds)
        finally:
            client.close()
        print(entry.card.id, json.dumps(result[entry.card.id], indent=1), flush=True)
    result["load"] = [round(v, 1) for v in os.getloadavg()]
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
