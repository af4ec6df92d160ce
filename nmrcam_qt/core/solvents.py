"""Signals of solvents, their water and reference substances, and the masks that cover them.

Shifts of residual protons, carbons and water come from Fulmer et al., Organometallics 29
(2010) 2176 (which extends Gottlieb, Kotlyar and Nudelman, J. Org. Chem. 62 (1997) 7512);
those of pyridine-d5, DMF-d7, dioxane-d8, acetic acid-d4 and TFA-d from the NMR solvent data
chart of Cambridge Isotope Laboratories. DSS defines 0/0 ppm (Harris et al., Pure Appl. Chem.
80 (2008) 59); its CH2 were confirmed in calibrated HSQC of BMRB's metabolomics spectra
(0.63/17.7, 1.75/21.7, 2.90/57.2 ppm, medians of 8 to 11 spectra).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.spectrum import Experiment

H_HALF_PPM = 0.06
"""Half height of a mask along ¹H: 95 % of the CDCl3 and DSS cross peaks of 118 calibrated HSQC
lie within 0.03 to 0.07 ppm of their shift."""
C_HALF_PPM = 2.0
"""Half width along ¹³C: the foot of a strong peak 1.6 ppm wide (FWHM; down to 5 % of its height
1.7 ppm to each side), and isotope shifts (CHD2 against CD3 up to 0.3 ppm)."""
STREAK_H_HALF_PPM = 0.08
"""Half width of the water streak; HDO moves by 0.01 ppm per kelvin and with pH."""
STREAK_C_PPM = (-1000.0, 1000.0)
"""A streak of water runs through the whole ¹³C axis."""
FALLBACK_MHZ = 400.0
"""Where the spectrometer is unknown: a low field, so that the doublet lies inside."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A C-H pair of a solvent or reference.

    Parameters
    ----------
    name : str
        For the mask, for example ``"CHCl3"``.
    h_ppm, c_ppm : float
        ¹H shift of the residual proton and ¹³C shift of its carbon, ppm.
    coupling_hz : float
        One-bond ¹J(CH), Hz: in HMBC the pair shows as a doublet of this splitting.
    """

    name: str
    h_ppm: float
    c_ppm: float
    coupling_hz: float


@dataclass(frozen=True, slots=True)
class Solvent:
    """A deuterated solvent, or a reference substance.

    Parameters
    ----------
    id : str
        Plain name, for the command line.
    title : str
        As it is written for a chemist.
    signals : tuple of Signal
        Its residual C-H pairs; none for D2O.
    water_ppm : float or None
        ¹H of water in it.
    spellings : tuple of str
        How spectrometers write it, in lower case letters and digits only.
    wet : bool
        Whether its water (or OH) is so strong that a streak through ¹³C is to be feared.
    """

    id: str
    title: str
    signals: tuple[Signal, ...]
    water_ppm: float | None = None
    spellings: tuple[str, ...] = ()
    wet: bool = False


SOLVENTS: tuple[Solvent, ...] = (
    Solvent(
        "cdcl3",
        "CDCl3",
        (Signal("CHCl3", 7.26, 77.16, 209),),
        1.56,
        ("chloroform", "chcl3", "chlf", "trichloromethane", "deuterochloroform"),
    ),
    Solvent(
        "dmso",
        "DMSO-d6",
        (Signal("DMSO-d5", 2.50, 39.52, 138),),
        3.33,
        ("dimethylsulfoxide", "dimethylsulphoxide", "cd32so", "cd3socd3", "c2d6so"),
    ),
    Solvent(
        "cd3od",
        "CD3OD",
        (Signal("CHD2OD", 3.31, 49.00, 142),),
        4.87,
        ("meod", "methanol", "meoh", "ch3od", "cd3oh"),
        wet=True,
    ),
    Solvent(
        "d2o",
        "D2O",
        (),
        4.79,
        ("h2o", "hdo", "hod", "water", "deuteriumoxide", "heavywater", "h2od2o", "d2oh2o"),
        wet=True,
    ),
    Solvent(
        "acetone",
        "acetone-d6",
        (Signal("acetone-d5", 2.05, 29.84, 127),),
        2.84,
        ("cd32co", "cd3cocd3", "c3d6o", "aceton", "me2co"),
    ),
    Solvent("c6d6", "C6D6", (Signal("C6D5H", 7.16, 128.06, 159),), 0.40, ("benzene", "c6h6")),
    Solvent(
        "cd3cn",
        "CD3CN",
        (Signal("CHD2CN", 1.94, 1.32, 136),),
        2.13,
        ("acetonitrile", "acn", "mecn", "c2d3n"),
    ),
    Solvent(
        "cd2cl2",
        "CD2Cl2",
        (Signal("CHDCl2", 5.32, 53.84, 178),),
        1.52,
        ("dichloromethane", "methylenechloride", "ch2cl2", "dcm"),
    ),
    Solvent(
        "pyridine",
        "pyridine-d5",
        (
            Signal("pyridine-d4, C2", 8.74, 150.35, 178),
            Signal("pyridine-d4, C4", 7.58, 135.91, 162),
            Signal("pyridine-d4, C3", 7.22, 123.87, 163),
        ),
        4.96,
        ("pyr", "py", "c5d5n"),
    ),
    Solvent(
        "thf",
        "THF-d8",
        (Signal("THF-d7, OCHD", 3.58, 67.21, 145), Signal("THF-d7, CHD", 1.72, 25.31, 133)),
        2.46,
        ("tetrahydrofuran", "c4d8o"),
    ),
    Solvent(
        "toluene",
        "toluene-d8",
        (
            Signal("toluene-d7, CHD2", 2.08, 20.43, 126),
            Signal("toluene-d7, ortho", 7.09, 128.87, 159),
            Signal("toluene-d7, meta", 7.01, 127.96, 159),
            Signal("toluene-d7, para", 6.97, 125.13, 159),
        ),
        0.43,
        ("tol", "c7d8"),
    ),
    Solvent("tfa", "TFA-d", (), 11.50, ("trifluoroaceticacid", "cf3cood", "cf3cooh")),
    Solvent(
        "tfe",
        "TFE-d3",
        (Signal("CF3CHDOD", 3.88, 61.50, 146),),
        3.66,
        ("trifluoroethanol", "cf3cd2od"),
    ),
    Solvent(
        "c6d5cl",
        "C6D5Cl",
        (
            Signal("C6D4HCl, ortho", 7.14, 128.25, 165),
            Signal("C6D4HCl, meta", 6.99, 129.26, 162),
            Signal("C6D4HCl, para", 6.96, 125.96, 161),
        ),
        1.03,
        ("chlorobenzene", "clbenzene"),
    ),
    Solvent(
        "dmf",
        "DMF-d7",
        (
            Signal("DMF-d6, CHO", 8.03, 163.15, 191),
            Signal("DMF-d6, CHD2 trans", 2.92, 34.89, 138),
            Signal("DMF-d6, CHD2 cis", 2.75, 29.76, 138),
        ),
        3.50,
        ("dimethylformamide", "c3d7no"),
    ),
    Solvent(
        "dioxane",
        "dioxane-d8",
        (Signal("dioxane-d7", 3.53, 66.66, 142),),
        2.40,
        ("14dioxane", "c4d8o2"),
    ),
    Solvent(
        "acetic-acid",
        "acetic acid-d4",
        (Signal("CHD2COOD", 2.04, 20.00, 130),),
        11.65,
        ("aceticacid", "acoh", "acod", "cd3cood", "acetic"),
    ),
)
"""Solvents, the common ones first."""

REFERENCES: tuple[Solvent, ...] = (
    Solvent("tms", "TMS", (Signal("TMS", 0.0, 0.0, 118),), None, ("tetramethylsilane",)),
    Solvent(
        "dss",
        "DSS",
        (
            Signal("DSS, Si(CH3)3", 0.0, 0.0, 118),
            Signal("DSS, SiCH2", 0.63, 17.7, 119),
            Signal("DSS, CH2", 1.76, 21.8, 129),
            Signal("DSS, CH2SO3", 2.91, 57.1, 139),
        ),
        None,
        ("tmsps", "dssd6"),
    ),
    Solvent("tsp", "TSP", (Signal("TSP, Si(CH3)3", 0.0, 0.0, 119),), None, ("tmsp", "tspd4")),
)
"""Substances that mark 0 ppm."""

_DEUTERATED = re.compile(r"(d\d{0,2}|(spe|salt|na|lowtemp|arom|c13)+)$")
_SHARE = re.compile(r"\d+([.,]\d+)?\s*%|\bin\b|\band\b|\bwith\b")


def solvent_named(text: str) -> Solvent | None:
    """The solvent or reference that a text names, however it is spelt.

    Knows what Bruker (``MeOD``, ``CD3OD_SPE``, ``H2O+D2O``), JEOL (``CHLOROFORM-D``,
    ``METHANOL-D3``), Varian (``cdcl3``) and people (``(CD3)2SO``, ``DMSO-d₆``) write; case,
    brackets, blanks and ``-d6`` do not matter. Of a mixture of solvents the first is taken.

    Returns
    -------
    Solvent or None
        None where the text names none.
    """
    for part in (text, *re.split(r"[+/,;:&|]", text)):
        plain = _plain(part)
        for key in dict.fromkeys((plain, _DEUTERATED.sub("", plain))):
            found = _BY_SPELLING.get(key)
            if found is not None:
                return found
    return None


def solvent_of(acquisition: Acquisition | None) -> Solvent | None:
    """The solvent that a file names; None where it names none that is known."""
    return None if acquisition is None else solvent_named(acquisition.solvent)


def _plain(text: str) -> str:
    """Lower case letters and digits; subscripts become digits, shares are dropped."""
    folded = _SHARE.sub("", unicodedata.normalize("NFKC", text).lower())
    return "".join(char for char in folded if char.isascii() and char.isalnum())


_BY_SPELLING = {
    spelling: solvent
    for solvent in (*SOLVENTS, *REFERENCES)
    for spelling in (_plain(solvent.id), _plain(solvent.title), *solvent.spellings)
}


def reference_signals(solvent: Solvent | None) -> tuple[Signal, ...]:
    """Signals by which the axes can be set, the surest first: TMS (or DSS in D2O), then residual.

    Parameters
    ----------
    solvent : Solvent or None
        None lists those of every solvent.
    """
    by_id = {reference.id: reference for reference in REFERENCES}
    if solvent is None:
        listed = (by_id["tms"], by_id["dss"], *SOLVENTS)
    elif solvent in REFERENCES:
        listed = (solvent,)
    else:
        listed = (by_id["dss" if solvent.id == "d2o" else "tms"], solvent)
    return tuple(dict.fromkeys(signal for one in listed for signal in one.signals))


def references_for(solvent: Solvent) -> tuple[Solvent, ...]:
    """Reference substances that are used in a solvent: DSS (TSP lies at the same place) in
    water, TMS elsewhere."""
    wanted = "dss" if solvent.id == "d2o" else "tms"
    return tuple(one for one in REFERENCES if one.id == wanted and solvent not in REFERENCES)


def masks_for(
    solvent: Solvent,
    experiment: Experiment | None,
    h_mhz: float | None = None,
    references: Iterable[Solvent] = (),
    excluded: bool = False,
) -> tuple[Mask, ...]:
    """Regions where a solvent, its water and reference substances show.

    In HSQC each residual C-H pair is one region. In HMBC (and where the experiment is
    unknown) the region reaches over both lines of the one-bond doublet, which is what most
    HMBC show of a solvent. Where water is strong (`Solvent.wet`), a narrow region through
    the whole ¹³C axis covers its streak; a sample's signal at just that ¹H shift would be
    hidden too.

    Parameters
    ----------
    solvent : Solvent
        From `solvent_named`.
    experiment : Experiment or None
        What the spectrum is.
    h_mhz : float, optional
        Spectrometer frequency of ¹H, which turns Hz into ppm.
    references : iterable of Solvent
        Substances that were added to it, for example `references_for`.
    excluded : bool
        As the masks are to be made.
    """
    spread = 0.0 if experiment is Experiment.HSQC else 1 / (2 * (h_mhz or FALLBACK_MHZ))
    signals = dict.fromkeys(s for one in (solvent, *references) for s in one.signals)
    masks = [_mask(signal, signal.coupling_hz * spread, excluded) for signal in signals]
    if solvent.wet and solvent.water_ppm is not None:
        middle = solvent.water_ppm
        window = (middle - STREAK_H_HALF_PPM, middle + STREAK_H_HALF_PPM)
        name = "HDO" if solvent.id == "d2o" else f"water in {solvent.title}"
        masks.append(Mask(name, window, STREAK_C_PPM, excluded))
    return tuple(masks)


def _mask(signal: Signal, reach_ppm: float, excluded: bool) -> Mask:
    half = H_HALF_PPM + reach_ppm
    return Mask(
        signal.name,
        (signal.h_ppm - half, signal.h_ppm + half),
        (signal.c_ppm - C_HALF_PPM, signal.c_ppm + C_HALF_PPM),
        excluded,
    )
