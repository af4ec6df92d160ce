"""What a network sees of a spectrum: the very array that it is fed with, in ppm. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card, InputSpec
from nmrcam_qt.core.preprocessing import ink_on_grid
from nmrcam_qt.core.spectrum import Image, SourceKind
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.shown import Shown

NO_NETWORK = "There is no network for this spectrum, so nothing can be shown of what it sees."


@dataclass(frozen=True, slots=True)
class NetworkView:
    """Which input of which network, and what it is made of.

    Parameters
    ----------
    packed : PackedSpectrum
        The spectrum, with its masks.
    card : Card
        Of the network.
    spec : InputSpec
        The input that the spectrum belongs to.
    """

    packed: PackedSpectrum
    card: Card
    spec: InputSpec

    @property
    def key(self) -> tuple[object, ...]:
        """Equal keys mean equal images."""
        packed = self.packed
        return ("network", packed.payload, packed.f1, packed.f2, packed.masks, self.spec)

    def image(self) -> tuple[Image, Axis, Axis]:
        """Ink 0..1 in the cells of the network's input, with their F1 and F2 axis.

        `core.preprocessing.feed` turns just this array into the network's input (it repeats,
        turns or inverts it as the card says).

        Raises
        ------
        NmrCamError
            If the spectrum lies in a file that cannot be read.
        """
        return ink_on_grid(self.packed.unpack(), self.spec), self.spec.f1, self.spec.f2

    @property
    def heading(self) -> str:
        """One line that says what is shown instead of the spectrum."""
        height, width, _ = self.spec.shape
        parts = [f"What {self.card.title} sees", f"{width} × {height} cells"]
        if self.packed.provenance.kind is SourceKind.INSTRUMENT:
            style = self.spec.ink
            how = "contours" if style.kind == "contours" else "filled"
            parts.append(f"{how} from {style.base:g} × noise")
        excluded = sum(mask.excluded for mask in self.packed.masks)
        if excluded:
            parts.append(f"{excluded} {'region' if excluded == 1 else 'regions'} blank")
        return "  ·  ".join(parts)


def network_view(shown: Shown) -> NetworkView | None:
    """What the network of a pane sees; None where no network can look at the spectrum.

    Of a network of two inputs it is the one that the spectrum belongs to.
    """
    if shown.item is None or shown.plan is None:
        return None
    card = shown.plan.card
    own = [spec for spec in card.inputs if spec.experiment is shown.item.experiment]
    spec = card.inputs[0] if len(card.inputs) == 1 else next(iter(own), None)
    return None if spec is None else NetworkView(shown.item.packed, card, spec)
