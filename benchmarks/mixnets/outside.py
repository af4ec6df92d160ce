"""Outside what a network knows: how often it is said rightly, and how often for nothing.

    python benchmarks/mixnets/outside.py --experiment hsqc --data ../shared/data \\
        --cache ../runs/mixnets/cache/hsqc.npz --network models/hsqc-mix \\
        --out benchmarks/mixnets/outside-hsqc.json

What is known comes from the network's card, or, without one, is learned here as for a card
(``ml/mixnet_known.py``) from training compounds; a tenth of the simulated and a fifth of the
measured compounds are kept out, and only those are judged. *False alarms*: share of held-out
spectra that are flagged; that a spectrum has few signals is no error, so that the share flagged
for anything else stands beside it. *Outsiders*: the same spectra spoiled, or spectra of the other
experiment, and how many of them are flagged. With ``--network`` also how often it is wrong about
the three classes of the study, flagged and not flagged; of outsiders, how often it claims one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.datasets import CLASSES, Entry, open_dataset, read_rows
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.outside import SENTENCE, Known, figures, outside, spots
from nmrcam_qt.core.preprocessing import INK_THRESHOLD, ink_on_grid
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.simulate.cache import SignalCache, join, load_cache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.simulate.settings import PLAIN, DrawSettings
from nmrcam_qt.core.spectrum import Experiment, Image
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.quiet import load_quietly

FOLDS = 5
BATCH = 16
FEW = "few signals"
CACHES = Path("../runs/mixnets/cache")
Rng = np.random.Generator


@dataclass
class Judged:
    """Ink of one set; truth of the three classes where it is known; covered share of the window."""

    name: str
    inks: list[Image]
    truth: NDArray[np.bool_] | None = None
    covered: float = 1.0
    spoiled: bool = False
    said: list[tuple[str, ...]] = field(default_factory=list)


def drawn(cache: SignalCache, spec: InputSpec, draw: DrawSettings, n: int, seed: int) -> Judged:
    """`n` spectra of single compounds, each compound's spectrum once at most."""
    rng = np.random.default_rng(seed)
    drawer = Drawer(cache, spec.f1, spec.f2, draw)
    rows = rng.permutation(len(cache))[:n]
    examples = [drawer.draw(rng, 1, [int(row)]) for row in rows]
    columns = [CLASS_IDS.index(c) for c in CLASSES]
    return Judged("", [e.ink for e in examples], np.array([e.labels[columns] for e in examples]))


def mixed(cache: SignalCache, spec: InputSpec, n: int, seed: int) -> Judged:
    """`n` mixtures of two to five compounds."""
    rng = np.random.default_rng(seed)
    drawer = Drawer(cache, spec.f1, spec.f2, DrawSettings())
    examples = [drawer.draw(rng, int(rng.integers(2, 6))) for _ in range(n)]
    columns = [CLASS_IDS.index(c) for c in CLASSES]
    return Judged("", [e.ink for e in examples], np.array([e.labels[columns] for e in examples]))


def pictures(
    folder: Path, spec: InputSpec, n: int, seed: int, kept: Callable[[Entry], bool]
) -> Judged:
    """Pictures of a data set as the product reads them, of the entries that are kept."""
    dataset = open_dataset(folder)
    entries = [
        e
        for e in dataset.having([spec.experiment])
        if e.labels and kept(e) and e.note != "calibration C"
    ]
    rows = np.random.default_rng(seed).permutation(len(entries))[:n]
    inks = [ink_on_grid(dataset.load(entries[i], spec.experiment), spec) for i in rows]
    truth = [[entries[i].labels.get(c, False) for c in CLASSES] for i in rows]
    return Judged(f"{folder.name} pictures", inks, np.array(truth))


def few(ink: Image, rng: Rng) -> Image:
    """One to three of its spots, the rest blank."""
    row, column = np.nonzero(ink > INK_THRESHOLD)
    label = spots(row, column, ink.shape)
    names = np.unique(label)
    chosen = rng.permutation(names)[: rng.integers(1, 4)]
    keep = np.isin(label, chosen)
    out = np.zeros_like(ink)
    out[row[keep], column[keep]] = ink[row[keep], column[keep]]
    return out


def scattered(ink: Image, rng: Rng) -> Image:
    """As many spots as it has, anywhere."""
    row, column = np.nonzero(ink > INK_THRESHOLD)
    count = len(np.unique(spots(row, column, ink.shape)))
    out = np.zeros_like(ink)
    for y, x in zip(
        rng.integers(1, ink.shape[0] - 2, count),
        rng.integers(1, ink.shape[1] - 2, count),
        strict=True,
    ):
        out[y - 1 : y + 2, x - 1 : x + 2] = 1
    return out


