"""What `nmrcam evaluate` is asked for, and the rows it measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

METHODS = ("gradcam", "gradcam++", "hirescam", "layercam", "xgradcam")
"""Methods that every network has."""

MIXTURES = (0, 1, 2)

COMPOUND, ATOMS = "compound", "atoms"
TRUTHS = (COMPOUND, ATOMS)

STUDY, NONE = "study", "none"
FOREIGN_RULES = (STUDY, NONE)
"""Which compounds count as foreign: those that carry none of the study's three classes
(`nmrcam_qt.core.datasets.CLASSES`), or none of the network's classes."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What to evaluate.

    Parameters
    ----------
    network : str
        Network id or folder.
    data : Path
        Folder of the layout of kuhn2021, bmrb2d or deepsat_hsqc.
    mixtures : tuple of int
        Numbers of foreign compounds; 0 is the pure case.
    methods : tuple of str
        Ids of explanation methods; empty for classification only.
    layer : str or None
        None for the card's default (of each input).
    seed : int
        Of the foreign compounds, of the choice by `limit` and of the bootstrap.
    folds : Path or None
        Folder of fold files of the compound split; each held-out compound is then
        scored by the network that never saw it.
    repeat : int
        Which repeat of the folds.
    foreign : tuple of Path
        Further dataset folders to draw foreign compounds from.
    only_foreign : bool
        Draw from `foreign` only, not from `data`.
    foreign_rule : str or None
        One of `FOREIGN_RULES`; None is "study" for a network that knows the study's three
        classes and more, "none" for any other.
    trained_on : tuple of Path
        Dataset folders the network was trained on: their compounds are left out and
        the class prior is made from them.
    limit : int or None
        Take at most this many spectra, drawn by the seed.
    slow_sample : int
        Peak deletion, insertion and random weights for so many targets, drawn by the seed;
        0 leaves them out.
    truth : str
        One of `TRUTHS`: the target is the compound, or only its signals of which both atoms
        belong to the substructure, in spectra simulated from assigned shifts.
    cache : Path or None
        Folder of the simulated signals; made where it is missing.
    """

    network: str
    data: Path
    mixtures: tuple[int, ...] = MIXTURES
    methods: tuple[str, ...] = METHODS
    layer: str | None = None
    seed: int = 0
    folds: Path | None = None
    repeat: int = 0
    foreign: tuple[Path, ...] = ()
    only_foreign: bool = False
    foreign_rule: str | None = None
    trained_on: tuple[Path, ...] = ()
    limit: int | None = None
    slow_sample: int = 0
    truth: str = COMPOUND
    cache: Path | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """Scores of one spectrum, pair or mixture.

    Parameters
    ----------
    id, compound : str
        Of the entry (the target).
    foreign : int
        How many foreign compounds it was mixed with.
    scores : mapping of class id to float
        0..1.
    present : frozenset of str
        Classes the network says are present.
    labels : mapping of class id to bool
        By structure, of everything in the mixture; a class is missing where it is not known.
    published : str or None
        The study's class, "" for none; None where the study's labels do not apply.
    """

    id: str
    compound: str
    foreign: int
    scores: Mapping[str, float]
    present: frozenset[str]
    labels: Mapping[str, bool]
    published: str | None


@dataclass(frozen=True, slots=True)
class Deleted:
    """Areas of the deletion and insertion curves of one map, and of what stands beside it.

    Parameters
    ----------
    deletion, insertion : float
        Of the map's order; of an empty map the mean of random orders.
    random : float
        Mean of random orders: the same for both curves.
    deletion_true, insertion_true : float
        Of the true order: the target's peaks first, the distractors' last; NaN without both.
    deletion_drop, insertion_drop : float
        Of the peaks by their single drops: the order that the network itself gives.
    deletion_better, insertion_better : float
        Share of random orders that the map's order beats, 0.5 is chance.
    """

    deletion: float = math.nan
    insertion: float = math.nan
    random: float = math.nan
    deletion_true: float = math.nan
    insertion_true: float = math.nan
    deletion_drop: float = math.nan
    insertion_drop: float = math.nan
    deletion_better: float = math.nan
    insertion_better: float = math.nan


@dataclass(frozen=True, slots=True)
class Located:
    """Where one map of a known class lies; NaN where a figure has no meaning.

    Parameters
    ----------
    id, compound : str
        Of the target.
    foreign : int
        How many foreign compounds.
    class_id, method, input_name : str
        What was explained, how, and on which input.
    by_structure : bool
        Whether the target's structure carries the class (the study's label may err).
    ink_auc, prior, heat_mass, ink_share, blank_mass : float
        See `nmrcam_qt.core.metrics`; `prior` is the class prior's ink AUC.
    empty : bool
        Whether the map has no heat.
    pointing, pointing_chance, pointing_prior : float
        Pointing game over the signals; of a map that is the same everywhere; of the prior.
    peak_ap, peak_ap_chance, peak_ap_prior : float
        Average precision of peaks by heat; in random order; by the prior.
    model_check : float
        D of the class, the same for every map.
    deleted : Deleted or None
        Peak deletion and insertion, where it was measured.
    cascade : tuple of float
        Similarity with the maps of the network with more and more random layers, where it was
        measured; the last has no learned weight left.
    """

    id: str
    compound: str
    foreign: int
    class_id: str
    method: str
    input_name: str
    by_structure: bool
    ink_auc: float
    prior: float
    heat_mass: float
    ink_share: float
    blank_mass: float
    empty: bool
    pointing: float = math.nan
    pointing_chance: float = math.nan
    pointing_prior: float = math.nan
    peak_ap: float = math.nan
    peak_ap_chance: float = math.nan
    peak_ap_prior: float = math.nan
    model_check: float = math.nan
    deleted: Deleted | None = None
    cascade: tuple[float, ...] = ()
