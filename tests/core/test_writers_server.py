"""The picture process: frames in, pictures on disk, answers out."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.writers.files import WriteError
from nmrcam_qt.core.writers.picture import picture_bytes
from nmrcam_qt.core.writers.request import PictureRequest
from nmrcam_qt.core.writers.server import picture_frame, read_picture_request, serve


def request(path: Path, with_map: bool = True) -> PictureRequest:
    return PictureRequest(
        path=path,
        intensity=np.eye(30, 40, dtype=np.float32),
        f1=Axis.from_edges("13C", 0.0, 200.0, 30),
        f2=Axis.from_edges("1H", 10.0, 0.0, 40),
        title="¹³C title",
        warnings=("one", "two"),
        evidence=np.ones((3, 4), dtype=np.float32) if with_map else None,
        map_f1=Axis("13C", 20.0, 180.0, 3) if with_map else None,
        map_f2=Axis("1H", 9.0, 1.0, 4) if with_map else None,
        dpi=50,
    )


def replies_to(*frames: bytes, **kwargs: object) -> list[Frame]:
    out = io.BytesIO()
    serve(io.BytesIO(b"".join(frames)), out, **kwargs)  # type: ignore[arg-type]
    out.seek(0)
    found = []
    while (frame := read_frame(out)) is not None:
        found.append(frame)
    return found


@pytest.mark.parametrize("with_map", [True, False])
def test_a_request_travels_unchanged(with_map: bool) -> None:
    sent = request(Path("folder/a \udcff.png"), with_map)
    frame = read_frame(io.BytesIO(encode(picture_frame(sent, 7))))
    assert frame is not None
    assert frame.header["id"] == 7
    got = read_picture_request(frame)
    assert got.path == sent.path
    assert (got.title, got.warnings, got.f1, got.map_f2) == (
        sent.title,
        sent.warnings,
        sent.f1,
        sent.map_f2,
    )
    assert picture_bytes(got) == picture_bytes(sent)


def test_the_process_draws_and_answers(tmp_path: Path) -> None:
    frames = [
        picture_frame(request(tmp_path / "a.png"), "a"),
        picture_frame(request(tmp_path / "none" / "b.png"), "b"),
        picture_frame(replace(request(tmp_path / "c.png"), colormap="no such map"), "c"),
        picture_frame(replace(request(tmp_path / "d.svg"), format="svg"), "d"),
    ]
    done = subprocess.run(
        [sys.executable, "-m", "nmrcam_qt.core.writers.server"],
        input=b"".join(encode(f) for f in frames),
        capture_output=True,
        check=True,
        timeout=120,
    )
    stream = io.BytesIO(done.stdout)
    ready, a, b, c, d = (read_frame(stream) for _ in range(5))
    assert ready is not None and ready.header == {"ready": True}
    assert a is not None and a.header == {"id": "a", "ok": True}
    assert b is not None and not b.header["ok"] and "b.png" in b.header["error"]
    assert c is not None and not c.header["ok"] and "no such map" in c.header["error"]
    assert d is not None and d.header["ok"]
    assert Image.open(tmp_path / "a.png").size[0] > 100
    assert stream.read() == b""


def test_it_starts_without_matplotlib() -> None:
    code = (
        "import sys, nmrcam_qt.core.writers.server as s;"
        "sys.exit(any(m in sys.modules for m in ('matplotlib', 'PySide6', 'tensorflow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_known_failures_and_bugs_are_answers() -> None:
    def fail(sent: PictureRequest) -> None:
        if sent.path.name == "known":
            raise WriteError(sent.path, "disk full")
        raise ZeroDivisionError("bug")

    frames = [encode(picture_frame(request(Path(name)), name)) for name in ("known", "bug")]
    _, known, bug = replies_to(*frames, write=fail)
    assert known.header["error"].startswith("known: cannot be written")
    assert "ZeroDivisionError" in bug.header["error"]


@pytest.mark.parametrize(
    "change",
    [
        {"op": "other"},
        {"format": "exe"},
        {"f1": [1]},
        {"dpi": "many"},
        {"path": 3},
        {"map_f1": None},
    ],
)
def test_broken_requests_are_refused(change: dict[str, object]) -> None:
    frame = picture_frame(request(Path("a.png")))
    with pytest.raises(WireError):
        read_picture_request(Frame({**frame.header, **change}, frame.arrays))


def test_a_stream_that_is_no_frame_ends_it() -> None:
    out = io.BytesIO()
    assert serve(io.BytesIO(b"nonsense nonsense nonsense"), out) == 1
    assert serve(io.BytesIO(b""), out) == 0
