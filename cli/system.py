"""``symbolon system``: the folder of a national system, on the machine of that system."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.output import HomeOption, JsonOption, emit, failing_clearly
from node.systems.home import SystemSettings, create_system_home
from symbolon.rpc.settings import check_settings

app = typer.Typer(
    help="Set up a system that calls the node of its agency.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Keep the name of the single command."""


@app.command(
    epilog="Example: symbolon system init BORDER-1 --agency FR-DNMS --address node.dnms.example:7443 --home /srv/border"
)
@failing_clearly
def init(
    name: Annotated[str, typer.Argument(help="Name of the system: capitals, digits, hyphens.")],
    agency: Annotated[str, typer.Option(help="Name of the agency whose node it calls, as certified.")],
    address: Annotated[str, typer.Option(help="host:port of that node.")],
    query_seconds: Annotated[float, typer.Option(help="Seconds a query may take; as at the node, or longer.")] = 20.0,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Set up a system on its own machine: settings, TLS key and certificate request.

    The key stays here. With the certificate in place, every command of the desk (check, query, case, ...) runs in this
    folder.
    """
    values = {"system": name, "agency": agency, "address": address, "query_seconds": query_seconds}
    made = create_system_home(home, check_settings(SystemSettings, values, "the options"))
    tls = home / "tls"
    emit(
        {"system": made.system.uri, "home": str(home), "request": str(tls / "request.csr")},
        as_json,
        lambda: (
            f"{made.system.uri} is set up in {home}.\n"
            f"Next: have {tls / 'request.csr'} let in by the operator of the node of {agency},\n"
            f"  symbolon node system add {name} --request request.csr\n"
            f"and put what it gives beside it: {tls / 'certificate.pem'} and {tls / 'authority.pem'}."
        ),
    )
