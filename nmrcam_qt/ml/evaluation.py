"""`nmrcam evaluate`: how well a network scores and where its maps lie, with the bar beside it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import nmrcam_qt
from nmrcam_qt.core.errors import NmrCamError, ReadError
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.readers.options import file_sha256
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.evaluation_data import Selection, foreign_classes, select
from nmrcam_qt.ml.evaluation_measure import Priors, measure
from nmrcam_qt.ml.evaluation_networks import Fold, groups, read_folds
from nmrcam_qt.ml.evaluation_peaks import Cascade
from nmrcam_qt.ml.evaluation_report import (
    DEFINITIONS,
    SLOW,
    by_class,
    classification,
    localisation,
)
from nmrcam_qt.ml.evaluation_settings import Located, Scored, Settings
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.registry import load

MAX_FAILED_SHOWN = 20


@dataclass(slots=True)
class _Rows:
    """What was measured so far."""

    scored: list[Scored] = field(default_factory=list)
    located: list[Located] = field(default_factory=list)
    unavailable: dict[str, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)


def evaluate(settings: Settings, progress: Progress = SILENT) -> dict[str, Any]:
    """Evaluate a network on a dataset folder.

    Parameters
    ----------
    settings : Settings
        What to evaluate.
    progress : Progress
        Counts spectra; cancelling raises `Cancelled`.

    Returns
    -------
    dict
        The layout of ``report.json`` (DESIGN §4): ``network, network_sha256, data, n,
        classes, localisation`` and how they came about.

    Raises
    ------
    NmrCamError
        If network, data or folds cannot be used. Single spectra that cannot be read
        are counted in ``left_out`` and named in ``failed``.
    """
    network = load(settings.network)
    selection = select(network.card, settings)
    folds = read_folds(settings.folds, settings.repeat, selection.dataset.entries)
    rows = _measure_all(network, selection, folds, settings, progress)
    return _report(network, selection, folds, settings, rows)


def _measure_all(
    network: Network,
    selection: Selection,
    folds: Sequence[Fold],
    settings: Settings,
    progress: Progress,
) -> _Rows:
    rows = _Rows()
    inks: dict[tuple[int, str], Image] = {}
    done = 0
    slow = _slow_sample(network, selection, settings)
    for group in groups(network, selection.entries, folds, selection.dataset.entries):
        scorer = group.load()
        rows.digests.append(scorer.sha256)
        priors = Priors(selection, group.held_out, inks)
        chosen = [e for e in group.entries if e.id in slow]
        cascade = Cascade(scorer, settings.seed) if chosen else None
        for entry in group.entries:
            progress.step(done, len(selection.entries), "scoring and explaining")
            done += 1
            mine = cascade if entry.id in slow else None
            try:
                scored, located, unavailable = measure(
                    scorer, selection, entry, settings, priors, group.unseen, mine
                )
            except ReadError as error:
                rows.failed.append(f"{entry.id}: {error}")
                continue
            rows.scored += scored
            rows.located += located
            rows.unavailable |= dict(unavailable)
    if not rows.scored:
        raise NmrCamError(f"no spectrum could be evaluated; the first: {rows.failed[0]}")
    progress.step(done, len(selection.entries), "figures")
    return rows


def _slow_sample(network: Network, selection: Selection, settings: Settings) -> frozenset[str]:
    """Ids of the targets of which the slow figures are measured, drawn by the seed."""
    if not settings.slow_sample or not settings.methods:
        return frozenset()
    able = [e.id for e in selection.entries if selection.target_classes(e, network.card)]
    rng = np.random.default_rng([settings.seed, settings.slow_sample])
    return frozenset(able[i] for i in rng.permutation(len(able))[: settings.slow_sample])


def _report(
    network: Network,
    selection: Selection,
    folds: Sequence[Fold],
    settings: Settings,
    rows: _Rows,
) -> dict[str, Any]:
    known = [c for c in network.card.class_ids if c in selection.dataset.label_ids]
    return {
        "network": network.card.id,
        "network_sha256": rows.digests[0] if not folds else _joint(rows.digests),
        "data": selection.dataset.kind,
        "n": len({s.id for s in rows.scored}),
        "compounds": len({s.compound for s in rows.scored}),
        "seed": settings.seed,
        "version": nmrcam_qt.__version__,
        "table_sha256": file_sha256(selection.dataset.table),
        "layer": settings.layer or "default",
        "prior_from": _prior_source(settings),
        "foreign": {
            "rule": selection.rule,
            "without": list(foreign_classes(network.card, selection.rule)),
            "spectra": len(selection.pool),
            "compounds": selection.pool_compounds,
        },
        "folds": {"repeat": settings.repeat, "sha256": rows.digests} if folds else None,
        **_classes(selection, rows, known, settings),
        **_localisation(selection, rows, settings),
        "slow": _slow(rows, settings),
        "unavailable": rows.unavailable,
        "left_out": dict(sorted(_left_out(network, selection, rows).items())),
        "failed": rows.failed[:MAX_FAILED_SHOWN],
        "notes": list(selection.notes),
        "definitions": DEFINITIONS,
    }


def _left_out(network: Network, selection: Selection, rows: _Rows) -> Counter[str]:
    left_out: Counter[str] = Counter(selection.left_out)
    if rows.failed:
        left_out["cannot be read"] += len(rows.failed)
    for class_id in network.card.class_ids:
        if class_id not in selection.dataset.label_ids:
            left_out[f"class {class_id}: the data have no such label"] += 1
    return left_out


def _slow(rows: _Rows, settings: Settings) -> dict[str, Any]:
    """How many targets the slow figures rest on."""
    return {
        "asked": settings.slow_sample,
        "measured": len({r.id for r in rows.located if r.deleted is not None}),
        "of": len({r.id for r in rows.located}),
        "figures": list(SLOW),
    }


def _joint(digests: Sequence[str]) -> str:
    """One digest for the networks of all folds."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def _prior_source(settings: Settings) -> str:
    if settings.folds is not None:
        return "the training compounds of each fold"
    if settings.trained_on:
        names = ", ".join(folder.name for folder in settings.trained_on)
        return f"compounds of the class in {names}, without the target's"
    return f"compounds of the class in {settings.data.name}, without the target's"


def _classes(
    selection: Selection, rows: _Rows, known: Sequence[str], settings: Settings
) -> dict[str, Any]:
    """Pure spectra under ``classes``, mixtures under ``classes_in_mixtures``."""

    def figures(n: int, published: bool) -> dict[str, Any]:
        mine = [s for s in rows.scored if s.foreign == n]
        return classification(mine, known, published, settings.seed)

    pure = [0] if 0 in settings.mixtures else []
    mixed = [n for n in settings.mixtures if n]
    found: dict[str, Any] = {"classes": figures(0, False) if pure else {}}
    found["classes_in_mixtures"] = {f"+{n}": figures(n, False) for n in mixed}
    if selection.study:
        found["classes_published"] = figures(0, True) if pure else {}
        found["classes_published_in_mixtures"] = {f"+{n}": figures(n, True) for n in mixed}
    return found


def _localisation(selection: Selection, rows: _Rows, settings: Settings) -> dict[str, Any]:
    found: dict[str, Any] = {
        "localisation": localisation(rows.located, settings.seed),
        "localisation_by_class": by_class(rows.located, settings.seed),
    }
    if selection.study:
        carried = [r for r in rows.located if r.by_structure]
        found["localisation_corrected"] = localisation(carried, settings.seed)
    return found
