"""Scores and map figures of entries and their mixtures by one network."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.metrics.class_prior import class_prior
from nmrcam_qt.core.metrics.heat_mass import blank_mass, far_from_ink, heat_mass, ink_share
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.metrics.pointing_game import pointing_game
from nmrcam_qt.core.mixtures import Mask, Mixture
from nmrcam_qt.core.preprocessing import Prepared, ink_on_grid, prepare_inputs
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.ml.evaluation_data import Selection, Source, joint_labels
from nmrcam_qt.ml.evaluation_peaks import Cascade, Deletion, PeakTruth, model_checks
from nmrcam_qt.ml.evaluation_settings import Located, Scored, Settings
from nmrcam_qt.ml.inference import analyse_prepared
from nmrcam_qt.ml.network import Network

Mixtures = Mapping[str, Mixture]
"""One mixture for each input of the network, by its name."""


class PriorSource(Protocol):
    """What gives class priors."""

    def of(self, class_id: str, spec: InputSpec, target: Entry) -> Explanation | None:
        """Prior of a class without the target's compound; None where there is none."""


class Priors:
    """Class priors of one group of entries; the spectra are read once.

    Parameters
    ----------
    selection : Selection
        Its `training` is the material.
    held_out : frozenset of str
        Compounds that are left out throughout; a target's own always is.
    inks : dict
        Ink by entry and input, shared between groups.
    """

    def __init__(
        self,
        selection: Selection,
        held_out: frozenset[str],
        inks: dict[tuple[int, str], Image],
    ) -> None:
        self._sources = [s for s in selection.training if not s.entry.names & held_out]
        self._inks = inks
        self._made: dict[tuple[str, str, str], Explanation | None] = {}

    def of(self, class_id: str, spec: InputSpec, target: Entry) -> Explanation | None:
        """Prior of a class without the target's compound; None without other compounds."""
        members = [s for s in self._sources if _carries(s, class_id)]
        own = any(s.entry.compound == target.compound for s in members)
        key = (class_id, spec.name, target.compound if own else "")
        if key not in self._made:
            kept = [s for s in members if s.entry.compound != target.compound]
            self._made[key] = self._prior(class_id, spec, kept) if kept else None
        return self._made[key]

    def _prior(self, class_id: str, spec: InputSpec, sources: Sequence[Source]) -> Explanation:
        return class_prior(
            [self._ink(s, spec) for s in sources],
            [s.entry.compound for s in sources],
            (spec.f1, spec.f2),
            class_id,
            spec.experiment,
        )

    def _ink(self, source: Source, spec: InputSpec) -> Image:
        key = (id(source.entry), spec.name)
        if key not in self._inks:
            spectrum = source.dataset.load(source.entry, spec.experiment)
            self._inks[key] = ink_on_grid(spectrum, spec)
        return self._inks[key]


def _carries(source: Source, class_id: str) -> bool:
    """Whether the network learned this spectrum as this class."""
    if source.dataset.kind == "kuhn2021":
        return source.entry.published_class == class_id
    return source.entry.labels.get(class_id, False)


