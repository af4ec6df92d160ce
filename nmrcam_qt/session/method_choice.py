"""Which methods an analysis asks for, and which are made on demand; what each costs. No Qt."""

from __future__ import annotations

from nmrcam_qt.core.methods import METHODS


def is_slow(method: str) -> bool:
    """Whether a method costs too much to be part of every analysis."""
    info = METHODS.get(method)
    return bool(getattr(info, "slow", False))


def gives_all_classes(method: str) -> bool:
    """Whether one run of a method gives the maps of all classes for the price of one."""
    info = METHODS.get(method)
    return bool(getattr(info, "all_classes", False))


def cheap_methods() -> tuple[str, ...]:
    """Ids of the methods that every analysis asks for."""
    return tuple(method for method in METHODS if not is_slow(method))


def method_title(method: str) -> str:
    """What a method is called; a foreign one by its id."""
    info = METHODS.get(method)
    return info.title if info is not None else method
