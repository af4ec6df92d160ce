"""Processed Bruker spectra: points, axes of sample centres, what they are."""

from __future__ import annotations

import time

import numpy as np
import pytest
from bruker_builders import SF_C, SF_H, parameters, write_acquisition, write_processed

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment, SourceKind


def image_of(rows=32, columns=64, seed=0):
    return np.random.default_rng(seed).integers(-(10**6), 10**6, (rows, columns))


@pytest.mark.parametrize("dtype", ["<i4", ">i4", "<f8", ">f8"])
@pytest.mark.parametrize("block", [None, (8, 16), (32, 16), (4, 64)])
def test_points_of_every_type_and_submatrix(tmp_path, dtype, block):
    image = image_of()
    path = write_processed(tmp_path / "ds" / "3", image, dtype=dtype, block=block, nc=-4)
    spectrum = read_spectrum(path)
    np.testing.assert_array_equal(spectrum.intensity, (image / 16).astype(np.float32))
    assert spectrum.provenance.kind is SourceKind.INSTRUMENT
    assert spectrum.provenance.path == str(path)
    assert not spectrum.provenance.assumed


def test_points_are_those_of_nmrglue(tmp_path):
    import nmrglue

    path = write_processed(tmp_path / "3", image_of(64, 128), block=(16, 32), dtype=">i4", nc=-2)
    dic, data = nmrglue.bruker.read_pdata(str(path.parent), scale_data=True)
    spectrum = read_spectrum(path)
    np.testing.assert_allclose(spectrum.intensity, data, rtol=1e-6)
    for axis, number in ((spectrum.f1, 0), (spectrum.f2, 1)):
        # The carrier by OFFSET, as nmrglue does where there is no acqus.
        name = "proc2s" if number == 0 else "procs"
        units = nmrglue.fileio.fileiobase.unit_conversion(
            data.shape[number],
            False,
            dic[name]["SW_p"],
            dic[name]["SF"],
            dic[name]["OFFSET"] * dic[name]["SF"] - dic[name]["SW_p"] / 2,
        )
        assert axis.ppm(0.0) == pytest.approx(units.ppm(0), abs=1e-9)
        assert axis.ppm(17.0) == pytest.approx(units.ppm(17), abs=1e-9)


def test_offset_is_the_centre_of_the_first_point(tmp_path):
    """The figures of TopSpin's own JCAMP export of estragole's HMBC."""
    sw, si = 20449.8977505113, 512
    path = write_processed(
        tmp_path / "1", image_of(si, 16), offsets=(181.7047, 8.479295), widths=(sw, 3205.128)
    )
    f1 = read_spectrum(path).f1
    assert f1.first_ppm * SF_C == pytest.approx(22850.7809022829, abs=1e-3)
    assert f1.last_ppm * SF_C == pytest.approx(2440.82435831555, abs=1e-3)
    assert f1.step * SF_C == pytest.approx(-39.9412065439674, abs=1e-9)


def test_what_the_files_say_is_kept(tmp_path):
    path = write_processed(tmp_path / "strych" / "12", image_of(), procno=2)
    spectrum = read_spectrum(path)
    said = spectrum.acquisition
    assert (said.solvent, said.pulse_program) == ("CDCl3", "hsqcedetgpsisp2.3")
    assert (said.title, said.edited, said.magnitude) == ("strychnine", True, False)
    assert (said.h_mhz, said.c_mhz) == (SF_H, SF_C)
    assert spectrum.name == "strych 12/2 – hsqcedetgpsisp2.3"
    assert spectrum.experiment is Experiment.HSQC


@pytest.mark.parametrize(
    ("program", "experiment", "edited"),
    [
        ("hsqcetgp", Experiment.HSQC, False),
        ("hmqcgpqf", Experiment.HSQC, False),
        ("hmbcetgpl3nd", Experiment.HMBC, None),
        ("hsqcdietgpsisp.2", None, None),
        ("h2bcetgpl3", None, None),
    ],
)
def test_experiments_by_their_pulse_programs(tmp_path, program, experiment, edited):
    spectrum = read_spectrum(write_processed(tmp_path / "x" / "1", image_of(), program=program))
    assert spectrum.experiment is experiment
    assert spectrum.acquisition.edited is edited
    if experiment is None:
        assert any("measured as" in note for note in spectrum.provenance.notes)


