"""The measurements as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nmrcam_qt.core.datasets import CLASSES
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.study.document import Table
from nmrcam_qt.ml.study.plan import (
    CALIBRATED,
    CHECKS,
    EVERYTHING,
    EXPERIMENTS,
    LARGE_POOL,
    POOLS,
    STUDY_POOL,
    Unit,
)
from nmrcam_qt.ml.study.published import NOTE as PUBLISHED_NOTE
from nmrcam_qt.ml.study.results import BEFORE, OWN, PRIOR, StudyResults
from nmrcam_qt.ml.study.text import Spent, estimate_of, share

WHERE = (
    ("ink AUC", "ink_auc"),
    ("prior", "prior"),
    ("gain", "gain"),
    ("heat mass", "heat_mass"),
    ("ink share", "ink_share"),
    ("blank mass", "blank_mass"),
    ("empty", "empty_rate"),
)
BARS = (
    *("prior", "ink_share", "pointing_chance", "pointing_prior"),
    *("peak_ap_chance", "peak_ap_prior", "deletion_random"),
)
"""Written without their intervals."""
PEAKS = (
    ("pointing", "pointing"),
    ("chance", "pointing_chance"),
    ("prior", "pointing_prior"),
    ("peak AP", "peak_ap"),
    ("chance", "peak_ap_chance"),
    ("prior", "peak_ap_prior"),
    ("model check D", "model_check"),
)
DELETED = (
    ("deletion", "deletion"),
    ("insertion", "insertion"),
    ("random", "deletion_random"),
    ("true: deletion", "deletion_true"),
    ("insertion", "insertion_true"),
    ("beats random", "deletion_better"),
    ("random weights", "randomised"),
)
CALIBRATED_NOTE = (
    "The foreign compound carries none of the three classes. The study's networks as shipped, on "
    "compounds that are not in the study's data; ours by the fold that never saw the compound, "
    "where a run was given. The prior is made of other compounds in each case: for the study's "
    "networks of the study's pictures, for ours of bmrb2d."
)
PEAKS_NOTE = (
    "Pointing: how often the hottest place on signals is the target's. Peak AP: average precision "
    "of the peaks ranked by heat. Chance: of a map that tells nothing; prior: of the class prior. "
    "Model check D: how much more the class's logit rests on the target's signals than on the "
    "foreign ones. It is the network's, the same for every map; below 0 the network itself rests "
    "on the foreign signals, and a faithful map has to show that."
)
DELETED_NOTE = (
    "Area under the class's logit while peaks are taken away by falling heat (deletion, lower is "
    "better) or added (insertion, higher is better); random: mean of random orders, the same for "
    "both; true: the target's peaks first. Beats random: share of random orders that the map's "
    "deletion beats, .5 is chance. Random weights: absolute rank correlation of the map with that "
    "of the same network with shuffled weights; a map near 1 does not show the network."
)
WHERE_NOTE = (
    "Means with 95 % intervals (bootstrap over compounds). Ink AUC: how often a signal of the "
    "class's compound is hotter than a foreign one, .5 is chance. Prior: the same with the mean "
    "ink of the class's other compounds in place of a map. Gain: (AUC − prior) / (1 − prior). Heat "
    "mass: share of the heat on signals that lies on the compound's; ink share: the same for a map "
    "that is equal everywhere. Blank mass: share of the heat far from any ink. Empty: maps "
    "without heat. CAM (= 4 others): four further methods give the very same figures."
)


def before_table(results: StudyResults) -> Table:
    """The figures measured before beside those of now, in both pools."""
    pools = {"study": "own", "bmrb2d": "bmrb2d"}
    columns = (
        "experiment",
        "network",
        "map",
        "cells",
        "before",
        *(f"{pools[p]} pool" for p in POOLS),
    )
    rows = []
    for experiment in EXPERIMENTS:
        for map_, value in [*BEFORE[experiment].items(), (OWN, None)]:
            measured = [str(results.placed(map_, experiment, p)) for p in POOLS]
            prior = map_ == PRIOR
            title = "class prior" if prior else METHODS[map_.method].title
            whose = "–" if prior else "ours" if map_ == OWN else "of the study"
            cells = "–" if prior else map_.place
            rows.append((experiment.label, whose, title, cells, share(value), *measured))
    return Table(
        "Mixtures with one and two foreign compounds together: ink AUC",
        columns,
        tuple(rows),
        "Before: measured when the program was designed. Own pool: "
        f"{POOLS[STUDY_POOL]}; bmrb2d pool: {POOLS[LARGE_POOL]}. Stretched: the map resized to the "
        "whole picture; right: each cell at the middle of what it sees.",
    )


def where_tables(results: StudyResults, kind: str) -> Iterator[Table]:
    """Where the maps lie: for every experiment and pool, all networks and methods."""
    for experiment in EXPERIMENTS:
        for pool in POOLS:
            found = results.reports(experiment, pool, kind)
            if found:
                yield _table(experiment, pool, found, WHERE)


def peak_tables(results: StudyResults, kind: str) -> Iterator[Table]:
    """What the maps say of peaks, and the networks of the target."""
    for experiment in EXPERIMENTS:
        for pool in POOLS:
            found = results.reports(experiment, pool, kind)
            if found:
                yield _table(experiment, pool, found, PEAKS)


def deletion_tables(results: StudyResults) -> Iterator[Table]:
    """What takes long: deletion, insertion, random weights, on the sample."""
    for experiment in EXPERIMENTS:
        found = results.reports(experiment, LARGE_POOL, CHECKS)
        if found:
            yield _table(experiment, LARGE_POOL, found, DELETED)


def _table(
    experiment: Experiment,
    pool: str,
    found: Sequence[tuple[Unit, Mapping[str, Any]]],
    wanted: Sequence[tuple[str, str]],
) -> Table:
    rows = []
    for _, report in found:
        for n, methods in report["localisation"].items():
            same: dict[tuple[str, ...], list[str]] = {}
            for method, figures in methods.items() if n != "+0" else ():
                cells = (str(figures["n"]), *(_cell(figures, name) for _, name in wanted))
                same.setdefault(cells, []).append(METHODS[method].title)
            rows += [(report["network"], n, _joined(t), *cells) for cells, t in same.items()]
    size = found[0][1]["foreign"]["compounds"]
    return Table(
        f"{experiment.label}; foreign compounds: {POOLS[pool]} ({size} compounds)",
        ("network", "foreign", "map", "maps", *(title for title, _ in wanted)),
        tuple(rows),
    )


def _cell(figures: Mapping[str, Any], name: str) -> str:
    """A figure, with its interval unless it is what others are compared with."""
    found = estimate_of(figures, name)
    return share(found.mean) if name in BARS else str(found)


def _joined(titles: Sequence[str]) -> str:
    """Methods that give the very same figures, as all do before a pooled linear head."""
    return titles[0] if len(titles) == 1 else f"{titles[-1]} (= {len(titles) - 1} others)"


def calibrated_tables(results: StudyResults) -> Iterator[Table]:
    """Where the maps lie on spectra with true ppm axes: the study's classes, one by one."""
    for experiment in EXPERIMENTS:
        rows: list[tuple[str, ...]] = []
        for _, report in results.reports(experiment, LARGE_POOL, CALIBRATED):
            rows += _calibrated_rows(report)
        if rows:
            yield Table(
                f"{experiment.label} of bmrb2d, true ppm axes, one foreign compound of bmrb2d",
                ("network", "class", "map", "maps", *(title for title, _ in WHERE)),
                tuple(rows),
                CALIBRATED_NOTE,
            )


