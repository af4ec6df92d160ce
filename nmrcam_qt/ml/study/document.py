"""The report as parts that HTML and PDF are made of, so that both say the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Heading:
    """A title of a part; level 1 is the report's own."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text; `strong` for what must not be overlooked."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Parameters
    ----------
    title : str
        One line above it.
    columns : tuple of str
        Header.
    rows : tuple of tuple of str
        As long as the header each.
    note : str
        What must be known to read it.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{self.title}: a row of {len(row)}, {len(self.columns)} columns")


@dataclass(frozen=True, slots=True)
class Plate:
    """A figure with its caption and table.

    Parameters
    ----------
    title : str
        One line above it.
    picture : Path
        PNG, relative to the report's folder.
    size : (int, int)
        Width and height, pixels.
    caption : str
        Below it.
    table : Table
        What the maps are worth.
    """

    title: str
    picture: Path
    size: tuple[int, int]
    caption: str
    table: Table


Block = Heading | Paragraph | Table | Plate


@dataclass(frozen=True, slots=True)
class Document:
    """A title and what follows it, in order."""

    title: str
    blocks: tuple[Block, ...]
