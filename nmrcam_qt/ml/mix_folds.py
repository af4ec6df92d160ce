"""The networks of a mixture run's folds: each compound by one that never saw it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from nmrcam_qt.core.cards import Card, InputSpec
from nmrcam_qt.core.datasets import Entry
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.readers.options import file_sha256
from nmrcam_qt.ml.mix_compounds import fold_of
from nmrcam_qt.ml.mix_figures import joined, measured_names
from nmrcam_qt.ml.mix_figures import read_folds as read_all_cases
from nmrcam_qt.ml.mix_recipes import mix_recipe
from nmrcam_qt.ml.mix_run import LIFT
from nmrcam_qt.ml.mixnet_calibration import Calibration, fit_calibration
from nmrcam_qt.ml.mixnet_shipping import calibrate_head
from nmrcam_qt.ml.mixnet_training import STATE_NAME, read_state
from nmrcam_qt.ml.network import Network
from nmrcam_qt.ml.token_net import TokenSettings, build_token_net, copy_trunk, lift_scores
from nmrcam_qt.ml.token_training import TokenFitSettings, build_training

RESULTS_NAME = "results.json"
MAX_SIZE = 4096
"""Of every dimension of a fold's network."""
NEVER_TRAINED = frozenset(
    (
        *("BBJQPKLGPMQWBU", "DUUGKQCEGZLZNO", "FBUKVWPVBMHYJY", "GFFGJBXGBJISGV", "NQFUSWIGRKFAHK"),
        *("OIRDTQYFTABQOQ", "PESKGJQREUXSRR", "VHRGRCVQAFMJIZ", "ZQPPMHVWECSIRJ"),
    )
)
"""First InChIKey blocks of the study's published mixtures (bmse000544, 364, 499, 60, 491, 61, 489,
72, 643), which no fold is trained on: `nmrcam_qt.ml.mix_data.published_compounds`."""


def is_mix_run(folder: Path) -> bool:
    """Whether a folder is what `nmrcam train hsqc-mix` or ``hmbc-mix`` made."""
    return (folder / RESULTS_NAME).is_file() and (folder / "fold0" / STATE_NAME).is_file()


@dataclass(frozen=True, slots=True, eq=False)
class MixFolds:
    """The folds of a run, without the data that it was trained on.

    The split depends on the compounds' names alone (`nmrcam_qt.ml.mix_compounds.fold_of`) and no
    compound of a measured set was simulated, so that the network of fold k never saw a compound
    of fold k, in whatever folder its spectrum lies.

    Parameters
    ----------
    folder : Path
        Of the run.
    recipe : str
        ``hsqc-mix`` or ``hmbc-mix``.
    settings : TokenSettings
        Size of the network.
    n_folds : int
        By compound.
    """

    folder: Path
    recipe: str
    settings: TokenSettings
    n_folds: int

    def state(self, fold: int) -> Path:
        """The weights of a fold."""
        return self.folder / f"fold{fold}" / STATE_NAME

    def fold(self, entry: Entry) -> int:
        """The fold whose network never saw an entry's compound."""
        return fold_of(entry.compound.encode(), self.n_folds)

    def unseen(self, fold: int) -> Callable[[Entry], bool]:
        """Whether a fold's network never saw an entry's compound."""
        return lambda entry: self.fold(entry) == fold or entry.compound in NEVER_TRAINED

    def network(self, fold: int, card: Card) -> Network:
        """The network of a fold, under the card of the shipped one.

        Its probabilities are calibrated on the cases of the *other* folds; thresholds are the
        card's. Maps are made as for the shipped network.

        Parameters
        ----------
        fold : int
            0 … n_folds - 1.
        card : Card
            Of the shipped network.

        Raises
        ------
        NetworkError
            If the card is that of another network, or the run is not finished.
        """
        experiment = mix_recipe(self.recipe).experiment
        if card.experiments != (experiment,) or not card.trained_on_mixtures:
            raise NetworkError(f"{self.folder.name}: folds of {self.recipe}, not of {card.id}")
        weights = read_state(self.state(fold))[0]
        try:
            model = model_of(weights, card.inputs[0], self.settings, len(card.classes))
        except (ValueError, TypeError, IndexError) as error:
            raise NetworkError(
                f"{self.state(fold)}: not of a network of this size ({error})"
            ) from None
        fitted = self._calibration(fold)
        calibrate_head(model, fitted.temperatures, fitted.shifts)
        return Network(card, keras.Model(model.inputs[0], model.output), self.digest(fold))

    def digest(self, fold: int) -> str:
        """Checksum of a fold's weights."""
        return file_sha256(self.state(fold))

    def _calibration(self, fold: int) -> Calibration:
        cases = read_all_cases(self.folder)
        if len(cases) != self.n_folds:
            raise NetworkError(
                f"{self.folder.name}: {len(cases)} of {self.n_folds} folds are judged; finish it "
                f"with 'nmrcam train {self.recipe} --out {self.folder}'"
            )
        names = measured_names(cases)
        others = joined([f[n] for i, f in enumerate(cases) if i != fold for n in names])
        return fit_calibration(others.logits, others.labels)


