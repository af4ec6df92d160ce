"""Spectra in archives, also in hostile ones."""

from __future__ import annotations

import gzip
import io
import os
import struct
import tarfile
import time
import zipfile

import numpy as np
import pytest
from bruker_builders import tar_of, tarred, write_1d, write_processed, zipped
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nmrcam_qt.core.errors import AmbiguousError, ReadError
from nmrcam_qt.core.readers import archives, read_spectrum
from nmrcam_qt.core.readers.archives import clean_name
from nmrcam_qt.core.readers.options import ReadOptions, file_sha256
from nmrcam_qt.core.readers.tar_index import TarError, members

IMAGE = np.random.default_rng(1).integers(-1000, 1000, (16, 32))
LIST = "1H,13C\n7.26,128.4\n3.85,55.2\n"


@pytest.fixture
def data_set(tmp_path):
    root = tmp_path / "gossypol"
    write_1d(root / "1")
    write_processed(root / "3", IMAGE, program="hsqcedetgp")
    return root


def packings(root, tmp_path):
    yield zipped(root, tmp_path / "a.zip")
    for mode, suffix in (("w", "tar"), ("w:gz", "tar.gz"), ("w:bz2", "tbz2")):
        yield tarred(root, tmp_path / f"a.{suffix}", mode)


def test_the_only_spectrum_is_taken_from_every_kind_of_archive(data_set, tmp_path):
    before = set(tmp_path.rglob("*"))
    for path in packings(data_set, tmp_path):
        spectrum = read_spectrum(path)
        np.testing.assert_array_equal(spectrum.intensity, IMAGE.astype(np.float32))
        assert spectrum.name == "gossypol 3 – hsqcedetgp"
        assert spectrum.provenance.path == str(path)
        assert spectrum.provenance.sha256 == file_sha256(path)
        first, second = spectrum.provenance.notes[:2]
        assert first == "gossypol/3/pdata/1 in the archive"
        assert "1 – a 1D ¹H spectrum" in second
        before.add(path)
    assert set(tmp_path.rglob("*")) == before, "nothing is unpacked"


def test_several_are_a_question_and_the_answer_is_taken(data_set, tmp_path):
    write_processed(data_set / "4", -IMAGE, program="hmbcgplpndqf")
    (data_set / "peaks_hsqc.csv").write_text(LIST)
    (data_set / "3" / "pdata" / "1" / "peaklist.xml").write_text("<x/>")
    for path in packings(data_set, tmp_path):
        with pytest.raises(AmbiguousError) as caught:
            read_spectrum(path)
        choices = caught.value.choices
        assert caught.value.option == "part"
        assert choices == (
            "gossypol/3/pdata/1 · hsqcedetgp · ¹H–¹³C",
            "gossypol/4/pdata/1 · hmbcgplpndqf · ¹H–¹³C",
            "gossypol/peaks_hsqc.csv",
        )
        second = read_spectrum(path, ReadOptions(part=choices[1]))
        np.testing.assert_array_equal(second.intensity, -IMAGE.astype(np.float32))
        peaks = read_spectrum(path, ReadOptions(part=choices[2]))
        assert peaks.peaks.h_ppm.tolist() == [7.26, 3.85]
        assert peaks.provenance.path == str(path)
        assert peaks.name == "peaks_hsqc"
        with pytest.raises(ReadError, match="no part 'x'"):
            read_spectrum(path, ReadOptions(part="x"))


def test_an_archive_at_the_experiment_itself(data_set, tmp_path):
    with zipfile.ZipFile(tmp_path / "exp.zip", "w") as archive:
        for file in (data_set / "3").rglob("*"):
            if file.is_file():
                archive.write(file, file.relative_to(data_set / "3"))
    assert read_spectrum(tmp_path / "exp.zip").name == "exp – hsqcedetgp"


def test_workbooks_are_no_archives(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["1H", "13C"])
    book.active.append([7.26, 128.4])
    book.save(tmp_path / "peaks.xlsx")
    assert read_spectrum(tmp_path / "peaks.xlsx").provenance.format != ""


