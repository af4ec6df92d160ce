"""Numbers as the report writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nmrcam_qt.core.folds import bootstrap_interval

N_RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds by the clock and of all processors; None where the latter were not counted."""

    seconds: float = 0.0
    cpu: float | None = 0.0

    def __add__(self, other: Spent) -> Spent:
        cpu = None if self.cpu is None or other.cpu is None else self.cpu + other.cpu
        return Spent(self.seconds + other.seconds, cpu)

    def __str__(self) -> str:
        cpu = "not counted" if self.cpu is None else f"{self.cpu:.0f} s"
        return f"{self.seconds:.0f} s (processors {cpu})"


@dataclass(frozen=True, slots=True)
class Ran:
    """A run of the study up to its report.

    Parameters
    ----------
    seconds : float
        By the clock.
    jobs : int
        Units of work side by side, as asked for.
    units, reused : int
        How many units there are, and how many were found finished.
    """

    seconds: float
    jobs: int
    units: int
    reused: int

    def __str__(self) -> str:
        found = f"{self.reused} of {self.units}" if self.reused else f"none of {self.units}"
        return (
            f"The whole run took {self.seconds / 60:.0f} min by the clock with --jobs {self.jobs}; "
            f"{found} units had been finished before."
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95 % interval over compounds; None where it has no meaning."""

    mean: float | None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return share(self.mean)
        return f"{share(self.mean)} [{share(self.low)}, {share(self.high)}]"


NOTHING = Estimate(None)


def share(value: float | None) -> str:
    """Two digits, as ``.52`` or ``-.05``; a dash for what has no meaning."""
    if value is None:
        return "–"
    text = f"{value:.2f}"
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def estimate_of(found: Mapping[str, Any], name: str) -> Estimate:
    """One figure of merit of a report of `nmrcam_qt.ml.evaluation.evaluate`."""
    low, high = found.get("ci", {}).get(name) or (None, None)
    return Estimate(found.get(name), low, high)


def estimate(values: Sequence[float | None], compounds: Sequence[str], seed: int) -> Estimate:
    """Mean over the cases that have a value, with its interval where they are several compounds.

    Parameters
    ----------
    values : sequence of float or None, length n
    compounds : sequence of str, length n
        What is drawn by the bootstrap.
    seed : int
        Of the bootstrap.
    """
    kept = [(v, c) for v, c in zip(values, compounds, strict=True) if v is not None]
    if not kept:
        return NOTHING
    array = np.array([v for v, _ in kept], dtype=np.float64)
    if len({c for _, c in kept}) == 1:
        return Estimate(float(array.mean()))
    low, high = bootstrap_interval(
        [c for _, c in kept], lambda i: float(array[i].mean()), seed, N_RESAMPLES
    )
    return Estimate(float(array.mean()), low, high)
