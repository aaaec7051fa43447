"""Start a party as it ships, but a coordinator that lies about the directory when a file says so.

``python -m tests.integration.lying_directory FILE coordinator serve ...``. The file holds JSON, read at every call: the
`LIES` to tell, the URI of the only node they are told to (``to``), and what each needs. Without a file all are told the
truth. Nodes started so look at the directory at every call, so that a test need not wait.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from coordinator import service
from coordinator.service import HubDirectoryServicer
from ledger.checkpoints import Checkpoint, sign_checkpoint
from ledger.directory import directory_event, directory_origin
from ledger.directory_events import DirectoryEvent, EpochAnnounced, MemberEntered, MemberLeft, MemberRekeyed
from ledger.entries import FIRST_PREVIOUS, Entry, Statement, draft, place, read_entry
from ledger.merkle import TreeHead, root_of
from matching.keys import SigningKey
from node.directory import view
from symbolon.rpc.channel import MESSAGE_LIMIT
from symbolon.rpc.identity import peer_party
from symbolon.v1.directory_pb2 import ListMembersResponse, MemberEntry

Lie = Callable[[ListMembersResponse, list[Entry], SigningKey, dict[str, Any], int], None]


def lying_directory(file: Path) -> list[str]:
    """Give the launcher of a party that lies about the directory as the file says."""
    return [sys.executable, "-m", __name__, str(file)]


def _substituted(answer: ListMembersResponse, told: dict[str, Any]) -> None:
    """List the forged entry in place of its member's."""
    forged = MemberEntry.FromString(bytes.fromhex(told["forged"]))
    kept = [entry for entry in answer.entries if entry.description[:40] != forged.description[:40]]
    del answer.entries[:]
    answer.entries.extend([*kept, forged])


def _unlogged(answer: ListMembersResponse, _: list[Entry], __: SigningKey, told: dict[str, Any], ___: int) -> None:
    _substituted(answer, told)


def _rewritten(
    answer: ListMembersResponse, events: Sequence[DirectoryEvent], entries: list[Entry], key: SigningKey, known: int
) -> None:
    """Show a log of these events in place of the true one, well signed."""
    written: list[Entry] = []
    for number, event in enumerate(events, 1):
        previous = written[-1].leaf_hash if written else FIRST_PREVIOUS
        time = entries[min(number, len(entries)) - 1].time
        written.append(place(draft(Statement(event)), number, previous, time))
    origin = directory_origin(answer.federation.custodian.replace("custodian/FIRST", "coordinator/HUB"))
    head = TreeHead(len(written), root_of(entry.leaf_hash for entry in written))
    del answer.log_entries[:]
    answer.log_entries.extend(entry.body for entry in written[known:])
    answer.head = str(sign_checkpoint(Checkpoint(origin, head), key)).encode()
    answer.cosigned_head = b""


def _rekeyed(told: dict[str, Any]) -> MemberRekeyed:
    return MemberRekeyed.model_validate(told["event"])


def _longer(
    answer: ListMembersResponse, entries: list[Entry], key: SigningKey, told: dict[str, Any], known: int
) -> None:
    """Show one entry more than there is: another key of a member."""
    _substituted(answer, told)
    _rewritten(answer, [*map(directory_event, entries), _rekeyed(told)], entries, key, known)


def _other(
    answer: ListMembersResponse, entries: list[Entry], key: SigningKey, told: dict[str, Any], known: int
) -> None:
    """Show another key in the place of the entry with which a member entered."""
    _substituted(answer, told)
    forged = MemberEntered.model_validate({**told["event"], "type": "member_entered"})
    events = [
        forged if isinstance(event, MemberEntered) and event.member == forged.member else event
        for event in map(directory_event, entries)
    ]
    _rewritten(answer, events, entries, key, known)


def _removed(
    answer: ListMembersResponse, entries: list[Entry], key: SigningKey, told: dict[str, Any], known: int
) -> None:
    """Leave the entry out with which a member left."""
    events = [event for event in map(directory_event, entries) if not isinstance(event, MemberLeft)]
    _rewritten(answer, events, entries, key, known)


def _older(
    answer: ListMembersResponse, entries: list[Entry], key: SigningKey, told: dict[str, Any], known: int
) -> None:
    _rewritten(answer, [directory_event(entry) for entry in entries[: told["size"]]], entries, key, known)


def _epoch_unlogged(
    answer: ListMembersResponse, _: list[Entry], __: SigningKey, told: dict[str, Any], ___: int
) -> None:
    answer.federation.epoch_public_key = bytes.fromhex(told["public_key"])


def _epoch_rewritten(
    answer: ListMembersResponse, entries: list[Entry], key: SigningKey, told: dict[str, Any], known: int
) -> None:
    """Announce the live epoch once more, with another key."""
    live = next(event for event in map(directory_event, entries) if isinstance(event, EpochAnnounced))
    swapped = live.model_copy(update={"public_key": told["public_key"]})
    answer.federation.epoch_public_key = bytes.fromhex(told["public_key"])
    _rewritten(answer, [*map(directory_event, entries), swapped], entries, key, known)


def _huge(answer: ListMembersResponse, *_: Any) -> None:
    answer.log_entries.append(bytes(MESSAGE_LIMIT))


def _garbled(answer: ListMembersResponse, *_: Any) -> None:
    answer.log_entries.append(secrets.token_bytes(500))
    answer.head = secrets.token_bytes(200)


LIES: dict[str, Lie] = {
    "unlogged key": _unlogged,
    "longer log": _longer,
    "other history": _other,
    "removed entry": _removed,
    "older directory": _older,
    "unlogged epoch": _epoch_unlogged,
    "epoch announced twice": _epoch_rewritten,
    "huge": _huge,
    "garbled": _garbled,
}


def _entries(bodies: Sequence[bytes]) -> list[Entry]:
    entries: list[Entry] = []
    for body in bodies:
        entries.append(read_entry(body, len(entries) + 1, None))
    return entries


def _told(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    return told


def _install(file: Path) -> None:
    keys: list[SigningKey] = []
    honest_stated = vars(service)["stated"]

    def stated(home: Any, normaliser: Any) -> Any:
        keys.append(home.signing_key())
        return honest_stated(home, normaliser)

    async def list_members(servicer: HubDirectoryServicer, request: Any, context: Any) -> ListMembersResponse:
        told = _told(file)
        if not told or told["to"] not in ("", peer_party(context).uri):
            return await servicer._directory.list(request.known)
        answer = await servicer._directory.list(0)
        entries = _entries(answer.log_entries)
        del answer.log_entries[: request.known]
        LIES[told["lie"]](answer, entries, keys[0], told, request.known)
        return answer

    vars(service)["stated"] = stated
    setattr(HubDirectoryServicer, "ListMembers", list_members)  # noqa: B010  # named by the service definition
    vars(view)["REFRESH_SECONDS"] = 0.0


def main() -> None:
    """Lie as the file named first says; the rest of the command line is the product's."""
    _install(Path(sys.argv.pop(1)))
    from cli.main import main as symbolon  # noqa: PLC0415  # the lies come first

    symbolon()


if __name__ == "__main__":
    main()
