"""How many spectra should go to the inference process at once? Throughput and latency.

    python benchmarks/batch_size.py [--spectra 64] [--rounds 5] [--network ID ...] [--out FILE]

The real inference process (one thread) computes all methods and classes of made-up spectra
for every installed network, in requests of 1 to 32. Results come when a request is answered, so
that nobody sees any for as long as the longest takes. The window's job (`nmrcam_qt.ml.pace`) is
the batch engine from packed pictures to results, reading included. All of it by the clock: how
long somebody waits is what counts here.
"""

# ruff: noqa: E402 - the package is found from a checkout, too
from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

import numpy as np
from bars import Row, row, script_parser, write_rows

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.card_store import NetworkEntry, find_network, installed_networks
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.methods import DEFAULT_METHODS
from nmrcam_qt.core.preprocessing import Prepared, prepare_inputs
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import PackedSpectrum, pack
from nmrcam_qt.workers.analyse_job import AnalyseJob, Work
from nmrcam_qt.workers.inference_client import InferenceClient

SIZES = (1, 4, 8, 16, 32)
TOPIC = "batches"
PACED = "a spectrum in the window's job"
OVERLAP = "the shorter of reading and computing, the share that takes no time of its own"
LONGEST = "longest request of the window's job"
F1, F2 = Axis.from_edges("13C", 0.0, 200.0, 410), Axis.from_edges("1H", 10.0, 0.0, 600)


class Context:
    """Takes parts; never cancels."""

    is_cancelled = False

    def step(self, done: int, total: int, text: str = "") -> None:
        """Nothing to show."""

    def part(self, result: object) -> None:
        """Nothing to keep."""


def made(experiment: Experiment, seed: int) -> PackedSpectrum:
    """A picture of 30 random peaks."""
    rng = np.random.default_rng(seed)
    peaks = PeakList(rng.uniform(0.5, 9.5, 30), rng.uniform(10, 190, 30), np.ones(30))
    ink = np.clip(np.abs(draw_peaks(peaks, F1, F2)), 0, 1)
    grey = np.rint(ink * 255).astype(np.float32) / np.float32(255)
    source = Provenance(f"made_{seed}.png", SourceKind.PICTURE, "made", f"{seed:064}")
    return pack(Spectrum(f"made {seed}", grey, F1, F2, experiment, source))


def measure(client: InferenceClient, entry: NetworkEntry, n: int, rounds: int) -> list[Row]:
    """One network: requests of each size over those of the largest, and the window's job."""
    card = entry.card
    packed = [tuple(made(e, 2 * i + k) for k, e in enumerate(card.experiments)) for i in range(n)]
    began = time.perf_counter()
    prepared = [prepare_inputs(card, [p.unpack() for p in group]) for group in packed]
    reading = time.perf_counter() - began
    client.analyse(card.id, prepared[:1], DEFAULT_METHODS)
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        spent = {size: requests(client, card.id, prepared, size) for size in reversed(SIZES)}
        whole = sum(spent[SIZES[-1]])
        for size in SIZES[:-1]:
            what = f"{card.id}: requests of {size} / of {SIZES[-1]}"
            found.setdefault(what, []).append(sum(spent[size]) / whole)
        total, computing = paced(client, entry, packed)
        overlap = (reading + sum(computing) - total) / min(reading, sum(computing))
        what = f"{card.id}: {PACED}, reading included / in requests of {SIZES[-1]}, read before"
        found.setdefault(what, []).append(total / whole)
        found.setdefault(f"… {card.id}: {OVERLAP}", []).append(overlap)
        found.setdefault(f"… {card.id}: {LONGEST}", []).append(1e3 * max(computing))
    return [row(TOPIC, what, x, unit="ms" if LONGEST in what else "") for what, x in found.items()]


def requests(
    client: InferenceClient, network: str, prepared: list[Prepared], size: int
) -> list[float]:
    """Seconds of each request."""
    times = []
    for start in range(0, len(prepared), size):
        began = time.perf_counter()
        client.analyse(network, prepared[start : start + size], DEFAULT_METHODS)
        times.append(time.perf_counter() - began)
    return times


def paced(
    client: InferenceClient, entry: NetworkEntry, packed: list[tuple[PackedSpectrum, ...]]
) -> tuple[float, list[float]]:
    """Seconds of the window's job, and of each of its requests."""
    work = [
        Work(AnalysisKey(entry.card.id, (i,), None), entry.card, group)
        for i, group in enumerate(packed)
    ]
    with _computing(client) as computing:
        began = time.perf_counter()
        AnalyseJob(client, work, DEFAULT_METHODS).run(Context())
        return time.perf_counter() - began, computing


@contextmanager
def _computing(client: InferenceClient) -> Iterator[list[float]]:
    """Seconds of every request meanwhile."""
    times: list[float] = []
    analyse = client.analyse

    def timed(*args: Any, **named: Any) -> Any:
        began = time.perf_counter()
        result = analyse(*args, **named)
        times.append(time.perf_counter() - began)
        return result

    client.analyse = timed  # type: ignore[method-assign]
    try:
        yield times
    finally:
        del client.analyse


def main() -> int:
    """Measure, print, write."""
    parser = script_parser(__doc__, rounds=5)
    parser.add_argument("--spectra", type=int, default=64)
    parser.add_argument("--network", nargs="*", default=[e.card.id for e in installed_networks()])
    given = parser.parse_args()
    rows: list[Row] = []
    for name in given.network:
        client = InferenceClient()
        try:
            client.start()
            rows += measure(client, find_network(name), given.spectra, given.rounds)
        finally:
            client.close()
        print(f"{name} is measured", flush=True)
    write_rows("batch_size", rows, given.out, spectra=given.spectra)
    return 0


if __name__ == "__main__":
    sys.exit(main())
