"""Contributions of peaks and the stability of maps as frames, for the project file.

Arrays are float32 where that loses nothing that is shown; drops, rests and logits are float64 where
float32 would change them, so that ranks and files stay what they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.contributions import (
    Contributions,
    InputContributions,
    MapStability,
    PeakIntervals,
    PeakPlaces,
)
from nmrcam_qt.core.picked import MAX_PEAKS
from nmrcam_qt.core.wire import Array, Frame, WireError

MAX_CLASSES = 1_000
MAX_NAME = 1_000
_BROKEN = (KeyError, TypeError, ValueError, StopIteration, RuntimeError, OverflowError, IndexError)


def contributions_frame(found: Contributions) -> Frame:
    """Frame that holds contributions, with intervals where there are any."""
    arrays: list[Array] = [_exact(found.logits), _exact(found.empty_logits)]
    inputs = []
    for number, own in enumerate(found.inputs):
        arrays += [own.places.h_ppm, own.places.c_ppm, _exact(own.drop), _exact(own.rest)]
        arrays += [_small(share) for share in own.heat.values()]
        if found.intervals:
            around = found.intervals[number]
            arrays += [_exact(around.drop_low), _exact(around.drop_high)]
            arrays += [_exact(around.rank_low), _exact(around.rank_high)]
        inputs.append(
            {
                "name": own.input_name,
                "ids": own.places.ids.tolist(),
                "cells": own.cells.tolist(),
                "heat": list(own.heat),
            }
        )
    header = {
        "network": found.network,
        "network_sha256": found.network_sha256,
        "classes": list(found.classes),
        "repeats": found.repeats,
        "intervals": bool(found.intervals),
        "inputs": inputs,
    }
    return Frame(header, tuple(arrays))


def read_contributions(frame: Frame) -> Contributions:
    """Contributions of a frame.

    Raises
    ------
    WireError
        If it is broken: a file of a stranger.
    """
    header, arrays = frame.header, iter(frame.arrays)
    try:
        classes = _names(header["classes"])
        logits, empty = next(arrays), next(arrays)
        inputs, intervals = [], []
        for said in _few(header["inputs"]):
            inputs.append(_input(said, arrays))
            if header["intervals"] is True:
                four = [next(arrays) for _ in range(4)]
                _check_intervals(four, inputs[-1].drop)
                intervals.append(PeakIntervals(inputs[-1].input_name, *four))
        if next(arrays, None) is not None:
            raise WireError("contributions with more arrays than they name")
        return Contributions(
            _name(header["network"]),
            _name(header["network_sha256"]),
            classes,
            logits,
            empty,
            tuple(inputs),
            tuple(intervals),
            _count(header["repeats"]),
        )
    except _BROKEN as error:
        raise WireError(f"broken contributions ({error})") from None


def _input(said: Any, arrays: Iterator[Array]) -> InputContributions:
    ids, cells = said["ids"], said["cells"]
    if len(ids) > MAX_PEAKS or not all(type(n) is int for n in (*ids, *cells)):
        raise ValueError("peaks without numbers")
    if any(n < 0 for n in cells):
        raise ValueError("a peak of less than no ink")
    h_ppm, c_ppm, drop, rest = (next(arrays) for _ in range(4))
    methods = _names(said["heat"])
    places = PeakPlaces(np.array(ids, np.int64), h_ppm, c_ppm)
    heat = {method: next(arrays) for method in methods}
    return InputContributions(
        _name(said["name"]), places, drop, np.array(cells, np.int64), rest, heat
    )


def stability_frame(found: MapStability) -> Frame:
    """Frame that holds how far one map moves."""
    axes = [[float(a.first_ppm), float(a.last_ppm), int(a.size)] for a in (found.f1, found.f2)]
    header = {
        "map": [found.input_name, found.class_id, found.method, found.layer],
        "axes": axes,
        "agreement": float(found.agreement),
        "repeats": found.repeats,
    }
    return Frame(header, (found.mean, found.low))


def read_stability(frame: Frame) -> MapStability:
    """How far a map moves, of a frame.

    Raises
    ------
    WireError
        If it is broken.
    """
    header = frame.header
    try:
        where, (f1, f2) = _names(header["map"]), header["axes"]
        mean, low = frame.arrays
        agreement = header["agreement"]
        if type(agreement) is not float or len(where) != 4:
            raise ValueError("a map without a name")
        return MapStability(
            *where,
            f1=_axis("13C", f1),
            f2=_axis("1H", f2),
            mean=mean,
            low=low,
            agreement=agreement,
            repeats=_count(header["repeats"]),
        )
    except _BROKEN as error:
        raise WireError(f"a broken map ({error})") from None


def _exact(values: NDArray[Any]) -> Array:
    """Float32 where that is the same."""
    small = _small(values)
    return small if bool((small == values).all()) else np.asarray(values, np.float64)


def _small(values: NDArray[Any]) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float32)


def _check_intervals(arrays: list[Array], like: NDArray[Any]) -> None:
    if any(array.shape != like.shape for array in arrays):
        raise ValueError("intervals of other peaks")
    if not all(((ranks >= 1) & (ranks <= 2 * MAX_PEAKS)).all() for ranks in arrays[2:]):
        raise ValueError("ranks of no peak")


def _axis(nucleus: str, said: Any) -> Axis:
    first, last, size = said
    if type(first) is not float or type(last) is not float or type(size) is not int:
        raise ValueError("an axis is no axis")
    return Axis(nucleus, first, last, size)


def _few(found: Any) -> list[Any]:
    if not isinstance(found, list) or not 0 < len(found) <= 2:
        raise ValueError("no inputs")
    return found


def _names(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or len(found) > MAX_CLASSES:
        raise ValueError("a list of names expected")
    return tuple(map(_name, found))


def _name(found: Any) -> str:
    if not isinstance(found, str) or len(found) > MAX_NAME or not found.isprintable():
        raise ValueError("a name expected")
    return found


def _count(found: Any) -> int:
    if type(found) is not int or not 0 <= found <= MAX_PEAKS:
        raise ValueError("a number expected")
    return found
