"""A picture drawn for the clipboard or the printer: bytes instead of a file. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nmrcam_qt.core.writers.drawing_pool import DrawingPool
from nmrcam_qt.workers.jobs import JobContext
from nmrcam_qt.workers.save_job import PictureContent, content_request

POLL_S = 0.05


class DrawPictureJob:
    """Draw what the window shows; gives the bytes of a file by format.

    Parameters
    ----------
    content : PictureContent
        What it shows.
    formats : sequence of {"png", "svg", "pdf"}
        Which files are wanted.
    dpi : int
        Of a PNG.
    purpose : str
        For the list of jobs, for example "Copying the picture".
    """

    def __init__(
        self, content: PictureContent, formats: Sequence[str], dpi: int, purpose: str
    ) -> None:
        self._content = content
        self._formats = tuple(formats)
        self._dpi = dpi
        self._purpose = purpose

    @property
    def title(self) -> str:
        """What the list of jobs shows."""
        return self._purpose

    def run(self, context: JobContext) -> dict[str, bytes]:
        """Draw; the same engine as for files."""
        context.step(0, 1, "drawing")
        made: dict[str, bytes] = {}
        with DrawingPool(len(self._formats)) as pool:
            waiting = {}
            for name in self._formats:
                request = content_request(Path(f"picture.{name}"), self._content)
                waiting[name] = pool.submit(replace(request, dpi=self._dpi))
            for name, drawn in waiting.items():
                while not made.get(name):
                    try:
                        made[name] = drawn.result(POLL_S).picture
                    except TimeoutError:
                        context.step(0, 1, "drawing")
        context.step(1, 1)
        return made
