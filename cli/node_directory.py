"""``symbolon node directory``: what this node has pinned of the directory, what waits, and what it holds against it.

These commands read and write the node's own folder; the coordinator is not asked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Group

from cli.output import HomeOption, JsonOption, UserOption, counted, emit, failing_clearly, foreign, login_name
from cli.tables import block, typed
from ledger.log import Ledger
from node.config import load_home
from node.directory.deciding import accept_entries, opened_directory
from node.directory.deciding import settle_dispute as settle
from node.directory.membership import load_federation, save_federation, sole_writer
from node.directory.recording import directory_accepted
from node.directory.review import shown_coordinator_key
from node.directory.trust import DirectoryCopy, usable_members
from symbolon.rpc.certificates import load_certificate

directory = typer.Typer(
    help="See what this node has pinned of the federation's directory, and decide what waits or is disputed.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)

ReasonOption = Annotated[str, typer.Option(help="What was compared, with whom; for the log.")]


@directory.command(epilog="Example: symbolon node directory show --home /srv/symbolon")
@failing_clearly
def show(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Show the pinned members and epoch, from which entry of the directory each comes, what waits, what is disputed."""
    node = load_home(home)
    file, copy = opened_directory(node)
    pinned = load_federation(node.federation_path)
    _, waiting = usable_members(copy)
    data: dict[str, Any] = {
        "entries": copy.size,
        "settled": copy.settled.size,
        "seen_at": _time(file.seen()),
        "coordinator_key": pinned.hub_signing.fingerprint() if pinned.hub_signing else "",
        "epoch": pinned.epoch,
        "members": [
            {
                "member": uri,
                "entry": copy.logged.members[uri].entry if uri in copy.logged.members else 0,
                "signing_fingerprint": one.fingerprints[0],
                "sealing_fingerprint": one.fingerprints[1],
                "cosigned": copy.cosigned.get(uri, 0),
            }
            for uri, one in sorted(pinned.members.items())
        ],
        "waiting": [_entry(copy, number) for number in waiting],
        "disputes": [
            {
                "number": one.number,
                "kind": one.evidence.kind.value,
                "entry": one.evidence.entry,
                "time": _time(one.time),
                "settled": one.is_settled,
                "evidence": one.evidence.content.decode(),
            }
            for one in file.disputes()
        ],
    }
    emit(data, as_json, lambda: _blocks(data))


@directory.command(epilog="Example: symbolon node directory accept 17 --reason 'read to us by DE-ZASM'")
@failing_clearly
def accept(
    number: Annotated[int, typer.Argument(help="Entry up to which the directory is to count.", min=1)],
    reason: ReasonOption,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Let entries count that no other member has cosigned, after comparing their fingerprints by telephone."""
    node = load_home(home)
    with Ledger(node.ledger_path) as ledger:
        accept_entries(node, ledger, number, user or login_name(), reason)
    emit({"settled": number}, as_json, lambda: f"The directory counts up to entry {number} from the next refresh on.")


@directory.command("settle", epilog="Example: symbolon node directory settle 1 --reason 'our entry, from a backup'")
@failing_clearly
def settle_dispute(
    number: Annotated[int, typer.Argument(help="Number of the dispute, from the list.", min=1)],
    reason: ReasonOption,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Close a dispute after finding out what happened; its evidence is kept. After the last one, what is new counts."""
    node = load_home(home)
    with Ledger(node.ledger_path) as ledger:
        open_ones = settle(node, ledger, number, user or login_name(), reason)
    emit({"settled": number, "open": open_ones}, as_json, lambda: f"Settled; {counted(open_ones, 'dispute')} open.")


@directory.command(
    "accept-coordinator-key",
    epilog="Example: symbolon node directory accept-coordinator-key 2b7f... --reason 'read to us by the hub'",
)
@failing_clearly
def accept_coordinator_key(
    fingerprint: Annotated[
        str, typer.Argument(help="Fingerprint of the new key, as the coordinator's people read it; groups in quotes.")
    ],
    reason: ReasonOption,
    user: UserOption = "",
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Take another key of the coordinator than the pinned one, from the evidence in which it was shown."""
    node, fingerprint = load_home(home), typed(fingerprint)
    with sole_writer(node.federation_path):
        file, copy = opened_directory(node)
        authority = load_certificate(node.tls.authority.read_bytes())
        key = shown_coordinator_key(file.disputes(), fingerprint, authority, node.coordinator)
        pinned = load_federation(node.federation_path)
        with Ledger(node.ledger_path) as ledger:
            directory_accepted(ledger, "coordinator_key", copy.size, fingerprint, user or login_name(), reason)
        save_federation(node.federation_path, pinned.model_copy(update={"hub_signing_key": key.raw.hex()}))
    text = "Pinned. Settle the dispute, and start the node again so that it uses the key."
    emit({"coordinator_key": fingerprint}, as_json, lambda: text)


def _entry(copy: DirectoryCopy, number: int) -> dict[str, Any]:
    entry = copy.entries[number - 1]
    return {"entry": number, "time": entry.time.isoformat(), **entry.event.model_dump(mode="json")}


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else "never"


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _blocks(data: dict[str, Any]) -> Group:
    lines = [
        f"Directory of {counted(data['entries'], 'entry', 'entries')}, settled up to {data['settled']}, last shown"
        f" {data['seen_at']}. Epoch {data['epoch']}.",
    ]
    parts = [foreign(*lines), block("The coordinator", {"signing_fingerprint": data["coordinator_key"] or "none"})]
    parts += [block(one["member"], _without(one, "member")) for one in data["members"]]
    for one in data["waiting"]:
        parts.append(block(f"Entry {one['entry']} waits for a cosignature", _without(one, "entry")))
    for one in data["disputes"]:
        state = "settled" if one["settled"] else "OPEN"
        parts.append(foreign(f"dispute {one['number']}, {state}: {one['kind']}, entry {one['entry']}, {one['time']}"))
    return Group(*parts)
