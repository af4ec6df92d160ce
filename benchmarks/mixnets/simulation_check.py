"""How like real spectra are the simulated signals?

    python benchmarks/mixnets/simulation_check.py --data ../shared/data

For every compound of nmrshiftdb2 that is also a measured HSQC list (deepsat_hsqc) or a
calibrated HSQC or HMBC (bmrb2d), its signals are simulated three ways:

* ``assigned``: only signals of which both shifts were assigned,
* ``filled``: missing shifts filled from equal environments,
* ``predicted``: all shifts filled, as if the compound were not in nmrshiftdb2,

in the last two from compounds of which no spectrum is compared. Figures, as means over
the spectra with a 95 % bootstrap interval over compounds:

* ``explained``: share of the real peaks with a simulated signal within 0.1/2 ppm,
* ``found``: share of the simulated signals with a real peak within 0.1/2 ppm,
* ``chance``: both, against the real peaks of another compound drawn at random.

One-bond signals are left out of the HMBC (``explained_doublets`` counts a real peak as
explained also at ±60-110 Hz of 500 MHz about a one-bond signal). CH2 protons stand at
their mean; ``explained_split`` allows 0.3 ppm about CH2 that can differ. ``deviation`` is
the distance, ppm, of assigned signals to the nearest real peak within 0.3/4 ppm.
Beside that the accuracy of filled shifts (leave one compound out) and how often, and by
how much, the protons of a CH2 differ in the edited lists.
"""

from __future__ import annotations

import argparse
import json
import platform
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.simulate.cache import SignalCache, simulate
from nmrcam_qt.core.simulate.measured import read_measured
from nmrcam_qt.core.simulate.settings import SPLIT_AT
from nmrcam_qt.core.simulate.shifts import (
    ASSIGNED,
    POSSIBLE,
    TABLE,
    fill_shifts,
    leave_one_out,
    read_shift_table,
)
from nmrcam_qt.core.simulate.signals import ONE_BOND, Signals
from nmrcam_qt.core.simulate.structures import circular_keys, read_structures, split_chance
from nmrcam_qt.core.spectrum import Experiment

TOLERANCE = (0.1, 2.0)
WIDE = (0.3, 4.0)
SETS = (
    ("deepsat_hsqc", Experiment.HSQC),
    ("bmrb2d", Experiment.HSQC),
    ("bmrb2d", Experiment.HMBC),
)


def near(a: Signals, b: Signals, h: float, c: float) -> np.ndarray:
    """Which of `a` have one of `b` within h and c ppm."""
    close = abs(a.h_ppm[:, None] - b.h_ppm) <= h
    return (close & (abs(a.c_ppm[:, None] - b.c_ppm) <= c)).any(axis=1)


def compare(real: Signals, made: Signals) -> dict[str, float]:
    """Figures of one spectrum."""
    pairs = made.take(np.flatnonzero(made.kind != ONE_BOND))
    if not (made.kind != ONE_BOND).any():
        pairs = made
    one_bond = made.take(np.flatnonzero(made.kind == ONE_BOND))
    h, c = TOLERANCE
    explained = near(real, pairs, h, c)
    soft = pairs.take(np.flatnonzero(pairs.split > 0))
    out = {
        "explained": explained.mean(),
        "found": near(pairs, real, h, c).mean(),
        "explained_split": (explained | near(real, soft, 0.3, c)).mean(),
    }
    if pairs is not made:
        away = abs(real.h_ppm[:, None] - one_bond.h_ppm)
        doublet = (away > 0.1) & (away < 0.23) & (abs(real.c_ppm[:, None] - one_bond.c_ppm) <= c)
        out["explained_doublets"] = (explained | doublet.any(axis=1)).mean()
    return {k: float(v) for k, v in out.items()}


def deviations(real: Signals, made: Signals) -> Iterator[tuple[float, float]]:
    """Signed distance of assigned signals to the nearest real peak."""
    sure = (made.h_basis == ASSIGNED) & (made.c_basis == ASSIGNED) & (made.attached != 2)
    for i in np.flatnonzero(sure & (made.kind == ONE_BOND)):
        dh, dc = real.h_ppm - made.h_ppm[i], real.c_ppm - made.c_ppm[i]
        best = int(np.argmin((dh / WIDE[0]) ** 2 + (dc / WIDE[1]) ** 2))
        if abs(dh[best]) <= WIDE[0] and abs(dc[best]) <= WIDE[1]:
            yield float(dh[best]), float(dc[best])