def test_nothing_in_it(tmp_path):
    tar_of({"readme.md": b"x"}, tmp_path / "a.tar")
    with pytest.raises(ReadError, match="no spectrum in it"):
        read_spectrum(tmp_path / "a.tar")
    tar_of({"x.fid/fid": b"x", "x.fid/procpar": b"x"}, tmp_path / "v.tar")
    with pytest.raises(ReadError, match="Varian data in an archive"):
        read_spectrum(tmp_path / "v.tar")


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("ds/3/acqus", "ds/3/acqus"),
        ("./ds//3/acqus", "ds/3/acqus"),
        ("ds\\3\\acqus", "ds/3/acqus"),
        ("/etc/passwd", ""),
        ("C:\\x\\2rr", ""),
        ("__MACOSX/ds/3/acqus", ""),
        ("ds/.hidden/2rr", ""),
        ("ds/../../2rr", ""),
        ("..", ""),
        ("a\nb/2rr", ""),
        ("x" * 2000, ""),
    ],
)
def test_names_that_lead_elsewhere_do_not_exist(name, clean):
    assert clean_name(name) == clean


def test_traversal_and_links_touch_nothing(tmp_path):
    outside = tmp_path / "inner" / "a.tar"
    outside.parent.mkdir()
    tar_of({"../evil_hsqc.csv": LIST.encode(), "/abs_hsqc.csv": LIST.encode()}, outside)
    with pytest.raises(ReadError, match="no spectrum in it"):
        read_spectrum(outside)
    with tarfile.open(outside, "w") as archive:
        link = tarfile.TarInfo("passwd_hsqc.csv")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    with pytest.raises(ReadError, match="no spectrum in it"):
        read_spectrum(outside)
    with zipfile.ZipFile(tmp_path / "l.zip", "w") as archive:
        info = zipfile.ZipInfo("passwd_hsqc.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    with pytest.raises(ReadError, match="no spectrum in it"):
        read_spectrum(tmp_path / "l.zip")
    assert not (tmp_path / "evil_hsqc.csv").exists()


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("bomb_hsqc.csv", "w", force_zip64=True) as stream,
    ):
        for _ in range(400):
            stream.write(bytes(1_000_000))
    began = time.process_time()
    with pytest.raises(ReadError, match="has 400000000 bytes; expected at most"):
        read_spectrum(tmp_path / "b.zip")
    assert time.process_time() - began < 2


def test_a_member_that_is_longer_than_it_says(tmp_path):
    path = tmp_path / "lie.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_hsqc.csv", LIST * 100)
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 50)
    path.write_bytes(data)
    with pytest.raises(ReadError):
        read_spectrum(path)


def test_a_packed_tar_that_never_ends(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 3_000_000)
    path = tmp_path / "big.tar.gz"
    tar_of({"zeros.bin": bytes(10_000_000)}, tmp_path / "big.tar")
    path.write_bytes(gzip.compress((tmp_path / "big.tar").read_bytes(), 1))
    with pytest.raises(ReadError, match="unpacked"):
        read_spectrum(path)


def test_too_many_files_and_a_lying_directory(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILES", 50)
    tar_of({f"{n}.bin": b"x" for n in range(60)}, tmp_path / "many.tar")
    with pytest.raises(ReadError, match="more than 50 files"):
        read_spectrum(tmp_path / "many.tar")
    path = tmp_path / "many.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a_hsqc.csv", LIST)
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.rfind(b"PK\x05\x06") + 12, 0x7FFFFFFF)
    path.write_bytes(data)
    with pytest.raises(ReadError, match="a zip archive that cannot be read"):
        read_spectrum(path)


