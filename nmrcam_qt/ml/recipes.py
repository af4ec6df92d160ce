"""Recipes: which network `nmrcam train` makes, from what, and what it is called."""

from __future__ import annotations

from dataclasses import dataclass, field

from nmrcam_qt.core.cards import ClassSpec, InputSpec
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.ink_style import InkStyle
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.training import TrainingSettings

FATTY_RULE = (
    "acid, ester, amide or thioester acyl on an acyclic carbon path of at least 6 carbons "
    "(acyl carbon included), 4 of them contiguous and bonded only to C and H"
)
STEROID_RULE = "gonane skeleton whose ring A is not fused to a further carbocyclic six-ring"
CLASS_SPECS = (
    ClassSpec("fatty_acid", "Fatty acid", FATTY_RULE, "#e69f00"),
    ClassSpec("indole", "Indole", "c1ccc2c(c1)ccn2", "#56b4e9"),
    ClassSpec("steroid", "Steroid", STEROID_RULE, "#009e73"),
)
"""The three classes of the study; colours from Okabe & Ito, safe for the colour-blind."""

KUHN_SHAPE = (205, 300, 1)
KUHN_INK = InkStyle(picture=(410, 600))
"""158 of the study's 164 training pictures have 600×410 pixels and lines one pixel wide."""

HSQC_AXES = (
    "The study's HSQC pictures are not on one ppm scale: against calibrated spectra of the same "
    "compounds they lie up to 1.7 ppm (¹H) and 45 ppm (¹³C) off 10–0 / 0–200 ppm, so this "
    "network's HSQC answers on true axes are unreliable."
)
"""Measured by affine fits of the pictures to the peak lists of BMRB: 33 of the 34 HSQC
pictures with a calibrated list do not overlap it within 8 cells; of the HMBC pictures 21
of 33 fit 10–0 / 0–202."""


def _kuhn_input(experiment: Experiment) -> InputSpec:
    return InputSpec(
        experiment.value, experiment, KUHN_SHAPE, (0.0, 200.0), (10.0, 0.0), ink=KUHN_INK
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """One network that can be trained.

    Parameters
    ----------
    id : str
        Recipe and network id.
    title : str
        For people.
    inputs : tuple of InputSpec
        What it eats.
    published_accuracy : float
        Published 10-fold accuracy (Kuhn et al. 2021), 0..1.
    published_mixtures : int
        Published number of right answers out of 15 mixtures.
    limits : tuple of str
        For the card: what the network cannot be trusted with.
    settings : TrainingSettings
        How it is trained.
    """

    id: str
    title: str
    inputs: tuple[InputSpec, ...]
    published_accuracy: float
    published_mixtures: int
    limits: tuple[str, ...] = ()
    settings: TrainingSettings = field(default_factory=TrainingSettings)


RECIPES = {
    recipe.id: recipe
    for recipe in (
        Recipe(
            "kuhn-hsqc", "Kuhn 2021, HSQC", (_kuhn_input(Experiment.HSQC),), 0.8256, 4, (HSQC_AXES,)
        ),
        Recipe("kuhn-hmbc", "Kuhn 2021, HMBC", (_kuhn_input(Experiment.HMBC),), 0.9186, 13),
        Recipe(
            "kuhn-combined",
            "Kuhn 2021, HSQC + HMBC",
            (_kuhn_input(Experiment.HSQC), _kuhn_input(Experiment.HMBC)),
            0.9084,
            10,
            (HSQC_AXES,),
        ),
    )
}


def recipe(name: str) -> Recipe:
    """The recipe of this name.

    Raises
    ------
    NetworkError
        If there is none.
    """
    if name not in RECIPES:
        raise NetworkError(f"no recipe {name!r}; expected one of {', '.join(RECIPES)}")
    return RECIPES[name]
