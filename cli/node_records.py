"""``symbolon node import``, ``enrol`` and ``records``: the agency's own list, on its own premises."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from cli.output import HomeOption, JsonOption, counted, emit, error_console, failing_clearly, foreign, login_name
from ledger.log import Ledger
from node.agreement_signing import open_book
from node.agreement_state import budgets_of
from node.config import NodeHome, load_home
from node.custody import CustodianClient
from node.enrolment import EnrolmentBatch, EnrolmentSettings, EnrolmentSummary, count_pending, profile_of
from node.enrolment import enrol as enrol_records
from node.importing import ImportSummary, Replacement, import_file, read_rejects, rejects_path
from node.index import IndexStore
from node.keys import load_keys
from node.membership import Federation, load_federation
from node.recording import (
    batch_enrolled,
    record_removed,
    record_restored,
    record_shown,
    records_imported,
    records_listed,
)
from node.records import StoredRecord
from node.records_sqlite import SqliteRecordStore
from node.row_files import RowFormat, guess_format
from symbolon.rpc.channel import open_channel
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import Party

records = typer.Typer(
    help="Look at this agency's own records, remove and restore them, read the rejects.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


_User = Annotated[str, typer.Option("--user", help="Who does it, for the disclosure log; the login name if not given.")]
_Advance = Callable[[int, int], None]


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
    user: _User = "",
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
        _progress("Importing", DownloadColumn(), as_json) as advance,
    ):
        summary = import_file(
            file,
            store,
            node.rejects_folder,
            datetime.now(UTC),
            row_format=_format(row_format, file),
            replacement=Replacement(removals) if replace else None,
            progress=advance,
        )
    with Ledger(node.ledger_path) as ledger:
        records_imported(
            ledger,
            added=summary.added,
            changed=summary.changed,
            unchanged=summary.unchanged,
            rejected=summary.rejected,
            removed=summary.removed,
            user=user or login_name(),
        )
    emit(_import_data(summary), as_json, lambda: _import_text(summary))
    if summary.rejected:
        raise typer.Exit(ErrorCode.ROWS_REJECTED.value.exit_code)


@failing_clearly
def enrol(user: _User = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Enrol what is new or changed, so that partners' queries find it. Goes on where it was interrupted."""
    summary = asyncio.run(_enrol(load_home(home), user or login_name(), as_json))
    data = asdict(summary) | {"unfindable_path": str(summary.unfindable_path) if summary.unfindable_path else None}
    emit(data, as_json, lambda: _enrolment_text(summary))


