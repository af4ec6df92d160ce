"""What an experiment is by the name of its pulse program and by its nuclei."""

from __future__ import annotations

import pytest

from nmrcam_qt.core.readers.pulse_programs import (
    in_words,
    nucleus_by_frequency,
    plain_nucleus,
    pulse_program,
    written,
)
from nmrcam_qt.core.spectrum import Experiment

# Names of Bruker, then of Varian, then of JEOL.
HSQC = ("hsqcetgp", "hsqcetgpsisp2.2", "hsqcgpph", "invietgpsi", "inv4gp", "hmqcgpqf", "hxcoqf")
HSQC += ("gHSQC", "HSQCAD", "gHMQC", "hetcor", "hsqc_dec_phase_pfgzz", "hsqc_shaped_pulses")
EDITED = ("hsqcedetgp", "hsqcedetgpsisp2.3", "shsqcedetgpsisp2.2", "hsqc_dec_phase_edited")
HMBC = ("hmbcgplpndqf", "hmbcetgpl3nd", "inv4lplrnd", "gHMBC", "HMBCAD", "hmbc_pfg", "hsqmbc")
OTHER = {
    "cosygpqf": "COSY",
    "gCOSY": "COSY",
    "noesygpph": "NOESY",
    "roesyphpr.2": "ROESY",
    "mlevphpp": "TOCSY",
    "dipsi2esgpph": "TOCSY",
    "hsqcdietgpsi": "HSQC-TOCSY",
    "hsqcetgpml": "HSQC-TOCSY",
    "HSQCTOXY": "HSQC-TOCSY",
    "hsqcdiedetgpsisp.1": "HSQC-TOCSY",
    "h2bcetgpl3pr": "H2BC",
    "jresqf": "J-resolved spectrum",
    "ledbpgp2s": "DOSY",
    "stebpgp1s19": "DOSY",
    "dstebpgp3s": "DOSY",
    "inadphsp": "INADEQUATE",
    "adeq11etgpsp": "ADEQUATE",
    "zg30": "",
    "": "",
}


@pytest.mark.parametrize("name", HSQC)
def test_hsqc(name):
    assert pulse_program(name).experiment is Experiment.HSQC
    assert pulse_program(name).edited is None


@pytest.mark.parametrize("name", EDITED)
def test_edited_hsqc(name):
    assert pulse_program(name).experiment is Experiment.HSQC
    assert pulse_program(name).edited is True


@pytest.mark.parametrize("name", HMBC)
def test_hmbc(name):
    assert pulse_program(name).experiment is Experiment.HMBC
    assert pulse_program(name).edited is None


@pytest.mark.parametrize(("name", "kind"), OTHER.items())
def test_everything_else(name, kind):
    assert pulse_program(name).kind == kind
    assert pulse_program(name).experiment is None


@pytest.mark.parametrize(
    ("text", "nucleus"),
    [
        ("^13C", "13C"),
        ("<1H>", "1H"),
        ("C13", "13C"),
        ("h1", "1H"),
        (" 15N ", "15N"),
        ("Carbon13", "13C"),
        ("Proton", "1H"),
        ("C", "13C"),
        ("<off>", ""),
        ("", ""),
        ("X", "X"),
        ("13Ca", "13Ca"),
    ],
)
def test_spellings_of_nuclei(text, nucleus):
    assert plain_nucleus(text) == nucleus


def test_nuclei_by_frequency_and_as_written():
    assert nucleus_by_frequency(125.77, 500.13) == "13C"
    assert nucleus_by_frequency(50.68, 500.13) == "15N"
    assert nucleus_by_frequency(202.46, 500.13) == ""
    assert nucleus_by_frequency(125.77, 0.0) == ""
    assert (written("13C"), written("1H"), written("")) == ("¹³C", "¹H", "")


@pytest.mark.parametrize(
    ("f2", "f1", "name", "words"),
    [
        ("1H", "1H", "cosygpqf", "a ¹H–¹H COSY (pulse program cosygpqf)"),
        ("1H", "15N", "", "a ¹H–¹⁵N 2D spectrum"),
        ("1H", "", "ledbpgp2s", "a ¹H DOSY (pulse program ledbpgp2s)"),
        ("1H", "", "", "a ¹H–? 2D spectrum"),
        ("", "", "hmbcgplpndqf", "an HMBC of nuclei that the file does not name"),
    ],
)
def test_in_words(f2, f1, name, words):
    assert in_words(f2, f1, pulse_program(name)).startswith(words)
