"""Guards against Qt warnings and leaks, for all tests here."""

from __future__ import annotations

from qt_guards import no_leaks, qt_messages  # noqa: F401
