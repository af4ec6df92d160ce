"""What lies outside of what a network knows, its figures, its card."""

from __future__ import annotations

import json
from dataclasses import astuple, replace

import numpy as np
import pytest

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec, card_from_json, card_to_json
from nmrcam_qt.core.errors import CardError
from nmrcam_qt.core.outside import (
    LEVELS,
    SENTENCE,
    InkFigures,
    Known,
    figures,
    learn,
    outside,
    spots,
    unknown_solvent,
)
from nmrcam_qt.core.preprocessing import ink_on_grid, outside_warnings, prepare_inputs
from nmrcam_qt.core.spectrum import Experiment, PeakList, Provenance, SourceKind, Spectrum

F1, F2 = Axis.from_edges("13C", 0.0, 200.0, 200), Axis.from_edges("1H", 10.0, 0.0, 200)
SPEC = InputSpec("hsqc", Experiment.HSQC, (200, 200, 1), (0.0, 200.0), (10.0, 0.0))
KNOWN = Known(
    *((4.0, 160.0), (8.0, 600.0), (0.3, 1.0), (0.1, 2.0), (0.0, 3.5), (0.0, 0.5)), examples=9
)


def draw(peaks: list[tuple[float, float]], ink: float = 1.0) -> np.ndarray:
    """A spot of 0.15 × 3 ppm around every peak (¹H, ¹³C)."""
    grid = np.zeros((200, 200), np.float32)
    for h, c in peaks:
        row, column = F1.cell(c), F2.cell(h)
        grid[row - 1 : row + 2, column - 1 : column + 2] = ink
    return grid


def like_hsqc(rng: np.random.Generator, n: int) -> list[tuple[float, float]]:
    """Signals along the diagonal of an HSQC."""
    h = rng.uniform(0.8, 8, n)
    return [(x, float(np.clip(18 * x + rng.normal(0, 6), 2, 197))) for x in h]


@pytest.fixture(scope="module")
def known() -> Known:
    rng = np.random.default_rng(1)
    inks = (draw(like_hsqc(rng, int(rng.integers(5, 25))), rng.uniform(0.5, 1)) for _ in range(600))
    return learn(inks, F1, F2, solvents=("cdcl3",))


def test_figures_by_hand():
    """Two spots, one of them of two pieces that touch at a corner; 0.05 × 1 ppm a sample."""
    grid = np.zeros((200, 200), np.float32)
    grid[100:102, 50] = 0.8  # 100-102 ppm, 7.5-7.45 ppm: one cell of 0.1 × 2
    grid[102, 51] = 0.4  # touches it at a corner; 102-103 ppm and 7.45-7.40: the next cell
    grid[10, 190:192] = 1.0
    grid[150, 100] = 0.09  # too faint to count
    found = figures(grid, F1, F2)
    assert (found.signals, found.cells) == (2, 3)
    assert found.darkness == pytest.approx(0.8)
    assert found.spot == pytest.approx(2.5 * 0.05 * 1)  # 3 and 2 samples
    assert (found.rarity, found.shared, found.covered) == (0.0, 0.0, 1.0)
    nothing = figures(np.zeros((200, 200), np.float32), F1, F2, covered=0.2)
    assert nothing == InkFigures(0, 0, 0.0, 0.0, 0.0, 0.0, 0.2)


def test_spots_are_the_connected_components():
    ndimage = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(5)
    for density in (0.02, 0.2, 0.4, 0.9):
        grid = rng.random((40, 60)) < density
        row, column = np.nonzero(grid)
        mine = spots(row, column, grid.shape)
        theirs, count = ndimage.label(grid, np.ones((3, 3)))
        assert len(np.unique(mine)) == count
        assert len(np.unique(np.stack([mine, theirs[row, column]]), axis=1).T) == count
    line = np.arange(500)
    assert len(np.unique(spots(line * 0, line, (1, 500)))) == 1


def test_the_same_ink_on_another_grid_has_the_same_cells():
    peaks = [(1.2, 20.0), (7.2, 128.0), (3.7, 55.0)]
    fine = figures(draw(peaks), F1, F2)
    f1, f2 = Axis.from_edges("13C", 0.0, 200.0, 400), Axis.from_edges("1H", 10.0, 0.0, 400)
    twice = np.repeat(np.repeat(draw(peaks), 2, axis=0), 2, axis=1)
    flipped = Axis.from_edges("13C", 200.0, 0.0, 200)
    others = figures(twice, f1, f2), figures(draw(peaks)[::-1], flipped, F2)
    assert fine.signals == 3 and fine.cells > 3
    for other in others:
        assert astuple(other) == pytest.approx(astuple(fine))


