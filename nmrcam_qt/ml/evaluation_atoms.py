"""`nmrcam evaluate --truth atoms`: maps against the atoms of the substructure itself.

Spectra are simulated from assigned shifts (nmrshiftdb2). A signal belongs to the substructure when
both of its atoms do; everything else, of the same compound too, is distractor. The compounds are
those that no mixture network was trained on (`mix_compounds.held_out`), whatever their weights;
the networks of the study never saw a simulated spectrum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

import nmrcam_qt
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.metrics.class_prior import METHOD as PRIOR
from nmrcam_qt.core.mixtures import Mask, Mixture
from nmrcam_qt.core.preprocessing import Prepared, feed
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.core.simulate.cache import SignalCache, build_cache, load_cache
from nmrcam_qt.core.simulate.draw import Drawer, Example
from nmrcam_qt.core.simulate.settings import DrawSettings
from nmrcam_qt.core.spectrum import Provenance, SourceKind, Spectrum
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.evaluation_measure import Case, locate
from nmrcam_qt.ml.evaluation_report import DEFINITIONS, by_class, classification, localisation
from nmrcam_qt.ml.evaluation_settings import Located, Scored, Settings
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.mix_compounds import held_out, only, without
from nmrcam_qt.ml.mix_data import HELD_OUT, real_compounds
from nmrcam_qt.ml.mixnet_evaluation import STUDY, draw_case, priors, targets
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.registry import load

PER_CLASS = 40
"""Targets of each class."""
NOTE = (
    "Spectra are simulated from assigned shifts: a signal is the substructure's when both of its "
    "atoms are. What a network says of simulated spectra need not hold for measured ones."
)


class AtomPriors:
    """Mean ink of the classes' simulated training compounds, the target not among them.

    Parameters
    ----------
    cache : SignalCache
        Compounds that were trained on.
    spec : InputSpec
        The network's input.
    """

    def __init__(self, cache: SignalCache, spec: InputSpec) -> None:
        self._means = priors(cache, spec)

    def of(self, class_id: str, spec: InputSpec, _target: Entry) -> Explanation | None:
        """Prior of a class."""
        mean = self._means[CLASS_IDS.index(class_id)]
        about = (spec.name, class_id, PRIOR, "", "", "")
        return Explanation(mean, spec.f1, spec.f2, *about)


def evaluate_atoms(settings: Settings, progress: Progress = SILENT) -> dict[str, Any]:
    """Measure maps against the atoms of each class.

    Parameters
    ----------
    settings : Settings
        Its `data` is the folder of nmrshiftdb2, beside those of the measured sets, whose
        compounds are left out; its `cache` gets the simulated signals.
    progress : Progress
        Of the simulation, then counts spectra.

    Returns
    -------
    dict
        The layout of ``report.json``; ``localisation`` is against the atoms.

    Raises
    ------
    NetworkError
        If the network has two inputs, or none of our classes.
    ReadError
        If the data cannot be read.
    StructureError
        If the signals are not simulated yet and RDKit is not installed.
    """
    network = load(settings.network)
    card = network.card
    classes = [c for c in card.class_ids if c in CLASS_IDS]
    if len(card.inputs) != 1 or not classes:
        raise NetworkError(f"{card.id}: the truth by atoms is for networks of one spectrum")
    everything = _signals(settings, network, progress)
    unseen_names = held_out({bytes(c) for c in everything.compounds}, HELD_OUT)
    unseen, spec = only(everything, unseen_names), card.inputs[0]
    prior = AtomPriors(without(everything, unseen_names), spec)
    chosen = _chosen(unseen, settings)
    scored, located = [], []
    for done, target in enumerate(chosen):
        progress.step(done, len(chosen), "scoring and explaining")
        for row, maps in _measured(network, unseen, target, settings, prior):
            scored.append(row)
            located += maps
    return {
        "network": card.id,
        "network_sha256": network.sha256,
        "data": "nmrshiftdb2, simulated",
        "truth": settings.truth,
        "n": len(chosen),
        "compounds": len({s.compound for s in scored}),
        "seed": settings.seed,
        "version": nmrcam_qt.__version__,
        "table_sha256": everything.about["sha256"],
        "layer": settings.layer or "default",
        "prior_from": "up to 300 simulated compounds of the class that are not judged",
        "foreign": _foreign(unseen),
        "folds": None,
        **_classes(scored, classes, settings),
        "localisation": localisation(located, settings.seed),
        "localisation_by_class": by_class(located, settings.seed),
        "unavailable": {},
        "left_out": {"trained on": len(everything) - len(unseen)},
        "failed": [],
        "notes": [NOTE],
        "definitions": DEFINITIONS,
    }


def _foreign(unseen: SignalCache) -> dict[str, Any]:
    pool = unseen.compounds[unseen.labels & ((1 << STUDY) - 1) == 0]
    return {
        "rule": "study",
        "without": list(CLASS_IDS[:STUDY]),
        "spectra": len(pool),
        "compounds": len({bytes(c) for c in pool}),
    }


def _classes(scored: list[Scored], classes: list[str], settings: Settings) -> dict[str, Any]:
    def figures(n: int) -> dict[str, Any]:
        mine = [s for s in scored if s.foreign == n]
        return classification(mine, classes, False, settings.seed)

    return {
        "classes": figures(0) if 0 in settings.mixtures else {},
        "classes_in_mixtures": {f"+{n}": figures(n) for n in settings.mixtures if n},
    }


def _signals(settings: Settings, network: Network, progress: Progress) -> SignalCache:
    """Signals of the experiment, simulated where nobody did so before."""
    if settings.cache is None:
        raise NetworkError("the truth by atoms needs a folder for the simulated signals")
    folder = settings.cache
    path = folder / f"{network.card.experiments[0].value}.npz"
    if not path.exists():
        data = settings.data.parent
        build_cache(data, folder, real_compounds(data), progress)
    return load_cache(path)


def _chosen(unseen: SignalCache, settings: Settings) -> list[int]:
    """Targets of every class, at most `limit` of them, by the seed."""
    chosen = targets(unseen, PER_CLASS, 0, settings.seed)
    if settings.limit is not None and len(chosen) > settings.limit:
        rng = np.random.default_rng(settings.seed)
        chosen = np.sort(rng.permutation(chosen)[: settings.limit])
    return [int(i) for i in chosen]


def _measured(
    network: Network, unseen: SignalCache, target: int, settings: Settings, prior: AtomPriors
) -> Iterator[tuple[Scored, list[Located]]]:
    """One target, pure and mixed."""
    spec = network.card.inputs[0]
    drawer = Drawer(unseen, spec.f1, spec.f2, replace(DrawSettings(), decades=0.0))
    pool = np.flatnonzero(unseen.labels & ((1 << STUDY) - 1) == 0)
    drawn = [draw_case(drawer, pool, target, n, settings.seed) for n in settings.mixtures]
    prepared = [Prepared((feed(example.ink, spec),), ()) for example in drawn]
    own = unseen.label_matrix()[target]
    classes = [c for c in network.card.class_ids if c in CLASS_IDS and own[CLASS_IDS.index(c)]]
    methods = settings.methods if classes else ()
    done = analyse_prepared(network, prepared, methods, classes or None, settings.layer)
    name = bytes(unseen.compounds[target]).decode()
    labels = dict(zip(CLASS_IDS, own.tolist(), strict=True))
    entry = Entry(f"{name} {target}", name, {}, labels)
    for n, example, item, analysis in zip(settings.mixtures, drawn, prepared, done, strict=True):
        case = Case(network, entry, n, {}, item)
        yield _scored(entry, n, example, analysis), _of_classes(case, example, analysis, prior)


def _scored(entry: Entry, n: int, example: Example, analysis: Analysis) -> Scored:
    made = analysis.prediction
    labels = dict(zip(CLASS_IDS, example.labels.tolist(), strict=True))
    scores = {c: made.score(c) for c in made.classes}
    return Scored(entry.id, entry.compound, n, scores, frozenset(made.present), labels, None)


def _of_classes(
    case: Case, example: Example, analysis: Analysis, prior: AtomPriors
) -> list[Located]:
    """Figures of the maps of every class that can be seen; each class has its own truth."""
    found: list[Located] = []
    inner = example.substructure_masks()
    inked = example.compound_masks() | example.other_masks()
    spec = case.network.card.inputs[0]
    for class_id in dict.fromkeys(e.class_id for e in analysis.explanations):
        number = CLASS_IDS.index(class_id)
        mixture = _mixture(example, inner[number], inked[number] & ~inner[number], spec)
        if not mixture.target.any():
            continue
        own = Case(case.network, case.entry, case.n, {spec.name: mixture}, case.prepared)
        maps = [e for e in analysis.explanations if e.class_id == class_id]
        found += locate(own, maps, prior)
    return found


def _mixture(example: Example, target: Mask, distractor: Mask, spec: InputSpec) -> Mixture:
    about = Provenance("simulated", SourceKind.MIXTURE, "simulated from assigned shifts")
    spectrum = Spectrum("simulated", example.ink, spec.f1, spec.f2, spec.experiment, about)
    return Mixture(spectrum, target, distractor, ("simulated",))
