"""ppm axes of the published mixture pictures, from the foreign compounds that are in them.

    python benchmarks/mixnets/picture_axes.py --data ../shared/data

writes ``published_axes.json``. The pictures carry no axes and were cut by hand, each otherwise:
many HSQC pictures reach from 14.2 to -2.7 ppm and from -39 to 180 ppm, not 10-0 and 0-200. All
hold adenine, most adenosine, the HMBC pictures cadaverine, whose calibrated spectra are in
bmrb2d. So scale and offset of both axes are fitted to *their* signals alone (a hypothesis from
every two spots, judged by how many known signals then meet a spot, refined by least squares);
nothing about the compound that is looked for goes in.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from published import parts_of
from scipy import ndimage

from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment

Floats = NDArray[np.float64]

AXES_FILE = Path(__file__).parent / "published_axes.json"
KNOWN = ("60", "61", "72")
"""Adenine, adenosine, cadaverine: entry numbers of BMRB."""
TOLERANCE = np.array([0.06, 0.9])
"""ppm (1H, 13C) within which a spot is a signal: 1.5 pixels of these pictures."""
MAX_SPOTS = 90
MIN_INK = 0.3
"""Ink of a spot, in pixels of a picture 600 wide."""
H_SPAN, C_SPAN = (8.0, 19.0), (150.0, 260.0)
H_FIRST, C_FIRST = (9.0, 15.5), (-45.0, 10.0)
"""Where axes are looked for, ppm: what a picture spans, and where it begins."""
PICTURES = (
    (Experiment.HSQC, "hsqc/test/*/[0-9]*_*.jpg"),
    (Experiment.HSQC, "hsqc/test/none/60.jpg"),
    (Experiment.HMBC, "hmbc/test/*/[0-9]*_HMBC.jpg"),
)


@dataclass(frozen=True, slots=True)
class PictureAxes:
    """Axes of one picture.

    `f2_ppm` and `f1_ppm` are the ppm of its outer edges; of `known` signals `matched` meet a
    spot within twice the tolerance, with `rms_h` and `rms_c` ppm between them.
    """

    f2_ppm: tuple[float, float]
    f1_ppm: tuple[float, float]
    known: int
    matched: int
    rms_h: float
    rms_c: float


def known_signals(data: Path) -> dict[tuple[str, str], Floats]:
    """Peaks ``(n, 2)`` (1H, 13C ppm) by experiment and entry number, close ones once."""
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    with gzip.open(data / "bmrb2d" / "peaks.csv.gz", "rt", encoding="utf-8") as handle:
        for row in csv.DictReader(handle):
            kind, number = row["file"].split("_")[:2]
            name = number.removeprefix("bmse").lstrip("0")
            if name not in KNOWN:
                continue
            peak = (float(row["h_ppm"]), float(row["c_ppm"]))
            peaks = found.setdefault((kind, name), [])
            if all(abs(peak[0] - h) > 0.08 or abs(peak[1] - c) > 1 for h, c in peaks):
                peaks.append(peak)
    return {key: np.array(peaks) for key, peaks in found.items()}


def spots(ink: NDArray[np.float32]) -> Floats:
    """Column and row of the largest spots of ink, float64 ``(n, 2)``."""
    labels, count = ndimage.label(ink > 0.3)
    index = np.arange(1, count + 1)
    area = ndimage.sum(ink, labels, index) * (600 / ink.shape[1]) ** 2
    centres = np.array(ndimage.center_of_mass(ink, labels, index)).reshape(-1, 2)[:, ::-1]
    order = np.argsort(-area, kind="stable")[:MAX_SPOTS]
    return centres[order[area[order] >= MIN_INK]]


def fit(known: Floats, found: Floats, size: tuple[int, int]) -> PictureAxes:
    """Axes of a picture of `size` = (height, width) pixels.

    Raises
    ------
    ValueError
        If no axes within the bounds can be told.
    """
    best, axes = 0.0, None
    pairs = np.argwhere(
        (known[:, np.newaxis, 0] - known[:, 0] > 1.5)
        & (np.abs(known[:, np.newaxis, 1] - known[:, 1]) > 25)
    )
    for a, b in pairs:
        for hypothesis in _hypotheses(known[a], known[b], found, size):
            distance = _distance(known, found, hypothesis)
            score = float(np.exp(-distance.min(axis=1) / 2).sum())
            if score > best:
                best, axes = score, hypothesis
    if axes is None:
        raise ValueError("no axes fit")
    return _refined(known, found, axes, size)


def _hypotheses(a: Floats, b: Floats, found: Floats, size: tuple[int, int]) -> Floats:
    """(h at x = 0, ppm per column, c at y = 0, ppm per row) from every two spots as a and b."""
    height, width = size
    dx = found[:, 0] - found[:, np.newaxis, 0]
    dy = found[:, 1] - found[:, np.newaxis, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        per_column, per_row = (b[0] - a[0]) / dx, (b[1] - a[1]) / dy
        h0 = a[0] - per_column * found[:, np.newaxis, 0]
        c0 = a[1] - per_row * found[:, np.newaxis, 1]
        fits = _between(-per_column * width, H_SPAN) & _between(per_row * height, C_SPAN)
        fits &= _between(h0, H_FIRST) & _between(c0, C_FIRST)
    return np.stack([h0[fits], per_column[fits], c0[fits], per_row[fits]], axis=1)


def _between(values: Floats, bounds: tuple[float, float]) -> NDArray[np.bool_]:
    return np.asarray((values > bounds[0]) & (values < bounds[1]))


def _distance(known: Floats, found: Floats, axes: Floats) -> Floats:
    """Squared distance of every known signal from every spot, in tolerances."""
    h, c = axes[0] + axes[1] * found[:, 0], axes[2] + axes[3] * found[:, 1]
    dh = (known[:, np.newaxis, 0] - h) / TOLERANCE[0]
    dc = (known[:, np.newaxis, 1] - c) / TOLERANCE[1]
    return np.asarray(dh**2 + dc**2)


def _refined(known: Floats, found: Floats, axes: Floats, size: tuple[int, int]) -> PictureAxes:
    """Least squares over the signals that meet a spot."""
    distance = _distance(known, found, axes)
    near = distance.min(axis=1) < 4
    spot = found[distance.argmin(axis=1)[near]]
    lines = [np.polyfit(spot[:, i], known[near, i], 1) for i in range(2)]
    rms = [
        float(np.sqrt(np.mean((np.polyval(line, spot[:, i]) - known[near, i]) ** 2)))
        for i, line in enumerate(lines)
    ]
    height, width = size
    # Positions are of pixel centres; a picture begins and ends half a pixel further out.
    h = [round(float(np.polyval(lines[0], x)), 3) for x in (-0.5, width - 0.5)]
    c = [round(float(np.polyval(lines[1], y)), 2) for y in (-0.5, height - 0.5)]
    matched = int(near.sum())
    return PictureAxes(
        (h[0], h[1]), (c[0], c[1]), len(known), matched, round(rms[0], 4), round(rms[1], 3)
    )


def fit_pictures(data: Path) -> dict[str, PictureAxes]:
    """Axes of every mixture picture by its path within kuhn2021."""
    known, folder, axes = known_signals(data), data / "kuhn2021", {}
    for experiment, pattern in PICTURES:
        for path in sorted(folder.glob(pattern)):
            lists = [known[experiment.label, k] for k in KNOWN if k in parts_of(path.name)]
            picture = read_picture(path, ReadOptions(experiment))
            ink = picture.intensity
            height, width = ink.shape
            found = fit(np.concatenate(lists), spots(ink), (height, width))
            axes[path.relative_to(folder).as_posix()] = found
            print(f"{path.name:40} {found}", flush=True)
    return axes


def read_axes(path: Path = AXES_FILE) -> dict[str, PictureAxes]:
    """What `main` wrote."""
    rows = json.loads(path.read_text(encoding="utf-8"))["pictures"]
    return {
        name: PictureAxes(
            **(row | {"f2_ppm": tuple(row["f2_ppm"]), "f1_ppm": tuple(row["f1_ppm"])})
        )
        for name, row in rows.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=AXES_FILE)
    args = parser.parse_args()
    axes = {name: asdict(found) for name, found in fit_pictures(args.data).items()}
    note = "ppm at the outer edges; fitted to adenine, adenosine and cadaverine of bmrb2d"
    text = json.dumps({"note": note, "pictures": axes}, indent=1)
    args.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
