"""HSQC and HMBC of one Bruker data set are one sample."""

from __future__ import annotations

from dataclasses import replace

import pytest
from instrument_builders import instrument

from nmrcam_qt.session.grouping import pair_key, sample_name
from nmrcam_qt.session.packing import pack


def bruker(path: str, name: str, kind: str = "Bruker processed data (2rr)"):
    made = instrument(name=name, rows=8, columns=8)
    return pack(replace(made, provenance=replace(made.provenance, path=path, format=kind)))


HSQC = bruker("/d/gossypol/3/pdata/1/2rr", "gossypol 3 – hsqcedetgpsisp2.3")


@pytest.mark.parametrize(
    ("path", "name", "same"),
    [
        ("/d/gossypol/4/pdata/1/2rr", "gossypol 4 – hmbcgplpndqf", True),
        ("/d/gossypol/4/ser", "gossypol 4 – hmbcgplpndqf", True),
        ("/d/gossypol/14/pdata/2/2rr", "gossypol 14/2 – hmbcetgpl3nd", True),
        ("/d/quercetin/4/pdata/1/2rr", "quercetin 4 – hmbcgplpndqf", False),
        ("/e/gossypol/4/pdata/1/2rr", "gossypol 4 – hmbcgplpndqf", False),
    ],
)
def test_experiments_of_one_data_set_are_a_pair(path, name, same):
    assert (pair_key(bruker(path, name)) == pair_key(HSQC)) is same
    assert sample_name(HSQC) == "gossypol"


def test_experiments_that_are_named_folders_pair_by_their_names():
    hsqc = bruker("/d/HSQC_12/pdata/1/2rr", "HSQC_12 – hsqcetgp")
    hmbc = bruker("/d/HMBC_12/pdata/1/2rr", "HMBC_12 – hmbcgpndqf")
    other = bruker("/d/HMBC_13/pdata/1/2rr", "HMBC_13 – hmbcgpndqf")
    assert pair_key(hsqc) == pair_key(hmbc) != pair_key(other)
    numbered = bruker("/d/sample 12/pdata/1/2rr", "sample 12 – hsqcetgp")
    assert pair_key(numbered) != pair_key(bruker("/d/sample 13/pdata/1/2rr", "sample 13 – hmbc"))
    assert sample_name(numbered) == "sample 12"


def test_in_an_archive_the_data_set_counts_and_pictures_keep_their_names():
    kind = "Bruker raw data (ser), processed by nmrcam"
    hsqc = bruker("/d/a.zip", "gossypol 3 – hsqcetgp", kind)
    hmbc = bruker("/d/a.zip", "gossypol 4 – hmbcgpndqf", kind)
    assert pair_key(hsqc) == pair_key(hmbc)
    a, b = (bruker(f"/d/{n}.png", n, "PNG picture") for n in ("set 3 – hsqc", "set 4 – hmbc"))
    assert pair_key(a) != pair_key(b)
