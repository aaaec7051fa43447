"""``symbolon audit report``: what was asked, told, refused and opened, and the patterns somebody should look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Group
from rich.text import Text

from auditing.page import filter_lines, people_line, period_line, render_page
from auditing.people import Showing
from auditing.report import Report, Review
from auditing.selection import Selection
from auditing.sources import COMPARED_FIELDS, short
from auditing.tables import Table, as_text
from auditing.thresholds import Thresholds
from cli.audit_database import ReportDatabase, describe
from cli.audit_exports import read_days
from cli.audit_sources import exported_log, make_folder, new_file, own_log, tracked, write_tables
from cli.output import HomeOption, JsonOption, UserOption, counted, emit, failing_clearly, foreign
from cli.tables import Table as FoldingTable
from node.auditing.sources import Source
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party

_MOST_ROWS = 40
_LONGEST_CELL = 120
"""Of a table on the terminal; the other forms have all of it."""

SinceOption = Annotated[str, typer.Option(help="Only from this day on (YYYY-MM-DD, UTC).")]
UntilOption = Annotated[str, typer.Option(help="Only up to this day (YYYY-MM-DD, UTC).")]
ExportOption = Annotated[
    Path | None, typer.Option("--export", metavar="FILE", help="An export to read instead of the party's own log.")
]


@failing_clearly
def report(
    since: SinceOption = "",
    until: UntilOption = "",
    partner: Annotated[str, typer.Option(help="Only queries to or from this agency (DE-ZASM) or party (URI).")] = "",
    purpose: Annotated[str, typer.Option(help="Only queries for this purpose.")] = "",
    asked_by: Annotated[str, typer.Option(help="Only queries of this user; needs --people.")] = "",
    level: Annotated[int | None, typer.Option(help="Only queries answered at this level or above.", max=4)] = None,
    people: Annotated[
        Showing, typer.Option(help="How users appear; all but none opens personal fields, which the log notes first.")
    ] = Showing.NONE,
    thresholds: Annotated[
        list[str] | None,
        typer.Option("--threshold", metavar="NAME=VALUE", help="A threshold of a pattern; once for each."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write one HTML page with charts to this new file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write one CSV file for each table into this new folder.")] = None,
    sqlite: Annotated[Path | None, typer.Option(help="Write an SQLite database to this new file.")] = None,
    export: ExportOption = None,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Report on the log: queries put and received, refusals, denied calls, opened fields, fishing patterns, quotas.

    Nothing personal is opened unless --people says so. No report shows the persons asked for.
    """
    if asked_by and people is Showing.NONE:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--asked-by: name --people pseudonyms or names, or nobody is seen")
    selection = Selection(*read_days(since, until), read_party(partner), purpose, asked_by, level)
    limits = _thresholds(thresholds or ())
    with ExitStack() as made:
        database = made.enter_context(_database(sqlite)) if sqlite else None
        page = made.enter_context(new_file(html)) if html else None
        if csv:
            make_folder(csv)
        source = _source(export, home, () if people is Showing.NONE else COMPARED_FIELDS, user)
        review, found = _read(source, selection, limits, people, database, as_json)
        if page:
            page.write(render_page(found).encode())
        if csv:
            write_tables(csv, found.tables)
        if database and sqlite:
            for finding in review.findings:
                database.add_finding(finding, review.who(finding))
            database.finish(limits)
            with new_file(sqlite.with_suffix(".metadata.json")) as described:
                described.write(describe(sqlite.stem, f"Disclosure log of {found.party}").encode())
    emit(found.to_json(), as_json, lambda: _text(found))


def read_party(text: str) -> str:
    """Read an agency or a party's URI as reports name it; raise `SymbolonError` where it is neither."""
    if not text:
        return ""
    try:
        return short((Party.parse(text) if "://" in text else Party.agency(text)).uri)
    except IdentityError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--partner: expected an agency, or a party's URI") from None


def show_table(table: Table) -> FoldingTable:
    """Give a table for the terminal; what a partner wrote is shown, not obeyed."""
    left_out = len(table.rows) - _MOST_ROWS
    caption = f"and {counted(left_out, 'row')} more, with --json, --csv or --html" if left_out > 0 else None
    shown = FoldingTable(title=table.title, title_justify="left", title_style="bold", caption=caption)
    numeric = [all(not isinstance(row[place], str) for row in table.rows) for place in range(len(table.columns))]
    for column, is_number in zip(table.columns, numeric, strict=True):
        shown.add_column(column.title, justify="right" if is_number else "left")
    for row in table.rows[:_MOST_ROWS]:
        shown.add_row(*(foreign(_cut(as_text(cell))) for cell in row))
    return shown


def _source(export: Path | None, home: Path, fields: Iterable[str], user: str) -> Source:
    return exported_log(export, tuple(fields)) if export else own_log(home, tuple(fields), user)


def _read(
    source: Source,
    selection: Selection,
    limits: Thresholds,
    people: Showing,
    database: ReportDatabase | None,
    as_json: bool,
) -> tuple[Review, Report]:
    review = Review(selection, limits, people, database.add_query if database else None)
    for one in tracked(source, "reading", as_json):
        if database and selection.has_day(one[0].time):
            database.add_entry(one[0])
        review.observe(one)
    return review, review.report(source.party, source.agreements)


def _thresholds(given: Iterable[str]) -> Thresholds:
    values: dict[str, Any] = {}
    for one in given:
        name, _, value = one.partition("=")
        values[name.strip()] = value.strip()
    try:
        return Thresholds.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if name not in Thresholds.model_fields:
            known = ", ".join(Thresholds.model_fields)
            raise SymbolonError(ErrorCode.INVALID_INPUT, f"--threshold: expected NAME=VALUE, one of {known}") from None
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--threshold {name}: {first['msg']}") from None


@contextmanager
def _database(path: Path) -> Iterator[ReportDatabase]:
    with new_file(path), ReportDatabase(path) as database:
        yield database


def _text(found: Report) -> Group:
    heading = [
        f"Disclosure log of {found.party}.",
        *map(str, (period_line(found), *filter_lines(found), people_line(found))),
    ]
    rules = found.table("rules")
    tables = [show_table(table) for table in found.tables if table.rows and table is not rules]
    return Group(*map(foreign, heading), *tables, foreign(""), *map(_rule, rules.to_json()))


def _rule(row: Mapping[str, object]) -> Text:
    return foreign(f"{row['pattern']} ({row['found']}): {row['rule']} Not seen: {row['unseen']}.")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CELL else f"{text[: _LONGEST_CELL - 1]}…"
