"""The maps of one of the thesis's figures, and what they are worth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nmrcam_qt.core.metrics.heat_mass import blank_mass, heat_mass, ink_share
from nmrcam_qt.core.metrics.ink_auc import ink_auc
from nmrcam_qt.core.metrics.pointing_game import pointing_game
from nmrcam_qt.core.results import Analysis, Explanation
from nmrcam_qt.ml.evaluation_data import select
from nmrcam_qt.ml.evaluation_measure import Priors, View
from nmrcam_qt.ml.evaluation_networks import groups, read_folds
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


def explain_figure(plan: FigurePlan, asked: StudySettings, world: World) -> FigureMaps:
    """Ask the network of the study and ours about one mixture.

    Parameters
    ----------
    plan : FigurePlan
        Which figure.
    asked : StudySettings
        Networks and runs.
    world : World
        The data.

    Raises
    ------
    NmrCamError
        If data or networks cannot be used.
    """
    scene = world.scene(plan)
    done = list(_all(plan, asked, scene, world))
    return FigureMaps(
        scene,
        tuple(row for row, _ in done),
        tuple(map_ for row, map_ in done if row.state == SHIPPED),
    )


def _all(
    plan: FigurePlan, asked: StudySettings, scene: Scene, world: World
) -> Iterator[tuple[MapRow, Explanation | None]]:
    """The two panels, then the network of the study that never saw the target."""
    seed = load(asked.network(SEED, plan.experiment))
    settings = Settings(asked.network(SEED, plan.experiment), asked.kuhn, seed=asked.seed)
    selection = select(seed.card, settings)
    prior = Priors(selection, frozenset(), {}).of(plan.class_id, seed.card.inputs[0], scene.entry)
    yield _one(seed, SHIPPED, plan.method, plan, scene, prior)
    own = load(asked.network(OURS, plan.experiment))
    yield _one(own, SHIPPED, OWN_METHOD, plan, scene, prior)
    folder = asked.folds(SEED, plan.experiment)
    if folder is not None:
        everything = selection.dataset.entries
        folds = read_folds(folder, settings.repeat, everything)
        (group,) = groups(seed, [scene.entry], folds, everything)
        yield _one(group.load(), UNSEEN, plan.method, plan, scene, prior)


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
