"""Acquisition, masks, referencing and picked peaks as values of a row; every number checked."""

from __future__ import annotations

import io
import math
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import MAX_PEAKS, Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.reference import AS_FILED, Affine, Reference
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.session.extent import MAX_PPM, check_extent
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.project.values import MAX_ID, inflate, shortened, strings
from nmrcam_qt.session.signal_changes import LEAST_BASE, MAX_MASKS, MOST_BASE

MAX_MHZ = 1e5
MAX_WORD_BYTES = 17 << 20
"""The header of a frame, where the labels of peaks are."""
_KINDS = (PeakKind.SIGNAL, PeakKind.ONE_BOND, PeakKind.SOLVENT, PeakKind.DOUBTFUL)
"""Their place is their number in the file: only ever appended to."""
_BY_HAND = 128
_NUMBERS = ("id", "h_ppm", "c_ppm", "height", "h_width_ppm", "c_width_ppm", "volume", "snr")
_LEVEL = 6


@dataclass(frozen=True, slots=True)
class SignalForm:
    """What a form says beside axes and kind of file."""

    acquisition: Acquisition | None = None
    reference: Reference = AS_FILED
    masks: tuple[Mask, ...] = ()


def signal_in(packed: PackedSpectrum) -> dict[str, Any]:
    """Keys for the JSON of a form; none for a spectrum that has nothing of it."""
    said: dict[str, Any] = {}
    if packed.acquisition is not None:
        said["acquisition"] = _acquisition_in(packed.acquisition)
    if not packed.reference.identity:
        h, c = packed.reference.h, packed.reference.c
        said["reference"] = [float(v) for v in (h.scale, h.offset, c.scale, c.offset)]
    if packed.masks:
        said["masks"] = [
            [mask.name, *map(float, (*mask.h_ppm, *mask.c_ppm)), bool(mask.excluded)]
            for mask in packed.masks
        ]
    return said


def signal_out(data: Any) -> SignalForm:
    """Of the JSON of a form; files of version 1 have none of these keys.

    Raises
    ------
    ValueError, TypeError
        If a value is not what it must be.
    """
    acquisition, reference = data.get("acquisition"), data.get("reference")
    masks = data.get("masks", [])
    if not isinstance(masks, list) or len(masks) > MAX_MASKS:
        raise ValueError("its masks are broken")
    return SignalForm(
        None if acquisition is None else _acquisition_out(acquisition),
        AS_FILED if reference is None else _reference_out(reference),
        tuple(_mask_out(mask) for mask in masks),
    )


def _acquisition_in(found: Acquisition) -> dict[str, Any]:
    return {
        "solvent": str(found.solvent),
        "h_mhz": None if found.h_mhz is None else float(found.h_mhz),
        "c_mhz": None if found.c_mhz is None else float(found.c_mhz),
        "pulse_program": str(found.pulse_program),
        "title": str(found.title),
        "edited": None if found.edited is None else bool(found.edited),
        "magnitude": None if found.magnitude is None else bool(found.magnitude),
    }


def _acquisition_out(data: Any) -> Acquisition:
    if not isinstance(data, dict):
        raise ValueError("its acquisition is broken")
    texts = [data.get(name, "") for name in ("solvent", "pulse_program", "title")]
    marks = [data.get(name) for name in ("edited", "magnitude")]
    if not all(isinstance(text, str) for text in texts):
        raise ValueError("a text of its acquisition is none")
    if not all(mark is None or isinstance(mark, bool) for mark in marks):
        raise ValueError("its acquisition is broken")
    solvent, program, title = (shortened(text) for text in texts)
    h_mhz, c_mhz = _mhz(data.get("h_mhz")), _mhz(data.get("c_mhz"))
    return Acquisition(solvent, h_mhz, c_mhz, program, title, *marks)


def _mhz(value: object) -> float | None:
    if value is None:
        return None
    if type(value) is float and 0 < value <= MAX_MHZ:
        return value
    raise ValueError("its frequency is no frequency")


def _reference_out(data: Any) -> Reference:
    numbers = [_finite(value) for value in data]
    if len(numbers) != 4:
        raise ValueError("its reference is broken")
    return Reference(Affine(numbers[0], numbers[1]), Affine(numbers[2], numbers[3]))


def _mask_out(data: Any) -> Mask:
    if not isinstance(data, list) or len(data) != 6:
        raise ValueError("a mask is broken")
    name, *edges, excluded = data
    if not isinstance(name, str) or not isinstance(excluded, bool):
        raise ValueError("a mask is broken")
    h_low, h_high, c_low, c_high = (_finite(edge) for edge in edges)
    check_extent(h_low, h_high)
    check_extent(c_low, c_high)
    return Mask(shortened(name), (h_low, h_high), (c_low, c_high), excluded)


