"""Occlusion (Zeiler and Fergus 2014, arXiv 1311.2901, section 4.2), one signal at a time."""

from __future__ import annotations

from nmrcam_qt.core.painting import WHOLE, Row, drops_of
from nmrcam_qt.ml.explain.arrays import Array
from nmrcam_qt.ml.explain.signals import all_spots, signals_of, spread
from nmrcam_qt.ml.explain.subject import Subject


def evidence(subject: Subject) -> list[Array]:
    """Drop of the logit without a signal: ``y(x) - y(x with the signal painted over)``.

    The paper slides a grey square over the picture. What can be missing from a spectrum is a
    signal: each of those that the ink has (`core.regions.ink_regions`, no list of peaks
    needed) is painted with background, alone. Its drop is laid on its samples *in proportion
    to their ink*, because that is what was taken away; so the map summed over a signal is the
    signal's drop, and the whole map sums to the sum of all drops. That is not y: signals that
    stand in for each other are each missed less than both. Of two inputs the other one stays
    as it is.

    Cost: one spectrum near to this one for every signal (`explain.near`), and one; all classes
    share them.

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
    rows = [WHOLE, *(Row((spot,)) for spot in all_spots(painting, subject.wanted))]
    logits = subject.logits(len(rows), lambda part: painting.batch(rows[part]))
    drops = drops_of(painting, rows, logits)
    return [spread(painting, number, drops[number][1:]) for number in subject.wanted]
