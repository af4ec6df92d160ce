"""What is done already: one JSON file per unit of work, written aside and renamed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nmrcam_qt
from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.cards import card_to_json
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.core.writers.files import make_folder, write_json
from nmrcam_qt.ml.evaluation_settings import Settings
from nmrcam_qt.ml.study.text import Spent

FORMAT = 1
"""Of the files; another one is computed again."""


class Work:
    """The folder of finished units.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self._folder = folder
        self.reused = 0

    def has(self, name: str, key: str) -> bool:
        """Whether a unit was made under this key."""
        return _read(self._folder / f"{name}.json", key) is not None

    def get(
        self, name: str, key: str, compute: Callable[[], dict[str, Any]], again: bool = False
    ) -> dict[str, Any]:
        """A unit's result, from disk if it was made under the same key.

        Parameters
        ----------
        name : str
            Of the unit, for the file.
        key : str
            Digest of everything that the result depends on.
        compute : callable
            Makes the result; called where there is none.
        again : bool
            Call it in any case.

        Returns
        -------
        dict
            What `compute` gave, with ``seconds`` and, of all threads, ``cpu_seconds``.
        """
        path = self._folder / f"{name}.json"
        found = None if again else _read(path, key)
        if found is not None:
            self.reused += 1
            return found
        started, cpu = time.perf_counter(), time.process_time()
        made = compute()
        made["seconds"] = round(time.perf_counter() - started, 1)
        made["cpu_seconds"] = round(time.process_time() - cpu, 1)
        write_json(path, {"format": FORMAT, "key": key, "result": made}, allow_nan=False)
        return made


def spent_on(result: Mapping[str, Any]) -> Spent:
    """What a unit cost when it was made."""
    return Spent(float(result["seconds"]), result.get("cpu_seconds"))


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """A finished unit; None where there is none, or one of other settings, or a broken file."""
    try:
        found = parse_json(path.read_text(encoding="utf-8"))
        if (found["format"], found["key"]) != (FORMAT, key):
            return None
        result: dict[str, Any] = dict(found["result"])
        spent_on(result)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return result


def key_of(settings: Settings, *more: str) -> str:
    """Digest of settings, network with its card, folds, tables of the data and version.

    Parameters
    ----------
    settings : Settings
        Of an evaluation.
    *more : str
        What the unit depends on besides.

    Raises
    ------
    NetworkError
        If there is no such network.
    """
    said = {
        "version": nmrcam_qt.__version__,
        # The whole card: its thresholds say which classes are called present.
        "network": card_to_json(find_network(settings.network).card),
        "folds": _stamps(settings.folds),
        "data": _table(settings.data),
        "foreign": [_table(folder) for folder in settings.foreign],
        "trained on": [_table(folder) for folder in settings.trained_on],
        "methods": list(settings.methods),
        "mixtures": list(settings.mixtures),
        "other": [
            settings.layer,
            settings.foreign_rule,
            settings.only_foreign,
            settings.seed,
            settings.repeat,
            settings.limit,
            settings.slow_sample,
            settings.truth,
            *more,
        ],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _table(folder: Path) -> str:
    """Digest of the tables of a dataset folder."""
    digest = hashlib.sha256()
    for name in ("compounds.csv", "manifest.csv"):
        if (folder / name).is_file():
            digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def _stamps(folder: Path | None) -> list[list[str | int]]:
    """Names, sizes and times of the files of folds: quicker than reading 300 MB."""
    if folder is None:
        return []
    files = sorted([*folder.rglob("*.npz"), *folder.rglob("*.json")])
    return [[p.name, p.stat().st_size, p.stat().st_mtime_ns] for p in files]
