"""The sample spectra that travel with nmrcam."""

from __future__ import annotations

import json
from pathlib import Path

from nmrcam_qt.core.paths import resources_dir

INDEX_NAME = "index.json"


def samples_dir() -> Path:
    """Folder of the samples."""
    return resources_dir() / "samples"


def sample_paths() -> list[Path]:
    """The sample files in the order of their index; by name where there is no index.

    Returns
    -------
    list of Path
        Files that exist; empty where the samples are not installed.
    """
    folder = samples_dir()
    try:
        listed = json.loads((folder / INDEX_NAME).read_text(encoding="utf-8"))["samples"]
        names = [str(entry["file"]) for entry in listed]
    except (OSError, ValueError, KeyError, TypeError):
        names = [path.name for path in sorted(folder.glob("*.csv"))]
    return [folder / name for name in names if (folder / name).is_file()]
