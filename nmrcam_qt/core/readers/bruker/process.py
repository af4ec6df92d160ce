"""Raw Bruker data processed as their parameter files say, as far as they say it well."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.processing import (
    Dimension,
    Phase,
    Processed,
    Scheme,
    Window,
    WindowKind,
    edited_sign,
    next_power_of_two,
    process_2d,
    spectral_axis,
)
from nmrcam_qt.core.processing.sense import UPSIDE_DOWN, shift_correlation, turned
from nmrcam_qt.core.readers.bruker.layout import Described
from nmrcam_qt.core.readers.bruker.parameters import Parameters
from nmrcam_qt.core.readers.bruker.processed import acquisition_of
from nmrcam_qt.core.readers.bruker.raw import RawData, read_ser
from nmrcam_qt.core.readers.instrument import Dim, Measured

FORMAT = "Bruker raw data (ser), processed by nmrcam"
_WINDOWS = {
    1: WindowKind.EXPONENTIAL,
    2: WindowKind.GAUSSIAN,
    3: WindowKind.SINE,
    4: WindowKind.SQUARED_SINE,
}
"""WDW."""
_LARGEST = 8192
_REFERENCE = 1e-4
"""SF and BF1 differ by less: a reference is moved by less than 100 ppm."""
_SAME_WIDTH = 0.01


@dataclass(frozen=True, slots=True)
class Band:
    """Frequencies of one dimension: width in Hz, reference and transmitter in MHz."""

    width_hz: float
    sf_mhz: float
    sfo_mhz: float

    @property
    def carrier_ppm(self) -> float:
        """Shift of the transmitter, the middle of the spectral width."""
        return (self.sfo_mhz - self.sf_mhz) / self.sf_mhz * 1e6


def read_raw(found: Described) -> Measured:
    """Process a ser file.

    Windows and sizes are those of procs and proc2s where these make sense; the phases too,
    if they make the peaks absorptive, otherwise they are found from the peaks. QF data give
    a magnitude spectrum. Every choice is told in the notes, every guess in `assumed`.

    Parameters
    ----------
    found : Described
        A place whose `kind` is ``"ser"``.

    Raises
    ------
    ReadError
        As `read_ser`, or if frequencies are missing.
    """
    path = found.files.path(found.place.data)
    bands = (
        _band(found, found.acqu2s, found.proc2s, "acqu2s"),
        _band(found, found.acqus, found.procs, "acqus"),
    )
    raw = read_ser(found)
    f1 = _dimension(found.proc2s, bands[0], raw, indirect=True)
    f2 = _dimension(found.procs, bands[1], raw, indirect=False)
    try:
        made = process_2d(raw.fid, raw.scheme, f2, f1, raw.group_delay)
    except ValueError as error:
        raise ReadError(path, f"raw data that cannot be processed ({error})") from None
    made, sense = _upright(found, raw, made, bands)
    made, notes, assumed = _settled(found, made, bands)
    if found.proc2s.integer("ME_mod"):
        notes.append("without the linear prediction that proc2s asks for")
    nuclei = found.nuclei
    return Measured(
        points=made.intensity,
        rows=_dim(nuclei[1], bands[0], made.intensity.shape[0]),
        columns=_dim(nuclei[0], bands[1], made.intensity.shape[1]),
        format=FORMAT,
        acquisition=acquisition_of(found, magnitude=made.magnitude),
        notes=(*raw.notes, *made.notes, *notes),
        assumed=(*raw.assumed, *sense, *assumed),
    )


def _band(found: Described, acquired: Parameters, processed: Parameters, name: str) -> Band:
    """Frequencies of one dimension.

    SW is in ppm of SFO1; SW_h is not always kept up to date in acqu2s (the sample
    `exam2d_HC` says 2000 Hz instead of 20833), so it is taken only where both agree.
    """
    path = found.files.path(found.place.data)
    sfo, base = acquired.positive("SFO1"), acquired.positive("BF1")
    ppm, hertz = acquired.positive("SW"), acquired.positive("SW_h")
    if sfo is None or (ppm is None and hertz is None):
        raise ReadError(path, f"no SFO1 or SW in {name}", "frequencies of both dimensions")
    width = ppm * sfo if ppm is not None else hertz
    if width and hertz and abs(hertz / width - 1) < _SAME_WIDTH:
        width = hertz
    reference = processed.positive("SF")
    if reference is None or abs(reference / sfo - 1) > _REFERENCE * 10:
        reference = base if base and abs(base / sfo - 1) < _REFERENCE * 10 else sfo
    return Band(width or 0.0, reference, sfo)


def _dim(nucleus: str, band: Band, size: int) -> Dim:
    axis = spectral_axis(
        nucleus if nucleus in ("1H", "13C") else "1H",
        band.carrier_ppm,
        band.width_hz / band.sf_mhz,
        size,
    )
    return Dim(nucleus, axis.first_ppm, axis.last_ppm, band.sf_mhz)


def _dimension(processed: Parameters, band: Band, raw: RawData, indirect: bool) -> Dimension:
    """Size, window and direction by the processing parameters, else sensible ones."""
    length = len(raw.fid) if indirect else raw.fid.shape[1]
    if indirect and raw.scheme is not Scheme.QF:
        length //= 2
    least = next_power_of_two(length)
    size = processed.integer("SI") or 0
    if size & (size - 1) or not least <= size <= _LARGEST:
        size = min(max(2 * least if indirect else least, 512), _LARGEST)
    return Dimension(
        size=size,
        window=_window(processed, raw.scheme, indirect),
        suggested=_suggested(processed, indirect),
        reverse=processed.text("REVERSE").lower() == "yes",
        sw_hz=band.width_hz,
    )


def _suggested(processed: Parameters, indirect: bool) -> Phase | None:
    """PHC0 and PHC1, where somebody has set them: in F2 they are never both 0."""
    zero, first = processed.number("PHC0"), processed.number("PHC1")
    if zero is None or first is None or abs(zero) > 1e4 or abs(first) > 1e4:
        return None
    if not indirect and zero == first == 0:
        return None
    return Phase(zero, first)


def _window(processed: Parameters, scheme: Scheme, indirect: bool) -> Window:
    """WDW, SSB, LB and GB; F1 always needs a window, for it is cut short."""
    magnitude = scheme is Scheme.QF
    default = Window(WindowKind.SINE if magnitude else WindowKind.SQUARED_SINE, 2.0)
    kind = _WINDOWS.get(processed.integer("WDW") or 0)
    if kind is None:
        return default
    lb, gb = processed.number("LB") or 0.0, processed.number("GB") or 0.0
    if kind is WindowKind.EXPONENTIAL and (indirect or not 0 < lb < 100):
        return default
    if kind is WindowKind.GAUSSIAN and not (-1000 < lb < 0 and 0 < gb <= 1):
        return default
    return Window(kind, processed.number("SSB") or 0.0, lb, gb)


def _axes(made: Processed, bands: tuple[Band, Band]) -> tuple[Axis, Axis]:
    f1, f2 = (
        spectral_axis(nucleus, band.carrier_ppm, band.width_hz / band.sf_mhz, size)
        for nucleus, band, size in zip(("13C", "1H"), bands, made.intensity.shape, strict=True)
    )
    return f1, f2


def _upright(
    found: Described, raw: RawData, made: Processed, bands: tuple[Band, Band]
) -> tuple[Processed, list[str]]:
    """F1 turned where chemistry says that it is upside down.

    Not for echo-antiecho, whose sense is known, and only for one-bond spectra: in an HMBC
    shifts need not rise together (estragole: correlation 0.02; HSQC 0.87).
    """
    if raw.scheme is Scheme.ECHO_ANTIECHO or found.program.kind != "HSQC":
        return made, []
    if shift_correlation(made.intensity, *_axes(made, bands)) > UPSIDE_DOWN:
        return made, []
    said = "F1 turned about its carrier: ¹³C shifts would fall as those of ¹H rise"
    return replace(made, intensity=turned(made.intensity)), [said]


def _settled(
    found: Described, made: Processed, bands: tuple[Band, Band]
) -> tuple[Processed, list[str], list[str]]:
    """The sign of the whole spectrum, and what is said about the phases."""
    if made.magnitude or made.phase_f2 is None or made.phase_f1 is None:
        return made, ["magnitude: QF data have no phase"], []
    degrees = f"F2 {_degrees(made.phase_f2)}, F1 {_degrees(made.phase_f1)}"
    if not made.found:
        return made, [f"phases of procs and proc2s: {degrees}"], []
    notes = [f"phases found from the peaks: {degrees}"]
    if not found.program.edited:
        return made, notes, ["sign of the spectrum: taken as positive on the whole"]
    sign = edited_sign(made.intensity, *_axes(made, bands))
    if not sign:
        return made, notes, ["sign of the spectrum: more positive than negative (CH and CH3)"]
    said = "sign of the spectrum: CH and CH3 positive, told by where they usually lie"
    return replace(made, intensity=sign * made.intensity), notes, [said]


def _degrees(phase: Phase) -> str:
    zero = (phase.zero + 180) % 360 - 180
    return f"{zero:.0f}° and {phase.first:.0f}°"