def _calibrated_rows(report: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for class_id in CLASSES:
        methods = report["localisation_by_class"].get(class_id, {}).get("+1", {})
        for method, figures in methods.items():
            cells = [_cell(figures, name) for _, name in WHERE]
            said = class_id.replace("_", " ")
            yield report["network"], said, METHODS[method].title, str(figures["n"]), *cells


def recognition_table(results: StudyResults) -> Table:
    """How well the networks recognise the classes: AUROC, pure and mixed."""
    rows = []
    for experiment in EXPERIMENTS:
        for pool in POOLS:
            for _, report in results.reports(experiment, pool, EVERYTHING):
                kinds = {"pure": report["classes"], **report["classes_in_mixtures"]}
                for kind, classes in kinds.items():
                    if kind == "pure" and pool != STUDY_POOL:
                        continue
                    cells = [str(estimate_of(classes.get(c, {}), "auroc")) for c in CLASSES]
                    where = "–" if kind == "pure" else pool
                    rows.append((experiment.label, report["network"], where, kind, *cells))
    return Table(
        "Recognition: AUROC of each class",
        (
            "experiment",
            "network",
            "foreign from",
            "foreign",
            *(c.replace("_", " ") for c in CLASSES),
        ),
        tuple(rows),
        "By structure, not by the published class.",
    )


def published_table(results: StudyResults) -> Table:
    """The published mixtures."""
    rows = tuple(
        (
            str(found["experiment"]).upper(),
            str(found["network"]),
            f"{found['right']} of {found['of']}",
            f"{found['present']} of {found['of']}",
        )
        for found in results.published.values()
    )
    return Table(
        "Published mixtures", ("experiment", "network", "right", "present"), rows, PUBLISHED_NOTE
    )


def time_table(results: StudyResults) -> Table:
    """What every stage cost."""
    rows = [(stage, str(spent)) for stage, spent in results.spent.items()]
    rows.append(("together", str(sum(results.spent.values(), Spent()))))
    return Table(
        "Time of each stage, as it was when it was made",
        ("stage", "by the clock"),
        tuple(rows),
        str(results.ran or ""),
    )


def network_table(results: StudyResults) -> Table:
    """Which networks, and whether they had seen the compounds."""
    rows: dict[tuple[str, ...], None] = {}
    for unit, report in results.units:
        if (unit.kind, unit.pool) != (EVERYTHING, STUDY_POOL):
            continue
        seen = "folds: no compound was seen" if report["folds"] else "as shipped: see the note"
        rows[(report["network"], unit.experiment.label, report["network_sha256"][:12], seen)] = None
    return Table(
        "Networks",
        ("network", "experiment", "sha256", "measured with"),
        tuple(rows),
        "With folds each target is scored by the network that was trained without its compound; a "
        "network as shipped may have been trained on it, and its figures are then too good.",
    )
