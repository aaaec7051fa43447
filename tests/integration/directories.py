"""A node's view of the directory, and a hub that lists what a test wants, over a real connection."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc
import pytest

from coordinator.description import own_entry as hub_own_entry
from coordinator.home import CoordinatorHome, CoordinatorSettings
from ledger.directory_events import MemberEntered, MemberEvent, MemberRekeyed
from matching.features import own_normaliser
from matching.keys import SealingPublicKey, SigningKey, SigningPublicKey
from node.config import CONFIG_FILE, NodeHome, checked_settings
from node.directory import view
from node.directory.review import News
from node.directory.view import Directory, OnNews
from symbolon.rpc.folder import certify_party, prepare_party, write_whole
from symbolon.rpc.settings import write_settings
from symbolon.v1.directory_pb2 import (
    CoordinatorEntry,
    FederationDescription,
    JoinRequest,
    JoinResponse,
    ListMembersRequest,
    ListMembersResponse,
    MemberDescription,
    MemberEntry,
)
from symbolon.v1.directory_pb2_grpc import DirectoryServicer, add_DirectoryServicer_to_server
from tests.directory_log import WrittenLog

HUB_KEY = SigningKey.generate()
OTHER = "symbolon://agency/DE-ZASM"


def described(epoch: str = "2026-1", key: bytes = bytes(32)) -> FederationDescription:
    """Describe a federation as its hub does."""
    return FederationDescription(
        name="Test",
        custodian="symbolon://custodian/FIRST",
        custodian_address="127.0.0.1:3",
        epoch=epoch,
        epoch_public_key=key,
        normaliser=own_normaliser(),
    )


def make_home(folder: Path, agency: str, authority: Path) -> NodeHome:
    """Make a certified node."""
    settings = checked_settings(
        agency=agency,
        display_name="An agency",
        listen="127.0.0.1:1",
        address="127.0.0.1:1",
        coordinator="HUB",
        coordinator_address="127.0.0.1:2",
        contact="desk@agency.example",
        declared_records=100,
    )
    home = NodeHome(folder, settings)
    prepare_party(folder, home.party)
    certify_party(folder, home.party, authority, datetime.now(UTC))
    return home


def entry_of(entry: MemberEntry, kind: type[MemberEntered | MemberRekeyed] = MemberEntered) -> MemberEvent:
    """Write what an honest hub writes of a member's entry."""
    description = MemberDescription.FromString(entry.description)
    return kind(
        member=description.member,
        description_digest=hashlib.sha256(entry.description).hexdigest(),
        certificate_digest=hashlib.sha256(entry.certificate).hexdigest(),
        signing_fingerprint=SigningPublicKey(description.signing_key).fingerprint(),
        sealing_fingerprint=SealingPublicKey(description.sealing_key).fingerprint(),
        issued_at=description.issued_at,
    )


def listed(log: WrittenLog, entries: Sequence[MemberEntry], hub: CoordinatorEntry) -> ListMembersResponse:
    """Give what a hub lists that has this log."""
    shown = log.shown()
    return ListMembersResponse(
        federation=described(), entries=entries, coordinator=hub, log_entries=shown.bodies, head=shown.head
    )


def hub_entry(folder: Path, key: SigningKey = HUB_KEY, authority: Path | None = None) -> CoordinatorEntry:
    """Give the coordinator's own entry, of the key that the nodes here have pinned."""
    settings = CoordinatorSettings(
        name="HUB",
        federation="Test",
        listen="127.0.0.1:2",
        agencies=("FR-DNMS",),
        custodian="FIRST",
        custodian_address="127.0.0.1:3",
    )
    hub = CoordinatorHome(folder / "hub", settings)
    write_whole(hub.signing_path, key.seed, secret=True)
    prepare_party(hub.folder, hub.party)
    certify_party(hub.folder, hub.party, authority or folder / "authority", datetime.now(UTC))
    return hub_own_entry(hub)


class Hub(DirectoryServicer):
    """Lists what the test says, after as long as the test says."""

    def __init__(self, listing: ListMembersResponse, seconds: float = 0.0) -> None:
        self.listing = listing
        self._seconds = seconds

    async def ListMembers(self, request: ListMembersRequest, context: Any) -> ListMembersResponse:  # noqa: N802
        """List the members."""
        await asyncio.sleep(self._seconds)
        answer = ListMembersResponse.FromString(self.listing.SerializeToString())
        del answer.log_entries[: request.known]
        return answer

    async def Join(self, request: JoinRequest, context: Any) -> JoinResponse:  # noqa: N802
        """Take nobody in."""
        raise NotImplementedError


def save_settings(home: NodeHome) -> None:
    """Write the settings of a node's folder, as ``init`` does."""
    write_settings(home.folder / CONFIG_FILE, home.settings, "Settings")


@asynccontextmanager
async def connected(
    home: NodeHome, hub: Hub, logged: OnNews | None = None, seconds: float = 60.0
) -> AsyncIterator[Directory]:
    """Give the directory of a node whose channel leads to this hub; an answer may take so many seconds."""
    server = grpc.aio.server()
    add_DirectoryServicer_to_server(hub, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            with pytest.MonkeyPatch.context() as patience:
                patience.setattr(view, "REFRESH_CALL_SECONDS", seconds)  # a busy machine is no finding
                yield Directory(home, channel, logged or unlogged)
    finally:
        await server.stop(0)


async def unlogged(news: News) -> None:
    """Take news where at most new members are expected."""
    assert not news.dropped, news
    assert not news.disputes, news
    assert all(change.is_new for change in news.changes), news
