"""What an experiment is, from its nuclei and the name of its pulse program."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nmrcam_qt.core.spectrum import Experiment

C_PER_H = 0.25145020
"""Frequency of ¹³C over that of ¹H, both at the signal of TMS in CDCl3 (IUPAC 2001,
Harris et al., Pure Appl. Chem. 73, 1795)."""
N_PER_H = 0.101329

_NAMES = (
    (r"h2bc", "H2BC"),
    (r"hsqc[_-]?tocsy|hsqcdi|hsqc\w*gpml|hsqc\w*mlev|hsqc_?toxy|invi\w*ml", "HSQC-TOCSY"),
    (r"hmqc[_-]?tocsy|hmqcdi", "HMQC-TOCSY"),
    (r"(?:hsqc|hmqc)[_-]?noesy", "HSQC-NOESY"),
    (r"hmqc[_-]?cosy|(?:hsqc|hmqc)[_-]?cosy", "HMQC-COSY"),
    (r"adequate|adeq", "ADEQUATE"),
    (r"hmbc|hsqmbc|cigar|inv\w*lr|coloc|impeach|accord", "HMBC"),
    (r"hsqc|hmqc|^invi|^inv4|hetcor|hxco|best\w*hc", "HSQC"),
    (r"dosy|ledbp|^led|stebp|oneshot|^diff|^ste(?!p)|dbppste|bpp_?led|doneshot|convect", "DOSY"),
    (r"inad", "INADEQUATE"),
    (r"jres|j_res|2dj", "J-resolved spectrum"),
    (r"cosy", "COSY"),
    (r"roesy", "ROESY"),
    (r"noesy", "NOESY"),
    (r"tocsy|mlev|dipsi|hohaha", "TOCSY"),
)
_OURS = {"HSQC": Experiment.HSQC, "HMBC": Experiment.HMBC}
_EDITED = re.compile(r"hsqc(?:di)?ed|edit|dept|hsqc\w*mult", re.IGNORECASE)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True, slots=True)
class PulseProgram:
    """What the name of a pulse program says.

    Parameters
    ----------
    name : str
        As the file writes it.
    kind : str
        ``"HSQC"``, ``"COSY"``, ...; empty where the name says nothing.
    """

    name: str
    kind: str

    @property
    def experiment(self) -> Experiment | None:
        """HSQC or HMBC; None for everything else."""
        return _OURS.get(self.kind)

    @property
    def edited(self) -> bool | None:
        """Whether CH2 have the other sign; None where the name does not say."""
        if self.kind != "HSQC":
            return None
        return True if _EDITED.search(self.name) else None


def pulse_program(name: str) -> PulseProgram:
    """Read the name of a pulse program of Bruker, Varian or JEOL."""
    lower = name.lower().replace(" ", "_")
    for pattern, kind in _NAMES:
        if re.search(pattern, lower):
            return PulseProgram(name, kind)
    return PulseProgram(name, "")


def plain_nucleus(text: str) -> str:
    """A nucleus as ``"13C"``, whatever its file writes.

    Known spellings are ``^13C``, ``<13C>``, ``C13``, ``13C``, ``Carbon13``, ``Proton``,
    ``H1``, ``H`` and ``C``; other texts come back bare, an absent one as ``""``.
    """
    bare = text.strip().strip("<>^").strip().replace("^", "")
    words = {"PROTON": "1H", "CARBON": "13C", "CARBON13": "13C", "NITROGEN15": "15N"}
    upper = bare.upper().replace(" ", "").replace("-", "").replace("_", "")
    if upper in words:
        return words[upper]
    if upper in ("H", "C", "N", "P", "F"):
        return {"H": "1H", "C": "13C", "N": "15N", "P": "31P", "F": "19F"}[upper]
    match = re.fullmatch(r"(\d{1,3})([A-Z]{1,2})|([A-Z]{1,2})(\d{1,3})", upper)
    if not match:
        return "" if upper in ("", "OFF", "NONE") else bare
    number, element = match.group(1) or match.group(4), match.group(2) or match.group(3)
    return number + element.capitalize()


def nucleus_by_frequency(mhz: float, h_mhz: float) -> str:
    """The nucleus of a frequency beside that of ¹H, within 0.5 %; ``""`` if none of three."""
    for nucleus, ratio in (("1H", 1.0), ("13C", C_PER_H), ("15N", N_PER_H)):
        if h_mhz > 0 and abs(mhz / h_mhz - ratio) < 0.005 * ratio:
            return nucleus
    return ""


def written(nucleus: str) -> str:
    """A nucleus as chemists write it: ``¹³C``."""
    match = re.fullmatch(r"(\d+)(\D+)", nucleus)
    return match.group(1).translate(_SUPERSCRIPTS) + match.group(2) if match else nucleus


def in_words(f2: str, f1: str, program: PulseProgram) -> str:
    """What a 2D experiment is, as a noun phrase.

    Parameters
    ----------
    f2, f1 : str
        Nuclei of both dimensions, ``""`` where unknown or none.
    program : PulseProgram
        Its pulse program.

    Returns
    -------
    str
        For example ``"a ¹H–¹H COSY (pulse program cosygpqf)"``.
    """
    tail = f" (pulse program {program.name})" if program.name else ""
    if program.kind in ("DOSY", "J-resolved spectrum"):
        return f"a {written(f2)} {program.kind}".replace("  ", " ") + tail
    what = program.kind or "2D spectrum"
    if not f2 and not f1:
        article = "an" if what[0] in "AEHI" else "a"
        return f"{article} {what} of nuclei that the file does not name{tail}"
    pair = "–".join(written(n) or "?" for n in (f2, f1))
    return f"a {pair} {what}{tail}"
