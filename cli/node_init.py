"""``symbolon node init``: set up the folder of a node."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.certification import AuthorityOption, certify_or_explain
from cli.output import HomeOption, JsonOption, failing_clearly
from node.config import checked_settings, create_home


@failing_clearly
def init(
    agency: Annotated[str, typer.Option(help="Name of this agency as certified: capitals, digits, hyphens.")],
    display_name: Annotated[str, typer.Option(help="Name of this agency for people.")],
    listen: Annotated[str, typer.Option(help="host:port to listen at.")],
    address: Annotated[str, typer.Option(help="host:port at which the coordinator reaches this node.")],
    coordinator: Annotated[str, typer.Option(help="Name of the coordinator as certified.")],
    coordinator_address: Annotated[str, typer.Option(help="host:port of the coordinator.")],
    contact: Annotated[str, typer.Option(help="Contact point told to partners with a hit.")],
    declared_records: Annotated[
        int, typer.Option(help="How many records the list holds at most; published to all members.")
    ] = 10_000,
    reply_tick_milliseconds: Annotated[int, typer.Option(help="Replies leave at multiples of this time.")] = 40,
    query_seconds: Annotated[float, typer.Option(help="Seconds a query may take.")] = 20.0,
    expiry_seconds: Annotated[int, typer.Option(help="Seconds after which a query is void.")] = 60,
    mail_tick_seconds: Annotated[float, typer.Option(help="Seconds between two mailbags to a partner.")] = 60.0,
    console_listen: Annotated[
        str, typer.Option(help="host:port at which the web console listens for browsers; empty for no console.")
    ] = "",
    console_origin: Annotated[
        str, typer.Option(help="How browsers reach the console, where it is not https:// and that host and port.")
    ] = "",
    authority: AuthorityOption = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Set up a node: settings, secrets, TLS key and certificate request."""
    settings = checked_settings(
        agency=agency,
        display_name=display_name,
        listen=listen,
        address=address,
        coordinator=coordinator,
        coordinator_address=coordinator_address,
        contact=contact,
        declared_records=declared_records,
        reply_tick_milliseconds=reply_tick_milliseconds,
        query_seconds=query_seconds,
        expiry_seconds=expiry_seconds,
        mail_tick_seconds=mail_tick_seconds,
        console_listen=console_listen,
        console_origin=console_origin,
    )
    node = create_home(home, settings)
    certify_or_explain(home, node.party, authority, as_json)
