"""A spectrum on the user's ppm: axes, peaks and what its provenance says follow the reference."""

from __future__ import annotations

from dataclasses import replace

from nmrcam_qt.core.readers.options import BOTH_ASSUMED, F1_ASSUMED, F2_ASSUMED
from nmrcam_qt.core.reference import AS_FILED, REFERENCED_NOTE, Affine, Reference
from nmrcam_qt.core.spectrum import Provenance
from nmrcam_qt.session.extent import check_extent
from nmrcam_qt.session.packing import Filed, PackedSpectrum, filed_of

_ASSUMED = {BOTH_ASSUMED: "hc", F2_ASSUMED: "h", F1_ASSUMED: "c"}
_CLAUSES = {"hc": BOTH_ASSUMED, "h": F2_ASSUMED, "c": F1_ASSUMED, "": ""}


def with_reference(packed: PackedSpectrum, reference: Reference) -> PackedSpectrum:
    """The same spectrum on other ppm, counted from the file's axes.

    Going back to `AS_FILED` restores axes and provenance to the last bit. Masks stay where
    they are: they name shifts of known signals, not places of the file.

    Parameters
    ----------
    packed : PackedSpectrum
        Whatever its present reference.
    reference : Reference
        From the file's ppm to the user's.

    Raises
    ------
    ValueError
        If an axis would lie where no spectrum does.
    """
    if reference == packed.reference:
        return packed
    filed = filed_of(packed)
    shown = shown_on(filed, reference)
    return replace(
        packed,
        f1=shown.f1,
        f2=shown.f2,
        provenance=shown.provenance,
        display_axes=shown.display_axes,
        reference=AS_FILED if reference.identity else reference,
        filed=None if reference.identity else filed,
    )


def shown_on(filed: Filed, reference: Reference) -> Filed:
    """What is shown of axes and provenance of a file on the user's ppm.

    Raises
    ------
    ValueError
        If an axis would lie where no spectrum does.
    """
    f1, f2 = reference.c.axis(filed.f1), reference.h.axis(filed.f2)
    for axis in (f1, f2):
        check_extent(axis.first_ppm, axis.last_ppm, axis.size)
    display_f1, display_f2 = filed.display_axes
    return Filed(
        f1,
        f2,
        (reference.c.axis(display_f1), reference.h.axis(display_f2)),
        referenced_provenance(filed.provenance, reference),
    )


def referenced_provenance(filed: Provenance, reference: Reference) -> Provenance:
    """The provenance of the file with a note on the reference.

    An axis that two known peaks gave (its scale changed) is assumed no longer; one that was
    only shifted still is: its width nobody has checked.
    """
    if reference.identity:
        return filed
    settled = {name for name in "hc" if getattr(reference, name).scale != 1.0}
    open_axes = _open_axes(filed)
    left = "".join(name for name in open_axes if name not in settled)
    clause = _CLAUSES[left]
    others = [text for text in filed.assumed if text not in _ASSUMED]
    axes = [text for text in filed.assumed if text in _ASSUMED]
    return replace(
        filed,
        assumed=tuple([clause] if clause and axes else []) + tuple(others),
        notes=(*filed.notes, REFERENCED_NOTE + reference_text(reference)),
        axes_assumed=bool(left),
    )


def _open_axes(filed: Provenance) -> str:
    """Axes that were assumed: ``"hc"``, ``"h"``, ``"c"`` or none."""
    if not filed.axes_assumed:
        return ""
    return next((_ASSUMED[text] for text in filed.assumed if text in _ASSUMED), "hc")


def reference_text(reference: Reference) -> str:
    """For example ``"¹H +0.031 ppm, ¹³C ×1.0002 −0.4 ppm"``; empty for no change."""
    parts = [("¹H", reference.h), ("¹³C", reference.c)]
    return ", ".join(f"{name} {affine_text(a)}" for name, a in parts if not a.identity)


def affine_text(affine: Affine) -> str:
    """For example ``"+0.031 ppm"`` or ``"×1.0002 −0.4 ppm"``."""
    scale = "" if affine.scale == 1.0 else f"×{affine.scale:.7g}"
    offset = f"{affine.offset:+.6g} ppm" if affine.offset or not scale else ""
    return " ".join(part for part in (scale, offset.replace("-", "−")) if part)
