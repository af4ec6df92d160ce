"""Picking in real spectra: estragole (JCAMP-DX) and an edited HSQC (raw Bruker data)."""

from __future__ import annotations

import numpy as np
import pytest

from nmrcam_qt.core.picked import PeakKind
from nmrcam_qt.core.picking import pick_peaks
from nmrcam_qt.core.readers import read_spectrum

# 4-Allylanisole in CDCl3, ¹H and ¹³C: nmrshiftdb2, ZFMSMUAANRJZFM (see test_jcamp_samples).
PUBLISHED = {
    "=CH2": (5.05, 115.425),
    "=CH": (5.94, 138.005),
    "CH2": (3.32, 39.56),
    "ArH-2,6": (7.09, 129.6),
    "ArH-3,5": (6.83, 114.1),
    "OCH3": (3.78, 55.3),
}
LONG_RANGE = (
    ("CH2", 129.6),
    ("CH2", 132.05),
    ("CH2", 138.005),
    ("CH2", 115.425),
    ("ArH-3,5", 132.05),
    ("ArH-2,6", 39.56),
    ("=CH2", 39.56),
)
H_OFFSET = 0.0665
"""The spectra were never referenced (SR = 0): what all ¹H shifts are off, ppm, as
test_jcamp_samples measures it without this picker."""
WITHIN_H, WITHIN_C = 0.02, 0.2


@pytest.fixture(scope="module")
def estragole(samples_dir):
    folder = samples_dir / "instrument" / "jcamp"
    hsqc = pick_peaks(read_spectrum(folder / "estragole_hsqc.dx"))
    return hsqc, pick_peaks(read_spectrum(folder / "estragole_hmbc.dx"), hsqc=hsqc)


def nearest(picked, h, c):
    """Differences of the picked peak next to a published one, ppm."""
    away = [(p.h_ppm - H_OFFSET - h, p.c_ppm - c) for p in picked.peaks]
    return min(away, key=lambda d: abs(d[0]) / WITHIN_H + abs(d[1]) / WITHIN_C)


def test_picked_peaks_of_estragole_are_the_published_ones(estragole):
    hsqc, hmbc = estragole
    found = [nearest(hsqc, *shifts) for shifts in PUBLISHED.values()]
    found += [nearest(hmbc, PUBLISHED[name][0], c) for name, c in LONG_RANGE]
    # ¹³C of ArH-3,5 is 0.23 ppm off as filed: 0.08 ppm of it are the referencing.
    offset_c = np.median([c for _, c in found])
    assert abs(offset_c) < 0.1
    assert max(abs(h) for h, _ in found) <= WITHIN_H
    assert max(abs(c - offset_c) for _, c in found) <= WITHIN_C


def test_few_peaks_of_estragole_are_anything_else(estragole):
    hsqc, hmbc = estragole
    true = np.array([(h + H_OFFSET, c) for h, c in PUBLISHED.values()])
    others = [
        p
        for p in hsqc.peaks
        if not (np.abs(true - (p.h_ppm, p.c_ppm)) <= (0.06, 0.6)).all(axis=1).any()
    ]
    # Long-range peaks of the ring, 5 % of their signals, and one side lobe.
    assert len(hsqc) <= 20
    assert len(others) <= 5
    assert all(abs(p.height) < 0.06 * hsqc.peaks[1].height for p in others)
    assert len(hmbc) <= 50


def test_one_bond_doublets_of_estragole(estragole):
    _, hmbc = estragole
    marked = [p for p in hmbc.peaks if p.kind is PeakKind.ONE_BOND]
    for name in ("=CH2", "CH2", "ArH-2,6", "ArH-3,5", "OCH3"):
        h, c = PUBLISHED[name]
        own = [p.h_ppm - H_OFFSET - h for p in marked if abs(p.c_ppm - c) < 0.5]
        low, high = [d for d in own if d < 0], [d for d in own if d > 0]
        assert low, name
        assert high, name
        assert 110 <= (max(high) - min(low)) * 500.13 <= 220
    # No long-range correlation is taken for one.
    for name, c in LONG_RANGE:
        h = PUBLISHED[name][0] + H_OFFSET
        assert not any(abs(p.h_ppm - h) < 0.02 and abs(p.c_ppm - c) < 0.5 for p in marked)


def test_edited_hsqc_of_cyclosporin(samples_dir):
    """CH2 are negative, CH and CH3 positive; the solvent is where benzene is."""
    folder = samples_dir / "instrument" / "bruker_raw" / "exam2d_HC" / "3"
    picked = pick_peaks(read_spectrum(folder))
    assert 50 <= len(picked) <= 150
    assert all(p.kind is PeakKind.SIGNAL or p.kind is PeakKind.SOLVENT for p in picked.peaks)
    # Benzene at 7.16/128.06 ppm (Fulmer 2010); the raw data are not referenced in ¹H.
    benzene = [p for p in picked.peaks if abs(p.c_ppm - 128.06) < 1 and p.h_ppm > 7]
    assert [round(abs(p.h_ppm - 7.16), 1) for p in benzene] == [0.1]
    # Alpha carbons of the eleven amino acids lie at 45 to 60 ppm, and C-alpha of sarcosine,
    # a CH2, at 49 ppm with two protons far apart (each a doublet): the only negative ones.
    strong = [p for p in picked.peaks if 44 < p.c_ppm < 62 and p.snr > 50]
    negative = [p for p in strong if p.height < 0]
    assert {round(p.c_ppm) for p in negative} == {49}
    assert {round(p.h_ppm) for p in negative} == {2, 4}
    assert len(strong) - len(negative) >= 10
    # What the phase leaves above and below strong lines is up to four times as wide as they are.
    assert sum(p.c_width_ppm > 3.5 for p in picked.peaks) <= 2
