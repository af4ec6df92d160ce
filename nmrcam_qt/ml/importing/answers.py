"""What a network file cannot say, and the questions about it. No Keras."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.cards import is_plain_id
from nmrcam_qt.core.class_words import HEADS
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.spectrum import Experiment

Window = tuple[float, float]

F2_WINDOW: Window = (10.0, 0.0)
F1_WINDOW: Window = (0.0, 200.0)
FULL_SCALES = (1, 255)


@dataclass(frozen=True, slots=True)
class ImportAnswers:
    """What the user says of a foreign network; None where nothing was said.

    Parameters
    ----------
    id, title : str, optional
        From the file name where missing.
    classes : tuple of str, optional
        Names of the classes in the order of the outputs.
    experiments : tuple of Experiment, optional
        One per input, in the file's order.
    f2_window, f1_window : (first, last), optional
        ppm at the outer edges of the ¹H and ¹³C dimension it was trained on.
    background : {0, 1}, optional
        Value of empty spectrum (1 = white paper), as a part of the full scale.
    full_scale : {1, 255}, optional
        Value of the strongest signal.
    head : {"softmax", "sigmoid"}, optional
        Needed only where the network ends linear.
    rows : {"f1", "f2"}, optional
        Which dimension runs down the rows.
    trained_on_mixtures : bool
        Only where the user knows it.
    licence : str
        As the source states it.
    accept_defaults : bool
        Take the proposals for what has one, rather than ask.
    """

    id: str | None = None
    title: str | None = None
    classes: tuple[str, ...] | None = None
    experiments: tuple[Experiment, ...] | None = None
    f2_window: Window | None = None
    f1_window: Window | None = None
    background: int | None = None
    full_scale: int | None = None
    head: str | None = None
    rows: str | None = None
    trained_on_mixtures: bool = False
    licence: str = "not stated"
    accept_defaults: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only the user knows.

    Parameters
    ----------
    field : str
        Name in `ImportAnswers`.
    text : str
        What to ask.
    option : str
        Option of the command line that answers it.
    default : object
        Proposal in the form of the answer, or None where there is none.
    """

    field: str
    text: str
    option: str
    default: object = None


class MissingAnswersError(NetworkError):
    """The import needs answers; `questions` says which."""

    def __init__(self, name: str, questions: Sequence[Question]) -> None:
        self.name = name
        self.questions = tuple(questions)
        asked = "; ".join(f"{q.text} ({q.option})" for q in questions)
        hint = ", or --yes to accept the proposals" if any(q.default for q in questions) else ""
        super().__init__(f"{name}: please say {asked}{hint}")

    def __reduce__(self) -> tuple[type[MissingAnswersError], tuple[object, ...]]:
        return type(self), (self.name, self.questions)


def slug(text: str) -> str:
    """A plain id from a name: ``"Fatty acid"`` → ``"fatty_acid"``; empty where nothing is left."""
    plain = re.sub(r"[^a-z0-9._-]+", "_", text.strip().lower()).strip("._-")[:64].rstrip(".")
    return plain if is_plain_id(plain) else ""


def guess_experiments(input_names: Sequence[str]) -> tuple[Experiment, ...] | None:
    """Experiments that the names of the inputs tell, or None unless all do, each its own."""
    found = []
    for name in input_names:
        told = [e for e in Experiment if e.value in name.lower()]
        if len(told) != 1:
            return None
        found.append(told[0])
    return tuple(found) if len(set(found)) == len(found) else None


def check_answers(name: str, answers: ImportAnswers, n_outputs: int, n_inputs: int) -> None:
    """Refuse answers that do not fit the file.

    Raises
    ------
    NetworkError
        One sentence: which answer, what was expected.
    """
    problems = [
        (
            answers.classes is not None and len(answers.classes) != n_outputs,
            f"{len(answers.classes or ())} classes named; the network has {n_outputs} outputs",
        ),
        (
            answers.experiments is not None and len(answers.experiments) != n_inputs,
            f"{len(answers.experiments or ())} experiments; the network has {n_inputs} inputs",
        ),
        (
            len(set(answers.experiments or ())) != len(answers.experiments or ()),
            "both inputs are said to be of the same experiment",
        ),
        (answers.background not in (None, 0, 1), "the background must be 0 or 1"),
        (answers.full_scale not in (None, *FULL_SCALES), "the full scale must be 1 or 255"),
        (answers.head not in (None, *HEADS), "the head must be softmax or sigmoid"),
        (answers.rows not in (None, "f1", "f2"), "the rows must be f1 or f2"),
        (
            answers.id is not None and not is_plain_id(answers.id),
            f"the id {answers.id!r} is no plain lower-case name",
        ),
    ]
    for title in answers.classes or ():
        problems.append((not slug(title), f"the class name {title!r} has no letters a-z or digits"))
    ids = [slug(title) for title in answers.classes or ()]
    problems.append((len(set(ids)) != len(ids), "two classes have the same name"))
    for wrong, text in problems:
        if wrong:
            raise NetworkError(f"{name}: {text}")


def file_id(path: str | Path) -> str:
    """Id proposed for a file."""
    return slug(Path(path).stem) or "imported"
