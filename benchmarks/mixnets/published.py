"""The published artificial mixtures: is the exact set of present classes right?

    python benchmarks/mixnets/published.py --network kuhn-hsqc --network kuhn-hmbc \\
        --data ../shared/data --out benchmarks/mixnets/published-kuhn.json

Five pictures for each class and experiment (Kuhn et al. 2021): oleic acid (643), 5-hydroxy-
indoleacetic acid (364) and a cholestanone (489) with up to five foreign compounds. Labels are
corrected by structure: 544, published as "none", is cholesteryl palmitate, so that a mixture
with it holds a steroid *and* a fatty acid. Entry 70 (HSQC only) is in no table here; it counts
as published, of no class. Right is a mixture where the classes that the card's thresholds call
present are exactly the true ones, among fatty acid, indole and steroid.

Every picture is judged on two pairs of axes: *assumed* (10-0 / 0-200 ppm, as a user without
ticks has it) and *referenced* on the adenine, adenosine and cadaverine in it, with the
reference's own signal masked (``picture_axes.py``). Further mixtures (of 502, 499, of no class,
of two and three classes) are listed, and not counted among the fifteen.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nmrcam_qt.core.datasets import CLASSES, kuhn_entries
from nmrcam_qt.core.datasets_pictures import MASKED
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment, Spectrum
from nmrcam_qt.ml.quiet import load_quietly

TARGETS = {"643": "fattyacids", "364": "indol", "489": "steroids"}
FOREIGN = {
    Experiment.HSQC: ("60", "60_61", "60_61_70", "60_61_70_491", "60_61_70_491_544"),
    Experiment.HMBC: ("60", "60_61", "60_61_72", "60_61_72_491", "60_61_72_491_544"),
}
"""What is mixed in, as in the study (`nmrcam_qt.ml.kuhn_study.mixture_files`)."""
FURTHER = {
    Experiment.HSQC: ("hsqc/test/*/502_*.jpg", "hsqc/test/none/*.jpg", "mixtures/*_HSQC.jpg"),
    Experiment.HMBC: ("hmbc/test/*/*_499*.jpg", "hmbc/test/none/*.jpg", "mixtures/*_HMBC.jpg"),
}
BY_STUDY = {"502": frozenset({"fatty_acid"}), "70": frozenset[str]()}
"""Classes of those whose structure is in no table here, as published."""
AXES = ("assumed", "referenced")
SEEN = (
    "it was trained on the pure compounds 643, 364 and 489, with the very pictures that the study "
    "tested; benchmarks/kuhn2021/results.md has networks that were not"
)
REFERENCE = tuple(Mask(f"reference {i}", box.h, box.c, True) for i, box in enumerate(MASKED))


@dataclass(frozen=True, slots=True)
class Published:
    """One picture, its path within kuhn2021, what is in it, whether it is one of the fifteen."""

    path: Path
    key: str
    truth: frozenset[str]
    counted: bool


def parts_of(name: str) -> tuple[str, ...]:
    """Entry numbers in the name of a mixture's picture."""
    return tuple(Path(name).stem.replace("_HMBC", "").replace("_HSQC", "").split("_"))


def mixtures(data: Path, experiment: Experiment) -> list[Published]:
    """The fifteen, then the further ones."""
    folder = data / "kuhn2021"
    entries = {e.id: e for e in kuhn_entries(folder)}
    kind = experiment.value.lower()
    ending = "_HMBC.jpg" if experiment is Experiment.HMBC else ".jpg"
    fifteen = [
        folder / kind / "test" / sub / f"{target}_{others}{ending}"
        for target, sub in TARGETS.items()
        for others in FOREIGN[experiment]
    ]
    further = [p for pattern in FURTHER[experiment] for p in sorted(folder.glob(pattern))]
    rest = [p for p in dict.fromkeys(further) if p not in fifteen]

    def one(path: Path) -> Published:
        parts = parts_of(path.name)
        truth: set[str] = set()
        for part in parts:
            entry = entries.get(f"bmse{int(part):06d}")
            labels = entry.labels if entry is not None else {}
            truth |= BY_STUDY.get(part, frozenset(c for c in CLASSES if labels.get(c)))
        key = path.relative_to(folder).as_posix()
        return Published(path, key, frozenset(truth), path in fifteen)

    return [one(p) for p in (*fifteen, *rest)]