def model_of(
    weights: Sequence[Any], spec: InputSpec, settings: TokenSettings, n_classes: int
) -> keras.Model:
    """The network that eats ink, not calibrated, with the weights of a training's state.

    Raises
    ------
    ValueError, TypeError, IndexError
        If they are those of a network of another size.
    """
    model = build_token_net(spec, settings, n_classes)
    # The last weights of the training network are the bias of the surroundings.
    trained = build_training(settings, TokenFitSettings(), len(weights[-1]))
    trained.set_weights(weights)
    copy_trunk(trained, model)
    lift_scores(model, LIFT)
    return model


def read_mix_folds(folder: Path) -> MixFolds:
    """Open the folds of a run.

    Parameters
    ----------
    folder : Path
        What ``--out`` of `nmrcam train hsqc-mix` or ``hmbc-mix`` was.

    Raises
    ------
    NetworkError
        If it is no such run, or a fold's weights are missing.
    """
    try:
        found: Any = json.loads((folder / RESULTS_NAME).read_text(encoding="utf-8"))
        settings = network_settings(found)
        run = MixFolds(folder, str(found["recipe"]), settings, int(found["plan"]["n_folds"]))
        _check_sizes(settings, run.n_folds)
    except (OSError, ValueError, OverflowError, RecursionError, KeyError, TypeError) as error:
        raise NetworkError(
            f"{folder.name}: no run of mixture networks ({error!r}); expected results.json of "
            f"'nmrcam train hsqc-mix' or 'hmbc-mix'"
        ) from None
    mix_recipe(run.recipe)
    for fold in range(run.n_folds):
        if not run.state(fold).is_file():
            raise NetworkError(f"{folder.name}: the weights of fold {fold} are missing")
    return run


def network_settings(results: Mapping[str, Any]) -> TokenSettings:
    """Size of the network that a run's ``results.json`` tells of."""
    sizes = results["settings"]["network"]
    lists = {name: tuple(sizes[name]) for name in ("cycles", "ties", "grid") if name in sizes}
    return TokenSettings(**sizes | lists)


def _check_sizes(settings: TokenSettings, n_folds: int) -> None:
    """Refuse what is no size of a network, or one that no memory holds."""
    blocks = (settings.width, settings.blocks, settings.heads, settings.growth)
    numbers = (*blocks, settings.head, settings.count, n_folds)
    if not all(type(n) is int and 1 <= n <= MAX_SIZE for n in numbers):
        raise ValueError(f"sizes {numbers}; expected whole numbers 1 to {MAX_SIZE}")
    if settings.width * settings.growth > MAX_SIZE or len(settings.cycles) > MAX_SIZE:
        raise ValueError(f"layers wider than {MAX_SIZE}")


def ids_by_fold(run: MixFolds, entries: Sequence[Entry]) -> list[frozenset[str]]:
    """Ids of the entries that each fold's network never saw."""
    return [frozenset(e.id for e in entries if run.fold(e) == fold) for fold in range(run.n_folds)]
