"""Model check D: does the *network* use the target's signals? A bad network has no good map."""

from __future__ import annotations


def model_check(whole: float, without_target: float, without_distractors: float) -> float:
    """``D = [f(x) - f(x∖target)] - [f(x) - f(x∖distractors)]``.

    Parameters
    ----------
    whole, without_target, without_distractors : float
        The class's logit for the mixture, for it without the target's signals, and without the
        distractors'; signals that are both's are painted in neither.

    Returns
    -------
    float
        In units of the logit. Above 0 the network rests more on the target; otherwise the
        network looks elsewhere, and a map that says so is right.
    """
    return (whole - without_target) - (whole - without_distractors)