def measure(
    network: Network,
    selection: Selection,
    entry: Entry,
    settings: Settings,
    priors: Priors,
    unseen: Callable[[Entry], bool] | None = None,
    cascade: Cascade | None = None,
) -> tuple[list[Scored], list[Located], tuple[tuple[str, str], ...]]:
    """One entry, pure and mixed.

    Parameters
    ----------
    network : Network
        That scores it.
    selection, settings
        Of the evaluation.
    entry : Entry
        The target.
    priors : Priors
        Of its group.
    unseen : callable, optional
        Which entries the network never saw; no other is mixed in.
    cascade : Cascade, optional
        The network with random layers, for a target of the slow sample: deletion curves are
        measured of it, too.

    Returns
    -------
    scored : list of Scored
        One for each number of foreign compounds.
    located : list of Located
        One for each of them, class of the entry, method and input; without classes that
        a foreign compound carries too, where target and distractor are not told apart.
    unavailable : tuple of (method, reason)

    Raises
    ------
    ReadError
        If a spectrum cannot be read.
    """
    card = network.card
    others = [
        selection.foreign(entry, n, settings.seed, unseen) if n else [] for n in settings.mixtures
    ]
    mixtures = [_mixtures(network, selection, entry, drawn) for drawn in others]
    prepared = [
        prepare_inputs(card, [mixture[i.name].spectrum for i in card.inputs])
        for mixture in mixtures
    ]
    classes = selection.target_classes(entry, card)
    methods = settings.methods if classes else ()
    done = analyse_prepared(network, prepared, methods, classes or None, settings.layer)
    scored, located = [], []
    for drawn, mixture, item, analysis in zip(others, mixtures, prepared, done, strict=True):
        foreign = joint_labels([s.entry for s in drawn])
        scored.append(_scored(selection, entry, drawn, analysis))
        case = Case(network, entry, len(drawn), mixture, item)
        kept = [m for m in analysis.explanations if not foreign.get(m.class_id, False)]
        slow = _slow(case, kept, cascade, settings) if cascade is not None else [{}] * len(kept)
        located += [
            replace(row, **more) for row, more in zip(locate(case, kept, priors), slow, strict=True)
        ]
    return scored, located, done[0].unavailable if methods else ()


def _mixtures(
    network: Network, selection: Selection, entry: Entry, others: Sequence[Source]
) -> dict[str, Mixture]:
    target = Source(selection.dataset, entry)
    return {i.name: target.mixture(others, i.experiment) for i in network.card.inputs}


def _scored(
    selection: Selection, entry: Entry, others: Sequence[Source], analysis: Analysis
) -> Scored:
    prediction = analysis.prediction
    return Scored(
        id=entry.id,
        compound=entry.compound,
        foreign=len(others),
        scores={c: prediction.score(c) for c in prediction.classes},
        present=frozenset(prediction.present),
        labels=joint_labels([entry, *(s.entry for s in others)]),
        published=entry.published_class if selection.study else None,
    )


class Case:
    """One mixture as a network sees it.

    Parameters
    ----------
    network : Network
        That scores it.
    entry : Entry
        The target.
    n : int
        Number of foreign compounds.
    mixtures : mapping of str to Mixture
        By name of the input.
    prepared : Prepared
        What the network eats.
    """

    def __init__(
        self, network: Network, entry: Entry, n: int, mixtures: Mixtures, prepared: Prepared
    ) -> None:
        self.network, self.entry, self.n = network, entry, n
        self.mixtures, self.prepared = mixtures, prepared

    @property
    def mixed(self) -> bool:
        """Whether there are signals that are not the target's."""
        return any(mixture.distractor.any() for mixture in self.mixtures.values())

    @cached_property
    def truths(self) -> dict[str, PeakTruth]:
        """Whose the peaks of each input are, by its name."""
        inputs = self.network.card.inputs
        return {
            spec.name: PeakTruth.of(self.mixtures[spec.name], example, spec)
            for spec, example in zip(inputs, self.prepared.examples, strict=True)
        }

    @cached_property
    def model_checks(self) -> Mapping[str, float]:
        """Model check D by class; NaN for a pure spectrum."""
        card = self.network.card
        if not self.mixed:
            return dict.fromkeys(card.class_ids, math.nan)
        found = model_checks(self.network, self.prepared, list(self.truths.values()))
        return dict(zip(card.class_ids, found.tolist(), strict=True))


def _slow(
    case: Case, maps: Sequence[Explanation], cascade: Cascade, settings: Settings
) -> list[dict[str, Any]]:
    """What takes long, for each map: columns of `Located`."""
    names = [spec.name for spec in case.network.card.inputs]
    truths = list(case.truths.values())
    curves = {
        name: Deletion(case.network, case.prepared, truths, at, settings.seed)
        for at, name in enumerate(names)
    }
    similar = cascade.similarities(case.prepared, maps, case.truths, settings.layer)
    return [
        {"deleted": curves[m.input_name].of(m), "cascade": rho}
        for m, rho in zip(maps, similar, strict=True)
    ]


