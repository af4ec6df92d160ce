"""RISE (Petsiuk, Das and Saenko 2018, arXiv 1806.07421, eqs. 4 to 6), by signals."""

from __future__ import annotations

from itertools import compress

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.painting import Row
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.signals import all_spots, signals_of, spread
from nmrcam_qt.ml.explain.subject import Subject

MASKS = 512
SEED = 20180619


def evidence(subject: Subject) -> list[Array]:
    """How much higher the logit is with a signal than without, whatever the others do.

    The paper lights random grids; here every signal of the ink (`core.regions.ink_regions`) is
    on or painted with background, each with probability 1/2. The paper's importance of a
    signal is the mean score of the masks that have it on, ``E[y | on]``, which for logits holds
    their arbitrary level. Taken off is the mean of those that have it off:
    ``E[y | on] - E[y | off] = 2 (E[y | on] - E[y])``, the paper's map less a constant and times
    2, so that the order of the signals is the paper's, the sign has a meaning, and the value is
    in units of the logit. Its limit for all masks is the Banzhaf value of the signal. It is
    laid on the signal's samples in proportion to their ink, as in `occlusion`.

    Every mask comes with its opposite, so that each signal is on in exactly half of them. Where
    so many masks hold every choice of signals (up to 9), all choices are taken and nothing is
    random. The masks are those of `SEED`, for every spectrum. Signals of all wanted inputs are
    switched together; an input that is not wanted stays as it is.

    Cost: `MASKS` spectra (`explain.near`: half of the signals are painted, so that only networks of
    signals have a shorter way); all classes share them.

    Parameters
    ----------
    subject : Subject
        Example, classes and network.

    Returns
    -------
    list of float64 ``(n_classes, H, W)``
        For each wanted input, on its samples; signed, in units of the logit.
    """
    painting = signals_of(subject)
    spots = all_spots(painting, subject.wanted)
    on = masks(len(spots))
    rows = [Row(tuple(compress(spots, ~choice))) for choice in on]
    logits = subject.logits(len(on), lambda part: painting.batch(rows[part]))
    # As many masks have a signal on as off: the difference of means is one sum.
    values = 2 / len(on) * np.where(on, 1.0, -1.0).T @ logits
    return [
        spread(painting, number, values[[at == number for at, _ in spots]])
        for number in subject.wanted
    ]


def masks(count: int) -> NDArray[np.bool_]:
    """Which signals are on, bool ``(m, count)``: every one in exactly half of the masks.

    Parameters
    ----------
    count : int
        Number of signals.
    """
    if 2**count <= MASKS:
        choices = np.arange(max(2**count, 2))[:, np.newaxis]
        return (choices >> np.arange(count) & 1).astype(bool)
    half = np.random.default_rng(SEED).random((MASKS // 2, count)) < 0.5
    return np.concatenate([half, ~half])
