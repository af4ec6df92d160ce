"""A measured spectrum and its contour picture get the same scores from the shipped networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ink_builders import measured, plotted

from nmrcam_qt.core.paths import models_dir
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.network import Network


@pytest.mark.parametrize("experiment", list(Experiment))
def test_same_scores_both_ways(experiment: Experiment, tmp_path) -> None:
    network = Network.load(models_dir() / f"kuhn-{experiment.value}")
    pairs = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        peaks = [
            (rng.uniform(0.8, 8), rng.uniform(10, 160), rng.uniform(60, 380))
            for _ in range(rng.integers(5, 25))
        ]
        spectrum = replace(measured(peaks, seed=seed), experiment=experiment)
        path = tmp_path / f"{seed}_{experiment.value}.png"
        plotted(spectrum, path, 20.0)
        for one in (spectrum, read_spectrum(path)):
            pairs.append(prepare_inputs(network.card, [one]).examples[0])
    scores = network.scores(network.logits([np.stack(pairs)]))
    dp = np.abs(scores[::2] - scores[1::2]).mean(axis=1)
    assert dp.max() < 0.1
    assert dp.mean() < 0.03
