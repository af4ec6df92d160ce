"""Failures of jobs."""

from __future__ import annotations

from nmrcam_qt.core.errors import NmrCamError


class JobError(NmrCamError):
    """A job failed for a known reason; one sentence."""
