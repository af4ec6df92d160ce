"""What the study looks at: the thesis's 23 figures and the measurements over all compounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.evaluation_settings import STUDY, Settings

HSQC, HMBC = Experiment.HSQC, Experiment.HMBC
EXPERIMENTS = (HSQC, HMBC)
TARGETS: Mapping[str, str] = MappingProxyType(
    {"fatty_acid": "bmse000643", "indole": "bmse000364", "steroid": "bmse000489"}
)
"""Compounds of the thesis's pure pictures; the thesis does not name them."""

GRADIENT = ("gradcam", "gradcam++", "layercam", "hirescam", "xgradcam", "cam")
"""Methods that cost about one gradient: measured on everything."""
OWN_METHOD = "cam"
"""Of the networks for mixtures: the map that sums to the logit."""
BEST_METHOD = "hirescam"
"""Of the networks of the study: true local shares of the score."""
SEED, OURS = "seed", "ours"
ROLES = (SEED, OURS)
EVERYTHING, CALIBRATED, CHECKS, SAMPLE = "gradient", "calibrated", "checks", "sample"
"""Kinds of units, see `Unit`."""
STUDY_POOL, LARGE_POOL = "study", "bmrb2d"
POOLS: Mapping[str, str] = MappingProxyType(
    {
        STUDY_POOL: "the data set's own compounds of no class",
        LARGE_POOL: "compounds of no class of bmrb2d and of the data set itself",
    }
)
QUICK_LIMIT, QUICK_SAMPLE = 8, 3


@dataclass(frozen=True, slots=True)
class FigurePlan:
    """One heat map figure of the thesis.

    Parameters
    ----------
    number : int
        1 … 23.
    class_id : str
        What is explained, and what the target carries.
    experiment : Experiment
        HSQC or HMBC.
    foreign : tuple of str
        BMRB entries that are mixed in.
    method : str
        Of the thesis: "gradcam" or "gradcam++".
    """

    number: int
    class_id: str
    experiment: Experiment
    foreign: tuple[str, ...]
    method: str

    @property
    def target(self) -> str:
        """BMRB entry of the compound that carries the class."""
        return TARGETS[self.class_id]

    @property
    def name(self) -> str:
        """Stem of its picture's file."""
        parts = [f"figure-{self.number:02d}", self.experiment.value, self.class_id]
        parts += [entry.removeprefix("bmse000") for entry in self.foreign]
        return "-".join([*parts, self.method.replace("+", "p")])


_MIXED = (
    ("fatty_acid", HMBC, (123,), "gradcam"),
    ("indole", HMBC, (54,), "gradcam"),
    ("steroid", HSQC, (138,), "gradcam"),
    ("fatty_acid", HSQC, (54,), "gradcam++"),
    ("steroid", HMBC, (78,), "gradcam++"),
    ("indole", HSQC, (123,), "gradcam++"),
    ("fatty_acid", HSQC, (78, 138), "gradcam"),
    ("indole", HSQC, (123, 138), "gradcam"),
    ("steroid", HMBC, (54, 123), "gradcam"),
    ("steroid", HSQC, (54, 78), "gradcam++"),
    ("indole", HMBC, (54, 138), "gradcam++"),
)


def _figures() -> tuple[FigurePlan, ...]:
    """Twelve pure ones, six with one foreign compound, five with two."""
    pure = [
        (class_id, experiment, (), method)
        for class_id in TARGETS
        for experiment in EXPERIMENTS
        for method in ("gradcam", "gradcam++")
    ]
    return tuple(
        FigurePlan(number, class_id, experiment, tuple(f"bmse{n:06d}" for n in foreign), method)
        for number, (class_id, experiment, foreign, method) in enumerate([*pure, *_MIXED], 1)
    )


FIGURES = _figures()
"""All 23, numbered in the order of the thesis's section 8 as issue 6 lists them."""


