"""Annotated pictures: where things lie in ppm, what is written, the same bytes twice."""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from builders import as_picture, list_spectrum
from PIL import Image

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec
from nmrcam_qt.core.results import Explanation, Prediction
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind
from nmrcam_qt.core.writers.colours import (
    NEGATIVE_INK,
    POSITIVE_INK,
    on_paper,
    overlay_colours,
)
from nmrcam_qt.core.writers.picture import draw, ink_rgba, picture_bytes, write_picture
from nmrcam_qt.core.writers.request import (
    EMPTY_MAP,
    PageOptions,
    PictureRequest,
    picture_request,
    printable,
    score_text,
)
from nmrcam_qt.core.writers.signals import signed_ink

SPEC = InputSpec("hmbc", Experiment.HMBC, (205, 300, 1), (0.0, 200.0), (10.0, 0.0))
CARD = Card(
    id="net",
    title="A network",
    inputs=(SPEC,),
    classes=(ClassSpec("indole", "Indole", "c1ccc2c(c1)ccn2", "#56b4e9"),),
    head="softmax",
    thresholds=(0.5,),
    layers=("conv4",),
    default_layer="conv4",
    trained_on_mixtures=False,
)
F1, F2 = Axis("13C", 18.0, 174.0, 21), Axis("1H", 9.4, 0.8, 33)
PREDICTION = Prediction("net", "ab", ("indole",), np.array([3.0]), np.array([0.875]), ("indole",))


def made(
    evidence: np.ndarray | None = None,
    name: str = "made",
    warnings: tuple[str, ...] = (),
    **page: object,
) -> PictureRequest:
    spectrum = as_picture(list_spectrum([(7.0, 120.0), (3.2, 55.0)], Experiment.HMBC, name))
    explanation = None
    if evidence is not None:
        explanation = Explanation(
            evidence, F1, F2, "hmbc", "indole", "hirescam", "conv4", "net", "ab"
        )
    prediction = replace(PREDICTION, warnings=warnings)
    options = PageOptions(**page)  # type: ignore[arg-type]
    return picture_request(Path("x.png"), spectrum, CARD, prediction, explanation, options)


def one_hot(row: int = 10, column: int = 20) -> np.ndarray:
    evidence = np.full((21, 33), -1.0, dtype=np.float32)
    evidence[row, column] = 2.5
    return evidence


def texts(request: PictureRequest) -> str:
    root = ET.fromstring(picture_bytes(replace(request, format="svg")))  # noqa: S314
    return "\n".join("".join(e.itertext()) for e in root.iter("{http://www.w3.org/2000/svg}text"))


def test_both_axes_descend_as_they_are_drawn() -> None:
    axes = draw(made(one_hot())).axes[0]
    left, right = axes.get_xlim()
    bottom, top = axes.get_ylim()
    assert (left, right) == pytest.approx((10.0, 0.0), abs=1e-9)
    assert (top, bottom) == pytest.approx((0.0, 200.0), abs=1e-9)


def test_the_map_lies_at_its_own_cells() -> None:
    axes = draw(made(one_hot())).axes[0]
    heat, ink = sorted(axes.images, key=lambda image: image.zorder)
    # Half a cell beyond the outermost centres, not the whole picture.
    assert tuple(heat.get_extent()) == pytest.approx(
        (9.4 + 8.6 / 64, 0.8 - 8.6 / 64, 174.0 + 156 / 40, 18.0 - 156 / 40), abs=1e-9
    )
    assert tuple(ink.get_extent()) == pytest.approx((10.0, 0.0, 200.0, 0.0), abs=1e-9)


def pixel_of(request: PictureRequest, h: float, c: float, picture: Image.Image) -> tuple[int, int]:
    axes = draw(request).axes[0]
    x, y = axes.transData.transform((h, c))
    return int(x), int(picture.height - y)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (10, 20), (20, 32)])
def test_a_hot_cell_is_violet_in_the_written_picture(row: int, column: int) -> None:
    request = made(one_hot(row, column))
    picture = Image.open(io.BytesIO(picture_bytes(request))).convert("RGB")
    h, c = float(F2.centres[column]), float(F1.centres[row])
    for dh, dc, hot in [(0.4, 0.4, True), (-0.4, -0.4, True), (0.6, 0.0, False), (0, 0.6, False)]:
        place = (h + dh * F2.step, c + dc * F1.step)
        red, green, blue = picture.getpixel(pixel_of(request, *place, picture))
        # Strong heat is dark violet; no heat is paper.
        assert (red < 160 and green < 80 and blue > 120) == hot, (dh, dc, red, green, blue)
        assert ((red, green, blue) == (255, 255, 255)) != hot


