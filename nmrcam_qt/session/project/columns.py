"""Rows that are sound at a glance: looked at by column, so that none becomes a record yet.

Whatever looks odd here is read row by row (`nmrcam_qt.session.project.content`), which says
what is broken and leaves it out. So these checks must accept nothing that making a record
would refuse or change; they may refuse what it accepts.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from operator import ge
from typing import Any

import numpy as np

from nmrcam_qt.session.project.heavy import Said
from nmrcam_qt.session.project.light import (
    FLAGS,
    MAX_POINTS,
    MAX_POSITION,
    Form,
    tags_out,
)
from nmrcam_qt.session.project.signals import contour_out, picked_count
from nmrcam_qt.session.project.values import MAX_ID, MAX_LABEL, text_out

Row = tuple[Any, ...]
_AT_ONCE = 4096
_ITEMS = re.compile(r"(?:\[[1-9][0-9]{0,9}(?:,[1-9][0-9]{0,9})*\]\n)*")
_BASIS = re.compile(r'(?:\["[0-9a-f]{32}"(?:,"[0-9a-f]{32}")*\]\n)*')


def rows_in_order(connection: sqlite3.Connection, sql: str, id_place: int) -> list[Row] | None:
    """All rows of a table by ascending ids; None where they do not ascend, or texts are broken.

    A damaged tree can repeat its pages without end.

    Parameters
    ----------
    connection : sqlite3.Connection
        The file.
    sql : str
        Scan of one table.
    id_place : int
        Which value of a row is its id.
    """
    factory = connection.text_factory
    connection.text_factory = str  # a hundred thousand calls less than one of ours
    try:
        return _ascending(connection.execute(sql), id_place)
    except (sqlite3.OperationalError, UnicodeDecodeError):
        return None  # a text that is no UTF-8; all else happens again when rows are read singly
    finally:
        connection.text_factory = factory


def _ascending(cursor: sqlite3.Cursor, id_place: int) -> list[Row] | None:
    rows: list[Row] = []
    last = 0
    while some := cursor.fetchmany(_AT_ONCE):
        ids = [row[id_place] for row in some]
        if not _are_ids(ids) or ids[0] <= last or any(map(ge, ids, ids[1:])):
            return None
        last = ids[-1]
        rows += some
    return rows


def sound_spectra(rows: Sequence[Row], form_of: Callable[[object], Form]) -> bool:
    """Whether rows of `SPECTRUM_COLUMNS`, ids in order, become records as they are.

    Parameters
    ----------
    rows : sequence of tuple
        Rows; what follows the columns is not looked at.
    form_of : callable
        Gives the parsed text of an id; raises ValueError where it is broken.
    """
    if not rows:
        return True
    columns = list(zip(*rows, strict=True))
    _, positions, samples, titles, tags, notes, flags, _, payloads = columns[:9]
    names, paths, digests, peaks, forms, picked, n_picked, contours = columns[9:17]
    return (
        _are(int, positions)
        and max(map(abs, positions)) < MAX_POSITION
        and len(set(positions)) == len(positions)
        and _are_ids(_known(samples))
        and _are_texts(titles)
        and _are(str, tags)
        and _all_pass(tags_out, tags)
        and _are_texts(notes)
        and set(flags) <= FLAGS.keys()
        and _are_ids(payloads)
        and _are_texts(names)
        and _are_texts(paths)
        and _are_texts(digests)
        and _are_counts(_known(peaks))
        and _all_pass(form_of, forms)
        and _are_ids(_known(picked))
        and _are(int, n_picked)
        and _all_pass(picked_count, n_picked)
        and _are(float, contours)
        and _all_pass(contour_out, contours)
    )


def sound_samples(rows: Sequence[Row]) -> bool:
    """Whether names of rows ``(id, name, removed)``, ids in order, are taken as they are."""
    names = [row[1] for row in rows]
    return _are(str, names) and max(map(len, names), default=0) <= MAX_LABEL


def items_of_results(
    rows: Sequence[Row], said_of: Callable[[object], Said]
) -> list[tuple[int, ...]] | None:
    """Items of rows of `RESULT_COLUMNS` that become records as they are; None where not all do.

    Parameters
    ----------
    rows : sequence of tuple
        Rows; what follows the columns is not looked at.
    said_of : callable
        Gives the parsed text of an id; raises ValueError where it is broken.
    """
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    networks, items, layers, digests, bases, said, numbers, made, versions = columns[:9]
    sound = (
        # As bytes they would look like those of another result, and be those of the same.
        _are(str, networks)
        and _are_lines(_ITEMS, items)
        and _are(str, _known(layers))
        and _are_texts(digests)
        and _are_lines(_BASIS, bases)
        and _all_pass(said_of, said)
        and _are(bytes, numbers)
        and _have_lengths(numbers, [16 * len(said_of(text).classes) for text in said])
        and bool(np.isfinite(np.frombuffer(b"".join(numbers), dtype="<f8")).all())
        and _are_texts(made)
        and _are_texts(versions)
    )
    if not sound:
        return None
    # One call for all of them: each line was looked at above.
    found = list(map(tuple, json.loads(f"[{','.join(items)}]")))
    return found if all(max(ids) < MAX_ID for ids in found) else None


def _known(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not None]


def _are(kind: type, values: Iterable[Any]) -> bool:
    return set(map(type, values)) <= {kind}


def _are_ids(values: Sequence[Any]) -> bool:
    return _are(int, values) and (not values or (min(values) > 0 and max(values) < MAX_ID))


def _are_counts(values: Sequence[Any]) -> bool:
    return _are(int, values) and (not values or (min(values) >= 0 and max(values) < MAX_POINTS))


def _have_lengths(values: Sequence[bytes], lengths: Sequence[int]) -> bool:
    return all(len(value) == length for value, length in zip(values, lengths, strict=True))


def _are_texts(values: Sequence[Any]) -> bool:
    """Nearly all are plain; names of old files on Linux may be bytes."""
    return _all_pass(text_out, (value for value in values if type(value) is not str))


def _are_lines(pattern: re.Pattern[str], values: Sequence[Any]) -> bool:
    """Whether each value is a line of the pattern, looked at in one go."""
    if not _are(str, values):
        return False
    text = "\n".join((*values, ""))
    return text.count("\n") == len(values) and pattern.fullmatch(text) is not None


def _all_pass(check: Callable[[Any], object], values: Iterable[object]) -> bool:
    """Whether no value makes the check raise; equal ones are looked at once."""
    try:
        for value in set(values):
            check(value)
    except ValueError:
        return False
    return True
