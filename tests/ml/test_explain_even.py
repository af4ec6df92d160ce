"""Maps behind a mean over space: the shorter way gives what every method gives by itself."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.ml.explain.even import even_evidence
from nmrcam_qt.ml.explain.methods import EVIDENCE

METHODS = ("gradcam", "hirescam", "cam", "layercam", "xgradcam")


def made(kind: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    maps = rng.normal(size=(7, 5, 4)).astype(np.float32)
    if kind == "mostly blank":
        maps[rng.random((7, 5)) < 0.8] = 0
    elif kind == "blank":
        maps[:] = 0
    elif kind == "a channel that cancels":
        maps[..., 2] = 0
        maps[0, 0, 2], maps[3, 1, 2] = 2, -2
    return maps, rng.normal(size=(3, 4)).astype(np.float32)


@pytest.mark.parametrize("kind", ["dense", "mostly blank", "blank", "a channel that cancels"])
def test_every_method_has_its_own_map(kind):
    maps, slopes = made(kind)
    gradients = np.broadcast_to(slopes[:, None, None], (3, *maps.shape))
    found = even_evidence(METHODS, maps, slopes)
    assert set(found) == set(METHODS)
    for method in METHODS:
        np.testing.assert_allclose(found[method], EVIDENCE[method](maps, gradients), atol=2e-6)


def test_what_is_the_same_is_computed_once():
    maps, slopes = made("dense")
    found = even_evidence(METHODS, maps, slopes)
    assert found["gradcam"] is found["cam"] is found["hirescam"] is found["xgradcam"]
    assert found["layercam"] is not found["cam"]


def test_xgradcam_leaves_out_a_channel_that_cancels():
    maps, slopes = made("a channel that cancels")
    found = even_evidence(METHODS, maps, slopes)
    assert found["xgradcam"] is not found["cam"]
    assert abs(found["cam"][0, 0, 0] - found["xgradcam"][0, 0, 0]) > 0.1


def test_methods_of_another_way_are_left_to_it():
    assert even_evidence(("gradcam++", "eigencam"), *made("dense")) == {}
