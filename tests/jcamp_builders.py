"""JCAMP-DX files for tests: every ASDF form, written one character after the other."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np

SQZ = "@ABCDEFGHI", "@abcdefghi"
DIF = "%JKLMNOPQR", "%jklmnopqr"
DUP = " STUVWXYZs"
FORMS = ("AFFN", "PAC", "SQZ", "DIF", "DIFDUP", "SQZDUP")


def lettered(value, letters):
    """A number whose first digit is a letter that holds its sign."""
    digits = str(abs(value))
    return letters[value < 0][int(digits[0])] + digits[1:]


def repeated(count):
    """A DUP count."""
    digits = str(count)
    return DUP[int(digits[0])] + digits[1:]


def with_dup(tokens):
    """Runs of one text as that text and a count."""
    made, at = [], 0
    while at < len(tokens):
        end = at
        while end < len(tokens) and tokens[end] == tokens[at]:
            end += 1
        made.append(tokens[at] + (repeated(end - at) if end - at > 1 else ""))
        at = end
    return made


def encode_line(y, form):
    """Ordinates of a line."""
    if form == "AFFN":
        return " " + " ".join(str(v) for v in y)
    if form == "PAC":
        return "".join(f"{v:+d}" for v in y)
    if form in ("SQZ", "SQZDUP"):
        tokens = [lettered(v, SQZ) for v in y]
        return "".join(with_dup(tokens) if form == "SQZDUP" else tokens)
    tokens = [lettered(b - a, DIF) for a, b in pairwise(y)]
    return lettered(y[0], SQZ) + "".join(with_dup(tokens) if form == "DIFDUP" else tokens)


def encode(y, form, per_line=16, x_of=None):
    """A table as lines: abscissas count down unless `x_of` says otherwise."""
    y = [int(v) for v in y]
    x_of = x_of or (lambda at: len(y) - 1 - at)
    difference = form in ("DIF", "DIFDUP")
    lines, at, ended_in_difference = [], 0, False
    while at < len(y):
        # A line of differences repeats its last ordinate at the head of the next one.
        start = at - 1 if ended_in_difference else at
        stop = min(at + per_line, len(y))
        lines.append(f"{x_of(start)}{encode_line(y[start:stop], form)}")
        ended_in_difference = difference and stop - start > 1
        at = stop
    if ended_in_difference:
        lines.append(f"{x_of(len(y) - 1)}{lettered(y[-1], SQZ)}")
    return "\n".join(lines) + "\n"


HEADER = """##TITLE= made for a test
##JCAMPDX= 6.0   $$ no instrument
##DATA TYPE= nD NMR SPECTRUM
##DATA CLASS= NTUPLES
##NUM DIM= 2
##ORIGIN= nobody
##OWNER= nobody
{extra}##NTUPLES= nD NMR SPECTRUM
##VAR_NAME= FREQUENCY1, FREQUENCY2, SPECTRUM
##SYMBOL= F1, F2, Y
##.NUCLEUS= {nuclei}
##VAR_TYPE= INDEPENDENT, INDEPENDENT, DEPENDENT
##VAR_FORM= AFFN, AFFN, ASDF
##VAR_DIM= {n1}, {n2}, {n2}
##UNITS= {units}, {units}, ARBITRARY UNITS
##FACTOR= {s1}, {s2}, {factor}
##FIRST= {a1}, {a2}, {first}
##LAST= {b1}, {b2}, {last}
"""
HZ_EXTRA = """##.OBSERVE FREQUENCY= 400.0
##.OBSERVE NUCLEUS= ^1H
##.PULSE SEQUENCE= hsqcedetgpsisp2.3
##.SOLVENT NAME= DMSO
##.SHIFT REFERENCE= INTERNAL, DMSO, 1, 10.0
"""


def jcamp_2d(
    y,
    form="DIFDUP",
    *,
    f1=(20000.0, 1000.0),
    f2=(3600.0, 0.0),
    units="HZ",
    extra=HZ_EXTRA,
    nuclei="13C, 1H",
    factor=1,
):
    """A 2D spectrum of integers `y` ``(n1, n2)``; `f1`, `f2` are first and last centre."""
    n1, n2 = y.shape
    s1, s2 = (abs(a - b) / (n - 1) for (a, b), n in ((f1, n1), (f2, n2)))
    text = HEADER.format(
        extra=extra, nuclei=nuclei, n1=n1, n2=n2, units=units, factor=factor, s1=s1, s2=s2,
        a1=f1[0], b1=f1[1], a2=f2[0], b2=f2[1], first=y[0, 0], last=y[-1, -1],
    )  # fmt: skip
    for at, row in enumerate(y):
        where = f1[0] + (f1[1] - f1[0]) * at / (n1 - 1)
        text += f"##PAGE= F1={where:.8f}\n##FIRST= {f1[0]}, {f2[0]}, {row[0]}\n"
        text += "##DATA TABLE= (F2++(Y..Y)), PROFILE\n"
        text += encode(
            row, form, x_of=lambda i: round((f2[0] + (f2[1] - f2[0]) * i / (n2 - 1)) / s2)
        )
    return text + "##END NTUPLES= nD NMR SPECTRUM\n##END=\n"


def noisy_plane(n1=24, n2=40, seed=0):
    """Integers with two peaks, runs of one value, zeros and large differences."""
    rng = np.random.default_rng(seed)
    y = rng.integers(-300, 300, (n1, n2))
    y[5] = 0
    y[6, 3:30] = 7
    y[7] = np.arange(n2) * 11
    y[n1 // 2, n2 // 2], y[n1 // 2 + 1, n2 // 2] = 2_000_000_000, -1_999_999_999
    return y


TOKEN = re.compile(r"[+-]?\d+|[@A-Ia-i%J-Rj-rS-Zs]\d*")


def letters(forms: tuple[str, str]) -> dict[str, str]:
    """Digits with their sign by letter."""
    plus, minus = forms
    return {**{c: str(i) for i, c in enumerate(plus)}, **{c: f"-{i}" for i, c in
            enumerate(minus) if i}}  # fmt: skip


ABSOLUTE, DIFFERENCE = letters(SQZ), letters(DIF)
COUNT = {c: str(i) for i, c in enumerate(DUP) if i}


def plain_decoder(body: str) -> list[int]:
    """One table of integers, number by number: written apart from the package's decoder."""
    y: list[int] = []
    ended_in_difference, step = False, 0
    for line in body.splitlines():
        first = True
        for token in TOKEN.findall(line)[1:]:
            head, rest = token[0], token[1:]
            if head in COUNT:
                for _ in range(int(COUNT[head] + rest) - 1):
                    y.append(y[-1] + (step if ended_in_difference else 0))
            elif head in DIFFERENCE:
                step, ended_in_difference = int(DIFFERENCE[head] + rest), True
                y.append(y[-1] + step)
            else:
                value = int(ABSOLUTE.get(head, head) + rest)
                if not (first and ended_in_difference):
                    y.append(value)
                ended_in_difference = False
            first = False
    return y
