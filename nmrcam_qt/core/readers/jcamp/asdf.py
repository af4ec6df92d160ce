"""ASDF: the compressed tables of JCAMP-DX (AFFN, PAC, SQZ, DIF, DIFDUP), with numpy.

A table line is an abscissa and ordinates. In SQZ form the first digit of an ordinate is a
letter that holds its sign; in DIF form so is that of the *difference* to the ordinate before;
a DUP letter and digits say how often the ordinate or difference before it stands there. A line
that ends with a difference is repeated by the first ordinate of the next line: the y-check.

Source: McDonald & Wilks, Appl. Spectrosc. 42 (1988) 151, section 5; Davies & Lampen,
Appl. Spectrosc. 47 (1993) 1093.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]

BLANK, NEWLINE, DIGIT, POINT, SIGN, SQZ, DIF, DUP, BAD, EXPONENT = range(10)
MAX_DIGITS = 30
"""Of one number; longer ones are rubbish, and 10**30 is far from overflow."""

_FORMS = {
    SQZ: ("@ABCDEFGHI", "abcdefghi"),
    DIF: ("%JKLMNOPQR", "jklmnopqr"),
    DUP: ("\0STUVWXYZs", ""),
}


def _tables() -> tuple[Codes, Floats, Floats]:
    """By byte: what it is, the digit it stands for, its sign."""
    kind = np.full(256, BAD, np.uint8)
    digit = np.zeros(256)
    sign = np.ones(256)
    for codes, what in ((b" \t,;\r", BLANK), (b"\n", NEWLINE), (b"+-", SIGN), (b".", POINT)):
        kind[list(codes)] = what
    kind[48:58], digit[48:58] = DIGIT, np.arange(10)
    sign[ord("-")] = -1.0
    for what, (plus, minus) in _FORMS.items():
        for value, letter in enumerate(plus):
            if letter != "\0":
                kind[ord(letter)], digit[ord(letter)] = what, value
        for value, letter in enumerate(minus, start=1):
            kind[ord(letter)], digit[ord(letter)], sign[ord(letter)] = what, value, -1.0
    return kind, digit, sign


_KIND, _DIGIT, _SIGN = _tables()


class AsdfError(ValueError):
    """A table is broken; the message is a clause for the user."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a run of tables of one length says.

    Parameters
    ----------
    y : float64 ``(n_tables, n)``
        Ordinates, before any factor.
    x : float64 ``(n_lines,)``
        Abscissa of every line as written.
    position : int64 ``(n_lines,)``
        Index in its table of the ordinate that this abscissa belongs to.
    checks : int
        How many y-checks there were (all of them right).
    """

    y: Floats
    x: Floats
    position: Ints
    checks: int


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The numbers of a text in order."""

    value: Floats
    kind: Codes
    line: Ints
    whole: bool

    def taken(self, chosen: Bools) -> _Tokens:
        return _Tokens(self.value[chosen], self.kind[chosen], self.line[chosen], self.whole)


def decode_tables(bodies: Sequence[bytes], n: int) -> Table:
    """Read tables of `n` ordinates each.

    Parameters
    ----------
    bodies : sequence of bytes
        The lines of each table, without its header and without comments.
    n : int
        Ordinates that each of them must hold.

    Raises
    ------
    AsdfError
        If a character or number is no ASDF, a y-check fails, or a table holds another
        number of ordinates.
    """
    lines = [body.count(b"\n") + 1 for body in bodies]
    text = np.frombuffer(b"\n".join(bodies), np.uint8)
    tokens = _tokens(text)
    if not len(tokens.value):
        raise AsdfError("a table of data without numbers")
    first = np.append(True, tokens.line[1:] != tokens.line[:-1])
    if np.isin(tokens.kind[first], (DIF, DUP)).any():
        raise AsdfError("a line of data that begins with a difference, not with its abscissa")
    table_of_line = np.repeat(np.arange(len(bodies)), lines)
    x_line, x = tokens.line[first], tokens.value[first]
    ordinates = _expanded(tokens.taken(~first), table_of_line, n, len(bodies))
    return _integrated(ordinates, table_of_line, x_line, x, (len(bodies), n))


def _tokens(text: Codes) -> _Tokens:
    """Cut a text into numbers."""
    kind = _KIND[text]
    exponent = _mark_exponents(text, kind)
    if (kind == BAD).any():
        bad = chr(int(text[np.flatnonzero(kind == BAD)[0]]))
        raise AsdfError(f"the character {bad!r} among the data")
    before = np.append(BLANK, kind[:-1])
    bare = ((kind == DIGIT) | (kind == POINT)) & ((before == BLANK) | (before == NEWLINE))
    begins = bare | ((kind >= SIGN) & (kind <= DUP)) | (kind == EXPONENT)
    begins[exponent + 1] = False
    start = np.flatnonzero(begins)
    value = _values(text, kind, start)
    sign_at = start.copy()
    sign_at[kind[start] == EXPONENT] += 1
    value *= _SIGN[text[sign_at]]
    line = np.cumsum(kind == NEWLINE)[start]
    tokens = _Tokens(value, kind[start], line, not (kind == POINT).any())
    return _with_exponents(tokens) if len(exponent) else tokens


def _mark_exponents(text: Codes, kind: Codes) -> Ints:
    """Where an E is no SQZ digit but an exponent: after a digit, before a sign."""
    letter = np.flatnonzero((text == ord("E")) | (text == ord("e")))
    letter = letter[(letter > 0) & (letter < len(text) - 1)]
    after = (kind[letter - 1] == DIGIT) | (kind[letter - 1] == POINT)
    chosen: Ints = letter[after & (kind[letter + 1] == SIGN)]
    kind[chosen] = EXPONENT
    return chosen


