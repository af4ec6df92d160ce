"""Picking the peaks of spectra outside the window's thread. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.peak_places import listed_peaks
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.peak_editing import repicked
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shifts import to_file, to_user
from nmrcam_qt.workers.jobs import JobContext, Within


@dataclass(frozen=True, slots=True, eq=False)
class Partner:
    """The HSQC of the sample of an HMBC.

    Parameters
    ----------
    item_id : int
        Of the HSQC.
    packed : PackedSpectrum
        The HSQC.
    picked : PickedPeaks or None
        Its peaks at the user's shifts, where it has been picked.
    """

    item_id: int
    packed: PackedSpectrum
    picked: PickedPeaks | None


@dataclass(frozen=True, slots=True, eq=False)
class PickTarget:
    """A spectrum to be picked.

    Parameters
    ----------
    item_id : int
        Of the session.
    name : str
        For the user.
    packed : PackedSpectrum
        The spectrum.
    partner : Partner or None
        Tells the one-bond doublets of an HMBC apart.
    """

    item_id: int
    name: str
    packed: PackedSpectrum
    partner: Partner | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PeaksFound:
    """Part of the job's result: the peaks of one spectrum.

    Parameters
    ----------
    item_id : int
        Of the spectrum.
    peaks : PickedPeaks
        At the shifts of the *file*: the user may change the reference meanwhile.
    keep_edited : bool
        Whether peaks that the user has edited stay.
    """

    item_id: int
    peaks: PickedPeaks
    keep_edited: bool

    def keep(self, session: Session, merge_key: str) -> None:
        """Put them into the session; those of one job are one step of undo."""
        item = session.find(self.item_id)
        if item is None:
            return
        found = to_user(self.peaks, item.packed.reference)
        made = repicked(item.picked, found, self.keep_edited)
        session.set_picked(self.item_id, made.peaks, merge_key=merge_key)


@dataclass(frozen=True, slots=True)
class NotPicked:
    """Part of the job's result: a spectrum that could not be picked, with a sentence."""

    piece: str
    reason: str

    def keep(self, session: Session, _merge_key: str) -> None:
        """Say so."""
        session.add_problem(f"{self.piece}: {self.reason}")


@dataclass(frozen=True, slots=True)
class PickSummary:
    """How it went.

    Parameters
    ----------
    spectra, peaks : int
        Picked spectra and their peaks together.
    """

    spectra: int
    peaks: int

    @property
    def sentence(self) -> str:
        """For the status bar."""
        peaks = "1 peak" if self.peaks == 1 else f"{self.peaks} peaks"
        if not self.spectra:
            return "Nothing was picked."
        return f"{peaks} picked" + (f" in {self.spectra} spectra." if self.spectra > 1 else ".")


class PickJob:
    """Pick spectra, the HSQCs first; parts are `PeaksFound` and `NotPicked`.

    Parameters
    ----------
    targets : sequence of PickTarget
        At least one.
    settings : PickSettings
        How.
    keep_edited : bool
        Whether peaks that the user has edited stay.
    """

    unit = "spectra"

    def __init__(
        self,
        targets: Sequence[PickTarget],
        settings: PickSettings | None = None,
        keep_edited: bool = True,
    ) -> None:
        hmbc = Experiment.HMBC
        self._targets = tuple(sorted(targets, key=lambda t: t.packed.experiment is hmbc))
        self._settings = settings or PickSettings()
        self._keep_edited = keep_edited
        self._left = list(self._targets)
        self._known: dict[int, PickedPeaks] = {}

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        if len(self._targets) == 1:
            return f"Picking peaks of {self._targets[0].name}"
        return f"Picking peaks of {len(self._targets)} spectra"

    def run(self, context: JobContext) -> PickSummary:
        """Pick everything; a broken spectrum leaves the others working."""
        total, spectra, peaks = len(self._targets), 0, 0
        for number, target in enumerate(self._targets):
            within = Within(context, number, total, target.name)
            try:
                found = self._pick(target, within)
            except MemoryError:
                context.part(NotPicked(target.name, "not enough memory"))
                continue
            except NmrCamError as error:
                if context.is_cancelled:
                    raise
                context.part(NotPicked(target.name, str(error)))
                continue
            kept = to_file(found, target.packed.reference)
            context.part(PeaksFound(target.item_id, kept, self._keep_edited))
            self._left.remove(target)
            spectra, peaks = spectra + 1, peaks + len(found)
        context.step(total, total)
        return PickSummary(spectra, peaks)

    def remaining(self) -> PickJob | None:
        """The spectra that could not be picked, and those that were not reached."""
        if not self._left:
            return None
        return PickJob(self._left, self._settings, self._keep_edited)

    def _pick(self, target: PickTarget, progress: Within) -> PickedPeaks:
        """Peaks at the user's shifts."""
        from nmrcam_qt.core.picking import pick_peaks  # scipy: not for the first paint

        progress.step(0, 1)
        hsqc = self._of_partner(target, progress)
        found = pick_peaks(target.packed.unpack(), self._settings, hsqc, progress)
        self._known[target.item_id] = found
        return found

    def _of_partner(self, target: PickTarget, progress: Within) -> PickedPeaks | None:
        """The peaks of the HSQC: picked just now, or before, or for this purpose only."""
        from nmrcam_qt.core.picking import pick_peaks

        partner = target.partner
        if partner is None or not self._settings.one_bond:
            return None
        known = self._known.get(partner.item_id) or partner.picked
        if known is None:
            spectrum = partner.packed.unpack()
            known = _of_list(spectrum) or pick_peaks(spectrum, PickSettings(), None, progress)
            self._known[partner.item_id] = known
        return known


def _of_list(spectrum: Spectrum) -> PickedPeaks | None:
    """The peaks of a peak list, which need no picking."""
    return None if spectrum.peaks is None else listed_peaks(spectrum.peaks)
