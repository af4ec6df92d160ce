"""What is said of an empty map: also how it can be empty while peaks contribute to the class."""

from __future__ import annotations

from nmrcam_qt.core.contributions import LEAST_TO_SPEAK, Contributions
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.core.results import Explanation

EMPTY_MAP = "empty map: no positive evidence for this class anywhere"
SUMMED = "cam"
"""The method that is to be had where the logit is the sum of the map and the bias."""
_PRINTED = 0.005
"""A drop that is any smaller is printed as 0.00."""

_ONE_WEIGHT = (
    "it gives each feature map one weight for the whole spectrum, in which what counts in one "
    "place only can get lost"
)
_SLOPE = (
    "it tells what a small change of the signals would do, and a peak that is gone is a large one"
)
_ADDS = (
    "it shows what each place adds by itself, and without the peak other places say more against "
    "the class"
)
_WHY = {
    "gradcam": "it averages the gradient over the whole spectrum, in which what counts in one "
    "place only can get lost",
    "gradcam++": _ONE_WEIGHT,
    "xgradcam": _ONE_WEIGHT,
    "scorecam": _ONE_WEIGHT,
    "ablationcam": _ONE_WEIGHT,
    "eigencam": "it knows no class",
    "hirescam": _SLOPE,
    "layercam": _SLOPE,
    "gradient_ink": _SLOPE,
    "smoothgrad": _SLOPE,
    "integrated_gradients": "it adds up small changes on the way from an empty spectrum, which can "
    "cancel each other",
    "occlusion": "it takes away what hangs together in the ink, and a peak can be part of that",
    "rise": "it takes away half of the signals at a time, and not one alone",
    "cam": _ADDS,
}
_OTHERWISE = "the two ask the network different questions"


def empty_map_text(
    explanation: Explanation, contributions: Contributions | None = None, summed: bool = False
) -> str:
    """What is said of an empty map.

    Parameters
    ----------
    explanation : Explanation
        The map.
    contributions : Contributions or None
        What the peaks of the same spectrum contribute, where that was measured.
    summed : bool
        Whether the logit is the sum of the maps of this layer (CAM is to be had there).

    Returns
    -------
    str
        One sentence without its full stop. Where a peak of the map's input speaks for the class by
        more than its uncertainty, how both can be.
    """
    drop = None if contributions is None else surest_drop(contributions, explanation)
    if drop is None:
        return EMPTY_MAP
    info = METHODS.get(explanation.method)
    title = explanation.method if info is None else info.title
    where = "" if info is not None and info.on_input else f" at {explanation.layer}"
    why = _WHY.get(explanation.method, _OTHERWISE)
    if summed and info is not None and not info.slow:
        why = _ADDS
    return (
        f"empty map: {title}{where} shows nothing above zero for this class, and yet taking a peak "
        f"away lowers its logit by up to {drop:.2f}: {why}"
    )


def empty_map_sentence(
    explanation: Explanation, contributions: Contributions | None = None, summed: bool = False
) -> str:
    """The same, as a sentence of its own."""
    return sentence(empty_map_text(explanation, contributions, summed))


def sentence(text: str) -> str:
    """A text of this module with a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def surest_drop(found: Contributions, explanation: Explanation) -> float | None:
    """The largest drop of a peak on the map's input that is more than its uncertainty.

    Parameters
    ----------
    found : Contributions
        Of the same spectrum.
    explanation : Explanation
        Which input and class.

    Returns
    -------
    float or None
        In units of the logit. With repeats: of the peaks whose interval lies above 0; without: of
        those whose loss costs at least `LEAST_TO_SPEAK`. None where there is no such peak.
    """
    names = [own.input_name for own in found.inputs]
    if explanation.input_name not in names or explanation.class_id not in found.classes:
        return None
    number = names.index(explanation.input_name)
    column = found.classes.index(explanation.class_id)
    own = found.inputs[number]
    drops = own.drop[:, column]
    sure = (own.cells > 0) & (drops >= _PRINTED)
    if found.intervals:
        sure &= found.intervals[number].drop_low[:, column] > 0
    else:
        sure &= drops >= LEAST_TO_SPEAK
    return float(drops[sure].max()) if sure.any() else None
