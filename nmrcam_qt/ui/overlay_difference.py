"""The difference of two spectra in a pane: computed outside the window's thread."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nmrcam_qt.core.difference import subtract
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.ui.plot_values import Ink

if TYPE_CHECKING:
    from nmrcam_qt.ui.contour_work import Source

DIFFERENCE = "difference"
"""Source id of its contours."""
_KEPT = 32


@dataclass(frozen=True, slots=True)
class Factor:
    """k of ``A - k·B``, and whether it was fitted."""

    scale: float
    fitted: bool


class Differences:
    """Sources of differences, and the factors that were found when they were computed.

    A factor is written in the worker's thread and read in the window's; both are single
    steps of a dict.
    """

    def __init__(self) -> None:
        self._factors: OrderedDict[Hashable, Factor] = OrderedDict()

    def source(self, item: SessionItem, other: SessionItem, fitted: bool) -> Source:
        """What is drawn for ``item - k·other``.

        Parameters
        ----------
        item, other : SessionItem
            Of the same experiment.
        fitted : bool
            Whether k is fitted to the common signal; otherwise it is 1.
        """
        from nmrcam_qt.ui.contour_work import Source  # contourpy: not for the first paint

        key = self.key(item, other, fitted)
        a, b = item.packed, other.packed

        def load() -> Ink:
            made = subtract(a.unpack(), b.unpack(), None if fitted else 1.0)
            self._factors[key] = Factor(made.scale, made.fitted)
            while len(self._factors) > _KEPT:
                self._factors.popitem(last=False)
            return made.intensity, made.f1, made.f2

        return Source(key, load)

    def key(self, item: SessionItem, other: SessionItem, fitted: bool) -> Hashable:
        """The same for the same spectra on the same axes."""
        return (DIFFERENCE, *_said(item.packed), *_said(other.packed), fitted)

    def factor(self, item: SessionItem, other: SessionItem, fitted: bool) -> Factor | None:
        """What k is; None until it is known."""
        return self._factors.get(self.key(item, other, fitted))


def _said(packed: PackedSpectrum) -> tuple[Hashable, ...]:
    return packed.payload, packed.f1, packed.f2
