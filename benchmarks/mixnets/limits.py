"""What limits the maps of a mixture network: training, or what the signals can tell.

    python benchmarks/mixnets/limits.py --data ../shared/data --run ../runs/mixnets/final-hsqc \\
        --experiment hsqc --out benchmarks/mixnets/limits-hsqc.json

Two questions to the pretrained network of a run of ``nmrcam train hsqc-mix``:

* *Does it learn by heart?* Its losses on mixtures of compounds that it was trained on and of
  compounds that it never saw, drawn alike.
* *Can the signals be sorted at all?* In mixtures of a compound of a study class and one
  foreign compound (equal amounts), by signal: ROC-AUC of the class's scores, of the class
  prior, of the pairs that the network takes for one compound, and of the pairs when the owner
  of all other signals is told: no map made from these features can be expected to beat that.
  And what shared shifts say without any network (`tied`): pairs, owners told, and the scores
  spread along the ties.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from nmrcam_qt.core.metrics.ranking import roc_auc
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.fingerprints import common_surroundings, fingerprints
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.ink_tokens import ink_signals
from nmrcam_qt.ml.mix_data import load_mix_data
from nmrcam_qt.ml.mix_recipes import mix_recipe
from nmrcam_qt.ml.mixnet_evaluation import STUDY, priors
from nmrcam_qt.ml.mixnet_layers import position_waves
from nmrcam_qt.ml.mixnet_training import STATE_NAME, read_state
from nmrcam_qt.ml.token_feed import TokenFeed, token_truth
from nmrcam_qt.ml.token_net import token_input
from nmrcam_qt.ml.token_ties import token_places
from nmrcam_qt.ml.token_training import PARTS, build_training

FIGURES = ("score", "prior", "pairs", "owners told")
TIE_FIGURES = ("ties: pairs", "ties: owners told", "ties: scores spread")
TIES = ((0.3, 3.0), (1.0, 1.0))
"""Widths, samples, and weights of the ties between two signals, along either axis."""
SPREAD = 0.7
"""Share that goes on from a signal to those tied to it (Zhou et al., NIPS 2003, eq. 4)."""


def tied(places):
    """How much reaches each signal from each other along chains of shared shifts, ``(n, n)``."""
    apart = np.abs(places[:, None] - places[None])
    near = sum(h * np.exp(-0.5 * (apart / w) ** 2).sum(axis=2) for w, h in TIES)
    np.fill_diagonal(near, 0.0)
    root = np.sqrt(np.maximum(near.sum(axis=1), 1e-9))
    return np.linalg.inv(np.eye(len(near)) - SPREAD * near / root[:, None] / root)


class Trained:
    """The pretrained network of a run, with the heads that only training has."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.recipe = mix_recipe(f"{args.experiment}-mix")
        self.data = load_mix_data(self.recipe, args.data, args.run / "cache")
        self.spec = token_input(self.recipe.experiment)
        self.surroundings = common_surroundings(
            self.data.simulated.smiles, self.recipe.n_surroundings
        )
        fit = self.recipe.pretraining.fit
        self.model = build_training(self.recipe.network, fit, len(self.surroundings))
        self.model.set_weights(read_state(args.run / "pretrained" / STATE_NAME)[0])
        layers = [self.model.get_layer(n).output for n in ("scores", "pairs-of")]
        self.heads = keras.Model(self.model.inputs[0], layers)

    def losses(self, cache, batches, seed=777):
        """Mean losses over batches drawn as in training."""
        feed = TokenFeed(
            cache,
            fingerprints(cache.smiles, self.surroundings),
            self.spec,
            self.recipe.network.cycles,
            replace(self.recipe.pretraining.feed, steps=batches),
            seed,
        )
        found = [
            [float(np.mean(p)) for p in self.model.predict_on_batch(feed[i][0])]
            for i in range(batches)
        ]
        return dict(zip(PARTS, np.round(np.mean(found, axis=0), 4).tolist(), strict=True))

    def sorting(self, cache, draw, prior, per_class, seed=0):
        """Figures of sorting the signals of +1 mixtures."""
        rng, height, width = np.random.default_rng(seed), *self.spec.shape[:2]
        drawer = Drawer(cache, self.spec.f1, self.spec.f2, draw)
        cycles = self.recipe.network.cycles
        waves = position_waves(height, width, cycles).reshape(height * width, -1)
        pool = np.flatnonzero(cache.labels & ((1 << STUDY) - 1) == 0)
        rows = []
        for k, name in enumerate(CLASS_IDS[:STUDY]):
            for target in rng.permutation(cache.having(name))[:per_class].tolist():
                example = drawer.draw(rng, 2, [target, int(rng.choice(pool))])
                signals = ink_signals(example.ink, waves, self.recipe.network.count)
                _, owners = token_truth(example, signals, np.zeros(2, bool))
                if example.visible.all() and {0, 1} <= set(owners.tolist()):
                    flat = prior[k].reshape(-1)[signals.cell]
                    rows.append(self._sorted(signals.tokens, owners, k, flat))
        means = np.round(np.nanmean(rows, axis=0), 4).tolist()
        return {"n": len(rows), **dict(zip(FIGURES + TIE_FIGURES, means, strict=True))}

    def _sorted(self, tokens, owners, k, prior):
        scores, features = (np.asarray(x)[0].astype(float) for x in self.heads(tokens[None]))
        mine, other = owners == 0, owners == 1
        alike = features @ features.T
        row, column = np.triu_indices(len(owners), 1)
        known = (owners[row] >= 0) & (owners[column] >= 0)
        same = owners[row] == owners[column]
        reached = tied(np.asarray(token_places(tokens[None], self.spec.shape[:2]))[0])
        found = [roc_auc(s[mine], s[other]) for s in (scores[:, k], prior)]
        for closeness in (alike, reached):
            pairs = closeness[row, column]
            own = closeness - np.diag(np.diag(closeness))
            means = [own @ s / np.maximum(s.sum() - s, 1) for s in (mine, other)]
            told = means[0] - means[1]
            found.append(roc_auc(pairs[known & same], pairs[known & ~same]))
            found.append(roc_auc(told[mine], told[other]))
        spread = reached @ scores[:, k] / reached.sum(axis=1)
        return (*found, roc_auc(spread[mine], spread[other]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--batches", type=int, default=40)
    parser.add_argument("--per-class", type=int, default=40)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    trained = Trained(args)
    data = trained.data
    answerable = data.unseen.subset(np.flatnonzero(data.unseen.guessed() <= trained.recipe.guessed))
    prior = priors(data.simulated, trained.spec)
    equal = replace(DrawSettings(), decades=0.0)
    sets = {"simulated, unseen": (data.unseen, equal)}
    sets["simulated, unseen, drawn plainly"] = (data.unseen, PLAIN)
    sets |= {name: (cache, PLAIN) for name, cache in data.measured.items()}
    found = {
        "losses": {
            "trained on": trained.losses(data.simulated, args.batches),
            "never seen": trained.losses(answerable, args.batches),
        },
        "sorting +1": {
            name: trained.sorting(cache, draw, prior, args.per_class)
            for name, (cache, draw) in sets.items()
        },
    }
    args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
