"""``symbolon custodian``: set up and run a key custodian."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.certification import AuthorityOption, certify_or_explain
from cli.output import HomeOption, JsonOption, failing_clearly
from cli.serving import run_serving
from coordinator.custodian.home import CustodianSettings, create_home, load_home
from coordinator.custodian.service import serve as serve_custodian
from symbolon.rpc.settings import check_settings

app = typer.Typer(
    help="Run a key custodian: evaluates blinded elements, metered.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(
    epilog="Example: symbolon custodian init --home custodian --name FIRST --epoch 2026-1 --agency FR-DNMS"
    " --agency IT-DCPC --authority authority"
)
@failing_clearly
def init(
    name: Annotated[str, typer.Option(help="Name of the custodian, as it will stand in its certificate.")],
    agency: Annotated[list[str], typer.Option(help="Agency that may have elements evaluated; repeat for each.")],
    home: HomeOption = Path(),
    epoch: Annotated[str, typer.Option(help="Identifier of the first key epoch.")] = "epoch-1",
    listen: Annotated[str, typer.Option(help="host:port to listen at.")] = "127.0.0.1:7402",
    query_elements_a_day: Annotated[
        int | None, typer.Option(help="Daily quota of query elements of an agency.", show_default="200000")
    ] = None,
    enrolment_elements_a_day: Annotated[
        int | None, typer.Option(help="Daily quota of enrolment elements of an agency.", show_default="5000000")
    ] = None,
    authority: AuthorityOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a custodian's folder: settings, the key of the first epoch, signing key, TLS key and request."""
    quotas = {
        "query_elements_a_day": query_elements_a_day,
        "enrolment_elements_a_day": enrolment_elements_a_day,
    }
    given = {setting: value for setting, value in quotas.items() if value is not None}
    values = {"name": name, "listen": listen, "epoch": epoch, "agencies": agency, **given}
    made = create_home(home, check_settings(CustodianSettings, values, "the options"))
    certify_or_explain(home, made.party, authority, as_json)


@app.command(epilog="Example: symbolon custodian serve --home custodian")
@failing_clearly
def serve(
    home: HomeOption = Path(),
    listen: Annotated[str | None, typer.Option(help="host:port to listen at.", show_default="the setting")] = None,
    as_json: JsonOption = False,
) -> None:
    """Serve until told to stop; prints one line when ready."""
    custodian = load_home(home)
    run_serving(
        lambda address, announce: serve_custodian(custodian, address, announce),
        custodian.party,
        listen or custodian.settings.listen,
        as_json,
    )