def test_signals_at_shared_shifts_are_those_of_another_experiment():
    cross = [(h, c) for h in (1.0, 3.0, 7.0) for c in (20.0, 60.0, 120.0)]
    assert figures(draw(cross), F1, F2).shared == 1.0
    assert figures(draw([(1, 20), (3, 60), (7, 120)]), F1, F2).shared == 0.0
    assert figures(draw([(1, 20), (1, 60), (7, 120)]), F1, F2).shared == 0.0  # ¹H alone


def test_what_was_learned_is_inside_and_what_was_not_is_outside(known):
    rng = np.random.default_rng(7)

    def flagged(make, n: int = 200) -> float:
        inks = [make() for _ in range(n)]
        return float(np.mean([bool(outside(figures(i, F1, F2, known), known)) for i in inks]))

    def usual():
        return draw(like_hsqc(rng, int(rng.integers(5, 25))), rng.uniform(0.5, 1))

    def scattered():
        places = zip(rng.uniform(0.2, 9.8, 12), rng.uniform(2, 198, 12), strict=True)
        return draw(list(places))

    assert flagged(usual) <= 0.05
    assert flagged(lambda: usual()[:, ::-1]) >= 0.9
    assert flagged(scattered) >= 0.9
    assert flagged(lambda: draw(like_hsqc(rng, 2))) == 1
    assert flagged(lambda: (rng.random((200, 200)) < 0.3).astype(np.float32), 3) == 1
    assert flagged(lambda: 0.25 * usual()) == 1
    assert known.examples == 600 and known.signals[0] >= 4 and known.solvents == ("cdcl3",)


def test_the_map_of_places_is_the_share_of_examples(known):
    level = known.box_map
    assert level.shape == (40, 40) and set(np.unique(level)) <= set(range(LEVELS + 1))
    one = learn([draw([(7.6, 102.5)])], F1, F2)  # boxes of 5 × 0.25 ppm from the low end
    assert one.box_map[20, 30] == 0 and one.box_map[5, 5] == LEVELS
    half = learn([draw([(7.6, 102.5)]), draw([(1.1, 22.5)])], F1, F2)
    assert half.box_map[20, 30] == 1  # one in two is a third of a decade
    with pytest.raises(ValueError, match="no example has ink"):
        learn([np.zeros((200, 200), np.float32)], F1, F2)


def test_sentences_name_what_was_found_and_what_is_known():
    usual = InkFigures(20, 60, 0.7, 0.5, 2.0, 0.1)
    assert outside(usual, KNOWN) == ()
    (few,) = outside(replace(usual, signals=2), KNOWN)
    assert few == SENTENCE + "only 2 signals; it has seen 4 to 160."
    assert "only 1 signal;" in outside(replace(usual, signals=1), KNOWN)[0]
    assert "400 signals; it has" in outside(replace(usual, signals=400), KNOWN)[0]
    assert "900 cells" in outside(replace(usual, cells=900), KNOWN)[0]
    assert "seldom have any" in outside(replace(usual, rarity=4.0), KNOWN)[0]
    assert "60% of the signals share" in outside(replace(usual, shared=0.6), KNOWN)[0]
    assert "0.20 dark; it has seen 0.30 to 1.00" in outside(replace(usual, darkness=0.2), KNOWN)[0]
    assert "unusually large signals" in outside(replace(usual, spot=3.0), KNOWN)[0]
    assert "shows 25% of its window" in outside(replace(usual, covered=0.25), KNOWN)[0]
    assert len(outside(replace(usual, signals=2, darkness=0.1, covered=0.1), KNOWN)) == 3
    assert outside(InkFigures(0, 0, 0, 0, 0, 0), KNOWN) == ()  # empty spectra are told apart
    assert unknown_solvent("tfa", "TFA-d", KNOWN) == ()
    some = replace(KNOWN, solvents=("cdcl3",))
    assert unknown_solvent("cdcl3", "CDCl3", some) == ()
    assert unknown_solvent("tfa", "TFA-d", some)[0].endswith("were not measured in TFA-d.")


def card(**known: Known) -> Card:
    return Card(
        id="toy",
        title="Toy",
        inputs=(SPEC,),
        classes=(ClassSpec("a", "A", "rule", "#112233"),),
        head="sigmoid",
        thresholds=(0.5,),
        layers=("conv",),
        default_layer="conv",
        trained_on_mixtures=True,
        known=known,
    )


