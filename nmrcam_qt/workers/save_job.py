"""Saving a picture: matplotlib draws it in a child process. No Qt."""

from __future__ import annotations

import queue
import time
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.contour_levels import DEFAULT_COUNT, DEFAULT_RATIO
from nmrcam_qt.core.empty_map import EMPTY_MAP
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.results import Explanation, Prediction
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.usual_places import PriorShelf, UsualPlaces, usual_places_of
from nmrcam_qt.core.wire import WireError
from nmrcam_qt.core.writers.marks import marks_of
from nmrcam_qt.core.writers.request import (
    FORMATS,
    SIGNAL_STYLES,
    Added,
    PageOptions,
    PictureRequest,
    picture_request,
)
from nmrcam_qt.core.writers.server import picture_frame
from nmrcam_qt.core.writers.signals import drawn_signals
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.shown import Shown
from nmrcam_qt.session.usual_places import input_of
from nmrcam_qt.workers.child import Child, python_module
from nmrcam_qt.workers.errors import JobError
from nmrcam_qt.workers.jobs import JobContext

TIMEOUT_S = 120.0
POLL_S = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PictureContent:
    """What the window shows: spectrum, and card, scores and map where there are any.

    `name` is the user's name for the spectrum, empty for that of its file; `usual` the network's
    input and the class whose usual places are shown; `scale_top` where a colour scale ends that
    the map shares, 0 for a scale of its own; `empty` what is said where the map is empty.
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
    usual: tuple[str, str] | None = None
    scale_top: float = 0.0
    empty: str = EMPTY_MAP


def content_of(shown: Shown, scale_top: float = 0.0) -> PictureContent | None:
    """What the window shows, painted as its view is; None where no spectrum is open.

    Parameters
    ----------
    shown : Shown
        The pane that stands for the window.
    scale_top : float
        Where the colour scale ends that it shares with other panes; 0 for a scale of its own.
    """
    view, item, plan = shown.view, shown.item, shown.plan
    if item is None:
        return None
    outlined = view.usual_places and view.class_id is not None and plan is not None
    return PictureContent(
        packed=item.packed,
        card=plan.card if plan is not None else None,
        prediction=shown.prediction,
        explanation=shown.explanation,
        opacity=view.opacity,
        threshold=view.threshold,
        colour_map=view.colour_map,
        smooth=view.smooth,
        heat_style=view.heat_style,
        class_colours=view.class_colours,
        name=item.record.title,
        signal_style=view.signal_style,
        contour_ratio=view.contour_ratio,
        contour_levels=view.contour_levels,
        contour_factor=item.record.contour_base,
        usual=(input_of(shown), view.class_id or "") if outlined else None,
        scale_top=scale_top,
        empty=shown.empty or EMPTY_MAP,
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
    added = Added(content.name, _usual(content), content.scale_top, content.empty)
    if content.card is None or content.prediction is None:
        return _plain_request(path, spectrum, page, added)
    return picture_request(
        path, spectrum, content.card, content.prediction, content.explanation, page, added
    )


def _usual(content: PictureContent) -> UsualPlaces | None:
    """The usual places that the window shows; None where it shows none."""
    if content.card is None or content.usual is None:
        return None
    return usual_places_of(PriorShelf(), content.card, *content.usual)


def _plain_request(
    path: Path, spectrum: Spectrum, page: PageOptions, added: Added
) -> PictureRequest:
    """The spectrum alone, before any analysis."""
    experiment = spectrum.experiment.label if spectrum.experiment else "unknown experiment"
    intensity, base = drawn_signals(spectrum, page)
    return PictureRequest(
        path=path,
        intensity=intensity,
        f1=spectrum.f1,
        f2=spectrum.f2,
        title=added.name or Path(spectrum.provenance.path).name or spectrum.name,
        subtitle=f"{experiment}  ·  not analysed",
        warnings=spectrum.provenance.assumed,
        contour_base=base,
        contour_ratio=page.contour_ratio,
        contour_levels=page.contour_levels,
        marks=marks_of(spectrum, added.usual),
        format=page.format,
    )
