"""A report as one HTML page: no script, nothing from elsewhere, a table beside each chart, for screen, night and print.

The page is built as a tree (``xml.etree``), so text can become nothing but text: what is in the log, a partner wrote.
The page's own policy (CSP) forbids scripts, images and connections, should that ever fail.
"""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from agreements.sentences import Code, Sentence, all_of, said
from auditing.charts import draw_bars
from auditing.report import Report
from auditing.tables import Table, as_text, printable

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d1d9e0; --bar: #2f6f9f; --back: #ffffff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9aa5b1; --line: #3d444d; --bar: #6cb0e0; --back: #12161b; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back);
  margin: 2rem auto; padding: 0 1rem; max-width: 70rem; }
h1 { font-size: 1.5rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin: 2.5rem 0 0; }
p { margin: .3rem 0 .8rem; } .soft, caption { color: var(--soft); }
nav ul { columns: 3; padding-left: 1.2rem; } a { color: inherit; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid var(--line);
  overflow-wrap: break-word; }
td.number, th.number { text-align: right; }
svg { max-width: 100%; height: auto; display: block; margin: .5rem 0 1rem; }
svg rect { fill: var(--bar); } svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
@media print {
  :root { color-scheme: light; --ink: #000; --soft: #333; --line: #999; --bar: #555; --back: #fff; }
  body { margin: 0; max-width: none; font-size: 10pt; } nav { display: none; } .scroll { overflow: visible; }
  section { break-inside: auto; } tr, svg { break-inside: avoid; } thead { display: table-header-group; }
}
"""


def render_page(report: Report) -> str:
    """Give the page."""
    root = Element("html", lang="en")
    head = SubElement(root, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "meta", name="referrer", content="no-referrer")
    _text(head, "title", f"Disclosure log of {report.party}")
    _text(head, "style", _STYLE)
    body = SubElement(root, "body")
    _header(body, report)
    _contents(body, report.tables)
    main = SubElement(body, "main")
    for table in report.tables:
        _section(main, table)
    return "<!DOCTYPE html>\n" + ElementTree.tostring(root, encoding="unicode", method="html") + "\n"


def _header(body: Element, report: Report) -> None:
    header = SubElement(body, "header")
    _text(header, "h1", f"Disclosure log of {report.party}")
    _text(header, "p", str(period_line(report)), "soft")
    for line in (*filter_lines(report), people_line(report)):
        _text(header, "p", str(line))


def period_line(report: Report) -> Sentence:
    """Say which entries a report is about."""
    if report.begins is None or report.ends is None:
        return said("No entry of the log lies in the period.")
    return said(
        "Entries %(first)s to %(last)s, %(begins)s to %(ends)s.",
        first=report.first,
        last=report.last,
        begins=report.begins,
        ends=report.ends,
    )


def filter_lines(report: Report) -> Iterable[Sentence]:
    """Say what a report leaves out."""
    filters = [
        said("%(name)s %(value)s", name=Code(name), value=Code(value) if name == "purpose" else value)
        for name, value in report.filters()
    ]
    if filters:
        yield said("Only: %(filters)s.", filters=all_of(filters))


def people_line(report: Report) -> Sentence:
    """Say how users appear."""
    return {
        "none": said("Nothing personal was opened: users do not appear, and patterns of users are not sought."),
        "pseudonyms": said("Users appear by a number, which means something within this report only."),
        "names": said("Users appear by name. Treat this report as personal data."),
    }[report.showing.value]


def _contents(body: Element, tables: Iterable[Table]) -> None:
    navigation = SubElement(body, "nav", {"aria-label": "Contents"})
    entries = SubElement(navigation, "ul")
    for table in tables:
        link = SubElement(SubElement(entries, "li"), "a", href=f"#{table.name}")
        link.text = f"{table.title} ({len(table.rows):,})"


def _section(main: Element, table: Table) -> None:
    section = SubElement(main, "section", id=table.name)
    _text(section, "h2", table.title)
    _text(section, "p", str(table.about), "soft")
    if not table.rows:
        _text(section, "p", "Nothing.")
        return
    if table.bars is not None:
        section.append(draw_bars(table, table.bars))
    _rows(SubElement(section, "div", {"class": "scroll"}), table)


def _rows(parent: Element, table: Table) -> None:
    element = SubElement(parent, "table")
    _text(element, "caption", f"{table.title}: {len(table.rows):,} rows")
    numeric = [all(not isinstance(row[place], str) for row in table.rows) for place in range(len(table.columns))]
    kinds = [{"class": "number"} if one else {} for one in numeric]
    heading = SubElement(SubElement(element, "thead"), "tr")
    for column, kind in zip(table.columns, kinds, strict=True):
        SubElement(heading, "th", {"scope": "col", **kind}).text = printable(column.title)
    body = SubElement(element, "tbody")
    for row in table.rows:
        line = SubElement(body, "tr")
        for cell, kind in zip(row, kinds, strict=True):
            SubElement(line, "td", kind).text = as_text(cell)


def _text(parent: Element, tag: str, text: str, kind: str = "") -> None:
    element = SubElement(parent, tag, {"class": kind} if kind else {})
    element.text = text if tag == "style" else printable(text)
