"""Simulated instrument spectra: lines through the time domain, noise, ridges, streaks."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.axis import Axis, Floats
from nmrcam_qt.core.spectrum import Image, freeze

Complex = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of a spectrum, one element each; read-only.

    Parameters
    ----------
    h_ppm, c_ppm : float64 ``(n,)``
        Where they are; those beyond the window are folded into it.
    height : float64 ``(n,)``
        Signed, at the summit.
    h_hz, c_hz : float64 ``(n,)``
        Full widths at half height that relaxation and couplings alone would give, Hz.
    """

    h_ppm: Floats
    c_ppm: Floats
    height: Floats
    h_hz: Floats
    c_hz: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            freeze(getattr(self, field.name))

    def __len__(self) -> int:
        return len(self.h_ppm)


@dataclass(frozen=True, slots=True)
class Recording:
    """How a spectrum is recorded and processed.

    Parameters
    ----------
    f1, f2 : Axis
        ¹³C and ¹H axis of the points of the spectrum, zero filling included.
    c_mhz, h_mhz : float
        Spectrometer frequencies.
    increments, points : int
        Measured complex points along t1 and t2, at most those of the axes.
    window : {"cos2", "sine", "none"}
        Along both: ends at zero (cos², sine bell) or cuts off, which makes side lobes along
        t1 (t2 then has cos²).
    magnitude : bool
        The modulus is taken; every line has a phase of its own.
    gaussian : float
        0..1: how much of the decay is Gaussian.
    noise : float
        Standard deviation of the noise in the spectrum.
    t1_noise : float
        Of the ridges along F1, as part of the height of each line.
    streak : (float, float, float) or None
        ¹H ppm, width in ppm and standard deviation of the streak of a solvent.
    """

    f1: Axis
    f2: Axis
    c_mhz: float = 125.7
    h_mhz: float = 500.0
    increments: int = 256
    points: int = 1024
    window: str = "cos2"
    magnitude: bool = False
    gaussian: float = 0.5
    noise: float = 1.0
    t1_noise: float = 0.0
    streak: tuple[float, float, float] | None = None


def record(rng: np.random.Generator, lines: Lines, how: Recording) -> Image:
    """Make the spectrum.

    Every dimension of every line is a decaying oscillation that is cut off, multiplied with
    the window, zero-filled and transformed, so that widths, digital resolution, folding and
    side lobes are those of a real one; noise goes the same way.

    Parameters
    ----------
    rng : Generator
        All chance comes from it.
    lines : Lines
        What is there.
    how : Recording
        And how it is recorded.

    Returns
    -------
    float32 ``(f1.size, f2.size)``
        In units of `Lines.height`; not negative where the modulus is taken.
    """
    down = _profiles(lines.c_ppm, lines.c_hz, how.f1, how.c_mhz, how.increments, how)
    across = _profiles(lines.h_ppm, lines.h_hz, how.f2, how.h_mhz, how.points, how, cut_off=False)
    ridges = how.t1_noise * np.stack([_line_noise(rng, how) for _ in range(len(lines))] or [down])
    noise = how.noise * _noise(rng, how)
    if how.magnitude:
        phase = np.exp(2j * np.pi * rng.random(len(lines)))[:, np.newaxis]
        made: Complex = (phase * (down + ridges)).T @ (lines.height[:, np.newaxis] * across)
        made = made + noise
        return np.abs(made + _streak(rng, how)).astype(np.float32)
    real = (down.real + ridges.real).T @ (lines.height[:, np.newaxis] * across.real)
    return np.asarray(real + noise.real + _streak(rng, how).real, np.float32)


def folded(ppm: Floats, axis: Axis) -> Floats:
    """Where shifts are seen: those beyond the edges are folded in by whole widths, ppm."""
    first, last = axis.edges
    low, width = min(first, last), abs(last - first)
    return np.asarray(low + np.mod(ppm - low, width))


