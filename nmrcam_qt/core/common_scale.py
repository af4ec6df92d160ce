"""One colour scale for maps that compare: those of one network and one method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nmrcam_qt.core.results import Explanation

Kind = tuple[str, str]
"""sha256 of the network, method: heat of other kinds does not compare."""
WORDS = "common scale"


def kind_of(explanation: Explanation) -> Kind:
    """Which maps a map may be compared with."""
    return explanation.network_sha256, explanation.method


def common_tops(explanations: Iterable[Explanation | None]) -> Mapping[Kind, float]:
    """Where a scale that maps share ends.

    Parameters
    ----------
    explanations : iterable of Explanation or None
        Maps that are looked at together.

    Returns
    -------
    mapping of Kind to float
        Highest heat, in units of the map; only of kinds of which two maps are not empty: a map
        that has nobody to be compared with keeps the scale of its own.
    """
    tops: dict[Kind, list[float]] = {}
    for found in explanations:
        if found is not None and not found.empty:
            tops.setdefault(kind_of(found), []).append(float(found.heat.max()))
    return {kind: max(each) for kind, each in tops.items() if len(each) > 1}
