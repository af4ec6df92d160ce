"""Prepared inputs and analyses as frames (see `nmrcam_qt.core.wire`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import CardError, MethodError, NetworkError, NmrCamError
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.wire import Array, Frame, WireError


def analyse_request(
    network: str,
    prepared: Sequence[Prepared],
    methods: Sequence[str],
    classes: Sequence[str] | None,
    layer: str | None,
) -> Frame:
    """Frame that asks the inference process for analyses.

    Parameters
    ----------
    network : str
        Network id.
    prepared : sequence of Prepared
        One per spectrum or pair.
    methods : sequence of str
        Ids of explanation methods; may be empty.
    classes : sequence of str or None
        Class ids; None for all.
    layer : str or None
        None for the card's default.
    """
    header = {
        "op": "analyse",
        "network": network,
        "methods": list(methods),
        "classes": None if classes is None else list(classes),
        "layer": layer,
        "prepared": [[len(p.examples), list(p.warnings), p.fits] for p in prepared],
    }
    return Frame(header, tuple(example for p in prepared for example in p.examples))


def read_prepared(frame: Frame) -> list[Prepared]:
    """Prepared inputs of an analyse request.

    Raises
    ------
    WireError
        If header and arrays do not match.
    """
    arrays = iter(frame.arrays)
    try:
        made = [
            Prepared(
                tuple(next(arrays) for _ in range(int(n))), tuple(str(w) for w in said), bool(fits)
            )
            for n, said, fits in frame.header["prepared"]
        ]
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise WireError(f"a broken request ({error})") from None
    if next(arrays, None) is not None:
        raise WireError("a request holds more arrays than it names")
    return made


def analyses_reply(analyses: Sequence[Analysis]) -> Frame:
    """Frame that carries analyses back."""
    arrays: list[Array] = []
    described = [_describe(analysis, arrays) for analysis in analyses]
    return Frame({"analyses": described}, tuple(arrays))


def read_analyses(frame: Frame) -> list[Analysis]:
    """Analyses of a reply.

    Raises
    ------
    WireError
        If header and arrays do not match.
    """
    arrays = iter(frame.arrays)
    try:
        return [_analysis(entry, arrays) for entry in frame.header["analyses"]]
    except (KeyError, TypeError, ValueError, StopIteration, RuntimeError) as error:
        raise WireError(f"a broken reply ({error})") from None


def failure(reply: Frame) -> tuple[type[NmrCamError] | None, str] | None:
    """What a reply says went wrong.

    Returns
    -------
    tuple of (type or None, str), or None
        The known error, None for a bug, and its sentence, which may be empty; None where all
        went well.
    """
    if reply.header.get("ok") is True:
        return None
    error = reply.header.get("error")
    said: dict[str, Any] = error if isinstance(error, dict) else {}
    known = {kind.__name__: kind for kind in (NetworkError, MethodError, CardError)}
    return known.get(str(said.get("type"))), str(said.get("message", ""))


def _describe(analysis: Analysis, arrays: list[Array]) -> dict[str, Any]:
    p = analysis.prediction
    arrays += [p.logits, p.scores]
    arrays += [e.evidence for e in analysis.explanations]
    return {
        "prediction": {
            "network": p.network,
            "network_sha256": p.network_sha256,
            "classes": list(p.classes),
            "present": list(p.present),
            "warnings": list(p.warnings),
            "worth": p.worth,
        },
        "explanations": [_describe_map(e) for e in analysis.explanations],
        "unavailable": [list(pair) for pair in analysis.unavailable],
    }


def _describe_map(e: Explanation) -> dict[str, Any]:
    return {
        "f1": [e.f1.nucleus, e.f1.first_ppm, e.f1.last_ppm, e.f1.size],
        "f2": [e.f2.nucleus, e.f2.first_ppm, e.f2.last_ppm, e.f2.size],
        "input_name": e.input_name,
        "class_id": e.class_id,
        "method": e.method,
        "layer": e.layer,
        "network": e.network,
        "network_sha256": e.network_sha256,
    }


def _analysis(entry: dict[str, Any], arrays: Iterator[Array]) -> Analysis:
    said = entry["prediction"]
    prediction = Prediction(
        network=said["network"],
        network_sha256=said["network_sha256"],
        classes=tuple(said["classes"]),
        logits=next(arrays),
        scores=next(arrays),
        present=tuple(said["present"]),
        warnings=tuple(said["warnings"]),
        worth=str(said["worth"]),
    )
    explanations = tuple(
        Explanation(
            **{**described, "f1": Axis(*described["f1"]), "f2": Axis(*described["f2"])},
            evidence=next(arrays),
        )
        for described in entry["explanations"]
    )
    unavailable = tuple((str(m), str(reason)) for m, reason in entry["unavailable"])
    return Analysis(prediction, explanations, unavailable)
