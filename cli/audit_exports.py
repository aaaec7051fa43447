"""``symbolon audit export``: what is taken out of the house for somebody else to check."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from cli.audit_proofs import log_path, party_of, signing_key
from cli.audit_sources import new_file
from cli.output import HomeOption, JsonOption, counted, emit, failing_clearly, login_name
from ledger.entries import DamagedLogError
from matching.keys import SigningPublicKey
from node.agreements.exports import kept_agreements
from node.auditing.exporting import Exported, export_log
from node.config import CONFIG_FILE as NODE_CONFIG
from node.config import load_home
from node.directory.membership import load_federation
from symbolon.rpc.errors import ErrorCode, SymbolonError


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
    days = read_days(since, until)
    house = _house(home, signs=not unsigned)
    with new_file(file) as target, _telling_why(file):
        scope, lines = export_log(house, days, opened or (), {"user": user or login_name()})
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


def _house(home: Path, *, signs: bool) -> Exported:
    signing = signing_key(home) if (home / "keys" / "signing.key").exists() else None
    path, party, agreements = log_path(home), party_of(home).uri, home / "data" / "cases.db"
    return Exported(party, path, signing, _witnesses(home), lambda: kept_agreements(agreements), signs)


def _witnesses(home: Path) -> dict[str, SigningPublicKey]:
    """Give the other parties whose keys a node has pinned: each may cosign its log."""
    if not (home / NODE_CONFIG).exists() or not (node := load_home(home)).federation_path.exists():
        return {}
    federation = load_federation(node.federation_path)
    keys = {uri: member.signing for uri, member in sorted(federation.members.items()) if uri != node.party.uri}
    if federation.hub_signing is not None:
        keys[node.coordinator.uri] = federation.hub_signing
    return keys


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
