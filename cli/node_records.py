"""``symbolon node records``: the agency's own list, on its own premises."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import HomeOption, JsonOption, UserOption, emit, error_console, failing_clearly, foreign, login_name
from cli.tables import Table
from ledger.log import Ledger
from node.config import load_home
from node.enrolment.enrolling import count_pending, profile_of
from node.enrolment.index import IndexStore
from node.enrolment.running import enrolment_parts
from node.records.doubtful import doubtful
from node.records.importing import read_rejects, rejects_path
from node.records.recording import record_removed, record_restored, record_shown, records_listed
from node.records.sqlite import SqliteRecordStore
from node.records.store import StoredRecord
from symbolon.rpc.errors import ErrorCode, SymbolonError

records = typer.Typer(
    help="Look at this agency's own records, remove and restore them, read the rejects.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@records.command("list", epilog="Example: symbolon node records list --limit 20 --home /srv/symbolon")
@failing_clearly
def list_records(
    limit: Annotated[int, typer.Option(min=0, help="At most so many; 0 for all.")] = 0,
    user: UserOption = "",
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
    user: UserOption = "",
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
            federation, settings = enrolment_parts(node)
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
    user: UserOption = "",
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
    user: UserOption = "",
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


@records.command("doubtful", epilog="Example: symbolon node records doubtful --home /srv/symbolon")
@failing_clearly
def list_doubtful(user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Show the records with a birth date in the future, or a country that no list knows. The log has it first.

    They are kept and enrolled with what else they say. With --json one object a line.
    """
    _log_listing(home, "doubtful", user)
    found = False
    with _store(home) as store:
        for stored, slips in doubtful(store, datetime.now(UTC).date()):
            found, record_id = True, stored.record.record_id
            problems = [{"field": slip.field, "reason": slip.reason} for slip in slips]
            text = f"{record_id}: {'; '.join(f'{slip.field}: {slip.reason}' for slip in slips)}"
            emit({"record_id": record_id, "problems": problems}, as_json, partial(foreign, text))
    if not found and not as_json:
        typer.echo("No record is doubtful.")


@records.command(epilog="Example: symbolon node records rejects --rows > mended.jsonl")
@failing_clearly
def rejects(
    rows: Annotated[
        bool, typer.Option("--rows", help="Only the rows themselves, as they stand in the list, to mend and import.")
    ] = False,
    user: UserOption = "",
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


def _print_rows(entries: Iterator[dict[str, Any]]) -> None:
    """Print rows as they stand in the list, those of CSV under their header."""
    for place, entry in enumerate(entries):
        if place == 0 and "header" in entry:
            typer.echo(entry["header"])
        if "row" in entry:
            typer.echo(entry["row"])
        else:
            error_console.print(f"Line {entry['line']} is not UTF-8 and left out: mend it in the list itself.")


def _log_listing(home: Path, what: str, user: str) -> None:
    with Ledger(load_home(home).ledger_path) as ledger:
        records_listed(ledger, what, user or login_name())


def _store(home: Path) -> SqliteRecordStore:
    return SqliteRecordStore(load_home(home).records_path)


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
