"""CAM, the original (Zhou et al. 2016, arXiv 1512.04150, eqs. 1 and 2)."""

from __future__ import annotations

from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.ml.explain.arrays import Array, weighted_sum
from nmrcam_qt.ml.graph import Graph

_IDENTITIES = frozenset({"Dropout", "SpatialDropout2D", "Flatten"})


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps weighted with the linear layer's weights: ``Σ_k w_k A_k / Z``.

    With Z cells, ``w_k / Z`` is the gradient of the logit in every cell, and is read
    from there. The paper sums where the layer averages; divided by Z the evidence is
    in units of the logit, and with the class's bias sums to it.

    Parameters
    ----------
    maps : float ``(h, w, channels)``
        Feature maps A in front of the global average pooling.
    gradients : float ``(n_classes, h, w, channels)``
        g = ∂y/∂A, the same in every cell.

    Returns
    -------
    float ``(n_classes, h, w)``
        In units of the logit, of the dtype of the arguments.
    """
    return weighted_sum(gradients[:, 0, 0], maps)


def require_pooled_linear_head(graph: Graph, name: str) -> None:
    """Refuse a layer that is not followed by global average pooling and one linear layer.

    Between them the means of several layers may be joined, as where two networks for two
    experiments are one: then the maps of all those layers together, with the bias, sum to
    the logit.

    Parameters
    ----------
    graph : Graph
        Of the network.
    name : str
        The layer whose output is A.

    Raises
    ------
    MethodError
        With the reason.
    """
    pooling = _next(graph, name)
    if pooling is None or graph[pooling].kind != "GlobalAveragePooling2D":
        found = "several layers or the end" if pooling is None else graph[pooling].kind
        raise MethodError(f"CAM needs global average pooling right after {name!r}; found {found}")
    linear = _next(graph, pooling)
    if linear is not None and _joins_means(graph, linear):
        linear = _next(graph, linear)
    if linear != graph.output or graph[linear].kind != "Dense":
        raise MethodError("CAM needs exactly one linear layer after global average pooling")
    if graph[linear].activation != "linear":
        raise MethodError(f"CAM needs a linear layer; {linear!r} is {graph[linear].activation}")


def _joins_means(graph: Graph, name: str) -> bool:
    """Whether a layer joins nothing but means over space."""
    step = graph[name]
    means = all(graph[parent].kind == "GlobalAveragePooling2D" for parent in step.parents)
    return step.kind == "Concatenate" and means


def _next(graph: Graph, name: str) -> str | None:
    """The one layer after `name` that changes values, or None."""
    children = graph.consumers(name)
    while len(children) == 1 and graph[children[0]].kind in _IDENTITIES:
        if graph[children[0]].kind == "Flatten" and len(graph[children[0]].inputs[0].shape) > 2:
            shape = graph[children[0]].inputs[0].shape
            if tuple(shape[1:3]) != (1, 1):
                break
        children = graph.consumers(children[0])
    return children[0] if len(children) == 1 else None
