"""``symbolon coordinator``: set up and run the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from cli.certification import AuthorityOption, certify_or_explain
from cli.output import HomeOption, JsonOption, emit, failing_clearly, foreign
from cli.serving import run_serving
from cli.tables import block
from coordinator.home import CoordinatorSettings, create_home, load_home
from coordinator.service import serve as serve_coordinator
from ledger.checkpoints import parse_checkpoint
from ledger.directory import directory_origin
from ledger.entries import DamagedLogError
from ledger.heads import cosigners
from ledger.reading import LedgerReader
from symbolon.rpc.errors import ErrorCode, SymbolonError
from symbolon.rpc.settings import check_settings

app = typer.Typer(
    help="Run the hub: directory of members and blind relay.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(
    epilog='Example: symbolon coordinator init --home hub --name HUB --federation "Northern corridor"'
    " --agency FR-DNMS --agency IT-DCPC --custodian FIRST --authority authority"
)
@failing_clearly
def init(
    name: Annotated[str, typer.Option(help="Name of the coordinator, as it will stand in its certificate.")],
    federation: Annotated[str, typer.Option(help="Name of the federation for people.")],
    agency: Annotated[list[str], typer.Option(help="Agency admitted to the federation; repeat for each.")],
    custodian: Annotated[str, typer.Option(help="Name of the key custodian, as in its certificate.")],
    custodian_address: Annotated[
        str, typer.Option(help="host:port at which coordinator and nodes reach the custodian.")
    ] = "127.0.0.1:7402",
    home: HomeOption = Path(),
    listen: Annotated[str, typer.Option(help="host:port to listen at.")] = "127.0.0.1:7401",
    queries_a_day: Annotated[
        int | None, typer.Option(help="Daily quota of queries of an agency.", show_default="10000")
    ] = None,
    authority: AuthorityOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a coordinator's folder: settings, signing key, TLS key and request."""
    values = {
        "name": name,
        "federation": federation,
        "agencies": agency,
        "custodian": custodian,
        "custodian_address": custodian_address,
        "listen": listen,
        **({} if queries_a_day is None else {"queries_a_day": queries_a_day}),
    }
    made = create_home(home, check_settings(CoordinatorSettings, values, "the options"))
    certify_or_explain(home, made.party, authority, as_json)


@app.command(epilog="Example: symbolon coordinator serve --home hub")
@failing_clearly
def serve(
    home: HomeOption = Path(),
    listen: Annotated[str | None, typer.Option(help="host:port to listen at.", show_default="the setting")] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve until told to stop; prints one line when ready."""
    coordinator = load_home(home)
    run_serving(
        lambda address, announce: serve_coordinator(coordinator, address, announce),
        coordinator.party,
        listen or coordinator.settings.listen,
        as_json,
    )


@app.command(epilog="Example: symbolon coordinator directory --home hub")
@failing_clearly
def directory(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """List the entries of the directory log, which every member reads, and who has cosigned its head."""
    coordinator = load_home(home)
    path = coordinator.directory_log_path
    if not path.exists():
        raise SymbolonError(ErrorCode.NOT_INITIALISED, f"{path} is missing: this coordinator has not served yet")
    reader = LedgerReader(path)
    try:
        entries = list(reader.entries())
        cosigned = reader.witnessed_head()
    except DamagedLogError as error:
        raise SymbolonError(ErrorCode.LOG_DAMAGED, f"{path}: {error}") from None
    data = {
        "origin": directory_origin(coordinator.party.uri),
        "entries": [entry.to_json() for entry in entries],
        "cosigned_size": parse_checkpoint(cosigned.text).head.size if cosigned else 0,
        "cosigners": list(cosigners(cosigned)) if cosigned else [],
    }
    emit(data, as_json, lambda: _directory_blocks(data))


def _directory_blocks(data: dict[str, Any]) -> Group:
    parts = [
        block(f"Entry {one['number']}, {one['time'][:19]} UTC: {one['type'].replace('_', ' ')}", one["event"])
        for one in data["entries"]
    ]
    names = ", ".join(data["cosigners"]) or "nobody"
    return Group(*parts, foreign(f"The head over {data['cosigned_size']} entries is cosigned by {names}."))
