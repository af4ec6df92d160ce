"""What the status bar says about the place under the cursor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadOut:
    """What lies under the cursor; intensity and heat are None outside their images.

    `mapped` says whether a map is shown at all.
    """

    h_ppm: float
    c_ppm: float
    intensity: float | None
    heat: float | None
    mapped: bool = False

    def __str__(self) -> str:
        parts = [f"¹H {self.h_ppm:.3f} ppm", f"¹³C {self.c_ppm:.2f} ppm"]
        parts.append("–" if self.intensity is None else f"intensity {_number(self.intensity)}")
        if self.heat is not None:
            parts.append(f"heat {self.heat:.3g}")
        elif self.mapped:
            parts.append("outside the map: no heat is known here")
        return "     ".join(parts)


def _number(intensity: float) -> str:
    """Ink is at most 1, what an instrument measures is millions."""
    return f"{intensity:.3f}" if abs(intensity) < 100 else f"{intensity:.5g}"
