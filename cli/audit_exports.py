"""``symbolon audit export``: what is taken out of the house for somebody else to check."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.audit_proofs import log_path, party_of, signing_key
from cli.audit_sources import new_file
from cli.output import HomeOption, JsonOption, counted, emit, failing_clearly, login_name
from ledger.checkpoints import ledger_origin
from ledger.cosignatures import CosignatureKey, witness_name
from ledger.entries import DamagedLogError, Statement
from ledger.events import AuditorAccess
from ledger.exporting import House, Scope, export_lines, period, unknown_fields
from ledger.exports import EVERY_FIELD, ExportedWitness
from ledger.log import Ledger
from ledger.notes import VerifierKey
from node.agreements.exports import kept_agreements
from node.config import CONFIG_FILE as NODE_CONFIG
from node.config import load_home
from node.directory.membership import load_federation
from symbolon.rpc.errors import ErrorCode, SymbolonError

_ALL = "all"


@failing_clearly
def export(
    file: Annotated[Path, typer.Argument(help="New file to write; only its owner can read it.")],
    since: Annotated[str, typer.Option(help="Only from this day on (YYYY-MM-DD, UTC).")] = "",
    until: Annotated[str, typer.Option(help="Only up to this day (YYYY-MM-DD, UTC).")] = "",
    opened: Annotated[
        list[str] | None,
        typer.Option("--open", metavar="FIELD", help="A personal field to open, once for each; all opens every one."),
    ] = None,
    user: Annotated[str, typer.Option(help="With --open: who looks, for the log; the login name if not given.")] = "",
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Sign no checkpoint over it: of a damaged log, which signs none.")
    ] = False,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Write entries, checkpoints and agreements to a file that symbolon-verify checks without this house.

    Nothing personal is in it unless opened with --open, which is written into the log first.
    """
    path, days = log_path(home), read_days(since, until)
    made_at, to_end = datetime.now(UTC), days[1] is None  # before the end of the log is looked up
    with new_file(file) as target, _telling_why(file):
        _check_fields(path, opened or ())
        scope = Scope(*period(path, *days))
        if opened:
            scope = _open(path, scope, frozenset(opened), user or login_name(), grows=to_end)
        house = _house(home, path, None if unsigned else scope.last, made_at)
        lines = export_lines(path, scope, replace(house, to_end=to_end))
        for line in lines:
            target.write(line)
    entries = scope.last - scope.first + 1
    data = {"entries": entries, "first": scope.first, "last": scope.last, "file": str(file), "opened": bool(opened)}
    emit(data, as_json, lambda: f"{counted(entries, 'entry', 'entries')} written to {file}.")


def read_days(since: str, until: str) -> tuple[date | None, date | None]:
    """Read a period, of which either end may be open; raise `SymbolonError` (`INVALID_INPUT`) naming what is wrong."""
    first, last = _read_day(since, "--since"), _read_day(until, "--until")
    if first and last and first > last:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--since: {first} is after --until {last}")
    return first, last


def _read_day(text: str, option: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{option}: expected YYYY-MM-DD") from None


def _check_fields(path: Path, names: Collection[str]) -> None:
    """Raise `SymbolonError` where a field is to be opened that no entry of the log has."""
    for name in unknown_fields(path, (name for name in names if name != _ALL)):
        detail = f"--open {name}: no entry of this log has such a personal field"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail)


def _open(path: Path, scope: Scope, fields: frozenset[str], user: str, *, grows: bool) -> Scope:
    """Write into the log who opens what, and give the scope with it; an export up to now has that entry too."""
    if _ALL in fields:
        fields = frozenset({EVERY_FIELD})
    access = AuditorAccess(entry=scope.first, last=scope.last, fields=tuple(sorted(fields)))
    with Ledger(path) as log:
        (entry,) = log.append(Statement(access, {"user": user}))
    return Scope(scope.first, entry.number if grows else scope.last, fields, scope.last)


def _house(home: Path, path: Path, head: int | None, made_at: datetime) -> House:
    """Give what the export says of the party; sign the head over the last entry first, where it has a key."""
    party = party_of(home)
    origin, key, note = ledger_origin(party.uri), "", None
    if (home / "keys" / "signing.key").exists():
        signer = signing_key(home)
        key = str(VerifierKey(origin, signer.public_key()))
        if head:
            with Ledger(path) as log:
                note = log.sign_head(origin, signer, head)
    named = (origin, party.uri, key, made_at.isoformat(timespec="seconds"))
    return House(*named, _witnesses(home), kept_agreements(home / "data" / "cases.db"), head=note)


def _witnesses(home: Path) -> tuple[ExportedWitness, ...]:
    """Give the other parties whose keys a node has pinned: each may cosign its log."""
    if not (home / NODE_CONFIG).exists() or not (node := load_home(home)).federation_path.exists():
        return ()
    federation = load_federation(node.federation_path)
    keys = {uri: member.signing for uri, member in sorted(federation.members.items()) if uri != node.party.uri}
    if federation.hub_signing is not None:
        keys[node.coordinator.uri] = federation.hub_signing
    return tuple(ExportedWitness(str(CosignatureKey(witness_name(uri), key)), uri) for uri, key in keys.items())


@contextmanager
def _telling_why(file: Path) -> Iterator[None]:
    try:
        yield
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, str(error)) from None
    except sqlite3.Error as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"the log cannot be read: {error.sqlite_errorname}") from None
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"{file}: {type(error).__name__}") from None
