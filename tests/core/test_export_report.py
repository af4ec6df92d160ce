"""The report in a real browser: sorts, filters, asks for nothing, shows hostile names as text."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from chromium import Page, chromium

from nmrcam_qt.core.writers.export_types import (
    ContributionRecord,
    ExportSettings,
    ItemRecord,
    PictureRecord,
    SourceRecord,
)
from nmrcam_qt.core.writers.png import png_bytes
from nmrcam_qt.core.writers.report import read_thumbnails, report_bytes

HOSTILE = '</script><script>window.hacked=1</script><img src=x onerror="window.hacked=2">'
TITLES = {"indole": "Indole", "steroid": "Steroid", "fatty_acid": "Fatty acid"}
SHOWN = "[...document.querySelectorAll('#body tr')].filter(r => !r.hidden)"


def item(number: int, name: str = "", error: str = "") -> ItemRecord:
    import numpy as np

    thumb = png_bytes(np.full((88, 128, 3), number % 256, dtype=np.uint8))
    pictures = [
        PictureRecord(
            file=f"p {number}#{c}%.png",
            sha256=f"{number}{c}",
            request="",
            source=0,
            class_id=c,
            method="hirescam",
            layer="conv4",
            input="spectrum",
            score=(number * 37 % 100) / 100,
            present=c == "indole",
            empty=c == "steroid",
            thumbnail=thumb,
        )
        for c in ("indole", "steroid")
    ]
    label = "HSQC" if number % 2 else "HMBC"
    return ItemRecord(
        key=str(number),
        name=name or f"compound {number}",
        sources=(SourceRecord(f"data/{name or number}.png", "ab", label, name=name),),
        network="kuhn-hsqc",
        classes=("indole", "steroid"),
        scores=(0.5, 0.5),
        present=("indole",),
        warnings=("Axes were assumed.",),
        error=error,
        pictures=() if error else tuple(pictures),
        contributions=ContributionRecord(f"c {number}#%.csv", "ab", "") if number < 400 else None,
    )


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("report")
    items = [item(i) for i in range(500)]
    items += [item(500, HOSTILE), item(501, "\udcff\u202egnp"), item(502, "lost", "lost: no file.")]
    (folder / "report.html").write_bytes(report_bytes(items, ExportSettings(), TITLES))
    with chromium(folder / "profile") as opened:
        opened.open(folder / "report.html")
        yield opened


@pytest.fixture(autouse=True)
def fresh(page: Page) -> None:
    page.click("#clear")
    time.sleep(0.05)


def names(page: Page, number: int = 5) -> list[str]:
    return list(page.evaluate(f"{SHOWN}.slice(0, {number}).map(r => r.cells[1].firstChild.data)"))


def column(page: Page, key: str) -> str:
    return f'th[data-key="{key}"] button'


def test_all_rows_are_there_and_the_page_asks_for_nothing(page: Page) -> None:
    assert page.evaluate("document.querySelectorAll('#body tr').length") == 1005
    assert page.evaluate("document.getElementById('count').value") == "1,005 of 1,005 rows"
    asked = [url for url in page.requests if not url.startswith("data:image/png")]
    assert len(asked) == 1 and asked[0].startswith("file:") and asked[0].endswith("report.html")
    assert page.complaints == []


def test_hostile_names_are_text(page: Page) -> None:
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("document.querySelectorAll('img').length") == 1004
    assert page.evaluate("document.scripts.length") == 2
    assert page.evaluate(f"document.body.textContent.includes({HOSTILE[:40]!r})")


def test_what_is_not_ours_cannot_run_or_be_loaded(page: Page) -> None:
    page.evaluate(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1';"
        "document.body.append(s); const i = new Image(); i.src = 'http://127.0.0.1:9/x.png';"
        "document.body.append(i); s.remove(); i.remove(); })()"
    )
    end = time.monotonic() + 60
    while not page.blocked and time.monotonic() < end:
        time.sleep(0.1)
        page.evaluate("0")  # reads what was said meanwhile
    assert page.evaluate("window.ran") is None
    assert page.blocked == {url for url in page.requests if url.startswith("http")} != set()
    page.events.clear()


def test_a_click_sorts_and_another_turns_it(page: Page) -> None:
    scores = f"{SHOWN}.map(r => r.querySelector('td.number').textContent).filter(t => t)"
    page.click(column(page, "score"))
    found = [float(t.strip("<>")) for t in page.evaluate(scores)]
    assert found == sorted(found, reverse=True)
    page.click(column(page, "score"))
    found = [float(t.strip("<>")) for t in page.evaluate(scores)]
    assert found == sorted(found)
    # Without a score comes last, either way.
    assert page.evaluate(f"{SHOWN}.at(-1).cells[1].firstChild.data") == "lost"
    page.click(column(page, "name"))
    heading = 'th[data-key="name"]'
    assert page.evaluate(f"document.querySelector('{heading}').ariaSort") == "ascending"
    ordered = [n for n in names(page, 30) if n.startswith("compound")]
    assert ordered[:6] == [f"compound {i}" for i in (0, 0, 1, 1, 2, 2)]
    assert "compound 10" in ordered and "compound 100" not in ordered


def test_typing_filters(page: Page) -> None:
    page.click("#search")
    page.type("INDOLE compound 49")
    wanted = {49, 149, 249, 349, 449, *range(490, 500)}
    assert set(names(page, 99)) == {f"compound {i}" for i in wanted}
    assert page.evaluate("document.getElementById('count').value") == "15 of 1,005 rows"
    page.type(" nothing like it")
    assert page.evaluate(f"{SHOWN}.length") == 0
    assert not page.evaluate("document.getElementById('nothing').hidden")


def test_boxes_filter(page: Page) -> None:
    page.click("#present")
    assert page.evaluate(f"{SHOWN}.length") == 502
    page.evaluate(
        "(() => { const b = document.getElementById('experiment'); b.value = 'HSQC';"
        "b.dispatchEvent(new Event('change')); })()"
    )
    assert page.evaluate(f"{SHOWN}.length") == 251
    options = "[...document.getElementById('class').options].map(o => o.text)"
    assert page.evaluate(options) == ["all", "Indole", "Steroid"]


def test_links_lead_to_the_pictures(page: Page) -> None:
    links = "[...document.querySelectorAll('td.picture a')].map(a => a.getAttribute('href'))"
    assert "p%200%23indole%25.png" in page.evaluate(links)
    assert page.evaluate("document.querySelector('td.picture a').href.startsWith('file:')")


def test_links_lead_to_the_tables_of_contributions(page: Page) -> None:
    links = "[...document.querySelectorAll('td.short a')].map(a => a.getAttribute('href'))"
    found = page.evaluate(links)
    assert found[:3] == ["c%200%23%25.csv", "c%200%23%25.csv", "c%201%23%25.csv"]
    assert len(found) == 800  # a row for each picture; the last spectra have no table
    heads = "[...document.querySelectorAll('#head th')].map(h => h.textContent)"
    assert "Contributions" in page.evaluate(heads)


def test_without_tables_there_is_no_column_for_them(tmp_path: Path) -> None:
    plain = [replace(item(1), contributions=None)]
    (tmp_path / "report.html").write_bytes(report_bytes(plain, ExportSettings(), TITLES))
    with chromium(tmp_path / "profile") as opened:
        opened.open(tmp_path / "report.html")
        heads = opened.evaluate("[...document.querySelectorAll('#head th')].map(h => h.innerText)")
    assert "Contributions" not in heads and "Notes" in heads


def test_a_thousand_rows_stay_quick(page: Page) -> None:
    """A key and a click cost little more than laying out so many rows, whatever else runs."""
    ours = (
        "const b = document.getElementById('search');"
        "for (const w of ['c', 'co', 'com', 'comp', '']) { b.value = w;"
        "b.dispatchEvent(new Event('input')); document.body.offsetHeight; }"
        "document.querySelector('th[data-key=score] button').click(); document.body.offsetHeight;"
    )
    plain = (
        "const d = document.createElement('table'); document.body.append(d);"
        "for (let n = 0; n < 6; n++) { d.innerHTML = '<tr><td>a<td>b<td>c<td>d</tr>'.repeat(1000);"
        "document.body.offsetHeight; } d.remove();"
    )
    timed = "(() => {{ const t = performance.now(); {} return performance.now() - t; }})()"
    page.evaluate(timed.format(ours))
    ratios = [
        page.evaluate(timed.format(ours)) / page.evaluate(timed.format(plain)) for _ in range(5)
    ]
    assert statistics.median(ratios) < 8, ratios


def test_looks(page: Page, tmp_path: Path) -> None:
    page.screenshot(tmp_path / "report.png")
    assert (tmp_path / "report.png").stat().st_size > 20_000


def test_the_thumbnails_are_read_back(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    items = [item(1), item(2, HOSTILE)]
    path.write_bytes(report_bytes(items, ExportSettings(), TITLES))
    found = read_thumbnails(path)
    assert found == {p.sha256: p.thumbnail for i in items for p in i.pictures}
    for text in ("", "<html>", '<script type="application/json" id="data">{"rows": 3}</script>'):
        path.write_text(text)
        assert read_thumbnails(path) == {}
    assert read_thumbnails(tmp_path / "none") == {}


def test_the_same_items_give_the_same_report() -> None:
    assert report_bytes([item(1)], ExportSettings()) == report_bytes([item(1)], ExportSettings())


def test_the_threshold_that_decided_is_named() -> None:
    from dataclasses import replace

    from nmrcam_qt.core.writers.report import _verdict

    picture = item(1).pictures[0]
    assert picture.present and _verdict(picture) == "present"
    assert _verdict(replace(picture, score=0.4, threshold=0.312)) == "present (from 0.312)"
    absent = replace(picture, present=False, score=0.7, threshold=0.8)
    assert _verdict(absent) == "not present (from 0.8)"
    # Of a softmax network only the best class can be there, whatever its threshold.
    assert _verdict(replace(absent, threshold=0.5)) == "not present"