def test_a_smooth_map_is_bilinear_between_cell_centres() -> None:
    evidence = np.zeros((21, 33), dtype=np.float32)
    evidence[10, 20], evidence[10, 21] = 1.0, 0.5
    request = made(evidence, smooth=True, opacity=1.0, threshold=0.0, dpi=300)
    request = replace(request, intensity=np.zeros_like(request.intensity))
    picture = Image.open(io.BytesIO(picture_bytes(request))).convert("RGB")
    colours = on_paper(overlay_colours("plasma", 1.0, 0.0))
    for share, column, row in [(1.0, 20, 10), (0.75, 20.5, 10), (0.5, 21, 10), (0.5, 20, 10.5)]:
        h, c = F2.ppm(column), F1.ppm(row)
        found = np.array(picture.getpixel(pixel_of(request, h, c, picture))) / 255
        np.testing.assert_allclose(found, colours[round(share * 255), :3], atol=0.06)


def test_nothing_is_drawn_outside_the_cells() -> None:
    request = made(np.ones((21, 33), dtype=np.float32))
    picture = Image.open(io.BytesIO(picture_bytes(request))).convert("RGB")
    assert picture.getpixel(pixel_of(request, 9.8, 100.0, picture)) == (255, 255, 255)
    assert picture.getpixel(pixel_of(request, 5.0, 190.0, picture)) == (255, 255, 255)
    assert picture.getpixel(pixel_of(request, 5.0, 100.0, picture)) != (255, 255, 255)


def test_a_peak_is_black_where_its_shift_is() -> None:
    request = made(one_hot())
    picture = Image.open(io.BytesIO(picture_bytes(request))).convert("L")
    assert picture.getpixel(pixel_of(request, 7.0, 120.0, picture)) < 60
    assert picture.getpixel(pixel_of(request, 7.0, 130.0, picture)) > 200


def test_the_texts_of_a_picture() -> None:
    said = texts(made(one_hot(), warnings=("axes assumed 10–0 / 0–200 ppm.",)))
    for text in (
        "made.csv",
        "Indole, score 0.875",
        "network net",
        "hirescam",
        "layer conv4",
        "¹H (ppm)",
        "¹³C (ppm)",
        "heat (logit units)",
        "Axes assumed 10–0 / 0–200 ppm.",
    ):
        assert text in said


def test_an_empty_map_says_so_and_has_no_colour_bar() -> None:
    request = made(np.full((21, 33), -0.5, dtype=np.float32))
    assert EMPTY_MAP in request.warnings
    assert "Empty map" in texts(request)
    assert len(draw(request).axes) == 1


def test_the_colour_bar_is_in_units_of_the_logit() -> None:
    heat = draw(made(one_hot())).axes[0].images[0]
    assert heat.get_clim() == (0.0, 2.5)


@pytest.mark.parametrize("name", ["plasma", "viridis", "YlOrRd", "cividis"])
def test_strong_heat_is_darker_than_weak_and_never_as_dark_as_ink(name: str) -> None:
    seen = on_paper(overlay_colours(name, 1.0, 0.0)) @ (0.299, 0.587, 0.114, 0.0)
    assert seen[0] == pytest.approx(1.0)
    assert (np.diff(seen) < 0.01).all()
    assert 0.15 < seen[-1] < 0.6


def test_a_threshold_leaves_weak_heat_white() -> None:
    alpha = overlay_colours("plasma", 0.8, 0.5)[:, 3]
    assert not alpha[:127].any()
    assert (alpha[128:] == 0.8).all()


def test_an_unknown_colour_map_is_named() -> None:
    with pytest.raises(ValueError, match="no such map"):
        overlay_colours("no such map", 1.0, 0.0)


def test_without_a_map_the_spectrum_stands_alone() -> None:
    request = made(None)
    assert len(draw(request).axes) == 1
    assert "Indole, score 0.875" in request.title


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_the_same_request_gives_the_same_bytes(kind: str) -> None:
    request = made(one_hot(), format=kind, dpi=80)
    first = picture_bytes(request)
    assert first == picture_bytes(request)
    assert first[:5] == {"png": b"\x89PNG\r", "svg": b"<?xml", "pdf": b"%PDF-"}[kind]
    assert b"CreationDate" not in first
    assert b"<dc:date>" not in first


def test_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests'); sys.path.insert(0, 'tests/core');"
        "from test_writers_picture import made, one_hot, picture_bytes;"
        "sys.stdout.buffer.write(picture_bytes(made(one_hot(), format='svg', dpi=80)))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, check=True)
    assert done.stdout == picture_bytes(made(one_hot(), format="svg", dpi=80))


def test_a_user_style_does_not_change_the_picture() -> None:
    import matplotlib as mpl

    plain = picture_bytes(made(one_hot(), dpi=60))
    with mpl.rc_context({"axes.facecolor": "black", "font.size": 30, "image.origin": "lower"}):
        assert picture_bytes(made(one_hot(), dpi=60)) == plain


def test_size_and_dpi_give_the_pixels() -> None:
    request = made(one_hot(), dpi=100, width_mm=127.0, height_mm=101.6)
    assert Image.open(io.BytesIO(picture_bytes(request))).size == (500, 400)


