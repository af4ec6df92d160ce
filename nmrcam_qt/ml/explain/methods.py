"""Which method runs what, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import keras

from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.ml.explain import (
    ablationcam,
    cam,
    eigencam,
    gradcam,
    gradcampp,
    gradient_ink,
    hirescam,
    integrated_gradients,
    layercam,
    occlusion,
    rise,
    scorecam,
    smoothgrad,
    xgradcam,
)
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.subject import Subject
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.token_layers import InkBasins

EVIDENCE: Mapping[str, Callable[[Array, Array], Array]] = MappingProxyType(
    {
        "gradcam": gradcam.evidence,
        "gradcam++": gradcampp.evidence,
        "hirescam": hirescam.evidence,
        "layercam": layercam.evidence,
        "xgradcam": xgradcam.evidence,
        "cam": cam.evidence,
        "eigencam": eigencam.evidence,
    }
)
"""From feature maps ``(h, w, c)`` and gradients ``(s, h, w, c)`` to evidence ``(s, h, w)``."""

ASKING: Mapping[str, Callable[[Subject], list[Array]]] = MappingProxyType(
    {
        "gradient_ink": gradient_ink.evidence,
        "integrated_gradients": integrated_gradients.evidence,
        "smoothgrad": smoothgrad.evidence,
        "scorecam": scorecam.evidence,
        "ablationcam": ablationcam.evidence,
        "occlusion": occlusion.evidence,
        "rise": rise.evidence,
    }
)
"""Methods that ask the network again: to evidence ``(s, H, W)`` for each place of one example."""

_WANT_NO_JUMPS = frozenset({"integrated_gradients", "smoothgrad"})


def require(method: str, graph: Graph, name: str) -> None:
    """Refuse a method that cannot be had at a layer.

    Parameters
    ----------
    method : str
        Id from `nmrcam_qt.core.methods.METHODS`.
    graph : Graph
        Of the network.
    name : str
        The layer whose output is A.

    Raises
    ------
    MethodError
        With the reason; also if there is no such method.
    """
    require_known(method)
    if method == "cam":
        cam.require_pooled_linear_head(graph, name)
    if method == "gradcam++" and not graph.non_negative(name):
        raise MethodError(
            f"Grad-CAM++ needs feature maps that are never negative; "
            f"{name!r} ({graph[name].kind}, {graph[name].activation}) can be"
        )


def require_known(method: str) -> None:
    """Refuse what is no method (`MethodError`)."""
    if method not in EVIDENCE and method not in ASKING:
        raise MethodError(f"no method {method!r}; expected one of {', '.join(METHODS)}")


def require_on_input(method: str, model: keras.Model) -> None:
    """Refuse a method on the input that a network does not have.

    A network that parts its ink into signals has jumps in its logits: as ink grows darker, a
    signal is suddenly there, and every other one attends to it. Between the jumps the
    gradient says nothing of them: on 4 spectra of `hsqc-mix` and `hmbc-mix` the sum of
    integrated gradients was off by 60 to 480 % of the difference it should be, whatever the
    number of steps. Noise of SmoothGrad makes signals of blank paper.

    Parameters
    ----------
    method : str
        One of a kind with `MethodInfo.on_input`.
    model : keras.Model
        The network.

    Raises
    ------
    MethodError
        With the reason.
    """
    for layer in model.layers:
        if method in _WANT_NO_JUMPS and isinstance(layer, InkBasins):
            raise MethodError(
                f"{METHODS[method].title} needs logits without jumps; {layer.name!r} of this "
                "network parts the ink into signals, which come and go as ink or noise is added"
            )
