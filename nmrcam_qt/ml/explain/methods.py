"""Which method runs what, and what it needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.ml.explain import cam, gradcam, gradcampp, hirescam, layercam, xgradcam
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.graph import Graph

EVIDENCE: Mapping[str, Callable[[Array, Array], Array]] = MappingProxyType(
    {
        "gradcam": gradcam.evidence,
        "gradcam++": gradcampp.evidence,
        "hirescam": hirescam.evidence,
        "layercam": layercam.evidence,
        "xgradcam": xgradcam.evidence,
        "cam": cam.evidence,
    }
)
"""From feature maps ``(h, w, c)`` and gradients ``(s, h, w, c)`` to evidence ``(s, h, w)``."""


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
    if method not in EVIDENCE:
        raise MethodError(f"no method {method!r}; expected one of {', '.join(EVIDENCE)}")
    if method == "cam":
        cam.require_pooled_linear_head(graph, name)
    if method == "gradcam++" and not graph.non_negative(name):
        raise MethodError(
            f"Grad-CAM++ needs feature maps that are never negative; "
            f"{name!r} ({graph[name].kind}, {graph[name].activation}) can be"
        )
