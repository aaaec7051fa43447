"""``symbolon coordinator``: set up and run the hub."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.certification import AuthorityOption, certify_or_explain
from cli.output import HomeOption, JsonOption, failing_clearly
from cli.serving import run_serving
from coordinator.home import CoordinatorSettings, create_home, load_home
from coordinator.service import serve as serve_coordinator
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
