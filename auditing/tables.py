"""A table of a report: named, explained, its columns too. All forms of a report are made of these."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, TypeAlias

from agreements.sentences import Sentence

Cell: TypeAlias = str | int | float | Sentence | None
"""What stands in a table; nothing where there is none. Programs are given a sentence in English."""

Rows: TypeAlias = tuple[tuple[Cell, ...], ...]

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones, too


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``name`` for programs, ``title`` for people."""

    name: str
    title: str


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart beside a table: one bar for each row, by the column ``value``, labelled by the columns ``labels``."""

    value: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table. ``about`` says what its rows are and what it cannot show."""

    name: str
    title: str
    about: str | Sentence
    columns: tuple[Column, ...]
    rows: Rows
    bars: Bars | None = None

    def to_json(self) -> list[dict[str, str | int | float | None]]:
        """Give the rows as objects by the names of the columns."""
        names = [column.name for column in self.columns]
        return [dict(zip(names, map(_in_english, row), strict=True)) for row in self.rows]

    def to_csv(self) -> str:
        """Give the table as CSV (RFC 4180) with the names of its columns in the first line.

        A text that a spreadsheet would take for a formula has an apostrophe before it.
        """
        target = io.StringIO()
        writer = csv.writer(target)
        writer.writerow([column.name for column in self.columns])
        writer.writerows([[_plain(_in_english(cell)) for cell in row] for row in self.rows])
        return target.getvalue()

    def column(self, name: str) -> int:
        """Give the place of a column."""
        return next(place for place, column in enumerate(self.columns) if column.name == name)


def columns(**titles: str) -> tuple[Column, ...]:
    """Make columns of names and titles."""
    return tuple(Column(name, title) for name, title in titles.items())


def printable(text: str) -> str:
    """Give a text of one line: what is no printable character, a change of direction among it, is shown as U+FFFD."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)


def as_text(cell: Cell) -> str:
    """Give a cell for people: numbers with thousands, one decimal place, a dash for nothing."""
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    return f"{cell:,}" if isinstance(cell, int) else printable(str(cell))


def harmless(text: str) -> str:
    """Give a text, with an apostrophe before it where a spreadsheet takes it for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def _in_english(cell: Cell) -> str | int | float | None:
    return str(cell) if isinstance(cell, Sentence) else cell


def _plain(cell: str | float | None) -> Any:
    return harmless(printable(cell)) if isinstance(cell, str) else cell
