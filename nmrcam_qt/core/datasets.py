"""Dataset folders: compounds with their pictures or peak lists and their labels."""

from __future__ import annotations

import csv
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nmrcam_qt.core.errors import ReadError
from nmrcam_qt.core.spectrum import Experiment, Spectrum

CLASSES = ("fatty_acid", "indole", "steroid")
KUHN_FOLDERS = {"fattyacids": "fatty_acid", "indol": "indole", "steroids": "steroid", "none": ""}
KUHN_COLUMNS = ("id", "published_class", "hmbc_file", "hsqc_file", "inchikey14")
TABLES = {"kuhn2021": "compounds.csv", "bmrb2d": "manifest.csv", "deepsat_hsqc": "manifest.csv"}
PEAKS_NAME = "peaks.csv.gz"
IMAGES_NAME = "images"
GUESSED = "calibration C"
"""Note of an entry whose ppm axes are a guess."""


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
    accession : str
        Entry number in the source's database where the id is a file name, "" otherwise.
    """

    id: str
    compound: str
    files: Mapping[Experiment, Path]
    labels: Mapping[str, bool] = field(default_factory=dict)
    published_class: str = ""
    note: str = ""
    accession: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Everything this compound is known by: InChIKey block, id, accession."""
        return frozenset(n for n in (self.compound, self.id, self.accession) if n)

    def of_no_class(self, classes: Collection[str]) -> bool:
        """Whether the structure is known and carries none of these classes."""
        known = bool(self.labels) and not self.published_class
        return known and not any(self.labels.get(c, False) for c in classes)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A folder of spectra with labels; the spectra are read when they are asked for.

    Parameters
    ----------
    kind : {"kuhn2021", "bmrb2d", "deepsat_hsqc"}
        Layout of the folder.
    folder : Path
        Where it lies.
    entries : tuple of Entry
        What can be used, in the order of the table.
    label_ids : tuple of str
        Classes the labels know.
    left_out : mapping of str to int
        Reason to number of rows of the table that are no entries.
    notes : tuple of str
        One sentence each: what was done to the spectra or must be known of them.
    loader : callable
        From an entry and an experiment to its spectrum.
    """

    kind: str
    folder: Path
    entries: tuple[Entry, ...]
    label_ids: tuple[str, ...]
    left_out: Mapping[str, int]
    notes: tuple[str, ...]
    loader: Callable[[Entry, Experiment], Spectrum] = field(repr=False)

    @property
    def table(self) -> Path:
        """The table of the compounds."""
        return self.folder / TABLES[self.kind]

    def having(self, experiments: Collection[Experiment]) -> list[Entry]:
        """Entries that have a spectrum of each of these experiments."""
        return [e for e in self.entries if all(x in e.files for x in experiments)]

    def load(self, entry: Entry, experiment: Experiment) -> Spectrum:
        """Read one spectrum.

        Raises
        ------
        ReadError
            If the entry has none of this experiment, or its file cannot be read.
        """
        if experiment not in entry.files:
            raise ReadError(entry.id, f"has no {experiment.label} spectrum")
        return self.loader(entry, experiment)


def open_dataset(folder: Path) -> Dataset:
    """Open a dataset folder, telling the layouts apart by their files.

    ``compounds.csv`` is kuhn2021; ``manifest.csv`` with ``images/`` and
    ``peaks.csv.gz`` is bmrb2d; ``manifest.csv`` with ``peaks.csv.gz`` is deepsat_hsqc.

    Raises
    ------
    ReadError
        If it is none of them, or its table cannot be read or lacks a column.
    """
    from nmrcam_qt.core.datasets_lists import open_lists
    from nmrcam_qt.core.datasets_pictures import open_bmrb, open_kuhn

    if (folder / "compounds.csv").is_file():
        return open_kuhn(folder)
    if (folder / "manifest.csv").is_file() and (folder / PEAKS_NAME).is_file():
        return open_bmrb(folder) if (folder / IMAGES_NAME).is_dir() else open_lists(folder)
    found = "no such folder" if not folder.is_dir() else "is no dataset folder"
    raise ReadError(
        folder,
        found,
        "compounds.csv (kuhn2021), manifest.csv + images/ + peaks.csv.gz (bmrb2d) "
        "or manifest.csv + peaks.csv.gz (deepsat_hsqc)",
    )


def kuhn_entries(folder: Path) -> list[Entry]:
    """Entries of the data set of Kuhn et al. 2021, in the order of `compounds.csv`.

    Raises
    ------
    ReadError
        If the folder has no readable `compounds.csv`, or it lacks a column.
    """
    entries = []
    path = folder / "compounds.csv"
    for row in read_rows(path, KUHN_COLUMNS):
        if row["published_class"] not in KUHN_FOLDERS:
            raise ReadError(
                path, f"class {row['published_class']!r}", f"one of {', '.join(KUHN_FOLDERS)}"
            )
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
                note=row.get("note", ""),
            )
        )
    return entries


def read_rows(path: Path, columns: Collection[str] = ()) -> list[dict[str, str]]:
    """Rows of a CSV table with a header.

    Parameters
    ----------
    path : Path
        The table.
    columns : collection of str
        Columns that must be there.

    Raises
    ------
    ReadError
        If the table cannot be read, lacks a column or has a short row.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
            header = reader.fieldnames or ()
    except OSError as error:
        said = f"cannot be read ({error.strerror or error})"
        raise ReadError(path, said, "a CSV table") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReadError(path, f"cannot be read ({error})", "a CSV table") from None
    missing = [c for c in columns if c not in header]
    if missing:
        raise ReadError(path, f"the column {missing[0]!r} is missing")
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise ReadError(path, f"line {number} has another number of columns than the header")
    return rows


def label_columns(rows: list[dict[str, str]], known: Collection[str]) -> tuple[str, ...]:
    """Columns of a table that hold nothing but 0, 1 or blank and are not among `known`."""
    names = [c for c in (rows[0] if rows else {}) if c not in known]
    return tuple(c for c in names if all(r[c] in ("", "0", "1") for r in rows))


def labels_of(row: Mapping[str, str], columns: Collection[str]) -> dict[str, bool]:
    """Labels of one row; blank ones are left out."""
    return {c: row[c] == "1" for c in columns if row[c] != ""}
