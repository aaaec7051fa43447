"""``symbolon node``: set up, join, serve, and the node's own list."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.node_records import enrol, import_list, records
from cli.output import HomeOption, JsonOption, emit, failing_clearly
from ledger.log import Ledger
from node.config import NodeHome, checked_settings, load_home, write_settings
from node.desk_client import DeskClient
from node.directory import join as join_federation
from node.keys import create_keys, load_keys
from node.recording import joined
from node.service import serve as serve_node
from symbolon.rpc.folder import certify_party, prepare_party
from symbolon.v1.desk_pb2 import StatusResponse

app = typer.Typer(no_args_is_help=True, help="Run an agency's node: records, enrolment, answers.")
app.command("import", epilog="Example: symbolon node import list.jsonl --home /srv/symbolon")(import_list)
app.command("enrol", epilog="Example: symbolon node enrol --home /srv/symbolon")(enrol)
app.add_typer(records, name="records")


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
    declared_records: Annotated[int, typer.Option(help="How many records the list holds at most.")] = 10_000,
    reply_tick_milliseconds: Annotated[int, typer.Option(help="Replies leave at multiples of this time.")] = 40,
    query_seconds: Annotated[float, typer.Option(help="Seconds a query may take.")] = 20.0,
    expiry_seconds: Annotated[int, typer.Option(help="Seconds after which a query is void.")] = 60,
    authority: Annotated[
        Path | None, typer.Option(help="Folder of a development authority that certifies this node at once.")
    ] = None,
    home_folder: HomeOption = Path(),
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
    )
    home = NodeHome(home_folder, settings)
    write_settings(home_folder, settings)
    keys = create_keys(home.keys)
    request = prepare_party(home_folder, home.party)
    home.agreements_folder.mkdir(exist_ok=True)
    if authority is not None:
        certify_party(home_folder, home.party, authority, datetime.now(UTC))
    data = {
        "party": home.party.uri,
        "home": str(home_folder),
        "request": str(request),
        "certified": authority is not None,
        "signing_fingerprint": keys.signing.public_key().fingerprint(),
        "sealing_fingerprint": keys.sealing.public_key().fingerprint(),
    }
    emit(data, as_json, lambda: _set_up(data))


def _set_up(data: dict[str, object]) -> str:
    lines = [f"{data['party']} is set up in {data['home']}."]
    if not data["certified"]:
        lines += [
            f"Have {data['request']} signed by the federation's authority, then put the certificate into",
            "tls/certificate.pem and the authority's into tls/authority.pem.",
        ]
    lines += [
        f"Signing key fingerprint {data['signing_fingerprint']}",
        f"Sealing key fingerprint {data['sealing_fingerprint']}",
        "Next: put the agreements into agreements/, then symbolon node join, import, enrol, serve.",
    ]
    return "\n".join(lines)


@app.command(epilog="Example: symbolon node join --home /srv/symbolon")
@failing_clearly
def join(home_folder: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Enter the federation's directory and pin its members, custodian and epoch. Safe to repeat."""
    home = load_home(home_folder)
    federation, changes = asyncio.run(join_federation(home, load_keys(home.keys)))
    with Ledger(home.ledger_path) as ledger:
        joined(ledger, home.party.uri, federation, changes)
    data = {
        "federation": federation.name,
        "epoch": federation.epoch,
        "custodian": federation.custodian,
        "members": sorted(federation.members),
        "changed_keys": [change.member for change in changes],
    }
    count = len(federation.members)
    emit(data, as_json, lambda: f"Joined {federation.name}, epoch {federation.epoch}: {count} members.")


@app.command(epilog="Example: symbolon node serve --home /srv/symbolon")
@failing_clearly
def serve(
    listen: Annotated[str | None, typer.Option(help="host:port to listen at instead of the setting.")] = None,
    home_folder: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Serve partners (through the coordinator) and this agency's own people until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    home = load_home(home_folder)
    address = listen or home.settings.listen

    def announce(port: int) -> None:
        served = f"{address.rpartition(':')[0]}:{port}"
        data = {"event": "serving", "party": home.party.uri, "address": served}
        emit(data, as_json, lambda: f"{home.party.uri} serves at {served}")

    asyncio.run(serve_node(home, address, announce))


@app.command(epilog="Example: symbolon node status --home /srv/symbolon --json")
@failing_clearly
def status(home_folder: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Tell the state of the running node: records, enrolment, members, agreements, log."""
    state = asyncio.run(_status(load_home(home_folder)))
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
    }
    emit(data, as_json, lambda: _status_table(data))


async def _status(home: NodeHome) -> StatusResponse:
    async with DeskClient(home) as desk:
        return await desk.status()


def _status_table(data: dict[str, object]) -> Table:
    table = Table(show_header=False)
    for name, value in data.items():
        table.add_row(name.replace("_", " "), ", ".join(value) if isinstance(value, list) else str(value))
    return table
