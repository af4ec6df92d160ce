"""Processed spectra of NMRPipe, Sparky and JEOL: written, read back, and at their shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vendor_builders import (
    COMPLEX,
    HERTZ,
    PPM,
    REAL_COMPLEX,
    SECOND,
    C,
    H,
    Jdf,
    Side,
    jdf_parameters,
    write_nmrpipe,
    write_sparky,
)

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, SourceKind

PLANE = np.random.default_rng(4).normal(size=(64, 96)).astype(np.float32)
WRITERS = {"nmrpipe": write_nmrpipe, "sparky": write_sparky}
QUICK = settings(max_examples=120, deadline=None)


def same_shifts(spectrum, rows=C, columns=H, tolerance=2e-5, floor=False):
    """Both ends of both axes by the definition; the headers hold 32-bit floats."""
    for axis, side in ((spectrum.f1, rows), (spectrum.f2, columns)):
        n = axis.size
        middle = n // 2 if floor else n / 2
        assert axis.first_ppm == pytest.approx(side.ppm(0, n, middle), abs=tolerance)
        assert axis.last_ppm == pytest.approx(side.ppm(n - 1, n, middle), abs=tolerance)
        # A hundredth of a point, far from the half that readers get wrong.
        assert tolerance < abs(axis.step) / 100


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("shape", [(64, 96), (65, 97)])
def test_round_trips(tmp_path, kind, shape):
    points = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    spectrum = read_spectrum(WRITERS[kind](tmp_path / f"HSQC_x.{kind}", points))
    assert np.array_equal(spectrum.intensity, points)
    same_shifts(spectrum, floor=kind == "nmrpipe")
    assert spectrum.provenance.kind is SourceKind.INSTRUMENT
    assert spectrum.experiment is Experiment.HSQC
    assert spectrum.acquisition.h_mhz == pytest.approx(600.13, abs=1e-3)
    assert spectrum.acquisition.c_mhz == pytest.approx(150.9, abs=1e-3)


@pytest.mark.parametrize("kind", WRITERS)
def test_carbon_detection_and_labels_that_lie(tmp_path, kind):
    path = WRITERS[kind](tmp_path / "x", PLANE, rows=H, columns=C)
    spectrum = read_spectrum(path, ReadOptions(experiment=Experiment.HMBC))
    assert np.array_equal(spectrum.intensity, PLANE.T)
    same_shifts(spectrum)
    assert any("turned" in note for note in spectrum.provenance.notes)
    for label in ("C13", "X", "13CA", ""):
        odd = Side(label, C.mhz, C.width_hz, C.carrier_ppm)
        assert read_spectrum(WRITERS[kind](tmp_path / "x", PLANE, rows=odd)).f1.nucleus == "13C"
    wrong = Side("15N", C.mhz, C.width_hz, C.carrier_ppm)
    spectrum = read_spectrum(WRITERS[kind](tmp_path / "x", PLANE, rows=wrong))
    assert "axis '15N' is ¹³C by its frequency" in spectrum.provenance.notes


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (Side("15N", 60.81, 2000.0, 118.0), "a ¹H–¹⁵N 2D spectrum"),
        (Side("1H", 600.13, 6000.0, 4.7), "a ¹H–¹H 2D spectrum"),
    ],
)
def test_other_nuclei_are_named(tmp_path, kind, rows, said):
    with pytest.raises(ReadError, match=said):
        read_spectrum(WRITERS[kind](tmp_path / "x", PLANE, rows=rows))


def test_nmrpipe_of_the_other_byte_order_and_extracted(tmp_path):
    path = write_nmrpipe(tmp_path / "x.ft2", PLANE)
    swapped = np.frombuffer(path.read_bytes(), np.float32).byteswap()
    # Labels are bytes and are not swapped in real files; here the frequencies tell.
    (tmp_path / "y.ft2").write_bytes(swapped.tobytes())
    spectrum = read_spectrum(tmp_path / "y.ft2")
    assert np.array_equal(spectrum.intensity, PLANE)
    same_shifts(spectrum)
    # NMRPipe's EXT keeps CAR and gives ORIG of the part: the last point counts.
    part = write_nmrpipe(tmp_path / "z.ft2", PLANE, FDF2ORIG=600.13 * 1.25, FDF2SW=2000.0)
    assert read_spectrum(part).f2.last_ppm == pytest.approx(1.25, abs=1e-4)


def test_nmrpipe_that_is_transposed_or_complex(tmp_path):
    from nmrglue.fileio import pipe

    path = write_nmrpipe(tmp_path / "x.ft2", PLANE)
    header, points = pipe.read(str(path))
    header, points = turned(header, points)
    pipe.write(str(tmp_path / "t.ft2"), header, points, overwrite=True)
    spectrum = read_spectrum(tmp_path / "t.ft2")
    assert np.array_equal(spectrum.intensity, PLANE)
    same_shifts(spectrum)
    rows = np.repeat(PLANE, 2, axis=0)
    rows[1::2] = 99  # imaginary rows
    path = write_nmrpipe(tmp_path / "c.ft2", rows, FDF1QUADFLAG=0.0)
    assert np.array_equal(read_spectrum(path).intensity, PLANE)


def turned(header, points):
    """As NMRPipe's TP leaves it: the header's sizes, order and flag."""
    header["FDTRANSPOSED"] = 1.0
    header["FDDIMORDER"] = [1.0, 2.0, *header["FDDIMORDER"][2:]]
    header["FDDIMORDER1"], header["FDDIMORDER2"] = 1.0, 2.0
    header["FDSIZE"], header["FDSPECNUM"] = float(points.shape[0]), float(points.shape[1])
    return header, np.ascontiguousarray(points.T)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"FDDIMCOUNT": 1.0}, "a 1D NMRPipe file"),
        ({"FDF2FTFLAG": 0.0, "FDF1FTFLAG": 0.0}, "raw NMRPipe data"),
        ({"FDF1FTFLAG": 0.0}, "half processed NMRPipe data"),
        ({"FDDIMCOUNT": 3.0, "FDF3SIZE": 4.0}, "a 3D NMRPipe spectrum"),
        ({"FDDIMCOUNT": 7.0}, "a broken NMRPipe file"),
        ({"FDSIZE": 1e9, "FDSPECNUM": 1e9}, "announces 1000000000 × 1000000000 points"),
        ({"FDSPECNUM": 65.0}, "65 × 96 points are announced"),
        ({"FDSIZE": float("nan")}, "a broken NMRPipe file"),
        ({"FDF1OBS": 0.0}, "nuclei|axis from|¹³C"),
        ({"FDF2OBS": 0.0}, "without its frequency"),
    ],
)
def test_nmrpipe_headers_that_lie(tmp_path, change, said):
    path = tmp_path / "x.ft2"
    write_nmrpipe(path, PLANE)
    data = bytearray(path.read_bytes())
    where = {"FDDIMCOUNT": 9, "FDF2FTFLAG": 220, "FDF1FTFLAG": 222, "FDF3SIZE": 15, "FDSIZE": 99,
             "FDSPECNUM": 219, "FDF1OBS": 218,
             "FDF2OBS": 119}  # fmt: skip
    for name, value in change.items():
        data[4 * where[name] : 4 * where[name] + 4] = np.float32(value).tobytes()
    path.write_bytes(data)
    if said.startswith("nuclei"):
        return check_readable_or_refused(path)
    with pytest.raises(ReadError, match=said):
        read_spectrum(path)


def check_readable_or_refused(path):
    try:
        spectrum = read_spectrum(path)
    except ReadError as error:
        assert "\n" not in str(error)
        assert str(error).startswith(path.name)
        return
    assert np.isfinite(spectrum.intensity).all()
    assert np.isfinite([*spectrum.f1.edges, *spectrum.f2.edges]).all()


@pytest.mark.parametrize("kind", WRITERS)
def test_files_that_are_cut_short(tmp_path, kind):
    whole = WRITERS[kind](tmp_path / "x", PLANE).read_bytes()
    for keep in (13, 100, 200, 440, 2047, 2048, len(whole) - 4):
        (tmp_path / "x").write_bytes(whole[:keep])
        with pytest.raises(ReadError):
            read_spectrum(tmp_path / "x")


def test_sparky_headers_that_lie(tmp_path):
    whole = write_sparky(tmp_path / "x.ucsf", PLANE).read_bytes()
    for at, value, said in (
        (10, b"\x03", "a 3D Sparky spectrum"),
        (11, b"\x02", "complex numbers"),
        (180 + 8, b"\x7f\xff\xff\xff", "announces"),
        (180 + 16, b"\0\0\0\0", "tiles of 0"),
        (180 + 16, b"\x7f\xff\xff\xff", "points are announced"),
    ):
        (tmp_path / "x.ucsf").write_bytes(whole[:at] + value + whole[at + len(value) :])
        with pytest.raises(ReadError, match=said):
            read_spectrum(tmp_path / "x.ucsf")


@pytest.mark.parametrize("tile", [(1, 1), (5, 7), (64, 3)])
def test_sparky_tiles_of_any_size(tmp_path, tile):
    """Those at the end are filled up, also where the size is no multiple."""
    whole = write_sparky(tmp_path / "x.ucsf", PLANE).read_bytes()
    header = bytearray(whole[: 180 + 2 * 128])
    for at, side in zip((180 + 16, 308 + 16), tile, strict=True):
        header[at : at + 4] = side.to_bytes(4, "big")
    tiles = [-(-n // side) for n, side in zip(PLANE.shape, tile, strict=True)]
    padded = np.zeros([n * side for n, side in zip(tiles, tile, strict=True)], ">f4")
    padded[: PLANE.shape[0], : PLANE.shape[1]] = PLANE
    parts = [
        padded[r * tile[0] : (r + 1) * tile[0], c * tile[1] : (c + 1) * tile[1]].tobytes()
        for r in range(tiles[0])
        for c in range(tiles[1])
    ]
    (tmp_path / "t.ucsf").write_bytes(bytes(header) + b"".join(parts))
    expected = read_spectrum(tmp_path / "x.ucsf").intensity
    np.testing.assert_array_equal(read_spectrum(tmp_path / "t.ucsf").intensity, expected)


@pytest.mark.parametrize("factor", [1e33, 1e-36])
def test_points_at_the_ends_of_float32_are_refused(tmp_path, factor):
    """Sums, curvatures and levels of them would be infinite or nothing."""
    small = np.asarray(PLANE / np.abs(PLANE).max() * factor, np.float32)
    write_sparky(tmp_path / "x.ucsf", small)
    with pytest.raises(ReadError, match="a highest point of"):
        read_spectrum(tmp_path / "x.ucsf")


def jeol_processed(**more):
    rows, columns = PLANE.shape
    made = {
        "sections": [PLANE],
        "starts": (H.ppm(0, columns), C.ppm(0, rows)),
        "stops": (H.ppm(columns - 1, columns), C.ppm(rows - 1, rows)),
        "parameters": jdf_parameters(),
    }
    return Jdf(**{**made, **more})


def read_jdf(tmp_path, jdf):
    path = tmp_path / "x.jdf"
    path.write_bytes(jdf if isinstance(jdf, bytes) else jdf.bytes())
    return read_spectrum(path)


@pytest.mark.parametrize(("little", "single"), [(True, False), (False, False), (True, True)])
@pytest.mark.parametrize(
    ("types", "sections"),
    [
        ((1, 1), 1),
        ((REAL_COMPLEX, REAL_COMPLEX), 2),
        ((COMPLEX, 1), 2),
        ((COMPLEX, COMPLEX), 4),
    ],
)
def test_jeol_processed(tmp_path, little, single, types, sections):
    others = [PLANE * 0 + 9] * (sections - 1)
    made = jeol_processed(little=little, single=single, types=types, sections=[PLANE, *others])
    spectrum = read_jdf(tmp_path, made)
    assert np.array_equal(spectrum.intensity, PLANE)
    same_shifts(spectrum, tolerance=1e-9)
    assert spectrum.experiment is Experiment.HSQC
    assert spectrum.acquisition.solvent == "CHLOROFORM-D"
    assert spectrum.acquisition.title == "made"
    assert spectrum.acquisition.c_mhz == pytest.approx(150.9)


def test_jeol_data_between_offsets_in_hertz_and_small_tiles(tmp_path):
    rows, columns = PLANE.shape
    cut = jeol_processed(
        offsets=((10, 4), (columns - 6, rows - 2)),
        units=(HERTZ, HERTZ),
        starts=(H.ppm(10, columns) * H.mhz, C.ppm(4, rows) * C.mhz),
        stops=(H.ppm(columns - 6, columns) * H.mhz, C.ppm(rows - 2, rows) * C.mhz),
        edge=4,
        form=12,
    )
    spectrum = read_jdf(tmp_path, cut)
    assert np.array_equal(spectrum.intensity, PLANE[4:-1, 10:-5])
    assert spectrum.f2.step == pytest.approx(-H.width_hz / columns / H.mhz, abs=1e-12)
    assert spectrum.f1.step == pytest.approx(-C.width_hz / rows / C.mhz, abs=1e-12)


@pytest.mark.parametrize(
    ("jdf", "said"),
    [
        (jeol_processed(types=(COMPLEX, 0), sections=[PLANE, PLANE], form=1), "a 1D ¹H JEOL file"),
        (jeol_processed(types=(COMPLEX, 2)), "axes of the types"),
        (jeol_processed(units=(PPM, SECOND)), "half processed JEOL data of a ¹H–¹³C HSQC"),
        (jeol_processed(types=(COMPLEX, COMPLEX)), "points are announced"),
        (jeol_processed(offsets=((5, 5), (5, 5))), "data from"),
        (jeol_processed(offsets=((0, 0), (96, 63))), "data from"),
        (jeol_processed(parameters=jdf_parameters(Y_DOMAIN="Proton", Y_FREQ=600.13e6)), "¹H–¹H"),
        (jeol_processed(parameters={}), "a broken JEOL file"),
        (jeol_processed(units=(27, 27)), "an axis in radian"),
    ],
)
def test_other_jeol_files_are_named(tmp_path, jdf, said):
    with pytest.raises(ReadError, match=said):
        read_jdf(tmp_path, jdf)


def test_jeol_sizes_that_lie(tmp_path):
    whole = jeol_processed().bytes()
    for at, value, said in (
        (176, b"\x7f\xff\xff\xe0", "announces"),
        (1212, b"\x7f\xff\xff\xff", "broken JEOL file"),
        (1284, b"\x7f\xff\xff\xff", "points are announced"),
        (1368, b"\xff\xff\xff\x7f", "parameters announced"),
    ):
        with pytest.raises(ReadError, match=said):
            read_jdf(tmp_path, whole[:at] + value + whole[at + 4 :])
    # A scaler of 10^30 beside a text: nmrglue would multiply the text.
    at = 1360 + 16 + 64 * list(jdf_parameters()).index("SOLVENT") + 4
    spectrum = read_jdf(tmp_path, whole[:at] + b"\x1e\0" + whole[at + 2 :])
    assert spectrum.acquisition.solvent == "CHLOROFORM-D"
    for keep in (9, 1000, 1360, 1370, len(whole) - 8):
        with pytest.raises(ReadError):
            read_jdf(tmp_path, whole[:keep])


def test_texts_in_other_encodings_do_no_harm(tmp_path):
    pipe = bytearray(write_nmrpipe(tmp_path / "a", PLANE).read_bytes())
    pipe[1188:1194] = "Grüße".encode("latin-1") + b"\0"
    sparky = bytearray(write_sparky(tmp_path / "b", PLANE).read_bytes())
    sparky[49:54] = "Grüße".encode("latin-1")
    jdf = bytearray(
        jeol_processed(parameters=jdf_parameters(SAMPLE_ID="MARK"))
        .bytes()
        .replace(b"MARK", b"\x8a\xb4\xff!")
    )
    jdf[48:52] = "tüß!".encode("latin-1")
    for data in (pipe, sparky, jdf):
        (tmp_path / "x").write_bytes(data)
        assert np.array_equal(read_spectrum(tmp_path / "x").intensity, PLANE)


def test_headers_of_the_wrong_byte_order(tmp_path):
    jdf = bytearray(jeol_processed().bytes())
    jdf[8] = 0  # says big-endian, is little-endian
    sparky = bytearray(write_sparky(tmp_path / "b", PLANE).read_bytes())
    for start in (180, 308):
        numbers = np.frombuffer(bytes(sparky[start + 8 : start + 44]), ">u4")
        sparky[start + 8 : start + 44] = numbers.astype("<u4").tobytes()
    for data, said in (
        (jdf, "parameters announced"),
        (sparky, "announces 1073741824 × 1610612736 points"),
    ):
        (tmp_path / "x").write_bytes(data)
        with pytest.raises(ReadError, match=said):
            read_spectrum(tmp_path / "x")


@pytest.fixture(scope="module")
def seeds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds")
    small = PLANE[:32, :32]
    made = [write_nmrpipe(folder / "a", small), write_sparky(folder / "b", small)]
    jdf = jeol_processed(sections=[small])
    return [path.read_bytes() for path in made] + [jdf.bytes()]


@QUICK
@given(st.integers(0, 2), st.data())
def test_mutated_headers(tmp_path, seeds, which, data):
    seed = bytearray(seeds[which])
    header = len(seed) - 32 * 32 * (8 if which == 2 else 4)
    extremes = st.sampled_from(
        [b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\0\0\x80\x7f", b"\0\0\xc0\x7f"]
    )
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(12, header - 1))
        value = data.draw(extremes | st.binary(min_size=1, max_size=8))
        seed[at : at + len(value)] = value
    path = tmp_path / "m"
    path.write_bytes(bytes(seed[: data.draw(st.none() | st.integers(12, len(seed)))]))
    check_readable_or_refused(path)
