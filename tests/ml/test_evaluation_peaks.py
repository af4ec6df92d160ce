"""Figures over the peaks of a mixture, on a network whose answer for every peak is known."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from explain_toys import spec
from linear_toy import SHAPE, SPOTS, WEIGHTS, linear, spots

from nmrcam_qt.core.mixtures import Mixture
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum
from nmrcam_qt.ml.evaluation_peaks import Cascade, Deletion, PeakTruth, model_checks
from nmrcam_qt.ml.evaluation_report import SLOW, localisation
from nmrcam_qt.ml.evaluation_settings import Deleted, Located
from nmrcam_qt.ml.explain.engine import explain

TARGETS = (0, 1, 3)
"""Spots of the class's compound, of weight 5, 4 and 2; the others hold 3, 1 and -3."""


@pytest.fixture(scope="module")
def toy():
    return linear()


def mixture(both=()) -> Mixture:
    masks = np.zeros((2, *SHAPE[:2]), bool)
    for number, at in enumerate(SPOTS):
        if number not in both:
            masks[0 if number in TARGETS else 1][at] = True
    place = spec(SHAPE)
    about = Provenance("made", SourceKind.PICTURE, "made")
    ink = spots().examples[0][:, :, 0]
    spectrum = Spectrum("made", ink, place.f1, place.f2, Experiment.HSQC, about)
    return Mixture(spectrum, masks[0], masks[1], ("one", "other"))


def truth(**more) -> PeakTruth:
    return PeakTruth.of(mixture(**more), spots().examples[0], spec(SHAPE))


def hirescam(toy, class_id="a"):
    (made,), _ = explain(toy, spots().examples, ["hirescam"], [class_id])
    return made


def test_whose_every_peak_is():
    assert truth().owner.tolist() == [1, 1, -1, 1, -1, -1]
    assert truth(both=(1, 4)).owner.tolist() == [1, 0, -1, 1, 0, -1]


def test_average_precision_of_peaks_by_hand(toy):
    # By heat: 5 4 3 2 1 0, the target's are at ranks 1, 2 and 4.
    assert truth().average_precision(hirescam(toy)) == pytest.approx((1 + 1 + 3 / 4) / 3)
    # Without the peaks that are both's: 5 3 2 0, ranks 1 and 3.
    found = truth(both=(1, 4)).average_precision(hirescam(toy))
    assert found == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(truth().average_precision(None))
    chance = truth().chance_precision()
    assert 0.5 < chance < 0.75  # of three in six, in all orders


def test_model_check_by_hand(toy):
    # Without the target a loses 11, without the distractors 3 + 1 - 3 = 1.
    found = model_checks(toy, spots(), [truth()])
    assert found.tolist() == pytest.approx([10, -10, 0], abs=1e-4)
    alone = replace(truth(), parts=truth(both=(2, 4, 5)).parts)
    assert np.isnan(model_checks(toy, spots(), [alone])).all()


def test_deletion_beside_random_true_and_drop_order(toy):
    curves = Deletion(toy, spots(), [truth()], 0, seed=0)
    found = curves.of(hirescam(toy))
    best = (7 + 3 + 0 - 2 - 3 + 6) / 12 / 6
    assert found.deletion == pytest.approx(best)
    assert found.deletion_drop == pytest.approx(best)  # the heat is the drop here
    assert found.insertion == pytest.approx(1 - _from(WEIGHTS))
    assert found.deletion <= found.random <= found.insertion
    assert found.deletion_better == 1 and found.insertion_better == 1
    # The true order takes 11 of 12 away with the target's three peaks, in whatever order.
    assert best <= found.deletion_true < found.random


def _from(weights) -> float:
    """1 - area of the insertion of spots in their order."""
    logits = np.cumsum([0, *weights])
    share = logits / logits[-1]
    return 1 - float((share[1:] + share[:-1]).mean() / 2)


def test_an_empty_map_counts_as_random_order(toy):
    empty = replace(hirescam(toy), evidence=np.zeros(SHAPE[:2], np.float32))
    found = Deletion(toy, spots(), [truth()], 0, seed=0).of(empty)
    assert found.deletion == found.insertion == found.random
    assert found.deletion_better == found.insertion_better == 0.5


def test_where_the_peaks_raise_nothing_there_is_no_curve(toy):
    found = Deletion(toy, spots(), [truth()], 0, seed=0).of(hirescam(toy, "b"))
    assert all(math.isnan(getattr(found, name)) for name in Deleted.__dataclass_fields__)


def test_the_cascade_gives_one_figure_for_each_stage(toy):
    cascade = Cascade(toy, 0)
    assert cascade.layers == [("logits",), ("logits", "c1")]
    made = hirescam(toy)
    (rho,) = cascade.similarities(spots(), [made], {"hsqc": truth()}, None)
    assert len(rho) == 2 and all(math.isnan(r) or 0 <= r <= 1 for r in rho)
    empty = replace(made, evidence=np.zeros(SHAPE[:2], np.float32))
    (rho,) = cascade.similarities(spots(), [empty], {"hsqc": truth()}, None)
    assert all(math.isnan(r) for r in rho)


def test_the_slow_figures_stand_beside_the_others():
    def row(compound, deletion, cascade):
        return Located(
            id=compound, compound=compound, foreign=1, class_id="a", method="m",
            input_name="hsqc", by_structure=True, ink_auc=0.5, prior=0.5, heat_mass=0.5,
            ink_share=0.5, blank_mass=0.5, empty=False, pointing=1.0,
            deleted=None if deletion is None else Deleted(deletion=deletion, random=0.5),
            cascade=cascade,
        )  # fmt: skip

    rows = [row("A", 0.2, (0.5, 0.1)), row("B", 0.4, (0.7, math.nan)), row("C", None, ())]
    found = localisation(rows, 0)["+1"]["m"]
    assert found["n"] == 3 and found["pointing"] == 1
    assert found["deletion"] == pytest.approx(0.3) and found["deletion_random"] == 0.5
    assert found["randomised"] == 0.1 and found["cascade"] == [0.6, 0.1]
    expected = {"n": 2, "compounds": 2, "cases_with_deletion": 2, "cases_with_randomised": 1}
    assert found["slow_sample"] == expected
    assert found["ci"]["deletion"] == [0.2, 0.4] and "ink_auc" in found["ci"]
    assert set(SLOW) <= set(found)
    none = localisation(rows[2:], 0)["+1"]["m"]
    assert "deletion" not in none and "slow_sample" not in none
    # A network without learned weights has no stage of random ones: that is no figure, no pass.
    untrained = localisation([row("A", 0.2, ())], 0)["+1"]["m"]
    assert untrained["randomised"] is None and untrained["cascade"] == []
    assert untrained["slow_sample"]["cases_with_randomised"] == 0