def check(real: SignalCache, made: SignalCache, only_assigned: bool, seed: int) -> dict:
    """Figures of all spectra of compounds in both."""
    rng = np.random.default_rng(seed)
    place = {c: i for i, c in enumerate(made.compounds.tolist())}
    rows: list[dict[str, float]] = []
    names, moved = [], []
    for i, compound in enumerate(real.compounds.tolist()):
        if compound not in place:
            continue
        mine = made.of(place[compound])
        if only_assigned:
            sure = (mine.h_basis == ASSIGNED) & (mine.c_basis == ASSIGNED)
            mine = mine.take(np.flatnonzero(sure))
        useful = mine.kind != ONE_BOND if real.experiment is Experiment.HMBC else mine.kind > 0
        if not useful.any():
            continue
        foreign = np.flatnonzero(real.compounds != real.compounds[i])
        other = compare(real.of(int(rng.choice(foreign))), mine)
        row = compare(real.of(i), mine)
        row |= {"chance_explained": other["explained"], "chance_found": other["found"]}
        rows.append(row)
        names.append(compound.decode())
        moved += deviations(real.of(i), mine) if real.experiment is Experiment.HSQC else []
    return {"spectra": len(rows), "compounds": len(set(names)), **summary(rows, names, moved)}


def summary(rows: list[dict[str, float]], names: list[str], moved: list) -> dict:
    out: dict = {}
    for key in rows[0] if rows else ():
        values = np.array([r[key] for r in rows])
        ci = bootstrap_interval(names, lambda i, v=values: float(v[i].mean()), n_resamples=500)
        out[key] = {"mean": round(float(values.mean()), 3), "ci": [round(x, 3) for x in ci]}
    if moved:
        away = np.array(moved)
        out["deviation"] = {
            "n": len(away),
            "median": np.round(np.median(away, axis=0), 3).tolist(),
            "sd_robust": np.round(
                1.4826 * np.median(abs(away - np.median(away, 0)), 0), 3
            ).tolist(),
        }
    return out


def aligned(real: Signals, made: Signals) -> tuple[float, float, float]:
    """Offset, ppm, that brings most simulated signals onto real ones, and their share."""
    dh = real.h_ppm - made.h_ppm[:, None]
    dc = real.c_ppm - made.c_ppm[:, None]
    best = (0.0, 0.0, 0.0)
    for offset in sorted(np.arange(-4, 4.01, 0.25), key=abs):
        close = (abs(dh) < 0.15) & (abs(dc - offset) < 0.8)
        share = float(close.any(axis=1).mean())
        if share > best[2]:
            best = (float(np.median(dh[close])), float(np.median(dc[close])), share)
    return best


def sure_pairs(real: SignalCache, made: SignalCache) -> Iterator[tuple[Signals, Signals]]:
    """Real and simulated signals of compounds in both; shifts assigned or of radius 4."""
    place = {c: i for i, c in enumerate(made.compounds.tolist())}
    for i, compound in enumerate(real.compounds.tolist()):
        if compound in place:
            mine = made.of(place[compound])
            good = (mine.h_basis >= 4) & (mine.c_basis >= 4)
            yield real.of(i), mine.take(np.flatnonzero(good))


def offset_statistics(real: SignalCache, made: SignalCache) -> dict:
    """Referencing offsets of spectra in which at least three and 70 % of signals agree."""
    found = []
    for theirs, good in sure_pairs(real, made):
        mine = good.take(np.flatnonzero(good.attached != 2))
        if len(mine) >= 3 and (best := aligned(theirs, mine))[2] >= 0.7:
            found.append(best[:2])
    at = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98]
    q = np.quantile(np.array(found), at, axis=0) if found else np.zeros((0, 2))
    h, c = q.T.round(3).tolist()
    return {"spectra": len(found), "at": at, "h_ppm": h, "c_ppm": c}


def hmbc_statistics(real: SignalCache, made: SignalCache) -> dict:
    """Which correlations are missing, and which one-bond doublets are seen, after alignment."""
    loss: list[float] = []
    missing: dict[str, list[bool]] = {}
    doublets: list[float] = []
    for theirs, good in sure_pairs(real, made):
        mine = good.take(np.flatnonzero(good.kind != ONE_BOND))
        if len(mine) < 4 or (best := aligned(theirs, mine))[2] < 0.5:
            continue
        dh = theirs.h_ppm - best[0] - mine.h_ppm[:, None]
        dc = theirs.c_ppm - best[1] - mine.c_ppm[:, None]
        gone = ~((abs(dh) < 0.1) & (abs(dc) < 1.5)).any(axis=1)
        loss.append(float(gone.mean()))
        for kind, h, g in zip(mine.kind.tolist(), mine.h_ppm.tolist(), gone.tolist(), strict=True):
            missing.setdefault(f"{kind} bonds {'sp2' if h > 5 else 'alkyl'}", []).append(g)
        own = good.take(np.flatnonzero(good.kind == ONE_BOND))
        shown = [has_doublet(theirs, best, own, k) for k in range(len(own))]
        doublets += [float(np.mean(shown))] if shown else []
    return {
        "spectra": len(loss),
        "loss_quartiles": np.round(np.quantile(loss, [0.25, 0.5, 0.75]), 3).tolist(),
        "missing": {k: [len(v), round(float(np.mean(v)), 3)] for k, v in sorted(missing.items())},
        "doublets_mean": round(float(np.mean(doublets)), 3),
        "spectra_with_doublets": round(float(np.mean(np.array(doublets) > 0)), 3),
    }


