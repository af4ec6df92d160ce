"""What a mixture network was trained on, learned from examples drawn as in its training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from nmrcam_qt.core.cards import Card, InputSpec, read_card, write_card
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.outside import Known, learn
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.mix_compounds import Chooser

SIZES = (0.4, 0.2, 0.15, 0.15, 0.1)
"""Chance of 1, 2, … compounds: single ones differ most from each other, and are asked most."""


def drawn_inks(
    cache: SignalCache,
    spec: InputSpec,
    draw: DrawSettings,
    n: int,
    seed: int = 0,
) -> Iterator[Image]:
    """Ink of examples drawn as for training, some plainly as lists are.

    Parameters
    ----------
    cache : SignalCache
        What the network is trained on; measured spectra make up half, where there are any.
    spec : InputSpec
        What it eats.
    draw : DrawSettings
        How spectra vary in its training.
    n, seed : int
        How many examples, and of what everything depends on.

    Yields
    ------
    float32 ``(f1.size, f2.size)``
    """
    # Not by class: what is usual is not what is rare and trained more often.
    varied = replace(draw, class_share=0.0)
    chooser = Chooser(cache, class_share=varied.class_share)
    drawers = [Drawer(cache, spec.f1, spec.f2, s) for s in (varied, PLAIN)]
    rng, shares = np.random.default_rng(seed), np.array(SIZES)
    for number in range(n):
        size = 1 + int(rng.choice(len(SIZES), p=shares / shares.sum()))
        chosen = chooser.choose(rng, size).tolist()
        yield drawers[int(number % 4 == 3)].draw(rng, len(chosen), chosen).ink


def learn_known(
    cache: SignalCache,
    spec: InputSpec,
    draw: DrawSettings,
    solvents: Sequence[str] = (),
    *,
    n: int,
) -> Known:
    """What the training of a network was like, for its card; about 2 ms an example.

    Parameters
    ----------
    cache, spec, draw, n
        As in `drawn_inks`.
    solvents : sequence of str
        Ids of the solvents of the training spectra, where known (`core.solvents`).

    Raises
    ------
    ValueError
        If the cache is empty.
    """
    return learn(drawn_inks(cache, spec, draw, n), spec.f1, spec.f2, solvents=solvents)


def write_known(folder: Path, input_name: str, known: Known) -> Card:
    """Add to the card of a network's folder what an input's training examples were like.

    Raises
    ------
    CardError
        If the card is broken, or has no such input.
    """
    card = read_card(folder)
    if input_name not in [i.name for i in card.inputs]:
        raise CardError(f"{card.id}: no input {input_name!r}")
    changed = replace(card, known={**card.known, input_name: known})
    write_card(folder, changed)
    return changed
