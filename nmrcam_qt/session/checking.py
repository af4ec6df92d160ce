"""What is known of the checks of maps, and what the badge of a shown map says. No Qt.

Checks follow from spectrum, network, class, method and layer: those are the key of each.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from nmrcam_qt.core.map_check import EMPTY, MapCheck
from nmrcam_qt.core.wire import Frame, WireError
from nmrcam_qt.core.wire_checks import checks_reply, read_checks
from nmrcam_qt.session.findings import Findings, digest
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.method_choice import method_title
from nmrcam_qt.session.recent import Recent
from nmrcam_qt.session.records import Finding
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import Shown

CHECK_KEY = "Shift+K"
"""What checks the shown map."""
MAX_SENTENCE, MAX_SENTENCES = 1_000, 10
MOST_KEPT = 5000
"""Checks; a few hundred bytes each."""
WHAT = (
    "Whether the map changes when the network is replaced by a random one, and whether its order "
    "of peaks is better than chance: for this network, class and spectrum. It says nothing about "
    "whether the network is right."
)


@dataclass(frozen=True, slots=True)
class CheckKey:
    """Which map: another spectrum, mask, axis, weight, class, method or layer is another one.

    Parameters
    ----------
    result : AnalysisKey
        Network, spectra, chosen layer.
    bases : tuple of str or None
        `Session.bases` of the spectra.
    network_sha256 : str
        Of the weights.
    class_id, method, input_name : str
        The map.
    """

    result: AnalysisKey
    bases: tuple[str | None, ...]
    network_sha256: str
    class_id: str
    method: str
    input_name: str

    @property
    def place(self) -> tuple[str, str, str]:
        """Class, method and input."""
        return self.class_id, self.method, self.input_name


def check_key(session: Session, pane: Shown) -> CheckKey | None:
    """Of the map that a pane shows; None where it shows none."""
    found = pane.explanation
    if found is None or pane.plan is None:
        return None
    key = pane.plan.key
    return CheckKey(
        key,
        session.bases(key),
        found.network_sha256,
        found.class_id,
        found.method,
        found.input_name,
    )


class CheckBook:
    """Checks by what was checked; the longest unused ones go first.

    Parameters
    ----------
    findings : Findings, optional
        Where they are kept besides, and looked for when they are not in memory.
    """

    def __init__(self, findings: Findings | None = None) -> None:
        self._kept: Recent[CheckKey, MapCheck] = Recent(MOST_KEPT)
        self._findings = findings

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: CheckKey | None) -> MapCheck | None:
        """The check of a map; None where nobody made it."""
        if key is None:
            return None
        found = self._kept.find(key)
        if found is None and self._findings is not None:
            found = self._findings.find(*_digests(key), lambda frame: _read(frame, key))
            if found is not None:
                self._kept.keep(key, found)
        return found

    def keep(self, key: CheckKey, check: MapCheck) -> None:
        """Remember a check.

        Raises
        ------
        ValueError
            If it is of another map.
        """
        mine, found = key.place, (check.class_id, check.method, check.input_name)
        if (*mine, key.network_sha256) != (*found, check.network_sha256):
            raise ValueError(f"a check of {found} is none of {mine}")
        self._kept.keep(key, check)
        if self._findings is not None and None not in key.bases:
            place, basis = _digests(key)
            frame = checks_reply([check])
            self._findings.keep([Finding(place, basis, key.result.items, frame)])


def _digests(key: CheckKey) -> tuple[str, str]:
    """The question, and what the answer rests on."""
    result = key.result
    question = digest("check", result.network, result.items, result.layer, *key.place)
    return question, digest(key.bases, key.network_sha256)


def _read(frame: Frame, key: CheckKey) -> MapCheck:
    """The check of a key, from the project file.

    Raises
    ------
    WireError
        If it is broken, or of another map.
    """
    (found,) = read_checks(frame) or (None,)
    long = found is not None and max(map(len, ("", *found.sentences))) > MAX_SENTENCE
    if found is None or long or len(found.sentences) > MAX_SENTENCES:
        raise WireError("a broken check")
    mine, other = key.place, (found.class_id, found.method, found.input_name)
    if (*mine, key.network_sha256) != (*other, found.network_sha256):
        raise WireError("the check of another map")
    return found


class Verdict(enum.StrEnum):
    """What is known of a map; the word is the property of the badge's style."""

    PASSES = "passes"
    FAILS = "fails"
    OPEN = "open"
    """checked, and at least one of the checks cannot be judged; or empty"""
    UNKNOWN = "unknown"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands beside a map.

    Parameters
    ----------
    verdict : Verdict
        Pass, fail or not known.
    text, short : str
        Where there is room, and in a small pane.
    sentences : tuple of str
        What it means.
    """

    verdict: Verdict
    text: str
    short: str
    sentences: tuple[str, ...]

    @property
    def tip(self) -> str:
        """All of it, for a tool tip."""
        return "\n".join((self.text, *self.sentences))


def badge_of(pane: Shown, check: MapCheck | None, busy: bool = False) -> Badge | None:
    """What the badge of a pane says; None where it shows no map.

    Parameters
    ----------
    pane : Shown
        The pane.
    check : MapCheck or None
        Of its map, where it was checked.
    busy : bool
        Whether it is being checked.
    """
    if pane.explanation is None:
        return None
    if pane.explanation.empty:
        return Badge(Verdict.OPEN, "empty: nothing to check", "empty", (EMPTY,))
    if check is not None:
        verdict, text = verdict_of(check)
        short = {Verdict.PASSES: "passes", Verdict.FAILS: "fails", Verdict.OPEN: "not judged"}[
            verdict
        ]
        return Badge(verdict, text, short, (*check.sentences, *figure_lines(check)))
    if busy:
        return Badge(Verdict.BUSY, "checking …", "checking …", (WHAT,))
    return Badge(Verdict.UNKNOWN, f"not checked · Check ({CHECK_KEY})", "Check", (WHAT,))


def verdict_of(check: MapCheck) -> tuple[Verdict, str]:
    """Pass, fail or open, and that in a few words."""
    random, deletion = check.passes_randomisation, check.passes_deletion
    if random is False and deletion is False:
        return Verdict.FAILS, "fails both checks"
    if random is False:
        return Verdict.FAILS, "fails: hardly changes with a random network"
    if deletion is False:
        return Verdict.FAILS, "fails: its peaks count no more than chance"
    if check.passes:
        return Verdict.PASSES, "checked: passes both"
    if random is None and deletion is None:
        return Verdict.OPEN, "checked: cannot be judged"
    missing = "peaks" if deletion is None else "network"
    return Verdict.OPEN, f"passes one check; the {missing} cannot be judged"


def figure_lines(check: MapCheck) -> tuple[str, ...]:
    """The figures behind the verdict, one line each; what is not known is left out."""
    lines = []
    if not math.isnan(check.randomised):
        lines.append(
            f"Rank correlation with the maps of random networks: {check.randomised:.2f} "
            "(0 would be none)."
        )
    if not math.isnan(check.deletion):
        mean, low, high = check.deletion_random
        lines.append(
            f"Area under the deletion curve: {check.deletion:.2f}; random orders {mean:.2f} "
            f"({low:.2f} to {high:.2f}); lower is better."
        )
    return tuple(lines)


def map_name(pane: Shown) -> str:
    """For example "HiResCAM, Indole": the map of a pane, for jobs and headings."""
    title = method_title(pane.view.method)
    card, class_id = (pane.plan.card if pane.plan else None), pane.view.class_id
    if card is None or class_id is None or class_id not in card.class_ids:
        return title
    return f"{title}, {card.class_spec(class_id).title}"