def transposed(ink: Image, spec: InputSpec) -> Image:
    """Rows taken for columns and stretched to the window, as a picture read the wrong way."""
    turned = np.ascontiguousarray(ink.T)
    f1 = type(spec.f1).from_edges("13C", *spec.f1_window_ppm, turned.shape[0])
    f2 = type(spec.f2).from_edges("1H", *spec.f2_window_ppm, turned.shape[1])
    return area_maximum(turned, f1, f2, spec.f1, spec.f2)


def quarter(ink: Image, rng: Rng) -> Image:
    """Only one quarter of the window."""
    out = np.zeros_like(ink)
    height, width = ink.shape[0] // 2, ink.shape[1] // 2
    y, x = rng.integers(0, 2) * height, rng.integers(0, 2) * width
    out[y : y + height, x : x + width] = ink[y : y + height, x : x + width]
    return out


def thick(ink: Image) -> Image:
    """Every spot three samples wider on each side."""
    from scipy.ndimage import maximum_filter

    return np.asarray(maximum_filter(ink, 7))


def outsiders(
    base: Sequence[Image], other: SignalCache, spec: InputSpec, n: int, seed: int
) -> Iterator[Judged]:
    """Spoiled spectra, and those of the other experiment."""
    rng = np.random.default_rng(seed)
    wrong = drawn(other, spec, DrawSettings(), n, seed).inks
    made: dict[str, list[Image]] = {
        "1 to 3 signals": [few(i, rng) for i in base],
        "the other experiment": wrong,
        "as many spots anywhere": [scattered(i, rng) for i in base],
        "mirrored along 1H": [i[:, ::-1] for i in base],
        "mirrored along 13C": [i[::-1] for i in base],
        "transposed": [transposed(i, spec) for i in base],
        "dense noise": [
            (rng.random(i.shape) < 0.1).astype(np.float32) * rng.random(i.shape, np.float32)
            for i in base[:50]
        ],
        "faint ink": [np.asarray(0.25 * i, np.float32) for i in base],
        "thick ink": [thick(i) for i in base],
    }
    for name, inks in made.items():
        yield Judged(name, inks, spoiled=True)
    yield Judged("a quarter of the window", [quarter(i, rng) for i in base], None, 0.25, True)


def flag(judged: Judged, spec: InputSpec, known: Known) -> None:
    """What is said of every spectrum that has ink."""
    for ink in judged.inks:
        found = figures(ink, spec.f1, spec.f2, known, judged.covered)
        judged.said.append(outside(found, known) if found.cells else ("blank",))


def answers(network: Any, judged: Judged) -> NDArray[np.bool_]:
    """Which study classes are said to be present, bool ``(n, 3)``."""
    from nmrcam_qt.ml.inference import present

    said = []
    for start in range(0, len(judged.inks), BATCH):
        fed = np.stack(judged.inks[start : start + BATCH])[..., np.newaxis]
        for scores in network.scores(network.logits([fed])):
            there = present(network.card, scores)
            said.append([c in there for c in CLASSES])
    return np.array(said)


def row_of(judged: Judged, network: Any) -> dict[str, Any]:
    """Figures of one set."""
    flagged = np.array([bool(s) for s in judged.said])
    otherwise = [any(_kind(text) != FEW for text in said) for said in judged.said]
    why = Counter(_kind(t) for said in judged.said for t in said)
    found: dict[str, Any] = {
        "set": judged.name,
        "n": len(flagged),
        "outsiders": judged.spoiled,
        "flagged": round(float(flagged.mean()), 4),
        "flagged_otherwise": round(float(np.mean(otherwise)), 4),
        "why": {k: round(v / len(flagged), 4) for k, v in why.most_common()},
    }
    if network is None:
        return found
    said = answers(network, judged)
    figure, bad = "claims", said.any(axis=1)
    if judged.truth is not None:
        figure, bad = "wrong", (said != judged.truth).any(axis=1)
    for name, chosen in (("flagged", flagged), ("not_flagged", ~flagged)):
        share = round(float(bad[chosen].mean()), 4) if chosen.any() else None
        found[f"{figure}_when_{name}"] = {"n": int(chosen.sum()), "share": share}
    return found


def _kind(sentence: str) -> str:
    """A sentence without its numbers."""
    kinds = ("signals lie", "signals share", "unusual ink", "of its window", "cells of", "blank")
    kinds = ("unusually small", "unusually large", *kinds)
    text = sentence.removeprefix(SENTENCE)
    if text.startswith("only "):
        return FEW
    return next((k for k in kinds if k in text), "many signals")


