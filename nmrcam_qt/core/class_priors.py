"""Where the signals of a class usually lie: the class priors that come with a network.

A map of a class is worth something where it says more than this average, which knows nothing of
the spectrum at hand (`nmrcam_qt.core.metrics.class_prior`). It is the mean ink of the class's
training compounds, so that a training compound's own signals are part of it: for those it is a
harder bar than it ought to be, never an easier one.

The file ``prior.npz`` beside the weights holds, for input number i, ``prior<i>`` float16
``(n_classes, rows, columns)``, mean ink 0..1 on a grid that parts the input's window evenly, rows =
F1; a class without training compounds is 0 everywhere. The card has its sha256
(``prior_sha256``) and says what it was made from (``prior_from``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import PRIOR_NAME, Card, InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.metrics.class_prior import METHOD
from nmrcam_qt.core.plain_npz import BROKEN, read_members
from nmrcam_qt.core.regular_file import read_regular
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.writers.maps import npz_bytes

CELL_PPM = (2.0, 0.1)
"""Cells of the grid: ¹³C and ¹H, at least. Twice those of the networks for mixtures."""
MAX_BYTES = 4 << 20
MAX_CELLS = 1 << 24
_LEVELS = 63
"""Steps of the root of mean ink between 0 and its highest value: the file is small."""


Priors = Mapping[tuple[str, str], Explanation]
"""Mean ink, 0..1, by name of the input and id of the class; only classes that have one."""


def prior_axes(spec: InputSpec) -> tuple[Axis, Axis]:
    """F1 and F2 axis of the grid of an input's priors: its window, in cells of `CELL_PPM`."""
    windows = (spec.f1_window_ppm, spec.f2_window_ppm)
    sizes = (spec.f1.size, spec.f2.size)
    rows, columns = (
        max(2, min(size, round(abs(last - first) / cell)))
        for (first, last), size, cell in zip(windows, sizes, CELL_PPM, strict=True)
    )
    f1 = Axis.from_edges("13C", *spec.f1_window_ppm, rows)
    return f1, Axis.from_edges("1H", *spec.f2_window_ppm, columns)


def coarsened(image: Image, rows: int, columns: int) -> Image:
    """The mean of an image over the cells of a coarser grid of the same window.

    Parameters
    ----------
    image : float32 ``(n_rows, n_columns)``
        On the finer grid.
    rows, columns : int
        Of the coarser one; cells of the finer one count by the share that they overlap.

    Returns
    -------
    float32 ``(rows, columns)``
    """
    down, across = _overlap(image.shape[0], rows), _overlap(image.shape[1], columns)
    return (down @ image.astype(np.float64) @ across.T).astype(np.float32)


def _overlap(fine: int, coarse: int) -> NDArray[np.float64]:
    """Share of every coarse cell that every fine one covers, ``(coarse, fine)``; rows sum to 1."""
    ends = np.arange(coarse + 1)[:, np.newaxis] * fine / coarse
    starts = np.arange(fine)[np.newaxis, :]
    covered = np.clip(ends - starts, 0, 1)
    return np.diff(covered, axis=0) * coarse / fine


def prior_bytes(card: Card, means: Sequence[Sequence[Image | None]]) -> bytes:
    """The file ``prior.npz``; the same priors give the same bytes.

    Parameters
    ----------
    card : Card
        Of the network.
    means : sequence of sequences of float32 ``(f1.size, f2.size)`` or None
        For each input and class the mean ink on the input's own grid, rows = F1; None for a
        class without training compounds.

    Raises
    ------
    ValueError
        If they are not those of the card's inputs and classes.
    """
    arrays: dict[str, NDArray[np.generic]] = {}
    for number, (spec, images) in enumerate(zip(card.inputs, means, strict=True)):
        if len(images) != len(card.classes):
            raise ValueError(f"{len(images)} priors; expected one for each class")
        sizes = [axis.size for axis in prior_axes(spec)]
        made = np.zeros((len(images), *sizes), np.float16)
        for row, image in enumerate(images):
            if image is not None:
                made[row] = _in_steps(coarsened(image, *sizes))
        arrays[f"prior{number}"] = made
    return npz_bytes(arrays)


def _in_steps(image: Image) -> Image:
    """Few different values, so that they can be packed well."""
    top = image.max(initial=0) or np.float32(1)
    steps: Image = np.rint(_LEVELS * np.sqrt(image / top)) / np.float32(_LEVELS)
    return steps**2 * top


def read_priors(folder: Path, card: Card) -> Priors:
    """The priors of a network; empty where its card names none.

    Parameters
    ----------
    folder : Path
        Of the network.
    card : Card
        Its card, which holds the digest of the file.

    Raises
    ------
    NetworkError
        If the file is missing, another one, or broken; one sentence.
    """
    if not card.prior_sha256:
        return {}
    name = f"{folder.name}/{PRIOR_NAME}"
    shapes = {f"prior{n}": _shape(card, spec, name) for n, spec in enumerate(card.inputs)}
    try:
        blob = read_regular(folder / PRIOR_NAME, MAX_BYTES)
        if hashlib.sha256(blob).hexdigest() != card.prior_sha256:
            raise NetworkError(f"{name}: not the file that the card names; its sha256 differs")
        values = read_members(blob, shapes, name)
    except BROKEN as error:
        raise NetworkError(f"{name}: broken class priors ({error})") from None
    for key, images in values.items():
        low, high = float(images.min(initial=0)), float(images.max(initial=0))
        if not 0 <= low <= high <= 1:
            raise NetworkError(f"{name}: {key} is {low:g} to {high:g}, expected mean ink 0 to 1")
    return {
        (spec.name, class_id): _explained(image, spec, class_id, card)
        for number, spec in enumerate(card.inputs)
        for class_id, image in zip(card.class_ids, values[f"prior{number}"], strict=True)
        if image.max(initial=0) > 0
    }


def _shape(card: Card, spec: InputSpec, name: str) -> tuple[int, int, int]:
    f1, f2 = prior_axes(spec)
    count = len(card.classes)
    if count * f1.size * f2.size > MAX_CELLS:
        raise NetworkError(f"{name}: {count} priors of {f1.size} x {f2.size} are too many")
    return count, f1.size, f2.size


def _explained(image: Image, spec: InputSpec, class_id: str, card: Card) -> Explanation:
    f1, f2 = prior_axes(spec)
    return Explanation(
        evidence=image,
        f1=f1,
        f2=f2,
        input_name=spec.name,
        class_id=class_id,
        method=METHOD,
        layer="",
        network=card.id,
        network_sha256=card.sha256,
    )
