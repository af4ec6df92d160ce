"""Peaks of instrument data and of drawn lists: summits above noise, ridges and streaks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nmrcam_qt.core.picking.found import Flags, Found, Ints
from nmrcam_qt.core.picking.levels import Levels, levels_of, sharp_levels
from nmrcam_qt.core.picking.maxima import standing, summits
from nmrcam_qt.core.picking.settings import PickSettings
from nmrcam_qt.core.picking.shape import measured, vertex
from nmrcam_qt.core.picking.shoulders import bent, joined
from nmrcam_qt.core.picking.smoothing import Smoothed, sharpened, smoothed
from nmrcam_qt.core.picking.wiggles import misshapen, phase_errors, shadows, wiggles
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.spectrum import Image

_CLOSE, _CLOSE_SHARP = 1.0, 0.5
"""Line widths within which summits of the filtered and of the sharpened spectrum are one:
summits of lines that have grown together seem closer than the lines are."""


def pick_points(
    image: Image, settings: PickSettings, magnitude: bool, progress: Progress = SILENT
) -> tuple[Found, Levels]:
    """Peaks of a grid of points.

    Parameters
    ----------
    image : float32 ``(n_f1, n_f2)``
        Signed, or magnitude.
    settings : PickSettings
        What is wanted.
    magnitude : bool
        Whether negative points mean nothing.
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
    levels = levels_of(image, filtered, settings, magnitude)
    progress.step(1, 4, "maxima")
    plain = _summits(levels, filtered, settings, _CLOSE)
    progress.step(2, 4, "shoulders")
    sharp = sharpened(filtered)
    fine = sharp_levels(levels, sharp.image)
    more = _summits(fine, filtered, settings, _CLOSE_SHARP)
    good = bent(levels, sharp, more)
    rows, columns, shoulder = joined(plain, (more[0][good], more[1][good]), filtered.widths)
    size = np.abs(levels.image[rows, columns])
    order = np.argsort(-size, kind="stable")[: settings.max_peaks * 2]
    rows, columns, shoulder = rows[order], columns[order], shoulder[order]
    # Without ridges only what stands above its own column and row has come so far.
    doubtful = settings.ridges & (size[order] < levels.sure * levels.at(rows, columns))
    progress.step(3, 4, "positions")
    found = measured(image, filtered, levels, rows, columns, doubtful)
    found = _placed(found, np.abs(fine.image), rows, columns, shoulder)
    order = np.argsort(-np.abs(found.height), kind="stable")
    found = found.take(order[np.abs(found.height[order]) >= levels.base])
    widths = filtered.widths
    lobe = wiggles(found, levels, widths) | shadows(found, widths)
    lobe |= phase_errors(found, widths) | misshapen(found, widths)
    found = replace(found, doubtful=found.doubtful | lobe)
    if not settings.ridges:
        found = found.take(~lobe)
    progress.step(4, 4)
    return found.take(np.arange(min(len(found), settings.max_peaks))), levels


def _summits(
    levels: Levels, filtered: Smoothed, settings: PickSettings, close: float
) -> tuple[Ints, Ints]:
    """Summits that stand on their own and, unless ridges are wanted, off the ridges."""
    rows, columns = summits(levels, settings.signs)
    if not settings.ridges:
        size = np.abs(levels.image[rows, columns])
        good = size >= levels.sure * levels.at(rows, columns)
        rows, columns = rows[good], columns[good]
    alone = standing(levels, rows, columns, filtered.widths, close)
    return rows[alone], columns[alone]


def _placed(found: Found, sharp: Image, rows: Ints, columns: Ints, shoulder: Flags) -> Found:
    """Lines on a shoulder lie where the sharpened spectrum has them."""
    down, _ = vertex(sharp, rows, columns, 0)
    across, _ = vertex(sharp, rows, columns, 1)
    return replace(
        found,
        row=np.where(shoulder, rows + down, found.row),
        column=np.where(shoulder, columns + across, found.column),
    )