def test_names_are_no_formulas_and_too_long_ones_fit() -> None:
    assert "$x^2$.csv" in texts(made(one_hot(), name="$x^2$"))
    request = made(one_hot(), name="n" * 300, width_mm=80.0, dpi=100)
    assert "…" in request.title
    figure = draw(request)
    for text in figure.texts:
        assert text.get_window_extent().x1 <= 80 / 25.4 * 100


@pytest.mark.parametrize("name", ["\udcff\x00\n", "中文", "\u202egnp", "x" * 5000])
def test_odd_names_draw(name: str) -> None:
    assert picture_bytes(made(one_hot(), name=name, format="svg", dpi=40))


def test_many_warnings_are_cut_and_say_so() -> None:
    said = tuple(f"warning number {i} is about something that matters." for i in range(60))
    assert texts(made(one_hot(), warnings=said)).count("…") == 1


def test_one_pixel_peaks_survive_large_spectra() -> None:
    intensity = np.zeros((4000, 6000), dtype=np.float32)
    intensity[1234, 4321], intensity[3000, 100] = 1.0, -1.0
    f1 = Axis.from_edges("13C", 0.0, 200.0, 4000)
    f2 = Axis.from_edges("1H", 10.0, 0.0, 6000)
    rgba = ink_rgba(intensity, f1, f2, 300, 500)
    assert rgba.shape == (300, 500, 4)
    assert tuple(rgba[1234 * 300 // 4000, 4321 * 500 // 6000]) == (*POSITIVE_INK, 255)
    assert tuple(rgba[3000 * 300 // 4000, 100 * 500 // 6000]) == (*NEGATIVE_INK, 255)
    assert int((rgba[..., 3] > 0).sum()) == 2


def test_the_sign_of_a_picture_is_that_of_its_contours() -> None:
    spectrum = list_spectrum([(5.0, 50.0)])
    negative = replace(spectrum, intensity=-spectrum.intensity)
    assert signed_ink(negative).min() == -1
    picture = replace(negative, provenance=Provenance("a.png", SourceKind.PICTURE, "PNG"))
    assert signed_ink(picture).min() == -1
    grey = replace(picture, intensity=spectrum.intensity)
    assert signed_ink(grey).min() == 0


def test_a_map_of_one_cell_covers_the_spectrum() -> None:
    request = replace(
        made(one_hot()),
        evidence=np.ones((1, 1), dtype=np.float32),
        map_f1=Axis("13C", 100.0, 100.0, 1),
        map_f2=Axis("1H", 5.0, 5.0, 1),
    )
    heat = draw(request).axes[0].images[0]
    assert tuple(heat.get_extent()) == pytest.approx((10.0, 0.0, 200.0, 0.0))


@pytest.mark.parametrize(
    "wrong",
    [
        {"format": "bmp"},
        {"dpi": 5},
        {"width_mm": 10.0},
        {"width_mm": float("nan")},
        {"width_mm": 1000.0, "height_mm": 1000.0, "dpi": 1200},
    ],
)
def test_impossible_pages_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        PageOptions(**wrong)  # type: ignore[arg-type]


def test_shapes_are_checked() -> None:
    with pytest.raises(ValueError, match="does not match"):
        replace(made(one_hot()), map_f1=F2)


def test_the_file_is_written(tmp_path: Path) -> None:
    write_picture(replace(made(one_hot(), dpi=50), path=tmp_path / "p.png"))
    assert Image.open(tmp_path / "p.png").format == "PNG"


def test_no_pyplot_is_loaded() -> None:
    code = (
        "import sys; import nmrcam_qt.core.writers.picture;"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("score", "text"),
    [
        (0.0, "<0.001"),
        (1.0, ">0.999"),
        (0.9996, ">0.999"),
        (0.9994, "0.999"),
        (1e-9, "<0.001"),
        (0.5, "0.500"),
    ],
)
def test_scores_are_not_rounded_to_certainty(score: float, text: str) -> None:
    assert score_text(score) == text


def test_printable_keeps_the_end_of_a_long_name() -> None:
    text = printable("a" * 100 + "_hmbc.png", 40)
    assert len(text) == 40
    assert text.endswith("_hmbc.png")


@pytest.mark.parametrize(
    ("path", "said"), [("exam/3/ser", "exam 3 - hsqc"), ("a/estragole.dx", "estragole.dx")]
)
def test_the_title_names_the_experiment_where_its_file_is_called_like_all_others(path, said):
    provenance = Provenance(path, SourceKind.INSTRUMENT, "made")
    listed = list_spectrum([(7.0, 120.0)], Experiment.HMBC, "exam 3 - hsqc")
    spectrum = replace(listed, provenance=provenance)
    made = picture_request(Path("x.png"), spectrum, CARD, PREDICTION, None)
    assert made.title.startswith(f"{said}  ")
