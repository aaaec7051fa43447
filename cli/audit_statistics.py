"""``symbolon audit statistics``: queries and matches by period, party and purpose, without persons."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group

from auditing.selection import Selection
from auditing.statistics import Period, count
from auditing.suppression import LEAST
from cli.audit_exports import read_days
from cli.audit_report import ExportOption, SinceOption, UntilOption, show_table
from cli.audit_sources import exported_log, make_folder, own_log, tracked, write_tables
from cli.output import HomeOption, JsonOption, emit, failing_clearly, foreign


@failing_clearly
def statistics(
    by: Annotated[Period, typer.Option(help="How long a period is.")] = Period.MONTH,
    since: SinceOption = "",
    until: UntilOption = "",
    least: Annotated[int, typer.Option(help="The smallest count that is told.", min=2, max=1000)] = LEAST,
    csv: Annotated[Path | None, typer.Option(help="Write one CSV file for each table into this new folder.")] = None,
    export: ExportOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Count queries and matches by period, party and purpose, and requests of data subjects by year.

    Nothing personal is opened. Small counts are withheld, and others where they would betray one.
    """
    selection = Selection(*read_days(since, until))
    if csv:
        make_folder(csv)
    source = exported_log(export, ()) if export else own_log(home, (), "")
    tables = count(tracked(source, "counting", as_json), by, selection, least)
    if csv:
        write_tables(csv, tables)
    data = {
        "party": source.party,
        "by": by.value,
        "least": least,
        "tables": {one.name: one.to_json() for one in tables},
    }
    emit(data, as_json, lambda: Group(*(show_table(one) for one in tables), foreign(str(tables[0].about))))
