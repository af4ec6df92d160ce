"""Maps that were made one after the other, of one spectrum by one network, put together."""

from __future__ import annotations

from dataclasses import replace

from nmrcam_qt.core.results import Analysis, Explanation


def with_earlier_maps(analysis: Analysis, earlier: Analysis | None) -> Analysis:
    """A new result with the maps of an earlier one that it was not asked for.

    The slow maps are made one by one, on demand; analysing anew must not throw them away.

    Parameters
    ----------
    analysis : Analysis
        The new one: where both have a map, or say why there is none, its word counts.
    earlier : Analysis or None
        Of the same spectra by the same weights at the same layer.

    Returns
    -------
    Analysis
        The prediction is the new one.

    Raises
    ------
    ValueError
        If the earlier one is of another network or of other weights.
    """
    if earlier is None:
        return analysis
    ours, theirs = analysis.prediction, earlier.prediction
    if (ours.network, ours.network_sha256) != (theirs.network, theirs.network_sha256):
        raise ValueError(f"maps of {theirs.network} do not belong to a result of {ours.network}")
    refused = dict(analysis.unavailable)
    known = {_place(each) for each in analysis.explanations}
    kept = [
        each
        for each in earlier.explanations
        if _place(each) not in known and each.method not in refused
    ]
    made = {each.method for each in analysis.explanations}
    reasons = {m: why for m, why in earlier.unavailable if m not in made} | refused
    return replace(
        analysis,
        explanations=(*analysis.explanations, *kept),
        unavailable=tuple(reasons.items()),
    )


def _place(explanation: Explanation) -> tuple[str, str, str, str]:
    """What tells the maps of one result apart."""
    each = explanation
    return each.input_name, each.class_id, each.method, each.layer