def has_doublet(real: Signals, offset: tuple[float, float, float], own: Signals, k: int) -> bool:
    """Whether both halves of a one-bond doublet are there (0.11-0.23 ppm, equal to 0.03)."""
    away = real.h_ppm - offset[0] - own.h_ppm[k]
    away = away[abs(real.c_ppm - offset[1] - own.c_ppm[k]) < 1.5]
    return any(
        (abs(away - j) < 0.03).any() and (abs(away + j) < 0.03).any()
        for j in np.arange(0.11, 0.23, 0.02)
    )


def split_statistics(real: SignalCache) -> dict:
    """How often and by how much the protons of a CH2 differ, by `split_chance`."""
    edited = [i for i in range(len(real)) if (real.of(i).attached == 2).any()]
    s = read_structures([real.smiles[i] for i in edited])
    sort = split_chance(s)
    seen: dict[int, list[float]] = {0: [], 1: [], 2: []}
    groups = dict.fromkeys(seen, 0)
    for j, i in enumerate(edited):
        atoms = np.arange(s.offsets[j], s.offsets[j + 1])
        methylene = s.carbon[atoms] & (s.n_h[atoms] == 2) & (s.degree[atoms] == 2)
        kinds = set(sort[atoms[methylene]].tolist())
        if len(kinds) != 1:
            continue
        kind = kinds.pop()
        mine = real.of(i)
        negative = mine.attached == 2
        shift = np.round(mine.c_ppm[negative].astype(float), 2)
        for c in np.unique(shift):
            h = mine.h_ppm[negative][shift == c]
            groups[kind] += 1
            if len(h) == 2:
                seen[kind].append(float(abs(h[0] - h[1])))
    return {
        str(k): {
            "ch2": groups[k],
            "share": round(len(v) / groups[k], 3),
            "at": SPLIT_AT.tolist(),
            "ppm": np.round(np.quantile(v, SPLIT_AT), 3).tolist(),
        }
        for k, v in seen.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".json"))
    args = parser.parse_args()
    table = read_shift_table(args.data / TABLE)
    structures = read_structures(table.smiles)
    keys = circular_keys(structures)
    numbers = {c: i for i, c in enumerate(dict.fromkeys(table.compounds))}
    compound = np.array([numbers[c] for c in table.compounds])[structures.molecule]
    known = {c: table.on_atoms(structures, c) for c in POSSIBLE}
    report: dict = {
        "command": "python benchmarks/mixnets/simulation_check.py --data ../shared/data",
        "python": platform.python_version(),
        "seed": args.seed,
        "tolerance_ppm": TOLERANCE,
        "leave_one_out": {
            c: [
                {"radius": a.radius, "n": a.n, "mae": a.mean, "median": a.median, "p90": a.p90}
                for a in leave_one_out(known[c], keys, compound, structures.group, 20000)
            ]
            for c in POSSIBLE
        },
        "sets": {},
    }
    for name, experiment in SETS:
        real = read_measured(args.data / name, experiment)
        barred = {c.decode() for c in real.compounds.tolist()}
        held = np.array([c in barred for c in table.compounds])[structures.molecule]
        report["sets"][f"{name}/{experiment.value}"] = result = {
            "shared": len(barred & set(table.compounds))
        }
        for way in ("assigned", "filled", "predicted"):
            filled = tuple(
                fill_shifts(np.where(held, np.nan, k) if way == "predicted" else k, keys, ~held)
                for k in known.values()
            )
            made = simulate(table, structures, filled, experiment, {})
            if way == "filled":
                hmbc = experiment is Experiment.HMBC
                result["statistics"] = (hmbc_statistics if hmbc else offset_statistics)(real, made)
                print(result["statistics"])
            result[way] = check(real, made, way == "assigned", args.seed)
            print(name, experiment.value, way, result[way], flush=True)
        if name == "deepsat_hsqc":
            report["ch2_split"] = split_statistics(real)
            print(report["ch2_split"])
    args.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