def seen_widths(lines: Lines, how: Recording) -> tuple[Floats, Floats]:
    """Full widths at half height of the lines in the noiseless spectrum, ppm.

    Returns
    -------
    h_ppm, c_ppm : float64 ``(n,)``
    """
    made = []
    for axis, mhz, hz, n, cut in (
        (how.f2, how.h_mhz, lines.h_hz, how.points, False),
        (how.f1, how.c_mhz, lines.c_hz, how.increments, True),
    ):
        middle = np.full(len(lines), axis.ppm(float(axis.size // 2)))
        size = np.abs(_profiles(middle, hz, axis, mhz, n, how, cut_off=cut))
        if not how.magnitude:
            size = _profiles(middle, hz, axis, mhz, n, how, cut_off=cut).real
        made.append(np.array([_fwhm(line) for line in size]) * abs(axis.step))
    return made[0], made[1]


def _fwhm(line: Floats) -> float:
    """Points between the two crossings of half the summit, interpolated."""
    top, width = int(line.argmax()), 0.0
    half = line[top] / 2
    for side in (line[top:], line[top::-1]):
        i = int(np.argmax(side < half))
        width += i - 1 + (side[i - 1] - half) / (side[i - 1] - side[i]) if i else len(side)
    return float(width)


def _window(kind: str, n: int) -> Floats:
    t = (np.arange(n) + 0.5) / n
    if kind == "none":
        return np.ones(n)
    return np.sin(np.pi * t) if kind == "sine" else np.cos(np.pi * t / 2) ** 2


def _profiles(
    ppm: Floats,
    hz: Floats,
    axis: Axis,
    mhz: float,
    n: int,
    how: Recording,
    cut_off: bool = True,
) -> Complex:
    """Lines of one dimension with summits of 1, complex ``(n_lines, axis.size)``."""
    kind = how.window if cut_off or how.window != "none" else "cos2"
    width_hz = abs(axis.step) * axis.size * mhz
    t = np.arange(n) / width_hz
    decay = np.pi * hz[:, np.newaxis] * t
    shape = np.exp(-(1 - how.gaussian) * decay - how.gaussian * decay**2 / (4 * np.log(2)))
    turns = axis.index(ppm) / axis.size
    wave = np.exp(2j * np.pi * turns[:, np.newaxis] * np.arange(n)) * shape * _window(kind, n)
    if kind != "sine":
        wave[:, 0] *= 0.5  # else all points of the spectrum are lifted
    made = np.fft.fft(wave, axis.size, axis=1)
    total = np.abs(np.sum(shape * _window(kind, n), axis=1, keepdims=True))
    if kind == "sine":
        return np.asarray(made / total)
    half = 0.5 * _window(kind, n)[0]
    return np.asarray(made / (total - half))


def _filtered(noise: Complex, size: int, kind: str) -> Complex:
    """Noise of the time domain as noise of 1 in the spectrum, along the first dimension."""
    weight = _window(kind, len(noise)).reshape(-1, *[1] * (noise.ndim - 1))
    return np.asarray(np.fft.fft(noise * weight, size, axis=0) / np.sqrt(np.sum(weight**2)))


def _white(rng: np.random.Generator, *shape: int) -> Complex:
    return np.asarray(rng.standard_normal(shape) + 1j * rng.standard_normal(shape))


def _noise(rng: np.random.Generator, how: Recording) -> Complex:
    """Thermal noise of standard deviation 1 in the real part."""
    kind = "cos2" if how.window == "none" else how.window
    across = _filtered(_white(rng, how.points, how.increments), how.f2.size, kind).T
    return _filtered(across, how.f1.size, how.window)


def _line_noise(rng: np.random.Generator, how: Recording) -> Complex:
    """Noise along F1 of standard deviation 1, complex ``(f1.size,)``."""
    return _filtered(_white(rng, how.increments), how.f1.size, how.window)


def _streak(rng: np.random.Generator, how: Recording) -> Complex:
    if how.streak is None:
        return np.zeros((1, 1), complex)
    at, width, strength = how.streak
    away = (how.f2.centres - at) / (width / 2)
    return strength * np.outer(_line_noise(rng, how), 1 / (1 + away**2))