def locate(case: Case, maps: Sequence[Explanation], priors: PriorSource) -> Iterator[Located]:
    """Figures of every map of one analysis; each spectrum is cut to the window once.

    Parameters
    ----------
    case : Case
        The mixture with its truth.
    maps : sequence of Explanation
        Of classes that its target carries.
    priors : PriorSource
        What stands beside them.
    """
    inputs = case.network.card.inputs if maps else ()
    views = {i.name: View(case.mixtures[i.name], i) for i in inputs}
    specs = {i.name: i for i in inputs}
    mixed, entry = case.mixed, case.entry
    for explanation in maps:
        name = explanation.input_name
        view, truth = views[name], case.truths[name]
        prior = priors.of(explanation.class_id, specs[name], entry)
        heat = view.heat(explanation)
        share = ink_share(view.target, view.distractor) if mixed else math.nan
        yield Located(
            id=entry.id,
            compound=entry.compound,
            foreign=case.n,
            class_id=explanation.class_id,
            method=explanation.method,
            input_name=name,
            by_structure=entry.labels.get(explanation.class_id, False),
            ink_auc=ink_auc(heat, view.target, view.distractor),
            prior=view.of_prior(prior)[0],
            heat_mass=heat_mass(heat, view.target, view.distractor) if mixed else math.nan,
            ink_share=share,
            blank_mass=blank_mass(heat, view.blank),
            empty=explanation.empty,
            pointing=pointing_game(heat, view.target, view.distractor),
            # A pixel drawn from the signals hits as often as they are the target's.
            pointing_chance=share,
            pointing_prior=view.of_prior(prior)[1],
            peak_ap=truth.average_precision(explanation),
            peak_ap_chance=truth.chance_precision(),
            peak_ap_prior=truth.average_precision(prior),
            model_check=case.model_checks[explanation.class_id],
        )


class View:
    """A mixture cut to the window of the network's input: it saw nothing else.

    Parameters
    ----------
    mixture : Mixture
        On its own grid.
    spec : InputSpec
        The input; pixels whose centre lies in its window are kept.

    Raises
    ------
    ReadError
        If the spectrum has no pixel in the window.
    """

    def __init__(self, mixture: Mixture, spec: InputSpec) -> None:
        spectrum = mixture.spectrum
        rows = _inside(spectrum.f1, spec.f1_window_ppm)
        columns = _inside(spectrum.f2, spec.f2_window_ppm)
        if len(rows) < 2 or len(columns) < 2:
            raise ReadError(spectrum.name, "has no part in the network's window")
        self.f1, self.f2 = _cut(spectrum.f1, rows), _cut(spectrum.f2, columns)
        cell = np.ix_(rows, columns)
        self.target: Mask = mixture.target[cell]
        self.distractor: Mask = mixture.distractor[cell]
        self.blank = far_from_ink(mixture.ink[cell], self.f1, self.f2)
        self._prior: tuple[Explanation | None, tuple[float, float]] = (None, (math.nan, math.nan))

    def heat(self, explanation: Explanation) -> Image:
        """Heat of a map at every pixel, float32 ``(n_f1, n_f2)``."""
        return explanation.heat_at(self.f1.centres[:, np.newaxis], self.f2.centres[np.newaxis, :])

    def prior_auc(self, prior: Explanation | None) -> float:
        """Ink AUC of a class prior; NaN without one."""
        return self.of_prior(prior)[0]

    def of_prior(self, prior: Explanation | None) -> tuple[float, float]:
        """Ink AUC and pointing game of a class prior; NaN without. The last is remembered."""
        if prior is None:
            return math.nan, math.nan
        if self._prior[0] is not prior:
            heat = self.heat(prior)
            auc = ink_auc(heat, self.target, self.distractor)
            self._prior = (prior, (auc, pointing_game(heat, self.target, self.distractor)))
        return self._prior[1]


def _inside(axis: Axis, window: tuple[float, float]) -> NDArray[np.intp]:
    centres = axis.centres
    return np.flatnonzero((centres >= min(window)) & (centres <= max(window)))


def _cut(axis: Axis, indices: NDArray[np.intp]) -> Axis:
    first, last = float(axis.ppm(float(indices[0]))), float(axis.ppm(float(indices[-1])))
    return Axis(axis.nucleus, first, last, len(indices))
