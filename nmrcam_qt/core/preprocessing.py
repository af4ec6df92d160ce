"""From a spectrum to what a network eats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nmrcam_qt.core.cards import Card, InputSpec
from nmrcam_qt.core.drawing import draw_peaks
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.masks import blanked
from nmrcam_qt.core.outside import figures, outside, unknown_solvent
from nmrcam_qt.core.resample import area_maximum
from nmrcam_qt.core.solvents import masks_for, solvent_of
from nmrcam_qt.core.spectrum import Image, SourceKind, Spectrum, freeze

INK_THRESHOLD = 0.1
"""Ink above this counts as signal."""

MIXTURE_WARNING = "The network was not trained on mixtures: do not trust it on them."
KNOWN_MIXTURE_WARNING = (
    "This is a mixture, and the network was not trained on mixtures: do not trust it here."
)
CHOICE_WARNING = "The network always answers one of its {n} classes, also where none is present."

DRAWN_WARNING = (
    "{trained}: this measured spectrum was drawn for it ({how}); how often the network is right "
    "about spectra drawn so is not known."
)
TRAINED, NOT_SAID = "The network was trained on {}", "What the network was trained on is not said"
MOST_OF_WINDOW = 0.9
"""A spectrum that covers less of the network's window is said to."""


def ink(spectrum: Spectrum) -> Image:
    """Ink 0..1 of a spectrum on its own grid, float32 ``(n_f1, n_f2)``.

    Pictures already are ink. Lists and mixtures are drawn with heights ±1, so the
    magnitude is the ink; instrument data are inked where they rise above their noise
    (`core.ink`), without excluded regions.
    """
    if spectrum.provenance.kind is SourceKind.INSTRUMENT:
        from nmrcam_qt.core.ink import filled_ink  # Pillow, contours: not for the first paint

        return filled_ink(spectrum)
    magnitude = np.abs(spectrum.intensity)
    return np.minimum(magnitude, 1, out=magnitude)


def ink_on_grid(spectrum: Spectrum, spec: InputSpec) -> Image:
    """Ink on a network's grid, rows = F1, float32 ``(f1.size, f2.size)``.

    A peak list is drawn on the grid itself, so that every peak lands in the cell
    its ppm says; instrument data become a contour plot as the card says. Anything else
    is resampled by area maximum in ppm, and padded with empty spectrum where the window
    is larger than the spectrum.
    """
    if spectrum.provenance.kind is SourceKind.INSTRUMENT:
        from nmrcam_qt.core.ink import instrument_ink

        return instrument_ink(spectrum, spec.ink, spec.f1, spec.f2)
    if spectrum.provenance.kind is SourceKind.PEAK_LIST and spectrum.peaks is not None:
        drawn = np.abs(draw_peaks(spectrum.peaks, spec.f1, spec.f2))
        return blanked(drawn, spec.f1, spec.f2, spectrum.masks)
    # As `ink`, cut off on the grid alone: what is larger is larger there, too.
    seen = blanked(spectrum.intensity, spectrum.f1, spectrum.f2, spectrum.masks)
    grid = area_maximum(seen, spectrum.f1, spectrum.f2, spec.f1, spec.f2)
    return np.minimum(grid, 1, out=grid)


def feed(grid: Image, spec: InputSpec) -> Image:
    """Ink on the grid as one example of the network's input.

    Parameters
    ----------
    grid : float32 ``(f1.size, f2.size)``
        From `ink_on_grid`.
    spec : InputSpec
        Shape, orientation and background.

    Returns
    -------
    float32 ``(H, W, C)``
    """
    values = grid if spec.rows == "f1" else grid.T
    if spec.background == 1:
        values = np.float32(1) - values
    return np.repeat(values[:, :, np.newaxis], spec.shape[2], axis=2)


def fed_ink(example: Image, spec: InputSpec) -> Image:
    """Ink on the grid of one example of the network's input: what `feed` was given.

    Parameters
    ----------
    example : float32 ``(H, W, C)``
        From `feed`; all channels are the same.
    spec : InputSpec
        Shape, orientation and background.

    Returns
    -------
    float32 ``(f1.size, f2.size)``, rows = F1

    Raises
    ------
    NetworkError
        If the example is not of the input's shape.
    """
    if example.shape != spec.shape:
        raise NetworkError(f"input {spec.name} has shape {example.shape}; expected {spec.shape}")
    values = example[:, :, 0]
    if spec.background == 1:
        values = np.float32(1) - values
    return np.asarray(values if spec.rows == "f1" else values.T)


