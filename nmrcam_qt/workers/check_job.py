"""Checking maps of one spectrum by the inference process. No Qt."""

from __future__ import annotations

from collections.abc import Sequence

from nmrcam_qt.core.map_check import MapCheck, MapsAsked
from nmrcam_qt.core.preprocessing import prepare_inputs
from nmrcam_qt.workers.analyse_job import Work
from nmrcam_qt.workers.inference_client import InferenceClient
from nmrcam_qt.workers.jobs import JobContext


class CheckJob:
    """Whether maps depend on the network and on the right peaks; gives a tuple of `MapCheck`.

    The peaks are the maxima of the ink (`nmrcam_qt.core.regions.ink_regions`), so that a check
    does not depend on what was picked.

    Parameters
    ----------
    client : InferenceClient
        The way to the inference process.
    work : Work
        Which spectrum or pair, network and layer.
    maps : sequence of (class id, method)
        Which maps.
    """

    unit = "maps"

    def __init__(
        self, client: InferenceClient, work: Work, maps: Sequence[tuple[str, str]]
    ) -> None:
        self._client, self._work = client, work
        self._maps = tuple(maps)

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        n = len(self._maps)
        return f"Checking {n} map{'s' if n > 1 else ''} of {self._work.name}"

    def run(self, context: JobContext) -> tuple[MapCheck, ...]:
        """Do it.

        Raises
        ------
        NmrCamError
            If the spectrum does not fit, or network, class or layer cannot do it.
        JobError
            If the inference process was lost.
        Cancelled
            If the user has cancelled.
        """
        context.step(0, len(self._maps))
        card = self._work.card
        prepared = prepare_inputs(card, [s.unpack() for s in self._work.spectra])
        asked = MapsAsked(
            tuple(dict.fromkeys(method for _, method in self._maps)),
            tuple(dict.fromkeys(class_id for class_id, _ in self._maps)),
            self._work.key.layer,
        )
        found = self._client.check(card.id, prepared, asked, lambda: context.is_cancelled)
        context.step(len(self._maps), len(self._maps))
        return tuple(c for c in found if (c.class_id, c.method) in self._maps)
