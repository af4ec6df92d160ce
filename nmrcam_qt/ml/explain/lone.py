"""Whether an example alone has the numbers that it has among others."""

from __future__ import annotations

from collections.abc import Callable


class Lone:
    """Says whether an example that comes alone must be computed beside itself.

    Alone it may take another path through the matrix products, whose last bits differ, so that
    pictures of one spectrum would depend on what was opened with it. Which path is taken follows
    from the shapes; so one look is enough, but costs three passes. The first example is computed
    beside itself in any case: a command for one spectrum need not look.

    Parameters
    ----------
    alike : callable
        Looks whether the last bits are the same.
    """

    def __init__(self, alike: Callable[[], bool]) -> None:
        self._look = alike
        self._alike: bool | None = None
        self._asked = 0

    @property
    def beside_itself(self) -> bool:
        """For the next example."""
        self._asked += 1
        if self._alike is None and self._asked > 1:
            self._alike = self._look()
        return not self._alike
