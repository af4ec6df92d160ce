"""``nmrcam contributions INPUT… --pairs``: what the strongest peaks contribute two by two."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nmrcam_qt.core.contributing import PaintEngine, Question
    from nmrcam_qt.core.contribution_pairs import AskedPeak, PairDrops, PairLine
    from nmrcam_qt.core.contributions import Contributions
    from nmrcam_qt.core.progress import Progress


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of one input for one class.

    Parameters
    ----------
    class_id : str
        Which class.
    of : int
        How many peaks the network sees.
    found : PairDrops
        What the strongest of them contribute.
    lines : tuple of PairLine
        Those that interact most first.
    """

    class_id: str
    of: int
    found: PairDrops
    lines: tuple[PairLine, ...]

    @property
    def note(self) -> str:
        """How many peaks were paired of how many, and what they do all together."""
        from nmrcam_qt.core.contribution_pairs import FEWEST_PEAKS, meaning_of

        paired, column = len(self.found.peaks), self.found.classes.index(self.class_id)
        if paired < FEWEST_PEAKS:
            seen = "1 peak is" if self.of == 1 else f"{self.of or 'no'} peaks are"
            return f"{self.class_id}: {seen} seen; a pair needs {FEWEST_PEAKS}"
        alone, together = self.found.alone[:, column], float(self.found.whole[column])
        return (
            f"{self.class_id}: pairs of the {paired} strongest of {self.of} peaks that are seen; "
            f"all {paired} together {together:+.3f}, the sum of each alone {alone.sum():+.3f}: "
            f"{meaning_of(together, alone.tolist())}"
        )


def check_pairs(args: argparse.Namespace) -> None:
    """Usage errors of ``--pairs``."""
    from nmrcam_qt.core.contribution_pairs import FEWEST_PEAKS, MOST_PEAKS

    if args.pairs and args.repeats:
        args.usage_error("--pairs: has no intervals; leave --repeats away")
    if args.pairs and args.top is not None and not FEWEST_PEAKS <= args.top <= MOST_PEAKS:
        args.usage_error(
            f"--pairs: --top {args.top}: expected {FEWEST_PEAKS} to {MOST_PEAKS} peaks"
        )


def pairs_of(
    engine: PaintEngine,
    question: Question,
    found: Contributions,
    classes: Sequence[str],
    most: int | None,
    progress: Progress,
) -> tuple[Pairs, ...]:
    """Pairs of the strongest peaks of each class.

    Parameters
    ----------
    engine, question, progress
        As in `contributions`.
    found : Contributions
        What each peak contributes alone.
    classes : sequence of str
        Which classes.
    most : int or None
        How many peaks; None for the usual.
    """
    from nmrcam_qt.core.contributing import pair_drops
    from nmrcam_qt.core.contribution_pairs import USUAL_PEAKS, pair_lines, strongest

    seen = sum(int((own.cells > 0).sum()) for own in found.inputs)
    made = []
    for class_id in classes:
        peaks = strongest(found, class_id, USUAL_PEAKS if most is None else most)
        drops = pair_drops(engine, question, peaks, progress)
        made.append(Pairs(class_id, seen, drops, tuple(pair_lines(drops, class_id))))
    return tuple(made)


def pair_records(pairs: Sequence[Pairs]) -> list[dict[str, Any]]:
    """The JSON objects of pairs."""
    return [
        {
            "class": each.class_id,
            "first": _place(line.first),
            "second": _place(line.second),
            "together": line.together,
            "alone": [line.alone_first, line.alone_second],
            "interaction": line.interaction,
            "meaning": line.meaning.value,
        }
        for each in pairs
        for line in each.lines
    ]


def _place(peak: AskedPeak) -> dict[str, Any]:
    return {
        "input": peak.input_name,
        "peak": peak.id,
        "h_ppm": peak.h_ppm,
        "c_ppm": peak.c_ppm,
    }


def pair_row(class_id: str, line: PairLine, one_input: bool) -> dict[str, str]:
    """A line of the printed table."""
    return {
        "class": class_id,
        "peak 1": _text(line.first, one_input),
        "peak 2": _text(line.second, one_input),
        "together": f"{line.together:+.3f}",
        "alone 1": f"{line.alone_first:+.3f}",
        "alone 2": f"{line.alone_second:+.3f}",
        "interaction": f"{line.interaction:+.3f}",
        "meaning": line.meaning.value,
    }


def _text(peak: AskedPeak, one_input: bool) -> str:
    where = "" if one_input else f"{peak.input_name} "
    return f"{where}{peak.id} ({peak.h_ppm:.2f}, {peak.c_ppm:.1f})"
