"""Measuring the maps of one spectrum beside each other, outside the window's thread. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.map_comparison import MapComparison, Pure, compare_maps
from nmrcam_qt.core.regions import ink_regions, peak_regions
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.session.network_view import NetworkView
from nmrcam_qt.workers.jobs import JobContext


class CompareJob:
    """Where the heat of maps lies and how far they agree; the result is a `MapComparison`.

    Parameters
    ----------
    name : str
        Of the spectrum.
    view : NetworkView
        What the network sees: the grid on which everything is measured.
    maps : sequence of Explanation
        On this input.
    places : PeakPlaces
        Peaks that were picked or listed; without any, the maxima of the ink take their place.
    pure : NetworkView, optional
        The pure spectrum of the compound that is looked for, as the same input would see it.
    priors : mapping, optional
        Class priors of the input by id of the class.
    """

    unit = "maps"

    def __init__(
        self,
        name: str,
        view: NetworkView,
        maps: Sequence[Explanation],
        places: PeakPlaces,
        pure: NetworkView | None = None,
        priors: Mapping[str, Explanation] = MappingProxyType({}),
    ) -> None:
        self._name, self._view, self._pure = name, view, pure
        self._maps, self._places, self._priors = tuple(maps), places, priors

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        return f"Comparing the maps of {self._name}"

    def run(self, context: JobContext) -> MapComparison:
        """Do it."""
        context.step(0, len(self._maps))
        grid, f1, f2 = self._view.image()
        if len(self._places):
            regions = peak_regions(grid, f1, f2, self._places)
        else:
            regions = ink_regions(grid)
        pure = Pure(self._pure.image()[0], self._priors) if self._pure is not None else None
        found = compare_maps(self._maps, grid, f1, f2, regions, context, pure)
        context.step(len(self._maps), len(self._maps))
        return found
