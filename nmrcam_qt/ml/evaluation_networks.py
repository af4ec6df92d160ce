"""Which network scores which entry: one for all, or for each fold its own."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import keras

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.mix_folds import ids_by_fold, is_mix_run, read_mix_folds
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.networks import build_kuhn
from nmrcam_qt.ml.seats import seated
from nmrcam_qt.ml.weights import load_weights


def anything(_: Entry) -> bool:
    """The study's networks saw no compound of no class: all of them may be mixed in."""
    return True


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Entries that one network scores.

    Parameters
    ----------
    load : callable
        Gives the network; called when its turn comes. Those of a mixture run are one compiled
        network, which has these weights until another fold's is asked for (`nmrcam_qt.ml.seats`).
    entries : tuple of Entry
        What it scores.
    held_out : frozenset of str
        Names of compounds that it must not have seen; the prior leaves them out too.
    unseen : callable
        Whether the network never saw an entry, which may then be mixed in as foreign.
    """

    load: Callable[[], Network]
    entries: tuple[Entry, ...]
    held_out: frozenset[str]
    unseen: Callable[[Entry], bool] = anything


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """One fold of a split by compound.

    Parameters
    ----------
    weights : Path
        Of the network that was not trained on this fold.
    test : frozenset of str
        Ids of the entries it never saw.
    network : callable
        From the card of the shipped network to that of this fold, see `Group.load`.
    unseen : callable
        Whether the network never saw an entry, of whatever dataset.
    """

    weights: Path
    test: frozenset[str]
    network: Callable[[Card], Network]
    unseen: Callable[[Entry], bool] = anything


def read_folds(folder: Path | None, repeat: int, entries: Sequence[Entry]) -> list[Fold]:
    """Folds of the study's networks, checked against the entries, or of a mixture run.

    Parameters
    ----------
    folder : Path or None
        Holds ``compound-r{repeat}-f{k}.json`` and ``.npz``, or is the folder of a run of
        `nmrcam train hsqc-mix` or ``hmbc-mix`` (``fold0/``, …, ``results.json``). None has no
        folds.
    repeat : int
        Which repeat; a mixture run has one, 0.
    entries : sequence of Entry
        All entries of the dataset.

    Raises
    ------
    NetworkError
        If folds are missing, broken, or split a compound.
    """
    if folder is None:
        return []
    if is_mix_run(folder):
        return _mix_folds(folder, repeat, entries)
    paths = sorted(folder.glob(f"compound-r{repeat}-f*.json"))
    if not paths:
        raise NetworkError(f"{folder.name}: no folds compound-r{repeat}-f*.json")
    folds = [_read_fold(path) for path in paths]
    in_fold: dict[str, int] = {}
    for number, fold in enumerate(folds):
        for name in fold.test:
            if name in in_fold:
                raise NetworkError(f"{folder.name}: {name} is in two folds")
            in_fold[name] = number
    compounds: dict[str, int] = {}
    for entry in entries:
        if not entry.published_class:
            continue
        if entry.id not in in_fold:
            raise NetworkError(f"{folder.name}: {entry.id} is in no fold of repeat {repeat}")
        number = in_fold[entry.id]
        if compounds.setdefault(entry.compound, number) != number:
            raise NetworkError(f"{folder.name}: the compound of {entry.id} is in two folds")
    return folds


def groups(
    network: Network, entries: Sequence[Entry], folds: Sequence[Fold], everything: Sequence[Entry]
) -> Iterator[Group]:
    """Entries by the network that scores them.

    Without folds all go to `network`. With folds an entry goes to the network that
    never saw it; one that none has seen (of no class) goes to one by its id.
    """
    if not folds:
        yield Group(lambda: network, tuple(entries), frozenset())
        return
    for number, fold in enumerate(folds):
        mine = tuple(e for e in entries if _fold_of(e, folds) == number)
        held_out = frozenset(n for e in everything if e.id in fold.test for n in e.names)
        if mine:
            yield Group(partial(fold.network, network.card), mine, held_out, fold.unseen)


def _fold_of(entry: Entry, folds: Sequence[Fold]) -> int:
    for number, fold in enumerate(folds):
        if entry.id in fold.test:
            return number
    return zlib.crc32(entry.id.encode()) % len(folds)


def _kuhn_network(weights: Path, card: Card) -> Network:
    model = build_kuhn(card.inputs, len(card.classes))
    sha256 = load_weights(model, weights)
    inputs = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    return Network(card, keras.Model(inputs, model.get_layer("logits").output), sha256)


def _mix_folds(folder: Path, repeat: int, entries: Sequence[Entry]) -> list[Fold]:
    run = read_mix_folds(folder)
    if repeat:
        raise NetworkError(f"{folder.name}: no repeat {repeat}; a mixture run has only repeat 0")

    def network(fold: int, card: Card) -> Network:
        return seated(run.settings, run.network(fold, card))

    return [
        Fold(run.state(k), ids, partial(network, k), run.unseen(k))
        for k, ids in enumerate(ids_by_fold(run, entries))
    ]


def _read_fold(path: Path) -> Fold:
    weights = path.with_suffix(".npz")
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
        test = frozenset(str(name) for name in found["test"])
    except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
        raise NetworkError(f"{path.name}: is no fold file ({error})") from None
    if not weights.is_file():
        raise NetworkError(f"{weights.name}: the weights of this fold are missing")
    return Fold(weights, test, partial(_kuhn_network, weights))
