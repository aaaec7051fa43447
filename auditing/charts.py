"""Bar charts as inline SVG. Each stands beside its table, which says the same and more."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree.ElementTree import Element, SubElement

from auditing.tables import Bars, Cell, Table, as_text, printable

MOST_BARS = 40
"""Bars of a chart; the largest where there are more rows."""

_WIDTH, _LABEL, _VALUE, _ROW = 760, 300, 70, 20
_LONGEST_LABEL = 46


def _smaller(count: int) -> str:
    return f"and {count:,} smaller, in the table"


def draw_bars(table: Table, bars: Bars, smaller: Callable[[int], str] = _smaller) -> Element:
    """Draw one bar for each row, the longest over the whole width; ``smaller`` says how many are not drawn."""
    place = table.column(bars.value)
    labels = [table.column(name) for name in bars.labels]
    rows = [(_label(row, labels), row[place]) for row in table.rows]
    shown, left_out = _largest(rows)
    height = _ROW * (len(shown) + bool(left_out))
    title = f"{table.title}: {table.columns[place].title}"
    drawing = Element("svg", {"viewBox": f"0 0 {_WIDTH} {height}", "width": str(_WIDTH), "role": "img"})
    SubElement(drawing, "title").text = printable(title)
    most = max((_length(value) for _, value in shown), default=0) or 1
    for number, (label, value) in enumerate(shown):
        _draw(drawing, number * _ROW, label, value, _length(value) / most)
    if left_out:
        _write(drawing, _LABEL, _ROW * len(shown), "start", smaller(left_out))
    return drawing


def _draw(drawing: Element, top: int, label: str, value: Cell, share: float) -> None:
    _write(drawing, _LABEL - 8, top, "end", label)
    width = round(share * (_WIDTH - _LABEL - _VALUE), 1)
    SubElement(drawing, "rect", x=str(_LABEL), y=str(top + 3), width=str(width), height=str(_ROW - 6))
    _write(drawing, round(_LABEL + width + 6), top, "start", as_text(value))


def _write(drawing: Element, x: int, top: int, anchor: str, text: str) -> None:
    element = SubElement(drawing, "text", {"x": str(x), "y": str(top + 14), "text-anchor": anchor})
    element.text = printable(text)


def _largest(rows: list[tuple[str, Cell]]) -> tuple[list[tuple[str, Cell]], int]:
    """Give the rows that are drawn, in their own order, and how many are not."""
    order = sorted(range(len(rows)), key=lambda place: -_length(rows[place][1]))[:MOST_BARS]
    return [rows[place] for place in sorted(order)], len(rows) - len(order)


def _label(row: tuple[Cell, ...], places: list[int]) -> str:
    text = " · ".join(as_text(row[place]) for place in places if row[place] != "")
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


def _length(value: Cell) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0
