"""JCAMP-DX: 2D spectra as NTUPLES, read by our own decoder."""

from __future__ import annotations

from nmrcam_qt.core.readers.jcamp.reader import looks_like_jcamp, read_jcamp

__all__ = ["looks_like_jcamp", "read_jcamp"]