def test_magnitudes_are_known_by_the_parameters_or_the_signs(tmp_path):
    plain = read_spectrum(write_processed(tmp_path / "1", image_of(), program="hmbcgplpndqf"))
    assert plain.acquisition.magnitude is False
    stored = write_processed(
        tmp_path / "2", image_of(), program="hmbcgplpndqf", proc2s={"PH_mod": 2}
    )
    assert read_spectrum(stored).acquisition.magnitude is True
    bare = write_processed(tmp_path / "3", np.abs(image_of()), program="hmbcgplpndqf")
    assert read_spectrum(bare).acquisition.magnitude is True


def test_the_direct_dimension_may_be_carbon(tmp_path):
    image = image_of()
    path = write_processed(
        tmp_path / "1",
        image,
        program="hxcoqf",
        f1="1H",
        f2="13C",
        offsets=(10.0, 160.0),
        widths=(5000.0, 20000.0),
    )
    spectrum = read_spectrum(path)
    np.testing.assert_array_equal(spectrum.intensity, image.T.astype(np.float32))
    assert spectrum.f2.first_ppm == 10.0 and spectrum.f1.first_ppm == 160.0
    assert any("turned" in note for note in spectrum.provenance.notes)


def test_a_strip_is_told_by_the_length(tmp_path):
    path = write_processed(
        tmp_path / "1", image_of(32, 64), procs={"SI": 256, "STSI": 64, "STSR": 128}
    )
    spectrum = read_spectrum(path)
    step = 5000.0 / SF_H / 256
    assert spectrum.f2.first_ppm == pytest.approx(10.0 - 128 * step)
    assert spectrum.f2.step == pytest.approx(-step)
    assert any("strip" in note for note in spectrum.provenance.notes)


@pytest.mark.parametrize("of_the_strip", [False, True])
def test_a_strip_whose_width_is_still_the_whole_one(tmp_path, of_the_strip):
    step = 5000.0 / SF_H / 256
    strip = {"FTSIZE": 256, "STSI": 64, "STSR": 128}
    if of_the_strip:
        strip["OFFSET"] = 10.0 - 128 * step
    path = write_processed(tmp_path / "1", image_of(32, 64), procs=strip)
    sfo = SF_H * (1 + (10.0 - 5000.0 / SF_H / 2) * 1e-6)
    acqus = parameters(NUC1="<1H>", PULPROG="<hsqcetgp>", SFO1=f"{sfo:.9f}", SW=5000.0 / sfo)
    (tmp_path / "1" / "acqus").write_text(acqus)
    f2 = read_spectrum(path).f2
    assert f2.first_ppm == pytest.approx(10.0 - 128 * step)
    assert f2.step == pytest.approx(-step)


