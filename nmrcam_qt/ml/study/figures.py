"""The thesis's figures: each one unit of work, its picture, its place in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from PIL import Image as Pillow

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.writers.files import make_folder, write_aside
from nmrcam_qt.ml.evaluation_settings import Settings
from nmrcam_qt.ml.study.document import Plate, Table
from nmrcam_qt.ml.study.drawing import figure_png
from nmrcam_qt.ml.study.figure_maps import Explainer, MapRow
from nmrcam_qt.ml.study.plan import HSQC, OURS, SEED, FigurePlan, StudySettings
from nmrcam_qt.ml.study.text import Spent, share
from nmrcam_qt.ml.study.work import Work, key_of, spent_on

PICTURES = "pictures"
CLASS_TITLES = {"fatty_acid": "fatty acid", "indole": "indole", "steroid": "steroid"}
HSQC_AXES = (
    "This HSQC picture is put on 10–0 / 0–200 ppm as in the thesis; measured against calibrated "
    "spectra, the study's HSQC pictures lie up to 1.7 ppm ¹H and 45 ppm ¹³C elsewhere, so that "
    "foreign signals are shifted against it, and ours, trained on true ppm, sees it out of place."
)
HMBC_AXES = "Axes of the study's picture assumed, 10–0 / 0–200 ppm, as in the thesis."
_COLUMNS = (
    *("network", "method", "score", "ink AUC", "prior", "heat mass", "ink share"),
    *("blank mass", "pointing", "map"),
)


def make_figure(
    plan: FigurePlan, asked: StudySettings, explainer: Explainer, work: Work
) -> tuple[tuple[MapRow, ...], Spent]:
    """Draw a figure and measure it, unless both were done before.

    Parameters
    ----------
    plan : FigurePlan
        Which one.
    asked : StudySettings
        Networks, data, folders.
    explainer : Explainer
        Makes the maps.
    work : Work
        What is done.

    Returns
    -------
    rows : tuple of MapRow
        What stands under it.
    spent : Spent
        What it cost when it was made.

    Raises
    ------
    NmrCamError
        If data or networks cannot be used, or the picture cannot be written.
    """
    path = asked.out / PICTURES / f"{plan.name}.png"

    def compute() -> dict[str, Any]:
        maps = explainer.explain(plan)
        make_folder(path.parent)
        with write_aside(path) as stream:
            title = CLASS_TITLES[plan.class_id]
            stream.write(figure_png(maps, title, _mark(maps.scene.guessed)))
        return {"rows": [asdict(row) for row in maps.rows]}

    settings = Settings(
        network=asked.network(SEED, plan.experiment),
        data=asked.kuhn,
        foreign=(asked.bmrb,),
        folds=asked.folds(SEED, plan.experiment),
        seed=asked.seed,
    )
    own = replace(settings, network=asked.network(OURS, plan.experiment), folds=None)
    key = key_of(settings, repr(plan), key_of(own))
    # A picture that someone removed is drawn again.
    found = work.get(plan.name, key, compute, again=not path.is_file())
    return tuple(MapRow(**row) for row in found["rows"]), spent_on(found)


def plate(plan: FigurePlan, rows: Sequence[MapRow], folder: Path, guessed: Sequence[str]) -> Plate:
    """A figure in the report.

    Parameters
    ----------
    plan : FigurePlan
        Which one.
    rows : sequence of MapRow
        From `make_figure`.
    folder : Path
        Of the report.
    guessed : sequence of str
        Foreign entries of it whose ppm axes are a guess.
    """
    picture = Path(PICTURES) / f"{plan.name}.png"
    with Pillow.open(folder / picture) as opened:
        size = opened.size
    return Plate(
        title=f"Figure {plan.number}. {title_of(plan)}",
        picture=picture,
        size=size,
        caption=_caption(plan, guessed),
        table=Table("", _COLUMNS, tuple(_cells(row) for row in rows)),
    )


def title_of(plan: FigurePlan) -> str:
    """What a figure shows, one line."""
    mixed = "".join(f" + {name}" for name in plan.foreign) or ", pure"
    method = METHODS[plan.method].title
    return (
        f"{CLASS_TITLES[plan.class_id]} ({plan.target}){mixed}: {plan.experiment.label}, {method}"
    )


def _caption(plan: FigurePlan, guessed: Sequence[str]) -> str:
    parts = [
        f"Left: the study's network with the thesis's method, {METHODS[plan.method].title}. "
        "Right: the network for mixtures with CAM, whose map sums to the score. Blue lines: "
        "signals of the compound that carries the class."
    ]
    if plan.foreign:
        parts.append(
            f"Dark lines: signals of {' and '.join(plan.foreign)} of bmrb2d, placed by ppm."
        )
    if guessed:
        parts.append(f"{' and '.join(guessed)}: assumed axes (calibration C, a guess).")
    parts.append(HSQC_AXES if plan.experiment is HSQC else HMBC_AXES)
    return " ".join(parts)


def _mark(guessed: Sequence[str]) -> str:
    """What stands in the picture itself."""
    return f"{', '.join(guessed)}: assumed axes" if guessed else ""


def _cells(row: MapRow) -> tuple[str, ...]:
    said = "empty" if row.empty else "none" if row.missing else "drawn"
    pointing = {None: "–", 0.0: "miss", 1.0: "hit"}.get(row.pointing, share(row.pointing))
    return (
        f"{row.network}, {row.state}",
        METHODS[row.method].title,
        f"{row.score:.3f}",
        share(row.ink_auc),
        share(row.prior),
        share(row.heat_mass),
        share(row.ink_share),
        share(row.blank_mass),
        pointing,
        said,
    )


def rows_by_figure(
    figures: Mapping[int, Sequence[MapRow]],
) -> list[dict[str, Any]]:
    """For ``results.json``."""
    return [
        {"figure": number, "rows": [asdict(r) for r in rows]} for number, rows in figures.items()
    ]
