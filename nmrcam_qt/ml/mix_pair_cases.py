"""Samples with an HSQC and an HMBC: what two networks say of them, and what they say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import InputSpec
from nmrcam_qt.core.folds import bootstrap_interval
from nmrcam_qt.core.simulate.cache import SignalCache
from nmrcam_qt.core.simulate.draw import Drawer
from nmrcam_qt.core.simulate.settings import PLAIN
from nmrcam_qt.core.spectrum import Image
from nmrcam_qt.core.substructures import CLASS_IDS
from nmrcam_qt.ml.evaluation_report import rounded
from nmrcam_qt.ml.mix_figures import (
    PRESENT_FPR,
    RESAMPLES,
    calibration_figures,
    call_figures,
    class_thresholds,
)
from nmrcam_qt.ml.mix_fusion import Flags, Floats, Fusion, fit_fusion
from nmrcam_qt.ml.mixnet_calibration import fit_calibration, sigmoid
from nmrcam_qt.ml.mixnet_evaluation import STUDY, Cases, batches, study_auroc, summary

SPREAD = 0.0
"""Of the fusion that is shipped (`fit_fusion`)."""
Say = Callable[["PairCases", "PairCases"], Floats]
"""From cases to learn from, and cases to judge, to calibrated logits of the latter."""


@dataclass(frozen=True, slots=True, eq=False)
class PairCases:
    """What two networks said of samples that they were not trained on.

    Parameters
    ----------
    compounds : str ``(n,)``
        First InChIKey block of the target of each.
    n_foreign : int64 ``(n,)``
        Compounds that were mixed in, the same ones in both experiments.
    fold : int64 ``(n,)``
        Of the networks that were asked.
    hsqc, hmbc : float64 ``(n, 12)``
        Logits, not calibrated.
    labels : bool ``(n, 12)``
        Classes that can be seen in either spectrum.
    """

    compounds: NDArray[np.str_]
    n_foreign: NDArray[np.int64]
    fold: NDArray[np.int64]
    hsqc: Floats
    hmbc: Floats
    labels: Flags

    def __len__(self) -> int:
        return len(self.compounds)

    def where(self, chosen: Flags) -> PairCases:
        """Some of the cases."""
        return PairCases(*(getattr(self, f.name)[chosen] for f in fields(self)))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """For an ``.npz``."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def join_cases(parts: Sequence[PairCases]) -> PairCases:
    """Cases of several folds as one."""
    return PairCases(
        *(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(PairCases))
    )


class PairBench:
    """Draws samples of measured compounds that have both spectra.

    Parameters
    ----------
    hsqc, hmbc : SignalCache
        Of one fold.
    specs : (InputSpec, InputSpec)
        Grids of the two.
    seed : int
        Of the mixtures.
    """

    def __init__(
        self,
        hsqc: SignalCache,
        hmbc: SignalCache,
        specs: tuple[InputSpec, InputSpec],
        seed: int = 0,
    ) -> None:
        self._caches, self.seed = (hsqc, hmbc), seed
        self._drawers = tuple(
            Drawer(cache, spec.f1, spec.f2, PLAIN)
            for cache, spec in zip(self._caches, specs, strict=True)
            if len(cache)
        )
        self.compounds = sorted(set(hsqc.compounds.tolist()) & set(hmbc.compounds.tolist()))
        self._spectra = [_by_compound(cache) for cache in self._caches]
        study = (1 << STUDY) - 1
        carrying = [
            set(cache.compounds[cache.labels & study != 0].tolist()) for cache in self._caches
        ]
        self._pool = [c for c in self.compounds if not any(c in names for names in carrying)]

    def draw(self, number: int, n_foreign: int) -> tuple[Image, Image, Flags]:
        """Both spectra of one compound with foreign ones, and their classes.

        Parameters
        ----------
        number : int
            Of the target in `compounds`.
        n_foreign : int
            Compounds of no study class that are mixed in, as many as there are.

        Returns
        -------
        hsqc, hmbc : float32 ``(n_f1, n_f2)``
            Of the same compounds in equal amounts; of several spectra of one by chance.
        labels : bool ``(12,)``
        """
        target = self.compounds[number]
        rng = np.random.default_rng([self.seed, n_foreign, number])
        others = [self._pool[i] for i in rng.permutation(len(self._pool)).tolist()]
        mixed = [target, *[c for c in others if c != target][:n_foreign]]
        amounts = np.ones(len(mixed))
        made = []
        for drawer, spectra in zip(self._drawers, self._spectra, strict=True):
            chosen = [int(rng.choice(spectra[c])) for c in mixed]
            made.append(drawer.draw(rng, len(chosen), chosen, amounts))
        one, other = made
        return one.ink, other.ink, one.labels | other.labels


def _by_compound(cache: SignalCache) -> dict[bytes, list[int]]:
    found: dict[bytes, list[int]] = {}
    for index, name in enumerate(cache.compounds.tolist()):
        found.setdefault(name, []).append(index)
    return found


