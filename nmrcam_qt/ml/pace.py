"""How many spectra go to the network at once."""

from __future__ import annotations

FIRST_SIZE = 4
SMALLEST = 2
"""A spectrum alone costs as much as two (`nmrcam_qt.ml.local_engine`)."""
TARGET_S = 0.4
"""What a request should take. Whoever cancels waits for the request that is under way before
the next analysis begins; measured (`benchmarks/batch_size.py`), larger requests of the seed
networks are no faster."""
_WEIGHT = 0.5


class Pace:
    """So many that a request takes about `target_s`, as a power of two.

    Parameters
    ----------
    limit : int
        Largest size.
    target_s : float or None
        Seconds per request; None for always the largest size.
    """

    def __init__(self, limit: int, target_s: float | None = TARGET_S) -> None:
        self._limit = limit
        self._target = target_s
        self._each: float | None = None
        self._size = limit if target_s is None else min(FIRST_SIZE, limit)

    @property
    def size(self) -> int:
        """Spectra in the next request."""
        return self._size

    def took(self, n: int, seconds: float) -> None:
        """A request of `n` spectra took this long."""
        if self._target is None or n < 1:
            return
        each = max(seconds, 1e-6) / n
        # A first request loads the network: its time is forgotten soon.
        self._each = each if self._each is None else (1 - _WEIGHT) * self._each + _WEIGHT * each
        self._each = min(self._each, 2 * each)
        wanted = min(self._target / self._each, 2 * self._size, self._limit)
        power = 1 << max(0, int(wanted).bit_length() - 1)
        self._size = min(self._limit, max(SMALLEST, power))
