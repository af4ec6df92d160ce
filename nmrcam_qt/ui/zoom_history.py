"""Where the user looked before. Plain values, no Qt."""

from __future__ import annotations

from dataclasses import dataclass

LIMIT = 100
"""Windows that are kept."""


@dataclass(frozen=True, slots=True)
class Window:
    """Part of a spectrum, ppm, lower limit first.

    Parameters
    ----------
    h_ppm, c_ppm : (low, high)
        ¹H (F2) and ¹³C (F1).
    """

    h_ppm: tuple[float, float]
    c_ppm: tuple[float, float]

    def moved(self, h: float, c: float) -> Window:
        """The window elsewhere, ppm."""
        (h0, h1), (c0, c1) = self.h_ppm, self.c_ppm
        return Window((h0 + h, h1 + h), (c0 + c, c1 + c))


class ZoomHistory:
    """Back and forward through windows, like the pages of a browser.

    Parameters
    ----------
    limit : int
        How many are kept; the oldest go first.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._limit = limit
        self._windows: list[Window] = []
        self._place = -1
        self._gesture: int | None = None

    def start(self, window: Window) -> None:
        """Forget everything; `window` is shown."""
        self._windows, self._place, self._gesture = [window], 0, None

    def record(self, window: Window, gesture: int) -> None:
        """The user looks elsewhere.

        Parameters
        ----------
        window : Window
            What is shown now.
        gesture : int
            The steps of one gesture (a turn of the wheel, a drag) have the same number and
            are one step of the history.
        """
        if self._place >= 0 and window == self._windows[self._place]:
            return
        if gesture == self._gesture:
            self._windows[self._place] = window
            return
        del self._windows[self._place + 1 :]
        self._windows.append(window)
        del self._windows[: -self._limit]
        self._place = len(self._windows) - 1
        self._gesture = gesture

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier window."""
        return self._place > 0

    @property
    def can_go_forward(self) -> bool:
        """Whether the user has gone back."""
        return self._place < len(self._windows) - 1

    def go(self, by: int) -> Window | None:
        """The window `by` steps further (negative: back), or None at the end."""
        place = self._place + by
        self._gesture = None
        if not 0 <= place < len(self._windows):
            return None
        self._place = place
        return self._windows[place]
