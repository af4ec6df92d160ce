"""The table of compared maps: what its cells say and what it is sorted by. No Qt."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence

from nmrcam_qt.core.map_check import MapCheck
from nmrcam_qt.core.map_comparison import TOP, MapFigures
from nmrcam_qt.core.methods import METHODS
from nmrcam_qt.session.comparing import Compared
from nmrcam_qt.session.method_choice import method_title
from nmrcam_qt.session.shown import method_reason

UNKNOWN = "–"
NO_PRIOR = "no prior"
Cell = str | float | None


class Column(enum.IntEnum):
    """Columns of the table."""

    METHOD = 0
    CLASS = 1
    STATE = 2
    ON_SIGNALS = 3
    BLANK = 4
    HALF = 5
    INK_AUC = 6
    PRIOR_AUC = 7
    GAIN = 8
    AGREES = 9
    OTHER_CLASSES = 10
    RANDOMISED = 11
    DELETION = 12
    CHANCE = 13
    VERDICT = 14


TITLES = {
    Column.METHOD: ("Method", "How the map was made"),
    Column.CLASS: ("Class", "What it explains"),
    Column.STATE: ("Map", "Whether there is one; an empty map has no positive evidence anywhere"),
    Column.ON_SIGNALS: (
        "On signals",
        "Share of the heat that lies on inked samples. Cells of late layers are large: their "
        "heat covers what is between signals, too",
    ),
    Column.BLANK: ("Blank", "Share of the heat far from any signal: it can mean nothing"),
    Column.HALF: ("Half on", "The fewest peaks that hold half of the heat on signals"),
    Column.INK_AUC: (
        "Ink AUC",
        "Whether the heat tells the signals of the pure compound from all others: 1 always, 0.5 is "
        "chance. Known only where you name its spectrum",
    ),
    Column.PRIOR_AUC: (
        "Prior",
        "The same for where the class usually has its signals, without a look at this spectrum: "
        "the bar for every map. No prior: the network came without one of this class",
    ),
    Column.GAIN: (
        "Gain",
        "What the map knows beyond the prior: 0 as good as it, 1 perfect, below 0 worse",
    ),
    Column.AGREES: (
        "Agrees",
        "Mean rank correlation with the other methods' maps of this class, over the inked "
        "samples: 1 the same order, 0 none",
    ),
    Column.OTHER_CLASSES: (
        "Other classes",
        "The same with this method's maps of the other compared classes: near 1 the method does "
        "not tell the classes apart",
    ),
    Column.RANDOMISED: (
        "Random net",
        "Rank correlation with the maps of the network with random weights: a high one shows the "
        "spectrum, not what the network learned",
    ),
    Column.DELETION: (
        "Deletion",
        "Area under the class's logit as peaks are taken away in the map's order: lower is better",
    ),
    Column.CHANCE: ("Random order", "The same for random orders of the peaks, mean (95 %)"),
    Column.VERDICT: ("Checks", "Whether the map passes both checks"),
}
CSV_TITLES = {
    Column.METHOD: "method",
    Column.CLASS: "class",
    Column.STATE: "map",
    Column.ON_SIGNALS: "heat_on_signals",
    Column.BLANK: "heat_blank",
    Column.HALF: "peaks_with_half_of_the_heat",
    Column.INK_AUC: "ink_auc",
    Column.PRIOR_AUC: "class_prior_ink_auc",
    Column.GAIN: "gain_over_class_prior",
    Column.AGREES: "mean_spearman_other_methods",
    Column.OTHER_CLASSES: "mean_spearman_other_classes",
    Column.RANDOMISED: "spearman_random_network",
    Column.DELETION: "deletion_auc",
    Column.CHANCE: "deletion_auc_random_order",
    Column.VERDICT: "checks",
}


def value_of(row: Compared, column: Column) -> Cell:
    """A cell as text or number; None where it is not known."""
    if column is Column.PRIOR_AUC and _without_prior(row):
        return NO_PRIOR
    if column in _FIGURES:
        return None if row.figures is None else _known(_FIGURES[column](row.figures))
    if column in _CHECKS:
        return None if row.check is None else _known(_CHECKS[column](row.check))
    texts: dict[Column, str] = {
        Column.METHOD: method_title(row.method),
        Column.CLASS: row.title,
        Column.STATE: row.state or "there",
        Column.VERDICT: _verdict(row),
    }
    return texts[column]


def cell_text(row: Compared, column: Column) -> str:
    """What a cell shows."""
    value = value_of(row, column)
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return value
    if column in (Column.ON_SIGNALS, Column.BLANK):
        return share_text(value)
    if column is Column.HALF:
        return f"{value:.0f} peak" + ("" if value == 1 else "s")
    if column is Column.CHANCE and row.check is not None:
        _, low, high = row.check.deletion_random
        return f"{value:.2f} ({low:.2f} to {high:.2f})".replace("-", "−")
    return f"{value:.2f}".replace("-", "−")


def share_text(share: float) -> str:
    """A share in per cent; signals cover so little of a spectrum that small ones need a decimal."""
    return f"{share:.0%}" if share == 0 or share >= 0.1 else f"{share:.1%}"


def sort_value(row: Compared, column: Column) -> Cell:
    """What a column is sorted by; methods in the order in which they are offered."""
    if column is Column.METHOD:
        order = list(METHODS)
        return float(order.index(row.method)) if row.method in order else float(len(order))
    value = value_of(row, column)
    return None if value == NO_PRIOR else value


def tip_text(row: Compared, column: Column) -> str:
    """More about a cell."""
    if column is Column.METHOD:
        info = METHODS.get(row.method)
        return "" if info is None else f"{info.source}\nCosts: {info.cost}\n{info.caveat}"
    if column is Column.STATE:
        return method_reason(row.pane, row.method) or row.pane.message
    if column in (Column.VERDICT, *_CHECKS) and row.check is not None:
        return "\n".join(row.check.sentences)
    return ""


def table_of(rows: Sequence[Compared]) -> tuple[list[str], list[list[Cell]]]:
    """Headings and cells for a file."""
    return [CSV_TITLES[c] for c in Column], [[value_of(r, c) for c in Column] for r in rows]


def shown_table(rows: Sequence[Compared]) -> list[list[str]]:
    """Headings and cells as the window shows them, for the clipboard."""
    head = [TITLES[c][0] for c in Column]
    return [head, *([cell_text(row, c) for c in Column] for row in rows)]


def _without_prior(row: Compared) -> bool:
    """Whether the map has an ink AUC that no bar stands beside."""
    found = row.figures
    return found is not None and math.isnan(found.prior_auc) and not math.isnan(found.ink_auc)


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _verdict(row: Compared) -> str:
    if row.check is not None:
        return _SHORT[row.check.passes_randomisation, row.check.passes_deletion]
    if row.checking:
        return "checking …"
    return "not checked" if row.pane.explanation is not None and not row.state else UNKNOWN


_FIGURES: dict[Column, Callable[[MapFigures], float]] = {
    Column.ON_SIGNALS: lambda f: f.on_signals,
    Column.BLANK: lambda f: f.blank,
    Column.HALF: lambda f: float(f.half) if f.half else math.nan,
    Column.INK_AUC: lambda f: f.ink_auc,
    Column.PRIOR_AUC: lambda f: f.prior_auc,
    Column.GAIN: lambda f: f.gain,
    Column.AGREES: lambda f: f.agrees,
    Column.OTHER_CLASSES: lambda f: f.other_classes,
}
_CHECKS: dict[Column, Callable[[MapCheck], float]] = {
    Column.RANDOMISED: lambda c: c.randomised,
    Column.DELETION: lambda c: c.deletion,
    Column.CHANCE: lambda c: c.deletion_random[0],
}
_SHORT = {
    (True, True): "passes both",
    (False, True): "fails: random network",
    (True, False): "fails: order of peaks",
    (False, False): "fails both",
    (False, None): "fails: random network",
    (None, False): "fails: order of peaks",
    (True, None): "network yes, peaks not judged",
    (None, True): "peaks yes, network not judged",
    (None, None): "not judged",
}
"""By randomisation and deletion."""
AGREEMENT_NOTE = (
    "Upper right: Spearman rank correlation over the inked samples. Lower left: share of the "
    f"{TOP} hottest peaks in common."
)