@dataclass(frozen=True, slots=True)
class StudySettings:
    """What `nmrcam study` is asked for.

    Parameters
    ----------
    data : Path
        Holds ``kuhn2021`` and ``bmrb2d``.
    out : Path
        Gets ``report.html``, ``report.pdf``, ``pictures/``, ``results.json`` and ``work/``.
    runs : Path or None
        Holds the folder of a finished ``nmrcam train`` for every network, by its id; a network
        without one is measured as it is shipped, and the report says that it saw the compounds.
    seed : int
        Of mixtures, samples and intervals.
    sample : int
        So many spectra for the methods that are not `GRADIENT`.
    quick : bool
        A few spectra of everything: to see that it runs.
    jobs : int
        Processes that measure side by side.
    seed_networks, networks : (HSQC, HMBC)
        Ids or folders of the networks of the study and of ours.
    """

    data: Path
    out: Path
    runs: Path | None = None
    seed: int = 0
    sample: int = 40
    quick: bool = False
    jobs: int = 1
    seed_networks: tuple[str, str] = ("kuhn-hsqc", "kuhn-hmbc")
    networks: tuple[str, str] = ("hsqc-mix", "hmbc-mix")

    @property
    def kuhn(self) -> Path:
        """Folder of the data set of the study."""
        return self.data / "kuhn2021"

    @property
    def bmrb(self) -> Path:
        """Folder of the calibrated pictures."""
        return self.data / "bmrb2d"

    def network(self, role: str, experiment: Experiment) -> str:
        """Id or folder of a network."""
        both = self.seed_networks if role == SEED else self.networks
        return both[EXPERIMENTS.index(experiment)]

    def folds(self, role: str, experiment: Experiment) -> Path | None:
        """Folder of the networks that never saw a compound; None without a run."""
        if self.runs is None:
            return None
        folder = self.runs / Path(self.network(role, experiment)).name
        inner = folder / "folds"
        return inner if inner.is_dir() else folder if folder.is_dir() else None


@dataclass(frozen=True, slots=True)
class Unit:
    """One evaluation: a network on all targets with one pool of foreign compounds.

    Parameters
    ----------
    role : {"seed", "ours"}
        Whose network.
    experiment : Experiment
        HSQC or HMBC.
    pool : {"study", "bmrb2d"}
        Where foreign compounds come from, see `POOLS`.
    kind : {"gradient", "calibrated", "checks", "sample"}
        Gradient methods on everything; the best map on the calibrated spectra of bmrb2d;
        gradient methods on a sample with the figures that take long (deletion, random weights);
        the slow methods on that sample.
    settings : Settings
        For `nmrcam_qt.ml.evaluation.evaluate`.
    """

    role: str
    experiment: Experiment
    pool: str
    kind: str
    settings: Settings

    @property
    def name(self) -> str:
        """For files and progress."""
        return f"{self.role}-{self.experiment.value}-{self.pool}-{self.kind}"


def slow_methods() -> tuple[str, ...]:
    """Every method that is not one of `GRADIENT`."""
    return tuple(m for m in METHODS if m not in GRADIENT)


def units(asked: StudySettings) -> tuple[Unit, ...]:
    """All evaluations, the quick ones first."""
    made = [_unit(asked, r, e, p, EVERYTHING) for e in EXPERIMENTS for p in POOLS for r in ROLES]
    kinds = (CALIBRATED, CHECKS, *[SAMPLE] * bool(slow_methods()))
    made += [_unit(asked, r, e, LARGE_POOL, k) for k in kinds for e in EXPERIMENTS for r in ROLES]
    return tuple(made)


def _unit(asked: StudySettings, role: str, experiment: Experiment, pool: str, kind: str) -> Unit:
    if kind == CALIBRATED:
        return Unit(role, experiment, pool, kind, _calibrated(asked, role, experiment))
    sample = QUICK_SAMPLE if asked.quick else asked.sample
    everything = QUICK_LIMIT if asked.quick else None
    settings = Settings(
        network=asked.network(role, experiment),
        data=asked.kuhn,
        mixtures=(0, 1, 2) if kind == EVERYTHING else (1,),
        methods=slow_methods() if kind == SAMPLE else GRADIENT,
        seed=asked.seed,
        folds=asked.folds(role, experiment),
        foreign=(asked.bmrb,) if pool == LARGE_POOL else (),
        limit=everything if kind == EVERYTHING else sample,
        slow_sample=sample if kind == CHECKS else 0,
    )
    return Unit(role, experiment, pool, kind, settings)


def _calibrated(asked: StudySettings, role: str, experiment: Experiment) -> Settings:
    """The compounds of bmrb2d, on true ppm axes, that a network has not seen."""
    ours = role == OURS
    return Settings(
        network=asked.network(role, experiment),
        data=asked.bmrb,
        mixtures=(1,),
        methods=(OWN_METHOD,) if ours else ("gradcam", BEST_METHOD),
        seed=asked.seed,
        folds=asked.folds(role, experiment) if ours else None,
        trained_on=() if ours else (asked.kuhn,),
        foreign_rule=STUDY,
        limit=QUICK_LIMIT if asked.quick else None,
    )
