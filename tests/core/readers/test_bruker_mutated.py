"""Bruker data with changed parameters and bytes: a spectrum or one sentence, never more."""

from __future__ import annotations

import re
import time

import numpy as np
import pytest
from bruker_builders import time_signals, write_processed, write_raw
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.processing import Scheme
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.bruker.parameters import first_line, parse_parameters

resource = pytest.importorskip("resource")
WIDTHS = (20000.0, 5000.0)
SLOW_S = 10.0
NUMBERS = st.one_of(
    st.integers(-(2**65), 2**65),
    st.floats(),
    st.sampled_from([0, 1, 2, 3, 4, 7, 31, 64, 1e-300, 1e300, "", "<>", "off", "nan", "1e999"]),
)
PROCESSED = [
    *("SI", "XDIM", "SF", "SW_p", "OFFSET", "NC_proc", "BYTORDP", "DTYPP", "STSI", "STSR"),
    *("AXNUC", "PH_mod"),
]
RAW = [
    *("TD", "SW", "SW_h", "SFO1", "BF1", "GRPDLY", "DECIM", "DSPFVS", "DTYPA", "BYTORDA"),
    *("FnMODE", "AQ_mod", "FnTYPE", "NUC1", "PULPROG", "PARMODE"),
]
OF_PROCS = ["SI", "SF", "WDW", "SSB", "LB", "GB", "PHC0", "PHC1", "MC2", "REVERSE"]
CALM = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def put(path, name, value):
    """Set a parameter in a file."""
    text = re.sub(rf"^##\${name}=.*\n", "", path.read_text("utf-8"), flags=re.MULTILINE)
    path.write_text(text.replace("##END=", f"##${name}= {value}\n##END="), "utf-8")


def attempt(path):
    """Read; memory and time stay small whatever the header says."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    try:
        spectrum = read_spectrum(path)
    except ReadError as error:
        assert "\n" not in str(error) and len(str(error)) < 1000
    else:
        assert np.isfinite(spectrum.intensity).all()
        assert np.isfinite([*spectrum.f1.edges, *spectrum.f2.edges]).all()
    assert time.process_time() - began < SLOW_S
    # kB on Linux: the largest processed spectrum that a header can ask for has 32 Mpoints.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_500_000


@CALM
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(["procs", "proc2s"]), st.sampled_from(PROCESSED), NUMBERS),
        min_size=1,
        max_size=3,
    )
)
@example(changes=[("procs", "SI", 2**31), ("proc2s", "SI", 2**31)])
@example(changes=[("procs", "OFFSET", 1e308), ("procs", "SF", 1e-308)])
def test_processed_headers(tmp_path_factory, changes):
    folder = tmp_path_factory.mktemp("p")
    path = write_processed(folder / "1", np.arange(-512, 512).reshape(16, 64))
    for file, name, value in changes:
        put(path.parent / file, name, value)
    attempt(path)


@CALM
@given(
    changes=st.lists(
        st.one_of(
            st.tuples(st.sampled_from(["acqus", "acqu2s"]), st.sampled_from(RAW), NUMBERS),
            st.tuples(
                st.sampled_from(["pdata/1/procs", "pdata/1/proc2s"]),
                st.sampled_from(OF_PROCS),
                NUMBERS,
            ),
        ),
        min_size=1,
        max_size=3,
    ),
    scheme=st.sampled_from(list(Scheme)),
)
@example(changes=[("acqus", "TD", 2**40)], scheme=Scheme.STATES)
@example(changes=[("acqus", "GRPDLY", 1e9)], scheme=Scheme.STATES)
def test_raw_headers(tmp_path_factory, changes, scheme):
    folder = tmp_path_factory.mktemp("r")
    fid = time_signals([(1000.0, 300.0, 1e5)], scheme, (16, 64), WIDTHS)
    path = write_raw(folder / "1", fid, scheme, procs={"SI": 128}, proc2s={"SI": 64})
    for file, name, value in changes:
        put(folder / "1" / file, name, value)
    attempt(path)


@CALM
@given(data=st.data())
def test_bytes_of_parameter_files(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("b")
    path = write_processed(folder / "1", np.arange(-512, 512).reshape(16, 64))
    victim = data.draw(
        st.sampled_from(["pdata/1/procs", "pdata/1/proc2s", "acqus", "acqu2s", "pdata/1/title"])
    )
    content = bytearray((folder / "1" / victim).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (folder / "1" / victim).write_bytes(content[: data.draw(st.integers(0, len(content)))])
    attempt(path)


@CALM
@given(content=st.binary(max_size=400))
def test_rubbish_as_parameters(content):
    parsed = parse_parameters(content)
    assert all(isinstance(parsed.text(name), str) for name in parsed.values)
    assert "\n" not in first_line(content)


@pytest.mark.parametrize("cut", [1, 3, 4, 4095])
def test_points_that_are_cut_short(tmp_path, cut):
    path = write_processed(tmp_path / "1", np.arange(-512, 512).reshape(16, 64))
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(ReadError, match="cut short"):
        read_spectrum(path)


def test_a_parameter_file_of_a_gigabyte_is_not_read(tmp_path):
    path = write_processed(tmp_path / "1", np.arange(-512, 512).reshape(16, 64))
    with (path.parent / "procs").open("r+b") as handle:
        handle.truncate(1_000_000_000)  # a sparse file
    with pytest.raises(ReadError, match="procs"):
        read_spectrum(path)


def test_pathological_text_takes_no_time():
    began = time.process_time()
    parse_parameters(b"##$A= " + b"\n$" * 900_000)
    parse_parameters(b"##$A=\n" * 300_000)
    parse_parameters(b"##" * 900_000)
    assert time.process_time() - began < 5


def test_wrong_endian_points_are_a_spectrum_or_a_sentence(tmp_path):
    path = write_processed(tmp_path / "1", np.arange(-512, 512).reshape(16, 64), dtype="<f8")
    put(path.parent / "procs", "BYTORDP", 1)
    attempt(path)