@records.command("list", epilog="Example: symbolon node records list --limit 20 --home /srv/symbolon")
@failing_clearly
def list_records(
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")] = 0,
    user: _User = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the records by id; with --json one object a line. The log has it first."""
    _log_listing(home, "records", user)
    with _store(home) as store:
        for place, stored in enumerate(store.records()):
            if limit and place == limit:
                break
            data = {"record_id": stored.record.record_id, "revision": stored.revision, "name": _name(stored)}
            emit(data, as_json, lambda data=data: f"{data['record_id']}  {data['name']}")  # type: ignore[misc]


@records.command(epilog="Example: symbolon node records show FR-1187 --home /srv/symbolon")
@failing_clearly
def show(
    record_id: Annotated[str, typer.Argument(help="The record's id.")],
    revision: Annotated[int | None, typer.Option(help="An older revision.", show_default="the current one")] = None,
    user: _User = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show one record as it was imported. That it was looked at is written into the log first."""
    user = user or login_name()
    node = load_home(home)
    with SqliteRecordStore(node.records_path) as store:
        stored = store.current(record_id) if revision is None else store.get(record_id, revision)
    if stored is None:
        raise SymbolonError(ErrorCode.NOT_FOUND, "or it was removed")
    with Ledger(node.ledger_path) as ledger:
        record_shown(ledger, record_id, user)
    data = {
        "revision": stored.revision,
        "imported_at": stored.imported_at.isoformat(),
        "digest": stored.digest,
        "row": stored.record.to_row(),
    }
    emit(data, as_json, lambda: _record_table(stored))


@records.command(epilog="Example: symbolon node records count --json --home /srv/symbolon")
@failing_clearly
def count(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Count records, removals, kept revisions, and what is enrolled or waits for it."""
    node = load_home(home)
    with SqliteRecordStore(node.records_path) as store, IndexStore(node.index_path) as index:
        data = asdict(store.counts())
        # A node that has not joined, or has no agreement yet, has nothing to enrol for: only the records are counted.
        with contextlib.suppress(SymbolonError):
            federation, settings = _enrolment_parts(node)
            enrolled = index.counts(federation.epoch)
            data |= {
                "pending": count_pending(store, index, profile_of(federation.epoch, settings)),
                "enrolled": enrolled.records,
                "index_entries": enrolled.entries,
                "without_features": enrolled.without_entries,
            }
    emit(data, as_json, lambda: _count_table(data))


@records.command(epilog="Example: symbolon node records remove FR-1187 --home /srv/symbolon")
@failing_clearly
def remove(
    record_id: Annotated[str, typer.Argument(help="The record's id.")],
    user: _User = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Remove a record at once: no query hits it from now on, and its content is erased. The log has it first.

    An import does not bring it back before it is restored. Removing it again changes nothing.
    """
    user = user or login_name()
    node = load_home(home)
    with SqliteRecordStore(node.records_path) as store, IndexStore(node.index_path) as index:
        with Ledger(node.ledger_path) as ledger:  # also where there is no such record: the attempt is an act
            record_removed(ledger, record_id, user)
        number = store.remove(record_id, datetime.now(UTC))
        if number is None:
            raise SymbolonError(ErrorCode.NOT_FOUND)
        index.remove([number])
    emit({"record_id": record_id, "removed": True}, as_json, lambda: f"{record_id} is removed.")


@records.command(epilog="Example: symbolon node records restore FR-1187 --home /srv/symbolon")
@failing_clearly
def restore(
    record_id: Annotated[str, typer.Argument(help="The record's id.")],
    user: _User = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let the next import bring back a record that was removed by hand. The log has it first."""
    user = user or login_name()
    node = load_home(home)
    with SqliteRecordStore(node.records_path) as store:
        with Ledger(node.ledger_path) as ledger:
            record_restored(ledger, record_id, user)
        if not store.restore(record_id):
            raise SymbolonError(ErrorCode.NOT_FOUND, "that was removed by hand")
    text = f"{record_id} comes back with the next import that lists it."
    emit({"record_id": record_id, "restored": True}, as_json, lambda: text)


@records.command(epilog="Example: symbolon node records rejects --rows > mended.jsonl")
@failing_clearly
def rejects(
    rows: Annotated[
        bool, typer.Option("--rows", help="Only the rows themselves, as they stand in the list, to mend and import.")
    ] = False,
    user: _User = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show the rows that the last import set aside; with --json one object a line. The log has it first."""
    node = load_home(home)
    _log_listing(home, "rejects", user)
    with SqliteRecordStore(node.records_path) as store:
        run = store.latest_run()
    entries = read_rejects(rejects_path(node.rejects_folder, run), run) if run else iter(())
    if rows:
        _print_rows(entries)
    else:
        for entry in entries:
            emit(entry, as_json, lambda entry=entry: _reject_text(entry))  # type: ignore[misc]


async def _enrol(node: NodeHome, user: str, as_json: bool) -> EnrolmentSummary:
    federation, settings = _enrolment_parts(node)
    custodian = Party.parse(federation.custodian)
    with (
        Ledger(node.ledger_path) as ledger,
        SqliteRecordStore(node.records_path) as store,
        IndexStore(node.index_path) as index,
        _progress("Enrolling", MofNCompleteColumn(), as_json) as advance,
    ):

        async def on_batch(batch: EnrolmentBatch) -> int:
            return await batch_enrolled(ledger, federation.custodian, federation.epoch, batch, user)

        async with open_channel(federation.custodian_address, custodian, node.tls) as channel:
            public_key = bytes.fromhex(federation.epoch_public_key)
            client = CustodianClient(channel, federation.epoch, public_key, who=federation.custodian_named)
            return await enrol_records(
                store, index, client, settings, node.index_path.parent, on_batch=on_batch, progress=advance
            )


def _print_rows(entries: Iterator[dict[str, Any]]) -> None:
    """Print rows as they stand in the list, those of CSV under their header."""
    for place, entry in enumerate(entries):
        if place == 0 and "header" in entry:
            typer.echo(entry["header"])
        if "row" in entry:
            typer.echo(entry["row"])
        else:
            error_console.print(f"Line {entry['line']} is not UTF-8 and left out: mend it in the list itself.")


def _enrolment_parts(node: NodeHome) -> tuple[Federation, EnrolmentSettings]:
    federation = load_federation(node.federation_path)
    with open_book(node) as book:
        budgets = budgets_of(book.current(), node.party.name, datetime.now(UTC))
    if not budgets:
        detail = "no agreement accepted here lets this node hold: the bit budget stands there"
        raise SymbolonError(ErrorCode.NOT_INITIALISED, detail)
    return federation, EnrolmentSettings(node.party.uri, load_keys(node.keys).pepper, budgets)


def _log_listing(home: Path, what: str, user: str) -> None:
    with Ledger(load_home(home).ledger_path) as ledger:
        records_listed(ledger, what, user or login_name())


def _store(home: Path) -> SqliteRecordStore:
    return SqliteRecordStore(load_home(home).records_path)


def _format(chosen: str | None, file: Path) -> RowFormat:
    if chosen is None:
        return guess_format(file)
    if chosen == "jsonl":
        return "jsonl"
    if chosen == "csv":
        return "csv"
    raise SymbolonError(ErrorCode.INVALID_INPUT, "--format: jsonl or csv")


@contextlib.contextmanager
def _progress(what: str, amounts: ProgressColumn, as_json: bool) -> Iterator[_Advance]:
    """Show a bar on standard error while the block runs, where that is a terminal."""
    columns = (TextColumn(what), BarColumn(), TaskProgressColumn(), amounts, TimeRemainingColumn())
    with Progress(*columns, console=error_console, disable=as_json or not error_console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _import_data(summary: ImportSummary) -> dict[str, Any]:
    return asdict(summary) | {"rejects_path": str(summary.rejects_path) if summary.rejects_path else None}


def _import_text(summary: ImportSummary) -> str:
    lines = [
        f"{'Went on with an interrupted import: ' if summary.resumed else ''}{summary.read} rows read: {summary.added}"
        f" added, {summary.changed} changed, {summary.unchanged} unchanged, {summary.rejected} set aside."
    ]
    if summary.rejects_path:
        lines.append(f"The rows set aside are in {summary.rejects_path} (symbolon node records rejects).")
    if summary.removed:
        lines.append(f"{summary.removed} records that the file does not list are removed and are hit no more.")
    elif summary.absent:
        lines.append(
            f"The file does not list {summary.absent} records: add --removals {summary.absent} to remove them."
        )
    if summary.added or summary.changed:
        lines.append("Next: symbolon node enrol.")
    return "\n".join(lines)


def _enrolment_text(summary: EnrolmentSummary) -> str:
    rate = summary.tokens / summary.seconds if summary.seconds else 0.0
    lines = [
        f"{counted(summary.records, 'record')} enrolled with {counted(summary.tokens, 'new token')} in"
        f" {counted(summary.batches, 'batch', 'batches')}, {summary.seconds:.1f} s ({rate:,.0f} tokens/s);"
        f" {summary.removed:,} removed."
    ]
    if summary.unfindable_path:
        lines.append(
            f"{summary.without_features} records say too little to be found blind; they are listed in"
            f" {summary.unfindable_path}."
        )
    return "\n".join(lines)


def _name(stored: StoredRecord) -> str:
    return stored.record.subject.names[0].text


def _record_table(stored: StoredRecord) -> Table:
    table = Table(show_header=False, title=f"revision {stored.revision}, imported {stored.imported_at:%Y-%m-%d %H:%M}")
    for field, value in stored.record.to_row().items():
        shown = " | ".join(map(str, value)) if isinstance(value, list) else str(value)
        table.add_row(field, foreign(shown))  # a name may look like markup
    return table


def _count_table(data: dict[str, Any]) -> Table:
    table = Table(show_header=False)
    for name, value in data.items():
        table.add_row(name.replace("_", " "), f"{value:,}")
    return table


def _reject_text(entry: dict[str, Any]) -> str:
    named = f" ({entry['record_id']})" if entry["record_id"] else ""
    return f"line {entry['line']}{named}: {entry['field']}: {entry['reason']}"
