"""Class priors of the networks that nmrcam trains, from what they were trained on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nmrcam_qt.core.cards import PRIOR_NAME, Card, InputSpec, read_card, write_card
from nmrcam_qt.core.class_priors import prior_bytes
from nmrcam_qt.core.datasets import Dataset
from nmrcam_qt.core.metrics.class_prior import class_prior
from nmrcam_qt.core.preprocessing import ink_on_grid
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.settings import PLAIN
from nmrcam_qt.core.spectrum import Experiment, Image
from nmrcam_qt.core.writers.files import write_aside
from nmrcam_qt.ml.mix_data import MixData

MOST = 400
"""Compounds of a class that are drawn of the measured and of the simulated ones: the mean ink of
more is the same within the steps of the file."""
MIX_FROM = (
    f"mean ink of training compounds of the class, one spectrum each: of up to {MOST} measured and "
    f"up to {MOST} simulated ones, half each"
)
STUDY_FROM = "mean ink of the study's pictures of the class, each compound once"
Means = list[list[Image | None]]


def mix_means(card: Card, data: Mapping[Experiment, MixData], progress: Progress = SILENT) -> Means:
    """Mean ink of every class on every input of a network for mixtures.

    Parameters
    ----------
    card : Card
        Of the network.
    data : mapping
        What was trained on, by experiment.
    progress : Progress
        Told of every class.

    Returns
    -------
    list of lists of float32 ``(f1.size, f2.size)`` or None
        By input and class; None where no training compound has the class.
    """
    made: Means = []
    for spec in card.inputs:
        own = data[spec.experiment]
        images: list[Image | None] = []
        sets = (own.learned(None, 1), own.simulated)
        for number, class_id in enumerate(card.class_ids):
            progress.step(number, len(card.class_ids), f"{spec.name} {class_id}")
            parts = [drawn_mean(cache, spec, class_id) for cache in sets if len(cache)]
            there = [part for part in parts if part is not None]
            images.append(np.asarray(np.mean(there, axis=0, dtype=np.float32)) if there else None)
        made.append(images)
    return made


def drawn_mean(
    cache: SignalCache, spec: InputSpec, class_id: str, most: int = MOST, seed: int = 0
) -> Image | None:
    """Mean ink of some compounds of a class, drawn plainly, float32 ``(f1.size, f2.size)``.

    Parameters
    ----------
    cache : SignalCache
        What is drawn; of a compound with several spectra one counts.
    spec : InputSpec
        Grid.
    class_id : str
        One of `CLASS_IDS`.
    most, seed : int
        How many compounds, and which.

    Returns
    -------
    None where the cache has no such compound.
    """
    rng = np.random.default_rng(seed)
    members = rng.permutation(cache.having(class_id))
    _, first = np.unique(cache.compounds[members], return_index=True)
    chosen = members[np.sort(first)][:most]
    if not len(chosen):
        return None
    drawer = Drawer(cache, spec.f1, spec.f2, PLAIN)
    total = np.zeros((spec.f1.size, spec.f2.size))
    for index in chosen.tolist():
        total += drawer.draw(rng, 1, [index]).ink
    return (total / len(chosen)).astype(np.float32)


def study_means(card: Card, dataset: Dataset, progress: Progress = SILENT) -> Means:
    """The same for a network of the study, from its pictures.

    Parameters
    ----------
    card : Card
        Of the network.
    dataset : Dataset
        The folder of the layout of kuhn2021.
    progress : Progress
        Told of every class.
    """
    entries = dataset.having(card.experiments)
    made: Means = []
    for spec in card.inputs:
        images: list[Image | None] = []
        for number, class_id in enumerate(card.class_ids):
            progress.step(number, len(card.class_ids), f"{spec.name} {class_id}")
            members = [entry for entry in entries if entry.published_class == class_id]
            inks = [ink_on_grid(dataset.load(e, spec.experiment), spec) for e in members]
            names = [entry.compound for entry in members]
            found = (
                class_prior(inks, names, (spec.f1, spec.f2), class_id, spec.experiment)
                if members
                else None
            )
            images.append(None if found is None else found.evidence)
        made.append(images)
    return made


def write_priors(folder: Path, means: Sequence[Sequence[Image | None]], made_from: str) -> Card:
    """Write ``prior.npz`` beside a network's weights, and name it in its card.

    Parameters
    ----------
    folder : Path
        Of a network with its card.
    means : sequence of sequences
        From `mix_means` or `study_means`.
    made_from : str
        For the card.

    Returns
    -------
    Card
        As written.
    """
    card = read_card(folder)
    blob = prior_bytes(card, means)
    with write_aside(folder / PRIOR_NAME) as stream:
        stream.write(blob)
    named = replace(card, prior_sha256=hashlib.sha256(blob).hexdigest(), prior_from=made_from)
    write_card(folder, named)
    return named
