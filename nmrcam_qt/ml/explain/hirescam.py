"""HiResCAM (Draelos and Carin 2020, arXiv 2011.08891, eq. 6)."""

from __future__ import annotations

from nmrcam_qt.ml.explain.arrays import Array, channel_sum


def evidence(maps: Array, gradients: Array) -> Array:
    """Feature maps times their gradient, cell by cell: ``Σ_k g_k ⊙ A_k``.

    The map that is shown is the positive part. Where the network is piecewise linear
    behind the layer, the evidence sums to the logit up to the biases' share.

    Parameters
    ----------
    maps : float ``(h, w, channels)``
        Feature maps A.
    gradients : float ``(n_classes, h, w, channels)``
        g = ∂y/∂A for each class logit y.

    Returns
    -------
    float ``(n_classes, h, w)``
        In units of the logit, of the dtype of the arguments.
    """
    return channel_sum(gradients, maps)
