"""What a user wants done to a spectrum after it was read: its axes set, its solvent left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.reference import AS_FILED, REFERENCED_NOTE, Affine, Reference, referenced
from nmrcam_qt.core.solvents import (
    REFERENCES,
    SOLVENTS,
    Solvent,
    masks_for,
    references_for,
    solvent_named,
    solvent_of,
)
from nmrcam_qt.core.spectrum import Spectrum

OWN = "auto"
"""The solvent that the file names."""
MAX_SHIFT_PPM = 1000.0


class TreatmentError(NmrCamError):
    """What is wanted makes no sense; one sentence."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """What is done to every spectrum that is read.

    Parameters
    ----------
    reference : Reference
        From the file's ppm to the user's.
    exclude : str
        Solvent whose signals the networks shall not see, as people write it; `OWN` for the
        one that the file names; empty for none.
    """

    reference: Reference = AS_FILED
    exclude: str = ""

    @property
    def nothing(self) -> bool:
        """Whether a spectrum stays as it is."""
        return self.reference.identity and not self.exclude


def treated(spectrum: Spectrum, treatment: Treatment) -> Spectrum:
    """A spectrum after a treatment; axes are set first, then regions are excluded.

    Parameters
    ----------
    spectrum : Spectrum
        As read.
    treatment : Treatment
        What the user wants. Where the file names no solvent and `OWN` is wanted, nothing is
        excluded, and the provenance says so among the assumptions.

    Raises
    ------
    TreatmentError
        If the solvent is not known.
    """
    made = _referenced(spectrum, treatment.reference)
    if not treatment.exclude:
        return made
    solvent = _solvent(made, treatment.exclude)
    if solvent is None:
        clause = "the file names no solvent that nmrcam knows, so no signal was excluded"
        source = replace(made.provenance, assumed=(*made.provenance.assumed, clause))
        return replace(made, provenance=source)
    mhz = made.acquisition.h_mhz if made.acquisition else None
    masks = masks_for(solvent, made.experiment, mhz, references_for(solvent), excluded=True)
    note = "excluded from analysis: " + ", ".join(mask.name for mask in masks)
    source = replace(made.provenance, notes=(*made.provenance.notes, note))
    return replace(made, masks=(*made.masks, *masks), provenance=source)


def known_solvent(text: str) -> Solvent:
    """The solvent that a user means.

    Raises
    ------
    TreatmentError
        If it is not known; names those that are.
    """
    found = solvent_named(text)
    if found is None:
        names = ", ".join(solvent.id for solvent in (*SOLVENTS, *REFERENCES))
        raise TreatmentError(f"no solvent {text!r} is known; expected one of {names}")
    return found


def shift(text: str) -> Affine:
    """The map that ``0.03`` (add so many ppm) or ``7.24=7.26`` (what is, what shall be) means.

    Raises
    ------
    TreatmentError
        If it is neither, or not finite.
    """
    was, equals, wanted = text.partition("=")
    try:
        offset = float(wanted) - float(was) if equals else float(was)
        if abs(offset) <= MAX_SHIFT_PPM:
            return Affine(offset=offset)
    except ValueError:
        pass
    raise TreatmentError(f"{text!r} is no shift; expected ppm to add, or WAS=IS (7.24=7.26)")


def _solvent(spectrum: Spectrum, wanted: str) -> Solvent | None:
    return solvent_of(spectrum.acquisition) if wanted == OWN else known_solvent(wanted)


def _referenced(spectrum: Spectrum, reference: Reference) -> Spectrum:
    if reference.identity:
        return spectrum
    said = f"¹H {reference.h.offset:+g} ppm, ¹³C {reference.c.offset:+g} ppm"
    notes = (*spectrum.provenance.notes, REFERENCED_NOTE + said)
    return replace(
        spectrum,
        f1=reference.c.axis(spectrum.f1),
        f2=reference.h.axis(spectrum.f2),
        peaks=None if spectrum.peaks is None else referenced(spectrum.peaks, reference),
        provenance=replace(spectrum.provenance, notes=notes),
    )
