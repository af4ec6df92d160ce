"""What goes to the clipboard: the picture as bitmap and drawing, the scores as a table."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QByteArray, QMimeData
from PySide6.QtGui import QImage

from nmrcam_qt.core.writers.request import score_text
from nmrcam_qt.session.items import SessionItem

SVG = "image/svg+xml"
HEADINGS = ("spectrum", "experiment", "state", "present", "network", "file")
_FORMULA = ("=", "+", "-", "@")


def picture_mime(png: bytes, svg: bytes) -> QMimeData:
    """A picture for other programs: drawing programs take the SVG, the others the bitmap.

    Parameters
    ----------
    png, svg : bytes
        The same picture as bytes of files.
    """
    mime = QMimeData()
    mime.setImageData(QImage.fromData(QByteArray(png)))
    mime.setData("image/png", QByteArray(png))
    mime.setData(SVG, QByteArray(svg))
    return mime


def table_mime(items: Iterable[SessionItem]) -> QMimeData:
    """Spectra with their scores for spreadsheets (TSV) and documents (HTML).

    A text that a spreadsheet would take for a formula is preceded by an apostrophe.
    """
    return rows_mime([[tsv_cell(text) for text in row] for row in table_rows(items)])


def rows_mime(rows: Sequence[Sequence[str]]) -> QMimeData:
    """A table as TSV and HTML.

    Parameters
    ----------
    rows : sequence of sequence of str
        Headings first; cells as they are to stand there, foreign texts through `tsv_cell`.
    """
    mime = QMimeData()
    mime.setText("\r\n".join("\t".join(row) for row in rows) + "\r\n")
    mime.setHtml(_html(rows))
    return mime


def table_rows(items: Iterable[SessionItem]) -> list[list[str]]:
    """Headings and one line per spectrum; one column per class of any network."""
    items = list(items)
    predictions = [item.prediction for item in items]
    classes = list(dict.fromkeys(c for p in predictions if p is not None for c in p.classes))
    rows = [[*HEADINGS, *classes]]
    for item, prediction in zip(items, predictions, strict=True):
        line = [item.name, item.experiment.label if item.experiment else "", str(item.state)]
        if prediction is None:
            rows.append([*line, "", "", item.path, *([""] * len(classes))])
            continue
        scores = [
            score_text(prediction.score(c)) if c in prediction.classes else "" for c in classes
        ]
        rows.append([*line, " ".join(prediction.present), prediction.network, item.path, *scores])
    return rows


def tsv_cell(text: str) -> str:
    """One cell: no tabs, no line ends, no formula; spreadsheets look for them in HTML too."""
    plain = _plain(text)
    return "'" + plain if plain.startswith(_FORMULA) else plain


def _plain(text: str) -> str:
    """Lone surrogates would stop the clipboard, controls would end the cell."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


def _html(rows: Sequence[Sequence[str]]) -> str:
    head, *lines = rows
    cells = "".join(f"<th>{html.escape(text)}</th>" for text in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{html.escape(text)}</td>" for text in line) + "</tr>"
        for line in lines
    )
    return f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