def test_hundreds_of_experiments_do_not_take_minutes(tmp_path):
    """The directory of a zip was read for every file; a packed tar unpacked for every one."""
    root = tmp_path / "long"
    write_processed(root / "1", IMAGE, program="hsqcedetgp")
    content = {
        path.relative_to(root / "1").as_posix(): path.read_bytes()
        for path in (root / "1").rglob("*")
        if path.is_file()
    }
    content["acqus"] += b"##$LONG= " + b"0 " * 150_000 + b"\n"
    many = {f"{n}/{name}": data for n in range(60) for name, data in content.items()}
    tar_of(many, tmp_path / "many.tar")
    packed = tmp_path / "many.tgz"
    packed.write_bytes(gzip.compress((tmp_path / "many.tar").read_bytes(), 1))
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for name, data in many.items():
            archive.writestr(name, data)
        for n in range(8000):
            archive.writestr(f"more/{n}", b"")
    for path in (packed, tmp_path / "many.zip"):
        begin = time.process_time()
        with pytest.raises(AmbiguousError, match="several") as asked:
            read_spectrum(path)
        assert time.process_time() - begin < 12, "was minutes"
        assert len(asked.value.choices) == 60
        assert str(asked.value).endswith(" and 40 more (--part)")


@pytest.mark.parametrize("suffix", ["zip", "tgz"])
def test_parameter_files_without_end_are_refused(data_set, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(archives, "MAX_PARAMETERS", 100)
    if suffix == "zip":
        path = zipped(data_set, tmp_path / "a.zip")
    else:
        path = tarred(data_set, tmp_path / "a.tgz", "w:gz")
    with pytest.raises(ReadError, match="parameter files; unpack it"):
        read_spectrum(path)


def test_archives_in_archives_are_refused(tmp_path):
    """Four hundred of them, each in the next, exhausted the stack."""
    blob = LIST.encode()
    for _ in range(2):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w") as archive:
            archive.writestr("a_hsqc.csv", blob)
        blob = made.getvalue()
    path = tmp_path / "nested.zip"
    path.write_bytes(blob)
    with pytest.raises(ReadError, match="is an archive in the archive"):
        read_spectrum(path)


def test_an_encrypted_member_is_said(tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a_hsqc.csv", LIST)
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(mark) + offset] |= 1
    path.write_bytes(data)
    with pytest.raises(ReadError, match="encrypted"):
        read_spectrum(path)


def test_a_name_without_end_is_not_quoted(tmp_path):
    """The local header of a member says another name, of ten thousand bytes."""
    path = tmp_path / "n.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a_hsqc.csv", LIST * 1000)
    data = bytearray(path.read_bytes())
    struct.pack_into("<H", data, 26, 10_000)
    path.write_bytes(data)
    with pytest.raises(ReadError) as refused:
        read_spectrum(path)
    assert len(str(refused.value)) < 500


def test_a_tar_header_may_not_claim_memory():
    info = tarfile.TarInfo("x")
    info.size = 1 << 33
    info.type = tarfile.GNUTYPE_LONGNAME
    stream = io.BytesIO(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(TarError, match="a header of"):
        list(members(stream, lambda _: True))


def test_names_of_every_dialect_of_tar(tmp_path):
    long = "very_long_folder_" * 12 + "/x_hsqc.csv"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        with tarfile.open(tmp_path / "a.tar", "w", format=form) as archive:
            info = tarfile.TarInfo(long)
            info.size = len(LIST)
            archive.addfile(info, io.BytesIO(LIST.encode()))
        assert len(read_spectrum(tmp_path / "a.tar").peaks) == 2


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_archives_are_refused_or_read(tmp_path_factory, data):
    """Whatever byte is changed or cut: a spectrum, or one sentence."""
    folder = tmp_path_factory.getbasetemp() / "mutated"
    if not folder.exists():
        write_processed(folder / "ds" / "3", IMAGE)
        (folder / "ds" / "p_hsqc.csv").write_text(LIST)
        list(packings(folder / "ds", folder))
    name = data.draw(st.sampled_from(["a.zip", "a.tar", "a.tar.gz", "a.tbz2"]))
    content = bytearray((folder / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(1, len(content))))
    target = folder / f"m{os.getpid()}_{name}"
    target.write_bytes(content[:cut])
    try:
        read_spectrum(target)
    except ReadError as error:
        assert "\n" not in str(error)