def prepare(spectrum: Spectrum, spec: InputSpec) -> Image:
    """One example of the network's input, float32 ``(H, W, C)``."""
    return feed(ink_on_grid(spectrum, spec), spec)


def coverage_warnings(
    spectrum: Spectrum, spec: InputSpec, grid: Image, examples: str = ""
) -> tuple[str, ...]:
    """What a chemist should know about how this spectrum fits the network.

    Parameters
    ----------
    spectrum : Spectrum
        As it was read.
    spec : InputSpec
        The input that it goes into.
    grid : float32 ``(f1.size, f2.size)``
        From `ink_on_grid`.
    examples : str
        What the network was trained on, as its card says.

    Returns
    -------
    tuple of str
        One sentence each: assumptions, signals outside the window, a window
        larger than the spectrum, an empty spectrum, the wrong experiment.
    """
    said = [f"{clause}." for clause in spectrum.provenance.assumed]
    if spectrum.experiment is not None and spectrum.experiment is not spec.experiment:
        said.append(
            f"The network was trained on {spec.experiment.label}, "
            f"this is {spectrum.experiment.label}."
        )
    if spectrum.provenance.kind is SourceKind.INSTRUMENT:
        said += _measured_warnings(spectrum, spec, examples)
    cut_off = _ink_outside(spectrum, spec)
    if cut_off > 0.01:
        said.append(f"{cut_off:.0%} of the signal lies outside the network's window.")
    said += _solvent_warning(spectrum, spec, grid)
    blank = dict.fromkeys(mask.name for mask in spectrum.masks if mask.excluded)
    if blank:
        said.append(f"Masked regions are blank to the network: {', '.join(blank)}.")
    if not (grid > INK_THRESHOLD).any():
        said.append("No signal lies in the network's window; the scores mean nothing.")
    return tuple(said)


def outside_warnings(
    card: Card, spectrum: Spectrum, spec: InputSpec, grid: Image
) -> tuple[str, ...]:
    """In what respect a spectrum is unlike what the network was trained on.

    Returns
    -------
    tuple of str
        One sentence each; none where the card does not say what it was trained on.
    """
    known = card.known.get(spec.name)
    if known is None:
        return ()
    covered = 1.0
    # A list has no edges of its own: signals are where its peaks are.
    if spectrum.provenance.kind is not SourceKind.PEAK_LIST:
        covered = _covered(spectrum.f2.edges, spec.f2_window_ppm)
        covered *= _covered(spectrum.f1.edges, spec.f1_window_ppm)
    said = outside(figures(grid, spec.f1, spec.f2, known, covered), known)
    solvent = solvent_of(spectrum.acquisition)
    return (*said, *(unknown_solvent(solvent.id, solvent.title, known) if solvent else ()))


def _measured_warnings(spectrum: Spectrum, spec: InputSpec, examples: str) -> list[str]:
    """That the network never saw measured data, and what of its window was not measured."""
    how = f"contours from {spec.ink.base:g} × noise"
    how = how if spec.ink.kind == "contours" else f"filled from {spec.ink.base:g} × noise"
    trained = TRAINED.format(examples) if examples else NOT_SAID
    said = [DRAWN_WARNING.format(trained=trained, how=how)]
    h, c = spectrum.f2.edges, spectrum.f1.edges
    if min(_covered(h, spec.f2_window_ppm), _covered(c, spec.f1_window_ppm)) < MOST_OF_WINDOW:
        said.append(
            f"Measured were {max(h):.1f} to {min(h):.1f} ppm (¹H) and {max(c):.0f} to "
            f"{min(c):.0f} ppm (¹³C); the rest of the network's window is blank to it."
        )
    return said


def _covered(edges: tuple[float, float], window: tuple[float, float]) -> float:
    """Which share of a window lies between two edges, 0..1."""
    low, high = max(min(edges), min(window)), min(max(edges), max(window))
    return max(high - low, 0.0) / (max(window) - min(window))


def _solvent_warning(spectrum: Spectrum, spec: InputSpec, grid: Image) -> list[str]:
    """Where the file names its solvent and something is inked where that shows."""
    solvent = solvent_of(spectrum.acquisition)
    if solvent is None or spectrum.acquisition is None:
        return []
    masks = masks_for(solvent, spec.experiment, spectrum.acquisition.h_mhz, excluded=True)
    seen = [m.name for m in masks if (blanked(grid, spec.f1, spec.f2, [m]) != grid).any()]
    if not seen:
        return []
    names = ", ".join(seen)
    return [
        f"Signals where the solvent shows ({names} in {solvent.title}) are part of what the "
        "network sees; exclude them if they are not the sample's."
    ]


