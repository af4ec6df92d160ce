"""Spectra of one sample find each other by name and folder."""

from __future__ import annotations

from dataclasses import replace

import pytest
from session_fakes import check_samples
from window_builders import packed

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.events import ChangeMade, SampleChanged
from nmrcam_qt.session.grouping import sample_name
from nmrcam_qt.session.session import Session

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC


def at(path, experiment=HSQC):
    made = packed(path.rpartition("/")[2].rpartition(".")[0], experiment)
    return replace(made, provenance=replace(made.provenance, path=path))


def groups(session):
    check_samples(session)
    return {session.samples[i].name: session.members(i) for i in session.samples}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/d/bmse000050_1H_13C_HSQC.png", "bmse000050_1H_13C"),
        ("/d/HSQC_7.png", "7"),
        ("/d/Tryptophan hsqc.csv", "Tryptophan"),
        ("/d/a_HSQC_b.csv", "a_b"),
        ("/d/Indole 12/HSQC.csv", "Indole 12"),
        ("HSQC.csv", "Sample"),
        ("/d/a\u202eb-hmbc.csv", "a?b"),
        (f"/d/{'x' * 500}_HSQC.csv", "x" * 200),
    ],
)
def test_names_of_samples(path, name):
    assert sample_name(at(path)) == name


def test_pairs_are_made_where_name_and_folder_agree():
    session = Session()
    session.add(
        [
            at("/d/a_HSQC.csv"),
            at("/d/a-hmbc.csv", HMBC),
            at("/e/b_HSQC.csv"),
            at("/d/b_HMBC.csv", HMBC),
            at("/d/c_HSQC.csv"),
            at("/d/c_hsqc.csv"),
            at("/d/x/HSQC.csv"),
            at("/d/x/HMBC.csv", HMBC),
        ]
    )
    assert groups(session) == {"a": (1, 2), "x": (7, 8)}


def test_a_partner_that_comes_later_joins_in_one_change():
    session, events = Session(), []
    session.add([at("/d/a_HSQC.csv"), at("/d/b_HSQC.csv")])
    session.rename(1, "My spectrum")
    session.subscribe(events.append)
    session.add([at("/d/a_HMBC.csv", HMBC)])
    assert groups(session) == {"a": (1, 3)}
    (change,) = [e.change for e in events if isinstance(e, ChangeMade)]
    assert SampleChanged(4) in events
    session.apply(change.inverse())
    assert len(session) == 2
    assert groups(session) == {}
    session.apply(change)
    session.add([at("/d/a_HSQC.csv")])
    assert groups(session) == {"a": (1, 3, 5)}


def test_it_does_not_matter_in_which_parts_files_are_read():
    spectra = [at("/d/a_HSQC.csv"), at("/d/a HMBC.csv", HMBC), at("/d/a-HSQC.csv")]
    whole, parts = Session(), Session()
    whole.add(spectra)
    for spectrum in spectra:
        parts.add([spectrum])
    assert [len(m) for m in groups(whole).values()] == [3]
    assert [len(m) for m in groups(parts).values()] == [3]


def test_saying_what_a_spectrum_is_completes_a_pair():
    session = Session()
    session.add([at("/d/a_HSQC.csv"), at("/d/a.csv", None), at("/d/b.csv", None)])
    assert groups(session) == {}
    session.set_experiment((2, 3), HMBC)
    assert groups(session) == {"a": (1, 2)}
    session.set_experiment((2,), HSQC)
    assert groups(session) == {"a": (1, 2)}, "what was grouped stays until the user says so"


def test_a_sample_goes_with_its_last_spectrum_and_an_unnamed_one_before():
    session, changes = Session(), []
    session.add([at("/d/a_HSQC.csv"), at("/d/a_HMBC.csv", HMBC)])
    session.add([at("/d/b_HSQC.csv"), at("/d/b_HMBC.csv", HMBC)])
    session.rename_sample(session.find(4).sample, "Mine")
    assert groups(session) == {"a": (1, 2), "Mine": (4, 5)}
    session.subscribe(lambda e: changes.append(e.change) if isinstance(e, ChangeMade) else None)
    session.remove((2, 5))
    assert groups(session) == {"Mine": (4,)}
    assert session.find(1).sample is None
    session.remove((4,))
    assert groups(session) == {}
    assert len(changes) == 2
    for change in reversed(changes):
        session.apply(change.inverse())
    assert groups(session) == {"a": (1, 2), "Mine": (4, 5)}


def test_group_and_ungroup():
    session = Session()
    session.add([at(f"/d/{name}.csv", e) for name, e in [("p", HSQC), ("q", HMBC), ("r", HMBC)]])
    first = session.group((2, 1))
    assert groups(session) == {"q": (1, 2)}
    assert session.group((3, 99), first) == first
    assert session.members(first) == (1, 2, 3)
    assert session.group((3,), first, "  My \n sample ") == first
    assert groups(session) == {"My sample": (1, 2, 3)}
    second = session.group((3,), name="Alone")
    assert groups(session) == {"My sample": (1, 2), "Alone": (3,)}
    session.group((3,), first)
    assert second not in session.samples
    session.ungroup((1, 2, 3))
    assert groups(session) == {}
    assert session.group((1,)) > second
    session.rename_sample(session.find(1).sample, "Other")
    session.rename_sample(session.find(1).sample, " ")
    assert groups(session) == {"p": (1,)}
    for wrong in [((), None), ((99,), None), ((1,), 77)]:
        with pytest.raises(ValueError, match="no s"):
            session.group(*wrong)
    session.rename_sample(77, "nobody")
    assert groups(session) == {"p": (1,)}
