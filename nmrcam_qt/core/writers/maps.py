"""Explanations as arrays (``.npz``) for scripts."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.methods import unit_of
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.writers.files import write_aside


def map_arrays(explanation: Explanation) -> dict[str, NDArray[np.generic]]:
    """The arrays of one explanation by the names they have in the file.

    Returns
    -------
    dict
        ``heat``, ``evidence`` float32 ``(n_f1, n_f2)`` in units of ``unit`` (0-d text);
        ``f1_ppm`` float64 ``(n_f1,)`` and ``f2_ppm`` float64 ``(n_f2,)``, the ppm of
        every cell's centre; ``network``, ``layer``, ``class``, ``method``, ``input`` and
        ``sha256`` (of the weights) as 0-d text arrays; ``empty`` as a 0-d bool.
    """
    return {
        "heat": explanation.heat,
        "evidence": explanation.evidence,
        "f1_ppm": explanation.f1.centres,
        "f2_ppm": explanation.f2.centres,
        "network": np.array(explanation.network),
        "layer": np.array(explanation.layer),
        "class": np.array(explanation.class_id),
        "method": np.array(explanation.method),
        "input": np.array(explanation.input_name),
        "sha256": np.array(explanation.network_sha256),
        "empty": np.array(explanation.empty),
        "unit": np.array(unit_of(explanation.method)),
    }


def write_map(path: Path, explanation: Explanation) -> None:
    """Write one explanation as ``.npz`` without pickles; the same map gives the same bytes.

    Parameters
    ----------
    path : Path
        File to make or replace.
    explanation : Explanation
        The map.

    Raises
    ------
    WriteError
        If it cannot be written.
    """
    with write_aside(path) as stream:
        stream.write(npz_bytes(map_arrays(explanation)))


def npz_bytes(arrays: Mapping[str, NDArray[np.generic]]) -> bytes:
    """Like `numpy.savez_compressed`, with fixed dates so that the bytes are stable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return buffer.getvalue()
