"""A twin of the study's data folders and networks, small enough for a test."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from PIL import Image
from token_builders import SETTINGS, ship_tiny

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.networks import build_kuhn
from nmrcam_qt.ml.recipes import Recipe
from nmrcam_qt.ml.shipping import ship
from nmrcam_qt.ml.study.plan import StudySettings
from nmrcam_qt.ml.weights import save_weights

SHAPE = (46, 62)
FOLDERS = ("fattyacids", "indol", "steroids", "none")
NAMED = {"fattyacids": "bmse000643", "indol": "bmse000364", "steroids": "bmse000489"}
FOREIGN = ("bmse000054", "bmse000078", "bmse000123", "bmse000138")
KINDS = (Experiment.HSQC, Experiment.HMBC)


def spec(experiment: Experiment, rows: int = 46, columns: int = 62) -> InputSpec:
    return InputSpec(experiment.value, experiment, (rows, columns, 1), (0.0, 200.0), (10.0, 0.0))


def picture(path: Path, rng: np.random.Generator, y: int, x: int) -> None:
    """White paper with three spots around a place."""
    made = np.full(SHAPE, 255, np.uint8)
    for _ in range(3):
        dy, dx = rng.integers(-4, 5, 2)
        made[y + dy - 1 : y + dy + 2, x + dx - 1 : x + dx + 2] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(made).save(path)


def kuhn_twin(folder: Path) -> Path:
    """Two compounds of each class, two of none; the first are those of the thesis's figures."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    lines = ["id,published_class,hmbc_file,hsqc_file,inchikey14,fatty_acid,indole,steroid"]
    for number, group in enumerate(FOLDERS):
        for i in range(2):
            name = NAMED.get(group, f"{group}0") if i == 0 else f"{group}{i}"
            for kind in KINDS:
                picture(folder / f"{name}_{kind.value}.png", rng, 8 + 9 * number, 50 - 10 * number)
            flags = ",".join(str(int(c == number)) for c in range(3))
            lines.append(f"{name},{group},{name}_hmbc.png,{name}_hsqc.png,K{group}{i},{flags}")
    (folder / "compounds.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def bmrb_twin(folder: Path) -> Path:
    """The thesis's four foreign compounds, 123 with guessed axes."""
    rng = np.random.default_rng(1)
    columns = (
        *("file", "experiment_true", "bmse", "inchikey14", "cal_conf"),
        *("x0", "x_per_ppm", "y0", "y_per_ppm", "q_unusable", "q_f1mirror", "q_folded13C"),
        *("fatty_acid", "indole", "steroid"),
    )
    lines = [",".join(columns)]
    for number, name in enumerate(FOREIGN):
        for kind in KINDS:
            file = f"{kind.label}_{name}.png"
            picture(folder / "images" / file, rng, 12 + 7 * number, 20 + 8 * number)
            conf = "C" if name == "bmse000123" else "A"
            values = "61,6.2,0,0.23,0,0,0,0,0,0"
            lines.append(f"{file},{kind.label},{name},F{number},{conf},{values}")
    (folder / "manifest.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "peaks.csv.gz").write_bytes(b"")
    return folder


def networks(folder: Path) -> tuple[tuple[str, str], tuple[str, str]]:
    """Networks like the study's and like ours, (HSQC, HMBC) each."""
    keras.utils.set_random_seed(1)
    for kind in KINDS:
        own = (spec(kind),)
        ship(
            Recipe(f"seed-{kind.value}", "Seed", own, 0, 0),
            build_kuhn(own, 3),
            folder / f"seed-{kind.value}",
            {},
            {},
        )
        ship_tiny(folder / f"mix-{kind.value}", spec(kind, 40, 48), settings=SETTINGS)
    return (
        (str(folder / "seed-hsqc"), str(folder / "seed-hmbc")),
        (str(folder / "mix-hsqc"), str(folder / "mix-hmbc")),
    )


def folds_twin(folder: Path) -> Path:
    """Two folds of the HSQC network of the study, as `nmrcam train` leaves them."""
    inner = folder / "seed-hsqc" / "folds"
    inner.mkdir(parents=True)
    first = [f'"{NAMED[g]}"' for g in FOLDERS[:3]]
    second = [f'"{g}1"' for g in FOLDERS[:3]]
    for number, test in enumerate((first, second)):
        keras.utils.set_random_seed(10 + number)
        text = f'{{"test": [{", ".join(test)}]}}'
        (inner / f"compound-r0-f{number}.json").write_text(text, encoding="utf-8")
        save_weights(build_kuhn((spec(Experiment.HSQC),), 3), inner / f"compound-r0-f{number}.npz")
    return folder


def study_twin(folder: Path) -> StudySettings:
    """Everything that a whole run needs."""
    kuhn_twin(folder / "data" / "kuhn2021")
    bmrb_twin(folder / "data" / "bmrb2d")
    seed, own = networks(folder / "networks")
    return StudySettings(
        data=folder / "data",
        out=folder / "out",
        runs=folds_twin(folder / "runs"),
        sample=1,
        seed_networks=seed,
        networks=own,
    )
