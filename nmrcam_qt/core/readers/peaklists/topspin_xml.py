"""TopSpin's peaklist.xml, read as a stream: no tree, no entities."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.readers.options import experiment_in_text
from nmrcam_qt.core.readers.peaklists.raw import (
    MAX_PEAKS,
    RawPeaks,
    ShiftColumn,
    counted,
    without_intensity,
)
from nmrcam_qt.core.readers.peaklists.text import parse_number

EXPECTED = "a TopSpin peaklist.xml with Peak2D elements"
MAX_DEPTH = 100_000
_CHUNK = 1 << 20
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)


class _TooManyPeaks(Exception):  # noqa: N818 - control flow out of the parser
    pass


class _TooDeep(Exception):  # noqa: N818 - control flow out of the parser
    pass


class _Collector:
    """Target of the XML parser: keeps the attributes of peaks, forgets all else."""

    def __init__(self) -> None:
        self.peaks: list[dict[str, str]] = []
        self.other: set[str] = set()
        self.said: list[str] = []
        self.depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take one element."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _TooDeep
        name = tag.rpartition("}")[2]
        if name == "Peak2D":
            if len(self.peaks) >= MAX_PEAKS:
                raise _TooManyPeaks
            self.peaks.append(attributes)
        elif name in ("Peak1D", "Peak3D", "Peak4D"):
            self.other.add(name)
        elif name == "PeakList2DHeader":
            self.said += [attributes.get("name", ""), attributes.get("title", "")]

    def end(self, _tag: str) -> None:
        """Leave one element."""
        self.depth -= 1

    def close(self) -> _Collector:
        """End of the document."""
        return self


def parse_topspin_xml(text: str, path: Path) -> RawPeaks:
    """Read a TopSpin XML peak list.

    Raises
    ------
    ReadError
        If it is no such file, is broken, declares a DOCTYPE or entities (which could
        expand without bound), or holds no two-dimensional peaks.
    """
    if _DECLARATION.search(text):
        raise ReadError(path, "XML with a DOCTYPE or entity declaration is refused", EXPECTED)
    collector = _collect(text.lstrip("\ufeff \t\r\n"), path)
    if not collector.peaks:
        found = f"only {min(collector.other)} peaks" if collector.other else "XML without peaks"
        raise ReadError(path, found, EXPECTED)
    shifts, intensity, annotation, missing, unknown = [], [], [], 0, 0
    for peak in collector.peaks:
        f1, f2 = (parse_number(peak.get(name, "")) for name in ("F1", "F2"))
        if f1 is None or f2 is None:
            missing += 1
            continue
        height = parse_number(peak.get("intensity", ""))
        unknown += height is None
        shifts.append((f1, f2))
        intensity.append(1.0 if height is None else height)
        annotation.append(peak.get("annotation", "").strip())
    if not shifts:
        raise ReadError(path, "no Peak2D has finite F1 and F2", EXPECTED)
    notes = [f"{counted(missing)} without finite F1 and F2 left out"] if missing else []
    notes += without_intensity(unknown)
    return RawPeaks(
        format="TopSpin XML",
        columns=(ShiftColumn("F1", "13C"), ShiftColumn("F2", "1H")),
        shifts=np.array(shifts, dtype=np.float64),
        intensity=np.array(intensity, dtype=np.float64),
        annotation=tuple(annotation),
        experiment=experiment_in_text("\n".join(collector.said)),
        notes=tuple(notes),
    )


def _collect(text: str, path: Path) -> _Collector:
    collector = _Collector()
    parser = ET.XMLParser(target=collector)  # noqa: S314 - declarations are refused above
    try:
        for start in range(0, len(text), _CHUNK):  # so that a refusal comes early
            parser.feed(text[start : start + _CHUNK])
        parser.close()
    except _TooManyPeaks:
        raise ReadError(path, f"more than {MAX_PEAKS} peaks", f"at most {MAX_PEAKS}") from None
    except _TooDeep:
        raise ReadError(path, f"XML nested deeper than {MAX_DEPTH} levels", EXPECTED) from None
    except (ET.ParseError, ValueError) as error:
        raise ReadError(path, f"the XML is broken ({error})", EXPECTED) from None
    return collector
