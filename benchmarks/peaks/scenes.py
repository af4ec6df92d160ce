"""Spectra with known peaks: the signals of nmrshiftdb2's compounds, recorded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picked import PeakKind
from nmrcam_qt.core.simulate import settings as known
from nmrcam_qt.core.simulate.cache import SignalCache, filled_table, simulate
from nmrcam_qt.core.simulate.instrument import Lines, Recording, folded, record, seen_widths
from nmrcam_qt.core.simulate.shifts import TABLE, ShiftTable, read_shift_table
from nmrcam_qt.core.simulate.signals import ONE_BOND
from nmrcam_qt.core.simulate.structures import read_structures
from nmrcam_qt.core.spectrum import Experiment, Provenance, SourceKind, Spectrum

H_MHZ, C_MHZ = 500.0, 125.7
F2 = Axis.from_edges("1H", 11.0, -1.0, 2048)
F1 = {
    Experiment.HSQC: Axis.from_edges("13C", 160.0, 0.0, 1024),
    Experiment.HMBC: Axis.from_edges("13C", 225.0, -5.0, 1024),
}
INCREMENTS = {Experiment.HSQC: [200, 256, 320], Experiment.HMBC: [256, 384, 512]}
ONE_BOND_HZ = (110.0, 220.0)


@dataclass(frozen=True)
class Scene:
    """A spectrum and its peaks.

    `truth` float64 ``(n, 3)``: ¹H ppm, ¹³C ppm, signed height; lines closer than one line
    width are one. `members`: for each the lines in it, ``(m, 2)``. `kinds`: one per peak.
    `apart`: line widths to the next peak of each. `hsqc`: ¹H and ¹³C ppm of the true HSQC,
    ``(k, 2)``. `about`: what was simulated.
    """

    spectrum: Spectrum
    truth: np.ndarray
    members: list[np.ndarray]
    kinds: list[PeakKind]
    apart: np.ndarray
    hsqc: np.ndarray
    about: dict[str, object]


def chosen_table(data: Path, part: str, n: int) -> ShiftTable:
    """`n` compounds with ¹³C and ¹H shifts; `part` "tune" or "report", split by InChIKey."""
    table = read_shift_table(data / TABLE)
    both = np.intersect1d(*(np.unique(table.shifts[c][0]) for c in ("c13_ppm", "h1_ppm")))
    rank = {int(i): hashlib.sha256(table.compounds[i].encode()).digest() for i in both}
    wanted = [i for i, digest in rank.items() if (digest[0] % 2 == 0) == (part == "tune")]
    chosen = sorted(wanted, key=lambda i: rank[i])[:n]
    place = np.full(len(table.smiles), -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    shifts = {}
    for column, (molecule, atom, ppm) in table.shifts.items():
        keep = place[molecule] >= 0
        shifts[column] = (place[molecule[keep]], atom[keep], ppm[keep])
    return ShiftTable(
        tuple(table.smiles[i] for i in chosen), tuple(table.compounds[i] for i in chosen), shifts
    )


def caches(data: Path, part: str, n: int) -> dict[Experiment, SignalCache]:
    """Signals of the compounds of which all shifts are known, per experiment."""
    table = chosen_table(data, part, n)
    structures = read_structures(table.smiles)
    filled = filled_table(table, structures)
    return {e: simulate(table, structures, filled, e, {}) for e in Experiment}


def scene(
    cache: SignalCache, index: int, snr: float, seed: int, *, clean: bool = False
) -> Scene | None:
    """One spectrum of one compound; None where it has no signal.

    The *weakest* line is `snr` times the noise, the others are higher by their protons
    and by chance (HSQC) or by up to a decade (HMBC). `clean` leaves out ridges, streak,
    side lobes and folding.
    """
    name = bytes(cache.compounds[index])
    digest = hashlib.sha256(name + cache.experiment.value.encode()).digest()
    rng = np.random.default_rng([int.from_bytes(digest[:4], "big"), seed])
    how = _recording(rng, cache.experiment, clean)
    lines, one_bond, hsqc = _lines(rng, cache, index, how.magnitude)
    if not len(lines):
        return None
    weakest = np.abs(lines.height).min()
    lines = replace(lines, height=lines.height * snr / weakest)
    strong = not clean and rng.random() < 0.4
    if strong:
        lines = _with_solvent(rng, lines, snr)
        one_bond = np.append(one_bond, False)
    image = record(rng, lines, how)
    if how.magnitude:
        lines = replace(lines, height=np.abs(lines.height))
    acquisition = Acquisition(h_mhz=H_MHZ, c_mhz=C_MHZ, magnitude=how.magnitude)
    made = Provenance(path="simulated", kind=SourceKind.INSTRUMENT, format="simulated")
    spectrum = Spectrum(
        name.decode(), image, how.f1, how.f2, cache.experiment, made, acquisition=acquisition
    )
    truth, members, kinds, apart = _merged(lines, one_bond, how)
    about = {
        "window": how.window,
        "magnitude": how.magnitude,
        "t1_noise": how.t1_noise,
        "solvent": bool(strong),
        "streak": how.streak is not None,
        "folded": int(np.sum((lines.c_ppm > how.f1.edges[0]) | (lines.c_ppm < how.f1.edges[1]))),
    }
    return Scene(spectrum, truth, members, kinds, apart, hsqc, about)


def _lines(
    rng: np.random.Generator, cache: SignalCache, index: int, magnitude: bool
) -> tuple[Lines, np.ndarray, np.ndarray]:
    """Lines, which of them are of one-bond doublets, and the peaks of the HSQC."""
    s = cache.of(index)
    hmbc = cache.experiment is Experiment.HMBC
    n = len(s)
    bond = (s.kind == ONE_BOND) if hmbc else np.zeros(n, bool)
    there = ~bond | (rng.random(n) < 0.3)  # a third of the one-bond pairs leaks
    atoms, atom = np.unique(s.h_atom, return_inverse=True)
    half = _splits(rng, s, atom, len(atoms))
    couplings = np.select([s.c_ppm < 50, s.c_ppm < 90], [125.0, 145.0], 165.0)
    couplings = np.clip(couplings + 8 * rng.standard_normal(n), *ONE_BOND_HZ)
    edited = (not hmbc) and rng.random() < 0.5
    sign = np.where(edited & (s.attached == 2), -1.0, 1.0)
    if hmbc:
        size = 10 ** rng.uniform(0, 1, n)
    else:
        size = np.maximum(s.protons, 1) * rng.uniform(0.6, 1.4, n)
    # In magnitude spectra a multiplet is no broad line: its tails are those of narrow ones.
    h_hz = rng.uniform(*((4, 12) if magnitude else (10, 26)), len(atoms))[atom]
    c_hz = rng.uniform(5, 25, n)
    moves = np.where(half > 0, 1, 0)
    doublet = np.where(bond, couplings / 2 / H_MHZ, 0.0)
    parts = []
    for split in (1, -1):
        for pair in (1, -1):
            take = there & ((split == 1) | (moves == 1)) & ((pair == 1) | bond)
            h = s.h_ppm + split * half + pair * doublet
            parts.append(np.stack([h, s.c_ppm, sign * size, h_hz, c_hz, bond], 1)[take])
    table = np.concatenate(parts)
    own = s.kind == ONE_BOND
    hsqc = np.concatenate([np.stack([s.h_ppm + k * half, s.c_ppm], 1)[own] for k in (1, -1)])
    return Lines(*(table[:, i].copy() for i in range(5))), table[:, 5] > 0, hsqc


def _with_solvent(rng: np.random.Generator, lines: Lines, snr: float) -> Lines:
    """A line of 100 times the S/N asked for: it is picked like another, and makes a ridge."""
    h, c = known.SOLVENTS[rng.integers(len(known.SOLVENTS))]
    more = (h, c, 100 * snr, 6.0, 8.0)
    columns = (lines.h_ppm, lines.c_ppm, lines.height, lines.h_hz, lines.c_hz)
    return Lines(*(np.append(a, b) for a, b in zip(columns, more, strict=True)))


def _splits(rng: np.random.Generator, s: object, atom: np.ndarray, n: int) -> np.ndarray:
    """Half the distance of the protons of each CH2, ppm, one for all signals of an atom."""
    draws = rng.random((2, n))
    split = s.split  # type: ignore[attr-defined]
    happens = (s.attached == 2) & (draws[0][atom] < known.SPLIT_CHANCE[split])  # type: ignore[attr-defined]
    half = np.zeros(len(atom))
    for kind, ppm in enumerate(known.SPLIT_PPM):
        mine = happens & (split == kind)
        half[mine] = np.interp(draws[1][atom[mine]], known.SPLIT_AT, ppm) / 2
    return half


def _recording(rng: np.random.Generator, experiment: Experiment, clean: bool) -> Recording:
    magnitude = experiment is Experiment.HMBC and rng.random() < 0.5
    cut_off = (not clean) and (not magnitude) and rng.random() < 0.1
    streak = None
    if not clean and rng.random() < 0.3:
        streak = (rng.normal(4.75, 0.1), rng.uniform(0.03, 0.12), rng.uniform(3, 30))
    return Recording(
        F1[experiment],
        F2,
        C_MHZ,
        H_MHZ,
        increments=int(rng.choice(INCREMENTS[experiment])),
        points=1024,
        window="sine" if magnitude else "none" if cut_off else "cos2",
        magnitude=magnitude,
        gaussian=1.0 if magnitude else float(rng.uniform(0, 1)),
        t1_noise=0.0 if clean else float(rng.uniform(0, 0.01)),
        streak=streak,
    )


def _merged(
    lines: Lines, one_bond: np.ndarray, how: Recording
) -> tuple[np.ndarray, list[np.ndarray], list[PeakKind], np.ndarray]:
    """Lines closer than one line width are one peak at their weighted mean."""
    h_width, c_width = seen_widths(lines, how)
    h, c = folded(lines.h_ppm, how.f2), folded(lines.c_ppm, how.f1)
    order = np.argsort(-np.abs(lines.height))
    free = np.ones(len(lines), bool)
    truth, members, kinds, wide = [], [], [], []
    for i in order:
        if not free[i]:
            continue
        wide_h, wide_c = (h_width + h_width[i]) / 2, (c_width + c_width[i]) / 2
        near = ((h - h[i]) / wide_h) ** 2 + ((c - c[i]) / wide_c) ** 2 < 1
        near &= free & (np.sign(lines.height) == np.sign(lines.height[i]))
        free &= ~near
        weight = np.abs(lines.height[near])
        truth.append(
            (
                np.average(h[near], weights=weight),
                np.average(c[near], weights=weight),
                np.sign(lines.height[i]) * weight.sum(),
            )
        )
        members.append(np.stack([h[near], c[near]], axis=1))
        wide.append((h_width[i], c_width[i]))
        kinds.append(PeakKind.ONE_BOND if one_bond[near].all() else PeakKind.SIGNAL)
    places, wide = np.array(truth), np.array(wide)
    away = (places[:, np.newaxis, :2] - places[:, :2]) / ((wide[:, np.newaxis] + wide) / 2)
    distance = np.hypot(away[..., 0], away[..., 1])
    np.fill_diagonal(distance, np.inf)
    return places, members, kinds, distance.min(axis=1)
