"""Saving a picture: matplotlib draws it in a child process. No Qt."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contour_levels import DEFAULT_COUNT, DEFAULT_RATIO
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.results import Explanation, Prediction
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.wire import WireError
from nmrcam_qt.core.writers.request import (
    FORMATS,
    SIGNAL_STYLES,
    PageOptions,
    PictureRequest,
    drawn_signals,
    picture_request,
)
from nmrcam_qt.core.writers.server import picture_frame
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.workers.child import Child, python_module
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.jobs import JobContext

TIMEOUT_S = 120.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PictureContent:
    """What the window shows: spectrum, and card, scores and map where there are any.

    `name` is the user's name for the spectrum, empty for that of its file.
    """

    packed: PackedSpectrum
    card: Card | None
    prediction: Prediction | None
    explanation: Explanation | None
    opacity: float
    threshold: float
    colour_map: str
    smooth: bool = False
    heat_style: str = "image"
    class_colours: bool = False
    name: str = ""
    signal_style: str = SIGNAL_STYLES[0]
    contour_ratio: float = DEFAULT_RATIO
    contour_levels: int = DEFAULT_COUNT
    contour_factor: float = 1.0


def content_of(
    packed: PackedSpectrum,
    card: Card | None,
    prediction: Prediction | None,
    explanation: Explanation | None,
    view: ViewSettings,
    name: str = "",
    contour_factor: float = 1.0,
) -> PictureContent:
    """What the window shows, painted as its view is."""
    return PictureContent(
        packed=packed,
        card=card,
        prediction=prediction,
        explanation=explanation,
        opacity=view.opacity,
        threshold=view.threshold,
        colour_map=view.colour_map,
        smooth=view.smooth,
        heat_style=view.heat_style,
        class_colours=view.class_colours,
        name=name,
        signal_style=view.signal_style,
        contour_ratio=view.contour_ratio,
        contour_levels=view.contour_levels,
        contour_factor=contour_factor,
    )


class SavePictureJob:
    """Draw one picture to a file; its format is the file's suffix.

    Parameters
    ----------
    path : Path
        ``.png``, ``.svg`` or ``.pdf``.
    content : PictureContent
        What it shows.
    """

    def __init__(self, path: Path, content: PictureContent) -> None:
        self._path = path
        self._content = content

    @property
    def title(self) -> str:
        """What the status bar shows."""
        return f"Saving {self._path.name}"

    def run(self, context: JobContext) -> Path:
        """Start the drawing process, let it draw, end it; returns the path."""
        context.step(0, 1, "drawing")
        request = content_request(self._path, self._content)
        try:
            child = Child(python_module("nmrcam_qt.core.writers.server"), greets=True)
        except WireError as error:
            raise JobError(f"{self._path.name}: {error}.") from None
        try:
            self._draw(child, request, context)
        finally:
            child.close(grace_s=0.0)
        context.step(1, 1)
        return self._path

    def _draw(self, child: Child, request: PictureRequest, context: JobContext) -> None:
        waiting = child.send(picture_frame(request))
        deadline = time.monotonic() + TIMEOUT_S
        while True:
            try:
                reply = waiting.get(timeout=POLL_S)
                break
            except queue.Empty:
                if context.is_cancelled:
                    raise Cancelled from None
                if time.monotonic() > deadline:
                    raise JobError(
                        f"{self._path.name}: the drawing process gave no answer for "
                        f"{TIMEOUT_S:.0f} s."
                    ) from None
        if isinstance(reply, WireError):
            said = f" It said: {child.last_words}" if child.last_words else ""
            raise JobError(f"{self._path.name}: the drawing process failed ({reply}).{said}")
        if reply.header.get("ok") is not True:
            raise JobError(str(reply.header.get("error", f"{self._path.name}: not drawn.")))


def content_request(path: Path, content: PictureContent) -> PictureRequest:
    """The picture of what the window shows; the format is the suffix of `path`.

    Raises
    ------
    JobError
        If there is no such format.
    NmrCamError
        If the spectrum cannot be had.
    """
    suffix = path.suffix.lower().lstrip(".")
    if suffix not in FORMATS:
        raise JobError(f"{path.name}: pictures are saved as {', '.join(FORMATS)}.")
    spectrum = content.packed.unpack()
    page = PageOptions(
        format=suffix,
        opacity=content.opacity,
        threshold=content.threshold,
        smooth=content.smooth,
        colormap=content.colour_map,
        heat_style=content.heat_style,
        class_colours=content.class_colours,
        signal_style=content.signal_style,
        contour_ratio=content.contour_ratio,
        contour_factor=content.contour_factor,
        contour_levels=content.contour_levels,
    )
    if content.card is None or content.prediction is None:
        return _plain_request(path, spectrum, page, content)
    return picture_request(
        path,
        spectrum,
        content.card,
        content.prediction,
        content.explanation,
        page,
        name=content.name,
    )


def _plain_request(
    path: Path, spectrum: Spectrum, page: PageOptions, content: PictureContent
) -> PictureRequest:
    """The spectrum alone, before any analysis."""
    experiment = spectrum.experiment.label if spectrum.experiment else "unknown experiment"
    intensity, base = drawn_signals(spectrum, page)
    return PictureRequest(
        path=path,
        intensity=intensity,
        f1=spectrum.f1,
        f2=spectrum.f2,
        title=content.name or Path(spectrum.provenance.path).name or spectrum.name,
        subtitle=f"{experiment}  ·  not analysed",
        warnings=spectrum.provenance.assumed,
        contour_base=base,
        contour_ratio=page.contour_ratio,
        contour_levels=page.contour_levels,
        format=page.format,
    )
