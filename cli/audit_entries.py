"""``symbolon audit list``, ``show``, ``open`` and ``verify``: read and check a party's disclosure log."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.progress import track

from cli.audit_exports import read_days
from cli.audit_proofs import log_path
from cli.output import HomeOption, JsonOption, UserOption, emit, error_console, failing_clearly, foreign, login_name
from cli.tables import Table
from ledger.entries import DamagedLogError, Entry
from ledger.events import Event
from ledger.log import Ledger
from ledger.reading import LedgerReader
from node.auditing import opening
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.identity import IdentityError, Party

_PARTIES = ("sender", "member", "recipients", "custodian", "party")
_TYPES = tuple(event.model_fields["type"].default for event in get_args(get_args(Event)[0]))


@failing_clearly
def list_entries(
    kind: Annotated[str, typer.Option("--type", help="Only events of this type, for example query_answered.")] = "",
    partner: Annotated[str, typer.Option(help="Only events that name this agency (DE-ZASM) or party (its URI).")] = "",
    since: Annotated[str, typer.Option(help="Only from this day on (YYYY-MM-DD, UTC).")] = "",
    until: Annotated[str, typer.Option(help="Only up to this day (YYYY-MM-DD, UTC).")] = "",
    padding: Annotated[bool, typer.Option("--padding", help="List entries that say nothing (log_padded) too.")] = False,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """List the entries of the log, without anything personal."""
    first, last = read_days(since, until)
    party = _party(partner)
    if kind and kind not in _TYPES:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--type: expected one of {', '.join(_TYPES)}")
    with _reading(home) as ledger:
        entries = [
            entry
            for entry in _tracked(ledger.entries(), ledger, "reading", as_json)
            if (entry.event.type == kind if kind else padding or entry.event.type != "log_padded")
            and (not party or party in _parties(entry))
            and (first is None or entry.time.date() >= first)
            and (last is None or entry.time.date() <= last)
        ]
    emit({"entries": [entry.to_json() for entry in entries]}, as_json, lambda: _table(entries))


@failing_clearly
def show(
    number: Annotated[int, typer.Argument(help="Number of the entry.", min=1)],
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show one entry: its event, the commitments to what is personal, and its hash."""
    with _reading(home) as ledger:
        entry = _entry(ledger, number)
    emit(entry.to_json(), as_json, lambda: json.dumps(entry.to_json(), indent=2, ensure_ascii=False))


@failing_clearly
def open_entry(
    number: Annotated[int, typer.Argument(help="Number of the entry.", min=1)],
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Show what is personal in one entry. That it was looked at is written into the log first."""
    with _reading(home) as ledger:
        _entry(ledger, number)
    with Ledger(log_path(home)) as log, _reading(home):
        found = opening.open_entry(log, number, {"user": user or login_name()})
    data: dict[str, Any] = {
        "entry": found.entry.to_json(),
        "opened": {one.name: one.value for one in found.openings},
        "erased": list(found.erased),
        "not_there": list(found.not_there),
    }
    emit(data, as_json, lambda: json.dumps(data, indent=2, ensure_ascii=False))


@failing_clearly
def verify(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Check every entry, link and commitment of the log and the tree over it; the first that fails is named."""
    with _reading(home) as ledger:
        count = sum(1 for _ in _tracked(ledger.verified(), ledger, "verifying", as_json))
    emit({"entries": count, "verified": True}, as_json, lambda: f"{count} entries verified.")


@contextmanager
def _reading(home: Path) -> Iterator[LedgerReader]:
    """Give the log to read, damaged or not: what stands before the damage can be shown."""
    try:
        yield LedgerReader(log_path(home))
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{error}; everything from there on is in doubt") from None
    except sqlite3.Error as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"the log cannot be read: {error.sqlite_errorname}") from None


def _tracked(entries: Iterator[Entry], ledger: LedgerReader, what: str, as_json: bool) -> Iterable[Entry]:
    hidden = as_json or not error_console.is_terminal
    return track(entries, what, total=ledger.count(), console=error_console, transient=True, disable=hidden)


def _party(text: str) -> str:
    if not text:
        return ""
    try:
        return (Party.parse(text) if "://" in text else Party.agency(text)).uri
    except IdentityError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, "--partner: expected an agency, or a party's URI") from None


def _entry(ledger: LedgerReader, number: int) -> Entry:
    if number > ledger.count():
        raise SymbolonError(ErrorCode.NOT_FOUND, f"entry {number}")
    return next(ledger.entries(number))


def _parties(entry: Entry) -> set[str]:
    values = entry.event.model_dump()
    found: set[str] = set()
    for name in _PARTIES:
        value = values.get(name, ())
        found |= {value} if isinstance(value, str) else set(value)
    return found


def _table(entries: list[Entry]) -> Table:
    table = Table()
    for column in ("entry", "time (UTC)", "event", "what"):
        table.add_column(column)
    for entry in entries:
        event = entry.event.model_dump(mode="json")
        kind = event.pop("type")
        event.pop("trace", None)  # too long for a line: `show` has it
        what = ", ".join(f"{name} {_short(name, value)}" for name, value in event.items() if value not in ("", []))
        table.add_row(
            str(entry.number), entry.time.strftime("%Y-%m-%d %H:%M:%S"), kind.replace("_", " "), foreign(what)
        )
    return table


def _short(name: str, value: Any) -> str:
    if isinstance(value, list):
        return " ".join(_short(name, one) for one in value)
    text = str(value)
    hexadecimal = len(text) >= 32 and set(text) <= set("0123456789abcdef")
    compared = name.endswith("fingerprint")  # by people, with what a partner reads to them
    return f"{text[:12]}…" if hexadecimal and not compared else text.removeprefix("symbolon://agency/")
