"""From a raw list to a spectrum: experiment, axes wide enough, peaks drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.drawing import FWHM_C_PPM, FWHM_H_PPM, draw_peaks
from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers.options import (
    DEFAULT_F1_WINDOW,
    DEFAULT_F2_WINDOW,
    ReadOptions,
    against_the_file,
    experiment_from_name,
)
from nmrcam_qt.core.readers.peaklists.order import decide, possible
from nmrcam_qt.core.readers.peaklists.raw import Floats, RawPeaks
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum

F2_STEP, F1_STEP = 10 / 600, 200 / 410
"""Cell sizes in ppm; twice as fine as the networks of the study."""
_WIDEN_F2, _WIDEN_F1 = 0.5, 20.0
"""The window grows by these many ppm, a whole number of cells each."""


def build_spectrum(
    path: Path, lists: Sequence[RawPeaks], options: ReadOptions, sha256: str
) -> Spectrum:
    """Make the spectrum of a file's peak list.

    Parameters
    ----------
    path : Path
        The file.
    lists : sequence of RawPeaks
        What it holds, at least one; options, then the file's name, choose.
    options : ReadOptions
        The user's answers. Windows are for pictures and not used: a list has ppm.
    sha256 : str
        Digest of the file.

    Raises
    ------
    AmbiguousError
        If it holds several lists, or the column order cannot be found out.
    ReadError
        If the shifts are no ¹H and ¹³C shifts.
    """
    by_name, assumed_name = experiment_from_name(path)
    raw = _choose(path, lists, options, by_name if not assumed_name else None)
    order = decide(path, raw, options.columns)
    h, c = (0, 1) if order.h_first else (1, 0)
    peaks = PeakList(raw.shifts[:, h], raw.shifts[:, c], raw.intensity, raw.annotation)
    f1, f2, widened = _axes(peaks.h_ppm, peaks.c_ppm)
    notes = [*raw.notes, *order.notes, *widened]
    assumed = [*order.assumed, *against_the_file(options.experiment, path, raw.experiment)]
    experiment = options.experiment or raw.experiment or by_name
    if options.experiment is None and raw.experiment is None and assumed_name:
        assumed.append(assumed_name)
    if raw.experiment is not None and experiment is not raw.experiment:
        notes.append(f"the file says {raw.experiment.label}")
    elif raw.experiment is not None and by_name not in (None, raw.experiment):
        notes.append(f"the file's data say {raw.experiment.label}, its name says otherwise")
    if len(lists) > 1:
        notes.append(f"one of {len(lists)} lists in the file: {raw.title!r}")
    notes.append(f"peaks drawn as Gaussians of {FWHM_H_PPM:g} × {FWHM_C_PPM:g} ppm (¹H × ¹³C)")
    return Spectrum(
        name=path.stem,
        intensity=draw_peaks(peaks, f1, f2),
        f1=f1,
        f2=f2,
        experiment=experiment,
        provenance=Provenance(
            path=str(path),
            kind=SourceKind.PEAK_LIST,
            format=raw.format,
            sha256=sha256,
            assumed=tuple(assumed),
            notes=tuple(notes),
            axes_assumed=False,
        ),
        peaks=peaks,
    )


def _choose(
    path: Path, lists: Sequence[RawPeaks], options: ReadOptions, by_name: Experiment | None
) -> RawPeaks:
    """The list that is meant, where the file holds several."""
    if len(lists) > 1:
        lists = [raw for raw in lists if possible(raw)] or lists
    titles = [raw.title for raw in lists]
    if options.part is not None and len(lists) > 1:
        if options.part not in titles:
            raise ReadError(path, f"no list {options.part!r}", f"one of {', '.join(titles)}")
        return lists[titles.index(options.part)]
    wanted = options.experiment or by_name
    if len(lists) > 1 and wanted is not None:
        lists = [raw for raw in lists if raw.experiment is wanted] or lists
    if len(lists) == 1:
        return lists[0]
    experiments = [raw.experiment for raw in lists]
    if None not in experiments and len(set(experiments)) == len(lists):
        choices = [e.value for e in experiments if e is not None]
        raise AmbiguousError(
            path, "the file holds several peak lists; which is meant?", choices, "experiment"
        )
    titles = [raw.title for raw in lists]
    if len(set(titles)) < len(titles):
        raise ReadError(path, f"{len(lists)} peak lists of the same name", "one list, or names")
    raise AmbiguousError(path, "the file holds several peak lists; which is meant?", titles, "part")


def _axes(h: Floats, c: Floats) -> tuple[Axis, Axis, list[str]]:
    """Default axes, widened in whole cells to hold every peak and its flanks."""
    right, left = _window(h, sorted(DEFAULT_F2_WINDOW), 2 * FWHM_H_PPM, _WIDEN_F2)
    top, bottom = _window(c, sorted(DEFAULT_F1_WINDOW), 2 * FWHM_C_PPM, _WIDEN_F1)
    f1 = Axis.from_edges("13C", top, bottom, round((bottom - top) / F1_STEP))
    f2 = Axis.from_edges("1H", left, right, round((left - right) / F2_STEP))
    if (left, right) == DEFAULT_F2_WINDOW and (top, bottom) == DEFAULT_F1_WINDOW:
        return f1, f2, []
    said = f"window widened to {left:g} to {right:g} / {top:g} to {bottom:g} ppm for all peaks"
    return f1, f2, [said]


def _window(
    ppm: Floats, default: Sequence[float], margin: float, unit: float
) -> tuple[float, float]:
    """Lower and upper edge; only a side that peaks lie beyond is moved."""
    low, high = default
    if float(ppm.min()) < low:
        low = math.floor((float(ppm.min()) - margin) / unit) * unit
    if float(ppm.max()) > high:
        high = math.ceil((float(ppm.max()) + margin) / unit) * unit
    return low, high
