"""The explanation methods, described for people; the arithmetic is in `nmrcam_qt.ml.explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """One class activation map as a chemist meets it.

    Parameters
    ----------
    id : str
        As it is written in files and on the command line.
    title : str
        As it is written in the window.
    source : str
        The paper it comes from.
    cost : str
        What it costs beyond the score.
    caveat : str
        When the map is wrong or missing; one sentence.
    """

    id: str
    title: str
    source: str
    cost: str
    caveat: str


_SHARED = "shares one forward pass and one gradient of the head with the other gradient methods"

_ALL = (
    MethodInfo(
        "gradcam",
        "Grad-CAM",
        "Selvaraju et al. 2016, arXiv 1610.02391",
        _SHARED,
        "Averages the gradient over the spectrum: before a Flatten-Dense head it forgets which "
        "position counted, and may point at the wrong peaks or at none.",
    ),
    MethodInfo(
        "gradcam++",
        "Grad-CAM++",
        "Chattopadhay et al. 2018, arXiv 1710.11063",
        _SHARED,
        "Ignores negative gradients, so it also lights up what speaks for no class in particular; "
        "not available where feature maps can be negative.",
    ),
    MethodInfo(
        "hirescam",
        "HiResCAM",
        "Draelos and Carin 2020, arXiv 2011.08891",
        _SHARED,
        "True local shares of the score behind this layer (without those of the biases) where "
        "the rest of the network is piecewise linear; at early layers it is noisy.",
    ),
    MethodInfo(
        "layercam",
        "LayerCAM",
        "Jiang et al. 2021, doi 10.1109/TIP.2021.3089943",
        _SHARED,
        "Shows only what speaks for the class, never what speaks against it, and so shows "
        "something even for a class that is not there.",
    ),
    MethodInfo(
        "xgradcam",
        "XGrad-CAM",
        "Fu et al. 2020, arXiv 2008.02312",
        _SHARED,
        "Gives each feature map one weight for the whole spectrum: before a Flatten-Dense head "
        "two peaks of one feature map cannot be told apart.",
    ),
    MethodInfo(
        "cam",
        "CAM",
        "Zhou et al. 2016, arXiv 1512.04150",
        "none beyond the forward pass",
        "Available only at the layer before global average pooling with one linear layer after "
        "it; the networks of the study have no such head.",
    ),
)

METHODS: Mapping[str, MethodInfo] = MappingProxyType({info.id: info for info in _ALL})
"""All methods by id, in the order in which they are offered."""
