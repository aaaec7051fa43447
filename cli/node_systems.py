"""``symbolon node system``: which systems of the agency may call the desk, kept on the node's own machine."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.output import HomeOption, JsonOption, UserOption, emit, failing_clearly, login_name
from cli.tables import Table
from ledger.log import Ledger
from node.config import load_home
from node.systems.recording import system_changed
from node.systems.register import AdmittedSystem
from symbolon.rpc.certificates import certificate_fingerprint, certificate_pem
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.folder import AUTHORITY_CERTIFICATE, write_whole
from symbolon.rpc.identity import IdentityError, System

systems = typer.Typer(
    help="Let systems of this agency call the desk with certificates of their own, and shut them out.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

_Name = Annotated[str, typer.Argument(help="The system's name: capitals, digits, hyphens.")]


@systems.command(
    epilog="Example: symbolon node system add BORDER-1 --request border-1/request.csr --home /srv/symbolon"
)
@failing_clearly
def add(
    name: _Name,
    request: Annotated[Path, typer.Option(help="The system's certificate request; its key never comes here.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the certificates.", show_default="beside the request")
    ] = None,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let a system call the desk, or renew the certificate of one with the same key. The log has it first.

    It may call from then on, a running node too. Every call still names an officer, by key or token.
    """
    node, system, folder = load_home(home), _system(name), out or request.parent
    federation = node.tls.authority.read_bytes()
    with Ledger(node.ledger_path) as ledger:
        record = partial(system_changed, ledger, user or login_name())
        certificate = node.systems.add(system, _read(request), datetime.now(UTC), record)
    write_whole(folder / "certificate.pem", certificate_pem(certificate))
    write_whole(folder / AUTHORITY_CERTIFICATE, federation)
    emit(
        _described(AdmittedSystem(system, certificate)) | {"certificate": str(folder / "certificate.pem")},
        as_json,
        lambda: (
            f"{system.uri} is let in until {certificate.not_valid_after_utc:%Y-%m-%d}; give its people"
            f" {folder / 'certificate.pem'} and {folder / AUTHORITY_CERTIFICATE}."
        ),
    )


@systems.command("list", epilog="Example: symbolon node system list --json")
@failing_clearly
def list_systems(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the systems that are let in, with the end of each one's certificate."""
    entries = load_home(home).systems.entries()
    emit({"systems": [_described(entry) for entry in entries]}, as_json, lambda: _table(entries))


@systems.command(epilog="Example: symbolon node system remove BORDER-1")
@failing_clearly
def remove(name: _Name, user: UserOption = "", home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Shut a system out at once, also from a running node and on open connections. The log has it first."""
    node, system = load_home(home), _system(name)
    with Ledger(node.ledger_path) as ledger:
        node.systems.remove(system, partial(system_changed, ledger, user or login_name()))
    emit({"system": system.uri}, as_json, lambda: f"{system.uri} is shut out.")


def _system(name: str) -> System:
    try:
        return System.named(name)
    except IdentityError:
        detail = "NAME: expected 1 to 40 capital letters, digits and inner hyphens, for example BORDER-1"
        raise SymbolonError(ErrorCode.INVALID_INPUT, detail) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SymbolonError(ErrorCode.INVALID_INPUT, f"--request: {path}: {error.strerror}") from None


def _described(entry: AdmittedSystem) -> dict[str, Any]:
    found = entry.certificate
    return {
        "system": entry.system.uri,
        "until": found.not_valid_after_utc.isoformat() if found else None,
        "fingerprint": certificate_fingerprint(found) if found else None,
    }


def _table(entries: list[AdmittedSystem]) -> Table | str:
    if not entries:
        return "No systems: the desk is called with the node's own certificate only. Next: symbolon node system add."
    table = Table()
    for column in ("system", "until", "fingerprint"):
        table.add_column(column)
    for entry in entries:
        shown = _described(entry)
        until = shown["until"] or "its file is damaged: it is not let in"
        table.add_row(shown["system"], until, shown["fingerprint"] or "")
    return table
