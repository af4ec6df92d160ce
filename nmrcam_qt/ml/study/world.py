"""The compounds of the thesis's figures, found in the data folders."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.datasets import GUESSED, Dataset, Entry, open_dataset
from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.mixtures import Mixture
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.evaluation_data import Source
from nmrcam_qt.ml.study.plan import FigurePlan


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One figure's mixture.

    Parameters
    ----------
    entry : Entry
        The target in the study's data set.
    mixture : Mixture
        Target and foreign compounds on the target's grid, by ppm.
    guessed : tuple of str
        Foreign entries whose ppm axes are a guess.
    """

    entry: Entry
    mixture: Mixture
    guessed: tuple[str, ...]


class World:
    """Both data folders.

    Parameters
    ----------
    kuhn, bmrb : Path
        Folders of the layouts of kuhn2021 and bmrb2d.

    Raises
    ------
    ReadError
        If one of them cannot be read.
    """

    def __init__(self, kuhn: Path, bmrb: Path) -> None:
        self.kuhn = open_dataset(kuhn)
        self.bmrb = open_dataset(bmrb)

    def scene(self, plan: FigurePlan) -> Scene:
        """Target and foreign compounds of a figure, mixed.

        Raises
        ------
        ReadError
            If a compound is not in the folders, or its spectrum cannot be read.
        """
        target = _find(self.kuhn, plan.target, plan.experiment)
        foreign = [_find(self.bmrb, name, plan.experiment) for name in plan.foreign]
        mixture = Source(self.kuhn, target).mixture(
            [Source(self.bmrb, entry) for entry in foreign], plan.experiment
        )
        return Scene(target, mixture, self.guessed(plan))

    def guessed(self, plan: FigurePlan) -> tuple[str, ...]:
        """Foreign entries of a figure whose ppm axes are a guess."""
        found = [(name, _find(self.bmrb, name, plan.experiment)) for name in plan.foreign]
        return tuple(name for name, entry in found if entry.note == GUESSED)


def _find(dataset: Dataset, name: str, experiment: Experiment) -> Entry:
    """The first entry of this number that has such a spectrum; the table's order decides."""
    for entry in dataset.entries:
        if name in (entry.id, entry.accession) and experiment in entry.files:
            return entry
    raise ReadError(dataset.folder, f"has no {experiment.label} of {name}")
