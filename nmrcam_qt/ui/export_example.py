"""What the live example of a file name in the export dialog is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.class_words import PRESENT, TOP

NAMED = "named"
"""The choice of classes by name, beside those of `CLASS_WORDS`."""


@dataclass(frozen=True, slots=True)
class Example:
    """Values of a spectrum for the live example of a name.

    Parameters
    ----------
    name, experiment, sample, layer, network : str
        Of the spectrum that is shown.
    class_id : str
        Class that is shown, for choices that take it, too.
    top : str
        Class with the highest score; empty where the spectrum is not analysed.
    present : tuple of str
        Classes that the network says are present.
    """

    name: str
    experiment: str
    sample: str
    class_id: str
    layer: str
    network: str
    top: str = ""
    present: tuple[str, ...] = ()

    def class_of(self, word: str, named: Sequence[str]) -> str:
        """Id of a class whose picture a choice of classes makes of this spectrum.

        Parameters
        ----------
        word : str
            One of `CLASS_WORDS`, or `NAMED`.
        named : sequence of str
            Class ids, for `NAMED`.
        """
        if word == TOP:
            return self.top or self.class_id
        chosen = {NAMED: named, PRESENT: self.present}.get(word, ())
        likely = (c for c in (self.class_id, self.top, *chosen) if c in chosen)
        return next(likely, self.class_id)
