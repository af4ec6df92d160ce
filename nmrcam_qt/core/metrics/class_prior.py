"""The class prior: where signals of a class lie on average, used as if it were a map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Experiment, Image

METHOD = "class prior"


def class_prior(
    inks: Sequence[Image],
    compounds: Sequence[str],
    axes: tuple[Axis, Axis],
    class_id: str,
    experiment: Experiment,
) -> Explanation:
    """Mean ink of a class's compounds as a map in ppm.

    Parameters
    ----------
    inks : sequence of float32 ``(f1.size, f2.size)``
        Ink of each spectrum on one common grid.
    compounds : sequence of str
        Compound of each; one with several spectra counts once.
    axes : (f1, f2)
        ¹³C and ¹H axes of the grid.
    class_id : str
        The class.
    experiment : Experiment
        Of the spectra.

    Returns
    -------
    Explanation
        With method "class prior" and no network.

    Raises
    ------
    ValueError
        If there are no spectra.
    """
    if not inks:
        raise ValueError(f"no spectra of {class_id}")
    counts = {c: list(compounds).count(c) for c in compounds}
    total = np.zeros(inks[0].shape, dtype=np.float64)
    for image, compound in zip(inks, compounds, strict=True):
        total += image / counts[compound]
    return Explanation(
        evidence=(total / len(counts)).astype(np.float32),
        f1=axes[0],
        f2=axes[1],
        input_name=experiment.value,
        class_id=class_id,
        method=METHOD,
        layer="",
        network="",
        network_sha256="",
    )


def gain(auc: float, prior: float) -> float:
    """(AUC − prior) / (1 − prior): 0 as good as the prior, 1 perfect; NaN for prior 1."""
    return (auc - prior) / (1 - prior) if prior < 1 else float("nan")
