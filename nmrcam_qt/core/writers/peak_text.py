"""Picked peaks as the text files of other programs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from nmrcam_qt.core.acquisition import Acquisition
from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.picked import Peak, PeakKind, PickedPeaks
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers.table import csv_cell

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
_MNOVA_TYPES = {
    PeakKind.SIGNAL: "Compound",
    PeakKind.ONE_BOND: "Artifact",
    PeakKind.SOLVENT: "Solvent",
    PeakKind.DOUBTFUL: "Artifact",
}


@dataclass(frozen=True, slots=True)
class PeaksAbout:
    """What a file of peaks says beside them.

    Parameters
    ----------
    name : str
        Of the spectrum.
    experiment : Experiment or None
        Told where the format has a place for it.
    f1, f2 : Axis or None
        ¹³C and ¹H axis at the shifts of the peaks, for formats that give points as well;
        without them points are 0.
    h_mhz, c_mhz : float or None
        Spectrometer frequencies, for widths in Hz; without them widths are left out there.
    """

    name: str = ""
    experiment: Experiment | None = None
    f1: Axis | None = None
    f2: Axis | None = None
    h_mhz: float | None = None
    c_mhz: float | None = None

    @classmethod
    def measured(
        cls,
        name: str,
        experiment: Experiment | None,
        f1: Axis,
        f2: Axis,
        acquisition: Acquisition | None,
    ) -> PeaksAbout:
        """What is told of a spectrum; its frequencies only where its file gave them."""
        how = acquisition or Acquisition()
        return cls(name, experiment, f1, f2, how.h_mhz, how.c_mhz)

    @property
    def title(self) -> str:
        """One line: the experiment and the name."""
        label = self.experiment.label if self.experiment else ""
        return " ".join(filter(None, (label, one_line(self.name))))

    def points(self, peak: Peak) -> tuple[float, float]:
        """Sample indices of a peak along F2 and F1, from 0."""
        pairs = ((self.f2, peak.h_ppm), (self.f1, peak.c_ppm))
        h, c = (a.index(ppm) if a is not None and a.size > 1 else 0.0 for a, ppm in pairs)
        return h, c


def one_line(text: str) -> str:
    """A text without line ends and other characters that no table holds."""
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def topspin_xml(picked: PickedPeaks, about: PeaksAbout) -> str:
    """TopSpin's ``peaklist.xml``: F1, F2 in ppm, intensity, annotation."""
    name = quoteattr(about.title)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<PeakList>",
        "  <PeakList2D>",
        f'    <PeakList2DHeader creator="nmrcam" name={name} owner="nmrcam" source="">',
        "      <PeakPickDetails>",
        "      </PeakPickDetails>",
        "    </PeakList2DHeader>",
    ]
    for peak in picked.peaks:
        label = one_line(peak.label)
        said = f" annotation={quoteattr(label)}" if label else ""
        lines.append(
            f'    <Peak2D F1="{peak.c_ppm:.6f}" F2="{peak.h_ppm:.6f}"{said} '
            f'intensity="{peak.height:.9g}" type="1"/>'
        )
    return "\n".join([*lines, "  </PeakList2D>", "</PeakList>", ""])


def topspin_text(picked: PickedPeaks, about: PeaksAbout) -> str:
    """TopSpin's text list of the printed table of peaks; points count from 0."""
    lines = [
        "# PEAKLIST_VERSION 1.1",
        "# PEAKLIST_DIMENSION 2",
        f"# {about.title}",
        "",
        "     #     F2#     F1#           F2[ppm]           F1[ppm]       Intensity"
        "       Annotation",
        "",
    ]
    for number, peak in enumerate(picked.peaks):
        h, c = about.points(peak)
        label = one_line(peak.label)
        lines.append(
            f"{number:6d} {h:7.1f} {c:7.1f} {peak.h_ppm:17.6f} {peak.c_ppm:17.6f} "
            f"{peak.height:15.9g}{'       ' if label else ''}{label}"
        )
    return "\r\n".join([*lines, ""])


def mnova_table(picked: PickedPeaks, about: PeaksAbout) -> str:
    """Mnova's table of 2D peaks, tab-separated; widths in Hz."""
    head = ("", "f2 (ppm)", "f1 (ppm)", "Intensity", "Width f2", "Width f1", "Volume", "Type")
    lines = ["\t".join((*head, "Flags", "Impurity/Compound", "Annotation"))]
    for number, peak in enumerate(picked.peaks, start=1):
        widths = ((peak.h_width_ppm, about.h_mhz), (peak.c_width_ppm, about.c_mhz))
        cells = [
            str(number),
            f"{peak.h_ppm:.6f}",
            f"{peak.c_ppm:.6f}",
            f"{peak.height:.9g}",
            *(f"{ppm * mhz:.4g}" if mhz else "" for ppm, mhz in widths),
            f"{peak.volume:.9g}",
            _MNOVA_TYPES[peak.kind],
            "None",
            "",
            csv_cell(one_line(peak.label)),
        ]
        lines.append("\t".join(cells))
    return "\r\n".join([*lines, ""])


def sparky_list(picked: PickedPeaks, _about: PeaksAbout) -> str:
    """Sparky's peak list: w1 is ¹³C, w2 is ¹H; labels are notes."""
    lines = ["      Assignment         w1         w2   Data Height   Note", ""]
    for peak in picked.peaks:
        row = f"{'?-?':>17} {peak.c_ppm:11.6f} {peak.h_ppm:11.6f} {peak.height:15.9g}"
        label = one_line(peak.label)
        lines.append(f"{row}   {label}" if label else row)
    return "\n".join([*lines, ""])


def nmrpipe_table(picked: PickedPeaks, about: PeaksAbout) -> str:
    """NMRPipe's table (``.tab``): X is ¹H, points count from 1, labels without blanks."""
    lines = [
        *([f"REMARK {about.title}"] if about.title else []),
        "DATA X_AXIS 1H",
        "DATA Y_AXIS 13C",
        "VARS   INDEX X_AXIS Y_AXIS X_PPM Y_PPM XW_PPM YW_PPM HEIGHT VOL ASS",
        "FORMAT %5d %9.3f %9.3f %11.6f %11.6f %9.5f %9.5f %+.9e %+.9e %s",
        "",
    ]
    for number, peak in enumerate(picked.peaks, start=1):
        h, c = about.points(peak)
        label = one_line(peak.label).replace(" ", "_") or "None"
        lines.append(
            f"{number:5d} {h + 1:9.3f} {c + 1:9.3f} {peak.h_ppm:11.6f} {peak.c_ppm:11.6f} "
            f"{peak.h_width_ppm:9.5f} {peak.c_width_ppm:9.5f} "
            f"{peak.height:+.9e} {peak.volume:+.9e} {label}"
        )
    return "\n".join([*lines, ""])
