"""How the mixture networks are made: sizes, stages, seeds."""

from __future__ import annotations

from dataclasses import dataclass, field

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.token_feed import TokenFeedSettings
from nmrcam_qt.ml.token_net import TokenSettings
from nmrcam_qt.ml.token_training import TokenFitSettings


@dataclass(frozen=True, slots=True)
class Stage:
    """One training: what is drawn and how it is fitted."""

    feed: TokenFeedSettings
    fit: TokenFitSettings


@dataclass(frozen=True, slots=True)
class MixRecipe:
    """One mixture network.

    Parameters
    ----------
    id, title : str
        Of recipe and network.
    experiment : Experiment
        HSQC or HMBC.
    network : TokenSettings
        Its size.
    pretraining : Stage
        On simulated spectra that hold no compound of the measured sets.
    tuning : Stage
        On simulated and measured ones, fold by fold.
    n_surroundings : int
        Surroundings of atoms that the training asks for besides the classes.
    guessed : float
        Compounds with a larger share of shifts guessed from radius 1 are left out.
    n_known : int
        Training spectra from which is learned what is outside what the network knows.
    """

    id: str
    title: str
    experiment: Experiment
    network: TokenSettings
    pretraining: Stage
    tuning: Stage
    n_surroundings: int = 192
    guessed: float = 0.25
    n_known: int = 4000


@dataclass(frozen=True, slots=True)
class MixPlan:
    """What is to be done.

    Parameters
    ----------
    seed : int
        Of weights and drawing. The splits depend on the compounds' names alone.
    n_folds : int
        By compound.
    foreign : tuple of int
        Numbers of foreign compounds in the mixtures that are judged.
    """

    seed: int = 0
    n_folds: int = 5
    foreign: tuple[int, ...] = field(default=(0, 1, 2, 4))


_TUNED_RATE = 5e-4


def _hsqc() -> MixRecipe:
    feed = TokenFeedSettings()
    return MixRecipe(
        "hsqc-mix",
        "Mixtures, HSQC",
        Experiment.HSQC,
        TokenSettings(),
        Stage(feed, TokenFitSettings(epochs=140)),
        Stage(feed, TokenFitSettings(epochs=8, learning_rate=_TUNED_RATE, warm_up=50)),
    )


def _hmbc() -> MixRecipe:
    feed = TokenFeedSettings(most=320, sizes=(0.4, 0.3, 0.2, 0.1))
    return MixRecipe(
        "hmbc-mix",
        "Mixtures, HMBC",
        Experiment.HMBC,
        TokenSettings(count=384, ties=(0.25, 0.75, 2.5), grid=(224, 200)),
        Stage(feed, TokenFitSettings(epochs=48)),
        Stage(feed, TokenFitSettings(epochs=6, learning_rate=_TUNED_RATE, warm_up=50)),
    )


MIX_RECIPES = {r.id: r for r in (_hsqc(), _hmbc())}


def mix_recipe(name: str) -> MixRecipe:
    """The recipe of this name.

    Raises
    ------
    NetworkError
        If there is none.
    """
    if name not in MIX_RECIPES:
        raise NetworkError(f"no recipe {name!r}; expected one of {', '.join(MIX_RECIPES)}")
    return MIX_RECIPES[name]
