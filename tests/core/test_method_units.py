"""Heat that is no share of the logit does not say that it is."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from builders import list_spectrum

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec
from nmrcam_qt.core.methods import ARBITRARY, LOGIT, METHODS
from nmrcam_qt.core.results import Explanation, Prediction
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.wire import encode, read_frame
from nmrcam_qt.core.writers.maps import map_arrays
from nmrcam_qt.core.writers.picture import picture_bytes
from nmrcam_qt.core.writers.request import PictureRequest, picture_request
from nmrcam_qt.core.writers.server import picture_frame, read_picture_request

SPEC = InputSpec("hmbc", Experiment.HMBC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
CARD = Card(
    id="net",
    title="A network",
    inputs=(SPEC,),
    classes=(ClassSpec("indole", "Indole", "", "#56b4e9"),),
    head="softmax",
    thresholds=(0.5,),
    layers=("conv4",),
    default_layer="conv4",
    trained_on_mixtures=False,
)


def made(method: str) -> PictureRequest:
    axes = Axis("13C", 18.0, 174.0, 3), Axis("1H", 9.4, 0.8, 4)
    found = Explanation(
        np.ones((3, 4), np.float32), *axes, "hmbc", "indole", method, "conv4", "net", "ab"
    )
    said = Prediction("net", "ab", ("indole",), np.array([3.0]), np.array([0.9]), ("indole",))
    spectrum = list_spectrum([(7.0, 120.0)], Experiment.HMBC)
    return picture_request(Path("x.svg"), spectrum, CARD, said, found)


def label(request: PictureRequest) -> str:
    root = ET.fromstring(picture_bytes(replace(request, format="svg")))  # noqa: S314
    said = ["".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text")]
    (found,) = [text for text in said if text.startswith("heat (")]
    return found


@pytest.mark.parametrize(
    ("method", "wanted"),
    [
        ("hirescam", "heat (logit units)"),
        ("occlusion", "heat (logit units)"),
        ("foreign", "heat (logit units)"),
        ("eigencam", "heat (arbitrary units)"),
        ("gradcam++", "heat (arbitrary units)"),
        ("smoothgrad", "heat (logit per ink)"),
    ],
)
def test_the_colour_bar_says_the_unit(method: str, wanted: str) -> None:
    request = made(method)
    assert label(request) == wanted
    frame = read_frame(io.BytesIO(encode(picture_frame(request))))
    assert frame is not None
    assert ("unit" in frame.header) == ("logit units" not in wanted)
    assert label(read_picture_request(frame)) == wanted


def test_which_methods_are_not_in_units_of_the_logit() -> None:
    others = {m: info.unit for m, info in METHODS.items() if info.unit != LOGIT}
    assert others == {
        "gradcam++": ARBITRARY,
        "eigencam": ARBITRARY,
        "scorecam": ARBITRARY,
        "ablationcam": ARBITRARY,
        "smoothgrad": "logit per ink",
    }


@pytest.mark.parametrize("method", METHODS)
def test_the_arrays_say_the_unit_of_the_bar(method: str) -> None:
    axes = Axis("13C", 18.0, 174.0, 3), Axis("1H", 9.4, 0.8, 4)
    found = Explanation(
        np.ones((3, 4), np.float32), *axes, "hmbc", "indole", method, "conv4", "net", "ab"
    )
    unit = str(map_arrays(found)["unit"])
    assert label(made(method)) == f"heat ({'logit units' if unit == LOGIT else unit})"
