"""The explanation methods, described for people; the arithmetic is in `nmrcam_qt.ml.explain`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

LOGIT = "logit"
"""Unit of evidence that is a share of the class's logit, or its change."""
ARBITRARY = "arbitrary units"
"""Unit of evidence that orders the cells of one map, and whose size means nothing: it has a
factor that nobody knows, or that of the feature maps."""


class Kind(StrEnum):
    """What a method needs of a network, and so what it costs."""

    GRADIENT = "gradient"
    """Feature maps and gradients at one layer: all methods and classes share one pass."""
    MAPS = "maps"
    """Feature maps alone."""
    CHANNELS = "channels"
    """A pass for every channel of a layer."""
    INPUT = "input"
    """Gradients at the input: passes backwards through the whole network."""
    SIGNALS = "signals"
    """Many forward passes, with signals painted over."""


@dataclass(frozen=True, slots=True)
class MethodInfo:
    """One explanation method as a chemist meets it.

    Parameters
    ----------
    id : str
        As it is written in files and on the command line.
    title : str
        As it is written in the window.
    source : str
        The paper it comes from.
    cost : str
        What it costs. Where a figure is called measured it is from `benchmarks/method_cost.py`,
        in bare forward passes of one spectrum, of `kuhn-hmbc` and `hmbc-mix`.
    caveat : str
        When the map is wrong or missing; one sentence.
    kind : Kind
        What it needs of the network.
    unit : str
        Of the evidence.
    by_class : bool
        False where the map is the same for every class.
    """

    id: str
    title: str
    source: str
    cost: str
    caveat: str
    kind: Kind = Kind.GRADIENT
    unit: str = LOGIT
    by_class: bool = True

    @property
    def on_input(self) -> bool:
        """Whether the map lies on the samples of the input, whatever layer is chosen."""
        return self.kind in (Kind.INPUT, Kind.SIGNALS)

    @property
    def slow(self) -> bool:
        """Whether it is made only on request, and not with every analysis."""
        return self.kind is not Kind.GRADIENT


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
        "not available where feature maps can be negative. Its weights have a factor that depends "
        "on the class, so that its size is arbitrary.",
        unit=ARBITRARY,
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
    MethodInfo(
        "eigencam",
        "Eigen-CAM",
        "Muhammad and Yeasin 2020, arXiv 2008.00299",
        "1.2 to 1.4 forward passes in all (measured), the same map for every class",
        "Knows no class: the same map for all, of what is strongest in the layer, and that is "
        "often the level of blank paper.",
        Kind.MAPS,
        ARBITRARY,
        by_class=False,
    ),
    MethodInfo(
        "scorecam",
        "Score-CAM",
        "Wang et al. 2020, arXiv 1910.01279",
        "one masked spectrum for every channel of the layer, shared by all classes: as long as 2 "
        "forward passes where the network parts the ink into signals, else 94 (measured)",
        "Gives each feature map one weight, never negative, from spectra with half-erased signals "
        "that no network was trained on; what speaks against the class is not shown, and where "
        "all channels score alike every class has the same map.",
        Kind.CHANNELS,
        ARBITRARY,
    ),
    MethodInfo(
        "ablationcam",
        "Ablation-CAM",
        "Desai and Ramaswamy 2020, doi 10.1109/WACV45572.2020.9093360",
        "the part behind the layer once for every channel, shared by all classes: as long as "
        "2 to 5 forward passes (measured)",
        "Gives each feature map one weight for the whole spectrum: before a Flatten-Dense head "
        "two peaks of one feature map cannot be told apart; channels that stand in for each "
        "other are all found unimportant.",
        Kind.CHANNELS,
        ARBITRARY,
    ),
    MethodInfo(
        "gradient_ink",
        "Gradient x ink",
        "Shrikumar et al. 2016, arXiv 1605.01713",
        "a pass backwards through the whole network for every class: as long as 3 to 4 forward "
        "passes for one class, 7 for 3, 14 for 12 (measured)",
        "Holds for a small change of the ink only: noisy, and where a signal is so dark that "
        "more ink changes nothing it shows nothing.",
        Kind.INPUT,
    ),
    MethodInfo(
        "integrated_gradients",
        "Integrated gradients",
        "Sundararajan et al. 2017, arXiv 1703.01365",
        "64 passes forwards, and 64 backwards for every class: as long as 140 forward passes for "
        "one class, 320 for 3 (measured)",
        "Sums to the logit less that of an empty spectrum, and so depends on what the network "
        "says of an empty one and of fainter ink, which it never saw; not available for networks "
        "that part the ink into signals, whose logits have jumps.",
        Kind.INPUT,
    ),
    MethodInfo(
        "smoothgrad",
        "SmoothGrad",
        "Smilkov et al. 2017, arXiv 1706.03825",
        "32 passes forwards, and 32 backwards for every class: as long as 73 forward passes for "
        "one class, 170 for 3 (measured)",
        "Shows where more ink would raise the score, on blank paper too, not which ink did; the "
        "noise (seed 20170612) makes spectra that no network was trained on; not available for "
        "networks that part the ink into signals.",
        Kind.INPUT,
        "logit per ink",
    ),
    MethodInfo(
        "occlusion",
        "Occlusion by signal",
        "Zeiler and Fergus 2014, arXiv 1311.2901",
        "one painted spectrum for every signal, computed only where it differs and shared by all "
        "classes: as long as 4 to 7 forward passes for 39 signals (measured)",
        "Takes one signal away at a time: of signals that say the same none is missed; signals "
        "that touch are taken away together.",
        Kind.SIGNALS,
    ),
    MethodInfo(
        "rise",
        "RISE by signal",
        "Petsiuk et al. 2018, arXiv 1806.07421",
        "512 painted spectra, shared by all classes: as long as 30 forward passes where the "
        "network parts the ink into signals, else 420 (measured)",
        "A mean over 512 spectra with half of the signals each (seed 20180619): it has "
        "Monte-Carlo noise, larger the more signals there are, and such spectra are unlike those "
        "of any compound.",
        Kind.SIGNALS,
    ),
)

METHODS: Mapping[str, MethodInfo] = MappingProxyType({info.id: info for info in _ALL})
"""All methods by id, in the order in which they are offered."""

DEFAULT_METHODS: tuple[str, ...] = tuple(info.id for info in _ALL if not info.slow)
"""What is made whenever a spectrum is analysed: together they cost little more than the score.

All others are made on request."""


def unit_of(method: str) -> str:
    """What the heat of a method is measured in; of an unknown one the logit."""
    info = METHODS.get(method)
    return LOGIT if info is None else info.unit
