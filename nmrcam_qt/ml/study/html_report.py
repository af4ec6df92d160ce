"""The report as one HTML file beside its pictures: no scripts, nothing from elsewhere."""

from __future__ import annotations

import html
from urllib.parse import quote

from nmrcam_qt.ml.study.document import Block, Document, Heading, Paragraph, Plate, Table

_POLICY = (
    "default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
_STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; padding: 24px; max-width: 1080px; background: #fff; color: #16191d;
  font: 15px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 25px; line-height: 1.25; }
h2 { font-size: 20px; margin-top: 2.2em; border-bottom: 1px solid #d5d9de; }
h3 { font-size: 16px; margin: 1.8em 0 .4em; }
p { max-width: 46em; }
p.strong { border-left: 4px solid #a4262c; padding-left: 12px; }
figure { margin: 1.6em 0 2.4em; break-inside: avoid; }
img { display: block; max-width: 100%; height: auto; border: 1px solid #d5d9de; }
figcaption, .note { color: #4b5560; font-size: 13.5px; max-width: 62em; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums;
  margin: .5em 0; }
caption { text-align: left; font-weight: 600; padding: 4px 0; }
th, td { border-bottom: 1px solid #d5d9de; padding: 3px 9px; text-align: left;
  white-space: nowrap; vertical-align: top; }
th { background: #f3f5f7; }
"""


def html_bytes(document: Document) -> bytes:
    """The report, UTF-8.

    Parameters
    ----------
    document : Document
        Every text in it is escaped; pictures are named relative to the file.
    """
    title = html.escape(document.title)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(_POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{title}</h1>",
        *(_block(block) for block in document.blocks),
        "</body></html>",
    ]
    return ("\n".join(parts) + "\n").encode()


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{html.escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        mark = ' class="strong"' if block.strong else ""
        return f"<p{mark}>{html.escape(block.text)}</p>"
    if isinstance(block, Plate):
        return _plate(block)
    return _table(block)


def _plate(plate: Plate) -> str:
    width, height = plate.size
    source = html.escape(quote(plate.picture.as_posix()))
    return (
        f"<figure><h3>{html.escape(plate.title)}</h3>"
        f'<img src="{source}" width="{width}" height="{height}" alt="{html.escape(plate.title)}">'
        f"<figcaption>{html.escape(plate.caption)}</figcaption>{_table(plate.table)}</figure>"
    )


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{html.escape(c)}</th>' for c in table.columns)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows
    )
    caption = f"<caption>{html.escape(table.title)}</caption>" if table.title else ""
    note = f'<p class="note">{html.escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="scroll"><table>{caption}<thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{note}"
    )
