"""How simulated spectra vary.

Where a docstring says "measured", the figure is in
``benchmarks/mixnets/simulation_check.json`` or `DrawSettings` names it. These few marginal
statistics (widths, offsets, losses, splittings) were taken over *all* calibrated spectra of
bmrb2d and deepsat_hsqc, those of later test compounds included; no label and no signal of
a single compound went into them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Range = tuple[float, float]

SHIFT_NOISE_H = np.array([0.03, 0.63, 0.26, 0.15, 0.06, 0.03])
SHIFT_NOISE_C = np.array([0.4, 6.8, 2.8, 1.2, 0.45, 0.4])
"""Standard deviation of the noise on a shift, ppm, by its basis: 1.48 × the median error
of filling it (leave one compound out, ``benchmarks/mixnets/simulation_check.json``) for
the radius 1 to 4; what solvent and pH do for assigned (5) and measured (0) ones."""

SPLIT_CHANCE = np.array([0.15, 0.91, 0.86])
SPLIT_AT = np.array([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.98])
SPLIT_PPM = np.array(
    [
        [0.00, 0.004, 0.015, 0.047, 0.07, 0.20, 0.68],
        [0.00, 0.04, 0.07, 0.12, 0.19, 0.25, 0.37],
        [0.00, 0.07, 0.16, 0.30, 0.54, 0.78, 1.15],
    ]
)
"""How often the two protons of a CH2 differ, and quantiles of by how much, ppm: no
stereocentre near, in a chain, in a ring. Measured on the edited HSQC lists of DeepSAT,
whose negative signals with one ¹³C shift are the two protons of one CH2, on compounds
whose CH2 are all of one sort (296, 491 and 2772 pairs)."""

HMBC_LOSS_WEIGHT = np.array([[0.0, 0.0, 0.86, 1.13], [0.0, 0.0, 1.28, 0.71]])
"""How much more often than others a correlation is missing, by sort of proton (alkyl;
aromatic or olefinic) and bonds (0 to 3). Measured on 67 HMBC of bmrb2d whose shifts are
assigned or filled at radius 4: missing are, over two bonds, 25 % from alkyl protons and
36 % from the others, over three bonds 32 % and 20 % (³J there is 7-8 Hz, ²J 1-4 Hz)."""

FOREIGN_SCALE_H = (0.0, 0.1)
FOREIGN_SCALE_C = (0.8, 3.0)
"""Offset, ppm, of spectra on another scale: a solution in water referenced to DSS reads
up to 3 ppm more in ¹³C than one referenced to TMS. Of 71 HSQC of bmrb2d a quarter lies
more than 0.7 ppm above nmrshiftdb2, a tenth more than 2.2."""

SOLVENTS = (
    (2.50, 39.5),
    (3.31, 49.0),
    (7.26, 77.2),
    (2.05, 29.8),
    (7.22, 123.9),
    (7.58, 135.9),
    (8.74, 150.3),
    (7.16, 128.1),
    (1.94, 1.3),
    (5.32, 53.8),
)
"""¹H and ¹³C shift of what is left of deuterated solvents, ppm (Fulmer et al., Organometallics
2010, 29, 2176): DMSO, methanol, chloroform, acetone, pyridine (3), benzene, acetonitrile,
dichloromethane."""

WATER = (4.70, 4.87, 3.33, 1.56, 2.84)
"""¹H shift of water in D2O, methanol, DMSO, chloroform, acetone, ppm."""


@dataclass(frozen=True, slots=True)
class DrawSettings:
    """Ranges from which every drawn spectrum takes its own values.

    Parameters
    ----------
    class_share : float
        Share of the compounds that is drawn to carry a class, each class as often as the
        others; the rest is drawn evenly from all.
    list_share : float
        Share of the spectra drawn as peak lists are (`core.drawing.draw_peaks`), the
        rest as contours in pictures.
    offset_h, offset_c : float
        Largest referencing offset of a spectrum, ppm.
    foreign_scale : float
        Share of the spectra that are referenced to another scale besides.
    noise : float
        Factor on the noise of shifts.
    decades : float
        Largest spread of the compounds' intensities, powers of ten.
    contour_decades : (float, float)
        How far the lowest contour lies below the median signal of the strongest
        compound, powers of ten.
    min_visible : float
        Share of a compound's signals that must be seen for it to be there.
    hmbc_loss, hsqc_loss, measured_loss : (float, float)
        Share of the correlations of a compound that is missing.
    doublet_share : float
        Share of the HMBC spectra with one-bond doublets (bmrb2d: 76 %, and
        30 % of the one-bond pairs of all spectra).
    doublets : (float, float)
        Share of the one-bond pairs whose doublet such a spectrum shows.
    wiggles : float
        Share of the spectra whose strong signals have lobes along ¹³C (truncation).
    half_h, half_c : (float, float)
        Half width of a contour in the median of a spectrum, ppm. Measured on bmrb2d:
        medians of pictures 0.025-0.12 and 0.7-2.7 ppm.
    list_width : (float, float)
        Factor on the width of drawn lists.
    ink : (float, float)
        Darkness of the contours of a spectrum.
    hollow : float
        Share of the pictures whose rings are empty inside.
    ridges, water, reference, solvent, specks, folded : float
        Share of the spectra with each artefact.
    edited : bool
        Whether CH2 are negative in `Example.signed`.
    """

    class_share: float = 0.5
    list_share: float = 0.4
    offset_h: float = 0.03
    offset_c: float = 0.5
    foreign_scale: float = 0.15
    noise: float = 1.0
    decades: float = 1.0
    contour_decades: Range = (0.5, 1.5)
    min_visible: float = 0.25
    hmbc_loss: Range = (0.05, 0.30)
    hsqc_loss: Range = (0.0, 0.05)
    measured_loss: Range = (0.0, 0.10)
    doublet_share: float = 0.6
    doublets: Range = (0.1, 0.7)
    wiggles: float = 0.15
    half_h: Range = (0.025, 0.09)
    half_c: Range = (0.7, 2.4)
    list_width: Range = (0.75, 1.25)
    ink: Range = (0.5, 1.0)
    hollow: float = 0.5
    ridges: float = 0.2
    water: float = 0.15
    reference: float = 0.3
    solvent: float = 0.3
    specks: float = 0.15
    folded: float = 0.04
    edited: bool = False


PLAIN = DrawSettings(
    class_share=0.0,
    list_share=1.0,
    offset_h=0.0,
    offset_c=0.0,
    foreign_scale=0.0,
    noise=0.0,
    decades=0.0,
    contour_decades=(9.0, 9.0),
    hmbc_loss=(0.0, 0.0),
    hsqc_loss=(0.0, 0.0),
    measured_loss=(0.0, 0.0),
    doublet_share=0.0,
    wiggles=0.0,
    list_width=(1.0, 1.0),
    ridges=0.0,
    water=0.0,
    reference=0.0,
    solvent=0.0,
    specks=0.0,
    folded=0.0,
)
"""Nothing is changed, lost or added: spectra and mixtures as `draw_peaks` draws their lists.
For measured spectra when a network is judged; of simulated ones CH2 are split by chance."""