def read(picture: Published, experiment: Experiment, axes: dict[str, Any] | None) -> Spectrum:
    """A picture as the product reads it, on given axes or on the assumed ones."""
    if axes is None:
        return read_picture(picture.path, ReadOptions(experiment))
    f2, f1 = (tuple(axes[k]) for k in ("f2_ppm", "f1_ppm"))
    spectrum = read_picture(picture.path, ReadOptions(experiment, f2, f1))
    return replace(spectrum, masks=REFERENCE)


def judge(name: str, data: Path, fitted: dict[str, Any]) -> dict[str, Any]:
    """All pictures of a network's experiment on both pairs of axes.

    Raises
    ------
    NetworkError
        If the network has two inputs, or does not know the three classes.
    """
    from nmrcam_qt.ml.evaluation_data import of_the_study
    from nmrcam_qt.ml.inference import analyse
    from nmrcam_qt.ml.registry import load

    network = load(name)
    card = network.card
    missing = set(CLASSES) - set(card.class_ids)
    if len(card.inputs) != 1 or missing:
        raise NetworkError(f"{card.id}: expected one input and the classes {', '.join(CLASSES)}")
    experiment = card.inputs[0].experiment
    rows = []
    for picture in mixtures(data, experiment):
        for kind in AXES:
            axes = fitted.get(picture.key) if kind == "referenced" else None
            if kind == "referenced" and axes is None:
                continue
            prediction = analyse(network, [[read(picture, experiment, axes)]])[0].prediction
            said = sorted(set(prediction.present) & set(CLASSES))
            best = max(CLASSES, key=prediction.score)
            rows.append(
                {
                    "picture": picture.key,
                    "axes": kind,
                    "counted": picture.counted,
                    "truth": sorted(picture.truth),
                    "present": said,
                    "right": said == sorted(picture.truth),
                    "top_right": best in picture.truth,
                    "scores": {c: round(prediction.score(c), 4) for c in CLASSES},
                }
            )
    return {
        "network": card.id,
        "sha256": network.sha256,
        "experiment": experiment.value,
        "thresholds": {c: t for c, t in zip(card.class_ids, card.thresholds, strict=True)},
        "trained_on": card.training.get("data", "not said in its card"),
        "seen": SEEN if of_the_study(card) else "",
        "reachable": sum(r["counted"] and len(r["truth"]) < 2 for r in rows if r["axes"] == AXES[0])
        if card.head == "softmax"
        else 15,
        **summary(rows),
        "rows": rows,
    }


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Right of the fifteen by axes and class's folder; the further ones apart."""
    found: dict[str, Any] = {}
    for axes in AXES:
        mine = [r for r in rows if r["axes"] == axes and r["counted"]]
        rest = [r for r in rows if r["axes"] == axes and not r["counted"]]
        found[axes] = {
            "right": sum(r["right"] for r in mine),
            "of": len(mine),
            "top_class_is_present": sum(r["top_right"] for r in mine),
            "by_class": {
                sub: sum(r["right"] for r in mine if f"/{sub}/" in r["picture"])
                for sub in TARGETS.values()
            },
            "further_right": sum(r["right"] for r in rest),
            "further_of": len(rest),
        }
    return found


def table(found: dict[str, Any]) -> str:
    """For people: every mixture with its probabilities."""
    lines = [f"{found['network']} ({found['experiment']}); trained on: {found['trained_on']}"]
    lines += [f"  {found['seen']}"] if found["seen"] else []
    if found["reachable"] < 15:
        lines.append(f"  it names one class at most: {found['reachable']} can be right")
    for axes in AXES:
        figures = found[axes]
        lines.append(
            f"  axes {axes}: {figures['right']} of {figures['of']} right, the top class is "
            f"present in {figures['top_class_is_present']}; further mixtures "
            f"{figures['further_right']} of {figures['further_of']}"
        )
        for row in (r for r in found["rows"] if r["axes"] == axes):
            scores = "  ".join(f"{c} {p:.2f}" for c, p in row["scores"].items())
            mark = "right" if row["right"] else "WRONG"
            kind = " " if row["counted"] else "+"
            said = ", ".join(row["present"]) or "none"
            truth = ", ".join(row["truth"]) or "none"
            lines.append(f"   {kind}{mark} {row['picture']:<52} {scores}  {said} (true: {truth})")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--network", action="append", required=True, metavar="ID|DIR")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--axes", type=Path, default=Path(__file__).parent / "published_axes.json")
    parser.add_argument("--out", type=Path, metavar="JSON")
    args = parser.parse_args()
    load_quietly()
    fitted = json.loads(args.axes.read_text(encoding="utf-8"))["pictures"]
    found = [judge(name, args.data, fitted) for name in args.network]
    for one in found:
        print(table(one))
    if args.out is not None:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