def test_the_card_keeps_it_and_older_cards_have_none(known):
    text = card_to_json(card(hsqc=known))
    assert card_from_json(text).known == {"hsqc": known}
    assert "known" not in json.loads(card_to_json(card()))
    assert card_from_json(card_to_json(card())).known == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(known=[]), "known must be an object"),
        (lambda d: d["known"].update(hmbc=d["known"]["hsqc"]), "has no input 'hmbc'"),
        (lambda d: d["known"].update(hsqc=3), "known must hold objects"),
        (lambda d: d["known"]["hsqc"].pop("spot"), "lacks the range 'spot'"),
        (lambda d: d["known"]["hsqc"].update(spot=[1]), "spot must hold two numbers"),
        (lambda d: d["known"]["hsqc"].update(spot=[2, 1]), "spot 2 to 1"),
        (lambda d: d["known"]["hsqc"].update(spot=[True, 1]), "must be a number, found bool"),
        (lambda d: d["known"]["hsqc"].update(cells=[0, 1e12]), "cells 0 to 1e"),
        (lambda d: d["known"]["hsqc"].update(covered=2), "covered 2; expected 0 to 1"),
        (lambda d: d["known"]["hsqc"].update(examples=-1), "examples -1"),
        (lambda d: d["known"]["hsqc"].update(boxes=["12", "1"]), "rows of equal length"),
        (lambda d: d["known"]["hsqc"].update(boxes=["1a"]), "digits only"),
        (lambda d: d["known"]["hsqc"].update(boxes=["²"]), "digits only"),
        (lambda d: d["known"]["hsqc"].update(boxes=["1" * 600]), "up to 512"),
        (lambda d: d["known"]["hsqc"].update(boxes=[1]), "list of texts"),
        (lambda d: d["known"]["hsqc"].update(solvents=["\x1b[2J"]), "cannot be printed"),
        (lambda d: d["known"]["hsqc"].update(magic=1), "has no field 'magic'"),
        (lambda d: d["known"]["hsqc"].update(examples=10**400), "too large"),
    ],
)
def test_hostile_cards_are_refused(change, said):
    data = json.loads(card_to_json(card(hsqc=KNOWN)))
    change(data)
    with pytest.raises(CardError, match=said):
        card_from_json(json.dumps(data))


def test_no_number_is_refused():
    text = card_to_json(card(hsqc=KNOWN)).replace('"covered": 0.5', '"covered": NaN')
    with pytest.raises(CardError):
        card_from_json(text)
    with pytest.raises(ValueError, match="expected 0 or more"):
        replace(KNOWN, spot=(float("nan"), 1.0))


def spectrum(kind: SourceKind = SourceKind.PICTURE, f2: Axis = F2, **more) -> Spectrum:
    peaks = like_hsqc(np.random.default_rng(3), 12)
    listed = PeakList(*np.array(peaks).T, np.ones(len(peaks)))
    provenance = Provenance("p", kind, "test")
    ink = draw(peaks) if f2 is F2 else np.zeros((200, f2.size), np.float32)
    return Spectrum("p", ink, F1, f2, Experiment.HSQC, provenance, peaks=listed, **more)


def test_the_sentences_stand_among_the_warnings(known):
    usual = spectrum()
    mine = card(hsqc=known)
    grid = ink_on_grid(usual, SPEC)
    assert outside_warnings(mine, usual, SPEC, grid) == ()
    assert outside_warnings(card(), usual, SPEC, 0.2 * grid) == ()
    prepared = prepare_inputs(mine, [usual])
    assert prepared.fits and not any(SENTENCE in text for text in prepared.warnings)
    faint = replace(usual, intensity=np.asarray(0.2 * usual.intensity, np.float32))
    told = prepare_inputs(mine, [faint])
    assert any("unusual ink, 0.20 dark" in text for text in told.warnings) and not told.fits


def test_a_small_part_of_the_window_is_told_but_not_of_lists(known):
    quarter = Axis.from_edges("1H", 2.5, 0.0, 50)
    part = spectrum(f2=quarter)
    grid = ink_on_grid(part, SPEC)
    assert any(
        "25% of its window" in t for t in outside_warnings(card(hsqc=known), part, SPEC, grid)
    )
    listed = spectrum(SourceKind.PEAK_LIST, quarter)
    grid = ink_on_grid(listed, SPEC)
    assert not any("window" in t for t in outside_warnings(card(hsqc=known), listed, SPEC, grid))


def test_a_solvent_that_it_has_not_seen_is_told(known):
    grid = ink_on_grid(spectrum(), SPEC)
    for name, expected in (("CDCl3", 0), ("TFA", 1), ("", 0)):
        measured = spectrum(acquisition=Acquisition(solvent=name, h_mhz=500.0))
        assert len(outside_warnings(card(hsqc=known), measured, SPEC, grid)) == expected
