"""Checks of maps as frames (see `nmrcam_qt.core.wire`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.map_check import MapCheck, MapsAsked
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.wire import Frame, WireError
from nmrcam_qt.core.wire_results import analyse_request

_TEXTS = ("class_id", "method", "input_name", "network", "network_sha256")
_N_FIGURES = 5


def check_request(network: str, prepared: Prepared, asked: MapsAsked) -> Frame:
    """Frame that asks the inference process to check maps of one spectrum or pair.

    Parameters
    ----------
    network : str
        Network id.
    prepared : Prepared
        What it eats.
    asked : MapsAsked
        Which maps.
    """
    frame = analyse_request(network, [prepared], asked.methods, asked.classes, asked.layer)
    return Frame({**frame.header, "op": "check", "seed": asked.seed}, frame.arrays)


def read_asked(frame: Frame) -> MapsAsked:
    """Which maps a check request is about; the spectrum is read by `read_prepared`.

    Raises
    ------
    WireError
        If the header is broken.
    """
    header = frame.header
    layer, seed = header.get("layer"), header.get("seed")
    if not (layer is None or isinstance(layer, str)) or type(seed) is not int or seed < 0:
        raise WireError("a request to check maps with a broken layer or seed")
    return MapsAsked(_words(header.get("methods")), _words(header.get("classes")), layer, seed)


def checks_reply(checks: Sequence[MapCheck]) -> Frame:
    """Frame that carries checks back; figures go as an array, because they may be NaN."""
    figures = [[c.randomised, c.deletion, *c.deletion_random] for c in checks]
    said = [
        {
            **{name: getattr(c, name) for name in _TEXTS},
            "passes": [c.passes_randomisation, c.passes_deletion],
            "sentences": list(c.sentences),
        }
        for c in checks
    ]
    return Frame({"checks": said}, (np.array(figures, np.float64).reshape(-1, _N_FIGURES),))


def read_checks(frame: Frame) -> tuple[MapCheck, ...]:
    """Checks of a reply.

    Raises
    ------
    WireError
        If header and array do not match.
    """
    said = frame.header.get("checks")
    if not isinstance(said, list) or len(frame.arrays) != 1:
        raise WireError("a reply without checks")
    figures = np.asarray(frame.arrays[0], np.float64)
    if figures.shape != (len(said), _N_FIGURES):
        raise WireError(f"{len(said)} checks with figures of shape {figures.shape}")
    return tuple(_check(entry, row) for entry, row in zip(said, figures, strict=True))


def _check(entry: Any, figures: NDArray[np.float64]) -> MapCheck:
    try:
        randomisation, deletion = entry["passes"]
        texts = {name: entry[name] for name in _TEXTS}
    except (KeyError, TypeError, ValueError) as error:
        raise WireError(f"a broken check ({error})") from None
    if not all(isinstance(text, str) for text in texts.values()):
        raise WireError("a check of which a name is no text")
    if not {type(randomisation), type(deletion)} <= {bool, type(None)}:
        raise WireError("a check that is neither passed nor not")
    randomised, area, mean, low, high = figures.tolist()
    return MapCheck(
        **texts,
        randomised=randomised,
        deletion=area,
        deletion_random=(mean, low, high),
        passes_randomisation=randomisation,
        passes_deletion=deletion,
        sentences=_words(entry.get("sentences")),
    )


def _words(found: object) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(word, str) for word in found):
        raise WireError("a list of texts expected")
    return tuple(found)
