"""The same maps with their cells in the right place and stretched over the whole picture.

Cell 0 of an unpadded network lies half a receptive field inside the picture. Most programs
resize the map to the picture's size instead; the figures "measured before" were of such maps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.ml.evaluation_data import Selection, Source, select
from nmrcam_qt.ml.evaluation_measure import Priors, View
from nmrcam_qt.ml.evaluation_networks import groups, read_folds
from nmrcam_qt.ml.evaluation_report import rounded
from nmrcam_qt.ml.inference import analyse
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.registry import load
from nmrcam_qt.ml.study.plan import OURS, OWN_METHOD, SEED, Unit

MIXTURES = (1, 2)
METHODS = {SEED: ("gradcam", "gradcam++", "layercam", "hirescam"), OURS: (OWN_METHOD,)}
"""Of the networks of the study, and of ours."""


@dataclass(frozen=True, slots=True)
class Placed:
    """One map in both places.

    Parameters
    ----------
    id, compound : str
        Of the target.
    foreign : int
        How many foreign compounds.
    method : str
        Which map.
    right, stretched, prior : float or None
        Ink AUC with the cells where they are, over the whole picture, and of the class prior.
    """

    id: str
    compound: str
    foreign: int
    method: str
    right: float | None
    stretched: float | None
    prior: float | None


def stretched(explanation: Explanation, spec: InputSpec) -> Explanation:
    """The map resized to the whole input, as is common and wrong.

    Parameters
    ----------
    explanation : Explanation
        With its cells in the right place.
    spec : InputSpec
        Of its input: the outermost cells' edges become the picture's edges.
    """
    rows, columns = explanation.f1.size, explanation.f2.size
    return replace(
        explanation,
        f1=Axis.from_edges(explanation.f1.nucleus, *spec.f1.edges, rows),
        f2=Axis.from_edges(explanation.f2.nucleus, *spec.f2.edges, columns),
    )


def measure_placement(unit: Unit, progress: Progress) -> list[Placed]:
    """Ink AUC of every target's maps in both places.

    Parameters
    ----------
    unit : Unit
        Network, folds and foreign compounds, as for `nmrcam_qt.ml.evaluation.evaluate`.
    progress : Progress
        Counts spectra.

    Raises
    ------
    NmrCamError
        If data, folds or network cannot be used.
    """
    settings = unit.settings
    network = load(settings.network)
    selection = select(network.card, settings)
    everything = selection.dataset.entries
    folds = read_folds(settings.folds, settings.repeat, everything)
    rows: list[Placed] = []
    done = 0
    for group in groups(network, selection.entries, folds, everything):
        scorer, priors = group.load(), Priors(selection, group.held_out, {})
        for entry in group.entries:
            progress.step(done, len(selection.entries), "cells in both places")
            done += 1
            rows += _entry(scorer, selection, entry, unit, priors, group.unseen)
    return rows


def _entry(
    network: Network,
    selection: Selection,
    entry: Entry,
    unit: Unit,
    priors: Priors,
    unseen: Callable[[Entry], bool],
) -> Iterator[Placed]:
    """All mixtures and methods of one target."""
    classes = selection.target_classes(entry, network.card)
    spec = network.card.inputs[0]
    for n in MIXTURES if classes else ():
        drawn = selection.foreign(entry, n, unit.settings.seed, unseen)
        mixture = Source(selection.dataset, entry).mixture(drawn, spec.experiment)
        analysis = analyse(network, [[mixture.spectrum]], METHODS[unit.role], classes)[0]
        view = View(mixture, spec)
        for made in analysis.explanations:
            prior = priors.of(made.class_id, spec, entry)
            both = [
                ink_auc(view.heat(e), view.target, view.distractor)
                for e in (made, stretched(made, spec))
            ]
            yield Placed(
                entry.id,
                entry.compound,
                n,
                made.method,
                rounded(both[0]),
                rounded(both[1]),
                rounded(view.prior_auc(prior)),
            )
