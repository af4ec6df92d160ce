"""Which regions of a spectrum belong to its solvent: masks made, merged and taken away."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.solvents import Solvent, masks_for, references_for, solvent_of
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.packing import PackedSpectrum


def solvent_masks(
    packed: PackedSpectrum,
    solvent: Solvent | None = None,
    references: Iterable[Solvent] | None = None,
) -> tuple[Mask, ...]:
    """Masks over the signals of a solvent, as they lie in this experiment.

    Parameters
    ----------
    packed : PackedSpectrum
        Its experiment and field decide how large they are.
    solvent : Solvent or None
        None for the one that the file names.
    references : iterable of Solvent or None
        Substances that were added; None for the usual one of the solvent.

    Returns
    -------
    tuple of Mask
        None of them excluded; empty where no solvent is known.
    """
    solvent = solvent_of(packed.acquisition) if solvent is None else solvent
    if solvent is None:
        return ()
    added = references_for(solvent) if references is None else references
    h_mhz = packed.acquisition.h_mhz if packed.acquisition is not None else None
    return masks_for(solvent, packed.experiment, h_mhz, added)


def with_solvent_masks(packed: PackedSpectrum) -> PackedSpectrum:
    """Measured data that were just opened: the signals of their solvent are marked.

    Nothing is excluded: that changes scores, and so it is for the user to say.
    """
    if packed.masks or packed.provenance.kind is not SourceKind.INSTRUMENT:
        return packed
    masks = solvent_masks(packed)
    return replace(packed, masks=masks) if masks else packed


def with_masks(masks: Sequence[Mask], more: Iterable[Mask]) -> tuple[Mask, ...]:
    """These and more; one of the same name takes the place of the old one, excluded as that.

    Returns
    -------
    tuple of Mask
        In the order in which they came.
    """
    made = {mask.name: mask for mask in masks}
    for mask in more:
        old = made.get(mask.name)
        made[mask.name] = replace(mask, excluded=old.excluded) if old is not None else mask
    return tuple(made.values())


def without_masks(masks: Sequence[Mask], names: Collection[str]) -> tuple[Mask, ...]:
    """Those of other names."""
    return tuple(mask for mask in masks if mask.name not in names)


def mask_range(mask: Mask) -> str:
    """For example ``"¹H 7.20–7.32, ¹³C 76.2–78.2 ppm"``; a streak runs through one axis."""
    h_low, h_high = mask.h_ppm
    c_low, c_high = mask.c_ppm
    h = f"¹H {_number(h_low, 2)}–{_number(h_high, 2)} ppm"
    if c_low < -900 and c_high > 900:
        return f"{h}, all of ¹³C"
    return f"{h}, ¹³C {_number(c_low, 1)}–{_number(c_high, 1)} ppm"


def _number(ppm: float, decimals: int) -> str:
    return f"{round(ppm, decimals) + 0.0:.{decimals}f}".replace("-", "−")
