"""What the actions do, and when they can; one module per menu."""

from __future__ import annotations

from nmrcam_qt.ui.commands.all import Commands

__all__ = ["Commands"]
