"""Classification figures: by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.metrics.ranking import auroc, f1, recall, recall_at_fpr, roc_auc


def test_auc_by_hand():
    # Pairs: 3>1, 3>2, 2>1 right, 2=2 half -> 3.5 of 4.
    assert roc_auc([3, 2], [1, 2]) == 0.875
    assert roc_auc([0, 0], [0, 0, 0]) == 0.5
    assert auroc([0.1, 0.9, 0.8], [False, True, False]) == 1.0
    assert np.isnan(roc_auc([], [1])) and np.isnan(auroc([1, 2], [True, True]))


def test_f1_and_recall_by_hand():
    said, truth = [1, 1, 0, 0, 1], [1, 0, 1, 0, 1]
    assert f1(said, truth) == pytest.approx(2 * 2 / (4 + 2))
    assert recall(said, truth) == pytest.approx(2 / 3)
    assert f1([0, 0], [1, 0]) == 0
    assert np.isnan(f1([0, 0], [0, 0])) and np.isnan(recall([1], [0]))


def test_recall_at_fpr_by_hand():
    negatives, positives = [0.1, 0.2, 0.3, 0.4], [0.05, 0.3, 0.35, 0.5]
    scores, labels = negatives + positives, [0] * 4 + [1] * 4
    assert recall_at_fpr(scores, labels, 0.0) == 0.25  # only 0.5 beats every negative
    assert recall_at_fpr(scores, labels, 0.24) == 0.25
    assert recall_at_fpr(scores, labels, 0.25) == 0.5  # 0.35: one false positive
    assert recall_at_fpr(scores, labels, 0.5) == 0.75  # 0.3 ties with one negative
    assert recall_at_fpr(scores, labels, 1.0) == 1.0
    assert recall_at_fpr([1, 1], [0, 1], 0.0) == 0.0
    assert np.isnan(recall_at_fpr([1, 2], [1, 1]))


@pytest.mark.parametrize("seed", range(8))
def test_parity_with_scikit_learn(seed):
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(seed)
    truth = rng.random(200) < 0.3
    scores = np.round(rng.random(200) + 0.3 * truth, 1 if seed % 2 else 6)
    assert auroc(scores, truth) == pytest.approx(metrics.roc_auc_score(truth, scores), abs=1e-12)
    said = scores > 0.6
    assert f1(said, truth) == pytest.approx(metrics.f1_score(truth, said))
    assert recall(said, truth) == pytest.approx(metrics.recall_score(truth, said))
    fpr, tpr, _ = metrics.roc_curve(truth, scores, drop_intermediate=False)
    for limit in (0.0, 0.05, 0.2, 0.9):
        best = tpr[fpr <= limit + 1e-12].max()
        assert recall_at_fpr(scores, truth, limit) == pytest.approx(best)
