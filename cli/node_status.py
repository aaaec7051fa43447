"""``symbolon node status``: what the running node says of itself."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from cli.output import HomeOption, JsonOption, calling, emit, failing_clearly, foreign
from cli.tables import Table
from node.config import NodeHome, load_home
from node.desk.client import DeskClient
from symbolon.v1.desk_pb2 import StatusResponse


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
        "ledger_entries": state.ledger_entries if state.HasField("ledger_entries") else None,
        "messages_waiting": state.messages_waiting,
        "messages_set_aside": state.messages_set_aside,
        "discloses": not state.stopped,
        "stopped": state.stopped,
        "witnessed_at": _time(state.witnessed_at),
        "contradicting_logs": list(state.contradicting_logs),
        "logs_not_seen": list(state.logs_not_seen),
        "refusing_witnesses": list(state.refusing_witnesses),
        "directory_entries": state.directory_entries,
        "directory_settled": state.directory_settled,
        "directory_seen_at": _time(state.directory_seen_at),
        "directory_witnesses": list(state.directory_witnesses),
        "directory_waiting": list(state.directory_waiting),
        "directory_disputes": list(state.directory_disputes),
        "directory_trouble": state.directory_trouble,
    }
    emit(data, as_json, lambda: _status_table(data))


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else "never"


async def _status(node: NodeHome) -> StatusResponse:
    async with DeskClient(node) as desk:
        return await desk.status()


def _status_table(data: dict[str, object]) -> Table:
    table = Table(show_header=False)
    for name, value in data.items():
        table.add_row(
            name.replace("_", " "),
            foreign(", ".join(value) if isinstance(value, list) else "" if value is None else str(value)),
        )
    return table
