"""What a spectrum costs, to be multiplied: processor seconds, bytes out, bytes to a cluster.

    python benchmarks/scaling.py [--small 32] [--large 96] [--out benchmarks/results/scaling.json]

Processor time, not wall time (the machine is shared). Whole commands (`nmrcam predict`, `nmrcam
batch`) are run with two numbers of spectra; the slope is what one more spectrum costs, of the
command and the processes that it starts together, and what is left at zero is the start. Reading,
preparing and the frames that go to a cluster are measured in this process. Where the real
pictures are at hand (HSQC of `bmrb2d`), they are taken, else generated ones of their size.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nmrcam_qt.core.card_store import find_network  # noqa: E402
from nmrcam_qt.core.preprocessing import prepare_inputs  # noqa: E402
from nmrcam_qt.core.readers import read_spectrum  # noqa: E402
from nmrcam_qt.core.readers.options import ReadOptions  # noqa: E402
from nmrcam_qt.core.spectrum import Experiment  # noqa: E402
from nmrcam_qt.core.wire import encode  # noqa: E402
from nmrcam_qt.core.wire_results import analyse_request, analyses_reply  # noqa: E402
from nmrcam_qt.ml.batch import LocalEngine  # noqa: E402
from nmrcam_qt.ml.cluster_engine import BATCH_SIZE  # noqa: E402
from nmrcam_qt.ml.cluster_worker import packed, unpacked  # noqa: E402

NETWORKS = ("kuhn-hsqc", "hsqc-mix")
METHOD = "hirescam"
MILLION = 1_000_000


def pictures(folder: Path, count: int) -> tuple[str, list[Path]]:
    """Where from, and links to so many HSQC pictures in `folder`."""
    data = Path(os.environ.get("NMRCAM_DATA", ROOT.parent / "shared" / "data"))
    found = sorted((data / "bmrb2d" / "images").glob("HSQC*.png"))[:count]
    if len(found) == count:
        made = [folder / f"{i:05}_hsqc.png" for i in range(count)]
        for link, target in zip(made, found, strict=True):
            link.symlink_to(target)
        return "HSQC pictures of bmrb2d", made
    made = []
    for number in range(count):
        rng = np.random.default_rng(number)
        pixels = np.full((791, 1133), 255, np.uint8)
        for y, x in rng.integers(20, 760, (30, 2)):
            pixels[y : y + 6, x : x + 9] = 0
        made.append(folder / f"{number:05}_hsqc.png")
        Image.fromarray(pixels).save(made[-1])
    return "generated pictures of 791 x 1133", made


def processor_seconds(command: list[str], inputs: list[Path], out: Path | None) -> float:
    """Of a command and all processes that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    target = ["--out", str(out)] if out is not None else ["--json"]
    subprocess.run(
        [sys.executable, "-m", "nmrcam_qt", *command, *map(str, inputs), *target],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def command_cost(
    command: list[str], files: list[Path], sizes: tuple[int, int], folder: Path | None
) -> dict[str, float]:
    """Of one more spectrum, and of the start."""
    seconds, written = [], []
    for size in sizes:
        out = folder / f"{size}" if folder is not None else None
        seconds.append(processor_seconds(command, files[:size], out))
        written.append(sum(p.stat().st_size for p in out.iterdir()) if out is not None else 0)
    more = sizes[1] - sizes[0]
    each = (seconds[1] - seconds[0]) / more
    return {
        "cpu_s_per_spectrum": round(each, 4),
        "cpu_s_start": round(seconds[0] - each * sizes[0], 1),
        "bytes_out_per_spectrum": round((written[1] - written[0]) / more),
        "cpu_hours_per_million": round(each * MILLION / 3600, 1),
        "gigabytes_per_million": round((written[1] - written[0]) / more * MILLION / 1e9, 1),
    }


def client_cost(files: list[Path], network: str) -> dict[str, float]:
    """What the client of a cluster does for a spectrum, and what travels."""
    entry = find_network(network)
    options = ReadOptions(experiment=Experiment.HSQC)
    began = time.process_time()
    spectra = [read_spectrum(file, options) for file in files]
    read = time.process_time() - began
    began = time.process_time()
    prepared = [prepare_inputs(entry.card, [s]) for s in spectra]
    fed = time.process_time() - began
    asked, answered, plain, moved = 0, 0, 0, 0.0
    for first in range(0, len(files), BATCH_SIZE):
        group = prepared[first : first + BATCH_SIZE]
        began = time.process_time()
        request = analyse_request(network, group, (METHOD,), None, None)
        blob = packed(request)
        moved += time.process_time() - began
        made = LocalEngine().analyse(str(entry.folder), group, (METHOD,), None, None)
        reply = packed(analyses_reply(made))
        began = time.process_time()
        unpacked(reply)
        moved += time.process_time() - began
        asked, answered, plain = (
            asked + len(blob),
            answered + len(reply),
            plain + len(encode(request)),
        )
    n = len(files)
    return {
        "read_ms": round(1e3 * read / n, 2),
        "prepare_ms": round(1e3 * fed / n, 2),
        "pack_and_unpack_ms": round(1e3 * moved / n, 2),
        "request_bytes": round(asked / n),
        "request_bytes_uncompressed": round(plain / n),
        "reply_bytes": round(answered / n),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=32)
    parser.add_argument("--large", type=int, default=96)
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/results/scaling.json")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sizes = (args.small, args.large)
    with tempfile.TemporaryDirectory() as name:
        (folder := Path(name) / "in").mkdir()
        source, files = pictures(folder, args.large)
        result: dict[str, Any] = {
            "command": f"python benchmarks/scaling.py --small {sizes[0]} --large {sizes[1]}",
            "spectra": source,
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "method": METHOD,
        }
        for network in NETWORKS:
            common = ["--network", network]
            drawn = ["batch", *common, "--method", METHOD, "--processes", "1"]
            result[network] = {
                "scores": command_cost(["predict", *common], files, sizes, None),
                "scores, map and picture of the top class": command_cost(
                    drawn, files, sizes, Path(name) / network
                ),
                "client of a cluster": client_cost(files[: args.small], network),
            }
            print(network, json.dumps(result[network], indent=1), flush=True)
    result["load"] = [round(v, 1) for v in os.getloadavg()]
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
