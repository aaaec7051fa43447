"""``symbolon node``: set up, join, serve, and the node's own list."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.certification import AuthorityOption, certify_or_explain
from cli.node_directory import directory
from cli.node_mail import mail
from cli.node_records import enrol, import_list, records
from cli.officers import officers
from cli.output import HomeOption, JsonOption, calling, counted, emit, failing_clearly, foreign, login_name
from cli.serving import run_serving
from ledger.log import Ledger
from node.config import NodeHome, checked_settings, create_home, load_home
from node.desk_client import DeskClient
from node.directory import join as join_federation
from node.directory_recording import joined
from node.keys import load_keys
from node.recording import not_joined
from node.service import serve as serve_node
from symbolon.rpc.errors import SymbolonError
from symbolon.v1.desk_pb2 import StatusResponse

app = typer.Typer(
    help="Run an agency's node: records, enrolment, answers.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command(
    epilog=(
        "Example: symbolon node init --home /srv/symbolon --agency FR-DNMS --display-name 'Division nationale'"
        " --listen 0.0.0.0:7443 --address node.dnms.example:7443 --coordinator HUB"
        " --coordinator-address hub.example:7443 --contact desk@dnms.example --authority ./authority"
    )
)
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
    )
    node = create_home(home, settings)
    certify_or_explain(home, node.party, authority, as_json)


@app.command(epilog="Example: symbolon node join --home /srv/symbolon")
@failing_clearly
def join(
    user: Annotated[str, typer.Option(help="Who does it, for the log; the login name if not given.")] = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Enter the federation's directory and pin its members, custodian and epoch. Safe to repeat."""
    node = load_home(home)
    keys, who = load_keys(node.keys), user or login_name()
    with Ledger(node.ledger_path) as ledger:
        try:
            federation, reviewed = asyncio.run(join_federation(node, keys, partial(joined, ledger, who)))
        except SymbolonError as error:
            not_joined(ledger, who, error.code.code)
            raise
    data = {
        "federation": federation.name,
        "epoch": federation.epoch,
        "custodian": federation.custodian,
        "members": sorted(federation.members),
        "changed_keys": [change.member for change in reviewed.news.changes if not change.is_new],
        "waiting": list(reviewed.waiting),
    }
    members = counted(len(federation.members), "member")
    emit(data, as_json, lambda: f"Joined {federation.name}, epoch {federation.epoch}: {members}.")


app.command("import", epilog="Example: symbolon node import list.jsonl --home /srv/symbolon")(import_list)
app.command("enrol", epilog="Example: symbolon node enrol --home /srv/symbolon")(enrol)


@app.command(epilog="Example: symbolon node serve --home /srv/symbolon")
@failing_clearly
def serve(
    listen: Annotated[str | None, typer.Option(help="host:port to listen at instead of the setting.")] = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Serve partners (through the coordinator) and this agency's own people until told to stop."""
    node = load_home(home)
    run_serving(
        lambda address, announce: serve_node(node, address, announce),
        node.party,
        listen or node.settings.listen,
        as_json,
    )


@app.command(epilog="Example: symbolon node status --home /srv/symbolon --json")
@failing_clearly
def status(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Tell the state of the running node: records, enrolment, members, agreements, log."""
    node = load_home(home)
    with calling(f"this agency's node {node.party.uri} at {node.settings.address}"):
        state = asyncio.run(_status(node))
    data = {
        "member": state.member,
        "records": state.records,
        "enrolled": state.enrolled,
        "index_entries": state.index_entries,
        "epoch": state.epoch,
        "normaliser": state.normaliser,
        "members": list(state.members),
        "agreements": list(state.agreements),
        "ledger_entries": state.ledger_entries,
        "messages_waiting": state.messages_waiting,
        "messages_set_aside": state.messages_set_aside,
        "discloses": not state.stopped,
        "stopped": state.stopped,
        "witnessed_at": _time(state.witnessed_at),
        "contradicting_logs": list(state.contradicting_logs),
        "directory_entries": state.directory_entries,
        "directory_settled": state.directory_settled,
        "directory_seen_at": _time(state.directory_seen_at),
        "directory_witnesses": list(state.directory_witnesses),
        "directory_waiting": list(state.directory_waiting),
        "directory_disputes": list(state.directory_disputes),
        "directory_trouble": state.directory_trouble,
    }
    emit(data, as_json, lambda: _status_table(data))


app.add_typer(records, name="records")
app.add_typer(officers, name="officer")
app.add_typer(mail, name="mail")
app.add_typer(directory, name="directory")


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else "never"


async def _status(node: NodeHome) -> StatusResponse:
    async with DeskClient(node) as desk:
        return await desk.status()


def _status_table(data: dict[str, object]) -> Table:
    table = Table(show_header=False)
    for name, value in data.items():
        table.add_row(name.replace("_", " "), foreign(", ".join(value) if isinstance(value, list) else str(value)))
    return table
