"""Rings of lists, usual places and a shared colour scale in saved pictures."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import numpy as np
import pytest
from builders import as_picture, list_spectrum
from PIL import Image
from test_writers_picture import CARD, F1, F2, PREDICTION, one_hot, pixel_of, texts

from nmrcam_qt.core.results import Explanation
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.usual_places import UsualPlaces
from nmrcam_qt.core.writers.export_types import request_digest
from nmrcam_qt.core.writers.mark_artists import OUTLINE
from nmrcam_qt.core.writers.marks import NO_MARKS, Marks, marks_of
from nmrcam_qt.core.writers.picture import picture_bytes, thumbnail_bytes
from nmrcam_qt.core.writers.request import Added, PageOptions, PictureRequest, picture_request
from nmrcam_qt.core.writers.server import picture_frame, read_picture_request

SPECTRUM = list_spectrum([(7.0, 120.0), (3.2, 55.0)], Experiment.HMBC)
BLUE = (0, 114, 178)


def explained(evidence: np.ndarray) -> Explanation:
    return Explanation(evidence, F1, F2, "hmbc", "indole", "hirescam", "conv4", "net", "ab")


def made(
    spectrum=SPECTRUM, evidence=None, added: Added | None = None, tmp_path=None, **page: object
) -> PictureRequest:
    found = None if evidence is None else explained(evidence)
    options = PageOptions(**page)
    path = SPECTRUM.provenance.path
    return picture_request(path, spectrum, CARD, PREDICTION, found, options, added)


def usual(words: str = "blue lines: where Indole usually has signals") -> UsualPlaces:
    block = np.zeros((21, 33), np.float32)
    block[5:12, 8:16] = 1.0
    return UsualPlaces(explained(block), (0.5, 0.9), words)


def seen(request: PictureRequest) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture_bytes(request))).convert("RGB")).astype(int)


def colour_at(request: PictureRequest, h: float, c: float) -> tuple[int, int, int]:
    picture = Image.open(io.BytesIO(picture_bytes(request))).convert("RGB")
    return picture.getpixel(pixel_of(request, h, c, picture))


def test_a_list_is_rings_and_heat_is_seen_through_them() -> None:
    row, column = (axis.index(ppm) for axis, ppm in ((F1, 120.0), (F2, 7.0)))
    heat = one_hot(round(float(row)), round(float(column)))
    request = made(evidence=heat, threshold=0.0)
    assert not request.faint_ink and request.marks.rings.tolist() == [[7, 120, 1], [3.2, 55, 1]]
    assert colour_at(request, 3.2, 55.0) == (255, 255, 255)  # nothing inside, and no heat there
    red, green, blue = colour_at(request, 7.0, 120.0)
    assert red < 160 and green < 80 and blue > 120
    own = seen(made())
    assert (own.sum(axis=2) < 100).any()
    assert seen(made(as_picture(SPECTRUM)))[:, :].sum() < own.sum()  # spots are more ink


def test_rings_stand_at_their_shifts_and_negative_ones_are_red() -> None:
    spectrum = replace(SPECTRUM, peaks=replace(SPECTRUM.peaks, intensity=np.array([1.0, -2.0])))
    request = made(spectrum, dpi=300)
    picture = seen(request)
    image = Image.fromarray(picture.astype(np.uint8))
    for (h, c), red in (((7.0, 120.0), False), ((3.2, 55.0), True)):
        x, y = pixel_of(request, h, c, image)
        rows, columns = np.nonzero(picture[y - 15 : y + 16, x - 15 : x + 16].sum(axis=2) < 500)
        assert abs(rows.mean() - 15) < 1.1 and abs(columns.mean() - 15) < 1.1
        darkest = picture[y - 15 : y + 16, x - 15 : x + 16].reshape(-1, 3)
        darkest = darkest[darkest.sum(axis=1).argmin()]
        assert (darkest[0] > 150) == red


def test_thumbnails_of_lists_keep_their_spots() -> None:
    assert thumbnail_bytes(made()) == thumbnail_bytes(made(as_picture(SPECTRUM)))


def test_usual_places_are_outlined_and_explained_also_without_a_map() -> None:
    for evidence in (one_hot(), None):
        request = made(as_picture(SPECTRUM), evidence, Added(usual=usual()))
        assert "blue lines: where Indole usually has signals" in texts(request)
        left, right = F2.edges[0] + 8 * F2.step, F2.edges[0] + 16 * F2.step
        top, bottom = F1.edges[0] + 5 * F1.step, F1.edges[0] + 12 * F1.step
        outer, inner = request.marks.outlines
        for line in (outer, inner):
            assert np.nanmin(line[:, 0]) == pytest.approx(right, abs=abs(F2.step))
            assert np.nanmax(line[:, 0]) == pytest.approx(left, abs=abs(F2.step))
            assert np.nanmin(line[:, 1]) == pytest.approx(top, abs=F1.step)
            assert np.nanmax(line[:, 1]) == pytest.approx(bottom, abs=F1.step)
        blue = (np.abs(seen(request) - BLUE).sum(axis=2) < 60).sum()
        assert (
            blue
            > 5 * (np.abs(seen(made(as_picture(SPECTRUM), evidence)) - BLUE) < 20).all(axis=2).sum()
            + 100
        )
        svg = picture_bytes(replace(request, format="svg")).decode()
        assert len(re.findall(f"stroke: {OUTLINE}", svg)) == 2


def test_why_there_are_no_usual_places_is_said() -> None:
    request = made(as_picture(SPECTRUM), added=Added(usual=UsualPlaces(None, (), "no prior: net")))
    assert request.marks.outlines == () and "no prior: net" in texts(request)


def test_a_shared_scale_is_on_the_bar_and_makes_heat_weaker() -> None:
    spectrum = as_picture(SPECTRUM)
    alone = made(spectrum, one_hot())
    shared = made(spectrum, one_hot(), Added(scale_top=5.0))
    assert shared.top == 5.0 and alone.top == 2.5
    assert "heat (logit units), common scale" in texts(shared)
    assert "common scale" not in texts(alone)
    place = float(F2.centres[20]), float(F1.centres[10])
    assert sum(colour_at(shared, *place)) > sum(colour_at(alone, *place)) + 60
    # Its own scale where it is the strongest map; none where it is empty.
    assert made(spectrum, one_hot(), Added(scale_top=2.0)).top == 2.5
    assert made(spectrum, -np.abs(one_hot()), Added(scale_top=2.0)).top == 0.0


@pytest.mark.parametrize("evidence", [None, one_hot()])
def test_marks_travel_to_the_picture_process(evidence) -> None:
    for added in (Added(), Added(usual=usual(), scale_top=7.0)):
        request = made(evidence=evidence, added=added)
        back = read_picture_request(picture_frame(request))
        assert picture_bytes(back) == picture_bytes(request)
        assert request_digest(back) == request_digest(request)
    plain = made(as_picture(SPECTRUM), evidence)
    assert not {"marks", "scale_top"} & set(picture_frame(plain).header)


def test_what_is_wrong_is_refused() -> None:
    with pytest.raises(ValueError, match="rings"):
        Marks(np.zeros((3, 2)))
    with pytest.raises(ValueError, match="rings"):
        Marks(np.full((1, 3), np.nan))
    with pytest.raises(ValueError, match="outlines"):
        Marks(outlines=(np.zeros(3),))
    with pytest.raises(ValueError, match="scale"):
        made(added=Added(scale_top=float("nan")))
    assert marks_of(as_picture(SPECTRUM)) is NO_MARKS and not NO_MARKS.any