def _finite(value: object) -> float:
    if type(value) is float and math.isfinite(value):
        return value
    raise ValueError("a number is none")


# Values of columns


def contour_out(value: object) -> float:
    """Height of the first contour.

    Raises
    ------
    ValueError
        If it is no number, or one that nobody can set.
    """
    if type(value) is float and LEAST_BASE <= value <= MOST_BASE:
        return value
    raise ValueError("the height of its contours is none")


def picked_count(value: object) -> int:
    """Number of picked peaks.

    Raises
    ------
    ValueError
        If it is none.
    """
    if type(value) is int and 0 <= value <= MAX_PEAKS:
        return value
    raise ValueError("its number of picked peaks is none")


# Picked peaks


def picked_in(picked: PickedPeaks) -> bytes:
    """Bytes of picked peaks for their column."""
    peaks = picked.peaks
    numbers = np.array(
        [[getattr(peak, name) for name in _NUMBERS] for peak in peaks], dtype=np.float64
    ).reshape(len(peaks), len(_NUMBERS))
    kinds = np.array(
        [_KINDS.index(peak.kind) | (_BY_HAND if peak.by_hand else 0) for peak in peaks],
        dtype=np.uint8,
    )
    said = [peak.label for peak in peaks] if any(peak.label for peak in peaks) else []
    header = {
        "noise": float(picked.noise),
        "base": float(picked.base),
        "next_id": int(picked.next_id),
        "labels": said,
    }
    return zlib.compress(encode(Frame(header, (numbers, kinds))), _LEVEL)


def picked_bytes(count: int) -> int:
    """Most bytes of so many picked peaks before they are compressed."""
    return count * (8 * len(_NUMBERS) + 1) + MAX_WORD_BYTES


def picked_of(blob: object, count: int) -> PickedPeaks:
    """Picked peaks of a row.

    Parameters
    ----------
    blob : bytes
        As `picked_in` made it.
    count : int
        Number of peaks that the spectrum's row declares.

    Raises
    ------
    ValueError
        If they are broken, or not what was declared.
    """
    try:
        frame = read_frame(io.BytesIO(inflate(blob, picked_bytes(count))))
        if frame is None:
            raise ValueError("they are missing")
        return _picked(frame, count)
    except (WireError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"they are broken ({error})") from None


def _picked(frame: Frame, count: int) -> PickedPeaks:
    numbers, kinds = frame.arrays
    if numbers.shape != (count, len(_NUMBERS)) or kinds.shape != (count,):
        raise ValueError("they are not as many as declared")
    if numbers.dtype != np.float64 or kinds.dtype != np.uint8:
        raise ValueError("their numbers are of another kind")
    _check_numbers(numbers)
    said = _labels(frame.header["labels"], count)
    codes = kinds & ~np.uint8(_BY_HAND)
    if codes.max(initial=0) >= len(_KINDS):
        raise ValueError("a peak is of an unknown kind")
    rows = zip(numbers.tolist(), codes.tolist(), (kinds & _BY_HAND).tolist(), said, strict=True)
    peaks = tuple(_peak(row, _KINDS[code], bool(hand), text) for row, code, hand, text in rows)
    next_id = frame.header["next_id"]
    if type(next_id) is not int or not 0 < next_id <= MAX_ID:
        raise ValueError("the number of the next peak is none")
    noise, base = _finite(frame.header["noise"]), _finite(frame.header["base"])
    return PickedPeaks(peaks, noise, base, next_id)


def _peak(row: list[float], kind: PeakKind, by_hand: bool, label: str) -> Peak:
    number, h_ppm, c_ppm, height, h_width, c_width, volume, snr = row
    return Peak(
        int(number), h_ppm, c_ppm, height, h_width, c_width, volume, snr, kind, by_hand, label
    )


def _check_numbers(numbers: Any) -> None:
    """Numbers of peaks, one row each.

    Raises
    ------
    ValueError
        If one is none, or a peak lies where no spectrum does.
    """
    if not np.isfinite(numbers).all():
        raise ValueError("a number of a peak is none")
    ids = numbers[:, 0]
    if ((ids < 1) | (ids >= MAX_ID) | (ids != np.floor(ids))).any():
        raise ValueError("the number of a peak is none")
    if np.abs(numbers[:, [1, 2, 4, 5]]).max(initial=0) > MAX_PPM:
        raise ValueError("a peak is too far from 0 ppm")
    if numbers[:, [4, 5, 7]].min(initial=0) < 0:
        raise ValueError("a width of a peak is negative")


def _labels(value: object, count: int) -> tuple[str, ...]:
    """One label for each peak; an empty list stands for none at all.

    Raises
    ------
    ValueError
        If they are no texts, or another number of them.
    """
    said = strings(value) or ("",) * count
    if len(said) != count:
        raise ValueError("their labels are not as many as they are")
    return tuple(label and shortened(label) for label in said)