def is_fit(spectrum: Spectrum, spec: InputSpec, grid: Image) -> bool:
    """Whether a spectrum is one of the kind the network was validated on.

    Not so for instrument data, for another experiment, or where nothing lies in the network's
    window: what was measured on held-out spectra says nothing about such an answer.
    """
    if spectrum.provenance.kind is SourceKind.INSTRUMENT:
        return False
    same = spectrum.experiment is None or spectrum.experiment is spec.experiment
    return same and bool((grid > INK_THRESHOLD).any())


def _is_mixture(spectrum: Spectrum) -> bool:
    """Whether the spectrum was mixed by us, or its file calls it a mixture."""
    return any(note.startswith("mixture:") for note in spectrum.provenance.notes)


def _ink_outside(spectrum: Spectrum, spec: InputSpec) -> float:
    """Share of peaks, or of ink, that the network's window cuts off."""
    if spectrum.provenance.kind is SourceKind.PEAK_LIST and spectrum.peaks is not None:
        c, h = spectrum.peaks.c_ppm, spectrum.peaks.h_ppm
        if not len(c):
            return 0.0
        return float(1 - (_within(c, spec.f1_window_ppm) & _within(h, spec.f2_window_ppm)).mean())
    rows = _within(spectrum.f1.centres, spec.f1_window_ppm)
    columns = _within(spectrum.f2.centres, spec.f2_window_ppm)
    if rows.all() and columns.all():
        return 0.0
    strong = ink(spectrum) > INK_THRESHOLD
    total = int(strong.sum())
    if not total:
        return 0.0
    return 1 - float(strong[np.ix_(rows, columns)].sum()) / total


def _within(
    ppm: np.ndarray[tuple[int], np.dtype[np.float64]], window: tuple[float, float]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (ppm >= min(window)) & (ppm <= max(window))


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """What one network eats of one spectrum or pair.

    Parameters
    ----------
    examples : tuple of float32 ``(H, W, C)``
        One array per input of the network, in the card's order; read-only.
    warnings : tuple of str
        One sentence each.
    fits : bool
        Whether all spectra are of the kind the network was validated on (`is_fit`), and not
        outside of what it knows.
    """

    examples: tuple[Image, ...]
    warnings: tuple[str, ...]
    fits: bool = True


def prepare_inputs(card: Card, spectra: Sequence[Spectrum]) -> Prepared:
    """Prepare one spectrum (or an HSQC + HMBC pair, in any order) for a network.

    Parameters
    ----------
    card : Card
        Of the network.
    spectra : sequence of Spectrum
        As many as the network has inputs. With two inputs their experiments must
        be known and match; with one, a spectrum of the other or of an unknown
        experiment is taken, with a warning.

    Raises
    ------
    NetworkError
        If number or experiments of the spectra do not fit the network.
    """
    placed = _place(card, spectra)
    examples, said, fits = [], [], True
    for spectrum, spec in zip(placed, card.inputs, strict=True):
        grid = ink_on_grid(spectrum, spec)
        example = feed(grid, spec)
        freeze(example)
        examples.append(example)
        prefix = f"{spec.experiment.label}: " if len(card.inputs) > 1 else ""
        unlike = outside_warnings(card, spectrum, spec, grid)
        told = (*coverage_warnings(spectrum, spec, grid, card.examples), *unlike)
        said += [prefix + text for text in told]
        fits = fits and is_fit(spectrum, spec, grid) and not unlike
    if not card.trained_on_mixtures:
        known = any(map(_is_mixture, spectra))
        said.append(KNOWN_MIXTURE_WARNING if known else MIXTURE_WARNING)
    if card.head == "softmax":
        said.append(CHOICE_WARNING.format(n=len(card.classes)))
    said += card.limits
    return Prepared(tuple(examples), tuple(dict.fromkeys(said)), fits)


def _place(card: Card, spectra: Sequence[Spectrum]) -> list[Spectrum]:
    """Spectra in the order of the card's inputs."""
    if len(spectra) != len(card.inputs):
        wanted = " + ".join(e.label for e in card.experiments)
        raise NetworkError(f"{card.id}: {len(spectra)} spectra given; expected {wanted}")
    if len(spectra) == 1:
        return list(spectra)
    by_experiment = {s.experiment: s for s in spectra}
    if set(by_experiment) != set(card.experiments):
        found = " + ".join(s.experiment.label if s.experiment else "unknown" for s in spectra)
        wanted = " + ".join(e.label for e in card.experiments)
        raise NetworkError(f"{card.id}: found {found}; expected {wanted}")
    return [by_experiment[e] for e in card.experiments]
