"""``symbolon node import``: read the agency's own list into its records."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import DownloadColumn

from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, login_name
from cli.progress import progress
from ledger.log import Ledger
from node.config import load_home
from node.records.importing import ImportSummary, Replacement, import_file
from node.records.recording import records_imported
from node.records.row_files import RowFormat, guess_format
from node.records.sqlite import SqliteRecordStore
from symbolon.rpc.errors import ErrorCode, SymbolonError


@failing_clearly
def import_list(
    file: Annotated[Path, typer.Argument(help="The list: JSON lines or CSV, UTF-8.")],
    row_format: Annotated[
        str | None, typer.Option("--format", help="jsonl or csv.", show_default="by the file's name")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="The file is the whole list: say how many records it no longer has.")
    ] = False,
    removals: Annotated[
        int | None, typer.Option(help="With --replace: remove those records, if they are exactly this many.")
    ] = None,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Import a list into this node's records. Safe to run twice, and goes on where it was interrupted.

    Rows that cannot be records are set aside in a rejects file with line, field and reason; exit code 21 says that
    there are some. Records that the file does not list stay unless --replace --removals N says otherwise.
    """
    node = load_home(home)
    if removals is not None and not replace:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--removals goes with --replace")
    with (
        SqliteRecordStore(node.records_path) as store,
        Ledger(node.ledger_path) as ledger,
        progress("Importing", DownloadColumn(), as_json) as advance,
    ):
        summary = import_file(
            file,
            store,
            node.rejects_folder,
            datetime.now(UTC),
            row_format=_format(row_format, file),
            replacement=Replacement(removals) if replace else None,
            progress=advance,
            record=lambda run: records_imported(ledger, run, user or login_name()),
        )
    emit(_import_data(summary), as_json, lambda: _import_text(summary))
    if summary.rejected:
        raise typer.Exit(ErrorCode.ROWS_REJECTED.value.exit_code)


def _format(chosen: str | None, file: Path) -> RowFormat:
    if chosen is None:
        return guess_format(file)
    if chosen == "jsonl":
        return "jsonl"
    if chosen == "csv":
        return "csv"
    raise SymbolonError(ErrorCode.INVALID_INPUT, "--format: jsonl or csv")


def _import_data(summary: ImportSummary) -> dict[str, Any]:
    return asdict(summary) | {"rejects_path": str(summary.rejects_path) if summary.rejects_path else None}


def _import_text(summary: ImportSummary) -> str:
    lines = [
        f"{'Went on with an interrupted import: ' if summary.resumed else ''}{summary.read} rows read: {summary.added}"
        f" added, {summary.changed} changed, {summary.unchanged} unchanged, {summary.rejected} set aside."
    ]
    if not summary.read:
        lines.append("The list has no row: nothing was read.")
    if summary.rejects_path:
        lines.append(f"The rows set aside are in {summary.rejects_path} (symbolon node records rejects).")
    if summary.doubtful:
        lines.append(f"{doubted(summary.doubtful)} (symbolon node records doubtful).")
    if summary.removed:
        lines.append(f"{summary.removed} records that the file does not list are removed and are hit no more.")
    elif summary.absent:
        lines.append(
            f"The file does not list {summary.absent} records: add --removals {summary.absent} to remove them."
        )
    if summary.added or summary.changed:
        lines.append("Next: symbolon node enrol.")
    return "\n".join(lines)


def doubted(records: int) -> str:
    """Say how many records have a value that cannot be meant."""
    have = "record has" if records == 1 else "records have"
    return f"{records} {have} a birth date in the future or a country that no list knows: kept, but to be mended"
