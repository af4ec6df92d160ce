"""A JPEG that is drawn over thousands of times is refused before it is decoded."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.jpeg_scans import MAX_SCANS, count_scans


def jpeg(**how) -> bytes:
    buffer = io.BytesIO()
    Image.radial_gradient("L").resize((64, 48)).save(buffer, "JPEG", **how)
    return buffer.getvalue()


def repeated(times: int) -> bytes:
    """A progressive picture whose last scan comes again and again."""
    plain = jpeg(progressive=True)
    tables = plain.rindex(b"\xff\xc4")
    return plain[:-2] + plain[tables:-2] * times + b"\xff\xd9"


@pytest.mark.parametrize(
    ("blob", "scans"),
    [
        (jpeg(), 1),
        (jpeg(progressive=True), 6),
        (jpeg(exif=b"Exif\0\0" + b"\xff\xda\0\2" * 500), 1),
        (jpeg(restart_marker_blocks=1), 1),
        (repeated(10), 16),
        (repeated(500), MAX_SCANS + 1),
        (repeated(500)[:20_000], MAX_SCANS + 1),
        (b"\xff\xd8\xff", 0),
        (b"\xff\xd8\xff\xe0\0", 0),
    ],
)
def test_count(tmp_path, blob, scans):
    path = tmp_path / "x.jpg"
    path.write_bytes(blob)
    assert count_scans(path) == scans


def test_a_bomb_of_scans_is_refused(tmp_path):
    path = tmp_path / "bomb_hsqc.jpg"
    path.write_bytes(repeated(500))
    with pytest.raises(ReadError, match="more than 100 scans"):
        read_spectrum(path)
    path.write_bytes(repeated(10))
    assert read_spectrum(path).intensity.shape == (48, 64)
