"""Peaks of instrument data and of drawn lists: summits above noise, ridges and streaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmrcam_qt.core.picking.found import Found
from nmrcam_qt.core.picking.levels import Levels, levels_of
from nmrcam_qt.core.picking.maxima import standing, summits
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.picking.shape import measured
from nmrcam_qt.core.picking.smoothing import smoothed
from nmrcam_qt.core.picking.wiggles import wiggles
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image


def pick_points(
    image: Image, settings: PickSettings, progress: Progress = SILENT
) -> tuple[Found, Levels]:
    """Peaks of a grid of points.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Signed, or magnitude (nowhere negative).
    settings : PickSettings
        What is wanted.
    progress : Progress
        Told what is done.

    Returns
    -------
    found : Found
        Strongest first.
    levels : Levels
        By which they were judged.
    """
    progress.step(0, 4, "noise")
    filtered = smoothed(image)
    levels = levels_of(image, filtered, settings)
    progress.step(1, 4, "maxima")
    rows, columns = summits(levels, settings.signs, signed=bool(image.min(initial=0.0) < 0))
    progress.step(2, 4, "ridges")
    doubtful = np.abs(levels.image[rows, columns]) < levels.sure * levels.at(rows, columns)
    if not settings.ridges:
        rows, columns, doubtful = rows[~doubtful], columns[~doubtful], doubtful[~doubtful]
    alone = standing(levels, rows, columns, filtered.widths)
    rows, columns, doubtful = rows[alone], columns[alone], doubtful[alone]
    rows, columns = rows[: settings.max_peaks * 2], columns[: settings.max_peaks * 2]
    progress.step(3, 4, "positions")
    found = measured(image, filtered, levels, rows, columns, doubtful[: len(rows)])
    order = np.argsort(-np.abs(found.height), kind="stable")
    found = found.take(order[np.abs(found.height[order]) >= levels.base])
    lobe = wiggles(found, levels, filtered.widths)
    found = replace(found, doubtful=found.doubtful | lobe)
    if not settings.ridges:
        found = found.take(~lobe)
    progress.step(4, 4)
    return found.take(np.arange(min(len(found), settings.max_peaks))), levels
