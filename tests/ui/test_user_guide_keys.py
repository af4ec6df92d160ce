"""The user guide names every key of the window, and no key that is none."""

from __future__ import annotations

import re
from pathlib import Path

from nmrcam_qt.ui.actions import SPECS

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "user-guide.md"
CLASSES = ("`1` … `9` Class",)
"""Keys of actions that are made for each network."""


def written_keys() -> set[str]:
    """Entries of the table *All keys*."""
    section = GUIDE.read_text(encoding="utf-8").split("### All keys\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| [^|]+ \| (.+) \|$", section, re.MULTILINE)
    return {entry for row in rows[1:] for entry in row.split("; ")}


def test_the_table_of_keys_is_that_of_the_window() -> None:
    there = {
        f"{' or '.join(f'`{key}`' for key in spec.keys)} {spec.text.removesuffix(' …')}"
        for spec in SPECS
        if spec.keys
    }
    assert len(there) > 50
    assert written_keys() == there | set(CLASSES)
