"""Loaded networks by id or folder, and the check of what lies on disk. Starts light."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nmrcam_qt.core.card_store import NetworkEntry, find_network

if TYPE_CHECKING:
    from nmrcam_qt.ml.network import Network

MAX_LOADED = 8
NETWORK_FILES = ("card.json", "architecture.json", "weights.npz")
"""What a network's folder holds and a network is loaded from; nothing else is looked at."""
_loaded: dict[tuple[Path, tuple[int, ...]], Network] = {}


def load(id_or_path: str | Path) -> Network:
    """The network with this id or in this folder; loaded once per process.

    The folder's files are looked at again on each call: a network that changed on
    disk is loaded anew.

    Raises
    ------
    NetworkError, CardError
        If there is none, or it is broken.
    """
    return load_entry(find_network(id_or_path))


def load_entry(entry: NetworkEntry) -> Network:
    """The network of an entry of the card store; see `load`."""
    from nmrcam_qt.ml.network import Network

    key = (entry.folder.resolve(), _stamps(entry.folder))
    if key not in _loaded:
        network = Network.load(entry.folder)
        for stale in [k for k in _loaded if k[0] == key[0]]:
            del _loaded[stale]
        if len(_loaded) >= MAX_LOADED:
            del _loaded[next(iter(_loaded))]
        _loaded[key] = network
    return _loaded[key]


def verify(entry: NetworkEntry) -> Network:
    """Load a network afresh and check every claim of its card.

    That are: the digest of the weights, an architecture of allowed layers that builds,
    shapes of the inputs, number of outputs, head, and the layers for maps.

    Returns
    -------
    Network

    Raises
    ------
    NetworkError, CardError
        One sentence about the first thing that is wrong.
    """
    from nmrcam_qt.ml.network import Network

    return Network.load(entry.folder)


def clear() -> None:
    """Forget all loaded networks."""
    _loaded.clear()


def _stamps(folder: Path) -> tuple[int, ...]:
    """Modification times of the files, 0 where one is missing."""
    stamps = []
    for name in NETWORK_FILES:
        try:
            stamps.append((folder / name).stat().st_mtime_ns)
        except OSError:
            stamps.append(0)
    return tuple(stamps)