@pytest.mark.parametrize(
    ("kwargs", "sentence"),
    [
        ({"f1": "1H", "program": "cosygpqf"}, "a ¹H–¹H COSY (pulse program cosygpqf)"),
        ({"f1": "1H", "program": "dipsi2esgpph"}, "a ¹H–¹H TOCSY"),
        ({"f1": "1H", "program": "ledbpgp2s"}, "a ¹H DOSY"),
        ({"f1": "15N", "program": "hsqcetgp"}, "a ¹H–¹⁵N HSQC"),
        ({"procs": {"SW_p": 0}}, "no usable SW_p in procs"),
        ({"proc2s": {"SF": "nan"}}, "no usable SF in proc2s"),
        ({"proc2s": {"OFFSET": 1e9}}, "axis from"),
        ({"procs": {"SI": -4}}, "SI = -4 in procs"),
        ({"procs": {"SI": 2**60}}, "SI = 1152921504606846976"),
        ({"procs": {"DTYPP": 7}}, "DTYPP = 7"),
        ({"procs": {"NC_proc": 5000}}, "NC_proc = 5000"),
        ({"procs": {"SI": 63}}, "too long"),
        ({"proc2s": {"SI": 4096}}, "cut short"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, kwargs, sentence):
    path = write_processed(tmp_path / "ds" / "7", image_of(), **kwargs)
    with pytest.raises(ReadError) as caught:
        read_spectrum(path)
    assert sentence in str(caught.value)
    assert "ds 7: " in str(caught.value) and "\n" not in str(caught.value)


def test_missing_files_are_named(tmp_path):
    path = write_processed(tmp_path / "ds" / "7", image_of())
    (path.parent / "proc2s").unlink()
    with pytest.raises(ReadError, match="without their proc2s"):
        read_spectrum(path)
    for name in ("2ri", "1i"):
        (path.parent / name).write_bytes(b"1234")
        with pytest.raises(ReadError, match="imaginary part"):
            read_spectrum(path.parent / name)
    path.write_bytes(b"")
    with pytest.raises(ReadError, match="the file is empty"):
        read_spectrum(path)


def test_without_acquisition_parameters_the_title_or_the_user_says_the_experiment(tmp_path):
    path = write_processed(tmp_path / "7", image_of())
    for name in ("acqus", "acqu2s"):
        (tmp_path / "7" / name).unlink()
    assert read_spectrum(path).experiment is None
    told = read_spectrum(path, ReadOptions(experiment=Experiment.HMBC))
    assert told.experiment is Experiment.HMBC
    (path.parent / "title").write_text("HMBC of strychnine")
    spectrum = read_spectrum(path)
    assert spectrum.experiment is Experiment.HMBC
    assert any("title" in clause for clause in spectrum.provenance.assumed)


def test_crlf_latin1_and_many_lines_are_read(tmp_path):
    path = write_processed(tmp_path / "7", image_of())
    text = parameters(
        PULPROG="<hsqcetgp>", NUC1="<1H>", SOLVENT="<Aceton/Wärme>", D="(0..3)\n1 2\n3"
    )
    (tmp_path / "7" / "acqus").write_bytes(text.replace("\n", "\r\n").encode("latin-1"))
    write = read_spectrum(path).acquisition
    assert (write.solvent, write.pulse_program) == ("Aceton/Wärme", "hsqcetgp")


def test_a_large_spectrum_is_read_quickly(tmp_path):
    image = image_of(1024, 2048)
    path = write_processed(tmp_path / "1", image, block=(64, 128))
    began = time.process_time()
    spectrum = read_spectrum(path)
    seconds = time.process_time() - began
    assert spectrum.intensity.shape == (1024, 2048)
    assert seconds < 3.0, f"{seconds:.2f} s; 0.1 on a quiet machine"


def test_the_sample_of_a_cosy_is_refused(samples_dir):
    folder = samples_dir / "instrument" / "bruker_cosy"
    for path in (folder, folder / "pdata" / "1", folder / "pdata" / "1" / "2rr"):
        with pytest.raises(ReadError, match="a ¹H–¹H COSY \\(pulse program iufcosy-pr\\)"):
            read_spectrum(path)


def test_the_points_of_the_cosy_sample_are_those_of_nmrglue(samples_dir):
    """Its 2rr is real TopSpin output: byte order, submatrices and NC_proc as they come."""
    import nmrglue

    from nmrcam_qt.core.readers.bruker import Described, FolderFiles, Place
    from nmrcam_qt.core.readers.bruker.processed import read_processed

    folder = samples_dir / "instrument" / "bruker_cosy"
    measured = read_processed(Described(FolderFiles(folder), Place("pdata/1/2rr")))
    dic, data = nmrglue.bruker.read_pdata(str(folder / "pdata" / "1"), scale_data=True)
    np.testing.assert_allclose(measured.points, data, rtol=1e-6)
    assert measured.columns.first_ppm == dic["procs"]["OFFSET"]
    assert measured.acquisition.magnitude is True
    # The diagonal: strong points have the same shift in both dimensions.
    rows, columns = np.nonzero(measured.points > 0.5 * measured.points.max())
    f1 = np.linspace(measured.rows.first_ppm, measured.rows.last_ppm, data.shape[0])
    f2 = np.linspace(measured.columns.first_ppm, measured.columns.last_ppm, data.shape[1])
    assert np.median(np.abs(f1[rows] - f2[columns])) < 0.1


def test_parameters_without_acquisition_files_still_name_the_nuclei(tmp_path):
    write_acquisition(tmp_path / "9", "cosygpqf", "1H")
    path = write_processed(tmp_path / "9", image_of(), program="cosygpqf", f1="1H")
    (tmp_path / "9" / "acqus").unlink()
    with pytest.raises(ReadError, match="a ¹H–¹H 2D spectrum"):
        read_spectrum(path)