def _values(text: Codes, kind: Codes, start: Ints) -> Floats:
    """Magnitude of each number; exact for up to 15 digits."""
    token = np.zeros(len(text), np.int64)
    token[start] = 1
    token = np.cumsum(token) - 1
    at = np.flatnonzero((kind == DIGIT) | (kind == SQZ) | (kind == DIF) | (kind == DUP))
    owner = token[at]
    count = np.bincount(owner, minlength=len(start)) if len(at) else np.zeros(len(start), np.int64)
    if (count == 0).any():
        raise AsdfError("a sign or point without digits among the data")
    if count.max(initial=0) > MAX_DIGITS:
        raise AsdfError(f"a number of {count.max()} digits among the data")
    ends = np.cumsum(count)
    power = ends[owner] - 1 - np.arange(len(at))
    value: Floats = np.zeros(0)
    if len(at):
        value = np.add.reduceat(_DIGIT[text[at]] * 10.0**power, ends - count)
    points = np.flatnonzero(kind == POINT)
    if len(points):
        of = token[points]
        if (np.diff(of) == 0).any():
            raise AsdfError("a number with two decimal points among the data")
        decimals = ends[of] - np.searchsorted(at, points)
        value[of] /= 10.0**decimals
    return value


def _with_exponents(tokens: _Tokens) -> _Tokens:
    """Multiply each exponent into the number before it."""
    at = np.flatnonzero(tokens.kind == EXPONENT)
    if (np.abs(tokens.value[at]) > 300).any() or (at == 0).any():
        raise AsdfError("an exponent that is too large among the data")
    value = tokens.value.copy()
    value[at - 1] *= 10.0 ** tokens.value[at]
    merged = _Tokens(value, tokens.kind, tokens.line, False)
    return merged.taken(tokens.kind != EXPONENT)


def _expanded(tokens: _Tokens, table_of_line: Ints, n: int, tables: int) -> _Tokens:
    """Ordinates as often as their DUP says."""
    is_dup = tokens.kind == DUP
    at = np.flatnonzero(is_dup)
    if not len(at):
        return tokens
    same_line = (at > 0) & (tokens.line[at] == tokens.line[at - 1])
    if not same_line.all() or is_dup[at - 1].any():
        raise AsdfError("a count of repetitions (DUP) without an ordinate before it")
    times = np.ones(len(is_dup))
    times[at - 1] = tokens.value[at]
    times = times[~is_dup]
    if (times < 1).any() or (times != np.floor(times)).any():
        raise AsdfError("an ordinate that is repeated less than once")
    if times.sum() > n * tables + len(table_of_line):
        raise AsdfError(f"more than the {n} points that each trace should have")
    kept = tokens.taken(~is_dup)
    repeat = times.astype(np.int64)
    return _Tokens(
        np.repeat(kept.value, repeat),
        np.repeat(kept.kind, repeat),
        np.repeat(kept.line, repeat),
        kept.whole,
    )


def _integrated(
    tokens: _Tokens, table_of_line: Ints, x_line: Ints, x: Floats, shape: tuple[int, int]
) -> Table:
    """Differences summed, y-checks made and taken out, points counted."""
    if not len(tokens.value):
        raise AsdfError("a table of data without ordinates")
    table = table_of_line[tokens.line]
    heads = np.flatnonzero(np.append(True, table[1:] != table[:-1]))
    difference = tokens.kind == DIF
    y = _summed(tokens.value, difference, heads)
    line_head = np.append(False, tokens.line[1:] != tokens.line[:-1])
    line_head[heads] = False
    check = np.flatnonzero(line_head & np.append(False, difference[:-1]))
    _check_y(y, check, difference, tokens.whole, table)
    keep = np.ones(len(y), bool)
    keep[check] = False
    found = np.bincount(table[keep], minlength=shape[0])
    wrong = np.flatnonzero(found != shape[1])
    if len(wrong):
        which = f"trace {wrong[0] + 1}" if shape[0] > 1 else "a trace"
        raise AsdfError(f"{which} has {found[wrong[0]]} points; {shape[1]} were announced")
    place = np.cumsum(keep) - 1
    first_of_line = np.searchsorted(tokens.line, x_line)
    lines = first_of_line < len(tokens.line)
    lines[lines] &= tokens.line[first_of_line[lines]] == x_line[lines]
    position = place[first_of_line[lines]] % shape[1]
    return Table(y[keep].reshape(shape), x[lines], position, len(check))


def _summed(value: Floats, difference: Bools, heads: Ints) -> Floats:
    """Absolute ordinates, each difference added to the ordinate before."""
    if difference[heads].any():
        raise AsdfError("a trace that begins with a difference")
    if not difference.any():
        return value
    total = np.cumsum(np.where(difference, value, 0.0))
    last = np.maximum.accumulate(np.where(difference, -1, np.arange(len(value))))
    summed: Floats = value[last] + (total - total[last])
    return summed


def _check_y(y: Floats, check: Ints, difference: Bools, whole: bool, table: Ints) -> None:
    """The y-check of every line that has one."""
    if difference[check].any():
        raise AsdfError("a line of differences that does not begin with its check value")
    allowed = 0.5 if whole else 1e-6 * (np.abs(y[check]) + np.abs(y[check - 1])) + 1e-9
    off = np.flatnonzero(np.abs(y[check] - y[check - 1]) > allowed)
    if len(off):
        at = check[off[0]]
        raise AsdfError(
            f"the y-check fails in trace {table[at] + 1}: {y[at - 1]:g} at the end of a line, "
            f"{y[at]:g} at the beginning of the next"
        )
