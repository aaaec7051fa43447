"""``symbolon audit``: read and check a party's disclosure log."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cli.output import HomeOption, JsonOption, emit, failing_clearly
from ledger.entries import DamagedLogError, Entry, Opening, Statement, check_opening
from ledger.events import AuditorAccess
from ledger.log import Ledger
from symbolon.rpc.errors import ErrorCode, SymbolonError

app = typer.Typer(
    help="Read and check the disclosure log.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_PARTIES = ("sender", "member", "recipients")


@app.command("list", epilog="Example: symbolon audit list --type query_answered --partner symbolon://agency/DE-ZASM")
@failing_clearly
def list_entries(
    kind: Annotated[str, typer.Option("--type", help="Only events of this type.")] = "",
    partner: Annotated[str, typer.Option(help="Only events with this party (its URI).")] = "",
    since: Annotated[str, typer.Option(help="Only from this day on (YYYY-MM-DD, UTC).")] = "",
    until: Annotated[str, typer.Option(help="Only up to this day (YYYY-MM-DD, UTC).")] = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the entries of the log, without anything personal."""
    first, last = _day(since, "--since"), _day(until, "--until")
    with _open(home) as ledger:
        entries = [
            entry
            for entry in _checked(ledger)
            if (not kind or entry.event.type == kind)
            and (not partner or partner in _parties(entry))
            and (first is None or entry.time.date() >= first)
            and (last is None or entry.time.date() <= last)
        ]
    emit({"entries": [entry.to_json() for entry in entries]}, as_json, lambda: _table(entries))


@app.command(epilog="Example: symbolon audit show 17")
@failing_clearly
def show(
    number: Annotated[int, typer.Argument(help="Number of the entry.", min=1)],
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show one entry: its event, the commitments to what is personal, and its hash."""
    with _open(home) as ledger:
        entry = _entry(ledger, number)
    emit(entry.to_json(), as_json, lambda: json.dumps(entry.to_json(), indent=2, ensure_ascii=False))


@app.command("open", epilog="Example: symbolon audit open 17 --user j.auditor")
@failing_clearly
def open_entry(
    number: Annotated[int, typer.Argument(help="Number of the entry.", min=1)],
    user: Annotated[str, typer.Option(help="Who looks, for the log; the login name if not given.")] = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show what is personal in one entry. That it was looked at is written into the log first."""
    with _open(home) as ledger:
        entry = _entry(ledger, number)
        openings = ledger.openings(number)
        fields = tuple(opening.name for opening in openings)
        ledger.append(Statement(AuditorAccess(user=user or getpass.getuser(), entry=number, fields=fields)))
        _check_openings(entry, openings)
    data: dict[str, Any] = {
        "entry": entry.to_json(),
        "opened": {opening.name: opening.value for opening in openings},
        "erased": sorted(entry.commitments.keys() - set(fields)),
    }
    emit(data, as_json, lambda: json.dumps(data, indent=2, ensure_ascii=False))


@app.command(epilog="Example: symbolon audit verify")
@failing_clearly
def verify(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Check every entry, link and commitment of the log; the first that fails is named."""
    with _open(home) as ledger:
        try:
            count = ledger.verify()
        except DamagedLogError as error:
            raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None
    emit({"entries": count, "verified": True}, as_json, lambda: f"{count} entries verified.")


@app.command(epilog="Example: symbolon audit export log.jsonl")
@failing_clearly
def export(
    file: Annotated[Path, typer.Argument(help="File to write, one entry a line, without anything personal.")],
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write the log's entries to a file, each as the canonical bytes that are hashed."""
    count = 0
    with _open(home) as ledger, file.open("wb") as target:
        for entry in _checked(ledger):
            target.write(entry.body + b"\n")
            count += 1
    emit({"entries": count, "file": str(file)}, as_json, lambda: f"{count} entries written to {file}.")


def _open(home: Path) -> Ledger:
    path = home / "data" / "ledger.db"
    if not path.exists():
        raise SymbolonError(ErrorCode.NOT_INITIALISED, f"{path} is missing: this party has not written a log yet")
    return Ledger(path)


def _checked(ledger: Ledger, first: int = 1) -> Iterator[Entry]:
    try:
        yield from ledger.entries(first)
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{error}; everything from there on is in doubt") from None


def _entry(ledger: Ledger, number: int) -> Entry:
    if number > ledger.count():
        raise SymbolonError(ErrorCode.NOT_FOUND, f"entry {number}")
    return next(_checked(ledger, number))


def _check_openings(entry: Entry, openings: Iterable[Opening]) -> None:
    try:
        for opening in openings:
            check_opening(entry, opening)
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, str(error)) from None


def _parties(entry: Entry) -> set[str]:
    values = entry.event.model_dump()
    found: set[str] = set()
    for name in _PARTIES:
        value = values.get(name, ())
        found |= {value} if isinstance(value, str) else set(value)
    return found


def _day(text: str, option: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{option}: expected YYYY-MM-DD") from None


def _table(entries: list[Entry]) -> Table:
    table = Table()
    for column in ("entry", "time (UTC)", "event", "what"):
        table.add_column(column, overflow="fold")
    for entry in entries:
        event = entry.event.model_dump(mode="json")
        kind = event.pop("type")
        what = ", ".join(f"{name} {_short(value)}" for name, value in event.items())
        table.add_row(str(entry.number), entry.time.strftime("%Y-%m-%d %H:%M:%S"), kind.replace("_", " "), what)
    return table


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_short(one) for one in value)
    text = str(value)
    hexadecimal = len(text) >= 32 and set(text) <= set("0123456789abcdef")
    return f"{text[:12]}…" if hexadecimal else text.removeprefix("symbolon://agency/")
