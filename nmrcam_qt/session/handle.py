"""Something large that is in memory, or in the project file until it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Handle(Generic[T]):
    """A value in memory, or a way to load it. Thread-safe; holds nothing that it loaded.

    Parameters
    ----------
    value : T or None
        In memory.
    load : callable, optional
        Reads it; raises `NmrCamError` where that fails.

    Raises
    ------
    ValueError
        If both are missing.
    """

    __slots__ = ("_load", "_lock", "_value")

    def __init__(self, value: T | None = None, load: Callable[[], T] | None = None) -> None:
        if value is None and load is None:
            raise ValueError("a value or a way to load it is needed")
        self._value = value
        self._load = load
        self._lock = threading.Lock()

    @property
    def in_memory(self) -> T | None:
        """The value where it need not be loaded."""
        return self._value

    @property
    def source(self) -> Callable[[], T] | None:
        """How it is loaded, None where it is only in memory: tells a store what it has."""
        return self._load

    def get(self) -> T:
        """The value; loaded anew each time where it is not in memory."""
        with self._lock:
            value, load = self._value, self._load
        if value is not None:
            return value
        if load is None:
            raise ValueError("a value or a way to load it is needed")
        return load()

    def settle(self, load: Callable[[], T]) -> None:
        """It can be loaded from now on: let go of the memory. Called by the store."""
        with self._lock:
            self._load = load
            self._value = None