def pair_cases(
    networks: tuple[keras.Model, keras.Model], bench: PairBench, foreign: Sequence[int], fold: int
) -> PairCases:
    """Ask both networks about every compound, pure and mixed.

    Parameters
    ----------
    networks : (keras.Model, keras.Model)
        From ink to logits.
    bench : PairBench
        Compounds of the fold.
    foreign : sequence of int
        Numbers of foreign compounds.
    fold : int
        Of the networks.
    """
    number = len(bench.compounds)
    names, counts = np.array([c.decode() for c in bench.compounds], "U14"), len(foreign)
    wanted = [(i, n) for n in foreign for i in range(number)]
    said: tuple[list[Floats], list[Floats]] = ([], [])
    labels: list[Flags] = []
    for part in batches(len(wanted)):
        *inks, truth = zip(*(bench.draw(i, n) for i, n in wanted[part]), strict=True)
        labels += truth
        for network, ink, logits in zip(networks, inks, said, strict=True):
            fed = np.stack(ink)[..., np.newaxis]
            logits.extend(np.asarray(network.predict_on_batch(fed), np.float64))
    shape = (-1, len(CLASS_IDS))
    return PairCases(
        np.tile(names, counts),
        np.repeat(np.asarray(foreign, np.int64), number),
        np.full(number * counts, fold, np.int64),
        np.array(said[0], np.float64).reshape(shape),
        np.array(said[1], np.float64).reshape(shape),
        np.array(labels, np.bool_).reshape(shape),
    )


def fused(spread: float) -> Say:
    """Both networks, by a fusion (`fit_fusion`)."""

    def say(learned: PairCases, judged: PairCases) -> Floats:
        return fitted(learned, spread)(judged.hsqc, judged.hmbc)

    return say


def alone(experiment: str) -> Say:
    """One network, calibrated on the same cases; ``hsqc``, ``hmbc``, or the plain ``sum``."""

    def logits(cases: PairCases) -> Floats:
        both = {"hsqc": cases.hsqc, "hmbc": cases.hmbc, "sum": cases.hsqc + cases.hmbc}
        return both[experiment]

    def say(learned: PairCases, judged: PairCases) -> Floats:
        found = fit_calibration(logits(learned), learned.labels)
        return np.asarray(logits(judged) / found.temperatures + found.shifts)

    return say


def fitted(cases: PairCases, spread: float = SPREAD) -> Fusion:
    """The fusion of all these cases."""
    return fit_fusion(cases.hsqc, cases.hmbc, cases.labels, spread=spread)


def cross_fitted(cases: PairCases, say: Say) -> Floats:
    """Logits of each fold by what was learned from the other folds' compounds."""
    out = np.zeros_like(cases.hsqc)
    for fold in np.unique(cases.fold):
        mine = cases.fold == fold
        out[mine] = say(cases.where(~mine), cases.where(mine))
    return out


def pair_figures(cases: PairCases) -> dict[str, Any]:
    """Figures of the fusion, cross-fitted by compound, beside those of each network alone.

    Parameters
    ----------
    cases : PairCases
        Of at least two folds.

    Returns
    -------
    dict
        By number of foreign compounds what `summary` gives (maps are those of the single
        networks), the same for ``hsqc`` and ``hmbc``, by how much the fusion's mean AUROC of
        the study's classes is higher than each, calibration, and mean log losses.
    """
    ways = {"pair": fused(SPREAD), "hsqc": alone("hsqc"), "hmbc": alone("hmbc")}
    logits = {name: cross_fitted(cases, say) for name, say in ways.items()}
    found: dict[str, Any] = {}
    for n in np.unique(cases.n_foreign).tolist():
        rows = cases.n_foreign == n
        here = {name: values[rows] for name, values in logits.items()}
        found[f"+{n}"] = _of_mixtures(cases.where(rows), here)
    pure = cases.n_foreign == 0
    return {
        "figures": found,
        "calibration": {
            name: {
                "pure": calibration_figures(sigmoid(values[pure]), cases.labels[pure]),
                "pure and mixed": calibration_figures(sigmoid(values), cases.labels),
            }
            for name, values in logits.items()
        },
        "log_loss": _log_losses(cases),
        "calls": _calls(cases),
    }


def _of_mixtures(cases: PairCases, logits: dict[str, Floats]) -> dict[str, Any]:
    """Each way's `summary`, and by how much the fusion is better, of one number of foreign."""
    names = tuple(cases.compounds.tolist())
    blank = np.full(cases.labels.shape, np.nan)
    found: dict[str, Any] = {
        name: summary(Cases(names, values, cases.labels, blank, blank, blank), resamples=RESAMPLES)
        for name, values in logits.items()
    }
    for other in ("hsqc", "hmbc"):

        def better(rows: Any, other: str = other) -> float:
            return study_auroc(logits["pair"], cases.labels, rows) - study_auroc(
                logits[other], cases.labels, rows
            )

        interval = bootstrap_interval(names, better, n_resamples=RESAMPLES)
        found[f"pair - {other}"] = [rounded(better(slice(None))), *map(rounded, interval)]
    return found


def _log_losses(cases: PairCases) -> dict[str, float | None]:
    """Mean over cases and classes, cross-fitted: what the choice of the fusion rests on."""
    ways = {"hsqc": alone("hsqc"), "hmbc": alone("hmbc"), "sum": alone("sum")}
    ways |= {f"spread {spread:g}": fused(spread) for spread in (0.0, 0.1, 0.2, 0.5)}
    found = {}
    for name, say in ways.items():
        z = cross_fitted(cases, say)
        found[name] = rounded(float((np.logaddexp(0, z) - cases.labels * z).mean()))
    return found


def _calls(cases: PairCases) -> dict[str, Any]:
    """What a call is worth at thresholds set on the other folds' compounds."""
    present = np.zeros_like(cases.labels)
    for fold in np.unique(cases.fold):
        mine = cases.fold == fold
        learned = cases.where(~mine)
        fusion = fitted(learned)
        p = sigmoid(fusion(learned.hsqc, learned.hmbc))
        limit = class_thresholds(p, learned.labels)
        present[mine] = sigmoid(fusion(cases.hsqc[mine], cases.hmbc[mine])) >= limit
    pure = cases.n_foreign == 0
    return {
        "fpr": PRESENT_FPR,
        "pure": call_figures(present[pure], cases.labels[pure]),
        "pure and mixed": call_figures(present, cases.labels),
    }
