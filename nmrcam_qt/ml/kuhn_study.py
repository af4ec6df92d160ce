"""Training and validating the networks of the study on its own data, fold by fold.

Every fold is one JSON file under ``OUT/folds``; one that is there is not trained
again, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.datasets import CLASSES, Entry, kuhn_entries
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.folds import grouped_folds
from nmrcam_qt.core.preprocessing import prepare
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment, Image
from nmrcam_qt.core.writers.files import write_json
from nmrcam_qt.ml.networks import build_kuhn
from nmrcam_qt.ml.recipes import Recipe
from nmrcam_qt.ml.training import History, Trainer
from nmrcam_qt.ml.weights import save_weights

HELD_OUT_IDS = ("bmse000643", "bmse000364", "bmse000489", "bmse000502", "bmse000544")
"""Compounds of the published mixtures; "corrected" networks never saw them."""

TARGETS = {"fatty_acid": "643", "indole": "364", "steroid": "489"}
_FOREIGN = {
    Experiment.HMBC: ("60", "60_61", "60_61_72", "60_61_72_491", "60_61_72_491_544"),
    Experiment.HSQC: ("60", "60_61", "60_61_70", "60_61_70_491", "60_61_70_491_544"),
}
_FOLDERS = {"fatty_acid": "fattyacids", "indole": "indol", "steroid": "steroids"}


@dataclass(frozen=True, slots=True, eq=False)
class KuhnData:
    """The 82 training entries, prepared.

    Parameters
    ----------
    entries : list of Entry
        Those with a published class.
    examples : list of float32 ``(n, H, W, C)``
        One array per input of the recipe.
    labels : int ``(n,)``
        Published class numbers.
    digest : str
        sha256 over ids, labels and examples: what a fold file was made from.
    """

    entries: list[Entry]
    examples: list[Image]
    labels: NDArray[np.intp]
    digest: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to train: how many folds and repeats of which split, from which seed."""

    n_folds: int = 10
    repeats: int = 3
    splits: tuple[str, ...] = ("picture", "compound")
    mixture_seeds: int = 3
    seed: int = 0


def load_kuhn(folder: Path, recipe: Recipe, progress: Progress = SILENT) -> KuhnData:
    """Read and prepare the training pictures of a recipe.

    Raises
    ------
    ReadError
        If the folder or a picture cannot be read.
    """
    entries = [e for e in kuhn_entries(folder) if e.published_class]
    stacks: list[list[Image]] = [[] for _ in recipe.inputs]
    for done, entry in enumerate(entries):
        progress.step(done, len(entries), "reading pictures")
        for stack, spec in zip(stacks, recipe.inputs, strict=True):
            stack.append(prepare(read_picture(entry.files[spec.experiment]), spec))
    labels = np.array([CLASSES.index(e.published_class) for e in entries], dtype=np.intp)
    examples = [np.stack(stack) for stack in stacks]
    digest = hashlib.sha256(repr([e.id for e in entries]).encode() + labels.tobytes())
    for stack_array in examples:
        digest.update(stack_array.tobytes())
    return KuhnData(entries, examples, labels, digest.hexdigest())


class KuhnTrainer:
    """Trains the network of one recipe on some of its entries.

    Parameters
    ----------
    recipe : Recipe
        Which network.
    data : KuhnData
        Its prepared pictures.
    """

    def __init__(self, recipe: Recipe, data: KuhnData) -> None:
        self.recipe = recipe
        self.data = data
        self._trainer: Trainer | None = None

    def train(
        self,
        rows: NDArray[np.intp],
        seed: int,
        progress: Progress = SILENT,
        text: str = "training",
    ) -> tuple[keras.Model, History]:
        """Train from fresh weights; see `Trainer.train`.

        Parameters
        ----------
        rows : int
            Which entries.
        seed : int
            Of the initial weights and of the order of the pictures.
        """
        if self._trainer is None:
            recipe = self.recipe
            self._trainer = Trainer(
                lambda: build_kuhn(recipe.inputs, len(CLASSES)), recipe.settings
            )
        examples = [x[rows] for x in self.data.examples]
        return self._trainer.train(examples, self.data.labels[rows], seed, progress, text)


def cross_validate(
    trainer: KuhnTrainer, plan: Plan, out: Path, progress: Progress = SILENT
) -> list[dict[str, Any]]:
    """Train and test every fold of every split and repeat that is not there yet.

    Returns
    -------
    list of dict
        The fold files: ``split, repeat, fold, seed, data, settings, test, scores,
        epochs, loss, seconds``.

    Raises
    ------
    NetworkError
        If `out` holds folds of other data or settings.
    """
    recipe, data = trainer.recipe, trainer.data
    folder = out / "folds"
    folder.mkdir(parents=True, exist_ok=True)
    jobs = [
        (split, repeat, fold)
        for split in plan.splits
        for repeat in range(plan.repeats)
        for fold in range(plan.n_folds)
    ]
    results = []
    for done, (split, repeat, fold) in enumerate(jobs):
        name = f"{split}-r{repeat}-f{fold}"
        progress.step(done, len(jobs), f"{recipe.id} {name}")
        path = folder / f"{name}.json"
        test = _test_rows(data, split, plan, repeat) == fold
        if path.exists():
            place = (test, plan.seed + 1000 * repeat + fold)
            results.append(_read_fold(path, data, recipe, place))
            continue
        results.append(_run_fold(trainer, test, (split, repeat, fold), plan, path, progress))
    return results


