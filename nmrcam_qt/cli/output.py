"""What commands print: JSON lines for scripts, an aligned table for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nmrcam_qt.cli.progress import ConsoleProgress
from nmrcam_qt.core.plain_text import one_line

if TYPE_CHECKING:
    from nmrcam_qt.core.spectrum import Spectrum
    from nmrcam_qt.core.writers.table import ScoreRow
    from nmrcam_qt.ml.batch import Outcome

MAX_SCORE_COLUMNS = 6
MAX_FILE_TEXT = 60
_PPM_DIGITS = 6


def record(outcome: Outcome) -> dict[str, Any]:
    """One JSON object of ``--json``; ``axes`` are the ppm at the outer edges.

    Of a pair, ``file``, ``experiment`` and ``axes`` are those of the HSQC, and
    ``pair`` holds the same three of both.
    """
    described = [_describe_input(outcome, i) for i in range(len(outcome.job.sources))]
    prediction = outcome.analysis.prediction if outcome.analysis else None
    data: dict[str, Any] = {
        "file": described[0]["file"],
        "experiment": described[0]["experiment"],
        "network": outcome.card.id if outcome.card else None,
        "axes": described[0]["axes"],
        "scores": {c: prediction.score(c) for c in prediction.classes} if prediction else {},
        "thresholds": thresholds_of(outcome) if prediction else {},
        "present": list(prediction.present) if prediction else [],
        "warnings": warnings_of(outcome),
        "error": outcome.error or None,
    }
    if len(described) > 1:
        data["pair"] = described
    return data


def thresholds_of(outcome: Outcome) -> dict[str, float]:
    """From which score each class of the network is said to be present."""
    card = outcome.card
    return dict(zip(card.class_ids, card.thresholds, strict=True)) if card else {}


def warnings_of(outcome: Outcome) -> list[str]:
    """Sentences about one outcome: of the prediction, then methods that were not available."""
    if outcome.analysis is None:
        return []
    said = list(outcome.analysis.prediction.sentences)
    said += [f"{method} is not available: {why}" for method, why in outcome.analysis.unavailable]
    return said


def score_row(outcome: Outcome) -> ScoreRow:
    """The outcome as a line of the score table."""
    from nmrcam_qt.core.writers.table import ScoreRow

    network = outcome.card.id if outcome.card else ""
    experiment = experiment_text(outcome)
    if outcome.analysis is None:
        return ScoreRow(outcome.job.files, experiment, network, error=outcome.error)
    prediction = outcome.analysis.prediction
    return ScoreRow(
        files=outcome.job.files,
        experiment=experiment,
        network=network,
        classes=prediction.classes,
        scores=tuple(float(s) for s in prediction.scores),
        present=prediction.present,
        warnings=tuple(warnings_of(outcome)),
    )


def experiment_text(outcome: Outcome) -> str:
    """``HSQC``, ``HMBC`` or ``HSQC + HMBC``; empty where it is not known."""
    return " + ".join(s.experiment.label for s in outcome.spectra if s.experiment)


def _describe_input(outcome: Outcome, index: int) -> dict[str, Any]:
    spectrum = outcome.spectra[index] if index < len(outcome.spectra) else None
    experiment = spectrum.experiment if spectrum is not None else None
    return {
        "file": outcome.job.files[index],
        "experiment": experiment.value if experiment else None,
        "axes": None if spectrum is None else _axes(spectrum),
    }


def _axes(spectrum: Spectrum) -> dict[str, Any]:
    """Windows; adding 0.0 makes a zero of -0.0."""
    return {
        "f2": [round(p, _PPM_DIGITS) + 0.0 for p in spectrum.f2.edges],
        "f1": [round(p, _PPM_DIGITS) + 0.0 for p in spectrum.f1.edges],
        "assumed": spectrum.provenance.axes_assumed,
    }


class Printer:
    """Prints results as they come (JSON) or at the end (a table); errors go to stderr.

    Parameters
    ----------
    as_json : bool
        One JSON object per line.
    progress : ConsoleProgress
        Whose line is taken away before something is printed.
    """

    def __init__(self, as_json: bool, progress: ConsoleProgress) -> None:
        self._as_json = as_json
        self._progress = progress
        self._rows: list[Mapping[str, str]] = []
        self._notes: dict[str, int] = {}

    def note(self, texts: Sequence[str]) -> str:
        """Numbers of footnotes with these texts, for a cell of the table."""
        numbers = [self._notes.setdefault(text, len(self._notes) + 1) for text in texts]
        return ",".join(str(n) for n in numbers)

    def result(self, data: Mapping[str, Any], rows: Sequence[Mapping[str, str]]) -> None:
        """Print or keep one result.

        Parameters
        ----------
        data : mapping
            The JSON object.
        rows : sequence of mapping
            Its lines of the table: text by column.
        """
        self._progress.close()
        if self._as_json:
            # ASCII: any file name survives, on any terminal.
            print(json.dumps(data), flush=True)
        self._rows += rows
        if data["error"]:
            print(one_line(f"nmrcam: {data['error']}"), file=sys.stderr, flush=True)

    def close(self) -> None:
        """Print the table and its footnotes."""
        self._progress.close()
        if self._as_json or not self._rows:
            return
        print(table(self._rows))
        for text, number in self._notes.items():
            print(one_line(f"{number}) {text}"))


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """An aligned table; numbers to the right, columns in the order they first appear."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    cells = [columns] + [[_shown(row.get(column, "")) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    right = [_is_numeric([line[i] for line in cells[1:]]) for i in range(len(columns))]
    lines = []
    for line in cells:
        padded = [
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ]
        lines.append("  ".join(padded).rstrip())
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def files_text(files: Sequence[str]) -> str:
    """The files of a job for people: of long paths the last folders and always the name."""
    return " + ".join(_short(file) for file in files)


def _short(file: str) -> str:
    """As many of a path's last parts as fit into `MAX_FILE_TEXT`."""
    if len(file) <= MAX_FILE_TEXT:
        return file
    parts = Path(file).parts
    kept = parts[-1]
    for part in reversed(parts[:-1]):
        longer = f"{part}/{kept}"
        if len(longer) + 2 > MAX_FILE_TEXT:
            break
        kept = longer
    return f"…/{kept}"


def _shown(text: str) -> str:
    """A cell stays on its line."""
    return "".join(c if c.isprintable() else "?" for c in text) or "-"


def _is_numeric(texts: Sequence[str]) -> bool:
    """Whether a column holds numbers and gaps only, and at least one number."""
    given = [text for text in texts if text != "-"]
    return bool(given) and all(t.lstrip("<>").replace(".", "", 1).isdigit() for t in given)
