"""The picture process: ``python -m nmrcam_qt.core.writers.server``.

Drawing loads matplotlib and keeps a core busy for a second, so the window lets this
child do it. Frames (see `nmrcam_qt.core.wire`) come in on stdin, one reply to each
leaves on stdout, in order; whatever else is printed goes to stderr.

========== ============================================== ===========================
direction  header                                         arrays
========== ============================================== ===========================
reply      ``{"ready": true}``, once, at the start        none
request    `picture_frame(request)`: ``{"op": "picture",  intensity, then evidence
           "id": any, ...}``                              where there is a map, then
                                                          those of its marks
reply      ``{"id": any, "ok": true}`` once the file is   none
           in place
request    the same with ``"op": "draw"``: nothing is     as above
           written, `path` is not looked at
reply      ``{"id": any, "ok": true}``                    the picture's bytes and
                                                          those of its thumbnail
reply      ``{"id": any, "ok": false, "error": "one       none
           sentence"}``; the process lives on
========== ============================================== ===========================

End of stdin ends the process with 0, a stream that is no frame with 1.
"""

from __future__ import annotations

import os
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.child_process import lower_priority
from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.wire import Array, Frame, WireError, encode, read_frame
from nmrcam_qt.core.writers.marks import NO_MARKS, read_marks
from nmrcam_qt.core.writers.request import LOGIT_UNITS, PictureRequest

OPERATIONS = ("picture", "draw")
_PLAIN = (
    "title",
    "subtitle",
    "threshold",
    "opacity",
    "colormap",
    "smooth",
    "heat_style",
    "class_colour",
    "format",
    "dpi",
    "width_mm",
    "height_mm",
)
_CONTOURS = ("contour_base", "contour_ratio", "contour_levels")
"""Only of pictures with contours: the digests of all others stay what they were."""
_UNIT = ("unit",)
"""Only of maps that are not in units of the logit; likewise."""
_FAINT = ("faint_ink",)
"""Only where it is; likewise."""
_SCALE = ("scale_top",)
"""Only of maps that share one; likewise."""


def picture_frame(request: PictureRequest, job_id: str | int = 0, op: str = "picture") -> Frame:
    """The frame that asks the picture process to draw.

    Parameters
    ----------
    request : PictureRequest
        What to draw and where.
    job_id : str or int
        Comes back in the reply.
    op : {"picture", "draw"}
        Whether the process writes the file or sends the bytes back.
    """
    header: dict[str, Any] = {"op": op, "id": job_id}
    header |= {name: getattr(request, name) for name in _PLAIN}
    if request.unit != LOGIT_UNITS:
        header |= {name: getattr(request, name) for name in _UNIT}
    if request.faint_ink:
        header |= {name: getattr(request, name) for name in _FAINT}
    if request.contour_base:
        header |= {name: getattr(request, name) for name in _CONTOURS}
    if request.scale_top:
        header |= {name: getattr(request, name) for name in _SCALE}
    if request.marks.any:
        header["marks"] = request.marks.to_json()
    header["path"] = urllib.parse.quote_from_bytes(os.fsencode(request.path))
    header["warnings"] = list(request.warnings)
    for name in ("f1", "f2", "map_f1", "map_f2"):
        header[name] = _axis_to_json(getattr(request, name))
    maps = () if request.evidence is None else (request.evidence,)
    return Frame(header, (request.intensity, *maps, *request.marks.arrays))


def read_picture_request(frame: Frame) -> PictureRequest:
    """The request of a frame.

    Raises
    ------
    WireError
        If the frame is no picture request.
    """
    header = frame.header
    if header.get("op") not in OPERATIONS or not frame.arrays:
        raise WireError(f"expected a picture request, found {header.get('op')!r}")
    try:
        said = header.get("marks", NO_MARKS.to_json())
        intensity, *more = frame.arrays
        mapped = len(more) > int(said["rings"]) + int(said["outlines"])
        return PictureRequest(
            path=Path(os.fsdecode(urllib.parse.unquote_to_bytes(header["path"]))),
            intensity=intensity,
            f1=Axis(*header["f1"]),
            f2=Axis(*header["f2"]),
            warnings=tuple(str(text) for text in header["warnings"]),
            evidence=more[0] if mapped else None,
            map_f1=Axis(*header["map_f1"]) if header["map_f1"] else None,
            map_f2=Axis(*header["map_f2"]) if header["map_f2"] else None,
            **{name: header[name] for name in _PLAIN},
            marks=read_marks(said, tuple(more[int(mapped) :])),
            **{
                name: header[name]
                for name in (*_CONTOURS, *_UNIT, *_FAINT, *_SCALE)
                if name in header
            },
        )
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise WireError(f"a broken picture request ({error})") from None


def serve(
    requests: BinaryIO, replies: BinaryIO, write: Callable[[PictureRequest], None] | None = None
) -> int:
    """Answer requests until the stream ends.

    Parameters
    ----------
    requests, replies : binary files
        Where frames come from and go to.
    write : callable, optional
        Draws one request; `write_picture` where it is not given.

    Returns
    -------
    int
        Exit status.
    """
    _send(replies, {"ready": True})
    while True:
        try:
            frame = read_frame(requests)
        except WireError as error:
            print(error, file=sys.stderr)
            return 1
        if frame is None:
            return 0
        job_id = frame.header.get("id")
        arrays: tuple[Array, ...] = ()
        try:
            request = read_picture_request(frame)
            if frame.header["op"] == "draw":
                arrays = drawn(request)
            else:
                (write or _draw)(request)
        except NmrCamError as error:
            _send(replies, {"id": job_id, "ok": False, "error": str(error)})
        except Exception as error:  # top level of a process that must live on
            text = f"the picture could not be drawn ({type(error).__name__}: {error})"
            _send(replies, {"id": job_id, "ok": False, "error": text})
        else:
            _send(replies, {"id": job_id, "ok": True}, arrays)


def drawn(request: PictureRequest) -> tuple[Array, Array]:
    """The bytes of a picture and of its thumbnail (a PNG), as uint8 arrays."""
    from nmrcam_qt.core.writers.picture import picture_bytes, thumbnail_bytes

    blobs = picture_bytes(request), thumbnail_bytes(request)
    return np.frombuffer(blobs[0], dtype=np.uint8), np.frombuffer(blobs[1], dtype=np.uint8)


def _draw(request: PictureRequest) -> None:
    """Draw with matplotlib, loaded with the first picture."""
    from nmrcam_qt.core.writers.picture import write_picture

    write_picture(request)


def _send(stream: BinaryIO, header: dict[str, Any], arrays: tuple[Array, ...] = ()) -> None:
    stream.write(encode(Frame(header, arrays)))
    stream.flush()


def _axis_to_json(axis: Axis | None) -> list[str | float | int] | None:
    return None if axis is None else [axis.nucleus, axis.first_ppm, axis.last_ppm, axis.size]


def main() -> int:
    """Serve the standard streams; nothing printed by a library can damage a frame."""
    lower_priority()  # one of these per processor would leave the window half of the time
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    sys.exit(main())
