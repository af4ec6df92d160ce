"""The maps of one of the thesis's figures, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass

from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.metrics.heat_mass import blank_mass, heat_mass, ink_share
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.metrics.pointing_game import pointing_game
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.evaluation_data import Selection, select
from nmrcam_qt.ml.evaluation_measure import Priors, View
from nmrcam_qt.ml.evaluation_networks import Fold, groups, read_folds
from nmrcam_qt.ml.evaluation_report import rounded
from nmrcam_qt.ml.evaluation_settings import Settings
from nmrcam_qt.ml.inference import analyse
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.registry import load
from nmrcam_qt.ml.study.plan import OURS, OWN_METHOD, SEED, FigurePlan, StudySettings
from nmrcam_qt.ml.study.world import Scene, World

SHIPPED, UNSEEN = "as shipped", "trained without this compound"


@dataclass(frozen=True, slots=True)
class MapRow:
    """One map under a figure; None where a figure of merit has no meaning.

    Parameters
    ----------
    network, state, method : str
        Which network, `SHIPPED` or `UNSEEN`, and which method.
    score : float
        Of the class, 0..1.
    present : bool
        Whether the network says that the class is there.
    ink_auc, prior, heat_mass, ink_share, blank_mass, pointing : float or None
        See `nmrcam_qt.core.metrics`. `pointing` of a mixture is 1 where the hottest signal is
        the target's; of a pure compound 1 where the hottest place is within 6 px of any ink.
    empty : bool
        Whether the map has no heat.
    missing : str
        Why there is no map.
    """

    network: str
    state: str
    method: str
    score: float
    present: bool
    ink_auc: float | None
    prior: float | None
    heat_mass: float | None
    ink_share: float | None
    blank_mass: float | None
    pointing: float | None
    empty: bool
    missing: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FigureMaps:
    """What a figure shows.

    Parameters
    ----------
    scene : Scene
        The mixture.
    rows : tuple of MapRow
        Under the figure: first those of the panels, in their order.
    panels : tuple of Explanation or None
        The network of the study as shipped, then ours.
    """

    scene: Scene
    rows: tuple[MapRow, ...]
    panels: tuple[Explanation | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Bench:
    """What the figures of one experiment share."""

    selection: Selection
    priors: Priors
    folds: list[Fold]

    def network_without(self, entry: Entry, seed: Network) -> Network | None:
        """The network of the fold that never saw an entry; None without folds."""
        everything = self.selection.dataset.entries
        for group in groups(seed, [entry], self.folds, everything) if self.folds else ():
            return group.load()
        return None


class Explainer:
    """Asks the networks of the study and ours about the mixtures of the figures.

    Parameters
    ----------
    asked : StudySettings
        Networks and runs.
    world : World
        The data.
    """

    def __init__(self, asked: StudySettings, world: World) -> None:
        self._asked, self.world = asked, world
        self._benches: dict[Experiment, _Bench] = {}

    def explain(self, plan: FigurePlan) -> FigureMaps:
        """The two panels of a figure, then the network of the study that never saw the target.

        Raises
        ------
        NmrCamError
            If data or networks cannot be used.
        """
        scene = self.world.scene(plan)
        seed = load(self._asked.network(SEED, plan.experiment))
        own = load(self._asked.network(OURS, plan.experiment))
        bench = self._bench(plan.experiment, seed)
        prior = bench.priors.of(plan.class_id, seed.card.inputs[0], scene.entry)
        done = [
            _one(seed, SHIPPED, plan.method, plan, scene, prior),
            _one(own, SHIPPED, OWN_METHOD, plan, scene, prior),
        ]
        panels = tuple(map_ for _, map_ in done)
        unseen = bench.network_without(scene.entry, seed)
        if unseen is not None:
            done.append(_one(unseen, UNSEEN, plan.method, plan, scene, prior))
        return FigureMaps(scene, tuple(row for row, _ in done), panels)

    def _bench(self, experiment: Experiment, seed: Network) -> _Bench:
        if experiment not in self._benches:
            asked = self._asked
            settings = Settings(asked.network(SEED, experiment), asked.kuhn, seed=asked.seed)
            selection = select(seed.card, settings)
            everything = selection.dataset.entries
            folds = read_folds(asked.folds(SEED, experiment), settings.repeat, everything)
            priors = Priors(selection, frozenset(), {})
            self._benches[experiment] = _Bench(selection, priors, folds)
        return self._benches[experiment]


def _one(
    network: Network,
    state: str,
    method: str,
    plan: FigurePlan,
    scene: Scene,
    prior: Explanation | None,
) -> tuple[MapRow, Explanation | None]:
    """One network's score and map of the mixture."""
    analysis = analyse(network, [[scene.mixture.spectrum]], [method], [plan.class_id])[0]
    made = analysis.explanations[0] if analysis.explanations else None
    view = View(scene.mixture, network.card.inputs[0])
    nan = float("nan")
    figures = dict.fromkeys(("ink_auc", "heat_mass", "blank_mass", "pointing"), nan)
    mixed = bool(plan.foreign)
    if made is not None:
        heat = view.heat(made)
        figures = {
            "ink_auc": ink_auc(heat, view.target, view.distractor),
            "heat_mass": heat_mass(heat, view.target, view.distractor) if mixed else nan,
            "blank_mass": blank_mass(heat, view.blank),
            "pointing": pointing_game(heat, view.target, view.distractor)
            if mixed
            else pointing_game(heat, ~view.blank),
        }
    figures["prior"] = view.prior_auc(prior)
    figures["ink_share"] = ink_share(view.target, view.distractor) if mixed else nan
    row = MapRow(
        network=network.card.id,
        state=state,
        method=method,
        score=round(analysis.prediction.score(plan.class_id), 4),
        present=plan.class_id in analysis.prediction.present,
        **{name: rounded(value) for name, value in figures.items()},
        empty=made is not None and made.empty,
        missing=_missing(analysis),
    )
    return row, made


def _missing(analysis: Analysis) -> str:
    return "; ".join(reason for _, reason in analysis.unavailable)
