"""Dataset folders: compounds with their pictures or peak lists and their labels."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.spectrum import Experiment

CLASSES = ("fatty_acid", "indole", "steroid")
KUHN_FOLDERS = {"fattyacids": "fatty_acid", "indol": "indole", "steroids": "steroid", "none": ""}


@dataclass(frozen=True, slots=True)
class Entry:
    """One compound's spectra in a dataset.

    Parameters
    ----------
    id : str
        Entry number or file name.
    compound : str
        First InChIKey block; the id where it is not known. Split by this.
    files : mapping of Experiment to Path
        Where its spectra are.
    labels : mapping of class id to bool
        By structure; empty where the structure is not known.
    published_class : str
        The class the study gave it, "" for none.
    note : str
        Known defects.
    """

    id: str
    compound: str
    files: Mapping[Experiment, Path]
    labels: Mapping[str, bool] = field(default_factory=dict)
    published_class: str = ""
    note: str = ""


def kuhn_entries(folder: Path) -> list[Entry]:
    """Entries of the data set of Kuhn et al. 2021, in the order of `compounds.csv`.

    Raises
    ------
    ReadError
        If the folder has no readable `compounds.csv`.
    """
    entries = []
    for row in read_rows(folder / "compounds.csv"):
        labels = {c: row[c] == "1" for c in CLASSES if row.get(c, "") != ""}
        entries.append(
            Entry(
                id=row["id"],
                compound=row["inchikey14"] or row["id"],
                files={
                    Experiment.HSQC: folder / row["hsqc_file"],
                    Experiment.HMBC: folder / row["hmbc_file"],
                },
                labels=labels,
                published_class=KUHN_FOLDERS[row["published_class"]],
                note=row["note"],
            )
        )
    return entries


def read_rows(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV table with a header.

    Raises
    ------
    ReadError
        If the table cannot be read.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            return list(csv.DictReader(handle))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ReadError(path, f"cannot be read ({error})", "a CSV table") from None
