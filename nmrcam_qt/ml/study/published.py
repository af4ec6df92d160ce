"""The study's own artificial mixtures: does the class that is in them come out on top?"""

from __future__ import annotations

from typing import Any

from nmrcam_qt.core.datasets import CLASSES
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.readers.pictures import read_picture
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.inference import analyse
from nmrcam_qt.ml.kuhn_study import mixture_files
from nmrcam_qt.ml.registry import load
from nmrcam_qt.ml.study.plan import StudySettings

NOTE = (
    "Five pictures for each class, on assumed axes 10–0 / 0–200 ppm; right: among the three "
    "classes the one whose compound is in the mixture scores highest. Present: the network also "
    "calls it present by its own threshold. The fifth mixture of each class holds bmse000544, "
    "published as of no class, which is cholesteryl palmitate: a fatty ester and a steroid. Where "
    "signals lie cannot be judged here, because these pictures are not aligned with the pure ones. "
    "The study's networks as shipped were trained on the pure compounds."
)


def score_published(asked: StudySettings, role: str, experiment: Experiment) -> dict[str, Any]:
    """Score the fifteen mixtures of one experiment.

    Parameters
    ----------
    asked : StudySettings
        Data and networks.
    role : {"seed", "ours"}
        Whose network.
    experiment : Experiment
        HSQC or HMBC.

    Returns
    -------
    dict
        ``network, right, present, of, missing``.

    Raises
    ------
    NmrCamError
        If network or pictures cannot be read.
    """
    network = load(asked.network(role, experiment))
    right = present = missing = done = 0
    for class_id, files in mixture_files(asked.kuhn):
        path = files[experiment]
        if not path.is_file():
            missing += 1
            continue
        spectrum = read_picture(path, ReadOptions(experiment))
        prediction = analyse(network, [[spectrum]])[0].prediction
        done += 1
        right += max(CLASSES, key=prediction.score) == class_id
        present += class_id in prediction.present
    return {
        "network": network.card.id,
        "experiment": experiment.value,
        "right": right,
        "present": present,
        "of": done,
        "missing": missing,
    }
