"""What a network says: predictions and explanations, frozen, with their own axes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.class_words import ALL, PRESENT, TOP
from nmrcam_qt.core.spectrum import Image, freeze


def head_scores(head: str, logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores 0..1 of logits ``(n, n_classes)``, float64, never NaN.

    Parameters
    ----------
    head : {"softmax", "sigmoid"}
        Of the network's card.
    logits : float64 ``(n, n_classes)``
    """
    if head == "sigmoid":
        return np.asarray(0.5 * (1 + np.tanh(logits / 2)))
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """Scores of one network for one spectrum (or one HSQC + HMBC pair).

    Parameters
    ----------
    network : str
        Network id.
    network_sha256 : str
        Digest of the weights that gave the scores.
    classes : tuple of str
        Class ids, in the order of the arrays.
    logits, scores : float64 ``(n_classes,)``
        Before and after the head's softmax or sigmoid.
    present : tuple of str
        Classes said to be present: the top class where it passes its threshold
        (softmax), every class that passes (sigmoid).
    warnings : tuple of str
        One sentence each: what limits trust in these scores.
    worth : str
        What such a top score was worth on held-out compounds, one sentence
        (`nmrcam_qt.core.reliability`); empty where nobody measured it, or the spectrum is
        not of the kind that was measured.
    """

    network: str
    network_sha256: str
    classes: tuple[str, ...]
    logits: NDArray[np.float64]
    scores: NDArray[np.float64]
    present: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    worth: str = ""

    def __post_init__(self) -> None:
        for name in ("logits", "scores"):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != (len(self.classes),):
                raise ValueError(f"{name}: one value per class expected, got {values.shape}")
            freeze(values)
            object.__setattr__(self, name, values)

    @property
    def top(self) -> str:
        """Id of the class with the highest score among those present, or of all if none is.

        Every class has a threshold of its own: one that is present may score less than one
        that is not.
        """
        said = [self.classes.index(c) for c in self.present] or range(len(self.classes))
        return self.classes[max(said, key=lambda number: float(self.logits[number]))]

    @property
    def sentences(self) -> tuple[str, ...]:
        """Warnings and worth, for everything that prints both."""
        return (*self.warnings, self.worth) if self.worth else self.warnings

    def chosen(self, classes: str | Collection[str]) -> tuple[str, ...]:
        """Ids of the classes of a word (`CLASS_WORDS`) or of those named, in their own order."""
        words = {ALL: self.classes, PRESENT: self.present, TOP: (self.top,)}
        wanted = words[classes] if isinstance(classes, str) else classes
        return tuple(c for c in self.classes if c in wanted)

    def score(self, class_id: str) -> float:
        """Score of one class, 0..1."""
        return float(self.scores[self.classes.index(class_id)])


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """One class activation map in ppm.

    Parameters
    ----------
    evidence : float32 ``(n_f1_cells, n_f2_cells)``
        Signed, in units of the logit or those of its method (`methods.unit_of`), *not*
        normalised.
    f1, f2 : Axis
        ppm of each cell's *centre* (the centre of its receptive field).
    input_name : str
        Which input of the network the map lies on.
    class_id, method, layer : str
        What was explained, how, and where in the network.
    network, network_sha256 : str
        Which network.
    """

    evidence: Image
    f1: Axis
    f2: Axis
    input_name: str
    class_id: str
    method: str
    layer: str
    network: str
    network_sha256: str

    def __post_init__(self) -> None:
        evidence = self.evidence
        # Maps of several methods may be one and the same; what nobody can write needs no copy.
        if evidence.dtype != np.float32 or evidence.flags.writeable or not evidence.flags.owndata:
            evidence = np.array(evidence, dtype=np.float32)
        if evidence.shape != (self.f1.size, self.f2.size):
            raise ValueError(
                f"evidence {evidence.shape} does not match axes ({self.f1.size}, {self.f2.size})"
            )
        if not np.isfinite(evidence).all():
            raise ValueError("evidence holds values that are not finite")
        freeze(evidence)
        object.__setattr__(self, "evidence", evidence)

    @property
    def heat(self) -> Image:
        """``max(evidence, 0)``, float32 ``(n_f1_cells, n_f2_cells)``."""
        return np.maximum(self.evidence, np.float32(0))

    @property
    def empty(self) -> bool:
        """Whether the heat is zero everywhere."""
        return not bool((self.evidence > 0).any())

    def heat_at(self, c_ppm: NDArray[np.float64], h_ppm: NDArray[np.float64]) -> Image:
        """Heat at chemical shifts: bilinear between cell centres, clamped outside.

        Parameters
        ----------
        c_ppm, h_ppm : float64, broadcastable
            ¹³C (F1) and ¹H (F2) shifts, ppm.

        Returns
        -------
        float32, the broadcast shape
        """
        r0, r1, rf = _neighbours(self.f1, c_ppm)
        c0, c1, cf = _neighbours(self.f2, h_ppm)
        heat = self.heat.astype(np.float64)
        top = heat[r0, c0] * (1 - cf) + heat[r0, c1] * cf
        bottom = heat[r1, c0] * (1 - cf) + heat[r1, c1] * cf
        return (top * (1 - rf) + bottom * rf).astype(np.float32)


def _neighbours(
    axis: Axis, ppm: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Indices of the two cells around each shift, and the weight of the second."""
    ppm = np.asarray(ppm, dtype=np.float64)
    if axis.size == 1:
        zero = np.zeros(ppm.shape, dtype=np.intp)
        return zero, zero, np.zeros(ppm.shape)
    place = np.clip(axis.index(ppm), 0, axis.size - 1)
    lower = np.minimum(np.floor(place).astype(np.intp), axis.size - 2)
    return lower, lower + 1, place - lower


@dataclass(frozen=True, slots=True)
class Analysis:
    """What one network says of one spectrum or pair.

    Parameters
    ----------
    prediction : Prediction
        Scores.
    explanations : tuple of Explanation
        The maps that were asked for and are available.
    unavailable : tuple of (method, reason)
        Methods that were asked for and cannot be given for this network and layer.
    """

    prediction: Prediction
    explanations: tuple[Explanation, ...] = ()
    unavailable: tuple[tuple[str, str], ...] = ()
