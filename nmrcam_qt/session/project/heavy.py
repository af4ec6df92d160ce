"""Payloads, thumbnails and maps as blobs; read back within what their row declares."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.spectrum import PeakList
from nmrcam_qt.core.strict_json import parse_json
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.wire_results import analyses_reply, read_analyses
from nmrcam_qt.session.block import LEVELS, Block
from nmrcam_qt.session.extent import MAX_PPM, check_extent
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.packing import THUMBNAIL_SIZE, Payload
from nmrcam_qt.session.project.light import Light
from nmrcam_qt.session.project.values import (
    MAX_LABEL,
    id_out,
    inflate,
    json_in,
    labels,
    shortened,
    strings,
    text_in,
    text_out,
)
from nmrcam_qt.session.records import ResultId
from nmrcam_qt.session.results import ResultRecord

PAYLOAD_COLUMNS = (
    "rows, columns, levels, display_rows, display_columns, display_levels, full, display, peaks"
)
RESULT_COLUMNS = "network, items, layer, network_sha256, basis, said, numbers, made, version"
MAX_WORD_BYTES = 17 << 20
"""The header of a frame, where the annotations of peaks are."""
MAX_MAP_BYTES = 1 << 30
MAX_FINDING_BYTES = 1 << 28
MAX_CLASSES = 1_000
_LEVEL = 1


# Payloads


def payload_values(payload: Payload) -> tuple[Any, ...]:
    """Values of `PAYLOAD_COLUMNS`."""
    display = payload.display
    return (
        *payload.full.shape,
        payload.full.levels,
        *((None, None) if display is None else display.shape),
        None if display is None else display.levels,
        payload.full.blob,
        None if display is None else display.blob,
        None if payload.peaks is None else _peaks_in(payload.peaks),
    )


def payload_of(row: Sequence[Any], light: Light) -> Payload:
    """The payload of a row; its arrays stay compressed.

    Raises
    ------
    ValueError
        If it is not what the spectrum's row declares.
    """
    full = _block(row[6], (row[0], row[1]), row[2])
    display = None if row[7] is None else _block(row[7], (row[3], row[4]), row[5])
    peaks = None if row[8] is None else _peaks_out(row[8], light.n_peaks or 0)
    if full.shape != light.shape or (display or full).shape != light.display_shape:
        raise ValueError("its points are not those of its axes")
    if (None if peaks is None else len(peaks)) != light.n_peaks:
        raise ValueError("its peaks are not those that were counted")
    return Payload(full, display, peaks)


def _block(blob: object, shape: tuple[object, object], levels: object) -> Block:
    rows, columns = shape
    if type(rows) is not int or type(columns) is not int or type(levels) is not int:
        raise ValueError("its shape is no shape")
    if levels not in LEVELS or not isinstance(blob, bytes):
        raise ValueError("its points are of an unknown kind")
    return Block(blob, (rows, columns), levels)


def _peaks_in(peaks: PeakList) -> bytes:
    said = list(peaks.annotation) if any(peaks.annotation) else []
    frame = Frame({"said": said}, (peaks.h_ppm, peaks.c_ppm, peaks.intensity))
    return zlib.compress(encode(frame), _LEVEL)


def peak_list_bytes(count: int) -> int:
    """Most bytes of a list of so many peaks before they are compressed."""
    return 24 * count + MAX_WORD_BYTES


def _peaks_out(blob: object, count: int) -> PeakList:
    try:
        frame = read_frame(io.BytesIO(inflate(blob, peak_list_bytes(count))))
        if frame is None:
            raise ValueError("its peaks are missing")
        h_ppm, c_ppm, intensity = frame.arrays
        if max(np.abs(h_ppm).max(initial=0), np.abs(c_ppm).max(initial=0)) > MAX_PPM:
            raise ValueError("its peaks are too far from 0 ppm")
        return PeakList(h_ppm, c_ppm, intensity, strings(frame.header["said"]))
    except (WireError, KeyError, TypeError) as error:
        raise ValueError(f"its peaks are broken ({error})") from None


def picture_in(thumbnail: bytes) -> bytes:
    """A thumbnail for its column: mostly paper, a tenth when compressed."""
    return zlib.compress(thumbnail, 6)


def picture_of(blob: object) -> bytes:
    """Bytes of a thumbnail.

    Raises
    ------
    ValueError
        If it is broken.
    """
    size = THUMBNAIL_SIZE[0] * THUMBNAIL_SIZE[1]
    raw = inflate(blob, size)
    if len(raw) != size:
        raise ValueError("its thumbnail has another size")
    return raw


# Results


def digest_of(result_id: ResultId) -> str:
    """One text per `ResultId`, the unique key of its row."""
    key = result_id.key
    said = [key.network, list(key.items), key.layer, result_id.network_sha256]
    return hashlib.sha256(json_in([*said, list(result_id.basis)]).encode()).hexdigest()


def result_values(record: ResultRecord, said: int) -> tuple[Any, ...]:
    """Values of `RESULT_COLUMNS`; `said` is the id of its `said_text`."""
    key, prediction = record.id.key, record.prediction
    return (
        text_in(key.network),
        json_in(list(key.items)),
        None if key.layer is None else text_in(key.layer),
        text_in(record.id.network_sha256),
        json_in(list(record.id.basis)),
        said,
        np.concatenate([prediction.logits, prediction.scores]).astype("<f8").tobytes(),
        text_in(record.made),
        text_in(record.version),
    )


def said_text(prediction: Prediction) -> str:
    """What a prediction shares with many others, as JSON."""
    return json_in(
        {
            "network": prediction.network,
            "network_sha256": prediction.network_sha256,
            "classes": list(prediction.classes),
            "present": list(prediction.present),
            "warnings": list(prediction.warnings),
            "worth": prediction.worth,
        }
    )


def result_id(row: Sequence[Any]) -> ResultId:
    """What the result of a row was made of.

    Raises
    ------
    ValueError
        If a value is not what it must be.
    """
    items = parse_json(text_out(row[1]))
    if not isinstance(items, list) or not items:
        raise ValueError("a result without spectra")
    layer = None if row[2] is None else text_out(row[2])
    key = AnalysisKey(text_out(row[0]), tuple(id_out(item) for item in items), layer)
    basis = strings(parse_json(text_out(row[4])))
    return ResultId(key, text_out(row[3]), basis)


@dataclass(frozen=True, slots=True)
class Said:
    """What many predictions share; parsed once for all of them."""

    network: str
    network_sha256: str
    classes: tuple[str, ...]
    present: tuple[str, ...]
    warnings: tuple[str, ...]
    worth: str


def said_of(text: str) -> Said:
    """Parse and check what many predictions share.

    Raises
    ------
    ValueError
        If it is broken.
    """
    data = parse_json(text)
    try:
        network, sha256 = data["network"], data["network_sha256"]
        classes, present = strings(data["classes"]), strings(data["present"])
        warnings, worth = labels(data["warnings"]), data["worth"]
    except (KeyError, TypeError):
        raise ValueError("its scores are broken") from None
    if not all(isinstance(text, str) for text in (network, sha256, worth)):
        raise ValueError("its network has no name")
    if not 0 < len(classes) <= MAX_CLASSES or not set(present) <= set(classes):
        raise ValueError("its classes are broken")
    if max(map(len, (network, sha256, *classes))) > MAX_LABEL:
        raise ValueError("its network or a class has too long a name")
    return Said(network, sha256, classes, present, warnings, shortened(worth))


def prediction_of(said: Said, numbers: object) -> Prediction:
    """The prediction of a row.

    Raises
    ------
    ValueError
        If its numbers are none.
    """
    count = len(said.classes)
    if not isinstance(numbers, bytes) or len(numbers) != 16 * count:
        raise ValueError("its scores are broken")
    values = np.frombuffer(numbers, dtype="<f8")
    if not np.isfinite(values).all():
        raise ValueError("its scores are no numbers")
    return Prediction(
        said.network,
        said.network_sha256,
        said.classes,
        values[:count],
        values[count:],
        said.present,
        said.warnings,
        said.worth,
    )


# Maps


def maps_in(analysis: Analysis) -> tuple[int, bytes]:
    """Bytes before and after compression."""
    return frame_in(analyses_reply([analysis]))


def frame_in(frame: Frame) -> tuple[int, bytes]:
    """Size of a frame, and its compressed bytes."""
    raw = encode(frame)
    return len(raw), zlib.compress(raw, _LEVEL)


def finding_of(size: object, blob: object) -> Frame:
    """The frame of a finding.

    Raises
    ------
    ValueError
        If it is broken.
    """
    if type(size) is not int or not 0 < size <= MAX_FINDING_BYTES:
        raise ValueError("it has no size")
    try:
        frame = read_frame(io.BytesIO(inflate(blob, size)))
    except WireError as error:
        raise ValueError(str(error)) from None
    if frame is None:
        raise ValueError("it is empty")
    return frame


def analysis_of(size: object, blob: object, prediction: Prediction) -> Analysis:
    """The analysis of a row, with the scores that the session already knows.

    Raises
    ------
    ValueError
        If it is broken or does not belong to these scores.
    """
    if type(size) is not int or not 0 < size <= MAX_MAP_BYTES:
        raise ValueError("its maps have no size")
    try:
        frame = read_frame(io.BytesIO(inflate(blob, size)))
        found = [] if frame is None else read_analyses(frame)
    except (WireError, AttributeError, OverflowError) as error:
        raise ValueError(f"its maps are broken ({error})") from None
    if len(found) != 1 or found[0].prediction.classes != prediction.classes:
        raise ValueError("its maps do not belong to its scores")
    for explanation in found[0].explanations:
        _check_map(explanation, prediction)
    return replace(found[0], prediction=prediction)


def _check_map(e: Explanation, prediction: Prediction) -> None:
    texts = (e.input_name, e.class_id, e.method, e.layer, e.network, e.network_sha256)
    if not all(isinstance(text, str) for text in texts) or e.class_id not in prediction.classes:
        raise ValueError("a map is of an unknown class")
    if (e.f1.nucleus, e.f2.nucleus) != ("13C", "1H"):
        raise ValueError("a map has no ppm axes")
    for axis in (e.f1, e.f2):
        if type(axis.size) is not int:
            raise ValueError("a map has no ppm axes")
        check_extent(axis.first_ppm, axis.last_ppm, axis.size)
