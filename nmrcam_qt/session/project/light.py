"""Rows of spectra and samples to records and back. Light: nothing here touches a blob."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.session.extent import check_extent
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.packing import DISPLAY_POINTS, Filed, PackedSpectrum, Payload, filed_of
from nmrcam_qt.session.project.signals import (
    SignalForm,
    contour_out,
    picked_count,
    signal_in,
    signal_out,
)
from nmrcam_qt.session.project.values import (
    MAX_NOTE,
    MAX_PATH,
    id_out,
    json_in,
    label_out,
    labels,
    shortened,
    text_in,
    text_out,
)
from nmrcam_qt.session.records import Flag, SampleRecord, SpectrumRecord
from nmrcam_qt.session.referencing import shown_on

MAX_POINTS = 1 << 27
"""Points of a spectrum; readers make none that is larger."""
MAX_POSITION = 1 << 62

SPECTRUM_COLUMNS = (
    "id, position, sample, title, tags, note, flag, embedded, payload, name, path, sha256, "
    "peaks, form, picked, n_picked, contour"
)
FLAGS = {flag.value: flag for flag in Flag}
Handles = Callable[["Light"], tuple[Handle[Payload], Handle[bytes]]]
Picks = Callable[[int, int, str], Handle[PickedPeaks]]
"""From the id and number of picked peaks, and the name of the spectrum."""


@dataclass(frozen=True, slots=True)
class Form:
    """What many spectra of a project share; parsed once for all of them.

    Parameters
    ----------
    shown : Filed
        Axes, and a provenance without path and digest, on the user's ppm.
    filed : Filed or None
        The same as the file has it; None where nothing was referenced.
    experiment : Experiment or None
        HSQC or HMBC.
    options : ReadOptions
        How the files were read.
    signal : SignalForm
        Acquisition, reference, masks.
    """

    shown: Filed
    filed: Filed | None
    experiment: Experiment | None
    options: ReadOptions
    signal: SignalForm


@dataclass(frozen=True, slots=True)
class Light:
    """What is needed to load the heavy part of a spectrum and to check it."""

    payload: int
    name: str
    path: str
    sha256: str
    embedded: bool
    n_peaks: int | None
    shape: tuple[int, int]
    display_shape: tuple[int, int]
    options: ReadOptions


def light_of(record: SpectrumRecord, payload: int) -> Light:
    """The same of a record in memory."""
    packed = record.packed
    f1, f2 = packed.display_axes
    return Light(
        payload,
        packed.name,
        packed.provenance.path,
        packed.provenance.sha256,
        record.embedded,
        packed.n_peaks,
        (packed.f1.size, packed.f2.size),
        (f1.size, f2.size),
        record.options,
    )


def spectrum_values(
    record: SpectrumRecord, payload: int, form: int, picked: int | None
) -> tuple[Any, ...]:
    """Values of `SPECTRUM_COLUMNS`; `form` and `picked` are ids of its text and its peaks."""
    packed = record.packed
    source = packed.provenance
    return (
        int(record.id),
        int(record.position),
        record.sample,
        text_in(record.title),
        json_in(list(record.tags)),
        text_in(record.note),
        record.flag.value,
        int(record.embedded),
        payload,
        text_in(packed.name),
        text_in(source.path),
        text_in(source.sha256),
        None if packed.n_peaks is None else int(packed.n_peaks),
        form,
        picked,
        0 if picked is None else int(record.n_picked),
        float(record.contour_base),
    )


def form_text(record: SpectrumRecord) -> str:
    """What the record shares with many others, as JSON; axes and clauses as the file has them."""
    packed = record.packed
    filed = filed_of(packed)
    source = filed.provenance
    display_f1, display_f2 = filed.display_axes
    return json_in(
        {
            "f1": _axis_in(filed.f1),
            "f2": _axis_in(filed.f2),
            "display": [_axis_in(display_f1), _axis_in(display_f2)],
            "experiment": packed.experiment,
            "kind": source.kind,
            "format": source.format,
            "assumed": list(source.assumed),
            "notes": list(source.notes),
            "axes_assumed": bool(source.axes_assumed),
            "options": _options_in(record.options),
            **signal_in(packed),
        }
    )


def _axis_in(axis: Axis) -> list[float | int]:
    return [float(axis.first_ppm), float(axis.last_ppm), int(axis.size)]


def _options_in(options: ReadOptions) -> dict[str, Any]:
    return {
        "experiment": options.experiment,
        "f2_window": options.f2_window,
        "f1_window": options.f1_window,
        "columns": options.columns,
        "part": options.part,
    }


def spectrum_record(
    row: Sequence[Any], form: Form, handles: Handles, picks: Picks
) -> SpectrumRecord:
    """The record of a row.

    Parameters
    ----------
    row : tuple
        Values of `SPECTRUM_COLUMNS`.
    form : Form
        Of the text that the row names.
    handles : callable
        Makes the ways to load payload and picture.
    picks : callable
        Makes the way to load picked peaks.

    Raises
    ------
    ValueError
        If a value is not what it must be; a clause says which.
    """
    light = Light(
        id_out(row[8]),
        label_out(row[9]),
        label_out(row[10], MAX_PATH),
        label_out(row[11]),
        bool(row[7]),
        _count(row[12]),
        (form.shown.f1.size, form.shown.f2.size),
        (form.shown.display_axes[0].size, form.shown.display_axes[1].size),
        form.options,
    )
    flag = FLAGS.get(row[6])
    if flag is None:
        raise ValueError("its flag is none")
    packed = _packed(light, form, handles)
    # Most spectra have neither: of ten thousand of them every call counts.
    n_picked = 0 if row[15] == 0 else picked_count(row[15])
    return SpectrumRecord(
        id_out(row[0]),
        _position(row[1]),
        packed,
        label_out(row[3]),
        None if row[2] is None else id_out(row[2]),
        tags_out(text_out(row[4])),
        label_out(row[5], MAX_NOTE),
        flag,
        light.embedded,
        form.options,
        None if row[14] is None else picks(id_out(row[14]), n_picked, light.name),
        1.0 if row[16] == 1.0 else contour_out(row[16]),
        n_picked,
    )


def _packed(light: Light, form: Form, handles: Handles) -> PackedSpectrum:
    payload, picture = handles(light)
    shown, filed, signal = form.shown, form.filed, form.signal
    return PackedSpectrum(
        light.name,
        shown.f1,
        shown.f2,
        form.experiment,
        provenance_of(shown.provenance, light.path, light.sha256),
        payload,
        picture,
        light.n_peaks,
        shown.display_axes,
        signal.acquisition,
        signal.reference,
        signal.masks,
        None
        if filed is None
        else Filed(
            filed.f1,
            filed.f2,
            filed.display_axes,
            provenance_of(filed.provenance, light.path, light.sha256),
        ),
    )


def row_provenance(row: Sequence[Any], form: Form) -> Provenance:
    """Where the spectrum of a row of `SPECTRUM_COLUMNS` came from."""
    return provenance_of(form.shown.provenance, label_out(row[10], MAX_PATH), label_out(row[11]))


def row_name(row: Sequence[Any]) -> str:
    """Name of the spectrum of a row, as `SpectrumRecord.name` would have it."""
    return label_out(row[3]) or label_out(row[9])


def provenance_of(shared: Provenance, path: str, sha256: str) -> Provenance:
    """What many spectra share, with what is of one file only."""
    return Provenance(
        path,
        shared.kind,
        shared.format,
        sha256,
        shared.assumed,
        shared.notes,
        shared.axes_assumed,
    )


def sample_record(row: Sequence[Any]) -> SampleRecord:
    """The record of a row ``(id, name)``.

    Raises
    ------
    ValueError
        If a value is not what it must be.
    """
    return SampleRecord(id_out(row[0]), label_out(row[1]))


def _count(value: object) -> int | None:
    if value is None or (type(value) is int and 0 <= value < MAX_POINTS):
        return value
    raise ValueError("its number of peaks is no number")


def _position(value: object) -> int:
    if type(value) is int and abs(value) < MAX_POSITION:
        return value
    raise ValueError("its position is no number")


@functools.lru_cache(maxsize=256)
def tags_out(text: str) -> tuple[str, ...]:
    """Tags of a row.

    Raises
    ------
    ValueError
        If the text is no list of texts in JSON.
    """
    return tuple(sorted(set(labels(parse_json(text)))))


def form_of(text: str) -> Form:
    """Parse and check what many rows share.

    Raises
    ------
    ValueError
        If it is broken.
    """
    try:
        data = parse_json(text)
        f1, f2 = _axis_out("13C", data["f1"]), _axis_out("1H", data["f2"])
        display = (_axis_out("13C", data["display"][0]), _axis_out("1H", data["display"][1]))
        if f1.size * f2.size > MAX_POINTS or display[0].size * display[1].size > DISPLAY_POINTS:
            raise ValueError("it has more points than a spectrum may have")
        shared = Provenance(
            "",
            SourceKind(data["kind"]),
            shortened(_string(data["format"])),
            assumed=labels(data["assumed"]),
            notes=labels(data["notes"]),
            axes_assumed=bool(data["axes_assumed"]),
        )
        filed, signal = Filed(f1, f2, display, shared), signal_out(data)
        referenced = not signal.reference.identity
        return Form(
            shown=shown_on(filed, signal.reference) if referenced else filed,
            filed=filed if referenced else None,
            experiment=_experiment(data["experiment"]),
            options=_options_out(data["options"]),
            signal=signal,
        )
    except (KeyError, TypeError, IndexError, OverflowError) as error:
        raise ValueError(f"its description is broken ({error!r})") from None


def _axis_out(nucleus: str, value: Any) -> Axis:
    first, last, size = value
    if type(first) is not float or type(last) is not float or type(size) is not int:
        raise ValueError("an axis is no axis")
    axis = Axis(nucleus, first, last, size)
    check_extent(first, last, size)
    return axis


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a text is none")
    return value


def _experiment(value: object) -> Experiment | None:
    return None if value is None else Experiment(_string(value))


def _options_out(data: Any) -> ReadOptions:
    return ReadOptions(
        experiment=_experiment(data["experiment"]),
        f2_window=_window(data["f2_window"]),
        f1_window=_window(data["f1_window"]),
        columns=None if data["columns"] is None else _string(data["columns"]),
        part=None if data["part"] is None else _string(data["part"]),
    )


def _window(value: Any) -> tuple[float, float] | None:
    if value is None:
        return None
    first, last = value
    if not all(isinstance(v, int | float) and math.isfinite(v) for v in (first, last)):
        raise ValueError("a window is no window")
    check_extent(first, last)
    return first, last