def table(rows: Sequence[dict[str, Any]]) -> str:
    """For people."""
    lines = []
    for row in rows:
        why = ", ".join(f"{k} {v:.0%}" for k, v in row["why"].items())
        lines.append(
            f"  {row['set']:<32} n {row['n']:>4}  flagged {row['flagged']:.1%}, "
            f"not for few signals alone {row['flagged_otherwise']:.1%}  ({why})"
        )
        for figure in ("wrong", "claims"):
            for name in ("flagged", "not_flagged"):
                found = row.get(f"{figure}_when_{name}")
                if found and found["share"] is not None:
                    share = f"{figure} {found['share']:.1%} of {found['n']}"
                    lines.append(f"      {name.replace('_', ' ')}: {share}")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--experiment", choices=("hsqc", "hmbc"), default="hsqc")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cache", type=Path, help="simulated signals; default by experiment")
    parser.add_argument("--other-cache", type=Path, help="of the other experiment")
    parser.add_argument("--network", metavar="ID|DIR")
    parser.add_argument("--examples", type=int, default=4000, help="to learn from")
    parser.add_argument("--limit", type=int, default=300, help="spectra of each set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, metavar="JSON")
    args = parser.parse_args()
    load_quietly()
    found = run(args)
    print(table(found["sets"]))
    if args.out is not None:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def _kept(entry: Entry, compounds: set[str], hmqc: set[str], wanted: bool) -> bool:
    return entry.compound in compounds and (entry.id in hmqc) == wanted


@dataclass(frozen=True)
class Material:
    """What is learned from and what is kept out of it."""

    spec: InputSpec
    learned: SignalCache
    unseen: SignalCache
    measured: dict[str, SignalCache]
    compounds: set[str]
    foreign: SignalCache


def material(args: argparse.Namespace, spec: InputSpec) -> Material:
    """Caches without and with the compounds that are kept out."""
    from nmrcam_qt.ml.mix_compounds import fold_of, held_out, only, without
    from nmrcam_qt.ml.mix_data import HELD_OUT, MEASURED

    experiment = spec.experiment
    other = next(e for e in Experiment if e is not experiment)
    simulated = load_cache(args.cache or CACHES / f"{experiment.value}.npz")
    names = held_out({bytes(c) for c in simulated.compounds}, HELD_OUT)
    measured = {n: read_measured(args.data / n, experiment) for n in MEASURED[experiment]}
    barred = {
        bytes(c) for s in measured.values() for c in s.compounds if fold_of(bytes(c), FOLDS) == 0
    }
    foreign = load_cache(args.other_cache or CACHES / f"{other.value}.npz")
    return Material(
        spec,
        join([without(simulated, names), *(without(s, barred) for s in measured.values())]),
        only(simulated, names),
        {n: only(s, barred) for n, s in measured.items()},
        {c.decode() for c in barred},
        only(foreign, held_out({bytes(c) for c in foreign.compounds}, HELD_OUT)),
    )


def held_out_sets(args: argparse.Namespace, m: Material) -> list[Judged]:
    """Spectra of compounds that were kept out; single simulated ones first."""
    n, seed, spec = args.limit, args.seed, m.spec
    sets = [drawn(m.unseen, spec, DrawSettings(), n, seed), mixed(m.unseen, spec, n, seed)]
    sets[0].name, sets[1].name = "simulated, unseen", "simulated mixtures, unseen"
    for name, cache in m.measured.items():
        sets.append(drawn(cache, spec, PLAIN, n, seed))
        sets[-1].name = f"{name} lists, fold 0"
    rows = read_rows(args.data / "bmrb2d" / "manifest.csv")
    hmqc = {row["file"] for row in rows if row["experiment_true"] == "HMQC"}
    kinds = {"": False, ", HMQC": True} if spec.experiment is Experiment.HSQC else {"": False}
    for kind, wanted in kinds.items():
        kept = partial(_kept, compounds=m.compounds, hmqc=hmqc, wanted=wanted)
        sets.append(pictures(args.data / "bmrb2d", spec, n, seed, kept))
        sets[-1].name += kind
    sets.append(pictures(args.data / "kuhn2021", spec, n, seed, lambda _: True))
    sets[-1].name = "kuhn2021 pictures, axes assumed"
    return sets


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Everything."""
    from nmrcam_qt.ml.mixnet_known import learn_known
    from nmrcam_qt.ml.registry import load
    from nmrcam_qt.ml.token_net import token_input

    experiment = Experiment(args.experiment)
    network = load(args.network) if args.network else None
    spec = token_input(experiment) if network is None else network.card.inputs[0]
    if spec.experiment is not experiment or spec.background or spec.rows != "f1":
        raise NetworkError(f"expected a network of ink and one {experiment.label}")
    m = material(args, spec)
    known = network.card.known.get(spec.name) if network is not None else None
    source = "learned here" if known is None else "the network's card"
    if known is None:
        known = learn_known(m.learned, spec, DrawSettings(), n=args.examples)
    sets = held_out_sets(args, m)
    sets += outsiders(sets[0].inks, m.foreign, spec, args.limit, args.seed)
    for judged in sets:
        flag(judged, spec, known)
    return {
        "experiment": experiment.value,
        "network": None if network is None else {"id": network.card.id, "sha256": network.sha256},
        "known": source,
        "examples": known.examples,
        "limit": args.limit,
        "seed": args.seed,
        "sets": [row_of(judged, network) for judged in sets],
    }


if __name__ == "__main__":
    main()
