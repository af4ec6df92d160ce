"""Whatever stands in a file: a spectrum, or one sentence; never anything else."""

from __future__ import annotations

import io

import numpy as np
import openpyxl
from hypothesis import given, settings
from hypothesis import strategies as st
from test_peaklists_formats import FORMATS
from test_peaklists_structured import SDF, frame

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum

MANY = settings(max_examples=200, deadline=None)


def workbook():
    book = openpyxl.Workbook()
    for row in (["1H", "13C"], [4.7, 95.9], [1.25, 29.7]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


SEEDS = [text.encode() for text, *_ in FORMATS.values()]
SEEDS += [SDF.encode(), frame("one", "HSQC").encode(), workbook()]
PIECES = [b"", b"\0", b"\n", b"\t", b",", b";", b'"', b"#", b"nan", b"inf", b"-1e309", b"999999"]
PIECES += [
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"<!",
    b"loop_",
    b"stop_",
    b"$$$$",
    b"VARS ",
    b"1H",
    b"13C",
]


def check(path, data):
    path.write_bytes(data)
    try:
        spectrum = read_spectrum(path)
    except ReadError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(path.name)
        return
    peaks = spectrum.peaks
    assert peaks is not None
    assert len(peaks) > 0
    for values in (peaks.h_ppm, peaks.c_ppm, peaks.intensity, spectrum.intensity):
        assert np.isfinite(values).all()
    for h, c in zip(peaks.h_ppm, peaks.c_ppm, strict=True):
        assert abs(spectrum.intensity[spectrum.f1.cell(c), spectrum.f2.cell(h)]) == 1


@MANY
@given(st.integers(0, len(SEEDS) - 1), st.data())
def test_mutated_files(tmp_path, seed, data):
    text = bytearray(SEEDS[seed])
    for _ in range(data.draw(st.integers(1, 5))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.integers(0, 8)))
        text[start:stop] = data.draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    check(tmp_path / "m.csv", bytes(text))


@MANY
@given(st.binary(max_size=400))
def test_rubbish(tmp_path, data):
    check(tmp_path / "m.csv", data)


@MANY
@given(st.text(alphabet="0123456789.,;- \t\n#1HC\"'eE", max_size=200))
def test_rubbish_that_looks_like_a_table(tmp_path, text):
    check(tmp_path / "m.csv", text.encode())


shifts = st.tuples(
    st.integers(-100, 1100).map(lambda n: n / 100), st.integers(2100, 20000).map(lambda n: n / 100)
)


@MANY
@given(
    st.lists(st.tuples(shifts, st.integers(-(10**6), 10**6)), min_size=1, max_size=30),
    st.sampled_from(["\t", ";", ","]),
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, ("1H", "13C", "Intensity"), ("F2 (ppm)", "F1 (ppm)", "Height")]),
)
def test_tables_come_back(tmp_path, rows, delimiter, comma, turned, names):
    """Any list, written in any of the usual ways, is read as it was."""
    lines = []
    if names is not None:
        lines.append([names[1], names[0], names[2]] if turned else list(names))
    for (h, c), intensity in rows:
        first, second = (c, h) if turned else (h, c)
        lines.append([f"{first:.2f}", f"{second:.2f}", str(intensity)])
    if comma and delimiter != ",":
        lines = [[field.replace(".", ",") for field in line] for line in lines]
    path = tmp_path / "m.csv"
    path.write_text("\n".join(delimiter.join(line) for line in lines), encoding="utf-8")
    peaks = read_spectrum(path).peaks
    np.testing.assert_allclose(peaks.h_ppm, [h for (h, _), _ in rows], atol=1e-9)
    np.testing.assert_allclose(peaks.c_ppm, [c for (_, c), _ in rows], atol=1e-9)
    np.testing.assert_allclose(peaks.intensity, [i for _, i in rows])