def mixture_files(folder: Path) -> list[tuple[str, dict[Experiment, Path]]]:
    """The published mixtures: class id, and the HSQC and HMBC picture; five per class."""
    rows = []
    for class_id, target in TARGETS.items():
        for hsqc, hmbc in zip(_FOREIGN[Experiment.HSQC], _FOREIGN[Experiment.HMBC], strict=True):
            sub = _FOLDERS[class_id]
            rows.append(
                (
                    class_id,
                    {
                        Experiment.HSQC: folder / f"hsqc/test/{sub}/{target}_{hsqc}.jpg",
                        Experiment.HMBC: folder / f"hmbc/test/{sub}/{target}_{hmbc}_HMBC.jpg",
                    },
                )
            )
    return rows


def mixture_table(recipe: Recipe, model: keras.Model, folder: Path) -> dict[str, Any]:
    """Score the published mixtures: right when the top class is the class."""
    rows = []
    for class_id, files in mixture_files(folder):
        example = [prepare(read_picture(files[s.experiment]), s)[None] for s in recipe.inputs]
        fed = example if len(example) > 1 else example[0]
        scores = np.asarray(model(fed, training=False), dtype=float)[0]
        rows.append(
            {
                "files": [files[s.experiment].name for s in recipe.inputs],
                "class": class_id,
                "scores": [round(float(p), 6) for p in scores],
                "right": CLASSES[int(np.argmax(scores))] == class_id,
            }
        )
    return {"right": sum(bool(r["right"]) for r in rows), "of": len(rows), "rows": rows}


def without_mixture_compounds(data: KuhnData, folder: Path) -> NDArray[np.intp]:
    """Entries whose *compound* is in none of the published mixtures."""
    seen = {e.compound for e in kuhn_entries(folder) if e.id in HELD_OUT_IDS}
    seen.update(HELD_OUT_IDS)
    return np.array(
        [
            i
            for i, e in enumerate(data.entries)
            if e.compound not in seen and e.id not in HELD_OUT_IDS
        ],
        dtype=np.intp,
    )


def _test_rows(data: KuhnData, split: str, plan: Plan, repeat: int) -> NDArray[np.intp]:
    groups = [e.compound if split == "compound" else e.id for e in data.entries]
    return grouped_folds(groups, list(data.labels), plan.n_folds, plan.seed + 1000 * repeat)


def _run_fold(
    trainer: KuhnTrainer,
    test: NDArray[np.bool_],
    place: tuple[str, int, int],
    plan: Plan,
    path: Path,
    progress: Progress,
) -> dict[str, Any]:
    """Train without the test entries, score them, write the fold file aside and rename."""
    data = trainer.data
    split, repeat, fold = place
    seed = plan.seed + 1000 * repeat + fold
    started = time.perf_counter()
    train = np.flatnonzero(~test)
    model, history = trainer.train(train, seed, progress, path.stem)
    rows = np.flatnonzero(test)
    fed = [x[rows] for x in data.examples]
    scores = model.predict(fed if len(fed) > 1 else fed[0], verbose=0)
    result = {
        "split": split,
        "repeat": repeat,
        "fold": fold,
        "seed": seed,
        "data": data.digest,
        "settings": asdict(trainer.recipe.settings),
        "test": [data.entries[i].id for i in rows],
        "compounds": [data.entries[i].compound for i in rows],
        "truth": [data.entries[i].published_class for i in rows],
        "scores": [[round(float(p), 6) for p in row] for row in scores],
        "epochs": len(history.losses),
        "loss": round(history.losses[-1], 6),
        "seconds": round(time.perf_counter() - started, 1),
    }
    if split == "compound":
        save_weights(model, path.with_suffix(".npz"))
    write_json(path, result)
    return result


def _read_fold(
    path: Path, data: KuhnData, recipe: Recipe, place: tuple[NDArray[np.bool_], int]
) -> dict[str, Any]:
    """A finished fold, refused where it belongs to other data, settings, folds or seed."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if found["data"] != data.digest or found["settings"] != asdict(recipe.settings):
        raise NetworkError(
            f"{path}: was made from other data or settings; choose an empty --out folder"
        )
    test, seed = place
    if found["seed"] != seed or found["test"] != [data.entries[i].id for i in np.flatnonzero(test)]:
        raise NetworkError(
            f"{path}: was made with another --seed or --folds; choose an empty --out folder"
        )
    return found


def accuracy_rows(folds: Sequence[dict[str, Any]]) -> list[tuple[str, str, bool]]:
    """(id, compound, right) of every test entry of the given folds."""
    rows = []
    for fold in folds:
        for entry, compound, truth, scores in zip(
            fold["test"], fold["compounds"], fold["truth"], fold["scores"], strict=True
        ):
            rows.append((entry, compound, CLASSES[int(np.argmax(scores))] == truth))
    return rows
