"""Picking peaks in spectra: from points or ink to positions in ppm."""

from nmrcam_qt.core.picking.pick import pick_peaks, with_doublets
from nmrcam_qt.core.picking.settings import PickSettings, Signs

__all__ = ["PickSettings", "Signs", "pick_peaks", "with_doublets"]
