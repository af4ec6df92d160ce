"""Where nmrcam finds its own files and keeps the user's."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "NMRCAM_HOME"
_PACKAGE = Path(__file__).resolve().parents[1]


def models_dir() -> Path:
    """Folder of the shipped networks: ``models/`` of a checkout or of an installed wheel."""
    return _packaged("_models", "models")


def resources_dir() -> Path:
    """Folder of icons, style sheets and samples, of a checkout or of an installed wheel."""
    return _packaged("_resources", "resources")


def user_dir() -> Path:
    """Folder for the user's own data; the environment variable NMRCAM_HOME overrides it.

    It is not created here.
    """
    override = os.environ.get(HOME_VARIABLE)
    if override:
        return Path(override).expanduser().absolute()
    return Path(platformdirs.user_data_dir("nmrcam", appauthor=False))


def user_networks_dir() -> Path:
    """Folder of the networks that the user imported; not created here."""
    return user_dir() / "networks"


def _packaged(installed: str, checkout: str) -> Path:
    """The folder inside the installed package, else the one beside it in a checkout."""
    inside = _PACKAGE / installed
    return inside if inside.is_dir() else _PACKAGE.parent / checkout
