"""Names that are alike are cut so that their difference is seen."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nmrcam_qt.session.short_names import DOTS, told_apart


def fits(most):
    return lambda text: len(text) <= most


@pytest.mark.parametrize(
    ("name", "rivals", "most", "shown"),
    [
        (
            "plate_07_well_A03_hsqc_600MHz",
            ["plate_07_well_B11_hsqc_600MHz"],
            18,
            "plate_0…A03…600MHz",
        ),
        (
            "plate_07_well_A03_hsqc_600MHz",
            ["plate_08_well_A03_hsqc_600MHz"],
            16,
            "plate_07…_600MHz",
        ),
        ("plate_07_well_A03_hsqc_600MHz", ["plate_07_well_A04_hsqc_600MHz"], 4, "p…3…"),
        ("fraction one", ["fraction one more"], 8, "frac…one"),
        ("the same beginning, end 1", ["the same beginning, end 2"], 9, "the sam…1"),
    ],
)
def test_what_differs_is_seen(name, rivals, most, shown):
    assert told_apart(name, rivals, fits(most)) == shown


WORDS = st.text(alphabet="ab_1 ", min_size=0, max_size=12)


@given(WORDS, st.text("xyz", min_size=1, max_size=3), st.text("uvw", min_size=1, max_size=3), WORDS)
def test_two_names_are_never_cut_to_the_same_text(before, one, other, after):
    first, second = before + one + after, before + other + after
    most = 8
    assume(len(first) > most)
    shown = [told_apart(a, [b], fits(most)) for a, b in ((first, second), (second, first))]
    assert shown[0] != shown[1]
    assert all(len(text) <= most for text in shown)
    assert one in shown[0] and other in shown[1]


@given(WORDS, st.lists(WORDS, min_size=1, max_size=4), st.integers(3, 12))
def test_it_fits_and_is_made_of_the_name(name, rivals, most):
    assume(all(rival != name for rival in rivals))
    shown = told_apart(name, rivals, fits(most))
    assert len(shown) <= max(most, 2)
    at = 0
    for part in shown.split(DOTS):
        assert name.find(part, at) >= 0
        at = name.find(part, at) + len(part)


def test_a_name_of_a_thousand_letters_is_not_measured_a_thousand_times():
    asked = []

    def fits(text: str) -> bool:
        asked.append(text)
        return len(text) <= 20

    name, rival = f"a{'b' * 1000}c", f"a{'d' * 1000}c"
    shown = told_apart(name, [rival], fits)
    assert shown == f"a{'b' * 18}{DOTS}"
    assert len(asked) < 40
